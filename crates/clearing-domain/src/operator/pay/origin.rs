//! Who orders a payment: what it may take and what becomes of a refusal depends on that.

use crate::Reason;
use crate::details::LoanPart;
use crate::merchant::MerchantTraits;
use crate::money::RedemptionId;

use super::super::contract::{ReleaseRow, of_lesson};
use super::super::error::OperatorError;
use super::super::loan::of_loan;
use super::super::wealth::of_redemption;
use super::PaymentOrder;

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
    /// A holder, who subscribes to a wealth product.
    Subscription,
    /// Who asks for the payment of a redemption now: what is refused leaves nothing.
    Redemption(RedemptionId),
    /// A redemption, of which the day has come: what is refused is tried again on the next day.
    DueRedemption,
}

impl Origin {
    /// What is known of the merchant. What campaigns, loans and wealth products alone may say of a
    /// payment no client does.
    pub(super) fn merchant_of(
        self,
        order: &PaymentOrder,
    ) -> Result<Option<MerchantTraits>, OperatorError> {
        let Self::Client(merchant) = self else { return Ok(None) };
        if order.details.as_ref().is_some_and(|said| said.grant.is_some()) {
            return Err(OperatorError::GrantForged(order.payer));
        }
        if order.is_part() { Err(OperatorError::PartForged(order.payer)) } else { Ok(merchant) }
    }

    /// The answer of a refusal to who asks for a payment now, which leaves nothing.
    pub(super) fn answer(self, reason: Reason) -> Option<OperatorError> {
        match self {
            // Payer and merchant share the attempts: neither may use them up for the other.
            Self::Release(row) => Some(of_lesson(row.lesson, reason)),
            Self::Loan(part) => Some(of_loan(part.loan, reason)),
            Self::Redemption(redemption) => Some(of_redemption(redemption, reason)),
            Self::Client(_)
            | Self::Claim
            | Self::DueRelease(_)
            | Self::Standing
            | Self::DueInstalment(_)
            | Self::Subscription
            | Self::DueRedemption => None,
        }
    }

    /// Whether its refusals are bounded by themselves: by the attempts of a release, the lines of a
    /// payroll, the days on which an instalment or a redemption is tried.
    pub(super) fn is_bounded(self) -> bool {
        match self {
            Self::Release(_)
            | Self::DueRelease(_)
            | Self::Standing
            | Self::DueInstalment(_)
            | Self::DueRedemption => true,
            Self::Client(_)
            | Self::Claim
            | Self::Loan(_)
            | Self::Subscription
            | Self::Redemption(_) => false,
        }
    }

    /// The release that it is, if any.
    pub(super) fn release(self) -> Option<ReleaseRow> {
        match self {
            Self::Release(row) | Self::DueRelease(row) => Some(row),
            Self::Client(_)
            | Self::Claim
            | Self::Standing
            | Self::Loan(_)
            | Self::DueInstalment(_)
            | Self::Subscription
            | Self::Redemption(_)
            | Self::DueRedemption => None,
        }
    }
}
