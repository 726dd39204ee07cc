//! Cards of a run in this process: who uploads vouchers asks the ledger of their issuer.

use clearing_api::status::FieldError;
use clearing_card::SignedVoucher;
use clearing_domain::Reason;
use clearing_domain::money::Amount;
use clearing_domain::operator::{OperatorError, OperatorLedger, Ruling};

use super::super::EngineError;
use super::super::actions::{Acted, PlannedCard};
use super::InProcess;

impl InProcess {
    /// Issues a card, or one in the place of another.
    pub(super) fn issue_card(
        &mut self,
        place: usize,
        planned: &PlannedCard,
    ) -> Result<Result<Amount, OperatorError>, EngineError> {
        let operator = &mut self.operators[place];
        let at = operator.business_time(self.now);
        let order = planned.order.clone();
        let issued = match planned.replaces {
            None => operator.issue_card(order, at),
            Some(lost) => operator.reissue_card(lost, order, at),
        };
        match issued {
            Ok(found) if found != planned.card => Err(EngineError::WalletNumber {
                operator: operator.settings().code,
                found,
                expected: planned.card,
            }),
            issued => Ok(issued.map(|_| Amount::ZERO)),
        }
    }

    /// What the issuer of a card decides on a voucher.
    pub(super) fn upload(&mut self, signed: &SignedVoucher) -> Acted {
        let voucher = &signed.voucher;
        let is_issuer =
            |operator: &&mut OperatorLedger| operator.settings().prefix == voucher.card.prefix();
        let issuer = self.operators.iter_mut().find(is_issuer).ok_or(Reason::CardUnknown)?;
        let reason = |error: OperatorError| FieldError::from(error).reason;
        let key = issuer.card(voucher.card).map_err(reason)?.row.key;
        if !signed.is_of(&key) {
            return Err(Reason::VoucherForged);
        }
        let at = issuer.business_time(self.now);
        match issuer.decide_voucher(voucher, at).map_err(reason)?.ruling {
            Ruling::Accepted { .. } => Ok(voucher.amount),
            Ruling::Refused { reason } => Err(reason),
            Ruling::Repeated { .. } => Err(Reason::CounterReused),
            Ruling::Waits => Err(Reason::WalletFrozen),
        }
    }
}
