//! The experiment written out with every value stated.

use clearing_config::{ClusterConfig, Yuan};
use clearing_domain::money::Timestamp;
use clearing_domain::netting::Priority;
use toml::{Table, Value};

use crate::payment_list::{ListedPayment, Terms};

use super::raw::{
    RawExperiment, RawFile, RawFlows, RawMixture, RawPayment, RawRandomFlow, RawRun, RawWorkload,
};
use super::{
    Experiment, Generated, ListedConfig, ListedFile, RandomFlow, RunInfo, WorkloadConfig, fault,
    growth, script, treasury,
};

/// The text of a file that gives the same experiment again, whatever the defaults will be.
pub(super) fn to_toml(experiment: &Experiment, run: Option<&RunInfo>) -> String {
    let mut raw = RawExperiment {
        name: experiment.name.clone(),
        description: experiment.description.clone(),
        seed: experiment.seed,
        days: Some(experiment.days),
        workload: (&experiment.workload).into(),
        faults: experiment
            .faults
            .iter()
            .map(|one| fault::raw(one, experiment.cluster.lockstep.start))
            .collect(),
        treasuries: experiment.treasuries.iter().map(treasury::raw).collect(),
        run: run.map(|run| RawRun {
            version: Some(run.version.clone()),
            commit: run.commit.clone(),
            host: Some(run.host.clone()),
            engine: Some(run.engine.clone()),
            id: Some(experiment.run_id()),
        }),
        ..RawExperiment::default()
    };
    script::show(&experiment.script, &experiment.cluster.lockstep, &mut raw);
    let mut table = Table::try_from(raw).unwrap_or_default();
    table.insert("cluster".to_owned(), cluster(&experiment.cluster));
    toml::to_string(&table).unwrap_or_default()
}

fn cluster(config: &ClusterConfig) -> Value {
    Value::try_from(config).unwrap_or_else(|_| Value::Table(Table::new()))
}

impl From<&WorkloadConfig> for RawWorkload {
    fn from(workload: &WorkloadConfig) -> Self {
        match workload {
            WorkloadConfig::Generated(generated) => Self::Mixture(Box::new((&**generated).into())),
            WorkloadConfig::RandomFlow(RandomFlow { payments_per_pair, value_mean }) => {
                let (payments_per_pair, value_mean) = (*payments_per_pair, Yuan(*value_mean));
                Self::RandomFlow { random_flow: RawRandomFlow { payments_per_pair, value_mean } }
            }
            WorkloadConfig::Listed(ListedConfig { file: Some(file), .. }) => {
                Self::File(file.into())
            }
            WorkloadConfig::Listed(ListedConfig { payments, file: None }) => {
                Self::Payments { payments: payments.iter().map(RawPayment::from).collect() }
            }
        }
    }
}

impl From<&Generated> for RawMixture {
    fn from(generated: &Generated) -> Self {
        let weights =
            generated.merchant_weights.iter().map(|(code, weight)| (code.to_string(), *weight));
        Self {
            wallets: generated.wallets,
            payments_per_day: generated.payments_per_day,
            growth: growth::show_points(&generated.growth),
            opens: growth::show_opens(&generated.opens),
            regions: generated.regions.iter().map(growth::show_home).collect(),
            on_us_bias: generated.on_us_bias,
            round_share: generated.round_share,
            funds: generated.funds,
            merchant_share: generated.merchant_share,
            corporate_share: generated.corporate_share,
            government_share: generated.government_share,
            class_shares: generated.class_shares,
            payroll_batch: generated.payroll_batch,
            amount_max: Yuan(generated.amount_max),
            over_limit: generated.over_limit,
            stratified_corporate: generated.stratified_corporate,
            merchant_weights: weights.collect(),
            flows: RawFlows::of(&generated.flows),
        }
    }
}

impl From<&ListedFile> for RawFile {
    fn from(ListedFile { path, hash, reading }: &ListedFile) -> Self {
        Self {
            file: Some(path.display().to_string()),
            file_hash: Some(hash.clone()),
            file_round: reading.round.then_some(true),
            file_skip_bad_rows: reading.skip_bad_rows.then_some(true),
        }
    }
}

impl From<&ListedPayment> for RawPayment {
    fn from(payment: &ListedPayment) -> Self {
        let Terms { at, nanos, amount, priority, times } = payment.terms;
        let moment = |at: Timestamp| at.to_string();
        let wallet = |name: &String| (!name.is_empty()).then(|| name.clone());
        Self {
            id: Some(payment.reference.clone()),
            date: Some(at.date().to_string()),
            time: Some(time_of_day(at, nanos)),
            value: Some(Yuan(amount)),
            from: payment.from.to_string(),
            to: payment.to.to_string(),
            payer: wallet(&payment.payer),
            payee: wallet(&payment.payee),
            priority: (priority != Priority::default()).then(|| priority.name().into()),
            earliest: times.earliest.map(moment),
            latest: times.latest.map(moment),
        }
    }
}

/// The time of day, with what is below a millisecond when there is anything, and with the zone
/// where clocks in Shanghai showed that time twice.
fn time_of_day(at: Timestamp, nanos: u32) -> String {
    let text = at.to_string();
    let ms = text.split(['T', '+']).nth(1).unwrap_or_default();
    let below = if nanos == 0 { String::new() } else { format!("{nanos:06}") };
    let is_second = at.date().at(at.ms_of_day()) != at;
    let zone = text
        .rfind('+')
        .filter(|_| is_second)
        .and_then(|place| text.get(place..))
        .unwrap_or_default();
    format!("{ms}{below}{zone}")
}
