//! Business hours of settlement, as they stand in a file.

use std::collections::BTreeSet;

use clearing_domain::central_bank::SettlementHours;
use clearing_domain::money::{BusinessDate, Weekday};

use super::ConfigError;
use super::values::{OpeningTime, TimeOfDay};

/// The most days without settlement that a file lists.
const CLOSED_DAYS_MAX: usize = 1000;

/// The hours of a file.
pub(super) fn read(
    opens: OpeningTime,
    closes: TimeOfDay,
    closed_days: &[String],
) -> Result<SettlementHours, ConfigError> {
    let path = "cluster.settlement_closed_days";
    if closed_days.len() > CLOSED_DAYS_MAX {
        let message = format!("{} are more than {CLOSED_DAYS_MAX}", closed_days.len());
        return Err(ConfigError::value(path, message));
    }
    let (mut weekdays, mut dates) = (BTreeSet::new(), BTreeSet::new());
    for text in closed_days {
        match (Weekday::from_name(text), BusinessDate::parse(text)) {
            (Some(weekday), _) => _ = weekdays.insert(weekday),
            (None, Some(date)) => _ = dates.insert(date),
            (None, None) => {
                let message = format!(
                    "{text:?} is neither a weekday as in sunday nor a date as in 2022-10-01"
                );
                return Err(ConfigError::value(path, message));
            }
        }
    }
    if weekdays.len() == Weekday::ALL.len() {
        return Err(ConfigError::value(path, "must leave a weekday on which anything settles"));
    }
    SettlementHours::new([opens.0, closes.0], weekdays, dates).ok_or_else(|| {
        let message = format!("{closes} is not after the opening at {opens}");
        ConfigError::value("cluster.settlement_closes", message)
    })
}

/// The days without settlement as a file lists them; none where there are none.
pub(super) fn closed_days(hours: &SettlementHours) -> Option<Vec<String>> {
    let weekdays = hours.closed_weekdays().iter().map(|weekday| weekday.name().to_owned());
    let dates = hours.closed_dates().iter().map(ToString::to_string);
    Some(weekdays.chain(dates).collect::<Vec<_>>()).filter(|days| !days.is_empty())
}
