//! Bounds of what an operator says of itself: the numbers of a peer are claims.
//!
//! What breaks a bound is refused with why, so that no message is stored that a later honest one
//! could not follow.

use crate::link::{BATCH_END, BATCH_STEP_MAX, LinkPlace, OperatorMessage, Registration, TICK_END};
use crate::money::OperatorNumber;

use super::changes::EventKind;
use super::error::CentralBankError;
use super::ledger::CentralBankLedger;

impl CentralBankLedger {
    /// Checks what a registration says of the link and of its operator's ledger.
    pub(super) fn check_said(
        &self,
        operator: OperatorNumber,
        place: LinkPlace,
        registration: &Registration,
    ) -> Result<(), CentralBankError> {
        let link = &self.links[operator];
        if place.incarnation <= link.incarnation() {
            let (seen, found) = (link.incarnation(), place.incarnation);
            let operator = self.accounts[operator].code;
            return Err(CentralBankError::Fenced { operator, seen, found });
        }
        let within = |field, found, most| self.within(operator, field, found, most);
        within("incarnation", place.incarnation, link.incarnation_max())?;
        within("sequence", place.sequence, 1)?;
        within("batch", registration.batch, batch_max(link.witness().batch))?;
        within("central_bank_batch", registration.central_bank_batch, BATCH_END - 1)
    }

    /// Checks the numbers of a later message, but for its place.
    pub(super) fn check_numbers(
        &self,
        operator: OperatorNumber,
        message: &OperatorMessage,
    ) -> Result<(), CentralBankError> {
        let seen = self.links[operator].witness().batch;
        let within = |field, found, most| self.within(operator, field, found, most);
        within("batch", message.batch, batch_max(seen))?;
        within("advice", message.advice, self.advices.count(operator))?;
        within("tick_acknowledged", message.tick_acknowledged.unwrap_or(0), self.ticks.tick)?;
        within("tick_done", message.tick_done.map_or(0, |done| done.tick), TICK_END - 1)
    }

    /// Checks what a registration says to have heard from here, once it is known that this ledger
    /// is not behind.
    pub(super) fn check_heard(
        &self,
        operator: OperatorNumber,
        registration: &Registration,
    ) -> Result<(), CentralBankError> {
        self.within(operator, "advice", registration.advice, self.advices.count(operator))?;
        self.within(operator, "tick_ended", registration.tick_ended, self.ticks.tick)
    }

    fn within(
        &self,
        operator: OperatorNumber,
        field: &'static str,
        found: u64,
        most: u64,
    ) -> Result<(), CentralBankError> {
        if found <= most {
            return Ok(());
        }
        let operator = self.accounts[operator].code;
        Err(CentralBankError::OutOfBounds { operator, field, found, most })
    }

    /// Ends a link on which an operator said what cannot be; it is told why and registers again.
    pub(super) fn refuse_link(&mut self, operator: OperatorNumber, error: CentralBankError) {
        self.note(EventKind::Refused, error.to_string());
        self.effects.refused_items += 1;
        self.effects.refused.push((operator, error));
        self.disconnect(operator);
    }

    /// Ignores a part of an operator's message that cannot be meant, and tells the operator why.
    pub(super) fn refuse_item(&mut self, operator: OperatorNumber, why: String) {
        self.effects.refused_items += 1;
        if self.links[operator].refuse(&why) {
            self.note(EventKind::Refused, why);
        }
    }

    /// Tells how many parts of a message were refused beyond those told in words.
    pub(super) fn sum_refused_up(&mut self, operator: OperatorNumber) {
        let rest = self.links[operator].take_refused();
        if rest > 0 {
            let code = self.accounts[operator].code;
            let text = format!("{rest} more parts of a message of {code} were refused");
            self.links[operator].tell_refused(&text);
            self.note(EventKind::Refused, text);
        }
    }
}

/// The highest batch that an operator may speak of.
fn batch_max(seen: u64) -> u64 {
    seen.saturating_add(BATCH_STEP_MAX).min(BATCH_END - 1)
}

#[cfg(test)]
mod tests;
