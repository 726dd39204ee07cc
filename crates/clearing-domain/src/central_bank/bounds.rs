//! Bounds of what an operator reports of itself: the numbers of a peer are claims.
//!
//! What breaks a bound is refused with why, so that no message is stored that a later honest one
//! could not follow.

use crate::link::{BATCH_END, BATCH_STEP_MAX, LinkPlace, OperatorMessage, Registration, TICK_END};
use crate::money::{OperatorCode, OperatorNumber};

use super::CentralBankLedger;
use super::changes::EventKind;
use super::error::CentralBankError;
use super::links::OperatorLink;

/// Up to where an operator can have followed this ledger.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// How many advices it was sent.
    pub advices: u64,
    /// The last tick.
    pub tick: u64,
}

impl OperatorLink {
    /// Checks what a registration claims of the link and of its operator's ledger.
    pub fn check_registration(
        &self,
        operator: OperatorCode,
        place: LinkPlace,
        registration: &Registration,
    ) -> Result<(), CentralBankError> {
        let (seen, found) = (self.incarnation(), place.incarnation);
        if found <= seen {
            return Err(CentralBankError::Fenced { operator, seen, found });
        }
        let within = |field, found, most| within(operator, field, found, most);
        within("incarnation", place.incarnation, self.incarnation_max())?;
        // A registration is the first message of its link.
        within("sequence", place.sequence, 1)?;
        within("batch", registration.batch, batch_max(self.witness().batch))?;
        // More than this ledger has is possible: that is how an operator shows that this file is an
        // old one.
        within("central_bank_batch", registration.central_bank_batch, BATCH_END - 1)
    }

    /// Checks the numbers of a later message, but for its place.
    pub fn check_message(
        &self,
        operator: OperatorCode,
        message: &OperatorMessage,
        sent: Sent,
    ) -> Result<(), CentralBankError> {
        let within = |field, found, most| within(operator, field, found, most);
        within("batch", message.batch, batch_max(self.witness().batch))?;
        within("advice", message.advice, sent.advices)?;
        within("tick_acknowledged", message.tick_acknowledged.unwrap_or(0), sent.tick)?;
        // Completed are ticks to come, and how far ahead is for the driver to choose: it skips
        // empty ones.
        within("tick_done", message.tick_done.map_or(0, |done| done.tick), TICK_END - 1)
    }
}

impl Sent {
    /// Checks what a registration claims to have applied of this ledger, once it is known that this
    /// ledger is not behind.
    pub fn check(
        self,
        operator: OperatorCode,
        registration: &Registration,
    ) -> Result<(), CentralBankError> {
        within(operator, "advice", registration.advice, self.advices)?;
        within(operator, "tick_ended", registration.tick_ended, self.tick)
    }
}

impl CentralBankLedger {
    /// Ignores a part of an operator's message that cannot be meant, and answers why.
    pub(super) fn refuse_item(&mut self, operator: OperatorNumber, why: String) {
        self.effects.refused_items += 1;
        if self.links[operator].refuse(&why) {
            self.note(EventKind::Refused, why);
        }
    }
}

fn within(
    operator: OperatorCode,
    field: &'static str,
    found: u64,
    most: u64,
) -> Result<(), CentralBankError> {
    if found <= most {
        return Ok(());
    }
    Err(CentralBankError::OutOfBounds { operator, field, found, most })
}

/// The highest batch that an operator may speak of.
fn batch_max(seen: u64) -> u64 {
    seen.saturating_add(BATCH_STEP_MAX).min(BATCH_END - 1)
}

#[cfg(test)]
mod tests;
