//! The limits of the transport.

use serde::{Deserialize, Serialize};

crate::table! {
    /// `[cluster.transport]`: what strangers may hold of a process.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub struct TransportLimits at "cluster.transport" {
        /// The most connections of a process; beyond them the one that has been idle or quiet for
        /// longest makes room.
        connections: usize = 1024, "connections", 1 to 1048576,
            "and what the system leaves of its descriptors";
        /// The most calls under way on one connection; a client waits with more.
        streams: u32 = 256, "calls", 1 to 1048576;
        /// The most subscribers of one kind of event.
        subscribers: usize = 1024, "subscribers", 0 to 1048576;
        /// The most bytes of messages on one connection that are not complete.
        connection_bytes: usize = 67108864, "bytes", 1048576 to 17179869184;
        /// The most bytes of messages in all that are not complete; the first 16 KiB of each have
        /// as much room of their own.
        bytes: usize = 268435456, "bytes", 1048576 to 17179869184;
        /// The most bytes of the headers of a call.
        header_bytes: u32 = 16384, "bytes", 4096 to 16777216;
        /// How long a new connection may take until it speaks HTTP/2.
        handshake_seconds: u32 = 10, "seconds", 1 to 86400;
        /// How long a connection may be open without a call.
        idle_seconds: u32 = 900, "seconds", 1 to 86400;
        /// How long a message may take from its first byte to its last; an answer waits at least
        /// twice as long for its client.
        message_seconds: u32 = 20, "seconds", 1 to 86400;
        /// How often a connection is asked whether its peer is there.
        keepalive_seconds: u32 = 20, "seconds", 1 to 86400;
        /// How long the peer may take to answer.
        keepalive_timeout_seconds: u32 = 20, "seconds", 1 to 86400;
    }
}
