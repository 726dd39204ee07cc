//! The end of the business day for what waits in the queue: it is returned, waits on, or settles on
//! credit of the central bank.
//!
//! What waits on needs no row and no message: it keeps its place, which is before all that comes
//! later in its level, and the payee's operator goes on to hold room for it. Credit is lent as at a
//! cut-off, so that it comes due at the close of the same day.

use crate::link::{AdviceEvent, OperationId};
use crate::money::{Amount, OperatorNumber, Position, RequestId, RequestKey, Timestamp};
use crate::netting::{Algorithm, Priority};
use crate::{Reason, Regime};

use super::CentralBankLedger;
use super::changes::EventKind;
use super::error::CentralBankError;
use super::operation::Action;
use super::queue::Waiting;
use super::release::day_of;
use super::settings::{CentralBankSettings, Overdrafts};
use super::settlement_mode::{EndOfDay, SettlementMode};
use super::transfer::TransferSlot;

impl CentralBankSettings {
    /// Whether the central bank can lend at the end of a day: to reserve accounts, and for the
    /// night.
    pub fn lends_at_end_of_day(&self) -> bool {
        self.regime == Regime::Deposit && self.overdrafts == Overdrafts::Allowed
    }
}

impl CentralBankLedger {
    /// Refuses a mode whose queue would settle on credit that the central bank cannot give, and one
    /// whose payments could not wait for the opening.
    pub(super) fn check_mode(&self, mode: SettlementMode) -> Result<(), CentralBankError> {
        if mode == SettlementMode::Gross && !self.settings.hours.is_always() {
            return Err(CentralBankError::NoHoursInGross);
        }
        if mode.forces_credit() && !self.settings.lends_at_end_of_day() {
            return Err(CentralBankError::NoCreditAtEndOfDay);
        }
        Ok(())
    }

    /// What becomes of what waits when its business day ends.
    fn end_of_day(&self) -> EndOfDay {
        let rule = self.modes.queue_rule().map_or(EndOfDay::Return, |rule| rule.end_of_day);
        // A file may ask for credit under a configuration that gives none.
        if rule == EndOfDay::ForceCredit && !self.settings.lends_at_end_of_day() {
            return EndOfDay::Return;
        }
        rule
    }

    /// When the first of what waits can wait no longer; never where it waits on over night.
    pub(super) fn queue_ends_at(&self) -> Option<Timestamp> {
        match self.end_of_day() {
            EndOfDay::Carry => None,
            EndOfDay::Return | EndOfDay::ForceCredit => self.queue.ends_at(),
        }
    }

    /// Ends the business day of what waits.
    pub(super) fn end_queue_day(&mut self, at: Timestamp) {
        if self.queue_ends_at().is_none_or(|end| end > at) {
            return;
        }
        if self.end_of_day() == EndOfDay::ForceCredit {
            self.settle_on_credit(at);
        }
        let is_over = |slot: &TransferSlot| self.is_over(*slot, at);
        let over: Vec<_> = self.queue.slots().filter(is_over).collect();
        for slot in over {
            self.return_from_queue(slot, Reason::EndOfDay, at);
        }
    }

    fn is_over(&self, slot: TransferSlot, at: Timestamp) -> bool {
        self.queue.end_of(&self.transfers[slot]) <= at
    }

    /// Settles what may wait no longer between operators that are active, as far as limits between
    /// operators allow: the central bank lends what is short.
    fn settle_on_credit(&mut self, at: Timestamp) {
        let mut waiting = self.waiting(Priority::Normal, at);
        // What is accepted behind its day belongs to that day, too.
        let has_settlement = |slot: TransferSlot| {
            self.settings.hours.has(day_of(self.queue.end_of(&self.transfers[slot])))
        };
        let waits_on: Vec<_> =
            waiting.slots().map(|slot| !self.is_over(slot, at) || !has_settlement(slot)).collect();
        waiting.take(&waits_on);
        let settles = self.within_limits(&waiting, at);
        let obligations = waiting.obligations().iter().zip(&settles);
        let mut nets = vec![Position::ZERO; self.accounts.list().len()];
        for (owed, _) in obligations.filter(|(_, settles)| **settles) {
            nets[owed.debtor] -= owed.amount;
            nets[owed.creditor] += owed.amount;
        }
        for (operator, amount) in self.shorts(nets) {
            if let Err(error) = self.lend_for_the_night(operator, amount, at) {
                let code = self.accounts[operator].code;
                let text = format!("{code} could not be lent {amount} yuan: {error}");
                return self.note(EventKind::Alarm, text);
            }
        }
        let settled = waiting.take(&settles);
        self.clear_together(&settled, at);
    }

    /// Which payments the limits between operators allow, in queue order, were there money for all.
    fn within_limits(&self, waiting: &Waiting, at: Timestamp) -> Vec<bool> {
        let all = waiting.obligations();
        let Some(limits) = self.limits.left(self.queue.pairs(), at) else {
            return vec![true; all.len()];
        };
        let mut ample = vec![Position::ZERO; self.accounts.list().len()];
        for owed in all {
            ample[owed.debtor] += owed.amount;
        }
        let allowed = Algorithm::GrossBypass.run_within(&ample, &limits, all);
        allowed.map_or_else(|_| vec![false; all.len()], |allowed| allowed.settles)
    }

    /// Lends what settles at the end of the day, and nothing takes of it before.
    fn lend_for_the_night(
        &mut self,
        operator: OperatorNumber,
        amount: Amount,
        at: Timestamp,
    ) -> Result<(), CentralBankError> {
        let action = Action::Lend { amount };
        self.accounts.check_money(&action, operator)?;
        let (code, number) = (self.accounts[operator].code, self.chain.row + 1);
        // A client's request id holds no space, so this is nobody else's; there is one row of a
        // number.
        let request_id = RequestId::Text(format!("credit of row {number} to {code}").into());
        let id = OperationId(RequestKey::without_wallet(&request_id).0);
        self.append_operation(Some(id), Some(operator), action, at);
        let change = amount.position();
        self.advise(operator, AdviceEvent::ReservesChanged { operation: id, change });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
