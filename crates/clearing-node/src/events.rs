//! Events of a process, for people who watch it.

use std::sync::Arc;

use clearing_api::{text, v1};
use clearing_config::TransportLimits;
use tonic::Status;

use crate::clock;
use crate::hub::{Hub, Subscription};
use crate::refusals::Refusals;

/// The subscribers to the events of a process.
#[derive(Debug)]
pub struct Events(Hub<v1::WatchEventsResponse>);

impl Events {
    /// No subscribers yet.
    pub fn new(limits: &TransportLimits, refusals: &Arc<Refusals>) -> Self {
        Self(Hub::new(limits.subscribers, Arc::clone(refusals)))
    }

    /// Sends an event to its subscribers: its kind, as in `link_up`, and one sentence.
    pub fn publish(&self, kind: &str, text: &str) {
        // Most processes have no subscriber, and then no event is prepared.
        if self.0.is_empty() {
            return;
        }
        let at = clock::now();
        let (kind, text) = (kind.to_owned(), text.to_owned());
        self.0.publish((), move || v1::WatchEventsResponse {
            kind,
            text,
            create_time: Some(text::timestamp(at)),
        });
    }

    /// Subscribes to the events from now on.
    pub fn subscribe(&self) -> Result<Subscription<v1::WatchEventsResponse, ()>, Status> {
        self.0.subscribe(None)
    }

    /// Ends every subscription: the process stops.
    pub fn close(&self) {
        self.0.close();
    }
}
