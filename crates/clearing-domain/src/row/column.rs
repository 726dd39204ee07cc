//! The values of the domain as columns.

use crate::details::{BillReference, ProductCode, Purpose};
use crate::link::{Head, OperationId};
use crate::money::{
    Amount, BusinessDate, ContractId, CycleId, InterestRate, LoanId, OperatorCode, OperatorNumber,
    PaymentCode, PaymentId, PayrollId, Position, RedemptionId, RequestId, RequestKey, Timestamp,
    WalletNumber,
};
use crate::netting::Priority;
use crate::{Reason, reason};

use super::{ColumnSpec, Field, Kind, Malformed, OptionalField, Sink, Source, Value};

/// A value that fills one column.
pub trait Column: Sized {
    /// What the column holds.
    const KIND: Kind;
    /// Whether it may hold nothing.
    const NULLABLE: bool = false;
    /// The value as the column holds it.
    fn value(&self) -> Value<'_>;
    /// The value again; an error when no ledger writes it.
    fn from_value(value: Value<'_>) -> Result<Self, Malformed>;
}

impl<C: Column> Field for C {
    fn columns(name: &'static str, columns: &mut Vec<ColumnSpec>) {
        columns.push(ColumnSpec { name, kind: C::KIND, nullable: C::NULLABLE });
    }

    fn put<S: Sink>(&self, sink: &mut S) -> Result<(), S::Error> {
        sink.put(self.value())
    }

    fn take(source: &mut impl Source) -> Result<Self, Malformed> {
        C::from_value(source.next()?)
    }
}

impl<C: Column> OptionalField for C
where
    Option<C>: Column,
{
    fn columns(name: &'static str, columns: &mut Vec<ColumnSpec>) {
        let nullable = <Option<C> as Column>::NULLABLE;
        columns.push(ColumnSpec { name, kind: C::KIND, nullable });
    }

    fn put<S: Sink>(value: Option<&Self>, sink: &mut S) -> Result<(), S::Error> {
        let none: Option<C> = None;
        sink.put(value.map_or_else(|| none.value(), Column::value))
    }

    fn take(source: &mut impl Source) -> Result<Option<Self>, Malformed> {
        Option::from_value(source.next()?)
    }
}

/// What was found where something else must stand.
pub(crate) fn unexpected(value: Value<'_>) -> Malformed {
    Malformed::new(match value {
        Value::Null => "nothing".to_owned(),
        Value::Integer(number) => format!("number {number}"),
        Value::Text(text) => format!("text {:?}", text.chars().take(80).collect::<String>()),
        Value::Blob(bytes) => format!("a value of {} bytes", bytes.len()),
    })
}

/// Declares how types are kept as whole numbers.
macro_rules! integer_columns {
    ($($type:ty: |$value:ident| $to:expr, |$number:ident| $from:expr;)+) => {
        $(impl Column for $type {
            const KIND: Kind = Kind::Integer;

            fn value(&self) -> Value<'_> {
                let $value = self;
                Value::Integer($to)
            }

            fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
                let Value::Integer($number) = value else { return Err(unexpected(value)) };
                let read: Option<Self> = $from;
                read.ok_or_else(|| unexpected(value))
            }
        })+
    };
}

integer_columns! {
    u8: |number| i64::from(*number), |number| number.try_into().ok();
    u16: |number| i64::from(*number), |number| number.try_into().ok();
    u32: |number| i64::from(*number), |number| number.try_into().ok();
    // Rows, batches and ticks are counted and stay far below the largest signed number.
    u64: |number| number.cast_signed(), |number| number.try_into().ok();
    i64: |number| *number, |number| Some(number);
    bool: |flag| i64::from(*flag), |number| match number {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    };
    // A sum of amounts may be larger than one amount.
    Amount: |amount| amount.fen(), |fen| Self::from_sum(Position::from_fen(fen));
    OperatorNumber: |number| i64::from(number.get()), |number| number.try_into().ok().map(Self::new);
    Priority: |priority| i64::from(priority.level()), |level| {
        u8::try_from(level).ok().and_then(Self::from_level)
    };
    Position: |sum| sum.fen(), |fen| Some(Self::from_fen(fen));
    // The lowest number stands for no time where records are kept small.
    InterestRate: |rate| i64::from(rate.millionths()), |millionths| {
        millionths.try_into().ok().and_then(Self::from_millionths)
    };
    Timestamp: |at| at.ms(), |ms| (ms != i64::MIN).then(|| Self::from_ms(ms));
    // A day of which all times are supported.
    BusinessDate: |day| i64::from(day.days()), |days| {
        let last = Timestamp::MAX.date().days();
        let days = i32::try_from(days).ok().filter(|days| (1..last).contains(days));
        days.map(Self::from_days)
    };
    Purpose: |purpose| i64::from(*purpose as u8), |number| {
        u8::try_from(number).ok().and_then(Self::from_number)
    };
    CycleId: |cycle| i64::from(cycle.number()), |number| number.try_into().ok().and_then(Self::new);
    WalletNumber: |wallet| wallet.as_u64().cast_signed(), |number| {
        u64::try_from(number).ok().and_then(|number| Self::from_u64(number).ok())
    };
    PaymentCode: |code| code.as_u64().cast_signed(), |number| {
        u64::try_from(number).ok().and_then(Self::from_u64)
    };
    Reason: |why| i64::from(why.number()), |number| {
        u8::try_from(number).ok().and_then(Self::from_number)
    };
    // 0 is none, which is easier to read in a table than nothing.
    Option<Reason>: |why| i64::from(reason::reason_number(*why)), |number| match u8::try_from(number) {
        Ok(0) => Some(None),
        Ok(number) => Reason::from_number(number).map(Some),
        Err(_) => None,
    };
}

/// Declares how types are kept as bytes of a fixed number.
macro_rules! blob_columns {
    ($($type:ty: |$value:ident| $to:expr, |$bytes:ident| $from:expr;)+) => {
        $(impl Column for $type {
            const KIND: Kind = Kind::Blob;

            fn value(&self) -> Value<'_> {
                let $value = self;
                Value::Blob($to)
            }

            fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
                let Value::Blob(bytes) = value else { return Err(unexpected(value)) };
                let Ok($bytes) = bytes.try_into() else { return Err(unexpected(value)) };
                Ok($from)
            }
        })+
    };
}

blob_columns! {
    PaymentId: |id| &id.0, |bytes| Self(bytes);
    ContractId: |id| &id.0, |bytes| Self(bytes);
    LoanId: |id| &id.0, |bytes| Self(bytes);
    PayrollId: |id| &id.0, |bytes| Self(bytes);
    RedemptionId: |id| &id.0, |bytes| Self(bytes);
    RequestKey: |key| &key.0, |bytes| Self(bytes);
    OperationId: |id| &id.0, |bytes| Self(bytes);
    Head: |head| head, |bytes| bytes;
}

/// A UUID is bytes, any other text is a text.
impl Column for RequestId {
    const KIND: Kind = Kind::Any;

    fn value(&self) -> Value<'_> {
        match self {
            Self::Uuid(bytes) => Value::Blob(bytes),
            Self::Text(text) => Value::Text(text),
        }
    }

    fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
        match value {
            Value::Blob(bytes) => match bytes.try_into() {
                Ok(bytes) => Ok(Self::Uuid(bytes)),
                Err(_) => Err(unexpected(value)),
            },
            // A text that is a UUID would have been stored as bytes.
            Value::Text(text) => match text.parse() {
                Ok(Self::Text(text)) => Ok(Self::Text(text)),
                Ok(Self::Uuid(_)) | Err(_) => Err(unexpected(value)),
            },
            Value::Null | Value::Integer(_) => Err(unexpected(value)),
        }
    }
}

/// Declares types that are kept as the text that they are written as.
macro_rules! text_columns {
    ($($type:ty),+ $(,)?) => {
        $(impl Column for $type {
            const KIND: Kind = Kind::Text;

            fn value(&self) -> Value<'_> {
                Value::Text(self.as_str())
            }

            fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
                let Value::Text(text) = value else { return Err(unexpected(value)) };
                text.parse().map_err(|_| unexpected(value))
            }
        })+
    };
}

text_columns!(BillReference, OperatorCode, ProductCode);

/// A text that is never empty.
impl Column for Box<str> {
    const KIND: Kind = Kind::Text;

    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }

    fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
        Option::<Self>::from_value(value)?.ok_or_else(|| unexpected(value))
    }
}

/// A text that may be missing and is never empty.
impl Column for Option<Box<str>> {
    const KIND: Kind = Kind::Text;
    const NULLABLE: bool = true;

    fn value(&self) -> Value<'_> {
        self.as_deref().map_or(Value::Null, Value::Text)
    }

    fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
        match value {
            Value::Null => Ok(None),
            Value::Text(text) if !text.is_empty() => Ok(Some(text.into())),
            Value::Text(_) | Value::Integer(_) | Value::Blob(_) => Err(unexpected(value)),
        }
    }
}

/// Declares types that a column may also miss.
macro_rules! nullable_columns {
    ($($type:ty),+ $(,)?) => {
        $(impl Column for Option<$type> {
            const KIND: Kind = <$type as Column>::KIND;
            const NULLABLE: bool = true;

            fn value(&self) -> Value<'_> {
                self.as_ref().map_or(Value::Null, Column::value)
            }

            fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
                if value == Value::Null { Ok(None) } else { <$type>::from_value(value).map(Some) }
            }
        })+
    };
}

nullable_columns!(
    bool,
    u8,
    u16,
    u32,
    u64,
    Amount,
    BillReference,
    CycleId,
    Head,
    OperationId,
    OperatorNumber,
    PaymentId,
    Position,
    Priority,
    Purpose,
    RequestId,
    Timestamp,
    WalletNumber,
);
