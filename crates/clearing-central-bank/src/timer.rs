//! The wall clock: wakes the ledger when something is due, looks at least once a second, and tells
//! operators how far the ledger is.

use std::time::Duration;

use clearing_node::clock;
use clearing_node::ledger::LedgerHandle;
use tokio::sync::watch;

use crate::node::Pulse;
use crate::store::CentralBankBook;

/// How often operators are told how far the ledger is, when nothing else leaves.
const WITNESS_EVERY: Duration = Duration::from_secs(1);

/// Tells operators how far the ledger is, so that no older file of it can be put back unseen. Runs
/// until the ledger stops.
pub(crate) async fn send_witnesses(ledger: LedgerHandle<CentralBankBook>) {
    let mut pace = tokio::time::interval(WITNESS_EVERY);
    loop {
        pace.tick().await;
        if ledger.tell(|book, _| book.0.send_witness()).await.is_err() {
            return;
        }
    }
}

/// Runs until the ledger stops. Any batch does what is due before its commands, so an empty one
/// will do.
pub(crate) async fn run(ledger: LedgerHandle<CentralBankBook>, mut pulse: watch::Receiver<Pulse>) {
    loop {
        let due = pulse.borrow_and_update().due;
        tokio::select! {
            changed = pulse.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = clock::sleep_until(due) => {
                if ledger.tell(|_, _| ()).await.is_err() {
                    return;
                }
            }
        }
    }
}
