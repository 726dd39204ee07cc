//! Paired differences: two points run with the same seeds, compared seed by seed.
//!
//! What the seeds draw is the same at both points (common random numbers), so it mostly cancels,
//! and the interval of the difference is narrower than those of the two means let one think.

use super::statistics::{Estimate, SignTest};
use super::tables::{Results, plain};
use super::{Point, Sweep};

/// The parameter in which two points differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Differs {
    /// One of the grid, by its place.
    Axis(usize),
    /// The level of liquidity.
    Level,
}

/// Two points that differ in one parameter, by their places among the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) point: usize,
    /// The one with the earlier value, from which the difference is taken.
    pub(super) other: usize,
    pub(super) axis: Differs,
}

/// Every two points that differ in one parameter; the later one less the earlier one.
pub(super) fn pairs(sweep: &Sweep, results: &Results<'_>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (point, (one, _)) in results.iter().enumerate() {
        for (other, (earlier, _)) in results.iter().enumerate().take(point) {
            pairs.extend(only_difference(sweep, one, earlier).map(|axis| Pair {
                point,
                other,
                axis,
            }));
        }
    }
    pairs
}

fn only_difference(sweep: &Sweep, one: &Point, other: &Point) -> Option<Differs> {
    let axes = (0..sweep.axes.len())
        .filter(|place| one.values[*place] != other.values[*place])
        .map(Differs::Axis);
    let mut differs = axes.chain((one.level != other.level).then_some(Differs::Level));
    let first = differs.next()?;
    differs.next().is_none().then_some(first)
}

/// The value of a parameter at a point, as text.
pub(super) fn value_text(point: &Point, axis: Differs) -> String {
    match axis {
        Differs::Axis(place) => plain(&point.values[place]),
        Differs::Level => point.level.map(|level| level.to_string()).unwrap_or_default(),
    }
}

impl Pair {
    /// The parameter by its path.
    pub(super) fn key(self, sweep: &Sweep) -> &str {
        match self.axis {
            Differs::Axis(place) => &sweep.axes[place].key,
            Differs::Level => "liquidity_level",
        }
    }

    /// The mean of an indicator at the later point less that at the earlier one, over the seeds at
    /// which both have it, and the test of its sign.
    pub(super) fn difference(
        self,
        results: &Results<'_>,
        indicator: &str,
    ) -> Option<(Estimate, SignTest)> {
        let rows = |place: usize| &results[place].1.rows;
        // By seed and not by place: a run may lack an indicator that its partner has.
        let of_seed =
            |seed: u64| rows(self.other).iter().find(|row| row.seed == seed)?.number(indicator);
        let differences = rows(self.point)
            .iter()
            .filter_map(|row| Some(row.number(indicator)? - of_seed(row.seed)?));
        let differences: Vec<_> = differences.collect();
        Some((Estimate::of(&differences)?, SignTest::of(&differences)))
    }
}
