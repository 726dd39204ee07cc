//! What configuration decides for the central bank's ledger.

use crate::Lockstep;
use crate::Regime;
use crate::money::{Amount, DAY_MS, OperatorCode, Prefix, Timestamp};

use super::guarantees::Guarantees;
use super::hours::SettlementHours;
use super::reservations::Reserved;
use super::settlement_mode::{ModeChange, SettlementMode};

/// What becomes of what an operator cannot repay at the close of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overdrafts {
    /// It is lent for the night.
    #[default]
    Allowed,
    /// It is in default: nothing is lent for it, and until it is repaid the operator's payments are
    /// refused.
    Refused,
}

/// An operator as the central bank opens its accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorOpening {
    /// Its code.
    pub code: OperatorCode,
    /// Its English name.
    pub name: Box<str>,
    /// Its Chinese name.
    pub name_zh: Box<str>,
    /// The prefix of its wallets.
    pub prefix: Prefix,
    /// What its reserve account opens with.
    pub reserves: Amount,
    /// e-CNY issued to it at the start, out of its reserves and no more than those (cash regime).
    pub stock: Amount,
    /// Its net debit cap; `None` is unlimited.
    pub cap: Option<Amount>,
    /// How far the central bank lets its reserve account go below zero (deposit regime).
    pub credit: Amount,
    /// What it puts up for its cap, which then follows from it.
    pub guarantees: Guarantees,
    /// What it may at most pay others on a day, net of what they paid it.
    pub bilateral_limits: Vec<(OperatorCode, Amount)>,
    /// What it may at most receive on a day, net of what it sent; `None` is unlimited.
    pub receiver_cap: Option<Amount>,
    /// What it keeps for levels of the queue.
    pub reserved: Reserved,
}

/// The settings of the central bank's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CentralBankSettings {
    /// Cash or deposit.
    pub regime: Regime,
    /// How obligations settle, until it changes.
    pub mode: SettlementMode,
    /// How they settle from certain business days on.
    pub changes: Vec<ModeChange>,
    /// How long after a cut-off a cycle that is not covered waits for operators to bring in money,
    /// in milliseconds; what happens at its close comes then.
    pub funding_window_ms: i64,
    /// What becomes of what an operator cannot repay at the close of a day.
    pub overdrafts: Overdrafts,
    /// Cut-offs in milliseconds of the day in Asia/Shanghai, ascending, the last at 24:00.
    pub cut_offs: Vec<i64>,
    /// When anything settles.
    pub hours: SettlementHours,
    /// What is taken off the value of collateral, in thousandths.
    pub haircut_permille: u16,
    /// The business time of ticks; `None` under the wall clock.
    pub lockstep: Option<Lockstep>,
    /// The roster, sorted by code.
    pub operators: Vec<OperatorOpening>,
}

impl CentralBankSettings {
    /// Cut-offs at equal distances, the last at 24:00.
    pub fn equal_cut_offs(per_day: u32) -> Vec<i64> {
        let per_day = i64::from(per_day.max(1));
        (1..=per_day).map(|number| DAY_MS * number / per_day).collect()
    }

    /// The first cut-off after a time.
    pub fn next_cut_off(&self, after: Timestamp) -> Timestamp {
        let day = after.date();
        // A time on the cut-off itself is behind it: it belongs to the next cycle.
        let passed = self.cut_offs.partition_point(|cut_off| day.at(*cut_off) <= after);
        self.cut_offs.get(passed).map_or_else(|| day.next().start(), |cut_off| day.at(*cut_off))
    }

    /// The last cut-off that has come by a time.
    pub fn last_cut_off(&self, by: Timestamp) -> Timestamp {
        let day = by.date();
        let passed = self.cut_offs.partition_point(|cut_off| day.at(*cut_off) <= by);
        passed.checked_sub(1).map_or_else(|| day.start(), |last| day.at(self.cut_offs[last]))
    }

    /// The first moment after a time at which cycles end: a cut-off, or the opening behind those
    /// that came while settlement was closed.
    pub fn next_settlement(&self, after: Timestamp) -> Timestamp {
        let missed = self.hours.first_open(self.last_cut_off(after));
        if missed > after { missed } else { self.hours.first_open(self.next_cut_off(after)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_on_the_cut_off_belongs_to_the_next_cycle() {
        let settings = CentralBankSettings {
            regime: Regime::Cash,
            mode: SettlementMode::Gross,
            changes: Vec::new(),
            funding_window_ms: 0,
            overdrafts: Overdrafts::Allowed,
            cut_offs: CentralBankSettings::equal_cut_offs(4),
            hours: SettlementHours::default(),
            haircut_permille: 0,
            lockstep: None,
            operators: Vec::new(),
        };
        let day = crate::money::BusinessDate::parse("2022-08-24").unwrap();
        let hour = 3_600_000;
        assert_eq!(settings.next_cut_off(day.start()), day.start().plus_ms(6 * hour));
        assert_eq!(
            settings.next_cut_off(day.start().plus_ms(6 * hour)),
            day.start().plus_ms(12 * hour)
        );
        assert_eq!(settings.next_cut_off(day.start().plus_ms(23 * hour)), day.next().start());
        assert_eq!(settings.last_cut_off(day.start()), day.start());
        assert_eq!(
            settings.last_cut_off(day.start().plus_ms(7 * hour)),
            day.start().plus_ms(6 * hour)
        );
        // On the day that begins summer time the second cut-off comes eleven hours after midnight.
        let spring = crate::money::BusinessDate::parse("1988-04-17").unwrap();
        let cut_offs: Vec<_> =
            std::iter::successors(Some(spring.start()), |at| Some(settings.next_cut_off(*at)))
                .take(5)
                .collect();
        assert_eq!(cut_offs, [0, 5, 11, 17, 23].map(|hours| spring.start().plus_ms(hours * hour)));
    }
}
