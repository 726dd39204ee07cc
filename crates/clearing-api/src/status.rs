//! Errors as gRPC statuses: one table from reasons to codes, details for machines and for people.

use std::time::Duration;

use clearing_domain::Reason;
use clearing_domain::central_bank::CentralBankError;
use clearing_domain::operator::OperatorError;
use thiserror::Error;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::ERROR_DOMAIN;

/// How long after a full queue a client should try again.
const RETRY_AFTER: Duration = Duration::from_millis(50);

/// A refused field of a request: its name, the reason, and the value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field}: {message}")]
pub struct FieldError {
    /// The stable reason.
    pub reason: Reason,
    /// The field at fault.
    pub field: &'static str,
    /// Why, with the value.
    pub message: String,
    /// After what time the same request may succeed, where that is known.
    pub retry_after: Option<Duration>,
}

impl FieldError {
    /// A field error with its sentence.
    pub fn new(reason: Reason, field: &'static str, message: impl ToString) -> Self {
        Self { reason, field, message: message.to_string(), retry_after: None }
    }
}

impl From<OperatorError> for FieldError {
    fn from(error: OperatorError) -> Self {
        let retry_after = error.wait_ms().map(|ms| Duration::from_millis(ms.into()));
        Self { retry_after, ..Self::new(error.reason(), error.field(), error) }
    }
}

impl From<CentralBankError> for FieldError {
    fn from(error: CentralBankError) -> Self {
        Self::new(error.reason(), error.field(), error)
    }
}

impl From<FieldError> for Status {
    fn from(error: FieldError) -> Self {
        status_after(error.reason, error.field, &error.message, error.retry_after)
    }
}

/// Declares the code of every reason. No arm catches the rest: a new reason must be given a code
/// before the program compiles.
macro_rules! codes {
    ($($Code:ident: $($Name:ident)+;)+) => {
        /// The code of a reason. Every reason has exactly one.
        pub fn code(reason: Reason) -> Code {
            match reason {
                $($(Reason::$Name)|+ => Code::$Code,)+
            }
        }
    };
}

codes! {
    InvalidArgument: RequestIdMalformed AmountMalformed AmountScale AmountNotPositive
        AmountTooLarge WalletNumberMalformed WalletNumberCheckDigit AliasMalformed SameWallet
        HolderDataMissing WalletClassInvalid VoucherInvalid FieldInvalid BatchSize PageInvalid
        GrantInvalid DrawSeedWrong VoucherForged LossWalletMismatch LessonCodeWrong PayrollTotal;
    NotFound: WalletPrefixUnknown WalletUnknown AliasUnknown OperatorUnknown PayeeUnknown
        CampaignUnknown PaymentUnknown CycleUnknown BillUnknown MerchantUnknown
        CodeUnknown CardUnknown ContractUnknown LessonUnknown PayrollUnknown
        LoanUnknown ProductUnknown RedemptionUnknown;
    AlreadyExists: RequestIdReused AliasTaken BillTaken AlreadyRegistered;
    FailedPrecondition: WalletFrozen WalletReceiveOnly WalletClosed SingleLimit DailyLimit
        AnnualLimit InsufficientFunds OperatorInactive NetDebitCap BilateralLimit ReceiverCap
        SumTooLarge OverdraftRefused CoverInsufficient PayeeFrozen PayeeClosed BalanceCap Expired
        EndOfDay TransitionInvalid WalletNotEmpty WalletBusy StockInsufficient
        ReservesInsufficient RegimeMismatch ClockMismatch LedgerBehind LedgerForked
        CentralBankForked CentralBankBehind Cancelled NotQueued PayeeNotAllowed NotSubWallet
        IsSubWallet SubWalletsOpen NotRestricted CampaignWallet HolderHasWallet IdentityMismatch
        KindNotAllowed BankAccountNotLinked BankAccountNeeded PhoneMismatch ClassTooWeak
        RegionNotInPilot CampaignInactive PoolInsufficient NotRefundable RefundExceeds BillAmount
        BillPaid BillOverdue BillCancelled CodeExpired CodeUsed CodeAmount FrontEndNotBound
        CampaignExhausted CampaignOpen RegistrationClosed
        RegistrationOpen NotDrawn NotWon ClaimClosed IdentityMissing TooManyGrants
        VoucherNotClaimed VoucherUsed VoucherNotValid VoucherIneligible
        TooManyRemittances LastBankAccount ContractInactive ContractExpired ContractTerms
        LessonTaken MerchantSuspended TooManyContracts TooManySuspensions
        PayrollConfirmed PayrollCancelled TooManyPayrolls CardFrozen HardWallet CounterReused
        VoucherTooOld VoucherEarly CardCountCap CardFloatExceeded CardActive CardVouchersOpen
        CardEmptied LoanInactive LoanTerms LoanInFlight InstalmentDue InstalmentNotDue
        MandateMissing TooManyLoans ObligationsOpen ParticipantUnknown ProductClass ProductTerms
        SubscriptionMinimum ProductSoldOut HoldingExceeded RedemptionNotDue TooManyRedemptions
        TooManyProducts SettlementClosed SettlementTimeOver;
    ResourceExhausted: Overloaded TransportLimit RefusedTooOften;
    Unavailable: Unavailable;
    PermissionDenied: NotAllowed OperatorSecretWrong;
    Internal: Internal;
}

/// A status with `ErrorInfo`, the field at fault, and a hint when to try again. Its text names
/// field and reason too, for clients that show details only as bytes.
pub fn status(reason: Reason, field: &str, message: &str) -> Status {
    status_after(reason, field, message, None)
}

fn status_after(
    reason: Reason,
    field: &str,
    message: &str,
    retry_after: Option<Duration>,
) -> Status {
    let metadata =
        if field.is_empty() { Vec::new() } else { vec![("field".to_owned(), field.to_owned())] };
    let mut details = ErrorDetails::with_error_info(
        reason.name(),
        ERROR_DOMAIN,
        metadata.into_iter().collect::<std::collections::HashMap<_, _>>(),
    );
    let code = code(reason);
    if code == Code::InvalidArgument && !field.is_empty() {
        details.add_bad_request_violation(field, message);
    }
    // These refusals end by themselves, so a client is shown when a repeat may pass.
    if code == Code::ResourceExhausted {
        details.set_retry_info(Some(retry_after.unwrap_or(RETRY_AFTER)));
    }
    let field = if field.is_empty() { String::new() } else { format!("{field}: ") };
    Status::with_error_details(code, format!("{field}{message} ({reason})"), details)
}

/// The status of a full queue: nothing was recorded, and the request may be repeated.
pub fn overloaded(queue: &str) -> Status {
    status(
        Reason::Overloaded,
        "",
        &format!("the {queue} is full; try again in {} ms", RETRY_AFTER.as_millis()),
    )
}

/// The status of a process that cannot serve now.
pub fn unavailable(message: &str) -> Status {
    status(Reason::Unavailable, "", message)
}

/// The reason in a status, when the status comes from this system.
pub fn reason_of(status: &Status) -> Option<Reason> {
    // A proxy or library may use the same name for a reason of its own, so the domain is compared.
    let info = status.get_details_error_info()?;
    if info.domain == ERROR_DOMAIN { Reason::from_name(&info.reason) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_code_and_is_read_back() {
        for reason in Reason::ALL {
            let status = status(*reason, "amount", "amount 1.005 has more than two decimals");
            assert_eq!(reason_of(&status), Some(*reason));
            assert_ne!(status.code(), Code::Unknown);
            assert_eq!(
                crate::shown::reason(Some(*reason)).as_str_name(),
                format!("ERROR_REASON_{}", reason.name())
            );
        }
    }

    #[test]
    fn a_bad_field_is_named_in_the_details() {
        let status = Status::from(FieldError::new(Reason::AmountScale, "amount", "too fine"));
        let details = status.get_error_details();
        let violation = &details.bad_request().unwrap().field_violations[0];
        assert_eq!(
            (violation.field.as_str(), violation.description.as_str()),
            ("amount", "too fine")
        );
        assert_eq!(details.error_info().unwrap().metadata["field"], "amount");
        assert!(overloaded("ledger queue").get_error_details().retry_info().is_some());
    }
}
