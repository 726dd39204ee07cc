//! Every further indicator that needs nothing but the payments.

use clearing_domain::indicators::{
    Flows, Record, link_reciprocity, mean_delay, mean_delay_unweighted, netting_efficiency,
    netting_factor, queue_statistics, throughput, top_share,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::IndicatorsError;
use super::input::PaymentDay;
use super::levels::{LevelRow, Levels};
use super::numbers::{Pairs, duration, each, number, time, yuan};
use super::report::Study;

/// How many of the largest senders share in the concentration.
const LARGEST: usize = 4;

/// What a report adds when it is asked for everything.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct More {
    payments: usize,
    netting_efficiency: Value,
    netting_factor: Value,
    top_4_share_sent: Value,
    link_reciprocity: Value,
    sent: Pairs<String>,
    received: Pairs<String>,
    flows: Pairs<String>,
    throughput_submitted: Value,
    queues: Vec<LevelRow>,
}

impl More {
    pub(super) fn new(
        flows: &Flows,
        levels: &Levels<'_>,
        study: &Study,
    ) -> Result<Self, IndicatorsError> {
        let PaymentDay { names, records, .. } = levels.input;
        let at_once: Vec<_> =
            records.iter().map(|one| Record { settled: Some(one.submitted), ..*one }).collect();
        let row = |sender: usize| -> Value {
            let others = (0..names.len()).filter(|receiver| flows.between(sender, *receiver) > 0);
            others
                .map(|receiver| (names[receiver].clone(), yuan(flows.between(sender, receiver))))
                .collect()
        };
        Ok(Self {
            payments: records.len(),
            netting_efficiency: number(netting_efficiency(flows), 6),
            netting_factor: number(netting_factor(flows), 6),
            top_4_share_sent: number(top_share(flows, LARGEST), 6),
            link_reciprocity: number(link_reciprocity(flows), 6),
            sent: each(names, flows.sent(), yuan),
            received: each(names, flows.received(), yuan),
            flows: each(names, 0..names.len(), row),
            throughput_submitted: steps(levels.input, &at_once),
            queues: levels.rows(study, false, |settled| queue(levels.input, settled))?,
        })
    }
}

/// The delays and the queue of a day that was settled in some way.
fn queue(input: &PaymentDay, settled: &[Record]) -> Value {
    let found = queue_statistics(settled, &input.day);
    json!({
        "mean_delay": duration(mean_delay(settled, &input.day), 4),
        "mean_delay_unweighted": duration(mean_delay_unweighted(settled, &input.day), 4),
        "average_queued_value": found.average_value.map(|fen| (fen / rust_decimal::Decimal::ONE_HUNDRED).round_dp(2).normalize().to_string()),
        "largest_queued_value": yuan(found.most_value),
        "mean_queue_length": number(found.mean_length, 4),
        "largest_queue_length": found.most_length,
        "mean_time_in_queue": duration(found.mean_time, 4),
        "payments_queued": found.queued,
        "unsettled_value": yuan(found.unsettled),
        "throughput": steps(input, settled),
    })
}

/// The share of value settled by each step of the day.
fn steps(input: &PaymentDay, settled: &[Record]) -> Value {
    let shares = throughput(settled, &input.day, input.step).into_iter();
    shares
        .map(|(until, share)| json!({ "until": time(until), "share": number(share, 6) }))
        .collect()
}
