//! When something is to be tried: instalments of mandates, payments of redemptions.

use std::collections::BTreeSet;

use crate::money::Timestamp;

use super::OperatorLedger;

/// How many are tried in one batch; further ones are in the next.
const DUE_MAX: usize = 10_000;

/// Records that wait for their time.
#[derive(Debug)]
pub(super) struct Agenda<S>(BTreeSet<(Timestamp, S)>);

impl<S> Default for Agenda<S> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<S: Copy + Ord> Agenda<S> {
    /// Plans a record for another time than before, or for none.
    pub(super) fn plan(&mut self, slot: S, planned: &mut Option<Timestamp>, at: Option<Timestamp>) {
        if *planned == at {
            return;
        }
        if let Some(before) = *planned {
            self.0.remove(&(before, slot));
        }
        self.0.extend(at.map(|at| (at, slot)));
        *planned = at;
    }

    /// Those whose time has come, the earliest first.
    pub(super) fn due(&self, now: Timestamp) -> impl Iterator<Item = S> {
        self.0.iter().take_while(move |(at, _)| *at <= now).map(|(_, slot)| *slot)
    }
}

impl OperatorLedger {
    /// How many records are tried at once.
    pub(super) fn due_max(&self) -> usize {
        // Under lockstep all are: how far a batch comes must decide nothing.
        if self.settings.lockstep.is_some() { usize::MAX } else { DUE_MAX }
    }
}
