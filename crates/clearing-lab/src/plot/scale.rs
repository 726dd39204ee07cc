//! From values to places, and the values that axes tell.

/// In what sums of fen are told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit {
    pub(crate) name: &'static str,
    /// How many fen one of it is.
    pub(crate) fen: f64,
}

const UNITS: [Unit; 4] = [
    Unit { name: "yuan", fen: 1e2 },
    Unit { name: "thousand yuan", fen: 1e5 },
    Unit { name: "million yuan", fen: 1e8 },
    Unit { name: "billion yuan", fen: 1e11 },
];

impl Default for Unit {
    fn default() -> Self {
        UNITS[0]
    }
}

impl Unit {
    /// Payments, one by one.
    pub(crate) const fn payments() -> Self {
        Self { name: "payments", fen: 1.0 }
    }

    /// The one in which the largest of some sums has few digits before the point.
    pub(crate) fn of(sums: impl IntoIterator<Item = i64>) -> Self {
        let most = sums.into_iter().map(i64::unsigned_abs).max().unwrap_or_default() as f64;
        let fits = |unit: &&Self| most < unit.fen * 1e4;
        UNITS.iter().find(fits).copied().unwrap_or(UNITS[3])
    }
}

/// Values and the places at which they are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// The least and the largest value.
    pub(super) values: (f64, f64),
    /// Where they are drawn.
    pub(super) places: (f64, f64),
}

impl Scale {
    /// Where a value is drawn.
    pub(super) fn at(&self, value: f64) -> f64 {
        let (least, most) = self.values;
        let (from, to) = self.places;
        let part = if most > least { (value - least) / (most - least) } else { 0.5 };
        from + part * (to - from)
    }
}

/// The least and the largest value of an axis around some, and the values that it tells: round ones,
/// zero among them where the axis passes it.
pub(super) fn axis(least: f64, most: f64, about: f64) -> ((f64, f64), Vec<f64>) {
    let most = if most > least { most } else { least + least.abs().max(1.0) };
    let step = round_step((most - least) / about);
    let (low, high) = ((least / step + 1e-9).floor() * step, (most / step - 1e-9).ceil() * step);
    let count = ((high - low) / step).round() as usize;
    let told = (0..=count).map(|place| {
        let value = low + place as f64 * step;
        if value.abs() < step / 1e6 { 0.0 } else { value }
    });
    ((low, high), told.collect())
}

/// The next of 1, 2, 2.5 and 5 times a power of ten.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let digits = [1.0, 2.0, 2.5, 5.0, 10.0];
    let found = digits.into_iter().find(|digit| digit * power >= step * (1.0 - 1e-9));
    found.unwrap_or(10.0) * power
}

/// A value of an axis, with as many digits as its steps need.
pub(super) fn told(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |rest| ("\u{2212}", rest));
    if text == "0" && value != 0.0 {
        return format!("{value:.0e}").replace('-', "\u{2212}");
    }
    let (whole, rest) =
        text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), crate::text::grouped);
    rest.map_or_else(|| format!("{sign}{whole}"), |rest| format!("{sign}{whole}.{rest}"))
}
