//! Limits of the transport: how much of a process an unknown client may occupy, and for how long.
//!
//! Connections pass through [`incoming`], which counts them and closes those that send nothing;
//! calls pass through [`GuardLayer`], which counts streams and the bytes of incomplete messages.

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

/// Descriptors that stay free for the ledger's files, the log and the runtime.
const DESCRIPTORS_KEPT: u64 = 48;

/// The same limits, with no more connections than the process has descriptors. The process first
/// raises its number of descriptors to the maximum that the system allows.
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

/// A limit in seconds as a duration.
pub fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}
