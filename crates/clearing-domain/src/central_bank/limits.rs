//! Limits on whom operators pay and what they receive within a business day.
//!
//! A bilateral limit bounds what an operator pays another, net of what that has paid it on the day;
//! a receiver cap bounds what an operator receives from all, net of what it has sent. Payments
//! under way count before they clear; only cleared ones bring room.

use std::collections::BTreeMap;

use crate::Reason;
use crate::money::{Amount, OperatorCode, Position, Timestamp, Total};
use crate::netting;

use super::error::CentralBankError;
use super::ledger::CentralBankLedger;
use super::mode::Manner;
use super::operation::{Operation, OperationKind};
use super::transfer::Transfer;
use crate::link::OperationId;

/// The limits, and what has been paid on the business day.
#[derive(Debug)]
pub(super) struct Limits {
    operators: usize,
    bilateral: BTreeMap<(u16, u16), Amount>,
    receiver_caps: BTreeMap<u16, Amount>,
    /// The last moment of the day that `paid` is of.
    day_ends: Timestamp,
    /// What the first of a pair has paid the second on the day, net.
    paid: Vec<Position>,
    /// Admitted and not decided, but for what waits in the queue.
    under_way: Vec<Position>,
    /// What was cleared on the day between all operators.
    cleared: Total,
}

impl Limits {
    pub(super) fn new(operators: usize) -> Self {
        let none = vec![Position::ZERO; operators * operators];
        let (paid, under_way) = (none.clone(), none);
        let (bilateral, receiver_caps) = (BTreeMap::new(), BTreeMap::new());
        let (day_ends, cleared) = (Timestamp::ZERO, Total::ZERO);
        Self { operators, bilateral, receiver_caps, day_ends, paid, under_way, cleared }
    }

    /// Takes the row of a limit.
    pub(super) fn set(&mut self, operation: &Operation) {
        let limit = Amount::from_fen(operation.sum.fen()).ok();
        match (operation.counterparty, limit) {
            (Some(payee), Some(limit)) => {
                self.bilateral.insert((operation.operator, payee), limit);
            }
            (Some(payee), None) => drop(self.bilateral.remove(&(operation.operator, payee))),
            (None, Some(limit)) => drop(self.receiver_caps.insert(operation.operator, limit)),
            (None, None) => drop(self.receiver_caps.remove(&operation.operator)),
        }
    }

    fn are_none(&self) -> bool {
        self.bilateral.is_empty() && self.receiver_caps.is_empty()
    }

    fn pair(&self, payer: u16, payee: u16) -> usize {
        usize::from(payer) * self.operators + usize::from(payee)
    }

    pub(super) fn admit(&mut self, transfer: &Transfer) {
        if transfer.manner != Manner::Queued {
            let pair = self.pair(transfer.payer_operator, transfer.payee_operator);
            self.under_way[pair] += transfer.amount;
        }
    }

    /// A transfer has ended; it was cleared at a time, or refused.
    pub(super) fn finish(&mut self, transfer: &Transfer, cleared_at: Option<Timestamp>) {
        let (payer, payee) = (transfer.payer_operator, transfer.payee_operator);
        let (pair, back) = (self.pair(payer, payee), self.pair(payee, payer));
        if transfer.manner != Manner::Queued {
            self.under_way[pair] -= transfer.amount;
        }
        if let Some(at) = cleared_at {
            if at > self.day_ends {
                self.day_ends = day_end(at);
                self.paid.fill(Position::ZERO);
                self.cleared = Total::ZERO;
            }
            self.cleared += transfer.amount;
            self.paid[pair] += transfer.amount;
            self.paid[back] -= transfer.amount;
        }
    }

    /// The value of all payments cleared on the day of a time.
    pub(super) fn cleared_on_the_day(&self, at: Timestamp) -> Total {
        if at > self.day_ends { Total::ZERO } else { self.cleared }
    }

    /// What an operator has paid another on the day of a time, net.
    fn paid(&self, payer: u16, payee: u16, at: Timestamp) -> Position {
        if at > self.day_ends { Position::ZERO } else { self.paid[self.pair(payer, payee)] }
    }

    fn received(&self, payee: u16, at: Timestamp) -> Position {
        self.numbers().map(|payer| self.paid(payer, payee, at)).sum()
    }

    fn numbers(&self) -> impl Iterator<Item = u16> + use<> {
        (0..self.operators).filter_map(|number| u16::try_from(number).ok())
    }

    /// Whether a payment may be admitted. Equality passes.
    pub(super) fn check(
        &self,
        payer: u16,
        payee: u16,
        amount: Amount,
        at: Timestamp,
    ) -> Result<(), Reason> {
        if let Some(limit) = self.bilateral.get(&(payer, payee)) {
            let paid = self.paid(payer, payee, at) + self.under_way[self.pair(payer, payee)];
            if paid + amount.position() > limit.position() {
                return Err(Reason::BilateralLimit);
            }
        }
        if let Some(cap) = self.receiver_caps.get(&payee) {
            let coming: Position =
                self.numbers().map(|payer| self.under_way[self.pair(payer, payee)]).sum();
            if self.received(payee, at) + coming + amount.position() > cap.position() {
                return Err(Reason::ReceiverCap);
            }
        }
        Ok(())
    }

    /// What the limits leave for payments from the queue, between those who wait to pay and to be
    /// paid; nothing when there are no limits.
    pub(super) fn left(
        &self,
        pairs: impl Iterator<Item = (u16, u16)>,
        at: Timestamp,
    ) -> Option<netting::Limits> {
        if self.are_none() {
            return None;
        }
        let mut left = netting::Limits::default();
        for (payer, payee) in pairs {
            let Some(limit) = self.bilateral.get(&(payer, payee)) else { continue };
            let paid = self.paid(payer, payee, at) + self.under_way[self.pair(payer, payee)];
            left.set_bilateral(usize::from(payer), usize::from(payee), limit.position() - paid);
        }
        for (payee, cap) in &self.receiver_caps {
            let coming: Position =
                self.numbers().map(|payer| self.under_way[self.pair(payer, *payee)]).sum();
            left.set_receiving(
                usize::from(*payee),
                cap.position() - self.received(*payee, at) - coming,
            );
        }
        Some(left)
    }
}

/// The last moment of a business day; the end of its last tick is part of it.
pub(super) fn day_end(at: Timestamp) -> Timestamp {
    at.plus_ms(-1).date().next().start()
}

/// What an operator may pay another on a day, and has paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BilateralLimit {
    /// Who is paid.
    pub payee: OperatorCode,
    /// The most, net of what the payee has paid.
    pub limit: Amount,
    /// What was paid on the present business day, net.
    pub paid: Position,
}

impl CentralBankLedger {
    /// Sets what an operator may pay another net within a business day; it binds from the next
    /// payment on.
    pub fn set_bilateral_limit(
        &mut self,
        payer: OperatorCode,
        payee: OperatorCode,
        limit: Option<Amount>,
        now: Timestamp,
    ) -> Result<(), CentralBankError> {
        let unknown = |_| CentralBankError::PayeeOperatorUnknown(payee);
        let (payer, payee) =
            (self.operator_number(payer)?, self.operator_number(payee).map_err(unknown)?);
        if payer == payee {
            return Err(CentralBankError::LimitOnItself(self.accounts[usize::from(payer)].code));
        }
        if self.limits.bilateral.get(&(payer, payee)) != limit.as_ref() {
            self.append_limit(OperationKind::SetBilateralLimit, payer, Some(payee), limit, now);
            self.release_at_once(now);
        }
        Ok(())
    }

    /// Sets what an operator may receive net within a business day; it binds from the next payment
    /// on.
    pub fn set_receiver_cap(
        &mut self,
        operator: OperatorCode,
        cap: Option<Amount>,
        now: Timestamp,
    ) -> Result<(), CentralBankError> {
        let operator = self.operator_number(operator)?;
        if self.limits.receiver_caps.get(&operator) != cap.as_ref() {
            self.append_limit(OperationKind::SetReceiverCap, operator, None, cap, now);
            self.release_at_once(now);
        }
        Ok(())
    }

    pub(super) fn append_limit(
        &mut self,
        kind: OperationKind,
        operator: u16,
        counterparty: Option<u16>,
        limit: Option<Amount>,
        now: Timestamp,
    ) {
        let sum = limit.map_or(Position::from_fen(-1), Amount::position);
        let at = self.business_time(now);
        self.append(Operation {
            row: 0,
            id: OperationId::default(),
            kind,
            operator,
            counterparty,
            sum,
            at,
        });
    }

    /// What an operator may at most receive net within a business day; `None` is unlimited.
    pub fn receiver_cap(&self, operator: u16) -> Option<Amount> {
        self.limits.receiver_caps.get(&operator).copied()
    }

    /// The limits on what an operator pays others.
    pub fn bilateral_limits(&self, payer: u16, now: Timestamp) -> Vec<BilateralLimit> {
        let at = self.business_time(now);
        let of_payer = self.limits.bilateral.range((payer, 0)..=(payer, u16::MAX));
        let limit = |((payer, payee), limit): (&(u16, u16), &Amount)| BilateralLimit {
            payee: self.accounts[usize::from(*payee)].code,
            limit: *limit,
            paid: self.limits.paid(*payer, *payee, at),
        };
        of_payer.map(limit).collect()
    }
}

#[cfg(test)]
mod tests;
