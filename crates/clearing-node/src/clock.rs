//! The wall clock, read here and nowhere else. Ledgers receive times as arguments and derive from
//! them the business time, which never runs back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clearing_domain::Ledger;
use clearing_domain::money::Timestamp;

use crate::ledger::LedgerHandle;

/// The longest time between two readings of the clock. The timer of the runtime stands still while
/// a machine is suspended, so a long sleep would end hours late.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How soon the clock is read again when something is due that the ledger has not done yet.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The time of day.
pub fn now() -> Timestamp {
    // A clock before 1970 counts as 1970 and one after 9999 as 9999: business time has no others.
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::checked(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
        .unwrap_or(Timestamp::MAX)
}

/// Sleeps until something is due, but never for longer than a second.
pub async fn sleep_until(due: Option<Timestamp>) {
    let left = due.map(|due| u64::try_from(due.ms() - now().ms()).unwrap_or(0));
    let left =
        left.map_or(LOOK_EVERY, |ms| Duration::from_millis(ms).clamp(LOOK_AGAIN, LOOK_EVERY));
    tokio::time::sleep(left).await;
}

/// Advances the clock of a ledger at least once a second, until the ledger stops, so that business
/// time also goes on while no command arrives.
pub async fn keep<L: Ledger>(ledger: LedgerHandle<L>) {
    while ledger.submit(|_, _| ()).await.is_ok() {
        sleep_until(None).await;
    }
}
