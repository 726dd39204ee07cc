//! The tables of the central bank's ledger. Rows are only ever appended; `accounts` and `state` are
//! what follows from them, kept beside them.

use clearing_node::store::FileKind;

/// The kind of file.
pub(crate) const KIND: FileKind = FileKind {
    description: "the ledger of a central bank",
    application_id: 0x6563_6362,
    schema: 4,
    tables: || TABLES.to_owned(),
};

const TABLES: &str = "
    CREATE TABLE transfers (
        row INTEGER PRIMARY KEY, id BLOB NOT NULL, request_key BLOB NOT NULL, payer INTEGER NOT NULL,
        payee INTEGER NOT NULL, payer_operator INTEGER NOT NULL, payee_operator INTEGER NOT NULL,
        amount INTEGER NOT NULL, submitted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
        admitted_at INTEGER NOT NULL, state INTEGER NOT NULL, reason INTEGER NOT NULL
    );
    CREATE TABLE transfer_events (
        row INTEGER PRIMARY KEY, of INTEGER NOT NULL, kind INTEGER NOT NULL, reason INTEGER NOT NULL,
        cycle INTEGER NOT NULL, decided_at INTEGER NOT NULL, at INTEGER NOT NULL, priority INTEGER NOT NULL
    );
    CREATE TABLE operations (
        row INTEGER PRIMARY KEY, id BLOB NOT NULL, kind INTEGER NOT NULL, operator INTEGER NOT NULL,
        counterparty INTEGER, sum INTEGER NOT NULL, at INTEGER NOT NULL
    );
    CREATE TABLE advices (
        row INTEGER PRIMARY KEY, operator INTEGER NOT NULL, number INTEGER NOT NULL, kind INTEGER NOT NULL,
        operation BLOB NOT NULL, first INTEGER NOT NULL, second INTEGER NOT NULL, first_cycle INTEGER NOT NULL,
        second_cycle INTEGER NOT NULL
    );
    CREATE TABLE cycles (
        row INTEGER PRIMARY KEY, cycle INTEGER NOT NULL UNIQUE, opened_at INTEGER NOT NULL, closed_at INTEGER NOT NULL,
        state INTEGER NOT NULL, payments INTEGER NOT NULL, gross INTEGER NOT NULL
    );
    CREATE TABLE cycle_positions (
        cycle INTEGER NOT NULL, operator INTEGER NOT NULL, sent INTEGER NOT NULL, received INTEGER NOT NULL,
        net INTEGER NOT NULL, brought INTEGER NOT NULL, settled INTEGER NOT NULL, carried INTEGER NOT NULL,
        claimed INTEGER NOT NULL, carried_to INTEGER NOT NULL, peak_net_debit INTEGER NOT NULL, balance_after INTEGER NOT NULL,
        PRIMARY KEY (cycle, operator)
    ) WITHOUT ROWID;
    CREATE TABLE aliases (row INTEGER PRIMARY KEY, alias BLOB NOT NULL, wallet INTEGER, shown TEXT);
    CREATE TABLE accounts (
        operator INTEGER PRIMARY KEY, code TEXT NOT NULL, active INTEGER NOT NULL, cap INTEGER,
        earmarked INTEGER NOT NULL, collateral INTEGER NOT NULL, reserves INTEGER NOT NULL, held INTEGER NOT NULL, withdrawing INTEGER NOT NULL, unsettled INTEGER NOT NULL,
        outstanding INTEGER NOT NULL, peak_net_debit INTEGER NOT NULL, incarnation INTEGER NOT NULL,
        batch_seen INTEGER NOT NULL, head_seen BLOB NOT NULL
    );
    CREATE TABLE state (
        id INTEGER PRIMARY KEY CHECK (id = 1), opened_at INTEGER NOT NULL, tick INTEGER NOT NULL, phase INTEGER NOT NULL
    );
    ";
