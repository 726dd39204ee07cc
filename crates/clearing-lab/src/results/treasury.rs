//! The treasurers of a run as its summary tells them.

use clearing_domain::money::HOUR_MS;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::engine::{Ledgers, TreasuryRecord};

use super::indicators::{DAY, Records, float};

/// What the treasurer of an operator did, and what it cost in liquidity and time; money in fen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TreasurySummary {
    /// The operator.
    pub operator: String,
    /// Its rules by name, in their order.
    pub policy: String,
    /// What it brought in over the run.
    pub brought_fen: i64,
    /// What it took out.
    pub taken_fen: i64,
    /// What it opened a day with and brought in on it, less what it took out, summed over the days:
    /// what its liquidity cost is of.
    pub liquidity_fen_days: i64,
    /// How many of its payments were ever held.
    pub held: u64,
    /// Their value.
    pub held_fen: i64,
    /// The value of its payments times the hours they waited: what its delay cost is of.
    pub delay_fen_hours: Option<f64>,
}

/// What treasurers did, of the operators that have one.
pub(super) fn treasuries(ledgers: &Ledgers, records: &Records) -> Vec<TreasurySummary> {
    let waited = waited(records);
    let summary = |record: &TreasuryRecord| {
        let number = ledgers.central_bank.operator_number(record.operator).ok();
        let value_time = number.map_or(0, |number| waited[usize::from(number)]);
        TreasurySummary {
            operator: record.operator.to_string(),
            policy: record.policy.clone(),
            brought_fen: record.brought_in.fen(),
            taken_fen: record.taken_out.fen(),
            liquidity_fen_days: record.days.iter().map(|day| day.fen()).sum(),
            held: record.held,
            held_fen: record.held_value.fen(),
            delay_fen_hours: fen_hours(value_time),
        }
    };
    let records = ledgers.treasuries.iter();
    records.filter(|record| record.is_of_a_treasurer()).map(summary).collect()
}

/// The value of what each operator submitted times the milliseconds it waited, by the operators'
/// numbers at the central bank.
fn waited(records: &Records) -> Vec<i128> {
    let mut waited = vec![0; records.operators];
    for record in &records.submitted {
        let wait = record.settled_by_close(&DAY) - record.submitted;
        waited[record.sender] += i128::from(record.value.fen()) * i128::from(wait);
    }
    waited
}

fn fen_hours(value_time: i128) -> Option<f64> {
    let sum = Decimal::try_from_i128_with_scale(value_time, 0).ok()?;
    float(Some(sum / Decimal::from(HOUR_MS)))
}
