//! Those who watch a process, and its counts of refusals.

use std::sync::Arc;

use clearing_config::TransportLimits;

use crate::events::Events;
use crate::hub::Hub;
use crate::refusals::Refusals;

/// The subscribers of a process: to its events, and to the changes of the records that its tier
/// shows, each of one key or of all.
#[derive(Debug)]
pub struct Watching<T, K> {
    /// The counts of refusals to peers and clients.
    pub refusals: Arc<Refusals>,
    /// Subscribers to events of the process.
    pub events: Events,
    /// Subscribers to changes of records.
    pub changes: Hub<T, K>,
}

impl<T: Send + Sync + 'static, K: Send + Sync + 'static> Watching<T, K> {
    /// Starts without subscribers.
    pub fn start(limits: &TransportLimits) -> Self {
        let refusals = Arc::<Refusals>::default();
        Self {
            events: Events::new(limits, &refusals),
            changes: Hub::new(limits.subscribers, Arc::clone(&refusals)),
            refusals,
        }
    }

    /// Ends every subscription: the process stops, and a call that waits for events would keep it
    /// from finishing.
    pub fn close(&self) {
        self.changes.close();
        self.events.close();
    }
}
