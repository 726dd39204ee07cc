//! Checkpoints: a thread moves the pages of a ledger file's log into the file, while the ledger's
//! thread writes the log.
//!
//! The file of the log is overwritten in place: SQLite starts it again from its beginning once all
//! of it has been moved. The thread never makes the writer wait and so never quite catches up with
//! a busy one. When the log has become long, the thread moves all but a few pages and the writer
//! moves the rest itself. Pages are moved in small parts, because a large part occupies the disk
//! for a tenth of a second in which no commit of any process is synced.
//!
//! A checkpoint that fails loses nothing: the log keeps the pages and grows. The [`Trouble`] says
//! why, and the thread tries again until it succeeds, also when nothing is written meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::hooks::Wal;
use tokio::sync::watch;

use super::StoreError;

/// Lengths of the log at which the thread or the writer acts, in pages of 4 KiB.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogLimits {
    /// After so many new pages the thread moves pages.
    pub(super) ask: i32,
    /// From this length on the writer moves the rest, when it is small.
    pub(super) finish: i32,
    /// The largest rest that counts as small.
    pub(super) rest: i32,
    /// From this length on the writer moves the rest, however large.
    pub(super) force: i32,
}

impl LogLimits {
    /// The limits of a log that starts again from its beginning at this number of pages.
    pub(super) fn of(pages: u32) -> Self {
        let part = |part: u32| i32::try_from((pages / part).max(1)).unwrap_or(i32::MAX);
        Self { ask: part(16), finish: part(1), rest: part(64), force: part(1).saturating_mul(3) }
    }
}

/// How long after a failure the checkpoint is tried again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Why checkpoints of a ledger's log fail: a sentence that says what to do, and `None` while they
/// succeed.
pub type Trouble = watch::Receiver<Option<String>>;

/// Reports a failure when it begins, changes and ends.
#[derive(Debug)]
struct Reporter {
    path: String,
    trouble: watch::Sender<Option<String>>,
}

impl Reporter {
    fn report<T>(&self, outcome: &rusqlite::Result<T>) {
        let path = &self.path;
        let trouble = outcome.as_ref().err().map(|error| {
            format!(
                "the log of {path} cannot be moved into it: {error}; nothing is lost and the log grows: make room on \
                 the disk, or stop the process and mend the disk; it is tried again every second"
            )
        });
        self.trouble.send_if_modified(|reported| {
            if *reported == trouble {
                return false;
            }
            match &trouble {
                Some(trouble) => tracing::error!("{trouble}"),
                None => tracing::info!("the log of {path} is moved into it again"),
            }
            *reported = trouble;
            true
        });
    }

    fn is_in_trouble(&self) -> bool {
        self.trouble.borrow().is_some()
    }
}

/// Keeps the log of one connection short.
#[derive(Debug)]
pub(super) struct Checkpointer {
    ask: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    limits: LogLimits,
    log: Arc<Log>,
    reporter: Arc<Reporter>,
    /// Pages in the log after the last call of [`Checkpointer::care_for_log`].
    seen: i32,
    /// The lengths at which to act next. A reader of an old state keeps the log from starting again
    /// from its beginning; then the writer must not try again at every commit.
    next: LogLimits,
}

/// How far the writer has written the log, and how far the thread has moved it.
#[derive(Debug, Default)]
struct Log {
    /// Pages in the log after the last commit.
    pages: AtomicI32,
    /// How many of them the thread has moved.
    moved: AtomicI32,
}

impl Log {
    /// How many pages wait to be moved.
    fn rest(&self) -> i32 {
        self.pages.load(Ordering::Relaxed) - self.moved.load(Ordering::Relaxed)
    }
}

impl Checkpointer {
    /// Starts the thread with a connection of its own, and follows the log of the writer's.
    pub(super) fn start(
        path: &Path,
        writer: &mut Connection,
        limits: LogLimits,
    ) -> Result<Self, StoreError> {
        let sqlite = |source| StoreError::Sqlite { path: path.to_owned(), source };
        let connection = Connection::open(path).map_err(sqlite)?;
        // The counts are hints for the pace of the work and guard no data, so their order in memory
        // is relaxed.
        let log = Arc::new(Log::default());
        let (counted, followed) = (Arc::clone(&log), Arc::clone(&log));
        let count = move |_: &mut Wal, pages| {
            counted.pages.store(pages, Ordering::Relaxed);
            Ok(())
        };
        writer.wal_hook(Some(count)).map_err(sqlite)?;
        // One place: a request that waits covers every request made before the thread reads it.
        let (ask, asked) = sync_channel(1);
        let reporter = Arc::new(Reporter {
            path: path.display().to_string(),
            trouble: watch::Sender::new(None),
        });
        let reported = Arc::clone(&reporter);
        let thread = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(move || run(&connection, &asked, &followed, limits.rest, &reported))
            .map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
        Ok(Self {
            ask: Some(ask),
            thread: Some(thread),
            limits,
            log,
            reporter,
            seen: 0,
            next: limits,
        })
    }

    /// Why checkpoints fail, while they do.
    pub(super) fn trouble(&self) -> Trouble {
        self.reporter.trouble.subscribe()
    }

    /// Called by the writer after each commit. The batch is in the log by then, so a checkpoint
    /// that fails here is no reason to stop.
    pub(super) fn care_for_log(&mut self, writer: &Connection) {
        let pages = self.log.pages.load(Ordering::Relaxed);
        // Fewer pages than before: the log has started again from its beginning.
        if pages < self.seen {
            self.next = self.limits;
            self.log.moved.store(0, Ordering::Relaxed);
        }
        self.seen = pages;
        let near = self.log.rest() <= self.limits.rest;
        if pages >= self.next.finish && (near || pages >= self.next.force) {
            // The checkpoint moves nothing while the thread makes one, or while a reader needs the
            // old pages. The limits then grow, so that the next attempt is not the next commit.
            let next = |limit| pages.saturating_add(limit);
            self.next = LogLimits {
                finish: next(self.limits.ask),
                force: next(self.limits.force),
                ..self.next
            };
            let outcome = checkpoint(writer);
            self.reporter.report(&outcome);
            if outcome.is_err() {
                // The thread tries every second until it succeeds; the writer goes on.
                self.ask();
            }
        } else if pages >= self.next.ask {
            self.next.ask = pages.saturating_add(self.limits.ask);
            self.ask();
        }
    }

    /// Asks the thread for a checkpoint. A full channel holds the same request already.
    fn ask(&self) {
        if let Some(ask) = &self.ask {
            let _ = ask.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        // The thread ends when its channel closes. It is joined, so that no thread still writes the
        // file when its owner has closed it and gives up the lock of the folder.
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, asked: &Receiver<()>, log: &Log, rest: i32, reporter: &Reporter) {
    loop {
        let in_trouble = reporter.is_in_trouble();
        // After a failure the thread wakes by itself: an idle ledger writes nothing and so asks for
        // nothing, but its health must recover with the disk.
        let wait = if in_trouble {
            asked.recv_timeout(TRY_AGAIN_AFTER)
        } else {
            asked.recv().map_err(Into::into)
        };
        if wait == Err(RecvTimeoutError::Disconnected) {
            return;
        }
        let outcome = if in_trouble {
            checkpoint(connection).map(|_| ())
        } else {
            follow(connection, log, rest)
        };
        reporter.report(&outcome);
    }
}

/// Moves pages until few are left, or until a round leaves no fewer than the one before, because
/// the writer adds pages meanwhile.
fn follow(connection: &Connection, log: &Log, rest: i32) -> rusqlite::Result<()> {
    let mut before = i32::MAX;
    while log.rest() < before && log.rest() > rest {
        before = log.rest();
        let moved = checkpoint(connection)?;
        log.moved.store(moved, Ordering::Relaxed);
    }
    Ok(())
}

/// Moves the pages that no reader still needs, and returns how many pages of the log are moved.
/// Never waits.
fn checkpoint(connection: &Connection) -> rusqlite::Result<i32> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: LogLimits = LogLimits { ask: 20, finish: 60, rest: 10, force: 180 };

    /// A file whose log is cared for by these limits, and one commit of about one page.
    fn writer(path: &Path) -> (Connection, Checkpointer) {
        let mut writer = Connection::open(path).unwrap();
        let sql = "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE texts (text TEXT)";
        writer.execute_batch(sql).unwrap();
        let checkpointer = Checkpointer::start(path, &mut writer, LIMITS).unwrap();
        (writer, checkpointer)
    }

    fn commit(writer: &Connection, checkpointer: &mut Checkpointer) -> i32 {
        writer.execute("INSERT INTO texts VALUES (?)", ["x".repeat(4000)]).unwrap();
        checkpointer.care_for_log(writer);
        checkpointer.seen
    }

    #[test]
    fn the_log_of_a_busy_writer_starts_anew() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        let (writer, mut checkpointer) = writer(&path);
        let longest = (0..2000).map(|_| commit(&writer, &mut checkpointer)).max().unwrap();
        // A log that never starts anew has 2,000 pages and more. How near to its limits it stays
        // depends on how often the thread gets a processor.
        assert!(longest < 1000, "{longest} pages");
        let bytes = std::fs::metadata(path.with_extension("db-wal")).unwrap().len();
        assert!(bytes < 4200 * 1000, "{bytes} bytes");
    }

    #[test]
    fn a_reader_lets_the_log_grow_and_it_starts_anew_after_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        let (writer, mut checkpointer) = writer(&path);
        let reader = Connection::open(&path).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM texts").unwrap();
        let grown = (0..500).map(|_| commit(&writer, &mut checkpointer)).max().unwrap();
        assert!(grown > 500, "{grown} pages");
        assert!(checkpointer.next.force > grown, "the writer tries at every commit");
        drop(reader);
        let lengths: Vec<_> = (0..300).map(|_| commit(&writer, &mut checkpointer)).collect();
        assert!(*lengths.last().unwrap() < 5 * LIMITS.finish, "{lengths:?}");
    }
}
