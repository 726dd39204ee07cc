//! A ledger of numbers, driven by the loop that drives every ledger, in a process that may die.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use clearing_domain::Ledger;
use clearing_domain::seal::Chain;
use clearing_node::ledger::{LedgerLoop, Release, queue, start};
use clearing_node::store::{FileKind, FileTexts, LedgerFile, Store, StoreError, Trouble};
use rusqlite::{Connection, Transaction};

/// Names the folder of the ledger to the process that drives it.
pub(crate) const FOLDER: &str = "LEDGER_FOLDER";
/// Set when a disk that has failed never works again.
pub(crate) const STAYS: &str = "DISK_STAYS";
/// How many batches a process writes.
pub(crate) const BATCHES: u64 = 15;
/// Set when no checkpoint shall help the log to the disk.
pub(crate) const LONG_LOG: &str = "LEDGER_LONG_LOG";

/// The shortest log there is, so that checkpoints never end, or one that is never moved.
pub(crate) fn log_pages() -> u32 {
    if std::env::var_os(LONG_LOG).is_some() { 16_000 } else { 16 }
}

/// Fewer changes of its files no run makes.
pub(crate) const CHANGES_LEAST: u32 = 150;

pub(crate) const KIND: FileKind = FileKind {
    description: "a ledger of numbers",
    application_id: 0x7465_7374,
    schema: 1,
    tables: || "CREATE TABLE numbers (row INTEGER PRIMARY KEY, text BLOB NOT NULL);".to_owned(),
};

pub(crate) fn chain_of(batch: u64) -> Chain {
    Chain { batch, row: batch * ROWS, hash: [7; 32], beside: None }
}

/// Rows of a batch; they fill about two pages.
const ROWS: u64 = 3;

fn text_of(row: u64) -> Vec<u8> {
    row.to_be_bytes().repeat(300)
}

pub(crate) fn fill(transaction: &Transaction<'_>, batch: u64) -> rusqlite::Result<()> {
    for row in (batch - 1) * ROWS + 1..=batch * ROWS {
        transaction.execute("INSERT INTO numbers VALUES (?, ?)", (row, text_of(row)))?;
    }
    Ok(())
}

/// The rows after so many batches.
pub(crate) fn rows_of(batches: u64) -> Vec<u64> {
    (1..=batches * ROWS).collect()
}

/// The rows that are there, each as it was written.
pub(crate) fn rows(connection: &Connection) -> Vec<u64> {
    let mut statement = connection.prepare("SELECT row, text FROM numbers ORDER BY row").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap();
    let whole = |(row, text)| {
        assert_eq!(text, text_of(row), "row {row}");
        row
    };
    rows.map(|row| whole(row.unwrap())).collect()
}

/// The ledger counts batches.
struct Counter {
    batch: u64,
    changed: bool,
}

impl Ledger for Counter {
    type Changes = bool;
    type Effects = ();

    fn advance_clock(
        &mut self,
        clock: clearing_domain::money::Timestamp,
    ) -> clearing_domain::money::Timestamp {
        clock
    }

    fn take_batch(&mut self) -> (bool, ()) {
        (std::mem::take(&mut self.changed), ())
    }

    fn is_unchanged(changes: &bool) -> bool {
        !changes
    }

    fn needs_sync((): &()) -> bool {
        false
    }

    fn send_witness(&mut self) {}
}

struct Numbers(LedgerFile);

impl Store<Counter> for Numbers {
    fn commit(&mut self, ledger: &Counter, _: &bool, durable: bool) -> Result<(), StoreError> {
        self.0
            .commit(chain_of(ledger.batch), durable, |transaction| fill(transaction, ledger.batch))
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.0.sync()
    }
}

struct Silent;

impl Release<Counter> for Silent {
    fn release(&mut self, _: &Counter, (): ()) {}
}

/// Tells what the process promised to anybody.
struct Acknowledged(Mutex<File>);

impl Acknowledged {
    fn tell(&self, line: &str) {
        self.0.lock().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

fn add(counter: &mut Counter) -> u64 {
    counter.batch += 1;
    counter.changed = true;
    counter.batch
}

async fn write_batches(folder: &Path) -> Result<(), StoreError> {
    let acknowledged =
        File::options().create(true).append(true).open(folder.join("acknowledged")).unwrap();
    let acknowledged = Acknowledged(Mutex::new(acknowledged));
    let file =
        LedgerFile::open(&folder.join("ledger.db"), &KIND, &FileTexts::default(), log_pages())?;
    let (mut trouble, mut troubled) = (file.trouble(), false);
    let ledger = Counter { batch: 0, changed: false };
    let (handle, queue) = queue(16);
    let (end, thread) = start(LedgerLoop::new(ledger, Numbers(file), Silent), queue).unwrap();
    for batch in 1..=BATCHES {
        // Every third batch is of the kind that a later one takes to disk.
        if batch % 3 == 0 {
            let _ = handle.submit(|counter, _| _ = add(counter)).await;
            // It is written, so that the next command has a batch of its own.
            let _ = handle.read(|_, _| ()).await;
        } else if let Ok(batch) = handle.write(|counter, _| add(counter)).await {
            acknowledged.tell(&batch.to_string());
        } else {
            break;
        }
        troubled |= note_trouble(&trouble, &acknowledged);
    }
    // A reply tells that the last batch is on disk.
    if handle.write(|_, _| ()).await.is_ok() {
        acknowledged.tell(&BATCHES.to_string());
    }
    troubled |= note_trouble(&trouble, &acknowledged);
    // A checkpoint that failed is tried again without another commit.
    if troubled && std::env::var(STAYS).is_err() && trouble.wait_for(Option::is_none).await.is_ok()
    {
        acknowledged.tell("recovered");
    }
    handle.close().await;
    let ended = end.await.unwrap();
    thread.join().unwrap();
    ended
}

fn note_trouble(trouble: &Trouble, acknowledged: &Acknowledged) -> bool {
    let is_there = trouble.borrow().is_some();
    if is_there {
        acknowledged.tell("trouble");
    }
    is_there
}

/// The process that the other tests start; by itself it does nothing.
#[test]
fn drives_a_ledger() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    if let Err(error) = runtime.block_on(write_batches(&folder)) {
        eprintln!("{error}");
        std::process::exit(3);
    }
    std::process::exit(0);
}
