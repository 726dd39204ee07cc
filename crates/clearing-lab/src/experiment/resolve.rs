//! From the file to an experiment without gaps.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clearing_config::{ClusterConfig, ConfigError, Described as _, read_value, within};
use clearing_domain::money::OperatorCode;
use clearing_domain::region::Region;
use toml::{Table, Value};

use crate::payment_list::{CsvFile, Fields, ListedPayment, PaymentListError, Reading};

use super::raw::{RawExperiment, RawFile, RawMixture, RawPayment, RawRandomFlow, RawWorkload};
use super::{
    Experiment, ExperimentError, Generated, ListedConfig, ListedFile, RandomFlow, WorkloadConfig,
    fault, growth, script, treasury,
};

/// Reads a document whose keys have been checked.
pub(super) fn resolve(document: Value) -> Result<Experiment, ExperimentError> {
    let Value::Table(mut table) = document else {
        return Err(ConfigError::value("", "is not a table").into());
    };
    let cluster = table.remove("cluster").unwrap_or_else(|| Value::Table(Table::new()));
    // A run is always in lockstep, whatever clock the processes of the same file would have.
    let cluster = ClusterConfig::from_value(cluster)?.in_lockstep()?;
    let mut raw = read_parts(table)?;
    check_name(&raw.name)?;
    // Listed payments say how many days are needed, so they are read before the days.
    let workload = std::mem::take(&mut raw.workload).resolve(&cluster)?;
    // Listed payments alone may have more participants than a cluster of processes.
    if !matches!(workload, WorkloadConfig::Listed(_)) {
        cluster.check_processes()?;
    }
    let needed = match &workload {
        WorkloadConfig::Generated(_) | WorkloadConfig::RandomFlow(_) => 1,
        WorkloadConfig::Listed(list) => days_of(list, &cluster),
    };
    let days = *raw.days.get_or_insert(needed);
    // Each fault is checked whole before the next, so that the first wrong one is named, as in a
    // replay: the ranges of all of them at once would name a later one.
    let faults = std::mem::take(&mut raw.faults);
    let treasuries = std::mem::take(&mut raw.treasuries);
    raw.check_ranges()?;
    let experiment = Experiment {
        seed: raw.seed,
        days,
        script: script::resolve(&raw, &cluster, days, regions(&workload))?,
        faults: fault::resolve(&faults, &cluster, days)?,
        treasuries: treasury::resolve(&treasuries, &cluster)?,
        name: raw.name,
        description: raw.description,
        cluster,
        workload,
    };
    check_days(&experiment)?;
    Ok(experiment)
}

/// Reads the tables one by one, so that an error can name the key.
fn read_parts(mut table: Table) -> Result<RawExperiment, ConfigError> {
    let mut raw = RawExperiment::default();
    let name = table.remove("name").ok_or_else(|| ConfigError::value("name", "is missing"))?;
    raw.name = read_value("name", name)?;
    if let Some(value) = table.remove("description") {
        raw.description = read_value("description", value)?;
    }
    if let Some(value) = table.remove("seed") {
        raw.seed = read_value("seed", value)?;
    }
    if let Some(value) = table.remove("days") {
        raw.days = Some(read_value("days", value)?);
    }
    script::read(&mut raw, &mut table)?;
    match table.remove("workload") {
        Some(value) => raw.workload = RawWorkload::read(value)?,
        // Wallets with names have payments of their own, and nothing is drawn beside them.
        None if !raw.wallets.is_empty() => {
            raw.workload = RawWorkload::Payments { payments: Vec::new() };
        }
        None => {}
    }
    if let Some(value) = table.remove("fault") {
        raw.faults = fault::read(value)?;
    }
    if let Some(value) = table.remove("treasury") {
        raw.treasuries = treasury::read(value)?;
    }
    Ok(raw)
}

/// The regions in which the wallets of a workload live.
fn regions(workload: &WorkloadConfig) -> Vec<Region> {
    match workload {
        WorkloadConfig::Generated(generated) => {
            generated.regions.iter().map(|home| home.region).collect()
        }
        WorkloadConfig::RandomFlow(_) | WorkloadConfig::Listed(_) => Vec::new(),
    }
}

/// The name becomes the name of a folder.
pub(crate) fn check_name(name: &str) -> Result<(), ConfigError> {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=64).contains(&name.len()) && name.bytes().all(valid) {
        return Ok(());
    }
    Err(ConfigError::value("name", format!("{name:?} is not 1 to 64 letters, digits, - and _")))
}

/// The days up to that of the last payment.
fn days_of(list: &ListedConfig, cluster: &ClusterConfig) -> u32 {
    let first = cluster.lockstep.start.date().days();
    let last =
        list.payments.iter().map(|payment| payment.terms.at.date().days()).max().unwrap_or(first);
    let days = i64::from(last) - i64::from(first) + 1;
    u32::try_from(days.max(1)).unwrap_or(u32::MAX)
}

fn check_days(experiment: &Experiment) -> Result<(), PaymentListError> {
    let WorkloadConfig::Listed(list) = &experiment.workload else { return Ok(()) };
    let first = experiment.cluster.lockstep.start.date().days();
    let days = i64::from(first)..i64::from(first) + i64::from(experiment.days);
    match list
        .payments
        .iter()
        .find(|payment| !days.contains(&i64::from(payment.terms.at.date().days())))
    {
        None => Ok(()),
        Some(payment) => Err(PaymentListError::OutsideDays {
            reference: payment.reference.clone(),
            at: payment.terms.at,
        }),
    }
}

impl RawWorkload {
    fn resolve(self, cluster: &ClusterConfig) -> Result<WorkloadConfig, ExperimentError> {
        self.check_ranges()?;
        match self {
            Self::Mixture(mixture) => {
                Ok(WorkloadConfig::Generated(Box::new(mixture.resolve(cluster)?)))
            }
            Self::RandomFlow { random_flow: RawRandomFlow { payments_per_pair, value_mean } } => {
                let value_mean = value_mean.0;
                Ok(WorkloadConfig::RandomFlow(RandomFlow { payments_per_pair, value_mean }))
            }
            Self::Payments { payments } => {
                let date = cluster.lockstep.start.date().to_string();
                let resolve =
                    |(place, payment): (usize, &RawPayment)| payment.resolve(place, &date, cluster);
                let payments = payments.iter().enumerate().map(resolve);
                let payments = payments.collect::<Result<_, _>>()?;
                Ok(WorkloadConfig::Listed(ListedConfig { payments, file: None }))
            }
            Self::File(file) => Ok(WorkloadConfig::Listed(file.resolve(cluster)?)),
        }
    }
}

impl RawFile {
    fn resolve(self, cluster: &ClusterConfig) -> Result<ListedConfig, ExperimentError> {
        let path = PathBuf::from(self.file.unwrap_or_default());
        let skip_bad_rows = self.file_skip_bad_rows.unwrap_or_default();
        let reading = Reading { skip_bad_rows, round: self.file_round.unwrap_or_default() };
        let file = CsvFile::read(&path, reading)?;
        // A run is repeated from its configuration alone, so the file must be what it was.
        if let Some(expected) = self.file_hash.filter(|expected| *expected != file.hash) {
            return Err(PaymentListError::Changed { path, found: file.hash, expected }.into());
        }
        let code = |name: &str| cluster.operator_named(name).map(|operator| operator.code);
        let payments = file.listed(&path, code)?;
        let file = ListedFile { path, hash: file.hash, reading };
        Ok(ListedConfig { payments, file: Some(file) })
    }
}

impl RawMixture {
    fn resolve(self, cluster: &ClusterConfig) -> Result<Generated, ConfigError> {
        Ok(Generated {
            growth: growth::points(&self.growth)?,
            opens: growth::opens(&self.opens, cluster)?,
            regions: growth::homes(&self.regions)?,
            wallets: self.wallets,
            payments_per_day: self.payments_per_day,
            on_us_bias: self.on_us_bias,
            round_share: self.round_share,
            funds: self.funds,
            merchant_share: self.merchant_share,
            corporate_share: self.corporate_share,
            government_share: self.government_share,
            class_shares: self.class_shares,
            payroll_batch: self.payroll_batch,
            amount_max: self.amount_max.0,
            over_limit: self.over_limit,
            stratified_corporate: self.stratified_corporate,
            merchant_weights: merchant_weights(self.merchant_weights)?,
            flows: self.flows.resolve()?,
        })
    }
}

fn merchant_weights(
    weights: BTreeMap<String, f64>,
) -> Result<BTreeMap<OperatorCode, f64>, ConfigError> {
    let weight = |(code, weight): (String, f64)| {
        let path = format!("workload.merchant_weights.{code}");
        let code: OperatorCode = code.parse().map_err(|error| ConfigError::value(&path, error))?;
        Ok((code, within(&path, weight, 0.0, 1_000_000.0)?))
    };
    weights.into_iter().map(weight).collect()
}

impl RawPayment {
    fn resolve(
        &self,
        place: usize,
        first_date: &str,
        cluster: &ClusterConfig,
    ) -> Result<ListedPayment, ConfigError> {
        let number = (place + 1).to_string();
        let refused = |reason| ConfigError::value(format!("workload.payments.{number}"), reason);
        let value = self.value.map(|yuan| yuan.0.to_string()).unwrap_or_default();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let priority = self.priority.as_ref().map(text).unwrap_or_default();
        let [payer, payee] =
            [&self.payer, &self.payee].map(|wallet| wallet.as_deref().unwrap_or_default());
        let fields = Fields {
            day_column: "date",
            day: self.date.as_deref().unwrap_or(first_date),
            time: self.time.as_deref().unwrap_or_default(),
            value: &value,
            from: &self.from,
            to: &self.to,
            payer,
            payee,
            priority: &priority,
            earliest: self.earliest.as_deref().unwrap_or_default(),
            latest: self.latest.as_deref().unwrap_or_default(),
        };
        let (terms, _) = fields.terms(false).map_err(refused)?;
        let operator = |key: &str, name: &str| {
            let unknown =
                || refused(format!("{key}: {name:?} is not in the roster of the configuration"));
            cluster.operator_named(name).map(|operator| operator.code).ok_or_else(unknown)
        };
        Ok(ListedPayment {
            reference: self.id.clone().unwrap_or_else(|| number.clone()),
            terms,
            from: operator("from", &self.from)?,
            to: operator("to", &self.to)?,
            payer: payer.to_owned(),
            payee: payee.to_owned(),
        })
    }
}
