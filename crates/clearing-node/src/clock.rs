//! The wall clock. Ledgers only ever see times passed in.

use std::time::{SystemTime, UNIX_EPOCH};

use clearing_domain::money::Timestamp;

/// The time of day.
pub fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
}
