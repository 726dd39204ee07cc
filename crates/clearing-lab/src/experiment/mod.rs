//! An experiment: a cluster, a workload, a seed and a number of days, from one TOML file.

mod error;
mod fault;
mod flows;
mod growth;
mod include;
mod keys;
mod moment;
mod overrides;
mod raw;
mod replay;
mod resolve;
mod resolved;
mod run_info;
pub mod script;
mod treasury;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clearing_config::{ClusterConfig, check_keys, parse_table};
use clearing_domain::central_bank::SettlementMode;
use clearing_domain::money::{Amount, BusinessDate, OperatorCode};
use clearing_domain::netting::Priority;
use clearing_domain::region::Region;
use toml::{Table, Value};

use crate::payment_list::{ListedPayment, Reading, Terms};

pub use error::ExperimentError;
pub use fault::{Fault, FaultKind, FaultTarget, Funding, Share};
pub use flows::{Flow, FlowKind, OverLimit};
pub use keys::{EXPERIMENT_KEYS, all_keys};
pub use overrides::Override;
pub use replay::{Replay, ReplayConfig};
pub(crate) use resolve::check_name;
pub use run_info::{RunIdentity, RunInfo};
pub use script::Script;
pub use treasury::{LimitRule, Opening, Policy, Treasury};

/// An experiment, checked and without gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// Its name; also that of the scenario in results.
    pub name: String,
    /// What it shows.
    pub description: String,
    /// What every draw depends on.
    pub seed: u64,
    /// How many business days it runs.
    pub days: u32,
    /// The cluster, in lockstep.
    pub cluster: ClusterConfig,
    /// The wallets and payments.
    pub workload: WorkloadConfig,
    /// What it tells of a scenario.
    pub script: Script,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// By what rules operators decide on their liquidity.
    pub treasuries: Vec<Treasury>,
}

/// Where wallets and payments come from.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkloadConfig {
    /// They are drawn from a calibrated mixture.
    Generated(Box<Generated>),
    /// Every operator pays every other alike, at random.
    RandomFlow(RandomFlow),
    /// They are given one by one.
    Listed(ListedConfig),
}

/// A calibrated mixture of payments.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// How many wallets, in all.
    pub wallets: u64,
    /// How many payments on each day, in all.
    pub payments_per_day: u64,
    /// How many on some days, ascending; between two of them as many as on the line between.
    pub growth: Vec<(BusinessDate, u64)>,
    /// From which day on the wallets of operators pay and are paid, where not from the first.
    pub opens: BTreeMap<OperatorCode, BusinessDate>,
    /// Where wallets live; none is nowhere in particular.
    pub regions: Vec<Home>,
    /// The probability that a payee is chosen at the payer's operator whatever the weights.
    pub on_us_bias: f64,
    /// The share of payments between persons on round numbers.
    pub round_share: f64,
    /// What opening balances are multiplied by.
    pub funds: f64,
    /// The share of merchants among wallets.
    pub merchant_share: f64,
    /// The share of corporate wallets among wallets.
    pub corporate_share: f64,
    /// The share of government wallets among wallets.
    pub government_share: f64,
    /// The shares of classes 1 to 4 among personal wallets.
    pub class_shares: [f64; 4],
    /// How many salaries one employer pays at a time.
    pub payroll_batch: u64,
    /// No payment is larger.
    pub amount_max: Amount,
    /// What becomes of an amount drawn above what the wallets allow.
    pub over_limit: OverLimit,
    /// Whether the amounts of the corporate payments of a day are drawn by strata.
    pub stratified_corporate: bool,
    /// The weights of operators in merchants, where they differ from those in wallets.
    pub merchant_weights: BTreeMap<OperatorCode, f64>,
    /// The parts of the mixture.
    pub flows: Vec<Flow>,
}

/// A region in which wallets live.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Home {
    /// The region.
    pub region: Region,
    /// From which day on its wallets pay and are paid.
    pub from: BusinessDate,
    /// How many live there, relative to the others.
    pub weight: f64,
}

/// A symmetric random flow between operators with one wallet each: every ordered pair pays in a
/// Poisson process of constant rate, with exponential values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomFlow {
    /// The mean number of payments of each ordered pair on a day.
    pub payments_per_pair: f64,
    /// The mean value.
    pub value_mean: Amount,
}

/// Payments given one by one.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedConfig {
    /// The payments.
    pub payments: Vec<ListedPayment>,
    /// The file they were read from, if they were.
    pub file: Option<ListedFile>,
}

/// A file that listed payments were read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its BLAKE3 hash, in hexadecimal.
    pub hash: String,
    /// How it was read.
    pub reading: Reading,
}

impl Experiment {
    /// Reads an experiment, with values set over those of the file and perhaps another seed.
    pub fn from_text(
        text: &str,
        overrides: &[Override],
        seed: Option<u64>,
    ) -> Result<Self, ExperimentError> {
        Self::from_base(Self::table(text, overrides)?, &[], seed)
    }

    /// The table of a text with values set over its own, not checked any further.
    pub(crate) fn table(text: &str, overrides: &[Override]) -> Result<Table, ExperimentError> {
        let mut table = parse_table(text)?;
        // In their order, so that a later one is set over an earlier one.
        for set in overrides {
            set.apply(&mut table)?;
        }
        Ok(table)
    }

    /// Makes an experiment from a table, with values set over its own and perhaps another seed.
    pub(crate) fn from_base(
        mut table: Table,
        overrides: &[Override],
        seed: Option<u64>,
    ) -> Result<Self, ExperimentError> {
        for set in overrides {
            set.apply(&mut table)?;
        }
        if let Some(seed) = seed.and_then(|seed| i64::try_from(seed).ok()) {
            table.insert("seed".to_owned(), Value::Integer(seed));
        }
        Self::from_table(table)
    }

    pub(crate) fn from_table(table: Table) -> Result<Self, ExperimentError> {
        let document = Value::Table(table);
        check_keys("", &document, &all_keys())?;
        let (document, origins) = include::expand(document)?;
        resolve::resolve(document).map_err(|error| origins.name(error))
    }

    /// What of priorities and times listed payments have while nothing ever waits in a queue, where
    /// alone they count.
    pub fn idle_terms(&self) -> Vec<&'static str> {
        let WorkloadConfig::Listed(list) = &self.workload else { return Vec::new() };
        let is_queue = |mode: SettlementMode| matches!(mode, SettlementMode::Queued(_));
        let later = self.cluster.changes.iter().map(|change| change.mode);
        let queues = [self.cluster.mode].into_iter().chain(later).any(is_queue);
        let has = |idle: fn(&Terms) -> bool| {
            !queues && list.payments.iter().any(|payment| idle(&payment.terms))
        };
        let idle = [
            ("priority", has(|terms| terms.priority != Priority::default())),
            ("earliest", has(|terms| terms.times.earliest.is_some())),
            ("latest", has(|terms| terms.times.latest.is_some())),
        ];
        idle.into_iter().filter_map(|(name, idle)| idle.then_some(name)).collect()
    }

    /// A figure of its runs by its name; the error says what is wrong with it.
    pub(crate) fn figure(&self, name: &str) -> Result<script::Figure, String> {
        script::Figure::parse(name, &self.script, &self.cluster)
    }

    /// The experiment as a file with every value stated.
    pub fn to_toml(&self, run: Option<&RunInfo>) -> String {
        resolved::to_toml(self, run)
    }

    /// What the files of a run of this experiment carry.
    pub fn identify(&self, info: RunInfo) -> RunIdentity {
        RunIdentity { id: self.run_id(), config: self.to_toml(Some(&info)), info }
    }

    /// Identifies the resolved experiment: the same configuration and seed give the same id.
    pub fn run_id(&self) -> String {
        // Without what a run adds: version, commit and host must not make another run of it.
        blake3::hash(self.to_toml(None).as_bytes()).to_hex()[..16].to_owned()
    }
}
