//! Who orders a payment: what it may take and what becomes of a refusal depends on that.

use crate::details::LoanPart;
use crate::merchant::MerchantTraits;

use super::super::contract::ReleaseRow;

/// Who orders a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Origin {
    /// A client, with what the directory says of the payee, where that was looked up.
    Client(Option<MerchantTraits>),
    /// A campaign, of which somebody claims a red packet.
    Claim,
    /// Who asks for a lesson of a contract now: what is refused leaves nothing.
    Release(ReleaseRow),
    /// A contract, of which a lesson that was asked for is due: what is refused ends the request.
    DueRelease(ReleaseRow),
    /// What the payer has decided before: a payroll, of which a line is paid.
    Standing,
    /// Who asks for a part of a loan now: what is refused leaves nothing.
    Loan(LoanPart),
    /// A mandate, of which an instalment is due: what is refused is tried again by its rule.
    DueInstalment(LoanPart),
}

impl Origin {
    /// The release that it is, if any.
    pub(super) fn release(self) -> Option<ReleaseRow> {
        match self {
            Self::Release(row) | Self::DueRelease(row) => Some(row),
            Self::Client(_)
            | Self::Claim
            | Self::Standing
            | Self::Loan(_)
            | Self::DueInstalment(_) => None,
        }
    }
}
