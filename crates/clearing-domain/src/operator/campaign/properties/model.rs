//! What campaigns may do, by sums and sets of the test's own: nothing here asks the rules under test.

use std::collections::{BTreeMap, BTreeSet};

use crate::details::{Eligibility, NumberSet, Purpose};
use crate::link::Side;
use crate::money::{Amount, PaymentId, Prefix, Timestamp, WalletKind, WalletNumber};
use crate::operator::accounts::Account;
use crate::operator::funding::FundingState;
use crate::operator::state::{InboundState, PaymentState};
use crate::operator::test_ledger::{TestLedger, yuan};

/// The least amount of a payment with a voucher, in yuan.
pub(super) const LEAST: i64 = 30;

/// Where and on what the money of a campaign may be spent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rule {
    operator: Option<u16>,
    purpose: Option<Purpose>,
}

/// The restrictions that campaigns of the test have.
pub(super) const RULES: [Rule; 5] = [
    Rule { operator: None, purpose: None },
    Rule { operator: Some(1), purpose: None },
    Rule { operator: Some(3), purpose: None },
    Rule { operator: None, purpose: Some(Purpose::Catering) },
    Rule { operator: Some(1), purpose: Some(Purpose::Shopping) },
];

/// The restriction of money, and from when until when it may be spent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) rule: Rule,
    pub(super) valid: (Timestamp, Timestamp),
}

/// What somebody buys: from whom, on what, and when.
pub(super) type Purchase = (WalletNumber, Option<Purpose>, Timestamp);

/// A campaign as the test knows it.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) is_voucher: bool,
    pub(super) face: i64,
    pub(super) winners: usize,
    pub(super) terms: Terms,
    /// The wallets that have claimed, with their persons.
    pub(super) claimed: BTreeMap<WalletNumber, u64>,
    /// Whose vouchers pay for something, or have paid.
    pub(super) redeemed: BTreeSet<WalletNumber>,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) campaigns: BTreeMap<WalletNumber, Known>,
    /// The terms of the grants that came from other operators.
    pub(super) packets: BTreeMap<PaymentId, Terms>,
    /// Whose vouchers pay parts of payments that are under way.
    pub(super) held: BTreeMap<PaymentId, (WalletNumber, WalletNumber)>,
    /// All money of the operator and its customers, in yuan.
    pub(super) money: i64,
}

impl Rule {
    pub(super) fn eligibility(self, least: Amount) -> Eligibility {
        let purposes = self.purpose.map(|purpose| purpose as u8);
        let operators = self.operator.into_iter().filter_map(Prefix::new).collect();
        let purposes = NumberSet::of(purposes).unwrap();
        Eligibility { purposes, operators, min_spend: least, ..Eligibility::default() }
    }
}

impl Terms {
    pub(super) fn allow(&self, (payee, purpose, at): Purchase) -> bool {
        payee.kind() == WalletKind::Merchant
            && self.rule.operator.is_none_or(|operator| operator == payee.prefix().get())
            && self.rule.purpose.is_none_or(|wanted| purpose == Some(wanted))
            && (self.valid.0..=self.valid.1).contains(&at)
    }
}

impl Known {
    /// What vouchers may still take out of the pool.
    fn promised(&self, now: Timestamp) -> i64 {
        let is_open = self.is_voucher
            && now
                <= self.terms.valid.1.plus_ms(crate::operator::test_ledger::settings().expiry_ms);
        let open = self.claimed.keys().filter(|wallet| !self.redeemed.contains(wallet)).count();
        if is_open { self.face * i64::try_from(open).unwrap() } else { 0 }
    }
}

impl Model {
    /// A voucher pays a part of a payment of so many yuan that is under way or completed.
    pub(super) fn redeem(
        &mut self,
        id: PaymentId,
        (campaign, payer): (WalletNumber, WalletNumber),
        amount: i64,
        purchase: Purchase,
    ) {
        let known = self.campaigns.get_mut(&campaign).expect("a campaign of the test");
        assert!(known.is_voucher && known.claimed.contains_key(&payer), "{payer} has no voucher");
        assert!(known.terms.allow(purchase) && amount >= LEAST, "{purchase:?} of {amount} yuan");
        assert!(known.redeemed.insert(payer), "{payer} redeems twice");
        self.held.insert(id, (campaign, payer));
    }

    /// Of what is under way something ends.
    pub(super) fn end(&mut self, (id, side, amount): (PaymentId, Side, i64), cleared: bool) {
        match side {
            Side::Payer | Side::Sponsor if cleared => self.money -= amount,
            Side::Payer | Side::Sponsor => {
                if let Some((campaign, payer)) = self.held.get(&id) {
                    self.campaigns.get_mut(campaign).unwrap().redeemed.remove(payer);
                }
            }
            Side::Payee if cleared => self.money += amount,
            Side::Payee => {}
        }
    }

    /// What became less of which grants must have been spent on the purchase, or be due to go back.
    pub(super) fn check_spent(
        &self,
        test: &TestLedger,
        before: &BTreeMap<PaymentId, i64>,
        purchase: Option<Purchase>,
        is_closing: bool,
    ) {
        for grant in test.ledger.grants().list().iter() {
            let left = grant.left.fen() / 100;
            assert!(left <= grant.amount.fen() / 100, "{grant:?}");
            if before.get(&grant.claim).is_none_or(|before| left >= *before) {
                continue;
            }
            let of_own = || self.campaigns[&grant.campaign].terms;
            let terms = self.packets.get(&grant.claim).copied().unwrap_or_else(of_own);
            let may = match purchase {
                Some(purchase) => terms.allow(purchase),
                None => is_closing || test.now > terms.valid.1,
            };
            assert!(may, "{grant:?} is spent on {purchase:?}");
        }
    }

    /// Money is neither made nor lost, pools hold what they promise, and nobody gets too much.
    pub(super) fn check(&self, test: &TestLedger) {
        let wallets = test.ledger.wallets().iter();
        let mut money: i64 = wallets.map(|wallet| wallet.balance.fen() / 100).sum();
        money +=
            under_way(test).filter(|(_, side, _)| *side != Side::Payee).map(|it| it.2).sum::<i64>();
        money += test.account(Account::Stock) + test.account(Account::OtherDeposits);
        assert_eq!(money, self.money, "yuan in all");
        for wallet in test.ledger.wallets().iter() {
            let granted: i64 = test.left(wallet.number).iter().sum();
            assert!(granted <= test.balance(wallet.number), "{} holds less", wallet.number);
        }
        for (campaign, known) in &self.campaigns {
            let (pool, promised) = (test.balance(*campaign), known.promised(test.now));
            assert!(pool >= promised, "campaign {campaign} owes {promised} and has {pool}");
            let persons: BTreeSet<_> = known.claimed.values().collect();
            assert_eq!(persons.len(), known.claimed.len(), "somebody claims twice");
            assert!(persons.len() <= known.winners, "campaign {campaign} has too many winners");
            let packets = test.ledger.payments().iter().filter(|payment| {
                let lives =
                    matches!(payment.state, PaymentState::InTransit | PaymentState::Completed);
                lives && test.ledger.payer_of(payment) == *campaign
            });
            let packets: Vec<_> = packets.map(|payment| payment.payee).collect();
            let paid: BTreeSet<_> = packets.iter().collect();
            assert_eq!(paid.len(), packets.len(), "campaign {campaign} pays twice");
            assert!(paid.iter().all(|wallet| known.claimed.contains_key(wallet)));
        }
    }
}

/// What is left of each grant.
pub(super) fn lefts(test: &TestLedger) -> BTreeMap<PaymentId, i64> {
    let grants = test.ledger.grants().list().iter();
    grants.map(|grant| (grant.claim, grant.left.fen() / 100)).collect()
}

/// What waits for its outcome, and how many yuan of it were debited here or are to be credited.
pub(super) fn under_way(test: &TestLedger) -> impl Iterator<Item = (PaymentId, Side, i64)> {
    let payments = test.ledger.payments().iter();
    let payments = payments
        .filter(|payment| payment.state == PaymentState::InTransit)
        .map(|payment| (payment.id, Side::Payer, payment.amount.fen() / 100));
    let fundings = test.ledger.fundings.list().iter();
    let fundings = fundings
        .filter(|funding| funding.state == FundingState::Funded)
        .map(|funding| (funding.answer().id, Side::Sponsor, funding.discount().fen() / 100));
    // What was accepted is in its wallet: its outcome credits nothing any more.
    let inbound = test.ledger.inbound.list().iter().filter_map(|inbound| match inbound.state {
        InboundState::Held => Some((inbound.id, Side::Payee, inbound.amount().fen() / 100)),
        InboundState::Accepted => Some((inbound.id, Side::Payee, 0)),
        InboundState::Rejected | InboundState::Final => None,
    });
    payments.chain(fundings).chain(inbound)
}

/// How much a transfer has credited at once.
pub(super) fn credited(test: &TestLedger, id: PaymentId) -> i64 {
    let ledger = &test.ledger;
    let found = ledger.inbound.find(id).map(|slot| &ledger.inbound[slot]);
    found.filter(|inbound| inbound.is_credited()).map_or(0, |inbound| inbound.amount().fen() / 100)
}

pub(super) fn least(is_voucher: bool) -> Amount {
    yuan(if is_voucher { LEAST } else { 0 })
}
