//! Values over time as steps, few enough to draw.

use std::collections::BTreeMap;

/// A line has about so many points at most, whatever the run.
pub(super) const POINTS_MAX: usize = 2_000;

/// Changes of several values at each time, in milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Changes {
    lines: usize,
    at: BTreeMap<i64, Vec<i64>>,
}

/// A value from a time on: seconds since the start of the first day, and fen.
pub(super) type Point = [i64; 2];

impl Changes {
    /// No changes of so many values, which all start at zero.
    pub(super) fn new(lines: usize) -> Self {
        Self { lines, at: BTreeMap::new() }
    }

    /// Changes a value at a time.
    pub(super) fn add(&mut self, ms: i64, line: usize, change: i64) {
        let lines = self.lines;
        self.at.entry(ms).or_insert_with(|| vec![0; lines])[line] += change;
    }

    /// The first and the last time.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        Some((*self.at.first_key_value()?.0, *self.at.last_key_value()?.0))
    }

    /// The largest of the first value, and when it was reached; `None` when it was never above
    /// zero.
    pub(super) fn peak(&self) -> Option<(i64, i64)> {
        let (mut value, mut peak) = (0, None);
        for (ms, changes) in &self.at {
            value += changes[0];
            // The first time of the most; a later equal one is no new peak.
            if value > peak.map_or(0, |(_, most)| most) {
                peak = Some((*ms, value));
            }
        }
        peak
    }

    /// The changes of some of the values as those of one.
    pub(super) fn together(&self, belongs: impl Fn(usize) -> bool) -> Self {
        let mut sum = Self::new(1);
        for (ms, changes) in &self.at {
            let own = changes.iter().enumerate().filter(|(line, _)| belongs(*line));
            sum.add(*ms, 0, own.map(|(_, change)| change).sum());
        }
        sum
    }

    /// The steps of each value from a start to an end; empty when it never changes.
    pub(super) fn steps(&self, start_ms: i64, end_s: i64) -> Vec<Vec<Point>> {
        (0..self.lines).map(|line| self.line(line, start_ms, end_s)).collect()
    }

    fn line(&self, line: usize, start_ms: i64, end_s: i64) -> Vec<Point> {
        let (mut value, mut points) = (0, Vec::new());
        for (ms, changes) in self.at.iter().filter(|(_, changes)| changes[line] != 0) {
            value += changes[line];
            points.push([(ms - start_ms) / 1000, value]);
        }
        if points.is_empty() {
            return points;
        }
        // A line begins at zero and goes on to the end, or charts would end at its last change.
        let mut steps = vec![[0, 0]];
        steps.extend(thin(&points, POINTS_MAX));
        steps.push([end_s, value]);
        steps
    }
}

/// Leaves the least and the largest of each stretch, in their order, so that no peak is lost.
fn thin(points: &[Point], most: usize) -> Vec<Point> {
    if points.len() <= most {
        return points.to_vec();
    }
    // Each stretch leaves two points, its least and its largest.
    let stretch = points.len().div_ceil(most / 2);
    let ends = |stretch: &[Point]| {
        let least = (0..stretch.len()).min_by_key(|place| stretch[*place][1]).unwrap_or_default();
        let largest = (0..stretch.len()).max_by_key(|place| stretch[*place][1]).unwrap_or_default();
        let (one, other) = (least.min(largest), least.max(largest));
        let both = [Some(stretch[one]), (other != one).then(|| stretch[other])];
        both.into_iter().flatten()
    };
    points.chunks(stretch).flat_map(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_step_from_zero_at_the_start_to_the_last_at_the_end() {
        let mut changes = Changes::new(2);
        for (ms, change) in [(3_000, 5), (1_000, 7), (3_000, -12)] {
            changes.add(ms, 0, change);
        }
        assert_eq!(changes.steps(0, 10), [vec![[0, 0], [1, 7], [3, 0], [10, 0]], vec![]]);
        assert_eq!((changes.peak(), changes.span()), (Some((1_000, 7)), Some((1_000, 3_000))));
        assert_eq!(Changes::new(1).peak(), None);
    }

    #[test]
    fn a_long_line_is_thinned_without_losing_its_peaks() {
        let mut points: Vec<_> = (0..100_000).map(|place| [place, place % 7]).collect();
        (points[31_415][1], points[92_653][1]) = (1_000, -1_000);
        let thinned = thin(&points, POINTS_MAX);
        assert!(
            thinned.len() <= POINTS_MAX && thinned.is_sorted_by_key(|[at, _]| *at),
            "{}",
            thinned.len()
        );
        assert!(thinned.contains(&[31_415, 1_000]) && thinned.contains(&[92_653, -1_000]));
        assert_eq!(thin(&points[..10], 10), points[..10]);
    }
}
