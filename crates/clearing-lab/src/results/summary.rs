//! The summary of a run: what a person wants to know first, and `summary.json`.

use std::collections::BTreeMap;

use clearing_config::{ClusterConfig, ModeNames};
use clearing_domain::central_bank::{CentralBankLedger, Cycle, SettlementMode};
use serde::{Deserialize, Serialize};

use crate::engine::Elapsed;
use crate::experiment::RunInfo;

use super::Results;
use super::campaigns::{CampaignSummary, campaigns};
use super::credit::Credit;
use super::faults::FaultSummary;
use super::figures::{cycle, operator, refused, totals};
use super::indicators::{Records, RunIndicators};
use super::labels::Labels;
use super::need::{Need, deficiencies};
use super::owed::by_operator;
use super::participants::{ParticipantSummary, participants};
use super::parts::{PartSummary, Parts};
use super::regions::{RegionSummary, regions};
use super::story::{AssertionSummary, Facts, StorySummary};
use super::tables::all_cycles;
use super::treasury::{TreasurySummary, treasuries};

/// The summary of a run; money in fen.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The id of the run.
    pub run_id: String,
    /// The name of the experiment.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// How many business days were run.
    pub days: u32,
    /// The length of a tick: what settled at the end of the tick it was submitted in has not
    /// waited, and every other time is the end of a tick.
    pub resolution_seconds: f64,
    /// Cash or deposit.
    pub regime: &'static str,
    /// How obligations were settled.
    pub algorithm: String,
    /// The digest of the outcome.
    pub digest: String,
    /// How the run was made; not part of the digest.
    pub run: RunSummary,
    /// The whole system.
    pub totals: Totals,
    /// How many payments were refused, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Each operator, in the order of the configuration.
    pub operators: Vec<OperatorSummary>,
    /// The banks that take part through operators, in the order of these.
    pub participants: Vec<ParticipantSummary>,
    /// Each cycle, in order.
    pub cycles: Vec<CycleSummary>,
    /// What went wrong as configured, in that order.
    pub faults: Vec<FaultSummary>,
    /// What treasurers did, in the order of the configuration, of the operators that have one.
    pub treasury: Vec<TreasurySummary>,
    /// The scenario that was modelled; null when it was none.
    pub story: Option<StorySummary>,
    /// What the experiment claims, in its order.
    pub assertions: Vec<AssertionSummary>,
    /// The campaigns of the run, over its time.
    pub campaigns: Vec<CampaignSummary>,
    /// The scenarios that are parts of the experiment, in its order.
    pub parts: Vec<PartSummary>,
    /// The regions that wallets live in, in the order of the configuration.
    pub regions: Vec<RegionSummary>,
    /// What researchers measure, over the whole run.
    pub indicators: RunIndicators,
}

/// How a run was made.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RunSummary {
    /// The version of the program.
    pub version: String,
    /// The commit it was built from; null when unknown.
    pub commit: Option<String>,
    /// Where it ran.
    pub host: String,
    /// Processes or in-process.
    pub engine: String,
    /// How long it took from the first wallet to the last cut-off.
    pub seconds: f64,
    /// Payments submitted in a second of that time.
    pub payments_per_second: f64,
    /// Of that time, how long the ticks took, without drawing what is paid.
    pub tick_seconds: f64,
}

/// The whole system.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Wallets opened.
    pub wallets: u64,
    /// Payments submitted.
    pub payments: u64,
    /// Payments whose payee has the money.
    pub completed: u64,
    /// Payments refused before any money left the wallet.
    pub rejected: u64,
    /// Payments refused after the debit.
    pub returned: u64,
    /// Payments without a final outcome.
    pub in_transit: u64,
    /// Completed payments within one operator.
    pub on_us: u64,
    /// Completed payments between operators.
    pub cross_operator: u64,
    /// The value of all completed payments.
    pub completed_fen: i64,
    /// The mean of the completed payments, rounded to a fen.
    pub mean_payment_fen: i64,
    /// The value of the completed payments between operators.
    pub gross_fen: i64,
    /// The net debits of all cycles.
    pub net_fen: i64,
    /// Net over gross; null without gross value or without cycles.
    pub netting_ratio: Option<f64>,
    /// What moved on settlement accounts.
    pub settled_fen: i64,
    /// What waited in the queue at the end.
    pub waiting_fen: i64,
    /// What was still unsettled at the end, as the sum of net debits.
    pub unsettled_fen: i64,
    /// What the central bank lent at cut-offs.
    pub central_bank_credit_drawn_fen: i64,
    /// What was repaid of that.
    pub central_bank_credit_repaid_fen: i64,
    /// What was lent and not repaid at the end.
    pub central_bank_credit_open_fen: i64,
    /// What operators owed the central bank after the last close of a day, reserve accounts below
    /// zero included.
    pub overdraft_fen: i64,
    /// What operators claim of each other at the end.
    pub claims_fen: i64,
    /// The claims that they got in the place of money, when those arose.
    pub losses_fen: i64,
    /// Payments that were never submitted because of faults.
    pub withheld: u64,
    /// Their value.
    pub withheld_fen: i64,
}

/// An operator.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OperatorSummary {
    /// Its code, or what a file of payments calls it.
    pub code: String,
    /// Its wallets.
    pub wallets: u64,
    /// What they hold.
    pub wallet_balances_fen: i64,
    /// Payments its wallets submitted.
    pub payments: u64,
    /// What its wallets paid to those of other operators.
    pub sent_fen: i64,
    /// What its wallets received from those of other operators.
    pub received_fen: i64,
    /// Received minus sent in each cycle.
    pub net_fen: Vec<i64>,
    /// The most it owed in any cycle.
    pub peak_net_debit_fen: i64,
    /// Its settlement account at the end: e-CNY held in the cash regime, reserves in the deposit
    /// regime.
    pub settlement_balance_fen: i64,
    /// Its reserve account at the end.
    pub reserves_fen: i64,
    /// e-CNY held for it at the end.
    pub held_fen: i64,
    /// Interest that it credited to wallets (deposit regime).
    pub interest_fen: i64,
    /// What the central bank lent it at cut-offs.
    pub central_bank_credit_drawn_fen: i64,
    /// What it repaid of that.
    pub central_bank_credit_repaid_fen: i64,
    /// What is lent to it and not repaid at the end.
    pub central_bank_credit_open_fen: i64,
    /// What it owed the central bank after the last close of a day, its reserve account below zero
    /// included.
    pub overdraft_fen: i64,
    /// What it claims of other operators at the end.
    pub claims_held_fen: i64,
    /// What other operators claim of it at the end.
    pub claims_owed_fen: i64,
    /// The claims that it got in the place of money, when those arose.
    pub loss_fen: i64,
}

/// A cycle.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CycleSummary {
    /// Its number.
    pub cycle: u32,
    /// The payments cleared in it.
    pub payments: u64,
    /// Their value.
    pub gross_fen: i64,
    /// The sum of net debits.
    pub net_fen: i64,
    /// Net over gross; null without gross value.
    pub netting_ratio: Option<f64>,
    /// What would move if only pairs were netted, over gross; null without gross value.
    pub bilateral_netting_ratio: Option<f64>,
    /// What moved on settlement accounts.
    pub settled_fen: i64,
    /// What was carried to the next cycle, as the sum of net debits.
    pub carried_fen: i64,
    /// What its cut-off asked the operators for.
    pub asked_fen: i64,
    /// What their settlement accounts and credit lines lacked for that.
    pub deficiency_fen: i64,
}

/// The settlement algorithm as named in results, with those that follow it on later business days.
pub fn algorithm(config: &ClusterConfig) -> String {
    let later = config
        .changes
        .iter()
        .map(|change| format!("{} from {}", mode_name(change.mode), change.from.date()));
    [mode_name(config.mode)].into_iter().chain(later).collect::<Vec<_>>().join(", ")
}

fn mode_name(mode: SettlementMode) -> String {
    let names = ModeNames::of(mode);
    if names.rule().is_empty() {
        names.settlement.to_owned()
    } else {
        format!("{}/{}", names.settlement, names.rule())
    }
}

impl Summary {
    /// Sums up a run.
    pub(super) fn new(results: &Results<'_>, records: &Records, digest: String) -> Self {
        let Results { experiment, identity, ledgers, elapsed, script, .. } = *results;
        let central_bank = &ledgers.central_bank;
        let day_one = experiment.cluster.lockstep.start.date().start();
        let until = day_one.date().plus_days(experiment.days).start();
        let credit = Credit::of(central_bank, &experiment.cluster, day_one, until);
        let need = Need::of(central_bank, day_one);
        let owed = by_operator(central_bank, day_one);
        let cycles = cycles(central_bank, records);
        let mut totals = totals(ledgers, &cycles, &owed);
        totals.withheld = ledgers.faults.iter().map(|fault| fault.withheld).sum();
        totals.withheld_fen = ledgers.faults.iter().map(|fault| fault.withheld_value.fen()).sum();
        let mut summary = Self {
            run_id: identity.id.clone(),
            scenario: experiment.name.clone(),
            seed: experiment.seed,
            days: experiment.days,
            resolution_seconds: experiment.cluster.lockstep.tick_ms as f64 / 1000.0,
            regime: experiment.cluster.regime.name(),
            algorithm: algorithm(&experiment.cluster),
            digest,
            run: RunSummary::new(&identity.info, elapsed, totals.payments),
            refused: refused(ledgers),
            operators: ledgers
                .operators
                .iter()
                .map(|ledger| operator(central_bank, ledger, &owed))
                .collect(),
            totals,
            participants: participants(ledgers),
            cycles,
            faults: ledgers.faults.iter().map(FaultSummary::from).collect(),
            treasury: treasuries(ledgers, records),
            story: None,
            assertions: Vec::new(),
            campaigns: campaigns(ledgers),
            parts: Vec::new(),
            regions: regions(experiment, &script.homes, ledgers),
            indicators: records.indicators(central_bank, &credit, &need),
        };
        let parts = Parts::of(&experiment.script, script, ledgers);
        let facts = Facts::of(results, (&summary, &parts));
        let (story, assertions) = (facts.story(), facts.assertions());
        let parts = parts.summaries(&facts);
        summary.parts = parts;
        summary.story = story;
        summary.assertions = assertions;
        // Codes become identifiers last, because everything above finds operators by their codes.
        Labels::new(&experiment.cluster).apply(&mut summary);
        summary
    }
}

impl RunSummary {
    fn new(run: &RunInfo, elapsed: Elapsed, payments: u64) -> Self {
        let seconds = elapsed.all.as_secs_f64();
        Self {
            version: run.version.clone(),
            commit: run.commit.clone(),
            host: run.host.clone(),
            engine: run.engine.clone(),
            seconds,
            payments_per_second: if seconds > 0.0 { payments as f64 / seconds } else { 0.0 },
            tick_seconds: elapsed.ticks.as_secs_f64(),
        }
    }
}

/// Each cycle with what was netted in it and what it lacked.
fn cycles(ledger: &CentralBankLedger, records: &Records) -> Vec<CycleSummary> {
    let flows = records.cycle_flows();
    let lacked = deficiencies(ledger);
    let sum_up = |one: &Cycle| cycle(one, flows.get(&Some(one.id)), lacked.get(&one.id));
    all_cycles(ledger).map(sum_up).collect()
}
