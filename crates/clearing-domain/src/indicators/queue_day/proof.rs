//! What is known since the last search for a set that settles, so that it need not be repeated.
//!
//! A search drops payment after payment, each because its sender was short, and what is left
//! settles. So of what waits afterwards every payment was dropped, each for a shortage of so many
//! fen. Until a participant has been paid that many, the same drops can be made again in the same
//! order, whatever else happened: what settles in between moves only the money that comes from
//! outside the queues, and a payment that joins a queue is dropped before those in front of it.

/// More than anybody is ever paid.
const UNBOUNDED: i128 = i128::MAX;

/// Proves that nothing that waits can settle, while it holds.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    holds: bool,
    /// By participant, how much less it may be paid than makes one of its drops needless.
    slack: Vec<i128>,
}

impl Proof {
    /// Nothing is known.
    pub(super) fn none(participants: usize) -> Self {
        Self { holds: false, slack: vec![UNBOUNDED; participants] }
    }

    /// The proof before any drop.
    pub(super) fn begin(participants: usize) -> Self {
        Self { holds: true, ..Self::none(participants) }
    }

    /// Whether nothing that waits can settle.
    pub(super) fn holds(&self) -> bool {
        self.holds
    }

    /// Whether it also holds once a participant is paid so much.
    pub(super) fn outlives(&self, who: usize, fen: i128) -> bool {
        self.holds && self.slack[who] > fen
    }

    /// Money arrives from outside the queues, or may do so in the course of the drops.
    pub(super) fn paid(&mut self, who: usize, fen: i128) {
        self.holds = self.outlives(who, fen);
        if self.slack[who] != UNBOUNDED {
            self.slack[who] -= fen;
        }
    }

    /// Notes a drop: its sender was short by so much.
    pub(super) fn dropped(&mut self, who: usize, short: i128) {
        self.slack[who] = self.slack[who].min(short);
    }

    /// Takes the drops of another into account, which are made before its own.
    pub(super) fn precede(&mut self, other: &Self) {
        for (slack, other) in self.slack.iter_mut().zip(&other.slack) {
            *slack = (*slack).min(*other);
        }
    }
}
