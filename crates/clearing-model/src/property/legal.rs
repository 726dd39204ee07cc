//! The states of one payment that ledgers may show together.

use clearing_domain::central_bank::TransferState as Bank;
use clearing_domain::operator::{InboundState, PaymentState as Payer};

use crate::config::Config;
use crate::operator::Inbound;

/// The triples that a crash of anybody at any moment may leave.
pub(super) fn is_legal(
    config: &Config,
    payer: Option<Payer>,
    bank: Option<Bank>,
    payee: Option<Inbound>,
) -> bool {
    use Inbound::{Dropped, Is};
    let votes = config.votes();
    let accepted = matches!(payee, Some(Is(InboundState::Accepted))) && !votes;
    let held = payee == Some(Is(InboundState::Held)) && votes;
    let dropped = payee == Some(Dropped) && votes;
    let rejected = payee == Some(Is(InboundState::Rejected));
    let last = payee == Some(Is(InboundState::Final));
    match (payer, bank) {
        (None, None) => payee.is_none(),
        (Some(Payer::InTransit), None | Some(Bank::Funding | Bank::Admitted)) => payee.is_none(),
        (Some(Payer::InTransit), Some(Bank::Queued)) => {
            if votes {
                held
            } else {
                payee.is_none()
            }
        }
        (Some(Payer::InTransit), Some(Bank::Delivered)) => {
            payee.is_none() || accepted || held || rejected
        }
        (Some(Payer::InTransit | Payer::Completed), Some(Bank::Cleared)) => {
            accepted || held || last
        }
        (Some(Payer::InTransit | Payer::Returned), Some(Bank::Refused)) => {
            payee.is_none() || rejected || held || dropped
        }
        (Some(Payer::Completed | Payer::Returned | Payer::Rejected) | None, _) => false,
    }
}

/// The states of a sponsor's leg. Whoever has decided on a payment was asked after the leg was held.
pub(super) fn is_legal_leg(bank: Option<Bank>, payee: Option<Inbound>, leg: Option<Payer>) -> bool {
    if payee.is_some() && matches!(leg, None | Some(Payer::Rejected)) {
        return false;
    }
    match bank {
        None => leg.is_none(),
        Some(Bank::Queued | Bank::Funding) => {
            !matches!(leg, Some(Payer::Completed | Payer::Returned))
        }
        Some(Bank::Admitted | Bank::Delivered) => leg == Some(Payer::InTransit),
        Some(Bank::Cleared) => {
            matches!(leg, Some(Payer::InTransit | Payer::Completed))
        }
        Some(Bank::Refused) => leg != Some(Payer::Completed),
    }
}
