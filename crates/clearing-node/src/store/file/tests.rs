use super::*;

const KIND: FileKind = FileKind {
    description: "a test ledger",
    application_id: 0x7465_7374,
    schema: 2,
    tables: || "CREATE TABLE numbers (row INTEGER PRIMARY KEY);".to_owned(),
};

fn texts(identity: &str, config: &str) -> FileTexts {
    FileTexts { identity: identity.to_owned(), config: config.to_owned() }
}

fn chain_of(batch: u64) -> Chain {
    Chain { batch, row: batch, hash: [7; 32], beside: Some([8; 32]) }
}

#[test]
fn batches_read_back_through_a_reader_while_the_file_is_open() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    let mut file = LedgerFile::open(&path, &KIND, &texts("regime cash", "text"), 1_000).unwrap();
    for (batch, durable) in [(1, true), (2, false), (3, true)] {
        let write = |transaction: &Transaction<'_>| {
            transaction.execute("INSERT INTO numbers VALUES (?)", [batch]).map(|_| ())
        };
        file.commit(chain_of(batch), durable, write).unwrap();
    }
    let reader = Reader::open(&path, &KIND).unwrap();
    assert_eq!(seals(&reader.connection).unwrap().len(), 3);
    assert_eq!(chain(&reader.connection).unwrap(), chain_of(3));
    assert_eq!(reader.config().unwrap(), "text");
    assert!(reader.connection.execute("INSERT INTO numbers VALUES (9)", []).is_err());
}

#[test]
fn a_head_is_found_at_its_batch_and_a_file_that_cannot_be_read_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    let mut file = LedgerFile::open(&path, &KIND, &texts("regime cash", "text"), 1_000).unwrap();
    file.commit(chain_of(1), true, |_| Ok(())).unwrap();
    assert_eq!(head_at(&path, 1).unwrap(), Some([7; 32]));
    assert_eq!([2, 1 << 63, u64::MAX].map(|batch| head_at(&path, batch).unwrap()), [None; 3]);
    assert!(head_at(&directory.path().join("other.db"), 1).is_err());
}

#[track_caller]
fn refused(change: impl FnOnce(&Path), expected: &str) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    drop(LedgerFile::open(&path, &KIND, &texts("regime cash", ""), 1_000).unwrap());
    change(&path);
    let before = fs::read(&path).unwrap();
    let error = LedgerFile::open(&path, &KIND, &texts("regime cash", ""), 1_000).unwrap_err();
    assert!(error.is_refusal() && error.to_string().contains(expected), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(Reader::open(&path, &KIND).is_err());
}

#[test]
fn a_truncated_foreign_or_newer_file_is_refused_untouched() {
    refused(|path| fs::write(path, b"hello").unwrap(), "it has 5 bytes");
    refused(|path| fs::write(path, [b'x'; 4096]).unwrap(), "it is no SQLite database");
    refused(
        |path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..bytes.len() - 4096]).unwrap();
        },
        "it is truncated",
    );
    let set = |pragma: &'static str| {
        move |path: &Path| {
            let connection = Connection::open(path).unwrap();
            connection
                .execute_batch(&format!("PRAGMA journal_mode = DELETE; PRAGMA {pragma}"))
                .unwrap();
        }
    };
    refused(set("user_version = 3"), "has ledger schema 3, but this program reads schema 2");
    refused(set("application_id = 5"), "it is a database of application 0x5");
}

#[test]
fn another_configuration_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    drop(LedgerFile::open(&path, &KIND, &texts("role operator; regime cash", ""), 1_000).unwrap());
    let error = LedgerFile::open(&path, &KIND, &texts("role operator; regime deposit", ""), 1_000)
        .unwrap_err();
    assert!(
        error.to_string().ends_with("it has regime cash, the configuration regime deposit"),
        "{error}"
    );
}
