//! Conversion of the text in requests to values, with errors that name the field and the text.

use std::str::FromStr;

use clearing_domain::Reason;
use clearing_domain::money::{
    Amount, AmountError, OperatorCode, PaymentCode, PaymentId, Position, RequestId, Timestamp,
    WalletNumber, cut, whole_number,
};
use prost::Message;

use crate::status::FieldError;

/// The most items of a batch.
pub const BATCH_MAX: usize = 1000;
/// The most bytes of a page: less than 4 MiB, the default limit of a message at clients.
const PAGE_BYTES_MAX: usize = 3 * 1024 * 1024;
/// The most items of a page.
pub const PAGE_MAX: i32 = 1000;
/// The items of a page when the client names no number.
const PAGE_DEFAULT: usize = 100;
/// The longest text of a payer or a holder, in characters.
pub const TEXT_CHARS_MAX: usize = 140;
/// The longest wait for a payment.
pub const WAIT_MS_MAX: u32 = 60_000;
/// The wait for a payment when the client names no time.
const WAIT_MS_DEFAULT: u32 = 5_000;

/// An amount greater than zero.
pub fn positive_amount(field: &'static str, text: &str) -> Result<Amount, FieldError> {
    Amount::positive(text).map_err(|error| amount_error(field, &error))
}

/// An amount that may be zero; empty is zero.
pub fn amount_or_zero(field: &'static str, text: &str) -> Result<Amount, FieldError> {
    if text.is_empty() { Ok(Amount::ZERO) } else { cap(field, text) }
}

/// A cap: an amount that may be zero, but not empty.
pub fn cap(field: &'static str, text: &str) -> Result<Amount, FieldError> {
    text.parse().map_err(|error| amount_error(field, &error))
}

/// A signed sum that is not zero.
pub fn signed_sum(field: &'static str, text: &str) -> Result<Position, FieldError> {
    // Only one sign is removed, so that "--1" stays malformed.
    match text.strip_prefix('-') {
        Some(rest) => positive_amount(field, rest).map(|amount| -amount.position()),
        None => positive_amount(field, text).map(Amount::position),
    }
}

fn amount_error(field: &'static str, error: &AmountError) -> FieldError {
    FieldError::new(Reason::from(error), field, error)
}

/// A wallet number.
pub fn wallet_number(field: &'static str, text: &str) -> Result<WalletNumber, FieldError> {
    text.parse().map_err(|error| FieldError::new(Reason::from(&error), field, error))
}

/// A request id, which must not be empty.
pub fn request_id(text: &str) -> Result<RequestId, FieldError> {
    let malformed =
        |error: String| FieldError::new(Reason::RequestIdMalformed, "request_id", error);
    let request_id = RequestId::from_str(text).map_err(|error| malformed(error.to_string()))?;
    // A payment under such a name would look like that of a code.
    if PaymentCode::is_reserved(&request_id) {
        return Err(malformed(format!("request id {request_id} is one that payment codes have")));
    }
    Ok(request_id)
}

/// A payment code.
pub fn payment_code(text: &str) -> Result<PaymentCode, FieldError> {
    text.parse().map_err(|error| FieldError::new(Reason::FieldInvalid, "payment_code", error))
}

/// A request id; empty is none.
pub fn optional_request_id(text: &str) -> Result<Option<RequestId>, FieldError> {
    if text.is_empty() { Ok(None) } else { request_id(text).map(Some) }
}

/// An operator code.
pub fn operator_code(text: &str) -> Result<OperatorCode, FieldError> {
    operator_code_in("operator_code", text)
}

/// An operator code in a field of another name.
pub fn operator_code_in(field: &'static str, text: &str) -> Result<OperatorCode, FieldError> {
    text.parse().map_err(|error| FieldError::new(Reason::FieldInvalid, field, error))
}

/// A payment id.
pub fn payment_id(text: &str) -> Result<PaymentId, FieldError> {
    text.parse().map_err(|error| FieldError::new(Reason::FieldInvalid, "payment_id", error))
}

/// A text of a person, of bounded length.
pub fn person_text(field: &'static str, text: &str) -> Result<Option<Box<str>>, FieldError> {
    let chars = text.chars().count();
    if chars > TEXT_CHARS_MAX {
        let message = format!("{field} has {chars} characters, more than {TEXT_CHARS_MAX}");
        return Err(FieldError::new(Reason::FieldInvalid, field, message));
    }
    if let Some((place, control)) =
        text.chars().enumerate().find(|(_, character)| is_control(*character))
    {
        let message = format!(
            "{field} has the control character U+{:04X} at place {}",
            u32::from(control),
            place + 1
        );
        return Err(FieldError::new(Reason::FieldInvalid, field, message));
    }
    Ok((!text.is_empty()).then(|| text.into()))
}

/// Whether a character changes the layout of others instead of being shown: control characters,
/// ends of lines and paragraphs, and marks that change the direction of writing. Such characters
/// could make a remark look like another amount or payee.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The rule for aliases, as a clause of error texts.
const ALIAS_RULE: &str = "phone: and 5 to 20 digits, merchant: and 1 to 50 printable ASCII characters \
                          without spaces, or M and 6 to 20 digits";

/// An alias of a known kind.
pub fn alias<'a>(field: &'static str, text: &'a str) -> Result<&'a str, FieldError> {
    let valid = match text.split_once(':') {
        Some(("phone", digits)) => is_phone(digits),
        Some(("merchant", code)) => {
            (1..=50).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_graphic())
        }
        Some(_) => false,
        None => text.strip_prefix('M').is_some_and(|digits| digits.len() > 5 && is_phone(digits)),
    };
    if valid {
        return Ok(text);
    }
    let message = format!("alias {:?} is not {ALIAS_RULE}", cut(text, 70));
    Err(FieldError::new(Reason::AliasMalformed, field, message))
}

/// Whether a text is a phone number.
pub fn is_phone(text: &str) -> bool {
    (5..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// How long to wait for payments, in milliseconds.
pub fn wait_ms(wait_ms: Option<u32>) -> Result<u32, FieldError> {
    match wait_ms {
        None => Ok(WAIT_MS_DEFAULT),
        Some(wait_ms) if wait_ms <= WAIT_MS_MAX => Ok(wait_ms),
        Some(wait_ms) => Err(FieldError::new(
            Reason::FieldInvalid,
            "wait_ms",
            format!("wait_ms {wait_ms} is more than {WAIT_MS_MAX}"),
        )),
    }
}

/// Checks the number of items of a batch.
pub fn batch_size(field: &'static str, items: usize) -> Result<(), FieldError> {
    if (1..=BATCH_MAX).contains(&items) {
        return Ok(());
    }
    Err(FieldError::new(
        Reason::BatchSize,
        field,
        format!("{field} has {items} items, not 1 to {BATCH_MAX}"),
    ))
}

/// A page of a list: its first item and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The place of the first item.
    pub start: usize,
    /// The most items.
    pub size: usize,
    /// The second part of the token, in lists that need more than a place.
    pub mark: Option<i64>,
}

impl Page {
    /// Reads the fields of a request for a list that is ordered by places: its token is the number
    /// of items before the page.
    pub fn read_place(page_size: i32, page_token: &str) -> Result<Self, FieldError> {
        let page = Self::read(page_size, page_token)?;
        if page.mark.is_none() { Ok(page) } else { Err(page.foreign()) }
    }

    /// Reads the fields of a list request. A token has a place in the list, and a mark where a
    /// place alone does not name an item.
    pub fn read(page_size: i32, page_token: &str) -> Result<Self, FieldError> {
        let size = match page_size {
            0 => PAGE_DEFAULT,
            1..=PAGE_MAX => usize::try_from(page_size).unwrap_or(PAGE_DEFAULT),
            _ => {
                let message = format!("page_size {page_size} is not 0 to {PAGE_MAX}");
                return Err(FieldError::new(Reason::PageInvalid, "page_size", message));
            }
        };
        if page_token.is_empty() {
            return Ok(Self { start: 0, size, mark: None });
        }
        // A token may come from anywhere. Places above `u32` are refused here: no list is longer
        // than the numbers of its slots.
        let place = |text: &str| usize::try_from(whole_number::<u32>(text)?).ok();
        let parse = |token: &str| match token.split_once('.') {
            Some((start, mark)) => Some((place(start)?, Some(signed_number(mark)?))),
            None => Some((place(token)?, None)),
        };
        let (start, mark) = page_token.strip_prefix('p').and_then(parse).ok_or_else(|| {
            let message =
                format!("page_token {:?} was not given out by this list", cut(page_token, 40));
            FieldError::new(Reason::PageInvalid, "page_token", message)
        })?;
        Ok(Self { start, size, mark })
    }

    /// The place that the token names; none on the first page.
    pub fn place(&self) -> Option<usize> {
        (self.start > 0 || self.mark.is_some()).then_some(self.start)
    }

    /// The key of the last item of the page before, in a list that is ordered by keys; `None` on
    /// the first page.
    pub fn after(&self) -> Result<Option<(u64, u64)>, FieldError> {
        match (self.place(), self.mark.map(u64::try_from)) {
            (None, _) => Ok(None),
            (Some(start), Some(Ok(mark))) => {
                Ok(Some((u64::try_from(start).unwrap_or(u64::MAX), mark)))
            }
            (Some(_), Some(Err(_)) | None) => Err(self.foreign()),
        }
    }

    /// As [`Page::take_from`], of items with keys that begin after [`Page::after`]. The token names
    /// the last item shown, so that the next page begins behind it, whatever items have been added
    /// or removed meanwhile.
    pub fn take_after<T, V: Message>(
        self,
        items: impl Iterator<Item = ((u64, u64), T)>,
        show: impl FnMut(T) -> V,
    ) -> (Vec<V>, String) {
        // The token of an item is the key of the item before it: the page that starts there begins
        // after that key, even when both items have left the list.
        let mut shown = None;
        let items = items.map(|(key, item)| {
            let (first, second) = shown.replace(key).unwrap_or(key);
            (format!("{first}.{second}"), item)
        });
        self.take_marked(items, show)
    }

    /// Shows the items of this page and names the next page, if there is one. The iterator must
    /// begin at the start of the page: items before it are not visited, because this runs on the
    /// thread of the ledger.
    pub fn take_from<T, V: Message>(
        self,
        items: impl Iterator<Item = T>,
        show: impl FnMut(T) -> V,
    ) -> (Vec<V>, String) {
        self.take_marked((self.start..).zip(items), show)
    }

    /// As [`Page::take_placed`], of items that are shown as messages.
    pub fn take_marked<P: std::fmt::Display, T, V: Message>(
        self,
        items: impl Iterator<Item = (P, T)>,
        show: impl FnMut(T) -> V,
    ) -> (Vec<V>, String) {
        self.take_placed(items, show, V::encoded_len)
    }

    /// As [`Page::take_from`], of items with their places; the token names the place of the next
    /// item. A page ends early when it would become larger than clients accept.
    pub fn take_placed<P: std::fmt::Display, T, V>(
        self,
        items: impl Iterator<Item = (P, T)>,
        mut show: impl FnMut(T) -> V,
        size: impl Fn(&V) -> usize,
    ) -> (Vec<V>, String) {
        let (mut shown, mut bytes) = (Vec::new(), 0);
        for (place, item) in items {
            if shown.len() == self.size {
                return (shown, format!("p{place}"));
            }
            let item = show(item);
            bytes += size(&item);
            // A first item of any size is shown: an empty page would name itself as the next one,
            // and the client would never reach the end.
            if bytes > PAGE_BYTES_MAX && !shown.is_empty() {
                return (shown, format!("p{place}"));
            }
            shown.push(item);
        }
        (shown, String::new())
    }

    /// The error of a token of another list.
    pub fn foreign(&self) -> FieldError {
        let mark = self.mark.map(|mark| format!(".{mark}")).unwrap_or_default();
        let message =
            format!("page_token \"p{}{mark}\" was not given out by this list", self.start);
        FieldError::new(Reason::PageInvalid, "page_token", message)
    }
}

/// A whole number of a token, which may be negative.
fn signed_number(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(rest) => whole_number::<i64>(rest).map(|number| -number),
        None => whole_number(text),
    }
}

/// Reads a time of the years 1970 to 9999; what is finer than a millisecond is cut off.
pub fn time(field: &'static str, time: &prost_types::Timestamp) -> Result<Timestamp, FieldError> {
    let nanos = u32::try_from(time.nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    let ms = nanos.and_then(|nanos| {
        time.seconds.checked_mul(1000)?.checked_add(i64::from(nanos / 1_000_000))
    });
    ms.and_then(Timestamp::checked).ok_or_else(|| {
        let (seconds, nanos) = (time.seconds, time.nanos);
        let message =
            format!("{field} is {seconds} s and {nanos} ns, not a time from 1970 to 9999");
        FieldError::new(Reason::FieldInvalid, field, message)
    })
}

/// A time as a message.
pub fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    let nanos = i32::try_from(at.ms().rem_euclid(1000)).unwrap_or(0) * 1_000_000;
    prost_types::Timestamp { seconds: at.ms().div_euclid(1000), nanos }
}

#[cfg(test)]
mod tests;
