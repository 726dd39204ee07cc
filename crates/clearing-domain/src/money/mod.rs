//! Amounts, wallet numbers, identifiers and the calendar.

mod amount;
mod calendar;
mod ids;
mod wallet_number;

pub use amount::{Amount, AmountError, Position};
pub use calendar::{BusinessDate, DAY_MS, Timestamp};
pub use ids::{
    CycleId, OperatorCode, OperatorCodeError, PaymentId, PaymentIdError, RequestId, RequestIdError, RequestKey,
};
pub use wallet_number::{Prefix, WalletKind, WalletNumber, WalletNumberError};
