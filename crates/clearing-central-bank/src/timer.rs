//! The timers of the central bank: they wake the ledger when something is due and at least once a
//! second, and report its last batch to the operators.

use std::time::Duration;

use clearing_domain::Ledger as _;
use clearing_domain::central_bank::CentralBankLedger;
use clearing_node::clock;
use clearing_node::ledger::LedgerHandle;
use tokio::sync::watch;

use crate::node::Pulse;

/// How often the last batch is reported to operators to whom nothing else is sent.
const WITNESS_EVERY: Duration = Duration::from_secs(1);

/// Reports the last batch to the operators, so that an older file of this ledger cannot be restored
/// without being detected. Runs until the ledger stops.
pub(crate) async fn send_witnesses(ledger: LedgerHandle<CentralBankLedger>) {
    let mut pace = tokio::time::interval(WITNESS_EVERY);
    loop {
        pace.tick().await;
        if ledger.submit(|ledger, _| ledger.send_witness()).await.is_err() {
            return;
        }
    }
}

/// Wakes the ledger until it stops. Each batch first does everything that is due, so an empty
/// command is enough.
pub(crate) async fn run(
    ledger: LedgerHandle<CentralBankLedger>,
    mut pulse: watch::Receiver<Pulse>,
) {
    loop {
        // A batch may change the time that is due next; the sleep then starts again with the new
        // one.
        let due = pulse.borrow_and_update().due;
        tokio::select! {
            changed = pulse.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = clock::sleep_until(due) => {
                if ledger.submit(|_, _| ()).await.is_err() {
                    return;
                }
            }
        }
    }
}
