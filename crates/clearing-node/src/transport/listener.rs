//! Accepts connections, in one task that also closes those that send nothing.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use super::connections::{Connections, ServedConnection};

/// How many accepted connections may wait to be served.
const WAITING_MAX: usize = 16;
/// How often connections are checked against their limits.
const SWEEP_EVERY: Duration = Duration::from_millis(500);
/// How long to wait after a connection could not be accepted, for example for want of descriptors:
/// to try again at once would only keep a processor busy.
const PAUSE: Duration = Duration::from_millis(100);

/// The connections of a listener, within their limits, until the stream is dropped.
pub fn incoming(
    listener: TcpListener,
    connections: Arc<Connections>,
) -> impl Stream<Item = io::Result<ServedConnection>> {
    let (taken, stream) = mpsc::channel(WAITING_MAX);
    tokio::spawn(take_all(listener, connections, taken));
    ReceiverStream::new(stream)
}

async fn take_all(
    listener: TcpListener,
    connections: Arc<Connections>,
    taken: mpsc::Sender<io::Result<ServedConnection>>,
) {
    let mut sweep = tokio::time::interval(SWEEP_EVERY);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let accepted = tokio::select! {
            () = taken.closed() => return,
            _ = sweep.tick() => {
                connections.sweep();
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                // With Nagle's algorithm small replies would wait for the peer's acknowledgement.
                let _ = stream.set_nodelay(true);
                if let Some(connection) = connections.admit(stream, peer)
                    && taken.send(Ok(connection)).await.is_err()
                {
                    return;
                }
            }
            Err(error) => {
                if let Some(left_out) = connections.refusals.connections.add() {
                    tracing::warn!(%error, left_out, "a connection could not be taken");
                }
                // The usual cause is a lack of descriptors, which only a closed connection cures.
                connections.make_room();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
