//! The loans of this operator's lenders.

use std::collections::BTreeSet;
use std::ops::Bound;

use rustc_hash::FxHashMap;

use crate::details::LoanUse;
use crate::money::{Amount, BusinessDate, LoanId, PaymentId, Prefix, Timestamp, WalletNumber};
use crate::slots::{Slot as _, Slots};

use super::super::slot::LoanSlot;
use super::plan::Plan;
use super::rows::{LoanRow, LoanStep, LoanStepRow};
use super::terms::GRACE_DAYS;

/// Where a loan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LoanState {
    /// It is agreed on.
    Agreed,
    /// The payment that pays it out is on its way.
    Disbursing,
    /// It is paid out, and no instalment is overdue.
    Disbursed,
    /// An instalment is not paid, and its due day and the days of grace are over.
    Overdue,
    /// Nothing is owed any more.
    Repaid,
    /// It was given up before it was paid out.
    Cancelled,
}

/// How far a loan has come by its rows, whatever the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Agreed,
    Disbursing(PaymentId, Timestamp),
    Disbursed(PaymentId, Timestamp),
    Cancelled,
}

/// A payment that pays a part of a loan back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repaid {
    /// The payment.
    pub payment: PaymentId,
    /// The instalment, or what of the principal was paid early.
    pub used: LoanUse,
    /// What it pays of the principal.
    pub principal: Amount,
    /// What interest it pays.
    pub interest: Amount,
}

/// A loan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loan {
    /// Its row.
    pub row: LoanRow,
    /// What is still to be paid.
    pub plan: Plan,
    /// What was paid back, in order.
    pub repaid: Vec<Repaid>,
    /// The interest among it.
    pub interest: Amount,
    /// How many payments to pay it out there have been.
    pub attempts: u32,
    pub(super) phase: Phase,
    /// Whether the operator of the borrower knows that it is paid out.
    pub(super) is_announced: bool,
    /// A repayment for which room is held.
    pub(super) held: Option<PaymentId>,
}

impl Loan {
    /// The payment that pays it out, on its way or final.
    pub fn disbursement(&self) -> Option<PaymentId> {
        match self.phase {
            Phase::Disbursing(payment, _) | Phase::Disbursed(payment, _) => Some(payment),
            Phase::Agreed | Phase::Cancelled => None,
        }
    }

    /// When it was paid out: the payment was submitted then and is final.
    pub fn since(&self) -> Option<Timestamp> {
        if let Phase::Disbursed(_, since) = self.phase { Some(since) } else { None }
    }

    /// Whether the operator of the borrower knows that it is paid out.
    pub fn is_announced(&self) -> bool {
        self.is_announced
    }

    /// Where it stands on a day.
    pub fn state(&self, on: BusinessDate) -> LoanState {
        match self.phase {
            Phase::Agreed => LoanState::Agreed,
            Phase::Disbursing(..) => LoanState::Disbursing,
            Phase::Disbursed(..) if self.plan.is_repaid() => LoanState::Repaid,
            Phase::Disbursed(..) if is_overdue(&self.plan, &self.row.terms, on) => {
                LoanState::Overdue
            }
            Phase::Disbursed(..) => LoanState::Disbursed,
            Phase::Cancelled => LoanState::Cancelled,
        }
    }
}

/// Whether the next instalment is not paid although its due day and the days of grace are over.
pub(super) fn is_overdue(plan: &Plan, terms: &super::terms::LoanTerms, on: BusinessDate) -> bool {
    !plan.is_repaid() && on > terms.due_day(plan.next).plus_days(GRACE_DAYS)
}

/// The loans of one lender.
#[derive(Debug, Default)]
pub(super) struct OfLender {
    pub(super) all: Vec<LoanSlot>,
    /// How many are not over.
    pub(super) live: usize,
}

/// All loans in the order they were agreed on.
#[derive(Debug, Default)]
pub struct Loans {
    pub(super) list: Slots<LoanSlot, Loan>,
    pub(super) ids: FxHashMap<LoanId, LoanSlot>,
    pub(super) of_lenders: FxHashMap<WalletNumber, OfLender>,
    /// Disbursements on their way.
    pub(super) in_flight: FxHashMap<PaymentId, LoanSlot>,
    /// Loans that are paid out, which the operator of the borrower may not know, by that operator.
    pub(super) unannounced: BTreeSet<(Prefix, LoanSlot)>,
    pub(super) steps: Vec<LoanStepRow>,
}

impl Loans {
    /// All of them.
    pub fn list(&self) -> &Slots<LoanSlot, Loan> {
        &self.list
    }

    /// The loan of an id.
    pub fn find(&self, loan: LoanId) -> Option<&Loan> {
        self.slot_of(loan).map(|slot| &self.list[slot])
    }

    pub(super) fn slot_of(&self, loan: LoanId) -> Option<LoanSlot> {
        self.ids.get(&loan).copied()
    }

    /// The loans of a lender in the order they were agreed on.
    pub fn of_lender(
        &self,
        lender: WalletNumber,
        first: usize,
    ) -> impl Iterator<Item = (usize, &Loan)> {
        let slots = self.of_lenders.get(&lender).map_or(&[][..], |found| &found.all);
        let placed = slots.iter().enumerate().skip(first);
        placed.map(|(place, slot)| (place, &self.list[*slot]))
    }

    /// Whether loans of a lender are not over.
    pub(in super::super) fn has_live(&self, lender: WalletNumber) -> bool {
        self.live_of(lender) > 0
    }

    pub(super) fn live_of(&self, lender: WalletNumber) -> usize {
        self.of_lenders.get(&lender).map_or(0, |found| found.live)
    }

    /// The operators that may not know of loans of theirs that are paid out.
    pub fn untold(&self) -> Vec<Prefix> {
        let mut untold = Vec::new();
        let mut next = self.unannounced.first();
        while let Some((prefix, _)) = next.copied() {
            untold.push(prefix);
            let beyond =
                (Bound::Excluded((prefix, LoanSlot::from_number(u32::MAX))), Bound::Unbounded);
            next = self.unannounced.range(beyond).next();
        }
        untold
    }

    /// Loans that are paid out, which an operator of borrowers may not know, those after one first
    /// and then from the beginning again.
    pub fn unannounced(
        &self,
        prefix: Prefix,
        after: Option<LoanId>,
    ) -> impl Iterator<Item = &Loan> {
        let first = (prefix, LoanSlot::from_place(0));
        let last = (prefix, LoanSlot::from_number(u32::MAX));
        let split = after.and_then(|loan| self.slot_of(loan)).map(|slot| (prefix, slot));
        let begin = split.map_or(Bound::Included(first), Bound::Excluded);
        let later = self.unannounced.range((begin, Bound::Included(last)));
        let earlier =
            split.into_iter().flat_map(move |split| self.unannounced.range(first..=split));
        later.chain(earlier).map(|(_, slot)| &self.list[*slot])
    }

    /// The rows of steps of loans and mandates, in order.
    pub fn steps(&self) -> &[LoanStepRow] {
        &self.steps
    }

    pub(in super::super) fn agree(&mut self, row: LoanRow) {
        let (id, lender) = (row.loan, row.terms.lender);
        let slot = self.list.push(Loan {
            plan: Plan::new(&row.terms),
            row,
            repaid: Vec::new(),
            interest: Amount::ZERO,
            attempts: 0,
            phase: Phase::Agreed,
            is_announced: false,
            held: None,
        });
        self.ids.insert(id, slot);
        let of_lender = self.of_lenders.entry(lender).or_default();
        of_lender.all.push(slot);
        of_lender.live += 1;
    }

    pub(super) fn step(&mut self, row: &LoanStepRow) {
        let Some(slot) = self.slot_of(row.loan) else { return };
        match row.step {
            LoanStep::Cancelled => {
                self.list[slot].phase = Phase::Cancelled;
                self.ends(slot);
            }
            LoanStep::Announced => {
                self.list[slot].is_announced = true;
                let prefix = self.list[slot].row.terms.borrower.prefix();
                self.unannounced.remove(&(prefix, slot));
            }
            LoanStep::Started { .. } | LoanStep::Revoked => {}
        }
    }

    /// A payment begins to pay a loan out.
    pub(super) fn disburse(&mut self, loan: LoanId, payment: PaymentId, at: Timestamp) {
        let Some(slot) = self.slot_of(loan) else { return };
        self.list[slot].phase = Phase::Disbursing(payment, at);
        self.list[slot].attempts += 1;
        self.in_flight.insert(payment, slot);
    }

    /// A payment is final, or came back.
    pub(super) fn payment_ends(&mut self, payment: PaymentId, has_arrived: bool) {
        if self.in_flight.is_empty() {
            return;
        }
        let Some(slot) = self.in_flight.remove(&payment) else { return };
        let Phase::Disbursing(payment, at) = self.list[slot].phase else { return };
        if has_arrived {
            self.list[slot].phase = Phase::Disbursed(payment, at);
            let prefix = self.list[slot].row.terms.borrower.prefix();
            self.unannounced.insert((prefix, slot));
        } else {
            self.list[slot].phase = Phase::Agreed;
        }
    }

    /// Room is held for a repayment, or no longer.
    pub(super) fn hold(&mut self, loan: LoanId, payment: Option<PaymentId>) {
        if let Some(slot) = self.slot_of(loan) {
            self.list[slot].held = payment;
        }
    }

    /// A part of a loan is paid back.
    pub(super) fn receive(&mut self, loan: LoanId, repaid: Repaid) {
        let Some(slot) = self.slot_of(loan) else { return };
        let found = &mut self.list[slot];
        pay(&mut found.plan, &found.row.terms, repaid.used);
        found.held = None;
        found.interest += repaid.interest;
        found.repaid.push(repaid);
        if found.plan.is_repaid() {
            self.ends(slot);
        }
    }

    fn ends(&mut self, slot: LoanSlot) {
        let lender = self.list[slot].row.terms.lender;
        if let Some(of_lender) = self.of_lenders.get_mut(&lender) {
            of_lender.live -= 1;
        }
    }
}

/// Takes a payment off what is left.
pub(super) fn pay(plan: &mut Plan, terms: &super::terms::LoanTerms, used: LoanUse) {
    match used {
        LoanUse::Disbursement => {}
        LoanUse::Instalment(_) => plan.pay_instalment(terms),
        LoanUse::Repayment(principal) => plan.repay(terms, principal),
    }
}
