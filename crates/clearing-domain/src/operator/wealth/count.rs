//! Holdings and redemptions counted again from the rows, for the audit: not by the functions that
//! kept them.

use std::collections::BTreeMap;

use crate::details::{ProductCode, WealthPart};
use crate::money::{Amount, BusinessDate, PaymentId, RedemptionId, Timestamp, Total, WalletNumber};
use crate::seal::Invariant;

use super::super::OperatorLedger;
use super::super::facts::{Decided, End, Taken};
use super::super::recount::NAMED_MAX;
use super::super::rows::{InboundRow, OperatorRow, OutcomeRow, PaymentRow};
use super::redemptions::OfHolding;
use super::rows::{CancelledRedemptionRow, ProductTerms, RedemptionRow};

type ProductKey = (WalletNumber, ProductCode);

/// What the rows say of the holding of a wallet.
#[derive(Default)]
struct Held {
    subscribed: Total,
    redeemed: Total,
    /// The sum of all changes, each times the number of its day: what they come to on every later day
    /// follows from it.
    weighted: i128,
    /// The day of the last change. What is dated before it counts from it on.
    last: Option<BusinessDate>,
    /// The fen times days that redemptions took along.
    taken: i128,
    /// What these have earned beyond the yield in their rows, in parts of a fen.
    rest: i128,
    asked_for: AskedFor,
}

/// What the redemptions of a holding come to.
#[derive(Default, PartialEq)]
struct AskedFor {
    open: Total,
    live: usize,
    redeemed: Total,
    earned: Total,
}

/// Parts of a fen: a year of 365 days in millionths.
const PARTS: i128 = 365_000_000;

/// What the rows say of a redemption.
struct Asked {
    row: RedemptionRow,
    paid: Vec<PaymentId>,
    is_cancelled: bool,
    /// The fen times days, and the parts of a fen beyond its yield, that it took along.
    share: i128,
    rest: i128,
}

/// A payment that has not ended.
#[derive(Clone, Copy)]
struct Open {
    id: PaymentId,
    part: WealthPart,
    /// Who pays whom.
    between: (WalletNumber, WalletNumber),
    amount: Amount,
}

#[derive(Default)]
struct Count {
    products: BTreeMap<ProductKey, ProductTerms>,
    holdings: BTreeMap<(ProductKey, WalletNumber), Held>,
    redemptions: BTreeMap<RedemptionId, Asked>,
    /// Redemptions and subscriptions on their way, by their rows.
    open: BTreeMap<u64, Open>,
    faults: Vec<String>,
}

impl Held {
    fn amount(&self) -> Total {
        self.subscribed - self.redeemed
    }

    /// The closing holdings of the days before one, which no redemption took along.
    fn fen_days(&self, on: BusinessDate) -> i128 {
        self.amount().fen() * number_of(self.day(on)) - self.weighted - self.taken
    }

    /// The day as of which something of a day counts: the central bank may date what it clears before
    /// the last change.
    fn day(&self, on: BusinessDate) -> BusinessDate {
        self.last.map_or(on, |last| last.max(on))
    }

    /// The holding changes on a day.
    fn change(&mut self, on: BusinessDate, change: Total) {
        let day = self.day(on);
        self.weighted += change.fen() * number_of(day);
        self.last = Some(day);
    }
}

/// The number of a day.
fn number_of(day: BusinessDate) -> i128 {
    day.days_since(Timestamp::ZERO.date()).into()
}

impl OperatorLedger {
    /// Every holding is what its subscriptions leave after its redemptions, and each redemption is
    /// paid at most once, with what it has earned.
    pub(in super::super) fn check_wealth(&self) -> Invariant {
        let mut count = Count::default();
        self.rows().for_each(|row| count.take(&row));
        count.sum_up();
        let mut faults = std::mem::take(&mut count.faults);
        self.compare_holdings(&count, &mut faults);
        self.compare_redemptions(&count, &mut faults);
        let held: Total = count.holdings.values().map(Held::amount).sum();
        let mut detail = format!(
            "{} products, {} holdings of {held} yuan, {} redemptions",
            count.products.len(),
            count.holdings.len(),
            count.redemptions.len()
        );
        if !faults.is_empty() {
            let named: Vec<_> = faults.iter().take(NAMED_MAX).map(String::as_str).collect();
            detail = format!("{detail}; {} faults: {}", faults.len(), named.join("; "));
        }
        let name = "holdings are what subscriptions leave after redemptions";
        Invariant::new(name, faults.is_empty(), detail)
    }

    fn compare_holdings(&self, count: &Count, faults: &mut Vec<String>) {
        let mut sums: BTreeMap<ProductKey, Total> = BTreeMap::new();
        for (((provider, product), holder), held) in &count.holdings {
            *sums.entry((*provider, *product)).or_default() += held.amount();
            let found = self.wealth.holding(*provider, *product, *holder);
            let is_kept = found.is_some_and(|found| {
                let slot = self.wealth.holding_slot(*provider, *product, *holder);
                let sums = slot.and_then(|slot| self.wealth.redemptions.sums(slot));
                let kept = sums.map_or_else(AskedFor::default, |sums| {
                    let OfHolding { all: _, open, live, redeemed, earned } = *sums;
                    AskedFor { open, live, redeemed, earned }
                });
                Total::from(found.amount) == held.amount()
                    && found.subscribed == held.subscribed
                    && found.fen_days(found.from).fen() == held.fen_days(found.from)
                    && found.rest == held.rest
                    && kept == held.asked_for
            });
            if !is_kept {
                faults.push(format!("{holder} holds other than its rows say of product {product}"));
            }
        }
        let is_extra = self.wealth.holdings.len() != count.holdings.len()
            || self.wealth.products.len() != count.products.len();
        if is_extra {
            faults.push("there are products or holdings without rows".to_owned());
        }
        let mut rooms: BTreeMap<ProductKey, Total> = BTreeMap::new();
        for open in count.open.values() {
            if let WealthPart::Subscription { product, .. } = open.part {
                *rooms.entry((open.between.1, product)).or_default() += open.amount;
            }
        }
        for (key @ (provider, product), terms) in &count.products {
            let room = rooms.get(key).copied().unwrap_or_default();
            let sum = sums.get(key).copied().unwrap_or_default();
            let found = self.wealth.product(*provider, *product);
            let is_kept = found.is_some_and(|found| {
                Total::from(found.held) == sum && Total::from(found.room) == room
            });
            if !is_kept || sum + room > Total::from(terms.maximum) {
                faults.push(format!(
                    "holders hold {sum} yuan of product {product}, and room for {room} yuan"
                ));
            }
        }
    }

    fn compare_redemptions(&self, count: &Count, faults: &mut Vec<String>) {
        let mut under_way: BTreeMap<RedemptionId, Vec<PaymentId>> = BTreeMap::new();
        for open in count.open.values() {
            if let WealthPart::Redemption(redemption) = open.part {
                under_way.entry(redemption).or_default().push(open.id);
            }
        }
        for (id, asked) in &count.redemptions {
            let under_way = under_way.get(id).map_or(&[][..], Vec::as_slice);
            let payments: Vec<_> = asked.paid.iter().chain(under_way).copied().collect();
            if asked.is_cancelled && !payments.is_empty() {
                faults.push(format!("redemption {id} is taken back and paid"));
            }
            let found = self.wealth.redemptions.find(*id);
            let is_kept = found.is_some_and(|found| {
                payments.iter().copied().eq(found.payment())
                    && found.paid == asked.paid.first().copied()
                    && found.is_cancelled == asked.is_cancelled
            });
            if !is_kept {
                faults.push(format!("redemption {id} is kept otherwise than its rows say"));
            }
        }
        if self.wealth.redemptions.list().len() != count.redemptions.len() {
            faults.push("there are redemptions without rows".to_owned());
        }
    }
}

impl Count {
    fn take(&mut self, row: &OperatorRow) {
        // Few kinds of rows are about wealth products, and none of the others names one.
        if let OperatorRow::Product(row) = row {
            self.products.insert((row.provider, row.product), row.terms);
        } else if let OperatorRow::Redemption(row) = row {
            self.ask(row);
        } else if let OperatorRow::CancelledRedemption(row) = row {
            self.cancel(row);
        } else if let OperatorRow::Payment(row) = row {
            self.take_payment(row);
        } else if let OperatorRow::Inbound(row) = row {
            self.take_inbound(row);
        } else if let OperatorRow::Outcome(row) = row {
            self.take_outcome(row);
        }
    }

    fn ask(&mut self, row: &RedemptionRow) {
        let (id, key, on) = (row.redemption, (row.provider, row.product), row.at.date());
        let rate = self.products.get(&key).map(|terms| terms.rate);
        let held = self.holdings.entry((key, row.holder)).or_default();
        let before = held.amount();
        let days = held.fen_days(on);
        let principal = i128::from(row.principal.fen());
        let share = if before == Total::from(row.principal) {
            days
        } else {
            days.checked_mul(principal).and_then(|all| all.checked_div(before.fen())).unwrap_or(-1)
        };
        let parts = rate.map_or(0, |rate| share * i128::from(rate.millionths()));
        // Half a fen goes up, counted with what earlier ones have left; nobody pays for a redemption.
        let earned = (2 * (held.rest + parts) + PARTS).div_euclid(2 * PARTS).max(0);
        let rest = parts - earned * PARTS;
        if earned != i128::from(row.earned.fen()) || before < Total::from(row.principal) {
            self.faults.push(format!("redemption {id} takes what was not held or earned"));
        }
        held.change(on, Total::ZERO - row.principal);
        held.taken += share;
        held.rest += rest;
        held.redeemed += row.principal;
        let (row, paid) = (row.clone(), Vec::new());
        let asked = Asked { row, paid, is_cancelled: false, share, rest };
        if self.redemptions.insert(id, asked).is_some() {
            self.faults.push(format!("redemption {id} is asked for twice"));
        }
    }

    fn cancel(&mut self, row: &CancelledRedemptionRow) {
        let id = row.redemption;
        let found = self.redemptions.get_mut(&id).filter(|asked| !asked.is_cancelled);
        let Some(asked) = found else {
            return self.faults.push(format!("redemption {id} is not there to be taken back"));
        };
        asked.is_cancelled = true;
        let key = ((asked.row.provider, asked.row.product), asked.row.holder);
        let held = self.holdings.entry(key).or_default();
        held.change(row.at.date(), asked.row.principal.into());
        held.taken -= asked.share;
        held.rest -= asked.rest;
        held.redeemed -= asked.row.principal;
    }

    /// Adds up the redemptions of each holding.
    fn sum_up(&mut self) {
        for Asked { row, paid, is_cancelled, .. } in self.redemptions.values() {
            let key = ((row.provider, row.product), row.holder);
            let sums = &mut self.holdings.entry(key).or_default().asked_for;
            if !paid.is_empty() {
                sums.redeemed += row.principal;
                sums.earned += row.earned;
            } else if !is_cancelled {
                sums.open += row.principal;
                sums.live += 1;
            }
        }
    }

    fn take_payment(&mut self, row: &PaymentRow) {
        let Some(part) = row.details.as_ref().and_then(|details| details.wealth) else { return };
        let (between, amount) = ((row.payer, row.payee), row.amount);
        let open = Open { id: row.id, part, between, amount };
        match (row.taken, part) {
            (Taken::Rejected { .. }, _) => {}
            // A subscription that crosses is of the other operator.
            (Taken::InTransit, WealthPart::Subscription { .. }) => {}
            (Taken::InTransit, WealthPart::Redemption(_)) => {
                self.open.insert(row.row, open);
            }
            (Taken::Completed, _) => self.arrive(open, row.submitted_at),
        }
    }

    fn take_inbound(&mut self, row: &InboundRow) {
        let Some(delivered) = &row.delivered else { return };
        let part = delivered.details.as_ref().and_then(|details| details.wealth);
        // A redemption that arrives is of the other operator.
        let Some(part @ WealthPart::Subscription { .. }) = part else { return };
        let between = (delivered.payer, delivered.payee);
        let open = Open { id: row.id, part, between, amount: delivered.amount };
        match row.decided {
            Decided::Rejected { .. } => {}
            Decided::Accepted => self.arrive(open, row.decided_at),
            Decided::Held => {
                self.open.insert(row.row, open);
            }
        }
    }

    fn take_outcome(&mut self, row: &OutcomeRow) {
        let Some(open) = self.open.remove(&row.of) else { return };
        if let End::Cleared { .. } = row.end {
            self.arrive(open, row.at);
        }
    }

    fn arrive(&mut self, open: Open, at: Timestamp) {
        let Open { id, part, between: (payer, payee), amount } = open;
        match part {
            WealthPart::Subscription { product, .. } => {
                let key = (payee, product);
                if !self.products.contains_key(&key) {
                    return self.faults.push(format!("payment {id} is of no product {product}"));
                }
                let held = self.holdings.entry((key, payer)).or_default();
                held.change(at.date(), amount.into());
                held.subscribed += amount;
            }
            WealthPart::Redemption(redemption) => {
                let Some(asked) = self.redemptions.get_mut(&redemption) else {
                    return self.faults.push(format!("payment {id} is of no redemption"));
                };
                let is_due = (asked.row.provider, asked.row.holder) == (payer, payee)
                    && asked.row.amount() == Some(amount);
                asked.paid.push(id);
                if !is_due || asked.paid.len() > 1 {
                    self.faults.push(format!("payment {id} is not due to be redeemed"));
                }
            }
        }
    }
}
