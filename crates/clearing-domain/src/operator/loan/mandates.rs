//! The mandates of this operator's borrowers, and when their instalments are tried.

use rustc_hash::FxHashMap;

use crate::details::LoanUse;
use crate::money::{BusinessDate, LoanId, PaymentId, Timestamp};
use crate::slots::Slots;

use super::super::agenda::Agenda;
use super::super::slot::{MandateSlot, WalletSlot};
use super::loans::{Repaid, is_overdue, pay};
use super::plan::Plan;
use super::rows::{LoanStep, LoanStepRow, MandateRow};
use super::terms::GRACE_DAYS;

/// How long after the first due day a lender's operator may still say that it paid the loan out.
const LATE_DAYS: u32 = 30;

/// Where a mandate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MandateState {
    /// It is given, and the loan is not known to be paid out.
    Granted,
    /// Instalments are collected on their due days.
    Active,
    /// An instalment is not paid, and its due day and the days of grace are over.
    Overdue,
    /// The borrower took it back: nothing is collected, and what is owed is paid by hand.
    Revoked,
    /// Nothing is owed any more.
    Repaid,
}

/// A mandate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// Its row.
    pub row: MandateRow,
    /// The wallet that pays.
    pub borrower: WalletSlot,
    /// What is still to be paid.
    pub plan: Plan,
    /// What was paid, in order.
    pub repaid: Vec<Repaid>,
    /// When the loan was paid out, once that is known.
    pub since: Option<Timestamp>,
    /// Whether the borrower took it back.
    pub is_revoked: bool,
    /// The payment on its way, and how it is made up.
    pub in_flight: Option<Repaid>,
    /// How many payments there have been.
    pub attempts: u32,
    /// No instalment is tried before this day.
    pub(super) not_before: BusinessDate,
    /// When the next instalment is tried.
    pub(super) next_at: Option<Timestamp>,
}

impl Mandate {
    /// Where it stands on a day.
    pub fn state(&self, on: BusinessDate) -> MandateState {
        let terms = &self.row.terms;
        match self.since {
            Some(_) if self.plan.is_repaid() => MandateState::Repaid,
            _ if self.is_revoked => MandateState::Revoked,
            None => MandateState::Granted,
            Some(_) if is_overdue(&self.plan, terms, on) => MandateState::Overdue,
            Some(_) => MandateState::Active,
        }
    }

    /// When the next instalment is tried: on due days and the days of grace after each, once a day.
    fn next_attempt(&self) -> Option<Timestamp> {
        if self.since.is_none() || self.is_revoked || self.in_flight.is_some() {
            return None;
        }
        let terms = &self.row.terms;
        let next = self.plan.instalment(terms)?;
        let from = self.not_before.max(next.due);
        let days = (next.number..=terms.instalments).map(|number| terms.due_day(number));
        let mut open = days.filter(|due| due.plus_days(GRACE_DAYS) >= from);
        open.next().map(|due| due.max(from).start())
    }

    pub(super) fn is_over(&self) -> bool {
        self.plan.is_repaid() || self.is_revoked && self.since.is_none()
    }
}

/// The mandates of one borrower.
#[derive(Debug, Default)]
pub(super) struct OfBorrower {
    pub(super) all: Vec<MandateSlot>,
    /// How many are not over.
    pub(super) live: usize,
}

/// All mandates in the order they were given.
#[derive(Debug, Default)]
pub struct Mandates {
    pub(super) list: Slots<MandateSlot, Mandate>,
    pub(super) ids: FxHashMap<LoanId, MandateSlot>,
    pub(super) of_borrowers: FxHashMap<WalletSlot, OfBorrower>,
    pub(super) in_flight: FxHashMap<PaymentId, MandateSlot>,
    /// Those of which an instalment is to be tried, by when.
    pub(super) agenda: Agenda<MandateSlot>,
}

impl Mandates {
    /// All of them.
    pub fn list(&self) -> &Slots<MandateSlot, Mandate> {
        &self.list
    }

    /// The mandate for a loan.
    pub fn find(&self, loan: LoanId) -> Option<&Mandate> {
        self.slot_of(loan).map(|slot| &self.list[slot])
    }

    pub(super) fn slot_of(&self, loan: LoanId) -> Option<MandateSlot> {
        self.ids.get(&loan).copied()
    }

    /// The mandates of a borrower in the order they were given.
    pub(super) fn of_borrower(
        &self,
        borrower: WalletSlot,
        first: usize,
    ) -> impl Iterator<Item = (usize, &Mandate)> {
        let slots = self.of_borrowers.get(&borrower).map_or(&[][..], |found| &found.all);
        let placed = slots.iter().enumerate().skip(first);
        placed.map(|(place, slot)| (place, &self.list[*slot]))
    }

    /// Whether a wallet owes, or may come to owe.
    pub(in super::super) fn has_live(&self, borrower: WalletSlot) -> bool {
        self.of_borrowers.get(&borrower).is_some_and(|found| found.live > 0)
    }

    /// How many mandates of a wallet are not over. One whose loan can be paid out no more is, once
    /// the news that it was paid out would have come.
    pub(super) fn live_of(&self, borrower: WalletSlot, on: BusinessDate) -> usize {
        let Some(found) = self.of_borrowers.get(&borrower) else { return 0 };
        let last = |mandate: &Mandate| mandate.row.terms.first_due.plus_days(LATE_DAYS);
        let lapsed = |mandate: &&Mandate| mandate.since.is_none() && on > last(mandate);
        let all = found.all.iter().map(|slot| &self.list[*slot]);
        let lapsed = all.filter(|mandate| !mandate.is_over()).filter(lapsed).count();
        found.live - lapsed
    }

    /// The loans of which an instalment is to be tried.
    pub(super) fn due(&self, now: Timestamp) -> impl Iterator<Item = LoanId> {
        self.agenda.due(now).map(|slot| self.list[slot].row.loan)
    }

    pub(in super::super) fn grant(&mut self, row: MandateRow, borrower: WalletSlot) {
        let slot = self.list.push(Mandate {
            plan: Plan::new(&row.terms),
            row,
            borrower,
            repaid: Vec::new(),
            since: None,
            is_revoked: false,
            in_flight: None,
            attempts: 0,
            not_before: BusinessDate::default(),
            next_at: None,
        });
        self.ids.insert(row.loan, slot);
        let of_borrower = self.of_borrowers.entry(borrower).or_default();
        of_borrower.all.push(slot);
        of_borrower.live += 1;
    }

    pub(super) fn step(&mut self, row: &LoanStepRow) {
        let Some(slot) = self.slot_of(row.loan) else { return };
        let was_over = self.list[slot].is_over();
        match row.step {
            LoanStep::Started { since } => self.list[slot].since = Some(since),
            LoanStep::Revoked => self.list[slot].is_revoked = true,
            LoanStep::Cancelled | LoanStep::Announced => {}
        }
        self.follow(slot, was_over);
    }

    /// A payment of a mandate leaves the borrower's wallet, or is refused at once.
    pub(super) fn begin(&mut self, loan: LoanId, begun: Repaid) {
        let Some(slot) = self.slot_of(loan) else { return };
        self.list[slot].attempts += 1;
        self.list[slot].in_flight = Some(begun);
        self.in_flight.insert(begun.payment, slot);
        self.follow(slot, false);
    }

    /// A payment is final, was refused or came back.
    pub(super) fn payment_ends(&mut self, payment: PaymentId, has_arrived: bool, at: Timestamp) {
        if self.in_flight.is_empty() {
            return;
        }
        let Some(slot) = self.in_flight.remove(&payment) else { return };
        let mandate = &mut self.list[slot];
        let Some(ended) = mandate.in_flight.take() else { return };
        if has_arrived {
            pay(&mut mandate.plan, &mandate.row.terms, ended.used);
            mandate.repaid.push(ended);
        } else if matches!(ended.used, LoanUse::Instalment(_)) {
            // Once a day; an early repayment that came back was no attempt to collect.
            mandate.not_before = at.date().next();
        }
        self.follow(slot, false);
    }

    /// Plans the next attempt again, and counts those that are not over.
    fn follow(&mut self, slot: MandateSlot, was_over: bool) {
        let mandate = &mut self.list[slot];
        let next = mandate.next_attempt();
        self.agenda.plan(slot, &mut mandate.next_at, next);
        let Some(of_borrower) = self.of_borrowers.get_mut(&mandate.borrower) else { return };
        match (was_over, mandate.is_over()) {
            (false, true) => of_borrower.live -= 1,
            // It was taken back before its loan was known to be paid out, which it is now.
            (true, false) => of_borrower.live += 1,
            (true, true) | (false, false) => {}
        }
    }
}

#[cfg(test)]
impl Mandates {
    /// Forgets that an instalment was paid.
    pub(super) fn forge_unpaid(&mut self, loan: LoanId) {
        if let Some(slot) = self.slot_of(loan) {
            self.list[slot].repaid.pop();
            self.list[slot].plan = Plan::new(&self.list[slot].row.terms);
        }
    }
}
