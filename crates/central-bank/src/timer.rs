//! The wall clock: wakes the ledger when something is due, and never otherwise.

use std::time::Duration;

use clearing_node::clock;
use clearing_node::ledger::LedgerHandle;
use tokio::sync::watch;

use crate::node::Pulse;
use crate::store::CentralBankBook;

/// Runs until the ledger stops.
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
