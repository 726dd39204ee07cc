//! The tables of the central bank's ledger: those of its rows, which are only ever appended, and
//! `accounts` and `state`, which are what follows from them and are kept beside them.

use clearing_domain::central_bank::CentralBankRows;
use clearing_node::store::FileKind;
use clearing_node::store::rows::Tables;

/// The kind of file.
pub(crate) const KIND: FileKind = FileKind {
    description: "the ledger of a central bank",
    application_id: 0x6563_6362,
    schema: 13,
    tables,
};

fn tables() -> String {
    let mut rows = Tables::default();
    CentralBankRows::kinds(&mut rows);
    rows.into_sql() + BESIDE
}

/// What is kept beside the rows.
const BESIDE: &str = "
    CREATE TABLE accounts (
        operator INTEGER PRIMARY KEY, code TEXT NOT NULL, active INTEGER NOT NULL, cap INTEGER,
        earmarked INTEGER NOT NULL, collateral INTEGER NOT NULL, reserves INTEGER NOT NULL,
        held INTEGER NOT NULL, withdrawing INTEGER NOT NULL, unsettled INTEGER NOT NULL,
        outstanding INTEGER NOT NULL, peak_net_debit INTEGER NOT NULL, incarnation INTEGER NOT NULL,
        batch_seen INTEGER NOT NULL, head_seen BLOB NOT NULL
    );
    CREATE TABLE state (
        id INTEGER PRIMARY KEY CHECK (id = 1), opened_at INTEGER, tick INTEGER NOT NULL, phase INTEGER NOT NULL
    );
    ";

#[cfg(test)]
mod tests {
    #[test]
    fn sqlite_takes_every_table_as_it_is_declared() {
        let file = rusqlite::Connection::open_in_memory().unwrap();
        file.execute_batch(&super::tables()).unwrap();
    }
}
