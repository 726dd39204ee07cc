//! Bills and refunds counted again from the rows, for the audit: not by the functions that kept
//! them.

use std::collections::{BTreeMap, BTreeSet};

use crate::details::{BillReference, Details};
use crate::money::{Amount, PaymentId, Total, WalletNumber};
use crate::seal::Invariant;

use super::OperatorLedger;
use super::bills::BillState;
use super::facts::{Decided, End, Taken};
use super::funding::FundingState;
use super::refunds::Return;
use super::rows::{InboundRow, OperatorRow, OutcomeRow, PaymentRow};
use super::state::PaymentState;

/// How many faults are named.
const NAMED_MAX: usize = 5;

/// Who is to be paid, and the biller's name for the bill.
type BillKey = (WalletNumber, BillReference);

/// A payment or transfer with details whose outcome is not read yet.
struct Open {
    id: PaymentId,
    amount: Amount,
    sent: bool,
    bill: Option<BillKey>,
    /// The payment that it gives back, and the wallet that gets it.
    refund_of: Option<Return>,
}

/// What the rows say of bills and refunds.
#[derive(Default)]
struct Promises {
    bills: BTreeMap<BillKey, (Amount, BillState)>,
    given: BTreeMap<Return, Total>,
    received: BTreeMap<Return, Total>,
    open: BTreeMap<u64, Open>,
    faults: Vec<String>,
}

impl OperatorLedger {
    /// Every bill is paid at most once and in its sum, and no payment is given back beyond what was
    /// paid.
    pub(super) fn check_promises(&self) -> Invariant {
        let mut count = Promises::default();
        self.rows().for_each(|row| count.take(&row));
        self.compare_bills(&mut count);
        self.compare_refunds(&mut count);
        let refunds = count.given.len() + count.received.len();
        let mut detail = format!("{} bills, refunds of {refunds} payments", count.bills.len());
        let faults = &count.faults;
        if !faults.is_empty() {
            let named: Vec<_> = faults.iter().take(NAMED_MAX).map(String::as_str).collect();
            detail = format!("{detail}; {} faults: {}", faults.len(), named.join("; "));
        }
        Invariant::new(
            "bills are paid once, refunds stay within payments",
            faults.is_empty(),
            detail,
        )
    }

    fn compare_bills(&self, count: &mut Promises) {
        let open = count.open.values().filter(|open| open.sent);
        let under_way: BTreeSet<_> = open.filter_map(|open| open.refund_of).collect();
        for bill in self.bills.list().iter() {
            let key = (bill.row.biller, bill.row.reference.clone());
            let Some((_, mut state)) = count.bills.get(&key).copied() else { continue };
            if let BillState::Paid(id) = state
                && let Ok(paid) = self.refundable(id)
                && count.given.get(&(id, paid.to)).copied().unwrap_or_default()
                    == Total::from(paid.amount)
                && !under_way.contains(&(id, paid.to))
            {
                state = BillState::Refunded(id);
            }
            if state != bill.state {
                let (biller, reference) = key;
                let kept = bill.state;
                let fault =
                    format!("bill {reference} of {biller} is {kept:?}, by the rows {state:?}");
                count.faults.push(fault);
            }
        }
    }

    fn compare_refunds(&self, count: &mut Promises) {
        for ((original, to), sum) in &count.given {
            let paid = self.refundable_to(*original, *to);
            let within = paid.is_ok_and(|paid| *sum <= paid.amount.into());
            if !within || Total::from(self.refunds.given((*original, *to))) != *sum {
                let fault = format!("{sum} yuan of payment {original} were given back to {to}");
                count.faults.push(fault);
            }
        }
        for ((original, to), sum) in &count.received {
            let within =
                sum.is_zero() || self.part_of(*original, *to).is_some_and(|part| *sum <= part);
            if !within || Total::from(self.refunds.received((*original, *to))) != *sum {
                let fault = format!("{sum} yuan of payment {original} came back to {to}");
                count.faults.push(fault);
            }
        }
    }

    /// What a wallet of this operator has paid of a payment that is final.
    fn part_of(&self, original: PaymentId, wallet: WalletNumber) -> Option<Total> {
        let funding = self.funding(original).filter(|funding| {
            funding.state == FundingState::Redeemed && funding.as_row().campaign == wallet
        });
        if let Some(funding) = funding {
            return Some(funding.discount().into());
        }
        let paid = self.payment(original).filter(|paid| paid.state == PaymentState::Completed)?;
        if self.payer_of(paid) == wallet {
            return Some(paid.payers_part().into());
        }
        let voucher = paid.details()?.voucher.filter(|voucher| voucher.campaign == wallet);
        voucher.map(|voucher| voucher.discount.into())
    }
}

impl Promises {
    fn take(&mut self, row: &OperatorRow) {
        match row {
            OperatorRow::Event(_)
            | OperatorRow::SubWallet(_)
            | OperatorRow::Payee(_)
            | OperatorRow::Funding(_)
            | OperatorRow::FrontEnd(_)
            | OperatorRow::PaymentCode(_)
            | OperatorRow::Campaign(_)
            | OperatorRow::Registration(_)
            | OperatorRow::Draw(_)
            | OperatorRow::Claim(_)
            | OperatorRow::GrantSpend(_)
            | OperatorRow::Voucher(_)
            | OperatorRow::Contract(_)
            | OperatorRow::ContractStep(_)
            | OperatorRow::Release(_)
            | OperatorRow::Suspension(_)
            | OperatorRow::Payroll(_)
            | OperatorRow::PayrollLine(_)
            | OperatorRow::PayrollDecision(_)
            | OperatorRow::Card(_)
            | OperatorRow::CardVoucher(_)
            | OperatorRow::CardChange(_)
            | OperatorRow::Unclaimed(_)
            | OperatorRow::Interest(_)
            | OperatorRow::Participant(_)
            | OperatorRow::Loan(_)
            | OperatorRow::Mandate(_)
            | OperatorRow::LoanStep(_)
            | OperatorRow::Product(_)
            | OperatorRow::Redemption(_)
            | OperatorRow::CancelledRedemption(_) => {}
            OperatorRow::Bill(row) => {
                let key = (row.biller, row.reference.clone());
                if self.bills.insert(key, (row.amount, BillState::Open)).is_some() {
                    self.faults.push(format!("bill {} was published twice", row.reference));
                }
            }
            OperatorRow::CancelledBill(row) => {
                self.set(&(row.biller, row.reference.clone()), BillState::Cancelled);
            }
            OperatorRow::Payment(row) => self.take_payment(row),
            OperatorRow::Inbound(row) => self.take_inbound(row),
            OperatorRow::Outcome(row) => self.take_outcome(row),
        }
    }

    fn take_payment(&mut self, row: &PaymentRow) {
        let Some(details) = row.details.as_deref().filter(|details| details.promises()) else {
            return;
        };
        if let Taken::Rejected { .. } = row.taken {
            return;
        }
        if let Some(original) = details.refund_of {
            *self.given.entry((original, row.payee)).or_default() += row.amount;
        }
        if row.taken == Taken::InTransit {
            self.open.insert(row.row, Open::new(row.id, row.amount, true, row.payee, details));
        } else {
            self.arrive(&Open::new(row.id, row.amount, false, row.payee, details), true);
        }
    }

    fn take_inbound(&mut self, row: &InboundRow) {
        let Some(delivered) = &row.delivered else { return };
        let details = delivered.details.as_deref().filter(|details| details.promises());
        let Some(details) = details else { return };
        let open = Open::new(row.id, delivered.amount, false, delivered.payee, details);
        match row.decided {
            Decided::Rejected { .. } => {}
            Decided::Accepted => self.arrive(&open, true),
            Decided::Held => {
                self.arrive(&open, false);
                self.open.insert(row.row, open);
            }
        }
    }

    /// A credit is there, or room is held for it.
    fn arrive(&mut self, open: &Open, paid: bool) {
        if let Some(original) = open.refund_of {
            *self.received.entry(original).or_default() += open.amount;
        }
        let Some(key) = &open.bill else { return };
        match self.bills.get(key) {
            Some((amount, BillState::Open)) if *amount == open.amount => {}
            found => {
                let (biller, reference) = key;
                let state = found.map(|(_, state)| state);
                self.faults.push(format!(
                    "bill {reference} of {biller} is {state:?} when payment {} pays it",
                    open.id
                ));
            }
        }
        self.set(key, if paid { BillState::Paid(open.id) } else { BillState::Reserved(open.id) });
    }

    fn take_outcome(&mut self, row: &OutcomeRow) {
        let Some(open) = self.open.remove(&row.of) else { return };
        match (open.sent, row.end) {
            (true, End::Cleared { .. }) => {}
            (true, End::Refused { .. }) => {
                if let Some(original) = open.refund_of {
                    *self.given.entry(original).or_default() -= open.amount;
                }
            }
            (false, End::Cleared { .. }) => {
                if let Some(key) = &open.bill {
                    self.set(key, BillState::Paid(open.id));
                }
            }
            (false, End::Refused { .. }) => {
                if let Some(original) = open.refund_of {
                    *self.received.entry(original).or_default() -= open.amount;
                }
                if let Some(key) = &open.bill {
                    self.set(key, BillState::Open);
                }
            }
        }
    }

    fn set(&mut self, key: &BillKey, state: BillState) {
        if let Some((_, kept)) = self.bills.get_mut(key) {
            *kept = state;
        }
    }
}

impl Open {
    fn new(
        id: PaymentId,
        amount: Amount,
        sent: bool,
        payee: WalletNumber,
        details: &Details,
    ) -> Self {
        let bill = details.bill.clone().map(|reference| (payee, reference));
        let refund_of = details.refund_of.map(|original| (original, payee));
        Self { id, amount, sent, bill, refund_of }
    }
}
