//! The grants in the wallets of this operator, and what payments spent of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Index;

use rustc_hash::FxHashMap;

use crate::Reason;
use crate::details::{GrantTerms, Purchase};
use crate::money::{Amount, DAY_MS, PaymentId, Timestamp, Total, WalletNumber};
use crate::slots::Slots;

use super::super::campaign::GrantSpendRow;
use super::super::slot::{GrantSlot, WalletSlot};
use super::figures::{Counts, Figures};
use super::redemption::Redemption;

/// The most grants with something left that a wallet has: each payment looks at all of them.
pub const GRANTS_MAX: usize = 1_000;

/// How often the time doubles after which a grant is sent back again: to about three years.
const DOUBLINGS_MAX: u8 = 10;

/// A grant in a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletGrant {
    /// The payment of the claim, which brought the money.
    pub claim: PaymentId,
    /// The wallet that has it.
    pub wallet: WalletSlot,
    /// The campaign that it comes from and goes back to.
    pub campaign: WalletNumber,
    /// What it may be spent on, and when.
    pub terms: Box<GrantTerms>,
    /// How much was granted.
    pub amount: Amount,
    /// How much is left.
    pub left: Amount,
    /// When what is left is due to go back.
    due_after: Timestamp,
    /// How often its campaign did not take it after its end.
    refused: u8,
}

impl WalletGrant {
    /// A grant of which nothing is spent.
    pub fn new(
        claim: PaymentId,
        wallet: WalletSlot,
        campaign: WalletNumber,
        terms: Box<GrantTerms>,
        amount: Amount,
    ) -> Self {
        let due_after = terms.valid_until;
        Self { claim, wallet, campaign, terms, amount, left: amount, due_after, refused: 0 }
    }

    /// How long it is not sent back again: twice as long each time, because every attempt is a row,
    /// and the operator of a campaign may be gone for good.
    fn wait_ms(&self) -> i64 {
        DAY_MS << self.refused.min(DOUBLINGS_MAX)
    }
}

/// Whether a refusal says nothing of the campaign: many grants that end at one moment find little
/// headroom, and all would wait as long again.
fn is_passing(reason: Reason) -> bool {
    use Reason::{
        CoverInsufficient, EndOfDay, Expired, NetDebitCap, RequestIdReused, SettlementClosed,
    };
    [NetDebitCap, CoverInsufficient, Expired, EndOfDay, RequestIdReused, SettlementClosed]
        .contains(&reason)
}

/// What a payment took from grants.
#[derive(Clone, Debug, Default)]
struct Spent {
    /// From which, in the order they were taken.
    parts: Vec<(GrantSlot, Amount)>,
    /// How much of the payment was given back to its payer, grants or not.
    refunded: Amount,
}

/// The grants of one wallet.
#[derive(Debug, Default)]
struct OfWallet {
    all: Vec<GrantSlot>,
    /// Those with something left.
    live: Vec<GrantSlot>,
    left: Amount,
}

/// All grants in the order they came.
#[derive(Debug, Default)]
pub struct Grants {
    list: Slots<GrantSlot, WalletGrant>,
    of_wallets: FxHashMap<WalletSlot, OfWallet>,
    of_claims: FxHashMap<PaymentId, GrantSlot>,
    /// Those with something left, by when it is due to go back.
    due: BTreeSet<(Timestamp, GrantSlot)>,
    spent: FxHashMap<PaymentId, Spent>,
    rows: Vec<GrantSpendRow>,
    /// How many are for some merchants only.
    restricted: usize,
    figures: Figures,
}

impl Grants {
    /// All of them.
    pub fn list(&self) -> &Slots<GrantSlot, WalletGrant> {
        &self.list
    }

    /// The rows by which payments spent them, in order.
    pub fn rows(&self) -> &[GrantSpendRow] {
        &self.rows
    }

    /// The grants of a wallet in the order they came.
    pub fn of_wallet(&self, wallet: WalletSlot) -> impl Iterator<Item = &WalletGrant> {
        let slots = self.of_wallets.get(&wallet).map_or(&[][..], |found| &found.all);
        slots.iter().map(|slot| &self.list[*slot])
    }

    /// The grants of a wallet with something left.
    pub fn live(&self, wallet: WalletSlot) -> &[GrantSlot] {
        // Nearly always there are none at all, and no wallet is looked up.
        if self.of_wallets.is_empty() {
            return &[];
        }
        self.of_wallets.get(&wallet).map_or(&[], |found| &found.live)
    }

    /// What is left of the grants of a wallet.
    pub fn in_wallet(&self, wallet: WalletSlot) -> Amount {
        if self.of_wallets.is_empty() {
            return Amount::ZERO;
        }
        self.of_wallets.get(&wallet).map_or(Amount::ZERO, |found| found.left)
    }

    /// The grant that a claim brought.
    pub fn of_claim(&self, claim: PaymentId) -> Option<GrantSlot> {
        self.of_claims.get(&claim).copied()
    }

    /// What of which grants pays for a purchase: those that end first, then those of which less is
    /// left, then by the ids of their claims. What they do not cover is the payer's own.
    pub fn choose(
        &self,
        wallet: WalletSlot,
        amount: Amount,
        purchase: &Purchase,
        at: Timestamp,
    ) -> Vec<(GrantSlot, Amount)> {
        let live = self.live(wallet).iter().copied();
        let mut usable: Vec<_> =
            live.filter(|slot| self.list[*slot].terms.allow(purchase, at)).collect();
        usable.sort_unstable_by_key(|slot| {
            let grant = &self.list[*slot];
            (grant.terms.valid_until, grant.left, grant.claim)
        });
        let mut rest = amount;
        let mut chosen = Vec::new();
        for slot in usable {
            let part = self.list[slot].left.min(rest);
            if part > Amount::ZERO {
                chosen.push((slot, part));
                rest = rest.checked_sub(part).unwrap_or_default();
            }
        }
        chosen
    }

    /// What a payment took from grants, in the order it was taken.
    pub fn spent_on(&self, payment: PaymentId) -> &[(GrantSlot, Amount)] {
        self.spent.get(&payment).map_or(&[], |spent| &spent.parts)
    }

    /// Whether what the directory says of payees decides on any grant.
    pub fn ask_for_traits(&self) -> bool {
        self.restricted > 0
    }

    /// How much a payment took from grants.
    pub fn sum_spent_on(&self, payment: PaymentId) -> Amount {
        sum(self.spent_on(payment))
    }

    /// Those with something left that is due to go back, in the order of their ends.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = GrantSlot> + '_ {
        self.due.iter().take_while(move |(after, _)| *after < now).map(|(_, slot)| *slot)
    }

    /// What became of the grants of a campaign.
    pub(super) fn redemption(&self, campaign: WalletNumber) -> Redemption {
        self.figures.of(campaign)
    }

    /// What is left of the grants of a campaign in wallets of this operator.
    pub(in super::super) fn left_of(&self, campaign: WalletNumber) -> Total {
        self.figures.of(campaign).left
    }

    /// The campaigns that have given grants.
    pub(super) fn campaigns(&self) -> impl Iterator<Item = WalletNumber> + '_ {
        self.figures.campaigns()
    }

    /// What a payment took from grants goes back to their campaigns, or does not.
    pub(super) fn count_reclaim(&mut self, payment: PaymentId, counts: Counts) {
        let Some(spent) = self.spent.get(&payment) else { return };
        for (slot, part) in &spent.parts {
            self.figures.reclaim(self.list[*slot].campaign, *part, counts);
        }
    }

    /// A payment of so much to a merchant spends what it took from grants, or does not.
    pub(super) fn count_purchase(
        &mut self,
        payment: PaymentId,
        (payee, paid): (WalletNumber, Amount),
        counts: Counts,
    ) {
        let Some(spent) = self.spent.get(&payment) else { return };
        let mut parts: BTreeMap<WalletNumber, Total> = BTreeMap::new();
        for (slot, part) in &spent.parts {
            *parts.entry(self.list[*slot].campaign).or_default() += *part;
        }
        for (campaign, part) in parts {
            let added = Total::from(paid) - part;
            self.figures.purchase(campaign, (payee, added), counts);
        }
    }

    /// Takes in a grant.
    pub fn add(&mut self, grant: WalletGrant) {
        let (claim, wallet, amount) = (grant.claim, grant.wallet, grant.amount);
        let slot = self.list.push(WalletGrant { left: Amount::ZERO, ..grant });
        self.of_claims.insert(claim, slot);
        self.figures.come(self.list[slot].campaign, amount);
        self.of_wallets.entry(wallet).or_default().all.push(slot);
        self.restricted += usize::from(self.list[slot].terms.eligible.needs_traits());
        self.put_in(slot, amount);
    }

    /// A payment spends a part of a grant.
    ///
    /// # Panics
    ///
    /// When there is less.
    pub fn spend(&mut self, row: GrantSpendRow) {
        let Some(slot) = self.of_claim(row.claim) else {
            panic!("row {} spends what claim {} did not bring", row.row, row.claim)
        };
        let left = self.list[slot].left.checked_sub(row.amount);
        let left = left.unwrap_or_else(|| panic!("grant {} would be overdrawn", row.claim));
        self.set_left(slot, left);
        self.spent.entry(row.payment).or_default().parts.push((slot, row.amount));
        self.rows.push(row);
    }

    /// A payment came back at a time: so does what it took from grants. What was to go back to a
    /// campaign that did not take it is tried again, after a day at first.
    pub fn undo(&mut self, payment: PaymentId, refused: Option<Reason>, at: Timestamp) {
        let Some(spent) = self.spent.get(&payment) else { return };
        for (slot, amount) in spent.parts.clone() {
            if let Some(reason) = refused {
                let grant = &mut self.list[slot];
                self.due.remove(&(grant.due_after, slot));
                let ends = grant.terms.valid_until;
                let wait = grant.wait_ms();
                let counts = at > ends && !is_passing(reason);
                grant.refused = grant.refused.saturating_add(u8::from(counts));
                grant.due_after = ends.max(at.plus_ms(wait));
            }
            self.put_in(slot, amount);
        }
    }

    /// A part of a payment was given back to its payer: first what was the payer's own, then what
    /// grants paid, in the reverse of the order in which it was taken.
    pub fn refund(&mut self, payment: PaymentId, paid: Amount, amount: Amount) {
        let Some(spent) = self.spent.get_mut(&payment) else { return };
        let own = paid.checked_sub(sum(&spent.parts)).unwrap_or_default();
        let before = spent.refunded;
        spent.refunded += amount;
        let over = |sum: Amount| sum.checked_sub(own).unwrap_or_default();
        let (mut skip, mut rest) = (over(before), over(spent.refunded));
        for (slot, part) in spent.parts.clone().into_iter().rev() {
            let (skipped, reached) = (part.min(skip), part.min(rest));
            skip = skip.checked_sub(skipped).unwrap_or_default();
            rest = rest.checked_sub(reached).unwrap_or_default();
            self.put_in(slot, reached.checked_sub(skipped).unwrap_or_default());
        }
    }

    fn put_in(&mut self, slot: GrantSlot, amount: Amount) {
        let left = self.list[slot].left.checked_add(amount).unwrap_or(Amount::MAX);
        self.set_left(slot, left);
    }

    fn set_left(&mut self, slot: GrantSlot, left: Amount) {
        let grant = &mut self.list[slot];
        let of_wallet = self.of_wallets.entry(grant.wallet).or_default();
        let others = of_wallet.left.checked_sub(grant.left).unwrap_or_default();
        of_wallet.left = others.checked_add(left).unwrap_or(Amount::MAX);
        let (was_live, is_live) = (grant.left > Amount::ZERO, left > Amount::ZERO);
        self.figures.leave(grant.campaign, grant.left, left);
        grant.left = left;
        let due = (grant.due_after, slot);
        if is_live {
            self.due.insert(due);
        } else {
            self.due.remove(&due);
        }
        if is_live && !was_live {
            of_wallet.live.push(slot);
        } else if was_live && !is_live {
            of_wallet.live.retain(|other| *other != slot);
        }
    }
}

fn sum(parts: &[(GrantSlot, Amount)]) -> Amount {
    let add = |sum: Amount, part: &(GrantSlot, Amount)| sum.checked_add(part.1);
    parts.iter().try_fold(Amount::ZERO, add).unwrap_or(Amount::MAX)
}

impl Index<GrantSlot> for Grants {
    type Output = WalletGrant;

    fn index(&self, slot: GrantSlot) -> &WalletGrant {
        &self.list[slot]
    }
}
