//! Subscribers to the events of a process. A subscriber that reads too slowly is disconnected.
//!
//! The sender of an event queues it and does not wait. A task of its own builds the message, once
//! for all subscribers, and broadcasts it; each subscriber filters and reads at its own pace. So no
//! subscriber costs the ledger's thread more than one entry in a queue.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::{broadcast, mpsc};
use tokio_stream::Stream;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use tonic::Status;

use clearing_api::status::{overloaded, status};
use clearing_domain::Reason;

use crate::refusals::Refusals;

/// How far a subscriber may fall behind.
const BEHIND_MAX: usize = 4096;
/// How many events may wait for the task that builds messages. Beyond that events are dropped and
/// every subscriber is disconnected.
const WAITING_MAX: usize = 65_536;

/// An event with its key, and the function that builds its message.
type Event<T, K> = (K, Box<dyn FnOnce() -> T + Send>);
/// What is broadcast: an event, or `None` where events were dropped.
type Message<T, K> = Option<Arc<(K, T)>>;

/// The subscribers of one kind of event; each receives all events, or those of one key.
#[derive(Debug)]
pub struct Hub<T, K = ()> {
    subscribers_max: usize,
    refusals: Arc<Refusals>,
    subscribers: Arc<AtomicUsize>,
    state: Mutex<State<T, K>>,
}

/// The queues of a hub are made for its first subscriber: most processes never have one, and the
/// queue of messages reserves its room.
#[derive(Debug)]
enum State<T, K> {
    Idle,
    Open(Open<T, K>),
    Closed,
}

struct Open<T, K> {
    events: mpsc::Sender<Event<T, K>>,
    overrun: Arc<AtomicBool>,
    messages: broadcast::Sender<Message<T, K>>,
}

impl<T, K> std::fmt::Debug for Open<T, K> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Open").field("room", &self.events.capacity()).finish()
    }
}

/// The events for one subscriber; ends with RESOURCE_EXHAUSTED when it read too slowly.
#[derive(Debug)]
pub struct Subscription<T, K = ()> {
    messages: Option<BroadcastStream<Message<T, K>>>,
    wanted: Option<K>,
    subscribers: Arc<AtomicUsize>,
}

impl<T, K> Drop for Subscription<T, K> {
    fn drop(&mut self) {
        self.subscribers.fetch_sub(1, Ordering::AcqRel);
    }
}

impl<T: Clone + Send + Sync + 'static, K: PartialEq + Send + Sync + 'static + Unpin> Stream
    for Subscription<T, K>
{
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(messages) = self.messages.as_mut() else { return Poll::Ready(None) };
            match std::task::ready!(Pin::new(messages).poll_next(context)) {
                Some(Ok(Some(event)))
                    if self.wanted.as_ref().is_none_or(|wanted| *wanted == event.0) =>
                {
                    return Poll::Ready(Some(Ok(event.1.clone())));
                }
                Some(Ok(Some(_))) => {}
                Some(Ok(None) | Err(BroadcastStreamRecvError::Lagged(_))) => {
                    self.messages = None;
                    return Poll::Ready(Some(Err(overloaded(
                        "queue of this subscriber, which reads too slowly,",
                    ))));
                }
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T: Send + Sync + 'static, K: Send + Sync + 'static> Hub<T, K> {
    /// A hub that admits up to `subscribers_max` subscribers.
    pub fn new(subscribers_max: usize, refusals: Arc<Refusals>) -> Self {
        let state = Mutex::new(State::Idle);
        Self { subscribers_max, refusals, subscribers: Arc::default(), state }
    }

    /// Subscribes to the events from now on. In a process that stops the subscription is empty.
    pub fn subscribe(&self, wanted: Option<K>) -> Result<Subscription<T, K>, Status> {
        // Count first, compare after: of two callers for the last place only one is admitted.
        if self.subscribers.fetch_add(1, Ordering::AcqRel) >= self.subscribers_max {
            self.subscribers.fetch_sub(1, Ordering::AcqRel);
            let text = format!(
                "there are {} subscribers already, the most that are served",
                self.subscribers_max
            );
            if let Some(left_out) = self.refusals.subscriptions.add() {
                tracing::warn!(left_out, "a subscription was refused: {text}");
            }
            return Err(status(Reason::TransportLimit, "", &text));
        }
        let mut state = self.lock();
        if let State::Idle = *state {
            *state = State::Open(Open::start());
        }
        let messages = match &*state {
            State::Open(open) => Some(BroadcastStream::new(open.messages.subscribe())),
            State::Idle | State::Closed => None,
        };
        Ok(Subscription { messages, wanted, subscribers: Arc::clone(&self.subscribers) })
    }

    /// Whether there is no subscriber, so that no event has to be prepared.
    pub fn is_empty(&self) -> bool {
        self.subscribers.load(Ordering::Acquire) == 0
    }

    /// Queues an event for the subscribers of its key. Never waits.
    pub fn publish(&self, key: K, event: impl FnOnce() -> T + Send + 'static) {
        let state = self.lock();
        let State::Open(open) = &*state else { return };
        if let Err(mpsc::error::TrySendError::Full(_)) =
            open.events.try_send((key, Box::new(event)))
        {
            // A stream with a silent gap would mislead its reader, so a dropped event ends every
            // subscription with an error.
            open.overrun.store(true, Ordering::Release);
        }
    }

    /// Ends every subscription: the process stops.
    pub fn close(&self) {
        *self.lock() = State::Closed;
    }

    fn lock(&self) -> MutexGuard<'_, State<T, K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + Sync + 'static, K: Send + Sync + 'static> Open<T, K> {
    /// Starts the task that builds messages; it ends when the hub is closed or dropped.
    fn start() -> Self {
        let (events, waiting) = mpsc::channel(WAITING_MAX);
        let (messages, _) = broadcast::channel(BEHIND_MAX);
        let overrun = Arc::<AtomicBool>::default();
        tokio::spawn(publish_all(waiting, messages.clone(), Arc::clone(&overrun)));
        Self { events, overrun, messages }
    }
}

async fn publish_all<T, K>(
    mut waiting: mpsc::Receiver<Event<T, K>>,
    messages: broadcast::Sender<Message<T, K>>,
    overrun: Arc<AtomicBool>,
) {
    while let Some((key, event)) = waiting.recv().await {
        // A broadcast without subscribers fails, which is no error.
        if overrun.swap(false, Ordering::AcqRel) {
            let _ = messages.send(None);
        }
        let _ = messages.send(Some(Arc::new((key, event()))));
    }
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt;

    use super::*;

    fn hub(subscribers_max: usize) -> Hub<u64, bool> {
        Hub::new(subscribers_max, Arc::default())
    }

    #[tokio::test]
    async fn a_slow_subscriber_is_let_go_and_the_others_stay() {
        let hub = hub(9);
        let (mut slow, mut picky, mut late) = (
            hub.subscribe(None).unwrap(),
            hub.subscribe(Some(true)).unwrap(),
            hub.subscribe(None).unwrap(),
        );
        for event in 0..=BEHIND_MAX as u64 {
            hub.publish(event == 7, move || event);
            // The reader goes with it, so it misses nothing.
            assert_eq!(late.next().await.unwrap().unwrap(), event);
            if event == 7 {
                assert_eq!(picky.next().await.unwrap().unwrap(), 7);
            }
        }
        let refused = slow.next().await.unwrap().unwrap_err();
        assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
        assert!(refused.message().contains("reads too slowly"), "{refused:?}");
        assert!(slow.next().await.is_none());
        drop((slow, picky, late));
        assert!(hub.is_empty());
    }

    #[tokio::test]
    async fn subscribers_are_counted_and_end_with_the_hub() {
        let hub = hub(1);
        let mut first = hub.subscribe(None).unwrap();
        assert_eq!(hub.subscribe(None).unwrap_err().code(), tonic::Code::ResourceExhausted);
        hub.publish(true, || 1);
        hub.close();
        assert_eq!(first.next().await.unwrap().unwrap(), 1);
        assert!(first.next().await.is_none());
        drop(first);
        assert!(hub.subscribe(None).unwrap().next().await.is_none());
        assert_eq!(hub.refusals.view().subscriptions, 1);
    }
}
