//! The streams of the linked operators, by their numbers in the roster.

use std::convert::Infallible;
use std::sync::Arc;

use clearing_domain::link::CentralBankMessage;
use clearing_domain::money::OperatorNumber;
use clearing_node::crash;
use dashmap::DashMap;
use tokio::sync::{mpsc, oneshot};
use tonic::Status;

use crate::relay::Outlet;

/// How many messages may wait for an operator. Beyond that the link ends; after the operator's next
/// registration the ledger resends everything undelivered or undecided.
const WAITING_MAX: usize = 4096;

/// A stream to one operator. Dropping it ends the stream; an error sent first says why.
#[derive(Debug)]
pub(crate) struct Stream<T = CentralBankMessage> {
    messages: mpsc::Sender<Result<T, Status>>,
    _open: oneshot::Sender<Infallible>,
}

/// The messages of a stream, and a receiver that resolves when the stream has been dropped.
pub(crate) type StreamEnd<T = CentralBankMessage> =
    (mpsc::Receiver<Result<T, Status>>, oneshot::Receiver<Infallible>);

impl<T> Stream<T> {
    pub(crate) fn new() -> (Self, StreamEnd<T>) {
        let (messages, received) = mpsc::channel(WAITING_MAX);
        let (open, dropped) = oneshot::channel();
        (Self { messages, _open: open }, (received, dropped))
    }

    /// Sends a message, and answers whether there was room for it. Never waits.
    pub(crate) fn send(&self, message: T) -> bool {
        self.messages.try_send(Ok(message)).is_ok()
    }

    /// Ends the stream with an error, which an operator with a full queue does not receive.
    pub(crate) fn refuse(self, error: Status) {
        let _ = self.messages.try_send(Err(error));
    }
}

/// The link of one operator.
#[derive(Debug)]
struct Link {
    incarnation: u64,
    stream: Stream,
    /// Where it receives questions. It ends with the link, so that a new registration fences it, too.
    outlet: Option<Arc<Outlet>>,
}

/// The present link of each operator.
#[derive(Debug, Default)]
pub(crate) struct Links {
    links: DashMap<OperatorNumber, Link>,
}

impl Links {
    /// Sends to the present stream of an operator. Never waits.
    pub(crate) fn send(&self, operator: OperatorNumber, message: CentralBankMessage) {
        let Some(link) = self.links.get(&operator) else { return };
        crash::point(crash::BEFORE_SEND);
        // A message of an earlier incarnation is dropped: the new registration has made the ledger
        // resend it under the new numbers.
        if message.place.incarnation == link.incarnation && !link.stream.send(message) {
            // The guard of the map must go first: the removal below locks the same part of it.
            drop(link);
            self.close(operator);
        }
        crash::point(crash::AFTER_SEND);
    }

    /// Sets the stream of a new registration. The stream before it is dropped and so ends.
    pub(crate) fn set(&self, operator: OperatorNumber, incarnation: u64, stream: Stream) {
        self.links.insert(operator, Link { incarnation, stream, outlet: None });
    }

    /// Whether the link of an incarnation is up.
    pub(crate) fn is_up(&self, operator: OperatorNumber, incarnation: u64) -> bool {
        self.links.get(&operator).is_some_and(|link| link.incarnation == incarnation)
    }

    /// Opens the stream of questions of a link, in place of the one before; false when the link of
    /// that incarnation is not up.
    pub(crate) fn open(
        &self,
        operator: OperatorNumber,
        incarnation: u64,
        outlet: Arc<Outlet>,
    ) -> bool {
        let Some(mut link) = self.links.get_mut(&operator) else { return false };
        let present = link.incarnation == incarnation;
        if present {
            link.outlet = Some(outlet);
        }
        present
    }

    /// Where an operator receives questions; `None` while it receives none.
    pub(crate) fn outlet(&self, operator: OperatorNumber) -> Option<Arc<Outlet>> {
        self.links.get(&operator)?.outlet.clone()
    }

    /// Ends a stream of questions; a newer one of the operator stays.
    pub(crate) fn end_questions(&self, operator: OperatorNumber, ended: &std::sync::Weak<Outlet>) {
        if let Some(mut link) = self.links.get_mut(&operator) {
            link.outlet.take_if(|outlet| Arc::as_ptr(outlet) == ended.as_ptr());
        }
    }

    /// Ends the stream of an operator with an error.
    pub(crate) fn refuse(&self, operator: OperatorNumber, error: Status) {
        if let Some((_, link)) = self.links.remove(&operator) {
            link.stream.refuse(error);
        }
    }

    /// Ends the stream of an operator.
    pub(crate) fn close(&self, operator: OperatorNumber) {
        self.links.remove(&operator);
    }

    /// Ends the stream of an incarnation, after an error if there is one; a newer stream stays.
    pub(crate) fn end(&self, operator: OperatorNumber, incarnation: u64, error: Option<Status>) {
        let ended = self.links.remove_if(&operator, |_, link| link.incarnation == incarnation);
        if let (Some((_, link)), Some(error)) = (ended, error) {
            link.stream.refuse(error);
        }
    }

    /// Ends every stream: the process stops.
    pub(crate) fn close_all(&self) {
        self.links.clear();
    }
}
