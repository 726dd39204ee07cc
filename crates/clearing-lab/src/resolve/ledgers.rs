//! A case on ledgers: its queue as one tick of payments between wallets, settled by one algorithm.
//!
//! Participants become operators in the order of their codes, so that ties break alike. The tick is
//! the whole day. Algorithms that release queues do so once at its end, and what they leave is
//! returned; those for shortfalls decide how the one cycle of the day closes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clearing_config::{ClusterConfig, ConfigError, OPERATORS_MAX, OperatorConfig};
use clearing_domain::Lockstep;
use clearing_domain::Regime;
use clearing_domain::central_bank::{
    CentralBankLedger, Cycle, CycleState, Guarantees, QueueRule, SettlementMode, Shortfall,
    Transfer, TransferState,
};
use clearing_domain::money::{Amount, DAY_MS, OperatorCode, Position, Prefix};
use clearing_domain::netting::{
    Algorithm, ClearingVector, Detail, Fraction, Resolution, TooManyPayments, balances_after,
};
use tempfile::TempDir;

use super::case::Case;
use super::error::LedgerError;
use super::print::Report;
use crate::engine::{Engine, InProcess, Processes, Restarts, drive};
use crate::experiment::{Experiment, ListedConfig, Script, WorkloadConfig};
use crate::payment_list::{ListedPayment, Terms};
use crate::workload::Workload;
use clearing_cluster::audit::audit;
use clearing_cluster::cluster::ClusterOptions;

/// How ledgers settle by an algorithm.
fn mode(algorithm: Algorithm) -> SettlementMode {
    match algorithm {
        Algorithm::GrossFifo
        | Algorithm::GrossBypass
        | Algorithm::AllOrNothing
        | Algorithm::PartialNet
        | Algorithm::BilateralOffset { .. }
        | Algorithm::BilateralThenMultilateral { .. }
        | Algorithm::Optimal => SettlementMode::Queued(QueueRule {
            release: algorithm,
            gross_first: false,
            ..QueueRule::GROSS_QUEUE
        }),
        Algorithm::Unwind => SettlementMode::DeferredNet(Shortfall::Unwind),
        Algorithm::LossSharing => SettlementMode::DeferredNet(Shortfall::LossSharing),
        Algorithm::EisenbergNoe => SettlementMode::DeferredNet(Shortfall::ProRata),
    }
}

/// A case made ready for ledgers.
#[derive(Debug)]
pub struct LedgerCase<'a> {
    case: &'a Case,
    algorithm: Algorithm,
    experiment: Experiment,
    workload: Workload,
}

impl<'a> LedgerCase<'a> {
    /// Prepares a case; fails when ledgers cannot hold so many participants, or the algorithm does
    /// not take so many payments.
    pub fn new(case: &'a Case, algorithm: Algorithm) -> Result<Self, LedgerError> {
        if algorithm == Algorithm::Optimal
            && !algorithm.applies_to(case.codes.len(), case.queue.len())
        {
            return Err(LedgerError::TooMany(TooManyPayments { payments: case.queue.len() }));
        }
        if case.codes.is_empty() || case.codes.len() > OPERATORS_MAX {
            return Err(LedgerError::Participants(case.codes.len()));
        }
        if case.has_outside() {
            return Err(LedgerError::Outside);
        }
        let cluster = case.cluster(algorithm)?;
        let payments = case.listed_payments(&cluster);
        let experiment = Experiment {
            name: "resolve".to_owned(),
            description: String::new(),
            seed: 0,
            days: 1,
            script: Script::default(),
            faults: Vec::new(),
            treasuries: Vec::new(),
            cluster,
            workload: WorkloadConfig::Listed(ListedConfig { payments, file: None }),
        };
        let workload = Workload::new(&experiment)?;
        Ok(Self { case, algorithm, experiment, workload })
    }

    /// Resolves the case on ledgers in this process.
    pub async fn in_process(&self) -> Result<Report, LedgerError> {
        self.on(InProcess::new(&self.experiment.cluster)?).await
    }

    /// Resolves the case on processes of their own, in a temporary folder, which are stopped and
    /// audited.
    pub async fn on_processes(&self, program: PathBuf) -> Result<Report, LedgerError> {
        let directory = TempDir::with_prefix("clearing-resolve-")?;
        let options = ClusterOptions::new(
            program,
            directory.path().to_path_buf(),
            self.experiment.cluster.clone(),
        );
        // A process that dies in a run of one tick is a fault of the program and must show.
        let restarts = Restarts { enabled: false, notice: Box::new(|_| ()) };
        let report = self.on(Processes::start(options, restarts).await?).await?;
        let lines = audit(directory.path())?;
        match lines.into_iter().find(|line| !line.ok) {
            None => Ok(report),
            Some(line) => {
                // The folder is kept, because it is the only evidence of what is broken.
                let (name, detail, folder) = (line.name, line.detail, directory.keep());
                Err(LedgerError::Broken { name, detail, folder })
            }
        }
    }

    async fn on<E: Engine>(&self, engine: E) -> Result<Report, LedgerError> {
        let ledgers = drive(&self.experiment, &self.workload, engine, |_| ()).await?.ledgers;
        let resolution = match mode(self.algorithm) {
            SettlementMode::DeferredNet(_) => self.closed(&ledgers.central_bank)?,
            SettlementMode::Gross | SettlementMode::Queued(_) => {
                Resolution { settles: self.settled(&ledgers.central_bank)?, detail: Detail::None }
            }
        };
        self.check_balances(&ledgers.central_bank, &resolution)?;
        Ok(self.case.report(self.algorithm, resolution))
    }

    /// Which payments settled, in queue order. A payment stands at its millisecond of the day.
    fn settled(&self, ledger: &CentralBankLedger) -> Result<Vec<bool>, LedgerError> {
        let mut settles = vec![None; self.case.queue.len()];
        for transfer in ledger.transfers() {
            let place = usize::try_from(transfer.submitted_at.ms_of_day()).unwrap_or(usize::MAX);
            if let Some(settled) = settles.get_mut(place) {
                *settled = Some(self.has_settled(place, transfer)?);
            }
        }
        let missing =
            settles.iter().position(Option::is_none).map(|place| self.case.payments[place].clone());
        match missing {
            Some(payment) => Err(LedgerError::Lost(payment)),
            None => Ok(settles.into_iter().flatten().collect()),
        }
    }

    /// How the cycle of the day closed.
    fn closed(&self, ledger: &CentralBankLedger) -> Result<Resolution, LedgerError> {
        let place = |transfer: &Transfer| {
            usize::try_from(transfer.submitted_at.ms_of_day()).unwrap_or(usize::MAX)
        };
        let mut settles = vec![None; self.case.queue.len()];
        let default = ledger.defaults().first();
        let cycle =
            ledger.cycles().first().ok_or_else(|| LedgerError::Lost("of the cycle".to_owned()))?;
        for (slot, transfer) in ledger.transfers().enumerate() {
            let payment = || self.case.payments.get(place(transfer)).cloned().unwrap_or_default();
            match (transfer.state, transfer.reason) {
                (TransferState::Cleared, _) => {}
                (_, Some(reason)) => {
                    return Err(LedgerError::Refused { payment: payment(), reason: reason.name() });
                }
                (_, None) => return Err(LedgerError::Lost(payment())),
            }
            let unsettled = default
                .is_some_and(|default| default.unsettled.iter().any(|leg| leg.transfer() == slot));
            if let Some(settled) = settles.get_mut(place(transfer)) {
                *settled = Some(cycle.state != CycleState::Carried && !unsettled);
            }
        }
        let missing =
            settles.iter().position(Option::is_none).map(|place| self.case.payments[place].clone());
        if let Some(payment) = missing {
            return Err(LedgerError::Lost(payment));
        }
        let detail =
            default.map_or_else(|| self.nobody_defaulted(cycle), |default| default.detail.clone());
        Ok(Resolution { settles: settles.into_iter().flatten().collect(), detail })
    }

    /// What an algorithm says of a cycle in which nobody was short, or that stands as it was.
    fn nobody_defaulted(&self, cycle: &Cycle) -> Detail {
        let exact = |sum: Position| Fraction::new(sum.fen(), 1);
        match self.algorithm {
            Algorithm::LossSharing => {
                Detail::Contributions(vec![Position::ZERO; cycle.positions.len()])
            }
            Algorithm::EisenbergNoe => {
                let positions = cycle.positions.iter().zip(&self.case.credits);
                Detail::Cleared(ClearingVector {
                    payments_made: cycle
                        .positions
                        .iter()
                        .map(|position| exact(position.sent))
                        .collect(),
                    equity: positions
                        .map(|(one, credit)| exact(one.balance_after + credit.position()))
                        .collect(),
                    rounds: Vec::new(),
                })
            }
            Algorithm::Unwind => Detail::Rounds(Vec::new()),
            Algorithm::GrossFifo
            | Algorithm::GrossBypass
            | Algorithm::AllOrNothing
            | Algorithm::PartialNet
            | Algorithm::BilateralOffset { .. }
            | Algorithm::BilateralThenMultilateral { .. }
            | Algorithm::Optimal => Detail::None,
        }
    }

    /// Says whether a payment settled; one that never came into the queue is a failure.
    fn has_settled(&self, place: usize, transfer: &Transfer) -> Result<bool, LedgerError> {
        let payment = self.case.payments[place].clone();
        match (transfer.state, transfer.reason) {
            _ if transfer.queued().is_none() => {
                let reason = transfer
                    .reason
                    .map_or("it has not been decided", clearing_domain::Reason::name);
                Err(LedgerError::Refused { payment, reason })
            }
            (TransferState::Cleared, _) => Ok(true),
            (TransferState::Refused | TransferState::Queued, _) => Ok(false),
            (TransferState::Admitted | TransferState::Delivered | TransferState::Funding, _) => {
                Err(LedgerError::Lost(payment))
            }
        }
    }

    /// The central bank's accounts must have moved by what settled and what was paid for it, and by
    /// nothing else; where that is no whole number of fen, by less than a fen for each pair of
    /// participants.
    fn check_balances(
        &self,
        ledger: &CentralBankLedger,
        resolution: &Resolution,
    ) -> Result<(), LedgerError> {
        let after = balances_after(&self.case.balances, &self.case.queue, &resolution.settles);
        for (who, account) in ledger.accounts().iter().enumerate() {
            let found = account.reserves;
            let (expected, pairs) = match &resolution.detail {
                Detail::None | Detail::Rounds(_) => (after[who], 0),
                Detail::Contributions(paid) => (after[who] - paid[who], 0),
                Detail::Cleared(vector) => {
                    let due = vector.equity[who].less(self.case.credits[who].position());
                    (due.rounded_down(), self.case.codes.len() * self.case.codes.len())
                }
            };
            if (found - expected).fen().unsigned_abs() > pairs as u64 {
                return Err(LedgerError::Balance {
                    participant: self.case.codes[who].clone(),
                    found,
                    expected,
                });
            }
        }
        Ok(())
    }
}

impl Case {
    /// A cluster in the deposit regime, whose reserves and credit are those of the participants.
    fn cluster(&self, algorithm: Algorithm) -> Result<ClusterConfig, ConfigError> {
        let tutorial = ClusterConfig::default();
        let config = ClusterConfig {
            regime: Regime::Deposit,
            mode: mode(algorithm),
            cut_offs: vec![DAY_MS],
            lockstep: Lockstep { tick_ms: DAY_MS, ..tutorial.lockstep },
            operators: (0..self.codes.len()).filter_map(|who| self.operator(who)).collect(),
            ..tutorial
        };
        config.in_lockstep()
    }

    fn operator(&self, who: usize) -> Option<OperatorConfig> {
        Some(OperatorConfig {
            code: code(who)?,
            identifier: None,
            name: self.codes[who].clone(),
            name_zh: String::new(),
            prefix: u16::try_from(who + 1).ok().and_then(Prefix::new)?,
            weight: 1,
            reserves: amount(self.balances[who])?,
            stock: Amount::ZERO,
            cap: None,
            credit: self.credits[who],
            guarantees: Guarantees::default(),
            bilateral_limits: BTreeMap::new(),
            receiver_cap: None,
            reserved: Default::default(),
            deposits: Amount::MAX,
            indirect: Vec::new(),
            indirect_permille: 0,
        })
    }

    /// Each payment a millisecond after the one before it in the queue, between the operators' one
    /// wallets.
    fn listed_payments(&self, cluster: &ClusterConfig) -> Vec<ListedPayment> {
        let payment =
            |(place, (id, owed)): (i64, (&String, &clearing_domain::netting::Obligation))| {
                ListedPayment {
                    reference: id.clone(),
                    terms: Terms {
                        at: cluster.lockstep.start.plus_ms(place),
                        amount: owed.amount,
                        ..Terms::default()
                    },
                    from: cluster.operators[owed.debtor].code,
                    to: cluster.operators[owed.creditor].code,
                    payer: String::new(),
                    payee: String::new(),
                }
            };
        (0..).zip(self.payments.iter().zip(&self.queue)).map(payment).collect()
    }
}

/// The code of a participant's operator: their order is that of the numbers.
fn code(who: usize) -> Option<OperatorCode> {
    format!("OP{:02}", who + 1).parse().ok()
}

fn amount(balance: Position) -> Option<Amount> {
    Amount::from_fen(balance.fen()).ok()
}

#[cfg(test)]
mod tests;
