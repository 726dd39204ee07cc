//! What was submitted against what settled, and how long that took.

use clearing_domain::money::{DAY_MS, MINUTE_MS};

use super::series::{Changes, Point};

/// The ends of the stretches into which waits fall, in seconds; what waited longer falls into one
/// beyond the last.
pub(super) const WAITS: [i64; 16] =
    [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400];

/// Payments between operators as they were submitted and as they settled.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    /// The times of submission and settlement are told to so much.
    step_ms: i64,
    /// Two lines for each operator: what its wallets submitted to others, and what of it settled.
    pub(super) sums: Changes,
    pub(super) waits: Waits,
}

/// How many payments, of what value, waited how long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Waits {
    /// Settled when submitted.
    pub(super) at_once: [i64; 2],
    /// Of each stretch of `WAITS`, and beyond.
    pub(super) waited: [[i64; 2]; WAITS.len() + 1],
    /// Those that never settled.
    pub(super) never: [i64; 2],
}

impl Waits {
    /// All of them: payments and fen.
    pub(super) fn all(&self) -> [i64; 2] {
        let rest = [self.at_once, self.never];
        self.waited
            .iter()
            .chain(&rest)
            .fold([0; 2], |[count, sum], [one, fen]| [count + one, sum + fen])
    }
}

impl Waits {
    /// The first and the last stretch into which anything fell.
    pub(super) fn stretches(&self) -> Option<(usize, usize)> {
        let first = self.waited.iter().position(|[payments, _]| *payments > 0)?;
        Some((first, self.waited.iter().rposition(|[payments, _]| *payments > 0)?))
    }
}

impl Progress {
    /// Of so many operators and days.
    pub(super) fn new(operators: usize, days: u32) -> Self {
        // A day has as many times as it has minutes, and a longer run no more.
        let step_ms = MINUTE_MS * i64::from(days.max(1));
        Self { step_ms, sums: Changes::new(2 * operators), waits: Waits::default() }
    }

    /// What was submitted and what settled of all operators together, from a start to an end.
    pub(super) fn all(&self, start_ms: i64, end_s: i64) -> [Vec<Point>; 2] {
        let [submitted, settled] = [0, 1].map(|which| self.sums.together(|line| line % 2 == which));
        [submitted, settled].map(|sum| sum.steps(start_ms, end_s).pop().unwrap_or_default())
    }

    /// Counts a payment that its operator's wallet had the money for, submitted and perhaps settled at
    /// a time.
    pub(super) fn add(&mut self, payer: usize, fen: i64, submitted: i64, settled: Option<i64>) {
        let end = |ms: i64| ms.div_euclid(self.step_ms) * self.step_ms + self.step_ms;
        self.sums.add(end(submitted), 2 * payer, fen);
        if let Some(settled) = settled {
            self.sums.add(end(settled.max(submitted)), 2 * payer + 1, fen);
        }
        let counted = match settled.map(|at| at - submitted) {
            None => &mut self.waits.never,
            Some(..=0) => &mut self.waits.at_once,
            Some(wait) => {
                let stretch = WAITS.iter().position(|end| wait <= end * 1000);
                &mut self.waits.waited[stretch.unwrap_or(WAITS.len())]
            }
        };
        counted[0] += 1;
        counted[1] += fen;
    }
}

/// How an end of a stretch is told.
pub(super) fn wait_name(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        seconds if seconds * 1000 == DAY_MS => "1 day".to_owned(),
        seconds => format!("{} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_fall_into_the_stretch_that_ends_with_them() {
        let mut progress = Progress::new(2, 1);
        for (wait, fen) in [(0, 7), (60_000, 10), (60_001, 20), (90_000_000, 40)] {
            progress.add(1, fen, 30_000, Some(30_000 + wait));
        }
        progress.add(0, 80, 30_000, None);
        let waits = &progress.waits;
        assert_eq!((waits.at_once, waits.never, waits.all()), ([1, 7], [1, 80], [5, 157]));
        assert_eq!(
            (waits.waited[5], waits.waited[6], waits.waited[16]),
            ([1, 10], [1, 20], [1, 40])
        );
        let lines = progress.sums.steps(0, 100_000);
        assert_eq!(lines[0], [[0, 0], [60, 80], [100_000, 80]]);
        assert_eq!(lines[3], [[0, 0], [60, 7], [120, 37], [90_060, 77], [100_000, 77]]);
        assert!(lines[1].is_empty());
        let [submitted, settled] = progress.all(0, 100_000);
        assert_eq!(submitted, [[0, 0], [60, 157], [100_000, 157]]);
        assert_eq!(settled, lines[3]);
        assert_eq!(WAITS.map(wait_name)[4..7], ["30 s", "1 min", "2 min"]);
    }
}
