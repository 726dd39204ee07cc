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

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What strangers may hold of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportLimits {
    /// Connections in all. Beyond it the one that has been idle longest makes room, else one whose
    /// calls are quiet.
    pub connections: usize,
    /// Calls under way on one connection; a client waits with more.
    pub streams: u32,
    /// Subscribers of one kind of event.
    pub subscribers: usize,
    /// Bytes of unfinished messages on one connection.
    pub connection_bytes: usize,
    /// Bytes of unfinished messages in all.
    pub bytes: usize,
    /// Bytes of the headers of a call.
    pub header_bytes: u32,
    /// How long a new connection may take to speak HTTP/2.
    pub handshake_seconds: u32,
    /// How long a connection may be without a call.
    pub idle_seconds: u32,
    /// How long a message may take from its first byte to its last; an answer waits at least twice
    /// as long for its client to take more.
    pub message_seconds: u32,
    /// How often a connection is asked whether it is alive.
    pub keepalive_seconds: u32,
    /// How long it may take to answer.
    pub keepalive_timeout_seconds: u32,
}

impl Default for TransportLimits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            streams: 256,
            subscribers: 1_024,
            connection_bytes: 64 * 1024 * 1024,
            bytes: 256 * 1024 * 1024,
            header_bytes: 16 * 1024,
            handshake_seconds: 10,
            idle_seconds: 900,
            message_seconds: 20,
            keepalive_seconds: 20,
            keepalive_timeout_seconds: 20,
        }
    }
}

/// Descriptors left to the ledger's files, the log and what the runtime needs.
const DESCRIPTORS_KEPT: u64 = 48;

impl TransportLimits {
    /// The same limits with no more connections than the process may have descriptors for. It asks
    /// for as many as the system lets it have.
    #[must_use]
    pub fn within_descriptors(mut self) -> Self {
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        let current =
            if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
        if let Some(room) = current
            .and_then(|current| usize::try_from(current.saturating_sub(DESCRIPTORS_KEPT)).ok())
        {
            self.connections = self.connections.min(room.max(1));
        }
        self
    }
}

/// A limit of time as the runtime takes it.
pub fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}
