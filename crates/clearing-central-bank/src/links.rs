//! The streams of the linked operators, by their numbers in the roster.

use std::convert::Infallible;

use clearing_domain::link::CentralBankMessage;
use clearing_domain::money::OperatorNumber;
use clearing_node::crash;
use dashmap::DashMap;
use tokio::sync::{mpsc, oneshot};
use tonic::Status;

/// How many messages may wait for an operator. Beyond that the link ends; after the operator's next
/// registration the ledger resends everything undelivered or undecided.
const WAITING_MAX: usize = 4096;

/// The stream to one operator. Dropping it ends the link; an error sent first says why.
#[derive(Debug)]
pub(crate) struct Stream {
    messages: mpsc::Sender<Result<CentralBankMessage, Status>>,
    _open: oneshot::Sender<Infallible>,
}

/// The messages of a stream, and a receiver that resolves when the stream has been dropped.
pub(crate) type StreamEnd =
    (mpsc::Receiver<Result<CentralBankMessage, Status>>, oneshot::Receiver<Infallible>);

impl Stream {
    pub(crate) fn new() -> (Self, StreamEnd) {
        let (messages, received) = mpsc::channel(WAITING_MAX);
        let (open, dropped) = oneshot::channel();
        (Self { messages, _open: open }, (received, dropped))
    }

    /// Ends the stream with an error, which an operator with a full queue does not receive.
    pub(crate) fn refuse(self, error: Status) {
        let _ = self.messages.try_send(Err(error));
    }
}

/// The present stream of each operator, with its incarnation.
#[derive(Debug, Default)]
pub(crate) struct Links {
    streams: DashMap<OperatorNumber, (u64, Stream)>,
}

impl Links {
    /// Sends to the present stream of an operator. Never waits.
    pub(crate) fn send(&self, operator: OperatorNumber, message: CentralBankMessage) {
        let Some(stream) = self.streams.get(&operator) else { return };
        let (incarnation, sender) = stream.value();
        crash::point(crash::BEFORE_SEND);
        // A message of an earlier incarnation is dropped: the new registration has made the ledger
        // resend it under the new numbers.
        if message.place.incarnation == *incarnation
            && sender.messages.try_send(Ok(message)).is_err()
        {
            // The guard of the map must go first: the removal below locks the same part of it.
            drop(stream);
            self.close(operator);
        }
        crash::point(crash::AFTER_SEND);
    }

    /// Sets the stream of a new registration. The stream before it is dropped and so ends.
    pub(crate) fn set(&self, operator: OperatorNumber, incarnation: u64, stream: Stream) {
        self.streams.insert(operator, (incarnation, stream));
    }

    /// Ends the stream of an operator with an error.
    pub(crate) fn refuse(&self, operator: OperatorNumber, error: Status) {
        if let Some((_, (_, stream))) = self.streams.remove(&operator) {
            stream.refuse(error);
        }
    }

    /// Ends the stream of an operator.
    pub(crate) fn close(&self, operator: OperatorNumber) {
        self.streams.remove(&operator);
    }

    /// Ends the stream of an incarnation, after an error if there is one; a newer stream stays.
    pub(crate) fn end(&self, operator: OperatorNumber, incarnation: u64, error: Option<Status>) {
        let ended = self.streams.remove_if(&operator, |_, (present, _)| *present == incarnation);
        if let (Some((_, (_, stream))), Some(error)) = (ended, error) {
            stream.refuse(error);
        }
    }

    /// Ends every stream: the process stops.
    pub(crate) fn close_all(&self) {
        self.streams.clear();
    }
}
