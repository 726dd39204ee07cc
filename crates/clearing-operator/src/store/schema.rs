//! The tables of an operator's ledger: those of its rows, which are only ever appended, follow from
//! their declarations; the others hold what is kept beside them.

use clearing_domain::operator::OperatorRows;
use clearing_node::store::FileKind;
use clearing_node::store::rows::Tables;

/// The kind of file.
pub(crate) const KIND: FileKind = FileKind {
    description: "the ledger of an operator",
    application_id: 0x6563_6f70,
    schema: 27,
    tables,
};

fn tables() -> String {
    let mut rows = Tables::default();
    OperatorRows::kinds(&mut rows);
    rows.into_sql() + BESIDE
}

/// What is kept beside the rows.
const BESIDE: &str = "
    CREATE TABLE wallets (
        slot INTEGER PRIMARY KEY, number INTEGER NOT NULL, phone_hash BLOB, identity INTEGER, evidence INTEGER NOT NULL,
        name TEXT
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
    CREATE TABLE remittances (operation BLOB PRIMARY KEY, amount INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE roster (prefix INTEGER PRIMARY KEY, code TEXT NOT NULL);
    ";
