//! What one run is worth to a study: a row of numbers, perhaps without the first days.

use std::collections::BTreeMap;

use clearing_domain::central_bank::Cycle;
use clearing_domain::money::{Position, Timestamp};
use clearing_domain::operator::PaymentState;

use crate::engine::{FaultRecord, Ledgers};
use crate::experiment::Experiment;

use super::credit::Credit;
use super::indicators::{Records, RunIndicators, fen};
use super::need::Need;
use super::owed::{OperatorOwed, by_operator};
use super::settled;
use super::strain::Strain;
use super::tables::all_cycles;

/// A number of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// A count, or money in fen.
    Integer(i64),
    /// A ratio or a time; `None` without a denominator.
    Number(Option<f64>),
}

impl Measure {
    /// The number, whichever it is.
    pub fn as_number(self) -> Option<f64> {
        match self {
            Self::Integer(integer) => Some(integer as f64),
            Self::Number(number) => number,
        }
    }
}

/// What a run is measured by, in order, by name.
pub type Measures = Vec<(&'static str, Measure)>;

use Measure::{Integer, Number};

/// Measures a run without what was submitted on its first days.
pub fn measures(experiment: &Experiment, ledgers: &Ledgers, warm_up_days: u32) -> Measures {
    of_records(experiment, ledgers, warm_up_days, records(experiment, ledgers))
}

/// Measures a run, and how hard the whole of it was on each operator: both read the obligations,
/// which take as long to draw as the rest.
pub fn measures_and_strain(
    experiment: &Experiment,
    ledgers: &Ledgers,
    warm_up_days: u32,
) -> (Measures, Strain) {
    let records = records(experiment, ledgers);
    let strain = Strain::of_records(experiment, ledgers, &records);
    (of_records(experiment, ledgers, warm_up_days, records), strain)
}

/// The obligations of a run.
pub(super) fn records(experiment: &Experiment, ledgers: &Ledgers) -> Records {
    let day_one = experiment.cluster.lockstep.start.date().start();
    let settlements = settled::settlements(&ledgers.central_bank);
    Records::new(&ledgers.central_bank, &settlements, day_one)
}

fn of_records(
    experiment: &Experiment,
    ledgers: &Ledgers,
    warm_up_days: u32,
    records: Records,
) -> Measures {
    let day_one = experiment.cluster.lockstep.start.date().start();
    let from = day_one.date().plus_days(warm_up_days).start();
    let records = records.since(from.ms_by_clocks_since(day_one.date()));
    let until = day_one.date().plus_days(experiment.days).start();
    let credit = Credit::of(&ledgers.central_bank, &experiment.cluster, from, until);
    let need = Need::of(&ledgers.central_bank, from);
    let indicators = records.indicators(&ledgers.central_bank, &credit, &need);
    let mut measures = payments(ledgers, from);
    measures.extend(values(&records, &indicators));
    measures.extend(ratios(&indicators));
    measures.extend(cycles(ledgers, &records, from));
    measures.extend([
        ("credit_used_fen", Integer(indicators.credit_used_fen)),
        ("credit_fen_hours", Number(indicators.credit_fen_hours)),
        ("credit_cost", Number(indicators.credit_cost_fen.map(|fen| fen / 100.0))),
        ("overdraft_cost", Number(indicators.overdraft_cost_fen.map(|fen| fen / 100.0))),
    ]);
    measures.extend(need_of(&need));
    measures.extend(owed(ledgers, from));
    measures.extend(faults(ledgers, from));
    measures
}

/// What the design asked for.
fn need_of(need: &Need) -> Measures {
    vec![
        ("most_owed_fen", Integer(fen(need.sum(|one| one.most_owed)))),
        ("largest_asked_fen", Integer(fen(need.largest_asked()))),
        ("mean_asked_fen", Number(need.mean_asked())),
        ("sufficient_fen", Integer(fen(need.sum(|one| one.sufficient)))),
    ]
}

/// What is owed outside settlement, and who bears it.
fn owed(ledgers: &Ledgers, from: Timestamp) -> Measures {
    let owed = by_operator(&ledgers.central_bank, from);
    let all =
        |of: fn(&OperatorOwed) -> Position| Integer(owed.iter().map(of).sum::<Position>().fen());
    let largest_loss = owed.iter().map(|one| one.loss.fen()).max().unwrap_or_default();
    vec![
        ("central_bank_credit_drawn_fen", all(|one| one.drawn)),
        ("central_bank_credit_repaid_fen", all(|one| one.repaid)),
        ("central_bank_credit_open_fen", all(|one| one.open)),
        ("overdraft_fen", all(|one| one.overdraft)),
        ("claims_fen", all(|one| one.claims_held)),
        ("losses_fen", all(|one| one.loss)),
        ("largest_loss_fen", Integer(largest_loss)),
    ]
}

/// What the faults did that began on the days counted.
fn faults(ledgers: &Ledgers, from: Timestamp) -> Measures {
    let faults: Vec<_> = ledgers.faults.iter().filter(|fault| fault.at > from).collect();
    let count = |of: fn(&FaultRecord) -> u64| {
        Integer(
            i64::try_from(faults.iter().map(|fault| of(fault)).sum::<u64>()).unwrap_or(i64::MAX),
        )
    };
    let sum = |of: fn(&FaultRecord) -> Position| {
        Integer(faults.iter().map(|fault| of(fault)).sum::<Position>().fen())
    };
    vec![
        ("withheld", count(|fault| fault.withheld)),
        ("withheld_fen", sum(|fault| fault.withheld_value)),
        ("delayed", count(|fault| fault.delayed)),
        ("lost_fen", sum(|fault| fault.lost)),
        ("brought_fen", sum(|fault| fault.brought)),
    ]
}

/// How many payments submitted since a time were rejected or returned, by reason.
pub fn refusals(
    experiment: &Experiment,
    ledgers: &Ledgers,
    warm_up_days: u32,
) -> BTreeMap<String, i64> {
    let day_one = experiment.cluster.lockstep.start.date().start();
    let from = day_one.date().plus_days(warm_up_days).start();
    let payments = ledgers.operators.iter().flat_map(|operator| operator.payments());
    let mut refused = BTreeMap::new();
    for reason in
        payments.filter(|payment| payment.submitted_at >= from).filter_map(|payment| payment.reason)
    {
        *refused.entry(reason.name().to_owned()).or_default() += 1;
    }
    refused
}

/// The lower and upper bound of the liquidity that each operator needs for the flow of a run, in
/// the order of the configuration.
pub fn operator_bounds(experiment: &Experiment, ledgers: &Ledgers) -> Vec<(i128, i128)> {
    let day_one = experiment.cluster.lockstep.start.date().start();
    // Bounds follow from the flow alone; the credit is only asked for because the indicators are
    // computed together.
    let credit = Credit::of(&ledgers.central_bank, &experiment.cluster, day_one, day_one);
    let operators = records(experiment, ledgers)
        .indicators(&ledgers.central_bank, &credit, &Need::of(&ledgers.central_bank, day_one))
        .operators;
    let of = |code: &str| {
        let found = operators.iter().find(|operator| operator.code == code);
        found.map_or((0, 0), |found| {
            (i128::from(found.lower_bound_fen), i128::from(found.upper_bound_fen))
        })
    };
    experiment.cluster.operators.iter().map(|operator| of(operator.code.as_str())).collect()
}

/// What became of the payments of wallets.
fn payments(ledgers: &Ledgers, from: Timestamp) -> Measures {
    let [mut submitted, mut completed, mut refused, mut refused_fen] = [0; 4];
    let payments = ledgers.operators.iter().flat_map(|operator| operator.payments());
    for payment in payments.filter(|payment| payment.submitted_at >= from) {
        submitted += 1;
        match payment.state {
            PaymentState::Completed => completed += 1,
            PaymentState::Rejected | PaymentState::Returned => {
                refused += 1;
                refused_fen += payment.amount.fen();
            }
            PaymentState::InTransit => {}
        }
    }
    [
        ("payments", submitted),
        ("completed", completed),
        ("refused", refused),
        ("refused_fen", refused_fen),
    ]
    .map(|(name, count)| (name, Integer(count)))
    .to_vec()
}

/// Money and counts of the obligations between operators.
fn values(records: &Records, indicators: &RunIndicators) -> Measures {
    [
        ("cross_operator", records.count()),
        ("gross_fen", fen(records.gross())),
        ("unsettled_fen", fen(records.unsettled())),
        ("upper_bound_fen", indicators.upper_bound_fen),
        ("lower_bound_fen", indicators.lower_bound_fen),
        ("largest_queued_fen", indicators.largest_queued_fen),
        ("largest_queue_length", indicators.largest_queue_length),
    ]
    .map(|(name, value)| (name, Integer(value)))
    .to_vec()
}

/// Ratios and times of the obligations between operators.
fn ratios(indicators: &RunIndicators) -> Measures {
    let by_hour = |hour: i64| {
        indicators.throughput.iter().find(|one| one.hour == hour).and_then(|one| one.share)
    };
    [
        ("turnover_ratio", indicators.turnover_ratio),
        ("delay_indicator", indicators.delay_indicator),
        ("mean_delay_seconds", indicators.mean_delay_seconds),
        ("mean_delay_unweighted_seconds", indicators.mean_delay_unweighted_seconds),
        ("average_queued_fen", indicators.average_queued_fen),
        ("mean_queue_length", indicators.mean_queue_length),
        ("mean_queue_seconds", indicators.mean_queue_seconds),
        ("average_payment_seconds", indicators.average_payment_seconds),
        ("throughput_06", by_hour(6)),
        ("throughput_12", by_hour(12)),
        ("throughput_18", by_hour(18)),
        ("throughput_24", by_hour(24)),
        ("multilateral_netting_ratio", indicators.multilateral_netting_ratio),
        ("bilateral_netting_ratio", indicators.bilateral_netting_ratio),
        ("hhi_sent", indicators.hhi_sent),
        ("top_4_share_sent", indicators.top_4_share_sent),
        ("density", indicators.density),
        ("link_reciprocity", indicators.link_reciprocity),
        ("value_reciprocity", indicators.value_reciprocity),
    ]
    .map(|(name, value)| (name, Number(value)))
    .to_vec()
}

/// What the cycles left to settle, beside what the square-root law says of random flows.
fn cycles(ledgers: &Ledgers, records: &Records, from: Timestamp) -> Measures {
    let cycles: Vec<&Cycle> =
        all_cycles(&ledgers.central_bank).filter(|cycle| cycle.opened_at >= from).collect();
    let positions = || cycles.iter().flat_map(|cycle| &cycle.positions);
    let net: i64 = positions().map(|position| position.net.debit().fen()).sum();
    let settled: i64 = positions().map(|position| position.settled.debit().fen()).sum();
    let peak = positions().map(|position| position.peak_net_debit.fen()).max().unwrap_or_default();
    let pairs: i128 = records.cycle_flows().values().map(|flows| flows.pair_debits()).sum();
    let gross = records.gross();
    let over_gross =
        |value: i128| (gross > 0 && !cycles.is_empty()).then(|| value as f64 / gross as f64);
    // Netted among all, what a participant owes one also cancels with what another owes it: by the
    // law, as the root of how many others there are.
    let others = ledgers.operators.len() as f64 - 1.0;
    let pair_cycles = (others + 1.0) * others * cycles.len() as f64;
    let bilateral = records.square_root_law(pair_cycles);
    vec![
        ("cycles", Integer(cycles.len() as i64)),
        ("net_fen", Integer(net)),
        ("settled_fen", Integer(settled)),
        ("peak_net_debit_fen", Integer(peak)),
        ("cycle_netting_ratio", Number(over_gross(i128::from(net)))),
        ("cycle_bilateral_netting_ratio", Number(over_gross(pairs))),
        ("square_root_law", Number(bilateral.map(|ratio| ratio / libm::sqrt(others)))),
        ("bilateral_square_root_law", Number(bilateral)),
    ]
}
