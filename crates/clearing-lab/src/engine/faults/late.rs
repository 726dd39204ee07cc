//! Payments that wait for a later tick.

use std::collections::BTreeMap;

use clearing_domain::operator::TickItem;

/// A payment that waits because its operator is slow.
#[derive(Clone, Debug)]
pub(super) struct Late {
    /// The operator in the order of the configuration.
    pub(super) place: usize,
    /// The fault that delays it.
    pub(super) fault: usize,
    /// The payment with the time at which it will be submitted.
    pub(super) item: TickItem,
}

/// The payments that wait, by the tick in which they are due.
#[derive(Debug, Default)]
pub(super) struct LatePayments(BTreeMap<u64, Vec<Late>>);

impl LatePayments {
    pub(super) fn put(&mut self, tick: u64, late: impl Iterator<Item = Late>) {
        let mut late = late.peekable();
        if late.peek().is_some() {
            self.0.entry(tick).or_default().extend(late);
        }
    }

    pub(super) fn take(&mut self, tick: u64) -> Vec<Late> {
        self.0.remove(&tick).unwrap_or_default()
    }

    /// The ticks in which payments are due, ascending.
    pub(super) fn ticks(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.keys().copied()
    }

    /// What is due after the end of the run.
    pub(super) fn rest(self) -> impl Iterator<Item = Late> {
        self.0.into_values().flatten()
    }
}
