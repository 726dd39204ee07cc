//! Numbers of files and of reports: times in thousandths, decimals as JSON numbers.

use clearing_domain::indicators::ratio;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::{Number, Value};

/// How finely times are counted.
pub(super) const TICKS: i64 = 1_000;
/// The largest time of a file, in its own unit.
const TIME_MAX: i64 = 1_000_000_000;

/// A JSON object whose keys keep their order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pairs<K>(pub(super) Vec<(K, Value)>);

impl<K: Serialize> Serialize for Pairs<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// A value for each participant.
pub(super) fn each<T>(
    names: &[String],
    values: impl IntoIterator<Item = T>,
    show: impl Fn(T) -> Value,
) -> Pairs<String> {
    Pairs(names.iter().cloned().zip(values.into_iter().map(show)).collect())
}

/// A time as a plain number with up to three decimals, in thousandths.
pub(super) fn ticks(text: &str) -> Result<i64, String> {
    let number = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
    let number = number.map_err(|_| format!("{text:?} is not a number"))?.normalize();
    if number.scale() > 3 {
        return Err(format!("{text} has more than three decimals"));
    }
    let thousandths =
        number.checked_mul(Decimal::from(TICKS)).and_then(|ticks| i64::try_from(ticks).ok());
    let within =
        thousandths.filter(|ticks| ticks.unsigned_abs() <= (TIME_MAX * TICKS).unsigned_abs());
    within.ok_or_else(|| format!("{text} is larger than {TIME_MAX}"))
}

/// A decimal rounded half to even, as a JSON number; null when there is none.
pub(super) fn number(decimal: Option<Decimal>, digits: u32) -> Value {
    let float =
        decimal.and_then(|decimal| decimal.round_dp(digits).to_string().parse::<f64>().ok());
    float.and_then(Number::from_f64).map_or(Value::Null, Value::Number)
}

/// A decimal as a JSON number that is an integer when it is whole.
pub(super) fn plain(decimal: Option<Decimal>) -> Value {
    let whole = decimal.filter(Decimal::is_integer).and_then(|decimal| i64::try_from(decimal).ok());
    whole.map_or_else(|| number(decimal, 20), Value::from)
}

/// A time in the unit of its file.
pub(super) fn time(ticks: i64) -> Value {
    plain(ratio(i128::from(ticks), i128::from(TICKS)))
}

/// A quotient of times in the unit of its file.
pub(super) fn duration(ticks: Option<Decimal>, digits: u32) -> Value {
    number(ticks.map(|ticks| ticks / Decimal::from(TICKS)), digits)
}

/// Fen as yuan in decimal text, without trailing zeros.
pub(super) fn yuan(fen: i128) -> Value {
    ratio(fen, 100).map_or(Value::Null, |yuan| yuan.normalize().to_string().into())
}
