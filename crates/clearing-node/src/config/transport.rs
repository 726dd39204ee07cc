//! The limits of the transport in a file.

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::validate::within;
use crate::transport::TransportLimits;

/// `[cluster.transport]`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTransport {
    connections: Option<usize>,
    streams: Option<u32>,
    subscribers: Option<usize>,
    connection_bytes: Option<usize>,
    bytes: Option<usize>,
    header_bytes: Option<u32>,
    handshake_seconds: Option<u32>,
    idle_seconds: Option<u32>,
    message_seconds: Option<u32>,
    keepalive_seconds: Option<u32>,
    keepalive_timeout_seconds: Option<u32>,
}

impl RawTransport {
    pub(super) fn resolve(self) -> TransportLimits {
        let default = TransportLimits::default();
        TransportLimits {
            connections: self.connections.unwrap_or(default.connections),
            streams: self.streams.unwrap_or(default.streams),
            subscribers: self.subscribers.unwrap_or(default.subscribers),
            connection_bytes: self.connection_bytes.unwrap_or(default.connection_bytes),
            bytes: self.bytes.unwrap_or(default.bytes),
            header_bytes: self.header_bytes.unwrap_or(default.header_bytes),
            handshake_seconds: self.handshake_seconds.unwrap_or(default.handshake_seconds),
            idle_seconds: self.idle_seconds.unwrap_or(default.idle_seconds),
            message_seconds: self.message_seconds.unwrap_or(default.message_seconds),
            keepalive_seconds: self.keepalive_seconds.unwrap_or(default.keepalive_seconds),
            keepalive_timeout_seconds: self
                .keepalive_timeout_seconds
                .unwrap_or(default.keepalive_timeout_seconds),
        }
    }
}

impl From<TransportLimits> for RawTransport {
    fn from(limits: TransportLimits) -> Self {
        Self {
            connections: Some(limits.connections),
            streams: Some(limits.streams),
            subscribers: Some(limits.subscribers),
            connection_bytes: Some(limits.connection_bytes),
            bytes: Some(limits.bytes),
            header_bytes: Some(limits.header_bytes),
            handshake_seconds: Some(limits.handshake_seconds),
            idle_seconds: Some(limits.idle_seconds),
            message_seconds: Some(limits.message_seconds),
            keepalive_seconds: Some(limits.keepalive_seconds),
            keepalive_timeout_seconds: Some(limits.keepalive_timeout_seconds),
        }
    }
}

/// Checks the ranges that the description of the keys names.
pub(super) fn validate(limits: &TransportLimits) -> Result<(), ConfigError> {
    let path = |name: &str| format!("cluster.transport.{name}");
    for (name, value, least) in [
        ("connections", limits.connections, 1),
        ("streams", limits.streams as usize, 1),
        ("subscribers", limits.subscribers, 0),
    ] {
        within(&path(name), value, least, 1 << 20)?;
    }
    for (name, value) in [("connection_bytes", limits.connection_bytes), ("bytes", limits.bytes)] {
        within(&path(name), value, 1 << 20, 16 << 30)?;
    }
    within(&path("header_bytes"), limits.header_bytes, 4 << 10, 16 << 20)?;
    for (name, value) in [
        ("handshake_seconds", limits.handshake_seconds),
        ("idle_seconds", limits.idle_seconds),
        ("message_seconds", limits.message_seconds),
        ("keepalive_seconds", limits.keepalive_seconds),
        ("keepalive_timeout_seconds", limits.keepalive_timeout_seconds),
    ] {
        within(&path(name), value, 1, 86_400)?;
    }
    Ok(())
}
