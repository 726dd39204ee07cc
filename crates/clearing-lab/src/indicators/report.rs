//! The report: one JSON object.

use clearing_domain::indicators::queue_day::QueueAlgorithm;
use clearing_domain::indicators::{
    DelaySums, Flows, average_payment_time, bilateral_netting_ratio, density, herfindahl_index,
    lower_bound_liquidity, multilateral_netting_ratio, provision_relative_to_usage, ratio,
    turnover_ratio, upper_bound_liquidity, value_reciprocity,
};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use super::IndicatorsError;
use super::days::{DayReport, days};
use super::input::{PaymentDay, TOTAL};
use super::levels::{LevelRow, Levels};
use super::more::More;
use super::numbers::{Pairs, TICKS, duration, each, number, plain, time, yuan};

/// What to measure.
#[derive(Clone, Debug)]
pub struct Study {
    /// The levels of liquidity, in their order.
    pub levels: Vec<Decimal>,
    /// The algorithms, in their order.
    pub algorithms: Vec<QueueAlgorithm>,
    /// Whether to add every further indicator that the payments alone give.
    pub all: bool,
    /// Whether to add the figures of each day.
    pub days: bool,
}

/// The indicators of a file of payments. Money is decimal text in yuan, ratios are numbers and null
/// when their denominator is zero, times are in the unit of the file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    gross_value: Value,
    upper_bound_liquidity: Pairs<String>,
    lower_bound_liquidity: Pairs<String>,
    net_position: Pairs<String>,
    multilateral_netting_ratio: Value,
    bilateral_netting_ratio: Value,
    turnover_ratio: Value,
    hhi_sent: Value,
    average_payment_time: Value,
    liquidity_provision_relative_to_usage: Pairs<String>,
    value_reciprocity: Value,
    density: Value,
    delay_indicator_denominator: Value,
    delay_indicator: Vec<LevelRow>,
    settlement_times_at_zero_level_with_partial_net: Pairs<String>,
    #[serde(flatten)]
    more: Option<More>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<Vec<DayReport>>,
}

impl Report {
    /// Measures payments.
    pub fn new(input: &PaymentDay, study: &Study) -> Result<Self, IndicatorsError> {
        let PaymentDay { names, records, day, .. } = input;
        let flows = Flows::of(names.len(), records);
        let (lower, upper) =
            (lower_bound_liquidity(&flows), upper_bound_liquidity(names.len(), records));
        let with_total = |bounds: &[i128]| {
            let mut pairs = each(names, bounds.iter().copied(), yuan);
            pairs.0.push((TOTAL.to_owned(), yuan(bounds.iter().sum())));
            pairs
        };
        let relative = provision_relative_to_usage(&flows, &upper)
            .map(|all| all.into_iter().map(Some).collect());
        let levels = Levels { input, lower: &lower, upper: &upper };
        let possible = DelaySums::of(records, day).possible;
        Ok(Self {
            gross_value: yuan(flows.gross()),
            upper_bound_liquidity: with_total(&upper),
            lower_bound_liquidity: with_total(&lower),
            net_position: each(names, flows.nets(), yuan),
            multilateral_netting_ratio: number(multilateral_netting_ratio(&flows), 6),
            bilateral_netting_ratio: number(bilateral_netting_ratio(&flows), 6),
            turnover_ratio: number(turnover_ratio(&flows, &upper), 6),
            hhi_sent: number(herfindahl_index(&flows), 2),
            average_payment_time: duration(average_payment_time(records, day), 4),
            liquidity_provision_relative_to_usage: each(
                names,
                relative.unwrap_or_else(|| vec![None; names.len()]),
                |relative| number(relative, 6),
            ),
            value_reciprocity: number(value_reciprocity(&flows), 6),
            density: number(density(&flows), 6),
            delay_indicator_denominator: plain(ratio(possible, i128::from(100 * TICKS))),
            delay_indicator: levels.delays(study)?,
            settlement_times_at_zero_level_with_partial_net: settlement_times(&levels),
            more: if study.all { Some(More::new(&flows, &levels, study)?) } else { None },
            days: study.days.then(|| days(input)),
        })
    }
}

/// When each payment settles with the least liquidity that nets everything; null when never.
fn settlement_times(levels: &Levels<'_>) -> Pairs<String> {
    let settled = levels.settle(levels.lower, QueueAlgorithm::GrossFifoWithPartialNet);
    let times = settled.into_iter().map(|record| record.settled.map_or(Value::Null, time));
    Pairs(levels.input.ids.iter().cloned().zip(times).collect())
}
