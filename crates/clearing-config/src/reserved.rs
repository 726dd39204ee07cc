//! Liquidity that is reserved for levels of the queue, as it stands in a file.

use std::collections::BTreeMap;

use clearing_domain::central_bank::Reserved;
use clearing_domain::netting::Priority;

use super::ConfigError;
use super::values::Yuan;

/// What a file reserves, by the names of levels.
pub(super) fn read(path: &str, listed: &BTreeMap<String, Yuan>) -> Result<Reserved, ConfigError> {
    let mut reserved = Reserved::default();
    for (name, amount) in listed {
        let level = Reserved::levels().find(|level| level.name() == name).ok_or_else(|| {
            let names = Reserved::levels().map(Priority::name).collect::<Vec<_>>().join(", ");
            ConfigError::value(path, format!("{name:?} is none of {names}"))
        })?;
        reserved.set(level, amount.0);
    }
    Ok(reserved)
}

/// What is reserved, as a file lists it.
pub(super) fn listed(reserved: &Reserved) -> BTreeMap<String, Yuan> {
    let levels = reserved.iter();
    levels.map(|(level, amount)| (level.name().to_owned(), Yuan(amount))).collect()
}
