//! Subscribers: people who watch what happens. One that reads too slowly is let go.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use dashmap::DashMap;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tonic::Status;

use clearing_api::status::overloaded;

/// How far a subscriber may fall behind.
const BEHIND_MAX: usize = 4096;

/// The subscribers of one kind of event, with what each wants to see.
#[derive(Debug)]
pub struct Hub<T, F = ()> {
    subscribers: DashMap<u64, Subscriber<T, F>>,
    next: AtomicU64,
}

#[derive(Debug)]
struct Subscriber<T, F> {
    filter: F,
    events: mpsc::Sender<T>,
    too_slow: Arc<AtomicBool>,
}

/// The events for one subscriber; ends with RESOURCE_EXHAUSTED when it read too slowly.
#[derive(Debug)]
pub struct Subscription<T> {
    events: mpsc::Receiver<T>,
    too_slow: Arc<AtomicBool>,
}

impl<T> Stream for Subscription<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let event = std::task::ready!(self.events.poll_recv(context));
        let end = || self.too_slow.swap(false, Ordering::AcqRel).then(|| Err(overloaded("queue of this subscriber")));
        Poll::Ready(event.map(Ok).or_else(end))
    }
}

impl<T, F> Default for Hub<T, F> {
    fn default() -> Self {
        Self { subscribers: DashMap::new(), next: AtomicU64::new(0) }
    }
}

impl<T: Clone, F> Hub<T, F> {
    /// Subscribes to what happens from now on.
    pub fn subscribe(&self, filter: F) -> Subscription<T> {
        let (sender, events) = mpsc::channel(BEHIND_MAX);
        let too_slow = Arc::new(AtomicBool::new(false));
        let subscriber = Subscriber { filter, events: sender, too_slow: Arc::clone(&too_slow) };
        self.subscribers.insert(self.next.fetch_add(1, Ordering::Relaxed), subscriber);
        Subscription { events, too_slow }
    }

    /// Whether nobody watches, so that nothing has to be prepared.
    pub fn is_empty(&self) -> bool {
        self.subscribers.is_empty()
    }

    /// Tells everyone who wants to see it. Never waits.
    pub fn tell(&self, event: &T, wants: impl Fn(&F) -> bool) {
        self.subscribers.retain(|_, subscriber| {
            if !wants(&subscriber.filter) {
                return !subscriber.events.is_closed();
            }
            let sent = subscriber.events.try_send(event.clone());
            let too_slow = matches!(sent, Err(mpsc::error::TrySendError::Full(_)));
            subscriber.too_slow.store(too_slow, Ordering::Release);
            sent.is_ok()
        });
    }

    /// Ends every subscription: the process stops.
    pub fn close(&self) {
        self.subscribers.clear();
    }
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt;

    use super::*;

    #[tokio::test]
    async fn a_slow_subscriber_is_let_go_and_the_others_stay() {
        let hub: Hub<u64, bool> = Hub::default();
        let (mut slow, mut picky) = (hub.subscribe(true), hub.subscribe(false));
        for event in 0..=BEHIND_MAX as u64 {
            hub.tell(&event, |wants_all| *wants_all || event == 7);
        }
        assert_eq!(picky.next().await.unwrap().unwrap(), 7);
        for event in 0..BEHIND_MAX as u64 {
            assert_eq!(slow.next().await.unwrap().unwrap(), event);
        }
        assert_eq!(slow.next().await.unwrap().unwrap_err().code(), tonic::Code::ResourceExhausted);
        assert!(slow.next().await.is_none());
        assert!(!hub.is_empty());
        drop(picky);
        hub.tell(&0, |_| true);
        assert!(hub.is_empty());
    }
}
