//! What is measured of one business day: the unit in which the CPMI's figures are defined.

use rust_decimal::Decimal;

use super::{
    CorePeriphery, Day, DayPosition, Flows, Record, core_periphery, deciles_of_payment_time,
    gini_of_liquidity_cost, page_rank, upper_bound_liquidity,
};

/// The records of one day and what follows from them. Every day starts anew: positions of the day
/// before are no part of it.
#[derive(Clone, Debug)]
pub struct DayFigures {
    /// The day, counted from 0.
    pub number: i64,
    /// Its payments, in the order they were given.
    pub records: Vec<Record>,
    /// Who paid whom how much.
    pub flows: Flows,
    /// The upper bound of liquidity of each participant: the most that it owed.
    pub upper: Vec<i128>,
    /// The net positions of each participant.
    pub positions: Vec<DayPosition>,
    /// The inequality of the cost of liquidity.
    pub gini: Option<Decimal>,
    /// The times of day by which tenths of the value were submitted.
    pub deciles: Vec<i64>,
    /// The `PageRank` of each participant.
    pub ranks: Vec<Decimal>,
    /// The core that contradicts the network least.
    pub core: Option<CorePeriphery>,
}

impl DayFigures {
    /// The days that have payments, ascending.
    pub fn of(participants: usize, records: &[Record], day: &Day) -> Vec<Self> {
        let mut sorted = records.to_vec();
        // Stable, so that payments of one time keep their order.
        sorted.sort_by_key(|record| day.number_of(record.submitted));
        let days = sorted
            .chunk_by(|one, next| day.number_of(one.submitted) == day.number_of(next.submitted));
        days.map(|records| Self::of_day(participants, records, day)).collect()
    }

    fn of_day(participants: usize, records: &[Record], day: &Day) -> Self {
        let flows = Flows::of(participants, records);
        let positions = DayPosition::of(participants, records, day);
        Self {
            number: records.first().map_or(0, |first| day.number_of(first.submitted)),
            upper: upper_bound_liquidity(participants, records),
            gini: gini_of_liquidity_cost(&positions, records),
            deciles: deciles_of_payment_time(records, day),
            ranks: page_rank(&flows),
            core: core_periphery(&flows),
            records: records.to_vec(),
            positions,
            flows,
        }
    }
}
