//! Wealth products of a run in this process.

use clearing_api::status::FieldError;
use clearing_domain::money::{Amount, Timestamp};
use clearing_domain::operator::{OperatorError, OperatorLedger};

use super::super::actions::{Acted, WealthOrder};

/// Does something about a wealth product; the money in it.
pub(super) fn act(ledger: &mut OperatorLedger, order: &WealthOrder, at: Timestamp) -> Acted {
    let reason = |error: OperatorError| FieldError::from(error).reason;
    match order {
        WealthOrder::Define(order) => {
            ledger.define_product(order.clone(), at).map_err(reason)?;
            Ok(Amount::ZERO)
        }
        WealthOrder::Subscribe(order) => {
            let slot = ledger.subscribe(order.clone(), at).map_err(reason)?;
            let payment = &ledger.payments()[slot];
            payment.reason.map_or(Ok(payment.amount), Err)
        }
        WealthOrder::Redeem(order) => {
            let redemption = ledger.redeem_wealth(order.clone(), at).map_err(reason)?;
            let found = ledger.wealth_redemption(redemption).map_err(reason)?;
            Ok(found.row.amount().unwrap_or_default())
        }
    }
}
