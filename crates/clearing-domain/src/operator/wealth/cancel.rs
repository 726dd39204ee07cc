//! A holder takes back a redemption that could not be paid.

use crate::money::{RedemptionId, Timestamp};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::error::OperatorError;
use super::error::of_redemption;
use super::rows::CancelledRedemptionRow;

impl OperatorLedger {
    /// Takes back a redemption of which a payment was refused or came back, as when the wallet of the
    /// holder cannot hold so much or is closed: its principal is held again, with the days that it took
    /// along. What it waited earns nothing. A repeat changes nothing.
    pub fn cancel_redemption(
        &mut self,
        redemption: RedemptionId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let found = self.wealth_redemption(redemption)?;
        if found.is_cancelled {
            return Ok(());
        }
        let refuse = |reason| of_redemption(redemption, reason);
        self.check_cancels(found, now.date()).map_err(refuse)?;
        self.append(CancelledRedemptionRow { row: 0, redemption, at: now }, Known::Nothing);
        Ok(())
    }
}
