//! How ledgers of any tier are opened, written, loaded and refused.

use clearing_domain::seal::Invariant;
use tempfile::TempDir;

use super::*;
use crate::store::column;

/// A ledger of ascending numbers.
#[derive(Debug)]
struct Ascending {
    numbers: Vec<i64>,
    written: usize,
    chain: Chain,
    file: [u8; 32],
}

impl Ledger for Ascending {
    type Changes = (Vec<i64>, Chain);
    type Effects = ();

    fn advance_clock(&mut self, clock: Timestamp) -> Timestamp {
        clock
    }

    fn take_batch(&mut self) -> (Self::Changes, ()) {
        self.chain.batch += 1;
        self.chain.beside = Some(self.file);
        let new = self.numbers[self.written..].to_vec();
        self.written = self.numbers.len();
        ((new, self.chain), ())
    }

    fn is_unchanged((new, _): &Self::Changes) -> bool {
        new.is_empty()
    }

    fn needs_sync((): &()) -> bool {
        false
    }

    fn send_witness(&mut self) {}
}

impl SealedLedger for Ascending {
    fn chain_of((_, chain): &Self::Changes) -> Chain {
        *chain
    }

    fn cover_file(&mut self, file: [u8; 32]) {
        self.file = file;
    }

    fn check_beside(&self) -> Invariant {
        let ok = self.chain.beside == Some(self.file);
        Invariant::new("the texts are sealed", ok, "they are not".to_owned())
    }
}

/// The tables of the numbers that somebody keeps.
#[derive(Debug)]
struct Numbers(&'static str);

impl Tables for Numbers {
    type Ledger = Ascending;
    type Stored = (Vec<i64>, Sealed);
    const KIND: FileKind = FileKind {
        description: "a ledger of ascending numbers",
        application_id: 0x7465_7374,
        schema: 1,
        tables: || "CREATE TABLE numbers (number INTEGER NOT NULL);".to_owned(),
    };

    fn owner(&self) -> String {
        self.0.to_owned()
    }

    fn begin(&self, _: Timestamp) -> Ascending {
        Ascending { numbers: Vec::new(), written: 0, chain: Chain::default(), file: [0; 32] }
    }

    fn read(connection: &Connection, sealed: Sealed) -> rusqlite::Result<Self::Stored> {
        let numbers = column::rows(connection, "SELECT number FROM numbers", |row| row.get(0))?;
        Ok((numbers, sealed))
    }

    fn restore(&self, (numbers, sealed): Self::Stored) -> Result<Ascending, impl Display> {
        if !numbers.is_sorted() {
            return Err("numbers that do not ascend");
        }
        let (written, Sealed { chain, file }) = (numbers.len(), sealed);
        Ok(Ascending { numbers, written, chain, file })
    }

    fn configure(ledger: &mut Ascending, _: Timestamp) {
        let next = ledger.numbers.len() as i64;
        ledger.numbers.push(next);
    }

    fn write(
        &mut self,
        transaction: &Transaction<'_>,
        _: &Ascending,
        (new, _): &(Vec<i64>, Chain),
    ) -> rusqlite::Result<()> {
        for number in new {
            transaction.execute("INSERT INTO numbers VALUES (?)", [number])?;
        }
        Ok(())
    }
}

fn open(
    folder: &TempDir,
    owner: &'static str,
) -> Result<(Ascending, LedgerStore<Numbers>), StoreError> {
    LedgerStore::open(&ledger_path(folder.path()), &ClusterConfig::default(), Numbers(owner))
}

/// Opens the ledger and writes what its start has changed.
fn start(folder: &TempDir) -> (Ascending, LedgerStore<Numbers>) {
    let (mut ledger, mut store) = open(folder, "ann").unwrap();
    let (changes, ()) = ledger.take_batch();
    store.commit(&ledger, &changes, true).unwrap();
    (ledger, store)
}

#[test]
fn a_ledger_comes_back_as_its_last_batch_left_it_and_is_configured_at_every_start() {
    let folder = tempfile::tempdir().unwrap();
    for starts in 1..=3 {
        let (ledger, _store) = start(&folder);
        assert_eq!(ledger.numbers, (0..starts).collect::<Vec<_>>());
    }
}

#[test]
fn a_ledger_can_be_loaded_while_its_process_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let (_, _store) = start(&folder);
    let (ledger, seals) = load(folder.path(), |_| Ok(Numbers("ann"))).unwrap();
    // What a start would change is not done: a reader changes nothing.
    assert_eq!((ledger.numbers, seals.len()), (vec![0], 1));
}

/// A file that somebody has changed is refused for this cause, and stays as it was.
#[track_caller]
fn check_refused(change: &str, owner: &'static str, cause: &str) {
    let folder = tempfile::tempdir().unwrap();
    drop(start(&folder));
    let path = ledger_path(folder.path());
    Connection::open(&path).unwrap().execute_batch(change).unwrap();
    let before = std::fs::read(&path).unwrap();
    let refused = open(&folder, owner).unwrap_err();
    assert!(refused.is_refusal() && refused.to_string().contains(cause), "{refused}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_refused_file_stays_as_it_was() {
    check_refused("", "bob", "was started under another configuration: it has ann");
    check_refused("INSERT INTO numbers VALUES (-1)", "ann", "numbers that do not ascend");
    check_refused("UPDATE numbers SET number = 'one'", "ann", "does not hold a whole ledger");
    let texts = "UPDATE meta SET value = 'other' WHERE key = 'config'";
    check_refused(texts, "ann", "the texts are sealed does not hold");
}

#[test]
fn a_configuration_is_checked_against_a_ledger_only_when_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let check =
        |owner| check_configuration(folder.path(), &ClusterConfig::default(), &Numbers(owner));
    check("bob").unwrap();
    drop(start(&folder));
    check("ann").unwrap();
    assert!(check("bob").unwrap_err().is_refusal());
}
