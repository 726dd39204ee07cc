//! The experiment written out with every value stated.

use clearing_config::ClusterConfig;
use clearing_domain::money::Timestamp;
use clearing_domain::netting::Priority;
use toml::{Table, Value};

use crate::payment_list::{ListedPayment, Terms};

use super::raw::{
    RawExperiment, RawFlow, RawFlows, RawPayment, RawRandomFlow, RawRun, RawWorkload, Yuan,
};
use super::{
    Experiment, Flow, FlowKind, Generated, ListedConfig, ListedFile, RandomFlow, RunInfo,
    WorkloadConfig, fault,
};

/// The text of a file that gives the same experiment again, whatever the defaults will be.
pub(super) fn to_toml(experiment: &Experiment, run: Option<&RunInfo>) -> String {
    let raw = RawExperiment {
        name: experiment.name.clone(),
        description: experiment.description.clone(),
        seed: Some(experiment.seed),
        days: Some(experiment.days),
        workload: match &experiment.workload {
            WorkloadConfig::Generated(generated) => generated.as_ref().into(),
            WorkloadConfig::RandomFlow(flow) => (*flow).into(),
            WorkloadConfig::Listed(list) => list.into(),
        },
        faults: experiment
            .faults
            .iter()
            .map(|one| fault::raw(one, experiment.cluster.lockstep.start))
            .collect(),
        run: run.map(|run| RawRun {
            version: Some(run.version.clone()),
            commit: run.commit.clone(),
            host: Some(run.host.clone()),
            engine: Some(run.engine.clone()),
            id: Some(experiment.run_id()),
        }),
    };
    let mut table = Table::try_from(raw).unwrap_or_default();
    table.insert("cluster".to_owned(), cluster(&experiment.cluster));
    toml::to_string(&table).unwrap_or_default()
}

fn cluster(config: &ClusterConfig) -> Value {
    Value::try_from(config).unwrap_or_else(|_| Value::Table(Table::new()))
}

impl From<&Generated> for RawWorkload {
    fn from(generated: &Generated) -> Self {
        let weights =
            generated.merchant_weights.iter().map(|(code, weight)| (code.to_string(), *weight));
        Self {
            wallets: Some(generated.wallets),
            payments_per_day: Some(generated.payments_per_day),
            on_us_bias: Some(generated.on_us_bias),
            round_share: Some(generated.round_share),
            funds: Some(generated.funds),
            merchant_share: Some(generated.merchant_share),
            corporate_share: Some(generated.corporate_share),
            government_share: Some(generated.government_share),
            class_shares: Some(generated.class_shares),
            payroll_batch: Some(generated.payroll_batch),
            amount_max: Some(Yuan(generated.amount_max)),
            over_limit: Some(generated.over_limit),
            merchant_weights: Some(weights.collect()),
            flows: Some(flows(&generated.flows)),
            ..Self::default()
        }
    }
}

impl From<RandomFlow> for RawWorkload {
    fn from(flow: RandomFlow) -> Self {
        let (payments_per_pair, value_mean) =
            (Some(flow.payments_per_pair), Some(Yuan(flow.value_mean)));
        Self {
            random_flow: Some(RawRandomFlow { payments_per_pair, value_mean }),
            ..Self::default()
        }
    }
}

fn flows(flows: &[Flow]) -> RawFlows {
    let raw = |kind| {
        let flow = flows.iter().find(|flow| flow.kind == kind)?;
        let Flow { share, mu, sigma, hours, .. } = flow;
        Some(RawFlow {
            share: Some(*share),
            mu: Some(*mu),
            sigma: Some(*sigma),
            hours: Some(*hours),
        })
    };
    RawFlows {
        consumer: raw(FlowKind::Consumer),
        transit: raw(FlowKind::Transit),
        person: raw(FlowKind::Person),
        bill: raw(FlowKind::Bill),
        payroll: raw(FlowKind::Payroll),
        corporate: raw(FlowKind::Corporate),
    }
}

impl From<&ListedConfig> for RawWorkload {
    fn from(list: &ListedConfig) -> Self {
        match &list.file {
            Some(ListedFile { path, hash, reading }) => Self {
                file: Some(path.display().to_string()),
                file_hash: Some(hash.clone()),
                file_round: reading.round.then_some(true),
                file_skip_bad_rows: reading.skip_bad_rows.then_some(true),
                ..Self::default()
            },
            None => Self {
                payments: Some(list.payments.iter().map(RawPayment::from).collect()),
                ..Self::default()
            },
        }
    }
}

impl From<&ListedPayment> for RawPayment {
    fn from(payment: &ListedPayment) -> Self {
        let Terms { at, nanos, amount, priority } = payment.terms;
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
