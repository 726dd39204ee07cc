//! A measured value: the median of several runs with their spread.

use serde_json::{Value, json};

/// The median of several runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// The middle run.
    pub median: f64,
    /// The lowest run.
    pub low: f64,
    /// The highest run.
    pub high: f64,
    /// How many runs there were.
    pub runs: usize,
}

impl Figure {
    /// The figure of several runs; `None` when there was none.
    pub fn of(mut runs: Vec<f64>) -> Option<Self> {
        runs.sort_by(f64::total_cmp);
        // Of an even number the mean of the two in the middle; of an odd one both are the same.
        let median = (runs.get(runs.len().checked_sub(1)? / 2)? + runs.get(runs.len() / 2)?) / 2.0;
        Some(Self { median, low: *runs.first()?, high: *runs.last()?, runs: runs.len() })
    }

    /// The figure of a single run.
    pub fn single(value: f64) -> Self {
        Self { median: value, low: value, high: value, runs: 1 }
    }

    pub(super) fn json(self) -> Value {
        json!({ "median": self.median, "low": self.low, "high": self.high, "runs": self.runs })
    }
}

/// What is known of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    /// It was measured.
    Value {
        /// The figure.
        figure: Figure,
        /// What a reader must know of how it was measured.
        note: String,
    },
    /// It was not, for this reason.
    Missing(String),
}

#[cfg(test)]
mod tests {
    use super::Figure;

    #[test]
    fn the_median_lies_in_the_middle() {
        assert_eq!(
            Figure::of(vec![3.0, 1.0, 2.0]),
            Some(Figure { median: 2.0, low: 1.0, high: 3.0, runs: 3 })
        );
        assert_eq!(Figure::of(vec![1.0, 2.0]).map(|figure| figure.median), Some(1.5));
        assert_eq!(Figure::of(Vec::new()), None);
    }
}
