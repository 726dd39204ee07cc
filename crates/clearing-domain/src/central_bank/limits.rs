//! Limits on whom operators pay and what they receive within a business day.
//!
//! A bilateral limit bounds what an operator pays another, net of what that has paid it on the day;
//! a receiver cap bounds what an operator receives from all, net of what it has sent. Payments
//! under way count before they clear; only cleared ones bring room.

use std::collections::BTreeMap;

use crate::Reason;
use crate::money::{Amount, OperatorCode, OperatorNumber, Position, Timestamp, Total};
use crate::netting;

use super::legs::Leg;
use super::settlement_mode::Manner;
use super::transfer::Transfer;

/// The limits, and what has been paid on the business day.
#[derive(Debug)]
pub struct Limits {
    operators: usize,
    bilateral: BTreeMap<(OperatorNumber, OperatorNumber), Amount>,
    receiver_caps: BTreeMap<OperatorNumber, Amount>,
    /// The last moment of the day that `sent` is of.
    day_ends: Option<Timestamp>,
    /// What the first of a pair has paid the second on the day.
    sent: Vec<Position>,
    /// Admitted and not decided, but for what waits in the queue.
    under_way: Vec<Position>,
    /// What was cleared on the day between all operators.
    cleared: Total,
}

impl Limits {
    /// No limits, between so many operators.
    pub fn new(operators: usize) -> Self {
        let none = vec![Position::ZERO; operators * operators];
        Self {
            operators,
            bilateral: BTreeMap::new(),
            receiver_caps: BTreeMap::new(),
            day_ends: None,
            sent: none.clone(),
            under_way: none,
            cleared: Total::ZERO,
        }
    }

    /// Sets what an operator may pay another; `None` is unlimited.
    pub fn set_bilateral(
        &mut self,
        payer: OperatorNumber,
        payee: OperatorNumber,
        limit: Option<Amount>,
    ) {
        match limit {
            Some(limit) => _ = self.bilateral.insert((payer, payee), limit),
            None => _ = self.bilateral.remove(&(payer, payee)),
        }
    }

    /// Sets what an operator may receive; `None` is unlimited.
    pub fn set_receiver_cap(&mut self, operator: OperatorNumber, cap: Option<Amount>) {
        match cap {
            Some(cap) => _ = self.receiver_caps.insert(operator, cap),
            None => _ = self.receiver_caps.remove(&operator),
        }
    }

    /// What an operator may pay another; `None` is unlimited.
    pub fn bilateral(&self, payer: OperatorNumber, payee: OperatorNumber) -> Option<Amount> {
        self.bilateral.get(&(payer, payee)).copied()
    }

    /// What an operator may receive; `None` is unlimited.
    pub fn receiver_cap(&self, operator: OperatorNumber) -> Option<Amount> {
        self.receiver_caps.get(&operator).copied()
    }

    /// The limits on what an operator pays others, with what it has paid each on the day of a time.
    pub fn of_payer(
        &self,
        payer: OperatorNumber,
        at: Timestamp,
    ) -> impl Iterator<Item = (OperatorNumber, Amount, Position)> {
        let own = (payer, OperatorNumber::FIRST)..=(payer, OperatorNumber::MAX);
        let own = self.bilateral.range(own);
        own.map(move |((_, payee), limit)| (*payee, *limit, self.paid(payer, *payee, at)))
    }

    fn are_none(&self) -> bool {
        self.bilateral.is_empty() && self.receiver_caps.is_empty()
    }

    fn pair(&self, payer: OperatorNumber, payee: OperatorNumber) -> usize {
        payer.place() * self.operators + payee.place()
    }

    /// A payment is under way.
    pub fn admit(&mut self, transfer: &Transfer) {
        if transfer.manner != Manner::Queued {
            for leg in transfer.legs() {
                let pair = self.pair(leg.debtor, leg.creditor);
                self.under_way[pair] += leg.amount;
            }
        }
    }

    /// A transfer has ended; it was cleared at a time, or refused.
    pub fn finish(&mut self, transfer: &Transfer, cleared_at: Option<Timestamp>) {
        if transfer.manner != Manner::Queued {
            for leg in transfer.legs() {
                let pair = self.pair(leg.debtor, leg.creditor);
                self.under_way[pair] -= leg.amount;
            }
        }
        if let Some(at) = cleared_at {
            // The first payment of a day forgets the day before, so that no clock has to.
            if Some(at) > self.day_ends {
                self.day_ends = Some(at.day_end());
                self.sent.fill(Position::ZERO);
                self.cleared = Total::ZERO;
            }
            self.cleared += transfer.amount;
            for leg in transfer.legs() {
                let pair = self.pair(leg.debtor, leg.creditor);
                self.sent[pair] += leg.amount;
            }
        }
    }

    /// The value of all payments cleared on the day of a time.
    pub fn cleared_on_the_day(&self, at: Timestamp) -> Total {
        if Some(at) > self.day_ends { Total::ZERO } else { self.cleared }
    }

    /// What an operator has paid another on the day of a time.
    pub fn sent(&self, payer: OperatorNumber, payee: OperatorNumber, at: Timestamp) -> Position {
        if Some(at) > self.day_ends { Position::ZERO } else { self.sent[self.pair(payer, payee)] }
    }

    /// The same net: what is paid makes room for the way back.
    fn paid(&self, payer: OperatorNumber, payee: OperatorNumber, at: Timestamp) -> Position {
        self.sent(payer, payee, at) - self.sent(payee, payer, at)
    }

    fn received(&self, payee: OperatorNumber, at: Timestamp) -> Position {
        self.numbers().map(|payer| self.paid(payer, payee, at)).sum()
    }

    fn numbers(&self) -> impl Iterator<Item = OperatorNumber> + use<> {
        (0..self.operators).map(OperatorNumber::at)
    }

    /// Whether a payment with these legs may be admitted. Equality passes.
    pub fn check(
        &self,
        legs: impl Iterator<Item = Leg> + Clone,
        payee: OperatorNumber,
        at: Timestamp,
    ) -> Result<(), Reason> {
        if self.are_none() {
            return Ok(());
        }
        for Leg { debtor, creditor, amount } in legs.clone() {
            let Some(limit) = self.bilateral.get(&(debtor, creditor)) else { continue };
            let under_way = self.under_way[self.pair(debtor, creditor)];
            let paid = self.paid(debtor, creditor, at) + under_way;
            if paid + amount.position() > limit.position() {
                return Err(Reason::BilateralLimit);
            }
        }
        if let Some(cap) = self.receiver_caps.get(&payee) {
            let coming: Position =
                self.numbers().map(|payer| self.under_way[self.pair(payer, payee)]).sum();
            // All legs together: each alone may pass a cap that they do not pass together.
            let more: Position = legs.map(|leg| leg.amount.position()).sum();
            if self.received(payee, at) + coming + more > cap.position() {
                return Err(Reason::ReceiverCap);
            }
        }
        Ok(())
    }

    /// What the limits leave for payments from the queue, between those who wait to pay and to be
    /// paid; nothing when there are no limits.
    pub fn left(
        &self,
        pairs: impl Iterator<Item = (OperatorNumber, OperatorNumber)>,
        at: Timestamp,
    ) -> Option<netting::Limits> {
        if self.are_none() {
            return None;
        }
        let mut left = netting::Limits::default();
        for (payer, payee) in pairs {
            // Limits of pairs between which nothing waits bind no algorithm.
            let Some(limit) = self.bilateral.get(&(payer, payee)) else { continue };
            let paid = self.paid(payer, payee, at) + self.under_way[self.pair(payer, payee)];
            left.set_bilateral(payer.place(), payee.place(), limit.position() - paid);
        }
        for (payee, cap) in &self.receiver_caps {
            let coming: Position =
                self.numbers().map(|payer| self.under_way[self.pair(payer, *payee)]).sum();
            left.set_receiving(payee.place(), cap.position() - self.received(*payee, at) - coming);
        }
        Some(left)
    }
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

#[cfg(test)]
mod tests;
