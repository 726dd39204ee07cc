//! What is paid in a run: wallets and payments from the configuration and the seed alone.

mod apportion;
mod draws;
mod error;
mod generator;
mod homes;
mod listed;
mod population;
mod quantile;
mod random_flow;
mod schedule;
mod scripted;

#[cfg(test)]
mod tests;

use clearing_domain::Lockstep;
use clearing_domain::Regime;
use clearing_domain::money::{Amount, BusinessDate, OperatorCode, Total, WalletNumber};

use crate::experiment::{Experiment, WorkloadConfig};

pub use error::WorkloadError;
pub use homes::Homes;
pub use schedule::DaySchedule;
pub use scripted::{Named, Planned};

use generator::Generator;
use listed::Listed;
use random_flow::RandomFlows;
use scripted::Scripted;

/// A wallet to open before the first payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalletPlan {
    /// The number that the operator's ledger gives it when wallets are opened in order.
    pub number: WalletNumber,
    /// Its class.
    pub class: u8,
    /// What is exchanged out into it.
    pub opening: Amount,
    /// Whether the holder is a person whom others than the operator may know.
    pub is_known: bool,
    /// The bank whose customer holds it; `None` of the operator's own.
    pub participant: Option<OperatorCode>,
}

/// The wallets and payments of a run.
#[derive(Clone, Debug)]
pub struct Workload {
    seed: u64,
    lockstep: Lockstep,
    operators: Vec<OperatorCode>,
    source: Source,
    /// What the script of the experiment adds.
    scripted: Option<Scripted>,
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
        let mut workload = Self {
            seed: experiment.seed,
            lockstep: config.lockstep,
            operators,
            source,
            scripted: None,
        };
        if !experiment.script.is_empty() {
            let wallets = workload.wallets().to_vec();
            workload.scripted =
                Some(Scripted::new(experiment.seed, config, &experiment.script, wallets)?);
        }
        workload.check_funds(experiment)?;
        Ok(workload)
    }

    /// The wallets each operator opens, in their order, by the order of the configuration.
    pub fn wallets(&self) -> &[Vec<WalletPlan>] {
        if let Some(scripted) = &self.scripted {
            return scripted.wallets();
        }
        match &self.source {
            Source::Generated(generator) => generator.wallets(),
            Source::RandomFlow(flows) => flows.wallets(),
            Source::Listed(listed) => &listed.wallets,
        }
    }

    /// The payments of a day, counted from 0.
    pub fn day(&self, day: u32) -> DaySchedule {
        let date = self.date(day);
        let mut schedule = self.drawn(day, date);
        if let Some(scripted) = &self.scripted {
            scripted.add_day(day, date, &mut schedule.lists, &mut schedule.references);
        }
        schedule
    }

    fn drawn(&self, day: u32, date: BusinessDate) -> DaySchedule {
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
        let drawn = match &self.source {
            Source::Generated(generator) => {
                (0..days).map(|day| generator.payments_on(self.date(day))).sum()
            }
            Source::RandomFlow(flows) => flows.payments_per_day() * u64::from(days),
            Source::Listed(listed) => listed.payments(),
        };
        drawn + self.scripted.as_ref().map_or(0, Scripted::payments)
    }

    /// Where the wallets that are drawn live.
    pub fn homes(&self) -> Homes {
        match &self.source {
            Source::Generated(generator) => generator.homes().clone(),
            Source::RandomFlow(_) | Source::Listed(_) => Homes::default(),
        }
    }

    /// The wallets that have names, in the order of the script.
    pub fn named(&self) -> &[Vec<Named>] {
        self.scripted.as_ref().map_or(&[], Scripted::named)
    }

    /// The wallets of the pools of campaigns, in the order of the script.
    pub fn campaigns(&self) -> &[Option<Named>] {
        self.scripted.as_ref().map_or(&[], Scripted::campaigns)
    }

    /// The payments of a series of the script, in their order.
    pub fn series(&self, place: usize) -> Vec<Planned> {
        self.scripted.iter().flat_map(|scripted| scripted.series(place)).collect()
    }

    /// The payments that a habit may add to a series of the script.
    pub fn habits(&self, place: usize) -> Vec<Planned> {
        self.scripted.iter().flat_map(|scripted| scripted.habits(place)).collect()
    }

    /// The payments of a series of the script on a day, counted from 0: its own, and those that a
    /// habit may add; `None` on a day that is none of the series.
    pub fn series_on(&self, place: usize, day: u32) -> Option<[Vec<Planned>; 2]> {
        self.scripted.as_ref()?.series_on(place, day)
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
