//! What is paid in a run: wallets and payments from the configuration and the seed alone.

mod apportion;
mod draws;
mod error;
mod generator;
mod listed;
mod population;
mod random_flow;
mod schedule;

#[cfg(test)]
mod tests;

use clearing_domain::Lockstep;
use clearing_domain::Regime;
use clearing_domain::money::{Amount, BusinessDate, OperatorCode, Total, WalletNumber};

use crate::experiment::{Experiment, WorkloadConfig};

pub use error::WorkloadError;
pub use schedule::DaySchedule;

use generator::Generator;
use listed::Listed;
use random_flow::RandomFlows;

/// A wallet to open before the first payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalletPlan {
    /// The number that the operator's ledger gives it when wallets are opened in order.
    pub number: WalletNumber,
    /// Its class.
    pub class: u8,
    /// What is exchanged out into it.
    pub opening: Amount,
}

/// The wallets and payments of a run.
#[derive(Clone, Debug)]
pub struct Workload {
    seed: u64,
    lockstep: Lockstep,
    operators: Vec<OperatorCode>,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Generated(Box<Generator>),
    RandomFlow(RandomFlows),
    Listed(Listed),
}

impl Workload {
    /// Prepares the workload of an experiment and checks that its cluster can fund it.
    pub fn new(experiment: &Experiment) -> Result<Self, WorkloadError> {
        let config = &experiment.cluster;
        let source = match &experiment.workload {
            WorkloadConfig::Generated(generated) => {
                Source::Generated(Box::new(Generator::new(experiment.seed, config, generated)?))
            }
            WorkloadConfig::RandomFlow(flow) => {
                Source::RandomFlow(RandomFlows::new(experiment.seed, config, *flow))
            }
            WorkloadConfig::Listed(list) => Source::Listed(Listed::new(config, &list.payments)?),
        };
        let operators = config.operators.iter().map(|operator| operator.code).collect();
        let workload = Self { seed: experiment.seed, lockstep: config.lockstep, operators, source };
        workload.check_funds(experiment)?;
        Ok(workload)
    }

    /// The wallets each operator opens, in their order, by the order of the configuration.
    pub fn wallets(&self) -> &[Vec<WalletPlan>] {
        match &self.source {
            Source::Generated(generator) => generator.wallets(),
            Source::RandomFlow(flows) => flows.wallets(),
            Source::Listed(listed) => &listed.wallets,
        }
    }

    /// The payments of a day, counted from 0.
    pub fn day(&self, day: u32) -> DaySchedule {
        let date = self.date(day);
        match &self.source {
            Source::Generated(generator) => {
                DaySchedule::new(self.seed, day, &self.operators, generator.day(day, date))
            }
            Source::RandomFlow(flows) => {
                DaySchedule::new(self.seed, day, &self.operators, flows.day(day, date))
            }
            Source::Listed(listed) => listed.day(day, date),
        }
    }

    /// How many payments so many days have; of a random flow, on average.
    pub fn payments(&self, days: u32) -> u64 {
        match &self.source {
            Source::Generated(generator) => generator.payments_per_day() * u64::from(days),
            Source::RandomFlow(flows) => flows.payments_per_day() * u64::from(days),
            Source::Listed(listed) => listed.payments(),
        }
    }

    fn date(&self, day: u32) -> BusinessDate {
        BusinessDate::from_days(self.lockstep.start.date().days().saturating_add_unsigned(day))
    }

    /// Every wallet's opening balance must come out of its operator's stock or customer deposits.
    fn check_funds(&self, experiment: &Experiment) -> Result<(), WorkloadError> {
        let operators = experiment.cluster.operators.iter();
        // Ledgers add in 64 bits; a total that does not fit would be found in the middle of a run.
        let total: Total =
            operators.map(|operator| Total::from(operator.reserves) + operator.credit).sum();
        if !total.is_bounded() {
            return Err(WorkloadError::Money { total });
        }
        for (operator, wallets) in experiment.cluster.operators.iter().zip(self.wallets()) {
            let (key, available) = match experiment.cluster.regime {
                Regime::Cash => ("stock", operator.stock),
                Regime::Deposit => ("deposits", operator.deposits),
            };
            let needed: Total = wallets.iter().map(|wallet| wallet.opening).sum();
            if needed > available.into() {
                return Err(WorkloadError::Funds {
                    operator: operator.code,
                    key,
                    needed,
                    available,
                });
            }
        }
        Ok(())
    }
}
