//! The wall clock, read here and nowhere else. Ledgers only ever see times passed in, and make
//! business time of them, which never runs back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clearing_domain::money::Timestamp;

use crate::ledger::{Ledger, LedgerHandle};

/// How long at most nobody looks at the clock. What tasks sleep by stands still while a machine is
/// suspended, so a long sleep would end hours late.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How soon the clock is looked at again when something was due that has not been done yet.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The time of day.
pub fn now() -> Timestamp {
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

/// Shows the clock to a ledger at least once a second, until it stops: where nobody does anything
/// business time goes on, too.
pub async fn keep<L: Ledger>(ledger: LedgerHandle<L>) {
    while ledger.tell(|_, _| ()).await.is_ok() {
        sleep_until(None).await;
    }
}
