//! How processes are reached.

use std::net::SocketAddr;

use tonic::transport::{Endpoint, Error};

/// How many bytes of a stream may be unread before its sender waits: a full message of the link.
const WINDOW: u32 = 4 * 1024 * 1024;

/// A process by its address.
pub fn endpoint(address: SocketAddr) -> Result<Endpoint, Error> {
    endpoint_at(format!("http://{address}"))
}

/// A process by its URL.
pub fn endpoint_at(url: String) -> Result<Endpoint, Error> {
    Ok(Endpoint::from_shared(url)?
        // A payment is a small message. Held back until more follows, it would wait for the
        // acknowledgement of the one before.
        .tcp_nodelay(true)
        // One stream may fill its window while its reader is slow; the others of the connection
        // must still flow.
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(4 * WINDOW))
}
