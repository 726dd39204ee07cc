//! The states of one payment that ledgers may show together.

use clearing_domain::central_bank::TransferState as Bank;
use clearing_domain::operator::{InboundState, PaymentState as Payer};

use crate::bank::Standing;
use crate::config::Config;
use crate::operator::Inbound;

/// The triples that a crash of anybody at any moment may leave.
pub(super) fn is_legal(
    config: &Config,
    payer: Option<Payer>,
    bank: Option<Standing>,
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
        (Some(Payer::InTransit), None | Some(Standing::Funding | Standing::Is(Bank::Admitted))) => {
            payee.is_none()
        }
        (Some(Payer::InTransit), Some(Standing::Is(Bank::Queued))) => {
            if votes {
                held
            } else {
                payee.is_none()
            }
        }
        (Some(Payer::InTransit), Some(Standing::Is(Bank::Delivered))) => {
            payee.is_none() || accepted || held || rejected
        }
        (Some(Payer::InTransit | Payer::Completed), Some(Standing::Is(Bank::Cleared))) => {
            accepted || held || last
        }
        (Some(Payer::InTransit | Payer::Returned), Some(Standing::Is(Bank::Refused))) => {
            payee.is_none() || rejected || held || dropped
        }
        (Some(Payer::Completed | Payer::Returned | Payer::Rejected) | None, _) => false,
    }
}

/// The states of a sponsor's leg.
pub(super) fn is_legal_leg(bank: Option<Standing>, leg: Option<Payer>) -> bool {
    match bank {
        None => leg.is_none(),
        Some(Standing::Is(Bank::Queued) | Standing::Funding) => {
            !matches!(leg, Some(Payer::Completed | Payer::Returned))
        }
        Some(Standing::Is(Bank::Admitted | Bank::Delivered)) => leg == Some(Payer::InTransit),
        Some(Standing::Is(Bank::Cleared)) => {
            matches!(leg, Some(Payer::InTransit | Payer::Completed))
        }
        Some(Standing::Is(Bank::Refused)) => leg != Some(Payer::Completed),
    }
}
