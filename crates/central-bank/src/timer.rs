//! The wall clock: wakes the ledger when something is due, and to tell operators how far it is.

use std::time::Duration;

use clearing_node::clock;
use clearing_node::ledger::LedgerHandle;
use tokio::sync::watch;

use crate::node::Pulse;
use crate::store::CentralBankBook;

/// How often operators are told how far the ledger is, when nothing else leaves.
const WITNESS_EVERY: Duration = Duration::from_secs(1);

/// Tells operators how far the ledger is, so that no older file of it can be put back unseen. Runs until the ledger
/// stops.
pub(crate) async fn send_witnesses(ledger: LedgerHandle<CentralBankBook>) {
    let mut pace = tokio::time::interval(WITNESS_EVERY);
    loop {
        pace.tick().await;
        if ledger.tell(|book, _| book.0.send_witness()).await.is_err() {
            return;
        }
    }
}

/// Does what is due. Runs until the ledger stops.
pub(crate) async fn run(ledger: LedgerHandle<CentralBankBook>, mut pulse: watch::Receiver<Pulse>) {
    loop {
        let due = pulse.borrow_and_update().due;
        let changed = pulse.changed();
        let Some(due) = due else {
            if changed.await.is_err() {
                return;
            }
            continue;
        };
        let wait = u64::try_from(due.ms() - clock::now().ms()).unwrap_or(0);
        tokio::select! {
            changed = changed => {
                if changed.is_err() {
                    return;
                }
            }
            () = tokio::time::sleep(Duration::from_millis(wait)) => {
                if ledger.write_waiting(|book, now| book.0.advance_clock(now)).await.is_err() {
                    return;
                }
            }
        }
    }
}
