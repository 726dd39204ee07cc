//! The reports by which each side of a link knows the last batch of the other.

use std::time::Duration;

use clearing_domain::Ledger;

use crate::error::LedgerError;
use crate::ledger::LedgerHandle;

/// How often the last batch is reported to a peer to whom nothing else is sent.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// Reports the last batch of a ledger to its peers, until the ledger stops.
///
/// Every message carries the batch already. These reports are for batches that send nothing, such
/// as payments inside an operator: without them only the file itself would show that an older file
/// was put in its place.
pub async fn send_witnesses<L: Ledger>(ledger: &LedgerHandle<L>) -> LedgerError {
    let mut pace = tokio::time::interval(REPORT_EVERY);
    loop {
        pace.tick().await;
        if let Err(stopped) = ledger.submit(|ledger, _| ledger.send_witness()).await {
            return stopped;
        }
    }
}
