//! The settlement accounts over the time of a run, and while who waited for cover.

use std::path::Path;

use crate::table::{Reader, TableError};

/// The account of an operator.
#[derive(Clone, Debug, Default)]
pub(super) struct Balance {
    /// Times in milliseconds, ascending, and what was on it from then on, in fen.
    pub(super) points: Vec<[i64; 2]>,
    /// How far it may fall, in fen.
    pub(super) floor: i64,
    /// From when to when payments of the operator waited for cover; the second is missing of those
    /// that wait on.
    pub(super) waits: Vec<(i64, Option<i64>)>,
}

impl Balance {
    /// Reads the accounts of operators with these codes; nothing from results without the table.
    pub(super) fn read(folder: &Path, codes: &[String]) -> Result<Vec<Self>, TableError> {
        if !folder.join("balances.parquet").exists() {
            return Ok(Vec::new());
        }
        let mut balances = vec![Self::default(); codes.len()];
        let place = |code: &str| codes.iter().position(|known| known == code);
        let names = ["operator", "at", "balance_fen", "floor_fen"];
        Reader::open(folder, "balances")?.each_group(&names, |group| {
            for row in 0..group.rows() {
                if let Some(place) = place(group.text(0, row)?) {
                    let balance = &mut balances[place];
                    balance.points.push([group.integer(1, row)?, group.integer(2, row)?]);
                    balance.floor = group.integer(3, row)?;
                }
            }
            Ok(())
        })?;
        let names = ["payer_operator", "cycle", "queued_at", "ended_at"];
        Reader::open(folder, "queue")?.each_group(&names, |group| {
            for row in 0..group.rows() {
                // What has a cycle missed a cut-off and did not wait for cover.
                if group.integer(1, row)? != 0 {
                    continue;
                }
                if let Some(place) = place(group.text(0, row)?) {
                    let ended = group.optional_integer(3, row)?;
                    balances[place].waits.push((group.integer(2, row)?, ended));
                }
            }
            Ok(())
        })?;
        balances.iter_mut().for_each(|balance| balance.waits = joined(&balance.waits));
        Ok(balances)
    }

    /// The least that was on it, and since when.
    pub(super) fn least(&self) -> Option<[i64; 2]> {
        self.points.iter().copied().min_by_key(|[_, fen]| *fen)
    }

    /// For how long payments waited, by a time, in milliseconds.
    pub(super) fn waited_ms(&self, end: i64) -> i64 {
        self.waits.iter().map(|(from, to)| to.unwrap_or(end) - from).sum()
    }
}

/// Spans that do not overlap, from some that may.
fn joined(spans: &[(i64, Option<i64>)]) -> Vec<(i64, Option<i64>)> {
    let end = |to: Option<i64>| to.unwrap_or(i64::MAX);
    let mut spans = spans.to_vec();
    spans.sort_by_key(|(from, to)| (*from, end(*to)));
    let mut joined: Vec<(i64, Option<i64>)> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some((_, last)) if from <= end(*last) => {
                if end(to) > end(*last) {
                    *last = to;
                }
            }
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn spans_that_meet_are_one() {
        let spans =
            [(5, Some(7)), (1, Some(3)), (2, Some(4)), (7, Some(8)), (20, None), (30, Some(31))];
        assert_eq!(joined(&spans), [(1, Some(4)), (5, Some(8)), (20, None)]);
    }
}
