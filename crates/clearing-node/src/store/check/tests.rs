use std::fs;
use std::path::{Path, PathBuf};

use clearing_domain::seal::Chain;
use rusqlite::{Connection, Transaction};
use tempfile::TempDir;

use crate::store::log::{beside, log_path};
use crate::store::{FileKind, FileTexts, LedgerFile, Reader, StoreError, seals};

const KIND: FileKind = FileKind {
    description: "a test ledger",
    application_id: 0x7465_7374,
    schema: 2,
    tables: || "CREATE TABLE texts (row INTEGER PRIMARY KEY, text TEXT NOT NULL);".to_owned(),
};

fn open(path: &Path) -> Result<LedgerFile, StoreError> {
    LedgerFile::open(path, &KIND, &FileTexts::default(), 1_000)
}

fn commit(file: &mut LedgerFile, batch: u64) {
    let write = |transaction: &Transaction<'_>| {
        transaction
            .execute("INSERT INTO texts VALUES (?, ?)", (batch, "x".repeat(9_000)))
            .map(|_| ())
    };
    file.commit(Chain { batch, row: batch, hash: [7; 32], beside: None }, true, write).unwrap();
}

/// The files of a process that was killed: some batches in the file, more in its log.
fn killed(moved: u64, logged: u64) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let (running, path) = (directory.path().join("running.db"), directory.path().join("ledger.db"));
    let mut file = open(&running).unwrap();
    (1..=moved).for_each(|batch| commit(&mut file, batch));
    // The last to close the file moves the log into it.
    drop(file);
    let mut file = open(&running).unwrap();
    (moved + 1..=moved + logged).for_each(|batch| commit(&mut file, batch));
    fs::copy(&running, &path).unwrap();
    fs::copy(log_path(&running), log_path(&path)).unwrap();
    (directory, path)
}

fn cut(path: &Path, length: u64) {
    fs::File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

/// Both the audit's way and the process's read so many batches.
#[track_caller]
fn holds(path: &Path, batches: u64) {
    let reader = Reader::open(path, &KIND).unwrap();
    assert_eq!(seals(&reader.connection).unwrap().len() as u64, batches);
    drop(reader);
    let mut file = open(path).unwrap();
    commit(&mut file, batches + 1);
    drop(file);
    let check: String = Connection::open(path)
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
}

/// Both refuse it with this sentence, and nothing of it changes.
#[track_caller]
fn refused(path: &Path, expected: &str) {
    let files = [path.to_owned(), log_path(path)];
    let bytes = || files.each_ref().map(|file| fs::read(file).ok());
    let before = bytes();
    for error in [Reader::open(path, &KIND).unwrap_err(), open(path).unwrap_err()] {
        assert!(error.is_refusal() && error.to_string().contains(expected), "{error}");
    }
    assert!(bytes() == before, "the files changed");
}

#[test]
fn pages_that_only_the_log_holds_are_no_truncation() {
    let (_directory, path) = killed(0, 4);
    holds(&path, 4);
    let (_directory, path) = killed(3, 4);
    // As a checkpoint leaves it that was killed after its first page: the header counts pages of
    // the log.
    let log = fs::read(log_path(&path)).unwrap();
    let first_page = frames(&log).filter(|frame| frame[..4] == [0, 0, 0, 1]).last().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[..4096].copy_from_slice(&first_page[24..]);
    fs::write(&path, bytes).unwrap();
    holds(&path, 7);
}

fn frames(log: &[u8]) -> impl Iterator<Item = &[u8]> {
    log[32..].chunks_exact(24 + 4096)
}

#[test]
fn of_a_log_that_is_torn_the_commits_before_count() {
    let (_directory, path) = killed(2, 3);
    let log = log_path(&path);
    cut(&log, length(&log) - 1_000);
    holds(&path, 4);
}

#[test]
fn a_log_of_nothing_or_of_anything_else_does_not_count() {
    for left in [&b""[..], &[0; 32], &[b'x'; 9_000]] {
        let (_directory, path) = killed(2, 1);
        fs::write(log_path(&path), left).unwrap();
        fs::write(beside(&path, "-shm"), left).unwrap();
        holds(&path, 2);
    }
}

#[test]
fn pages_that_neither_holds_are_missing() {
    let (_directory, path) = killed(6, 1);
    cut(&path, 4 * 4096);
    refused(&path, "pages are neither in it nor in its log");
    fs::remove_file(log_path(&path)).unwrap();
    refused(&path, "it is truncated: 16384 of ");
    let (_directory, path) = killed(6, 1);
    cut(&path, length(&path) - 1);
    fs::write(log_path(&path), b"").unwrap();
    refused(&path, "it is truncated");
}

#[test]
fn what_the_log_makes_of_the_file_counts() {
    for (pragma, expected) in
        [("user_version = 3", "has ledger schema 3"), ("application_id = 5", "application 0x5")]
    {
        let (directory, path) = killed(2, 0);
        let other = Connection::open(&path).unwrap();
        other.execute_batch(&format!("PRAGMA wal_autocheckpoint = 0; PRAGMA {pragma}")).unwrap();
        let copy = directory.path().join("copy.db");
        fs::copy(&path, &copy).unwrap();
        fs::copy(log_path(&path), log_path(&copy)).unwrap();
        refused(&copy, expected);
    }
}

#[test]
fn a_log_without_its_file_is_not_taken_for_that_of_a_new_one() {
    let (_directory, path) = killed(0, 3);
    fs::remove_file(&path).unwrap();
    let error = open(&path).unwrap_err();
    assert!(
        error.is_refusal() && error.to_string().contains("it is missing, but its log is there"),
        "{error}"
    );
    assert!(!path.exists() && length(&log_path(&path)) > 0);
}

#[test]
fn what_a_killed_creation_left_is_cleared_away() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    for left in ["db-new", "db-new-journal", "db-new-wal", "db-new-shm"] {
        fs::write(path.with_extension(left), b"half of it").unwrap();
    }
    commit(&mut open(&path).unwrap(), 1);
    let mut names: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["ledger.db"]);
    holds(&path, 1);
}

#[test]
fn a_journal_beside_the_file_is_rolled_back_by_its_process() {
    let (directory, path) = killed(2, 0);
    fs::remove_file(log_path(&path)).unwrap();
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch(
            "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; PRAGMA cache_spill = 1",
        )
        .unwrap();
    other
        .execute_batch("BEGIN; UPDATE texts SET text = 'y'; INSERT INTO texts VALUES (9, 'z')")
        .unwrap();
    other.cache_flush().unwrap();
    let copy = directory.path().join("copy.db");
    fs::copy(&path, &copy).unwrap();
    fs::copy(beside(&path, "-journal"), beside(&copy, "-journal")).unwrap();
    drop(other);
    LedgerFile::recover(&copy, &KIND).unwrap();
    holds(&copy, 2);
}

#[test]
fn only_the_owner_reads_a_ledger_and_its_log() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let all = [path.clone(), log_path(&path), beside(&path, "-shm")];
    let mut file = open(&path).unwrap();
    commit(&mut file, 1);
    assert_eq!(all.each_ref().map(|file| mode(file)), [0o600; 3]);
    drop(file);
    // That of an earlier version becomes private when its process opens it.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let _file = open(&path).unwrap();
    assert_eq!(all.each_ref().map(|file| mode(file)), [0o600; 3]);
}
