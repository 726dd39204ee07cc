//! The payment of a redemption: on its day and the days after it by itself, and by hand.

use crate::Reason;
use crate::details::WealthPart;
use crate::money::{PaymentId, RedemptionId, RequestId, Timestamp};

use super::super::OperatorLedger;
use super::super::error::OperatorError;
use super::super::pay::{Origin, PaymentOrder};
use super::error::of_redemption;
use super::subscribe::of_part;

impl OperatorLedger {
    /// Pays the redemptions that are due.
    pub(in super::super) fn redemptions_due(&mut self, now: Timestamp) {
        let due: Vec<_> = self.wealth.redemptions.due(now).take(self.due_max()).collect();
        for redemption in due {
            // What is refused is tried on the next day. What is not taken at all, as before the
            // operators are known, is tried by the next batch.
            let _refused = self.pay_as_due(redemption, Origin::DueRedemption, now);
        }
    }

    /// Pays a redemption whose day has come: the provider asks for it, as when its wallet has money
    /// again. A repeat answers the payment that is on its way or final. What is refused changes
    /// nothing.
    pub fn pay_redemption(
        &mut self,
        redemption: RedemptionId,
        now: Timestamp,
    ) -> Result<PaymentId, OperatorError> {
        let found = self.wealth_redemption(redemption)?;
        if let Some(payment) = found.payment() {
            return Ok(payment);
        }
        if found.is_cancelled {
            return Err(of_redemption(redemption, Reason::TransitionInvalid));
        }
        if now.date() < found.due {
            return Err(of_redemption(redemption, Reason::RedemptionNotDue));
        }
        self.pay_as_due(redemption, Origin::Redemption(redemption), now)
    }

    fn pay_as_due(
        &mut self,
        redemption: RedemptionId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<PaymentId, OperatorError> {
        let found = self.wealth_redemption(redemption)?;
        let (row, first) = (&found.row, found.attempts);
        let (provider, holder, amount) = (row.provider, row.holder, row.amount());
        let amount = amount.ok_or_else(|| of_redemption(redemption, Reason::AmountTooLarge))?;
        let id_of = |skipped| {
            PaymentId::of_redemption(redemption, row.salt.as_ref(), first.saturating_add(skipped))
        };
        let id = self.free_id(provider, id_of);
        let order = PaymentOrder {
            id,
            request_id: RequestId::Uuid(id.0),
            payer: provider,
            payee: Ok(holder),
            alias: None,
            amount: Ok(amount),
            remark: None,
            details: of_part(WealthPart::Redemption(redemption)),
        };
        self.pay_as(origin, order, now)?;
        Ok(id)
    }
}
