//! A role's state in memory and on its disk.

/// What a process knows, and what a crash leaves of it.
///
/// Batches go to one log in order, so of what is not synced a crash leaves a beginning. The model
/// keeps the last state synced and the present one; a sync at any moment gives what lies between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ledger<T> {
    /// In memory.
    pub live: T,
    /// Durable.
    pub disk: T,
}

impl<T: Copy + PartialEq> Ledger<T> {
    /// A ledger in which all is durable.
    pub const fn new(state: T) -> Self {
        Self { live: state, disk: state }
    }

    /// Everything so far survives a crash.
    pub fn sync(&mut self) {
        self.disk = self.live;
    }

    /// Whether a crash may take something.
    pub fn is_synced(&self) -> bool {
        self.live == self.disk
    }

    /// Starts again: what was written but not synced is lost or, by luck, kept.
    pub fn crash(&mut self, kept: bool) {
        if kept { self.disk = self.live } else { self.live = self.disk }
    }
}
