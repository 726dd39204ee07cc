//! Amounts, wallet numbers, identifiers and the calendar.
//!
//! # Why no sum of money overflows
//!
//! One amount is at most [`Amount::MAX`], 10¹⁵ fen. Every sum that a ledger keeps is held at or
//! below [`Amount::SUM_MAX`], 10¹⁸ fen, a ninth of the range of `i64`: an operation that would
//! exceed it is refused ([`Reason::SumTooLarge`](crate::Reason::SumTooLarge)) before it is booked.
//! The check stands where money enters and where it gathers, with sums in `i128` ([`Total`]); all
//! other steps only move money that has passed it.
//!
//! At the central bank:
//!
//! - *Money*: reserves, e-CNY and credit lines of all operators together. Checked when an account
//!   is funded. Reserves never fall below minus the credit line and e-CNY never below zero, so each
//!   account is at most the whole.
//! - *e-CNY issued since the start*, checked at each issue; the sum withdrawn since the start is
//!   smaller. The same holds for the credit lent to an operator since the start, and its
//!   repayments.
//! - *Obligations*: payments under way (in the queue, too), cleared ones that are not settled,
//!   whatever cycle they are in, and claims that arose between operators since the start, all
//!   together. Checked at admission. Clearing, carrying and claiming move a payment from one of
//!   these to the next, so an admitted payment never needs a second check. Each operator's
//!   outstanding admissions, its position, the sums that it sent, received and brought forward in a
//!   cycle, and its claims are parts of it, and so are the sums over any set of payments that an
//!   algorithm of `netting` may form.
//! - *Payments of the business day* with those under way. Checked at admission; it bounds the sums
//!   that limits count.
//! - *Guarantees* of an operator with its credit line, checked when funds are earmarked or
//!   collateral is pledged: they determine the net debit cap.
//!
//! At an operator:
//!
//! - *Its liabilities* (wallets, stock, withdrawing, in transit, deposits) and the room reserved
//!   for payments that wait, together. Checked when a payment is delivered. Messages of the central
//!   bank can also raise them; a message that would exceed the range of the accounts is not
//!   applied, and the link starts again.
//! - *A wallet* with its money in transit and the room reserved in it is at most [`Amount::MAX`],
//!   checked before each credit except a return, whose money was counted as in transit.
//! - *The sum that a wallet has paid in a year*, checked before each payment.
//!
//! A formula adds at most five of these sums, and five fit. Ledgers written before the rule may
//! hold larger sums: they open, are audited (audits add in [`Total`]) and finish the payments under
//! way; an operation that would add to such a sum is refused.

mod amount;
mod calendar;
mod contract_id;
mod ids;
mod interest_rate;
mod loan_id;
mod operator_number;
mod payment_code;
mod power;
mod redemption_id;
mod total;
mod wallet_number;
mod weekday;
mod whole;

pub use amount::{Amount, AmountError, Position};
pub use calendar::{BusinessDate, DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
pub use contract_id::ContractId;
pub use ids::{
    CycleId, OperatorCode, OperatorCodeError, PaymentId, PaymentIdError, PayrollId, PayrollIdError,
    RequestId, RequestIdError, RequestKey,
};
pub use interest_rate::InterestRate;
pub use loan_id::LoanId;
pub use operator_number::{ByOperator, OperatorNumber};
pub use payment_code::{PaymentCode, PaymentCodeError};
pub use power::Power;
pub use redemption_id::RedemptionId;
pub use total::Total;
pub use wallet_number::{Prefix, WalletKind, WalletNumber, WalletNumberError};
pub use weekday::Weekday;
pub use whole::whole_number;

/// A value as errors show it, whatever a client sent: at most so many characters, and an ellipsis
/// where more were cut.
pub fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(super::cut("工商银行", 4), "工商银行");
        assert_eq!(super::cut("工商银行!", 4), "工商银行…");
        assert_eq!(super::cut("", 4), "");
    }
}
