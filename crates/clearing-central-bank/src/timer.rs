//! The timer of the central bank: it wakes the ledger when something is due, and at least once a
//! second.

use clearing_domain::central_bank::CentralBankLedger;
use clearing_node::clock;
use clearing_node::ledger::LedgerHandle;
use tokio::sync::watch;

use crate::node::Pulse;

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
