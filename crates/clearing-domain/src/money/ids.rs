//! Identifiers of operators, payments, requests and cycles.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use thiserror::Error;

use super::WalletNumber;

/// The code of an operator institution: 1–8 ASCII letters or digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperatorCode([u8; 8]);

/// Why a text is not an operator code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("operator code {0:?} is not 1 to 8 letters or digits")]
pub struct OperatorCodeError(pub String);

/// The identity of a payment across the system: 16 bytes, written as a UUID.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentId(pub [u8; 16]);

/// Why a text is not a payment id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("payment id {0:?} is not a UUID")]
pub struct PaymentIdError(pub String);

/// The identity of a payroll: 16 bytes, written as a UUID.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayrollId(pub [u8; 16]);

/// Why a text is not a payroll id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("payroll id {0:?} is not a UUID")]
pub struct PayrollIdError(pub String);

/// The name by which a client identifies one request, so that a repeat finds the first outcome.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestId {
    /// The usual case: a UUID in lower-case text.
    Uuid([u8; 16]),
    /// Any other text of 1–64 printable ASCII characters.
    Text(Box<str>),
}

/// Why a text is not a request id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("request id {0:?} is not 1 to 64 printable ASCII characters")]
pub struct RequestIdError(pub String);

/// The unique key of a request in the system: BLAKE3 of (wallet, request id), cut to 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey(pub [u8; 16]);

/// The number of a clearing cycle, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CycleId(NonZeroU32);

impl OperatorCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(8);
        std::str::from_utf8(&self.0[..length]).unwrap_or_default()
    }
}

impl FromStr for OperatorCode {
    type Err = OperatorCodeError;

    fn from_str(text: &str) -> Result<Self, OperatorCodeError> {
        let valid =
            (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !valid {
            return Err(OperatorCodeError(super::cut(text, 40)));
        }
        let mut code = [0; 8];
        code[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self(code))
    }
}

impl fmt::Display for OperatorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for OperatorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl PaymentId {
    /// The id of the payment with a sequence number at an operator in a seeded run.
    pub fn in_run(seed: u64, operator: OperatorCode, sequence: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(b"payment")
            .update(&seed.to_le_bytes())
            .update(&operator.0)
            .update(&sequence.to_le_bytes());
        Self(cut(hasher.finalize()))
    }
}

impl PaymentId {
    /// The id of a refund in lockstep, where it must be the same in every run.
    pub fn of_refund(original: Self, request_id: &RequestId) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"refund").update(&original.0).update(request_id.to_string().as_bytes());
        Self(cut(hasher.finalize()))
    }

    /// The id of a payment of a list: ids ascend with the sequence number, whoever pays.
    pub fn in_list(sequence: u64, reference: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(b"listed payment")
            .update(&sequence.to_le_bytes())
            .update(reference.as_bytes());
        let mut bytes = cut(hasher.finalize());
        // The sequence number leads, so that ids sort in the order of the list: lockstep admits
        // payments of one time by their ids.
        bytes[..8].copy_from_slice(&sequence.to_be_bytes());
        Self(bytes)
    }
}

/// Ids that follow from others: BLAKE3 of what a payment is derived from, its kind, and its number.
impl PaymentId {
    /// The id of an attempt to pay a red packet to a wallet. The salt of the campaign keeps other
    /// operators from deriving it, who could use it first.
    pub fn of_claim(
        campaign: WalletNumber,
        salt: Option<&[u8; 32]>,
        wallet: WalletNumber,
        attempt: u32,
    ) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(b"claim")
            .update(&campaign.as_u64().to_le_bytes())
            .update(&wallet.as_u64().to_le_bytes())
            .update(&attempt.to_le_bytes())
            .update(salt.map_or(&[], |salt| &salt[..]));
        Self(cut(hasher.finalize()))
    }

    /// The id of a payment of a voucher of a hard wallet: the first, or one after so many that came
    /// back. The second number skips ids that others have used; the salt of the card keeps them from
    /// deriving any.
    pub fn of_offline(
        card: WalletNumber,
        salt: Option<&[u8; 32]>,
        counter: u64,
        (attempt, skipped): (u32, u32),
    ) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(b"offline")
            .update(&card.as_u64().to_le_bytes())
            .update(&counter.to_le_bytes())
            .update(&attempt.to_le_bytes())
            .update(&skipped.to_le_bytes())
            .update(salt.map_or(&[], |salt| &salt[..]));
        Self(cut(hasher.finalize()))
    }

    /// The id of the payment by which another party bears a loss of a hard wallet, by how many losses
    /// there were before.
    pub fn of_loss(card: WalletNumber, salt: Option<&[u8; 32]>, losses: u32, skipped: u32) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(b"loss")
            .update(&card.as_u64().to_le_bytes())
            .update(&losses.to_le_bytes())
            .update(&skipped.to_le_bytes())
            .update(salt.map_or(&[], |salt| &salt[..]));
        Self(cut(hasher.finalize()))
    }

    /// The id of an attempt to give back what is left of the grant that a claim brought. The salt
    /// keeps those who know the claim from deriving it.
    pub fn of_reclaim(claim: Self, salt: Option<&[u8; 32]>, attempt: u32) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(b"reclaim")
            .update(&claim.0)
            .update(&attempt.to_le_bytes())
            .update(salt.map_or(&[], |salt| &salt[..]));
        Self(cut(hasher.finalize()))
    }
}

impl PaymentId {
    /// The id of the payment of a line of a payroll, counted from 1.
    pub fn of_payroll(payroll: PayrollId, line: u32) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"payroll line").update(&payroll.0).update(&line.to_le_bytes());
        Self(cut(hasher.finalize()))
    }
}

impl PayrollId {
    /// The id of the payroll of a request. The salt keeps other operators from deriving it, and with
    /// it the ids of its payments; there is none in lockstep, where it must be the same in every run.
    pub fn of_request(
        payer: WalletNumber,
        request_id: &RequestId,
        salt: Option<&[u8; 32]>,
    ) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(b"payroll")
            .update(&RequestKey::new(payer, request_id).0)
            .update(salt.map_or(&[], |salt| &salt[..]));
        Self(cut(hasher.finalize()))
    }
}

impl CycleId {
    /// The first cycle.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// The cycle of a number; 0 is none.
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// Its number, more than 0.
    pub const fn number(self) -> u32 {
        self.0.get()
    }

    /// The number as interfaces show it, where 0 is no cycle.
    pub fn number_or_zero(cycle: Option<Self>) -> u32 {
        cycle.map_or(0, Self::number)
    }

    /// Its place in a list of cycles from the first one on.
    pub const fn index(self) -> usize {
        self.number() as usize - 1
    }

    /// The cycle after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl RequestKey {
    /// The key of a request of a wallet.
    pub fn new(wallet: WalletNumber, request_id: &RequestId) -> Self {
        Self::scoped(wallet.as_u64(), request_id)
    }

    /// The key of a request that belongs to no wallet yet.
    pub fn without_wallet(request_id: &RequestId) -> Self {
        Self::scoped(0, request_id)
    }

    fn scoped(scope: u64, request_id: &RequestId) -> Self {
        let scope = scope.to_le_bytes();
        // A few bytes at once are hashed much faster than field by field.
        Self(cut(match request_id {
            RequestId::Uuid(uuid) => {
                let mut bytes = [0; 8 + 1 + 16];
                bytes[..8].copy_from_slice(&scope);
                bytes[9..].copy_from_slice(uuid);
                blake3::hash(&bytes)
            }
            RequestId::Text(text) => blake3::hash(&[&scope[..], &[1], text.as_bytes()].concat()),
        }))
    }
}

fn cut(hash: blake3::Hash) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    bytes
}

impl fmt::Display for PaymentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_uuid(&self.0, formatter)
    }
}

impl fmt::Debug for PaymentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_uuid(&self.0, formatter)
    }
}

impl fmt::Display for PayrollId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_uuid(&self.0, formatter)
    }
}

impl fmt::Debug for PayrollId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_uuid(&self.0, formatter)
    }
}

impl FromStr for PaymentId {
    type Err = PaymentIdError;

    fn from_str(text: &str) -> Result<Self, PaymentIdError> {
        read_uuid(text).map(Self).ok_or_else(|| PaymentIdError(super::cut(text, 40)))
    }
}

impl FromStr for PayrollId {
    type Err = PayrollIdError;

    fn from_str(text: &str) -> Result<Self, PayrollIdError> {
        read_uuid(text).map(Self).ok_or_else(|| PayrollIdError(super::cut(text, 40)))
    }
}

impl FromStr for RequestId {
    type Err = RequestIdError;

    fn from_str(text: &str) -> Result<Self, RequestIdError> {
        let valid =
            (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !valid {
            return Err(RequestIdError(super::cut(text, 70)));
        }
        // Only the lower-case form is stored as 16 bytes: shown again, another form would differ
        // from the text that the client sent.
        let lower_case = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        match read_uuid(text) {
            Some(bytes) if lower_case => Ok(Self::Uuid(bytes)),
            _ => Ok(Self::Text(text.into())),
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(bytes) => write_uuid(bytes, formatter),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

impl fmt::Display for CycleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

fn write_uuid(bytes: &[u8; 16], formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'-'; 36];
    let mut place = 0;
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            place += 1;
        }
        text[place] = HEX[usize::from(byte >> 4)];
        text[place + 1] = HEX[usize::from(byte & 15)];
        place += 2;
    }
    formatter.write_str(std::str::from_utf8(&text).unwrap_or_default())
}

fn read_uuid(text: &str) -> Option<[u8; 16]> {
    let text = text.as_bytes();
    if text.len() != 36 {
        return None;
    }
    let mut bytes = [0; 16];
    let mut place = 0;
    for (index, byte) in bytes.iter_mut().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            if text[place] != b'-' {
                return None;
            }
            place += 1;
        }
        *byte = hex(text[place])? << 4 | hex(text[place + 1])?;
        place += 2;
    }
    Some(bytes)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_as_written() {
        let id = PaymentId::in_run(7, "ICBC".parse().unwrap(), 1);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_ne!(id, PaymentId::in_run(8, "ICBC".parse().unwrap(), 1));
        for text in [
            "2f1e4fc0-81fd-4a3e-8ddc-1b1b0a3b7b4e",
            "order-1",
            "2F1E4FC0-81FD-4A3E-8DDC-1B1B0A3B7B4E",
        ] {
            assert_eq!(text.parse::<RequestId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn ids_of_a_list_ascend_in_its_order() {
        let ids: Vec<_> =
            [1, 2, 255, 256, 1 << 32].map(|place| PaymentId::in_list(place, "T1")).to_vec();
        assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
        assert_ne!(PaymentId::in_list(1, "T1"), PaymentId::in_list(1, "T2"));
    }

    #[test]
    fn no_cycle_has_the_number_zero() {
        assert_eq!(CycleId::new(0), None);
        assert_eq!(CycleId::new(1), Some(CycleId::FIRST));
        assert_eq!((CycleId::FIRST.index(), CycleId::FIRST.next().number()), (0, 2));
        assert_eq!(CycleId::number_or_zero(None), 0);
    }

    #[test]
    fn malformed_ids_are_refused() {
        for text in ["", "ABCDEFGHI", "工行", "A B"] {
            assert!(text.parse::<OperatorCode>().is_err(), "{text}");
        }
        assert!("".parse::<RequestId>().is_err());
        assert!("x".repeat(65).parse::<RequestId>().is_err());
        assert!("2f1e4fc0-81fd-4a3e-8ddc-1b1b0a3b7b4".parse::<PaymentId>().is_err());
        assert!("2f1e4fc0081fd-4a3e-8ddc-1b1b0a3b7b4e".parse::<PaymentId>().is_err());
    }
}
