//! What the payments of a run add up to.

use std::collections::BTreeMap;
use std::path::Path;

use clearing_domain::money::{HOUR_MS, Timestamp};

use crate::table::{Group, Reader, TableError};

use super::progress::Progress;
use super::series::Changes;

const COLUMNS: [&str; 8] = [
    "payer_operator",
    "payee_operator",
    "amount_fen",
    "state",
    "reason",
    "submitted_at",
    "cleared_at",
    "settled_at",
];

const QUEUE_COLUMNS: [&str; 5] =
    ["payer_operator", "payee_operator", "amount_fen", "ended_at", "state"];
/// The states of obligations that a cut-off turned into claims.
const CLAIMED: [&str; 2] = ["UNWOUND", "PARTLY_PAID"];

/// Payments and their value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) payments: u64,
    pub(super) fen: i64,
}

/// The completed payments of an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hour {
    /// Within one operator.
    pub(super) on_us: Sum,
    /// Between operators.
    pub(super) between: Sum,
}

/// The sums over all payments of a run.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    codes: Vec<String>,
    /// Whether every payment settles by itself, so that nothing is ever owed.
    gross: bool,
    /// What each paid each, by payer and then payee, on-us payments included.
    pub(super) flows: Vec<Vec<i64>>,
    /// By the start of the hour of submission.
    pub(super) hours: BTreeMap<i64, Hour>,
    /// Payments refused, by reason.
    pub(super) refused: BTreeMap<String, Sum>,
    /// What each is owed by obligations that have not settled; under gross settlement what each has
    /// received less what it has sent.
    pub(super) positions: Changes,
    /// The value of obligations that have not settled.
    pub(super) unsettled: Changes,
    /// What was submitted to other operators, and what of it settled.
    pub(super) progress: Progress,
}

impl Hour {
    /// Adds the payments of another hour.
    pub(super) fn add(&mut self, other: &Self) {
        for (sum, more) in [(&mut self.on_us, other.on_us), (&mut self.between, other.between)] {
            sum.payments += more.payments;
            sum.fen += more.fen;
        }
    }
}

impl Sum {
    fn add(&mut self, fen: i64) {
        self.payments += 1;
        self.fen += fen;
    }
}

impl Tally {
    /// Reads the payments of operators with these codes, of a run of so many days.
    pub(super) fn read(
        folder: &Path,
        codes: &[String],
        gross: bool,
        days: u32,
    ) -> Result<Self, TableError> {
        let count = codes.len();
        let mut tally = Self {
            codes: codes.to_vec(),
            gross,
            flows: vec![vec![0; count]; count],
            hours: BTreeMap::new(),
            refused: BTreeMap::new(),
            positions: Changes::new(count),
            unsettled: Changes::new(1),
            progress: Progress::new(count, days),
        };
        Reader::open(folder, "payments")?.each_group(&COLUMNS, |group| {
            (0..group.rows()).try_for_each(|row| tally.add(group, row))
        })?;
        tally.end_claimed(folder)?;
        Ok(tally)
    }

    fn add(&mut self, group: &Group<'_>, row: usize) -> Result<(), TableError> {
        let fen = group.integer(2, row)?;
        if let Some(reason) = group.optional_text(4, row)? {
            // Looked up before it is entered: an entry would copy the reason for each of millions
            // of payments.
            if let Some(sum) = self.refused.get_mut(reason) {
                sum.add(fen);
            } else {
                self.refused.insert(reason.to_owned(), Sum { payments: 1, fen });
            }
        }
        // What a wallet had no money for was never to settle.
        if group.text(3, row)? == "REJECTED" {
            return Ok(());
        }
        let (payer, payee) = (self.operator(group, 0, row)?, self.operator(group, 1, row)?);
        if payer != payee {
            let settled = group.optional_integer(7, row)?;
            self.progress.add(payer, fen, group.integer(5, row)?, settled);
        }
        if group.text(3, row)? != "COMPLETED" {
            return Ok(());
        }
        self.flows[payer][payee] += fen;
        let hour = self.hours.entry(start_of_hour(group.integer(5, row)?)).or_default();
        // What stays within an operator is never owed, so it has no part in positions.
        if payer == payee {
            hour.on_us.add(fen);
            return Ok(());
        }
        hour.between.add(fen);
        if let Some(cleared) = group.optional_integer(6, row)? {
            self.clear(payer, payee, fen, cleared, group.optional_integer(7, row)?);
        }
        Ok(())
    }

    /// Counts an obligation from when it was cleared until it settled.
    fn clear(&mut self, payer: usize, payee: usize, fen: i64, cleared: i64, settled: Option<i64>) {
        // What settles at the end of its own tick has not waited, and may be told to have settled
        // before that.
        let settled = settled.map(|at| at.max(cleared));
        let ends = if self.gross { None } else { settled };
        for (at, fen) in std::iter::once((cleared, fen)).chain(ends.map(|at| (at, -fen))) {
            self.positions.add(at, payer, -fen);
            self.positions.add(at, payee, fen);
        }
        self.unsettled.add(cleared, 0, fen);
        if let Some(settled) = settled {
            self.unsettled.add(settled, 0, -fen);
        }
    }

    /// Ends the obligations that left settlement as claims: they are owed, but no longer between
    /// settlements.
    fn end_claimed(&mut self, folder: &Path) -> Result<(), TableError> {
        let reader = Reader::open(folder, "queue")?;
        if !QUEUE_COLUMNS.iter().all(|name| reader.has(name)) {
            return Ok(());
        }
        reader.each_group(&QUEUE_COLUMNS, |group| {
            for row in 0..group.rows() {
                let (state, ended) = (group.text(4, row)?, group.optional_integer(3, row)?);
                let Some(ended) = ended.filter(|_| CLAIMED.contains(&state)) else { continue };
                let (payer, payee) = (self.operator(group, 0, row)?, self.operator(group, 1, row)?);
                let fen = group.integer(2, row)?;
                self.positions.add(ended, payer, fen);
                self.positions.add(ended, payee, -fen);
                self.unsettled.add(ended, 0, -fen);
            }
            Ok(())
        })
    }

    fn operator(&self, group: &Group<'_>, column: usize, row: usize) -> Result<usize, TableError> {
        let code = group.text(column, row)?;
        let place = self.codes.iter().position(|known| known == code);
        place.ok_or_else(|| {
            group.bad(column, format_args!("names {code}, of which the summary does not know"))
        })
    }
}

/// The start of the hour that a time lies in, in Shanghai.
fn start_of_hour(ms: i64) -> i64 {
    ms - Timestamp::from_ms(ms).ms_of_day() % HOUR_MS
}
