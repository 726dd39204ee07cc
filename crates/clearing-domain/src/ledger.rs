//! A ledger as those see it who drive it: a state machine that reads no clock and writes no disk.
//!
//! Commands are methods of each ledger itself. What every ledger has in common is what happens to
//! it between commands: time passes, and what the commands changed is taken away as one batch.

use crate::money::Timestamp;
use crate::seal::{Chain, Invariant};

/// A ledger, driven in batches: the time, then commands, then the batch is taken.
pub trait Ledger: Send + 'static {
    /// What a batch changed: rows and values to be written.
    type Changes;
    /// What a batch releases once it is written: messages and events.
    type Effects;

    /// Moves the business time forward to the time of the clock, never back, and does everything
    /// that has come due. Returns the business time at which the next commands are applied.
    fn advance_clock(&mut self, clock: Timestamp) -> Timestamp;
    /// Takes the changes since the last call, and the effects to release once they are written.
    fn take_batch(&mut self) -> (Self::Changes, Self::Effects);
    /// Whether there is nothing to write.
    fn is_unchanged(changes: &Self::Changes) -> bool;
    /// Whether the batch must be on disk before its effects leave.
    fn needs_sync(effects: &Self::Effects) -> bool;
    /// Reports the last batch to every linked peer that lacks it, with the next effects.
    fn send_witness(&mut self);
}

/// A ledger whose batches are sealed, so that its file can be checked against the last seal.
pub trait SealedLedger: Ledger {
    /// The chain as it is once the batch of these changes is written.
    fn chain_of(changes: &Self::Changes) -> Chain;
    /// Sets the digest of the file's own texts. When the last batch sealed others, the next one,
    /// which is then due at once, seals these.
    fn cover_file(&mut self, file: [u8; 32]);
    /// Checks what is kept beside the rows against what the last batch sealed.
    fn check_beside(&self) -> Invariant;
}
