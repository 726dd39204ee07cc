//! How the regions of a run took up e-CNY, month by month.

use std::collections::BTreeMap;

use clearing_domain::operator::PaymentState;
use serde::{Deserialize, Serialize};

use crate::engine::Ledgers;
use crate::experiment::{Experiment, Home, WorkloadConfig};
use crate::workload::Homes;

/// A region over the time of a run; money in fen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegionSummary {
    /// What it is called.
    pub name: String,
    /// The first day on which its wallets pay.
    pub from: String,
    /// The wallets that live in it.
    pub wallets: u64,
    /// What they paid, by months; months without payments are left out.
    pub months: Vec<RegionMonth>,
}

/// The payments of a region in one month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegionMonth {
    /// The month as in 2022-05.
    pub month: String,
    /// Payments that wallets of the region submitted.
    pub payments: u64,
    /// The value of those whose payee has the money.
    pub completed_fen: i64,
}

/// The regions of the workload; none where wallets live nowhere in particular.
pub(super) fn regions(
    experiment: &Experiment,
    homes: &Homes,
    ledgers: &Ledgers,
) -> Vec<RegionSummary> {
    let WorkloadConfig::Generated(workload) = &experiment.workload else { return Vec::new() };
    if workload.regions.is_empty() {
        return Vec::new();
    }
    let mut months: BTreeMap<_, BTreeMap<(i32, u32), RegionMonth>> = BTreeMap::new();
    let mut wallets: BTreeMap<_, u64> = BTreeMap::new();
    for ledger in &ledgers.operators {
        for wallet in ledger.wallets().iter() {
            if let Some(region) = homes.of(wallet.number) {
                *wallets.entry(region.name()).or_default() += 1;
            }
        }
        for payment in ledger.payments() {
            let Some(region) = homes.of(ledger.payer_of(payment)) else { continue };
            let (year, month, _) = payment.submitted_at.date().ymd();
            let found = months.entry(region.name()).or_default().entry((year, month)).or_default();
            found.payments += 1;
            if payment.state == PaymentState::Completed {
                found.completed_fen += payment.amount.fen();
            }
        }
    }
    let summary = |home: &Home| {
        let named = |((year, month), found): ((i32, u32), RegionMonth)| RegionMonth {
            month: format!("{year}-{month:02}"),
            ..found
        };
        let months = months.get(home.region.name()).cloned().unwrap_or_default();
        RegionSummary {
            name: home.region.name().to_owned(),
            from: home.from.to_string(),
            wallets: wallets.get(home.region.name()).copied().unwrap_or_default(),
            months: months.into_iter().map(named).collect(),
        }
    };
    workload.regions.iter().map(summary).collect()
}
