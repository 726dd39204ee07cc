//! What an operator was lent by the central bank, and when it comes due.

use crate::money::{Position, Timestamp};

/// What an operator was lent by the central bank, and what of it lasted beyond a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lending {
    /// What the central bank lent it at cut-offs that it could not cover.
    pub drawn: Position,
    /// What it repaid of that.
    pub repaid: Position,
    /// What it owed after the last close of a day: credit not repaid, and its reserve account below
    /// zero.
    pub overdraft: Position,
    /// Since when it owes anything.
    owes_since: Option<Timestamp>,
    /// The last close of a day that left it overdrawn.
    closed_at: Option<Timestamp>,
}

impl Lending {
    /// What was lent and is not repaid.
    pub fn open(self) -> Position {
        self.drawn - self.repaid
    }

    /// Notes an overdraft at the close of a day; one of nothing ends it.
    pub fn close(&mut self, overdraft: Position, at: Timestamp) {
        self.overdraft = overdraft;
        self.closed_at = Some(at);
    }

    /// Notes since when anything is owed; called after every change of what is owed.
    pub fn note(&mut self, owed: Position, at: Timestamp) {
        // Only when it began counts: a debt that grows is no newer one.
        if owed <= Position::ZERO {
            self.owes_since = None;
        } else if self.owes_since.is_none() {
            self.owes_since = Some(at);
        }
    }

    /// Whether something is owed since the close of a day that left an overdraft. Credit of this
    /// day is none, even where the day before ended overdrawn.
    pub fn is_overdue(self) -> bool {
        self.overdraft > Position::ZERO
            && self.owes_since.zip(self.closed_at).is_some_and(|(since, closed)| since <= closed)
    }

    /// The close of the day at which what is owed comes due, or the end of an overdraft is noted.
    pub fn due(self) -> Option<Timestamp> {
        let next_close = self.closed_at.map(|closed_at| closed_at.date().next().start());
        match self.owes_since.map(Timestamp::day_end) {
            // Not before its first close: credit of the day is no overdraft.
            Some(first) if self.closed_at < Some(first) => Some(first),
            Some(_) => next_close,
            None => next_close.filter(|_| self.overdraft > Position::ZERO),
        }
    }
}
