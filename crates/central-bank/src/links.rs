//! The streams of the linked operators, by their numbers in the roster.

use clearing_domain::link::CentralBankMessage;
use clearing_node::crash;
use dashmap::DashMap;
use tokio::sync::mpsc;

/// How many messages may wait for an operator. One that lets more pile up is cut off; it registers
/// again, and everything undecided is sent anew.
pub(crate) const WAITING_MAX: usize = 4096;

/// The present stream of each operator.
#[derive(Debug, Default)]
pub(crate) struct Links {
    streams: DashMap<u16, (u64, mpsc::Sender<CentralBankMessage>)>,
}

impl Links {
    /// Sends to the present stream of an operator. Never waits.
    pub(crate) fn send(&self, operator: u16, message: CentralBankMessage) {
        let Some(stream) = self.streams.get(&operator) else { return };
        let (incarnation, sender) = stream.value();
        crash::point(crash::BEFORE_SEND);
        if message.place.incarnation == *incarnation && sender.try_send(message).is_err() {
            drop(stream);
            self.close(operator);
        }
        crash::point(crash::AFTER_SEND);
    }

    /// The stream of a new registration takes the place of the one before.
    pub(crate) fn set(&self, operator: u16, incarnation: u64, sender: mpsc::Sender<CentralBankMessage>) {
        self.streams.insert(operator, (incarnation, sender));
    }

    /// Ends the stream of an operator.
    pub(crate) fn close(&self, operator: u16) {
        self.streams.remove(&operator);
    }

    /// Ends every stream: the process stops.
    pub(crate) fn close_all(&self) {
        self.streams.clear();
    }
}
