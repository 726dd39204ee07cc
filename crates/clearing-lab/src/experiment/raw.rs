//! The experiment as it stands in a file: every key may be absent.

use std::collections::BTreeMap;

use clearing_config::yuan;
use clearing_domain::money::Amount;
use serde::{Deserialize, Serialize};
use toml::Value;

use super::OverLimit;

/// The file without `[cluster]`, which has a reader of its own.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct RawExperiment {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) seed: Option<u64>,
    pub(super) days: Option<u32>,
    pub(super) workload: RawWorkload,
    #[serde(rename = "fault", skip_serializing_if = "Vec::is_empty")]
    pub(super) faults: Vec<RawFault>,
    pub(super) run: Option<RawRun>,
}

/// What a run adds.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct RawRun {
    pub(super) version: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) host: Option<String>,
    pub(super) engine: Option<String>,
    pub(super) id: Option<String>,
}

/// The `[workload]` table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWorkload {
    pub(super) wallets: Option<u64>,
    pub(super) payments_per_day: Option<u64>,
    pub(super) on_us_bias: Option<f64>,
    pub(super) round_share: Option<f64>,
    pub(super) funds: Option<f64>,
    pub(super) merchant_share: Option<f64>,
    pub(super) corporate_share: Option<f64>,
    pub(super) government_share: Option<f64>,
    pub(super) class_shares: Option<[f64; 4]>,
    pub(super) payroll_batch: Option<u64>,
    pub(super) amount_max: Option<Yuan>,
    pub(super) over_limit: Option<OverLimit>,
    pub(super) merchant_weights: Option<BTreeMap<String, f64>>,
    pub(super) flows: Option<RawFlows>,
    pub(super) random_flow: Option<RawRandomFlow>,
    pub(super) payments: Option<Vec<RawPayment>>,
    pub(super) file: Option<String>,
    pub(super) file_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_round: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_skip_bad_rows: Option<bool>,
}

/// Money in a file.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Yuan(#[serde(with = "yuan")] pub(super) Amount);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFlows {
    pub(super) consumer: Option<RawFlow>,
    pub(super) transit: Option<RawFlow>,
    pub(super) person: Option<RawFlow>,
    pub(super) bill: Option<RawFlow>,
    pub(super) payroll: Option<RawFlow>,
    pub(super) corporate: Option<RawFlow>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFlow {
    pub(super) share: Option<f64>,
    pub(super) mu: Option<f64>,
    pub(super) sigma: Option<f64>,
    pub(super) hours: Option<[u32; 24]>,
}

/// The `[workload.random_flow]` table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRandomFlow {
    pub(super) payments_per_pair: Option<f64>,
    pub(super) value_mean: Option<Yuan>,
}

/// One of `[[workload.payments]]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPayment {
    pub(super) id: Option<String>,
    pub(super) date: Option<String>,
    pub(super) time: Option<String>,
    pub(super) value: Option<Yuan>,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) payer: Option<String>,
    pub(super) payee: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) priority: Option<Value>,
}

/// One of `[[fault]]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFault {
    pub(super) kind: Option<String>,
    pub(super) operator: Option<String>,
    pub(super) at: Option<String>,
    pub(super) until: Option<String>,
    pub(super) share: Option<Value>,
    pub(super) delay_ticks: Option<u64>,
    pub(super) amount: Option<Value>,
}
