//! Limits of the transport: what strangers who reach a port may hold of a process, and for how
//! long.
//!
//! Connections pass through [`incoming`], which counts them and closes those that say nothing;
//! calls pass through [`GuardLayer`], which counts streams and the bytes of messages that are not
//! complete.

mod answer;
mod body;
mod connections;
mod layer;
mod listener;

pub use connections::{Connections, ServedConnection};
pub use layer::GuardLayer;
pub use listener::incoming;

use std::time::Duration;

use clearing_config::TransportLimits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors left to the ledger's files, the log and what the runtime needs.
const DESCRIPTORS_KEPT: u64 = 48;

/// The same limits with no more connections than the process may have descriptors for. It asks for
/// as many as the system lets it have.
#[must_use]
pub fn within_descriptors(mut limits: TransportLimits) -> TransportLimits {
    let descriptors = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: descriptors.maximum, maximum: descriptors.maximum };
    let is_raised = setrlimit(Resource::Nofile, raised).is_ok();
    let current = if is_raised { descriptors.maximum } else { descriptors.current };
    if let Some(room) =
        current.and_then(|current| usize::try_from(current.saturating_sub(DESCRIPTORS_KEPT)).ok())
    {
        limits.connections = limits.connections.min(room.max(1));
    }
    limits
}

/// A limit of time as the runtime takes it.
pub fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}
