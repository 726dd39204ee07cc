//! Sums over the obligations between operators, as a study of several runs needs them.

use std::f64::consts::PI;

use clearing_domain::indicators::Record;

use super::indicators::Records;

impl Records {
    /// How many there are.
    pub(super) fn count(&self) -> i64 {
        i64::try_from(self.records.len()).unwrap_or(i64::MAX)
    }

    /// Their value in fen.
    pub(super) fn gross(&self) -> i128 {
        self.records.iter().map(|record| i128::from(record.value.fen())).sum()
    }

    /// The value that never settled, in fen, what waits in a queue at the end included: what was paid
    /// of an obligation is not part of it.
    pub(super) fn unsettled(&self) -> i128 {
        let value = |record: &Record| i128::from(record.value.fen());
        let open = self.records.iter().filter(|record| record.settled.is_none());
        open.chain(&self.waiting).map(value).sum::<i128>()
            - self.paid_in_part.iter().map(value).sum::<i128>()
    }

    /// What a random flow leaves to settle between pairs over gross value, were these records one:
    /// sqrt((1 + c²) / (k pi)), c being the coefficient of variation of the values and k the mean
    /// number of payments of an ordered pair in a cycle. `None` without payments or cycles.
    pub(super) fn square_root_law(&self, pair_cycles: f64) -> Option<f64> {
        let (count, gross) = (self.records.len() as f64, self.gross() as f64);
        let values = self.records.iter().map(|record| record.value.fen() as f64);
        let squares: f64 = values.map(|value| value * value).sum();
        // 1 + c² is the mean square over the square of the mean.
        let spread = squares * count / (gross * gross);
        let found = gross > 0.0 && pair_cycles > 0.0;
        found.then(|| libm::sqrt(spread / (count / pair_cycles * PI)))
    }
}
