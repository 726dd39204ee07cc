//! From the file to an experiment without gaps.

use std::collections::BTreeMap;
use std::path::Path;

use clearing_config::{ClusterConfig, ConfigError, read_value, within};
use clearing_domain::money::{Amount, OperatorCode};
use toml::{Table, Value};

use crate::payment_list::{CsvFile, Fields, ListedPayment, PaymentListError, Reading};

use super::raw::{RawExperiment, RawFlow, RawFlows, RawPayment, RawRandomFlow, RawWorkload};
use super::{
    Experiment, ExperimentError, Flow, FlowKind, Generated, ListedConfig, ListedFile, RandomFlow,
    WorkloadConfig, fault,
};

/// Reads a document whose keys have been checked.
pub(super) fn resolve(document: Value) -> Result<Experiment, ExperimentError> {
    let Value::Table(mut table) = document else {
        return Err(ConfigError::value("", "is not a table").into());
    };
    let cluster = table.remove("cluster").unwrap_or_else(|| Value::Table(Table::new()));
    let cluster = ClusterConfig::from_value(cluster)?.in_lockstep()?;
    let raw: RawExperiment = read_parts(table)?;
    check_name(&raw.name)?;
    let workload = raw.workload.resolve(&cluster)?;
    if !matches!(workload, WorkloadConfig::Listed(_)) {
        cluster.check_processes()?;
    }
    let needed = match &workload {
        WorkloadConfig::Generated(_) | WorkloadConfig::RandomFlow(_) => 1,
        WorkloadConfig::Listed(list) => days_of(list, &cluster)?,
    };
    let days = raw.days.unwrap_or(needed);
    if !(1..=3660).contains(&days) {
        return Err(ConfigError::value("days", format!("{days} is not between 1 and 3660")).into());
    }
    let experiment = Experiment {
        name: raw.name,
        description: raw.description,
        seed: raw.seed.unwrap_or(1),
        days,
        faults: fault::resolve(&raw.faults, &cluster, days)?,
        cluster,
        workload,
    };
    check_days(&experiment)?;
    Ok(experiment)
}

/// Reads the tables one by one, so that an error can name the key.
fn read_parts(mut table: Table) -> Result<RawExperiment, ConfigError> {
    let mut raw = RawExperiment::default();
    let mut take = |name: &str| table.remove(name);
    let name = take("name").ok_or_else(|| ConfigError::value("name", "is missing"))?;
    raw.name = read_value("name", name)?;
    raw.description =
        take("description").map_or(Ok(String::new()), |value| read_value("description", value))?;
    raw.seed = take("seed").map(|value| read_value("seed", value)).transpose()?;
    raw.days = take("days").map(|value| read_value("days", value)).transpose()?;
    raw.workload = take("workload")
        .map_or(Ok(RawWorkload::default()), |value| read_value("workload", value))?;
    raw.faults = take("fault").map_or(Ok(Vec::new()), fault::read)?;
    Ok(raw)
}

/// The name becomes the name of a folder.
pub(crate) fn check_name(name: &str) -> Result<(), ConfigError> {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=64).contains(&name.len()) && name.bytes().all(valid) {
        return Ok(());
    }
    Err(ConfigError::value("name", format!("{name:?} is not 1 to 64 letters, digits, - and _")))
}

fn days_of(list: &ListedConfig, cluster: &ClusterConfig) -> Result<u32, ConfigError> {
    let first = cluster.lockstep.start.date().days();
    let last =
        list.payments.iter().map(|payment| payment.terms.at.date().days()).max().unwrap_or(first);
    let days = i64::from(last) - i64::from(first) + 1;
    u32::try_from(days.max(1))
        .map_err(|_| ConfigError::value("days", format!("{days} is not between 1 and 3660")))
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
        if let Some(flow) = &self.random_flow {
            if self.payments.is_some() || self.file.is_some() {
                return Err(ConfigError::value(
                    "workload.random_flow",
                    "stands beside listed payments",
                )
                .into());
            }
            return Ok(WorkloadConfig::RandomFlow(flow.resolve()?));
        }
        match (&self.payments, &self.file) {
            (Some(_), Some(_)) => Err(ConfigError::value(
                "workload.file",
                "stands beside payments; keep one of the two",
            )
            .into()),
            (Some(payments), None) => {
                let date = cluster.lockstep.start.date().to_string();
                let resolve =
                    |(place, payment): (usize, &RawPayment)| payment.resolve(place, &date, cluster);
                let payments = payments.iter().enumerate().map(resolve);
                let payments = payments.collect::<Result<_, _>>()?;
                Ok(WorkloadConfig::Listed(ListedConfig { payments, file: None }))
            }
            (None, Some(path)) => {
                let path = Path::new(path).to_owned();
                let skip_bad_rows = self.file_skip_bad_rows.unwrap_or_default();
                let reading = Reading { skip_bad_rows, round: self.file_round.unwrap_or_default() };
                let file = CsvFile::read(&path, reading)?;
                if let Some(expected) = self.file_hash.filter(|expected| *expected != file.hash) {
                    return Err(
                        PaymentListError::Changed { path, found: file.hash, expected }.into()
                    );
                }
                let code = |name: &str| cluster.operator_named(name).map(|operator| operator.code);
                let payments = file.listed(&path, code)?;
                let file = ListedFile { path, hash: file.hash, reading };
                Ok(WorkloadConfig::Listed(ListedConfig { payments, file: Some(file) }))
            }
            (None, None) => Ok(WorkloadConfig::Generated(Box::new(self.generated()?))),
        }
    }

    fn generated(self) -> Result<Generated, ConfigError> {
        let share = |key: &str, value: Option<f64>, default: f64| {
            within(&format!("workload.{key}"), value.unwrap_or(default), 0.0, 1.0)
        };
        let count = |key: &str, value: Option<u64>, default: u64, least: u64| {
            within(&format!("workload.{key}"), value.unwrap_or(default), least, 100_000_000)
        };
        let generated = Generated {
            wallets: count("wallets", self.wallets, 200_000, 1)?,
            payments_per_day: count("payments_per_day", self.payments_per_day, 1_000_000, 0)?,
            on_us_bias: share("on_us_bias", self.on_us_bias, 0.2)?,
            round_share: share("round_share", self.round_share, 0.3)?,
            funds: within("workload.funds", self.funds.unwrap_or(1.0), 0.0, 1000.0)?,
            merchant_share: share("merchant_share", self.merchant_share, 0.05)?,
            corporate_share: share("corporate_share", self.corporate_share, 0.009)?,
            government_share: share("government_share", self.government_share, 0.001)?,
            class_shares: self.class_shares.unwrap_or([0.05, 0.25, 0.4, 0.3]),
            payroll_batch: count("payroll_batch", self.payroll_batch, 50, 1)?,
            amount_max: self.amount_max.map_or_else(largest_generated, |yuan| yuan.0),
            over_limit: self.over_limit.unwrap_or_default(),
            merchant_weights: merchant_weights(self.merchant_weights.unwrap_or_default())?,
            flows: self.flows.unwrap_or_default().resolve()?,
        };
        generated
            .class_shares
            .iter()
            .try_for_each(|value| share("class_shares", Some(*value), 0.0).map(|_| ()))?;
        Ok(generated)
    }
}

/// Five million yuan, so that no single payment makes the mean of a day.
fn largest_generated() -> Amount {
    Amount::positive("5000000").unwrap_or(Amount::MAX)
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

impl RawFlows {
    fn resolve(self) -> Result<Vec<Flow>, ConfigError> {
        let flow = |kind| {
            let raw = match kind {
                FlowKind::Consumer => &self.consumer,
                FlowKind::Transit => &self.transit,
                FlowKind::Person => &self.person,
                FlowKind::Bill => &self.bill,
                FlowKind::Payroll => &self.payroll,
                FlowKind::Corporate => &self.corporate,
            };
            raw.clone().unwrap_or_default().resolve(kind)
        };
        FlowKind::ALL.into_iter().map(flow).collect()
    }
}

impl RawFlow {
    fn resolve(self, kind: FlowKind) -> Result<Flow, ConfigError> {
        let calibrated = Flow::calibrated(kind);
        let path = |key: &str| format!("workload.flows.{}.{key}", kind.name());
        let hours = self.hours.unwrap_or(calibrated.hours);
        if hours.iter().all(|weight| *weight == 0) {
            return Err(ConfigError::value(path("hours"), "every hour has the weight 0"));
        }
        Ok(Flow {
            kind,
            share: within(&path("share"), self.share.unwrap_or(calibrated.share), 0.0, 1.0)?,
            mu: within(&path("mu"), self.mu.unwrap_or(calibrated.mu), -10.0, 30.0)?,
            sigma: within(&path("sigma"), self.sigma.unwrap_or(calibrated.sigma), 0.0, 10.0)?,
            hours,
        })
    }
}

impl RawRandomFlow {
    fn resolve(&self) -> Result<RandomFlow, ConfigError> {
        let payments = self.payments_per_pair.unwrap_or(100.0);
        Ok(RandomFlow {
            payments_per_pair: within(
                "workload.random_flow.payments_per_pair",
                payments,
                0.0,
                1_000_000.0,
            )?,
            value_mean: match self.value_mean {
                Some(yuan) => yuan.0,
                None => Amount::positive("1000").unwrap_or(Amount::MAX),
            },
        })
    }
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
