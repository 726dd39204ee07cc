//! Opening balances between the bounds of what the flow of a seed needs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use clearing_config::OperatorConfig;
use clearing_domain::central_bank::{Guarantees, Reserved, SettlementHours, SettlementMode};
use clearing_domain::indicators::liquidity_level;
use clearing_domain::money::{Amount, DAY_MS, OperatorCode, Position};
use rust_decimal::Decimal;
use thiserror::Error;

use crate::experiment::Experiment;
use crate::results::operator_bounds;

use super::one_run::{RunFailure, run};

/// The lower and upper bound of each operator, in the order of the configuration.
type Bounds = Vec<(i128, i128)>;

/// A level of liquidity that asks for more reserves than the configuration of an operator can say.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("liquidity level {level} asks for {asked} of reserves of {operator}, more than the {max} that it can open with", max = Amount::MAX)]
pub struct LevelTooLarge {
    /// The level.
    level: Decimal,
    /// What it asks for in words.
    asked: String,
    /// Of whom.
    operator: OperatorCode,
}

/// What one run finds while others wait for it.
type Finding = Arc<OnceLock<Result<Bounds, RunFailure>>>;

/// The bounds of flows that have been found, by the experiment that shows them.
#[derive(Debug, Default)]
pub(super) struct BoundsFound {
    by_run: Mutex<HashMap<String, Finding>>,
}

impl BoundsFound {
    /// Sets the balances of a level and gives their sum.
    pub(super) fn set_level(
        &self,
        experiment: &mut Experiment,
        level: Decimal,
    ) -> Result<i64, RunFailure> {
        let bounds = self.of(experiment)?;
        let mut sum = 0;
        for (operator, (lower, upper)) in experiment.cluster.operators.iter_mut().zip(bounds) {
            operator.reserves = reserves(operator, liquidity_level(lower, upper, level), level)?;
            sum += operator.reserves.fen();
        }
        Ok(sum)
    }

    /// The bounds of the flow of an experiment, whichever way it settles: one run finds them for
    /// all points that have the same flow.
    fn of(&self, experiment: &Experiment) -> Result<Bounds, RunFailure> {
        // The bounds are of the flow, so they are found where nothing holds it up.
        let unbound = unbound(experiment);
        // The lock is held only to find the cell: the run itself is made once, and those who wait
        // for it hold nothing.
        let found = {
            let mut by_run = self.by_run.lock().unwrap_or_else(PoisonError::into_inner);
            by_run.entry(unbound.run_id()).or_default().clone()
        };
        found
            .get_or_init(|| run(&unbound).map(|run| operator_bounds(&unbound, &run.ledgers)))
            .clone()
    }
}

/// What an operator opens with at a level.
fn reserves(
    operator: &OperatorConfig,
    balance: Option<i128>,
    level: Decimal,
) -> Result<Amount, RunFailure> {
    let found = balance.and_then(|fen| Amount::from_fen(i64::try_from(fen).ok()?).ok());
    found.ok_or_else(|| {
        let yuan = |fen| Decimal::try_from_i128_with_scale(fen, 2).ok();
        let asked = balance
            .and_then(yuan)
            .map_or_else(|| "too much to count".to_owned(), |sum| format!("{sum} yuan"));
        RunFailure::Level(LevelTooLarge { level, asked, operator: operator.code })
    })
}

/// The same payments where nothing is ever short and nothing goes wrong, so that a level of
/// liquidity is the same with and without faults.
fn unbound(experiment: &Experiment) -> Experiment {
    let mut unbound = experiment.clone();
    // Gross and with cover for everything, each payment settles when it is submitted, which is what
    // the bounds are defined by.
    unbound.cluster.mode = SettlementMode::Gross;
    unbound.cluster.changes.clear();
    unbound.cluster.cut_offs = vec![DAY_MS];
    unbound.cluster.hours = SettlementHours::default();
    (unbound.cluster.funding_window_ms, unbound.cluster.bilateral_limit) = (0, None);
    unbound.faults.clear();
    unbound.treasuries.clear();
    let share = share_of_all(unbound.cluster.operators.len());
    for operator in &mut unbound.cluster.operators {
        (operator.reserves, operator.credit) = (share, Amount::ZERO);
        (operator.cap, operator.guarantees) = (None, Guarantees::default());
        operator.bilateral_limits.clear();
        operator.receiver_cap = None;
        operator.reserved = Reserved::default();
    }
    unbound
}

/// The same for each of so many operators, as much as ledgers can hold together.
fn share_of_all(operators: usize) -> Amount {
    let operators = i64::try_from(operators.max(1)).unwrap_or(i64::MAX);
    Amount::from_sum(Position::from_fen(Amount::SUM_MAX.fen() / operators)).unwrap_or(Amount::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::small;

    #[test]
    fn a_level_beyond_what_an_operator_can_open_with_is_refused_by_name() {
        let operator = small(1, &[]).cluster.operators[0].clone();
        let of = |fen: i128| reserves(&operator, Some(fen), Decimal::TWO);
        let most = i128::from(Amount::MAX.fen());
        assert_eq!(of(most).unwrap(), Amount::MAX);
        let Err(RunFailure::Level(refused)) = of(most + 1) else { panic!("{:?}", of(most + 1)) };
        let text = "liquidity level 2 asks for 10000000000000.01 yuan of reserves of ICBC, more than the \
                    10000000000000.00 that it can open with";
        assert_eq!(refused.to_string(), text);
    }

    #[test]
    fn a_flow_that_needs_more_than_an_operator_can_open_with_is_refused_and_not_cut() {
        let text = include_str!("../../../../experiments/golden-net.toml");
        let of = |value: &str, level| {
            let by = |payer: &str| format!("{value}, payer = \"{payer}\"");
            let text =
                text.replace("value = \"60\"", &by("one")).replace("value = \"55\"", &by("two"));
            let mut experiment = Experiment::from_text(&text, &[], None).unwrap();
            experiment
                .cluster
                .operators
                .iter_mut()
                .for_each(|operator| operator.deposits = share_of_all(10));
            BoundsFound::default().set_level(&mut experiment, level).map_err(
                |failure| match failure {
                    RunFailure::Level(refused) => refused.to_string(),
                    RunFailure::Workload(error) => error.to_string(),
                    RunFailure::Engine(error) => error.to_string(),
                },
            )
        };
        // A pays it twice, and C pays 35.
        let half = "value = \"5000000000000\"";
        assert_eq!(of(half, Decimal::ONE), Ok(1_000_000_000_003_500));
        let text = "liquidity level 1 asks for 18000000000000.00 yuan of reserves of A, more than the \
                    10000000000000.00 that it can open with";
        assert_eq!(of("value = \"9000000000000\"", Decimal::ONE), Err(text.to_owned()));
    }

    #[test]
    fn the_bounds_do_not_depend_on_how_the_flow_settles() {
        let of = |sets: &[&str]| {
            unbound(&small(1, &[&["cluster.regime=deposit"], sets].concat())).run_id()
        };
        let rules = [
            "cluster.shortfall=unwind",
            "cluster.funding_minutes=10",
            "cluster.receiver_cap=5",
            "cluster.bilateral_limit=5",
            "cluster.earmarked=1",
            "cluster.changes=[{from='2022-08-25', settlement='hybrid'}]",
            "fault=[{kind='outage', operator='ABC', at='10:00'}]",
        ];
        assert_eq!(of(&rules), of(&[]));
        assert_ne!(of(&["workload.payments_per_day=7"]), of(&[]));
    }
}
