//! Moves the log of a ledger file into its pages, beside the thread that writes the log.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::StoreError;

/// A thread that checkpoints when asked.
#[derive(Debug)]
pub(super) struct Checkpointer {
    ask: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread with a connection of its own.
    pub(super) fn start(path: &Path) -> Result<Self, StoreError> {
        let connection =
            Connection::open(path).map_err(|source| StoreError::Sqlite { path: path.to_owned(), source })?;
        let (ask, asked) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(move || run(&connection, &asked))
            .map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
        Ok(Self { ask: Some(ask), thread: Some(thread) })
    }

    /// Asks for a checkpoint; one that is under way is enough.
    pub(super) fn ask(&self) {
        if let Some(ask) = &self.ask {
            let _ = ask.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, asked: &Receiver<()>) {
    while asked.recv().is_ok() {
        // It never waits for the writer; what it cannot move now it moves the next time.
        if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tracing::warn!(%error, "checkpoint failed");
        }
    }
}
