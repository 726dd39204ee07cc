//! The tables of an operator's ledger. Rows are only ever appended; `accounts` and `state` are what
//! follows from them, kept beside them.

use clearing_node::store::FileKind;

/// The kind of file.
pub(crate) const KIND: FileKind = FileKind {
    description: "the ledger of an operator",
    application_id: 0x6563_6f70,
    schema: 3,
    tables: || TABLES.to_owned(),
};

const TABLES: &str = "
    CREATE TABLE wallets (
        slot INTEGER PRIMARY KEY, number INTEGER NOT NULL, phone_hash BLOB, evidence INTEGER NOT NULL, name TEXT
    );
    CREATE TABLE wallet_events (
        row INTEGER PRIMARY KEY, wallet INTEGER NOT NULL, kind INTEGER NOT NULL, amount INTEGER NOT NULL,
        class INTEGER NOT NULL, request_id, at INTEGER NOT NULL, content INTEGER
    );
    CREATE TABLE payments (
        row INTEGER PRIMARY KEY, id BLOB NOT NULL, request_id NOT NULL, payer INTEGER NOT NULL,
        payee INTEGER NOT NULL, amount INTEGER NOT NULL, submitted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
        state INTEGER NOT NULL, reason INTEGER NOT NULL, remark TEXT,
        alias INTEGER
    );
    CREATE TABLE inbound (
        row INTEGER PRIMARY KEY, id BLOB NOT NULL, payer INTEGER, payee INTEGER, amount INTEGER NOT NULL,
        submitted_at INTEGER NOT NULL, decided_at INTEGER NOT NULL, state INTEGER NOT NULL, reason INTEGER NOT NULL
    );
    CREATE TABLE outcomes (
        row INTEGER PRIMARY KEY, of INTEGER NOT NULL, reason INTEGER NOT NULL, cycle INTEGER NOT NULL,
        at INTEGER NOT NULL
    );
    CREATE TABLE accounts (
        name TEXT NOT NULL, cycle INTEGER NOT NULL, balance INTEGER NOT NULL, PRIMARY KEY (name, cycle)
    ) WITHOUT ROWID;
    CREATE TABLE state (
        id INTEGER PRIMARY KEY CHECK (id = 1), incarnation INTEGER NOT NULL, advice INTEGER NOT NULL,
        central_bank_batch INTEGER NOT NULL, central_bank_head BLOB NOT NULL, tick INTEGER NOT NULL, next_index INTEGER NOT NULL,
        complete INTEGER NOT NULL, tick_ended INTEGER NOT NULL
    );
    CREATE TABLE queued (payment INTEGER PRIMARY KEY);
    CREATE TABLE withdrawals (operation BLOB PRIMARY KEY, amount INTEGER NOT NULL, held INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE roster (prefix INTEGER PRIMARY KEY, code TEXT NOT NULL);
    ";
