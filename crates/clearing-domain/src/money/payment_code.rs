//! One-time payment codes: operator prefix, digits that nobody can guess, and a check digit.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use thiserror::Error;

use super::wallet_number::luhn_check_digit;
use super::{Prefix, RequestId, whole_number};

/// A payment code: a 3-digit operator prefix, 14 random digits and a Luhn check digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentCode(NonZeroU64);

/// Why a text is not a payment code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("payment code {0:?} is not 18 digits with a prefix and a check digit")]
pub struct PaymentCodeError(pub String);

/// How many values the random digits have.
const VALUES: u64 = 100_000_000_000_000;
/// How the requests begin that payment codes make. Clients choose no request id that begins so.
const REQUEST: &str = "payment-code:";

impl PaymentCode {
    /// A code of an operator, from a random number.
    pub fn new(prefix: Prefix, random: u64) -> Option<Self> {
        let body = u64::from(prefix.get()) * VALUES + random % VALUES;
        Self::from_u64(body * 10 + luhn_check_digit(body))
    }

    /// Checks a code as it is stored.
    pub fn from_u64(number: u64) -> Option<Self> {
        let body = number / 10;
        let prefix = u16::try_from(body / VALUES).ok().and_then(Prefix::new);
        let valid = prefix.is_some() && luhn_check_digit(body) == number % 10;
        NonZeroU64::new(number).map(Self).filter(|_| valid)
    }

    /// The code as an integer below 10^18.
    pub const fn as_u64(self) -> u64 {
        self.0.get()
    }

    /// The prefix of the operator that made it.
    pub fn prefix(self) -> Option<Prefix> {
        u16::try_from(self.as_u64() / 10 / VALUES).ok().and_then(Prefix::new)
    }

    /// The name of the one request of the payer that it can make.
    pub fn request_id(self) -> RequestId {
        RequestId::Text(format!("{REQUEST}{self}").into())
    }

    /// The code that has made a request.
    pub fn of_request(request_id: &RequestId) -> Option<Self> {
        match request_id {
            RequestId::Uuid(_) => None,
            RequestId::Text(text) => text.strip_prefix(REQUEST)?.parse().ok(),
        }
    }

    /// Whether a request id is one that only payment codes have.
    pub fn is_reserved(request_id: &RequestId) -> bool {
        matches!(request_id, RequestId::Text(text) if text.starts_with(REQUEST))
    }
}

impl FromStr for PaymentCode {
    type Err = PaymentCodeError;

    fn from_str(text: &str) -> Result<Self, PaymentCodeError> {
        let number = whole_number(text).filter(|_| text.len() == 18);
        number.and_then(Self::from_u64).ok_or_else(|| PaymentCodeError(super::cut(text, 40)))
    }
}

impl fmt::Display for PaymentCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:018}", self.0)
    }
}

impl fmt::Debug for PaymentCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PaymentCode({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(random: u64) -> PaymentCode {
        PaymentCode::new(Prefix::new(2).unwrap(), random).unwrap()
    }

    #[test]
    fn a_code_reads_back_as_written_and_names_its_operator_and_its_request() {
        for random in [0, 1, VALUES - 1, VALUES, u64::MAX] {
            let text = code(random).to_string();
            assert_eq!((text.len(), &text[..3]), (18, "002"));
            assert_eq!(text.parse(), Ok(code(random)));
            assert_eq!(code(random).prefix(), Prefix::new(2));
            let request_id = code(random).request_id();
            assert_eq!(request_id.to_string().parse(), Ok(request_id.clone()));
            assert_eq!(PaymentCode::of_request(&request_id), Some(code(random)));
            assert!(PaymentCode::is_reserved(&request_id));
        }
        assert_eq!(code(7), code(VALUES + 7));
        let other: RequestId = "payment-1".parse().unwrap();
        assert!(PaymentCode::of_request(&other).is_none() && !PaymentCode::is_reserved(&other));
    }

    #[test]
    fn what_is_no_code_is_refused() {
        let good = code(12_345_678_901_234).to_string();
        let wrong_digit = format!("{}{}", &good[..17], (good.as_bytes()[17] - b'0' + 1) % 10);
        let without_operator = format!("000{}", &good[3..]);
        for text in ["", "1", &good[1..], &format!("{good}0"), &wrong_digit, &without_operator] {
            assert!(text.parse::<PaymentCode>().is_err(), "{text}");
        }
        assert_eq!(PaymentCode::from_u64(0), None);
        assert_eq!(PaymentCode::from_u64(u64::MAX), None);
    }
}
