//! The bodies of requests, with limits of their unfinished bytes and of their time.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;

use clearing_api::status::status;
use clearing_domain::Reason;

use super::connections::{Connection, Connections, message_time};

/// The prefix of a message: a flag and its length.
const PREFIX_BYTES: usize = 5;

/// Finds where messages begin and end in the bytes of a call.
#[derive(Debug, Default)]
struct Framing {
    /// How many bytes of the prefix have arrived.
    prefix: usize,
    length: [u8; PREFIX_BYTES - 1],
    /// How many bytes of the present message are missing.
    missing: usize,
    /// How many bytes of the present message are buffered, with its prefix.
    held: usize,
}

impl Framing {
    /// Follows more bytes; returns whether they complete a message.
    fn take(&mut self, mut bytes: &[u8]) -> bool {
        let mut completed = false;
        while !bytes.is_empty() {
            if self.prefix < PREFIX_BYTES {
                let (byte, rest) = (bytes[0], &bytes[1..]);
                if self.prefix > 0 {
                    self.length[self.prefix - 1] = byte;
                }
                self.prefix += 1;
                self.held += 1;
                bytes = rest;
                if self.prefix == PREFIX_BYTES {
                    self.missing = u32::from_be_bytes(self.length) as usize;
                }
            } else {
                let part = bytes.len().min(self.missing);
                self.missing -= part;
                self.held += part;
                bytes = &bytes[part..];
            }
            if self.prefix == PREFIX_BYTES && self.missing == 0 {
                *self = Self::default();
                completed = true;
            }
        }
        completed
    }
}

/// The bytes of a call on their way to its handler.
pub(super) struct GuardedBody {
    inner: Option<Body>,
    connections: Arc<Connections>,
    connection: Arc<Connection>,
    framing: Framing,
    /// Whether its bytes count against the limits: not where the caller has proven itself.
    counts: bool,
    /// Whether the client may pause between messages for as long as it likes.
    streams: bool,
    /// How many bytes are counted at the connection.
    held: usize,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl GuardedBody {
    pub(super) fn new(
        inner: Body,
        connections: Arc<Connections>,
        connection: Arc<Connection>,
        counts: bool,
        streams: bool,
    ) -> Self {
        Self {
            inner: Some(inner),
            connections,
            connection,
            framing: Framing::default(),
            counts,
            streams,
            held: 0,
            deadline: None,
        }
    }

    /// Counts the bytes of the unfinished message; false when there is no room for them.
    fn count(&mut self) -> bool {
        let held = self.framing.held;
        let fits = if held > self.held {
            self.connections.hold(&self.connection, self.held, held)
        } else {
            self.connections.let_go(&self.connection, self.held, held);
            true
        };
        if fits {
            self.held = held;
        }
        fits
    }

    /// Counts data of the client; an error when there is no room for it.
    fn take(&mut self, data: &[u8]) -> Result<(), Status> {
        // Each completed message starts the time again: the limit is for one message, not for the
        // stream.
        if self.framing.take(data) {
            self.deadline = None;
            self.connections.note(&self.connection);
        }
        // A message that arrives whole, the usual case, has nothing to count and costs nothing.
        if self.counts && (self.held > 0 || self.framing.held > 0) && !self.count() {
            return Err(self.refuse(
                "there is no room for the unfinished messages of this connection, or of all",
            ));
        }
        Ok(())
    }

    /// Releases all counted bytes.
    fn let_go(&mut self) {
        self.connections.let_go(&self.connection, std::mem::take(&mut self.held), 0);
    }

    /// Refuses the call. The rest of the request is read and discarded, because some clients read
    /// no answer before they have sent all.
    fn refuse(&mut self, why: &str) -> Status {
        self.let_go();
        if let Some(left_out) = self.connections.refusals.calls.add() {
            tracing::warn!(left_out, "a call was refused: {why}");
        }
        if let Some(inner) = self.inner.take() {
            tokio::spawn(throw_away(inner, message_time(&self.connections)));
        }
        status(Reason::TransportLimit, "", why)
    }

    /// Waits for more of a message, up to the limit of its time.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<Status> {
        // Between two messages of a stream there is no limit: a client may have nothing to pay.
        if self.streams && self.framing.held == 0 {
            self.deadline = None;
            return Poll::Pending;
        }
        let within = message_time(&self.connections);
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(within)));
        std::task::ready!(deadline.as_mut().poll(context));
        let why = format!("a message was not complete within {} s", within.as_secs());
        // The rest is not read: this client has used up its time.
        self.inner = None;
        Poll::Ready(self.refuse(&why))
    }
}

impl HttpBody for GuardedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(inner) = self.inner.as_mut() else { return Poll::Ready(None) };
        match Pin::new(inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let taken = frame.data_ref().map_or(Ok(()), |data| self.take(data));
                Poll::Ready(Some(taken.map(|()| frame)))
            }
            Poll::Ready(ended) => {
                self.let_go();
                Poll::Ready(ended)
            }
            Poll::Pending => self.poll_deadline(context).map(|status| Some(Err(status))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

impl Drop for GuardedBody {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// Reads and discards the rest of a request, for a limited time.
async fn throw_away(mut body: Body, within: Duration) {
    let until = Instant::now() + within;
    let all = async {
        while std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context))
            .await
            .is_some_and(|frame| frame.is_ok())
        {}
    };
    let _ = tokio::time::timeout_at(until, all).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_followed_through_any_cut() {
        let bytes: Vec<u8> =
            [vec![0, 0, 0, 0, 3, 1, 2, 3], vec![0, 0, 0, 0, 0], vec![1, 0, 0, 1, 0]].concat();
        for size in 1..=bytes.len() {
            let mut framing = Framing::default();
            let completed = bytes.chunks(size).filter(|chunk| framing.take(chunk)).count();
            assert!((1..=2).contains(&completed), "{size}");
            assert_eq!((framing.held, framing.missing), (PREFIX_BYTES, 256), "{size}");
        }
    }
}
