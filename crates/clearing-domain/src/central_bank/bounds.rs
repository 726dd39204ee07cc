//! Bounds of what an operator says of itself: the numbers of a peer are claims.
//!
//! What breaks a bound is refused with why, so that no message is stored that a later honest one
//! could not follow.

use crate::link::{
    BATCH_END, BATCH_STEP_MAX, INCARNATION_STEP_MAX, LinkPlace, OperatorMessage, Registration,
    TICK_END,
};

use super::changes::EventKind;
use super::error::CentralBankError;
use super::ledger::CentralBankLedger;

/// How many refused parts of one message are told in words; the others are counted.
const REFUSED_TOLD_MAX: u64 = 16;

impl CentralBankLedger {
    /// Checks what a registration says of the link and of its operator's ledger.
    pub(super) fn check_said(
        &self,
        operator: u16,
        place: LinkPlace,
        registration: &Registration,
    ) -> Result<(), CentralBankError> {
        let account = &self.accounts[usize::from(operator)];
        if place.incarnation <= account.incarnation {
            let (seen, found) = (account.incarnation, place.incarnation);
            return Err(CentralBankError::Fenced { operator: account.code, seen, found });
        }
        let within = |field, found, most| self.within(operator, field, found, most);
        let step = INCARNATION_STEP_MAX.saturating_add(account.link.ahead);
        within("incarnation", place.incarnation, account.incarnation.saturating_add(step))?;
        within("sequence", place.sequence, 1)?;
        within("batch", registration.batch, batch_max(account.batch_seen))?;
        within("central_bank_batch", registration.central_bank_batch, BATCH_END - 1)
    }

    /// Checks the numbers of a later message, but for its place.
    pub(super) fn check_numbers(
        &self,
        operator: u16,
        message: &OperatorMessage,
    ) -> Result<(), CentralBankError> {
        let account = &self.accounts[usize::from(operator)];
        let within = |field, found, most| self.within(operator, field, found, most);
        within("batch", message.batch, batch_max(account.batch_seen))?;
        within("advice", message.advice, account.advices.len() as u64)?;
        within("tick_acknowledged", message.tick_acknowledged.unwrap_or(0), self.ticks.tick)?;
        within("tick_done", message.tick_done.map_or(0, |done| done.tick), TICK_END - 1)
    }

    /// Checks what a registration says to have heard from here, once it is known that this ledger
    /// is not behind.
    pub(super) fn check_heard(
        &self,
        operator: u16,
        registration: &Registration,
    ) -> Result<(), CentralBankError> {
        let advices = self.accounts[usize::from(operator)].advices.len() as u64;
        self.within(operator, "advice", registration.advice, advices)?;
        self.within(operator, "tick_ended", registration.tick_ended, self.ticks.tick)
    }

    fn within(
        &self,
        operator: u16,
        field: &'static str,
        found: u64,
        most: u64,
    ) -> Result<(), CentralBankError> {
        if found <= most {
            return Ok(());
        }
        let operator = self.accounts[usize::from(operator)].code;
        Err(CentralBankError::OutOfBounds { operator, field, found, most })
    }

    /// Ends a link on which an operator said what cannot be; it is told why and registers again.
    pub(super) fn refuse_link(&mut self, operator: u16, error: CentralBankError) {
        self.happened(EventKind::Refused, error.to_string());
        self.effects.refused_items += 1;
        self.effects.refused.push((operator, error));
        self.disconnect(operator);
    }

    /// Ignores a part of an operator's message that cannot be meant, and tells the operator why.
    pub(super) fn refuse_item(&mut self, operator: u16, why: String) {
        self.effects.refused_items += 1;
        let link = &mut self.accounts[usize::from(operator)].link;
        link.refused += 1;
        if link.refused > REFUSED_TOLD_MAX {
            return;
        }
        if link.is_connected() {
            link.outbox.refused.push(why.clone());
        }
        self.happened(EventKind::Refused, why);
    }

    /// Tells how many parts of a message were refused beyond those told in words.
    pub(super) fn sum_refused_up(&mut self, operator: u16) {
        let account = &mut self.accounts[usize::from(operator)];
        let rest = std::mem::take(&mut account.link.refused).saturating_sub(REFUSED_TOLD_MAX);
        if rest > 0 {
            let text = format!("{rest} more parts of a message of {} were refused", account.code);
            account.link.outbox.refused.push(text.clone());
            self.happened(EventKind::Refused, text);
        }
    }
}

/// The highest batch that an operator may speak of.
fn batch_max(seen: u64) -> u64 {
    seen.saturating_add(BATCH_STEP_MAX).min(BATCH_END - 1)
}

#[cfg(test)]
mod tests;
