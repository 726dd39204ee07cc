//! The proof that nothing waiting can settle, kept from the last search so that it need not be
//! repeated.
//!
//! A search drops payments one by one, each because its sender was short, and settles the rest. So
//! every payment that waits afterwards was dropped for a certain shortage of its sender. Until a
//! participant has been paid the amount of its shortage, the same drops can be repeated in the same
//! order, whatever else settles meanwhile: payments that settle only move money that comes from
//! outside the queues, and a payment that joins a queue is dropped before those in front of it.

/// More than any participant is ever paid.
const UNBOUNDED: i128 = i128::MAX;

/// Proves that nothing that waits can settle, while it holds.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    holds: bool,
    /// By participant, its least shortage at a drop: once it is paid this much the proof fails.
    slack: Vec<i128>,
}

impl Proof {
    /// No proof: nothing is known.
    pub(super) fn none(participants: usize) -> Self {
        Self { holds: false, slack: vec![UNBOUNDED; participants] }
    }

    /// The proof before any drop.
    pub(super) fn begin(participants: usize) -> Self {
        Self { holds: true, ..Self::none(participants) }
    }

    /// Whether it proves that nothing waiting can settle.
    pub(super) fn holds(&self) -> bool {
        self.holds
    }

    /// Whether it still holds after a participant is paid this sum.
    pub(super) fn outlives(&self, who: usize, fen: i128) -> bool {
        self.holds && self.slack[who] > fen
    }

    /// Notes money that a participant receives from outside the queues, or may count on in the
    /// course of the drops.
    pub(super) fn paid(&mut self, who: usize, fen: i128) {
        self.holds = self.outlives(who, fen);
        if self.slack[who] != UNBOUNDED {
            self.slack[who] -= fen;
        }
    }

    /// Notes a drop at which its sender was short by this sum.
    pub(super) fn dropped(&mut self, who: usize, short: i128) {
        self.slack[who] = self.slack[who].min(short);
    }

    /// Adds the drops of another proof, which come before those of this one.
    pub(super) fn precede(&mut self, other: &Self) {
        for (slack, other) in self.slack.iter_mut().zip(&other.slack) {
            *slack = (*slack).min(*other);
        }
    }
}
