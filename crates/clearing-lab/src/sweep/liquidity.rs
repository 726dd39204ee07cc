//! Opening balances between the bounds of what the flow of a seed needs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use clearing_domain::central_bank::{Guarantees, SettlementMode};
use clearing_domain::indicators::liquidity_level;
use clearing_domain::money::{Amount, DAY_MS};
use rust_decimal::Decimal;

use crate::experiment::Experiment;
use crate::results::operator_bounds;

use super::one_run::{RunFailure, run};

/// The lower and upper bound of each operator, in the order of the configuration.
type Bounds = Vec<(i128, i128)>;

/// What one run finds while others wait for it.
type Finding = Arc<OnceLock<Result<Bounds, RunFailure>>>;

/// The bounds of flows that have been found, by the experiment that shows them.
#[derive(Debug, Default)]
pub(super) struct BoundsFound {
    by_run: Mutex<HashMap<String, Finding>>,
}

impl BoundsFound {
    /// Sets the balances of a level and gives their sum.
    pub(super) fn set_level(&self, experiment: &mut Experiment, level: Decimal) -> Result<i64, RunFailure> {
        let bounds = self.of(experiment)?;
        let mut sum = 0;
        for (operator, (lower, upper)) in experiment.cluster.operators.iter_mut().zip(bounds) {
            let balance = liquidity_level(lower, upper, level).and_then(|fen| i64::try_from(fen).ok());
            operator.reserves = balance.and_then(|fen| Amount::from_fen(fen).ok()).unwrap_or(Amount::MAX);
            sum += operator.reserves.fen();
        }
        Ok(sum)
    }

    /// The bounds of the flow of an experiment, whichever way it settles: one run finds them for all
    /// points that have the same flow.
    fn of(&self, experiment: &Experiment) -> Result<Bounds, RunFailure> {
        let unbound = unbound(experiment);
        let found = {
            let mut by_run = self.by_run.lock().unwrap_or_else(PoisonError::into_inner);
            by_run.entry(unbound.run_id()).or_default().clone()
        };
        found.get_or_init(|| run(&unbound).map(|ledgers| operator_bounds(&unbound, &ledgers))).clone()
    }
}

/// The same payments where nothing is ever short and nothing goes wrong, so that a level of liquidity
/// is the same with and without faults.
fn unbound(experiment: &Experiment) -> Experiment {
    let mut unbound = experiment.clone();
    unbound.cluster.mode = SettlementMode::Gross;
    unbound.cluster.changes.clear();
    unbound.cluster.cut_offs = vec![DAY_MS];
    (unbound.cluster.funding_window_ms, unbound.cluster.bilateral_limit) = (0, None);
    unbound.faults.clear();
    for operator in &mut unbound.cluster.operators {
        (operator.reserves, operator.cap, operator.guarantees) = (Amount::MAX, None, Guarantees::default());
        operator.bilateral_limits.clear();
        operator.receiver_cap = None;
    }
    unbound
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::small;

    #[test]
    fn the_bounds_do_not_depend_on_how_the_flow_settles() {
        let of = |sets: &[&str]| unbound(&small(1, &[&["cluster.regime=deposit"], sets].concat())).run_id();
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
