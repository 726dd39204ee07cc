//! The ledger loop: one thread owns the ledger. It receives every waiting command, applies all of
//! them, writes one batch, and only then releases the messages and replies of the batch.
//!
//! The batch grows with the load; there are no timers. When a batch cannot be written the loop
//! ends, and with it the process: a reply ahead of the disk would promise what a restart forgets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use clearing_domain::Ledger;
use clearing_domain::money::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::crash;
use crate::error::{LedgerError, NodeError};
use crate::store::{Store, StoreError};

/// The most commands of one batch.
const BATCH_COMMANDS_MAX: usize = 1024;

/// Sends the messages and events of a written batch.
pub trait Release<L: Ledger>: Send + 'static {
    /// Called on the ledger's thread after each batch, so it must not wait.
    fn release(&mut self, ledger: &L, effects: L::Effects);
}

type Reply = Box<dyn FnOnce() + Send>;
type Apply<L> = Box<dyn FnOnce(&mut L, Timestamp) -> Reply + Send>;

/// One command of a batch.
pub struct Command<L> {
    apply: Apply<L>,
    /// Whether its reply promises a change that must be on disk.
    durable: bool,
}

/// The ledger with its file and the outlet of its effects, one batch at a time.
#[derive(Debug)]
pub struct LedgerLoop<L, S, R> {
    ledger: L,
    store: S,
    release: R,
    /// Whether a written batch may not be on disk yet.
    unsynced: bool,
}

impl<L: Ledger, S: Store<L>, R: Release<L>> LedgerLoop<L, S, R> {
    /// Joins a ledger with its store and the outlet of its effects.
    pub fn new(ledger: L, store: S, release: R) -> Self {
        Self { ledger, store, release, unsynced: false }
    }

    /// Does everything that is due by the clock, applies the commands, writes the batch, then
    /// releases effects and replies.
    pub fn step(
        &mut self,
        commands: impl Iterator<Item = Command<L>>,
        clock: Timestamp,
    ) -> Result<(), StoreError> {
        let mut durable = false;
        // Cut-offs and expiries come before the commands: a command that arrives after a cut-off
        // must not enter the cycle that ends there.
        let now = self.ledger.advance_clock(clock);
        let replies: Vec<Reply> = commands
            .map(|command| {
                durable |= command.durable;
                (command.apply)(&mut self.ledger, now)
            })
            .collect();
        let (changes, effects) = self.ledger.take_batch();
        let durable = durable || L::needs_sync(&effects);
        if !L::is_unchanged(&changes) {
            crash::point(crash::BEFORE_COMMIT);
            self.store.commit(&self.ledger, &changes, durable)?;
            crash::point(crash::AFTER_COMMIT);
            // A synced batch also syncs the unsynced ones before it, because all are in one log.
            self.unsynced = !durable;
        } else if durable && self.unsynced {
            // The reply or message rests on an earlier batch, which must be on disk first.
            self.store.sync()?;
            self.unsynced = false;
        }
        // Effects precede replies: aliases are looked up beside the ledger, so a caller that has
        // the reply to its link must already find the alias there.
        self.release.release(&self.ledger, effects);
        replies.into_iter().for_each(|reply| reply());
        crash::point(crash::AFTER_RELEASE);
        Ok(())
    }

    fn run(mut self, queue: Queue<L>) -> Result<(), StoreError> {
        let Queue { mut commands, closing } = queue;
        // A new ledger has changes before its first command, such as the opening of its accounts.
        self.step(std::iter::empty(), crate::clock::now())?;
        let mut waiting = Vec::with_capacity(BATCH_COMMANDS_MAX);
        let mut concurrent = false;
        while commands.blocking_recv_many(&mut waiting, BATCH_COMMANDS_MAX) > 0 {
            // While several callers are at work, threads with a command to send run first, so that
            // batches are fewer and fuller at the same latency. A single caller would only wait for
            // unrelated threads.
            if concurrent {
                std::thread::yield_now();
                while waiting.len() < BATCH_COMMANDS_MAX
                    && let Ok(command) = commands.try_recv()
                {
                    waiting.push(command);
                }
            }
            concurrent = waiting.len() > 1;
            self.step(waiting.drain(..), crate::clock::now())?;
            // A closed channel still delivers the commands in it, so every caller that was admitted
            // to the queue receives an answer.
            if closing.load(Ordering::Acquire) {
                commands.close();
            }
        }
        // No reply rests on these batches; the sync spares the peers a resend after a loss of
        // power.
        if self.unsynced { self.store.sync() } else { Ok(()) }
    }
}

/// Sends commands to a ledger, from any task.
pub struct LedgerHandle<L> {
    commands: mpsc::Sender<Command<L>>,
    closing: Arc<AtomicBool>,
}

impl<L> Clone for LedgerHandle<L> {
    fn clone(&self) -> Self {
        Self { commands: self.commands.clone(), closing: Arc::clone(&self.closing) }
    }
}

impl<L> std::fmt::Debug for LedgerHandle<L> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LedgerHandle").field("room", &self.commands.capacity()).finish()
    }
}

/// The end of the loop: an error when a batch could not be written.
pub type LoopEnd = oneshot::Receiver<Result<(), StoreError>>;

/// The commands that wait for a loop.
#[derive(Debug)]
pub struct Queue<L> {
    commands: mpsc::Receiver<Command<L>>,
    closing: Arc<AtomicBool>,
}

/// Creates the queue of a loop to come, so that tasks and services can be made before it starts.
pub fn queue<L>(capacity: usize) -> (LedgerHandle<L>, Queue<L>) {
    let (commands, queue) = mpsc::channel(capacity);
    let closing = Arc::new(AtomicBool::new(false));
    (LedgerHandle { commands, closing: Arc::clone(&closing) }, Queue { commands: queue, closing })
}

/// Starts the loop on a thread of its own: a commit blocks, and would hold up every task of the
/// runtime.
pub fn start<L: Ledger, S: Store<L>, R: Release<L>>(
    ledger_loop: LedgerLoop<L, S, R>,
    queue: Queue<L>,
) -> Result<(LoopEnd, JoinHandle<()>), NodeError> {
    let (ended, end) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("ledger".to_owned())
        .spawn(move || {
            // The receiver may be gone, when the process stops for another reason.
            let _ = ended.send(ledger_loop.run(queue));
        })
        .map_err(|source| NodeError::System { what: "start the thread of the ledger", source })?;
    Ok((end, thread))
}

/// Ends the loop and waits until its last batch is written.
pub async fn finish<L: Ledger>(handle: &LedgerHandle<L>, thread: JoinHandle<()>) {
    handle.close().await;
    // A thread that panicked has written so to the log.
    let _ = tokio::task::spawn_blocking(|| thread.join()).await;
    tracing::info!("stopped");
}

impl<L: Ledger> LedgerHandle<L> {
    /// Changes the ledger and answers when the change is on disk. When the queue is full it answers
    /// RESOURCE_EXHAUSTED at once.
    pub async fn write<T: Send + 'static>(
        &self,
        apply: impl FnOnce(&mut L, Timestamp) -> T + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (command, answer) = command(apply, true);
        self.try_send(command)?;
        answered(answer).await
    }

    /// Reads the ledger and answers when the state that was read is written.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&L, Timestamp) -> T + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (command, answer) = command(move |ledger: &mut L, now| read(ledger, now), false);
        self.try_send(command)?;
        answered(answer).await
    }

    /// As [`LedgerHandle::write`], but waits for room in the queue: backpressure instead of
    /// refusal.
    pub async fn write_waiting<T: Send + 'static>(
        &self,
        apply: impl FnOnce(&mut L, Timestamp) -> T + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (command, answer) = command(apply, true);
        self.commands.send(command).await.map_err(|_| LedgerError::Stopped)?;
        answered(answer).await
    }

    /// Changes the ledger without an answer, waiting for room in the queue. The effects alone say
    /// whether the batch must be synced. Fails when the ledger has stopped.
    pub async fn submit(
        &self,
        apply: impl FnOnce(&mut L, Timestamp) + Send + 'static,
    ) -> Result<(), LedgerError> {
        let apply: Apply<L> = Box::new(move |ledger, now| {
            apply(ledger, now);
            Box::new(|| {})
        });
        self.commands
            .send(Command { apply, durable: false })
            .await
            .map_err(|_| LedgerError::Stopped)
    }

    /// Ends the loop after the commands that wait now; later ones are answered UNAVAILABLE.
    pub async fn close(&self) {
        self.closing.store(true, Ordering::Release);
        // An empty command wakes the loop, which otherwise waits for one. It fails when the loop
        // has ended already.
        let _ = self.submit(|_, _| ()).await;
    }

    fn try_send(&self, command: Command<L>) -> Result<(), LedgerError> {
        self.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => LedgerError::QueueFull,
            mpsc::error::TrySendError::Closed(_) => LedgerError::Stopped,
        })
    }
}

/// A command whose reply carries what it returned.
fn command<L, T: Send + 'static>(
    apply: impl FnOnce(&mut L, Timestamp) -> T + Send + 'static,
    durable: bool,
) -> (Command<L>, oneshot::Receiver<T>) {
    let (reply, answer) = oneshot::channel();
    let apply: Apply<L> = Box::new(move |ledger, now| {
        let value = apply(ledger, now);
        Box::new(move || {
            // A caller that has given up does not undo the change, so its absence is no error.
            let _ = reply.send(value);
        })
    });
    (Command { apply, durable }, answer)
}

async fn answered<T>(answer: oneshot::Receiver<T>) -> Result<T, LedgerError> {
    answer.await.map_err(|_| LedgerError::Stopped)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ledger that counts.
    #[derive(Default)]
    struct Counter {
        value: u64,
        changed: bool,
    }

    impl Ledger for Counter {
        type Changes = bool;
        type Effects = u64;

        fn advance_clock(&mut self, clock: Timestamp) -> Timestamp {
            clock
        }

        fn take_batch(&mut self) -> (bool, u64) {
            (std::mem::take(&mut self.changed), self.value)
        }

        fn is_unchanged(changes: &bool) -> bool {
            !changes
        }

        fn needs_sync(effects: &u64) -> bool {
            effects.is_multiple_of(10)
        }

        fn send_witness(&mut self) {}
    }

    /// A store that remembers what it was asked to write, and fails when told to.
    struct Memory(mpsc::UnboundedSender<(u64, bool)>, Option<u64>);

    impl Store<Counter> for Memory {
        fn commit(&mut self, ledger: &Counter, _: &bool, durable: bool) -> Result<(), StoreError> {
            if self.1 == Some(ledger.value) {
                let source = std::io::Error::other("the disk is full");
                return Err(StoreError::Io { path: "memory".into(), source });
            }
            let _ = self.0.send((ledger.value, durable));
            Ok(())
        }

        fn sync(&mut self) -> Result<(), StoreError> {
            let _ = self.0.send((0, true));
            Ok(())
        }
    }

    struct Silent;

    impl Release<Counter> for Silent {
        fn release(&mut self, _: &Counter, _: u64) {}
    }

    fn add(counter: &mut Counter) -> u64 {
        counter.value += 1;
        counter.changed = true;
        counter.value
    }

    #[tokio::test]
    async fn writes_are_durable_before_they_are_answered_and_reads_write_nothing() {
        let (written, mut log) = mpsc::unbounded_channel();
        let looped = LedgerLoop::new(Counter::default(), Memory(written, None), Silent);
        let (handle, queue) = queue(16);
        let (end, thread) = start(looped, queue).unwrap();
        assert_eq!(handle.write(|counter, _| add(counter)).await.unwrap(), 1);
        assert_eq!(log.try_recv().unwrap(), (1, true));
        assert_eq!(handle.read(|counter, _| counter.value).await.unwrap(), 1);
        assert!(log.try_recv().is_err());
        handle.submit(|counter, _| counter.value = add(counter)).await.unwrap();
        assert_eq!(log.recv().await.unwrap(), (2, false));
        // A reply that may speak of the batch before takes that batch to disk first.
        handle.write(|_, _| ()).await.unwrap();
        assert_eq!(log.recv().await.unwrap(), (0, true));
        let _open = handle.clone();
        handle.close().await;
        end.await.unwrap().unwrap();
        thread.join().unwrap();
    }

    #[tokio::test]
    async fn a_failed_write_ends_the_loop_without_a_reply() {
        let (written, _log) = mpsc::unbounded_channel();
        let looped = LedgerLoop::new(Counter::default(), Memory(written, Some(1)), Silent);
        let (handle, queue) = queue(16);
        let (end, _) = start(looped, queue).unwrap();
        let refused = handle.write(|counter, _| add(counter)).await.unwrap_err();
        assert_eq!(refused, LedgerError::Stopped);
        assert!(end.await.unwrap().unwrap_err().to_string().contains("the disk is full"));
    }

    #[test]
    fn a_step_applies_all_waiting_commands_in_one_batch() {
        let (written, mut log) = mpsc::unbounded_channel();
        let mut looped = LedgerLoop::new(Counter::default(), Memory(written, None), Silent);
        let commands: Vec<_> =
            (0..7).map(|_| command(|counter, _| add(counter), false).0).collect();
        looped.step(commands.into_iter(), Timestamp::ZERO).unwrap();
        assert_eq!(log.try_recv().unwrap(), (7, false));
        assert!(log.try_recv().is_err());
    }
}
