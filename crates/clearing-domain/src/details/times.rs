//! When a payment may settle.

use crate::money::Timestamp;

/// When a payment may settle, where payments wait in a queue; any time by default. Both ends belong
/// to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SettlementTimes {
    /// Before this it is not tried.
    pub earliest: Option<Timestamp>,
    /// When this comes it is returned.
    pub latest: Option<Timestamp>,
}

impl SettlementTimes {
    /// Whether the latest time, if there is one, is not before the earliest.
    pub fn is_in_order(self) -> bool {
        self.earliest.zip(self.latest).is_none_or(|(earliest, latest)| earliest <= latest)
    }

    /// Whether it may settle at a moment.
    pub fn allow(self, at: Timestamp) -> bool {
        self.earliest.is_none_or(|earliest| earliest <= at)
            && self.latest.is_none_or(|latest| at <= latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_belong_to_the_times() {
        let at = Timestamp::from_ms;
        let times = SettlementTimes { earliest: Some(at(5)), latest: Some(at(7)) };
        assert_eq!([4, 5, 7, 8].map(|ms| times.allow(at(ms))), [false, true, true, false]);
        assert!(SettlementTimes::default().allow(at(0)) && times.is_in_order());
        assert!(!SettlementTimes { latest: Some(at(4)), ..times }.is_in_order());
    }
}
