//! What runs an experiment: the ledgers in this process, or real processes over gRPC.

mod actions;
mod drive;
mod faults;
mod in_process;
mod processes;
mod ticks;
mod treasury;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clearing_config::ConfigError;
use clearing_domain::central_bank::{CentralBankError, CentralBankLedger};
use clearing_domain::money::{Amount, OperatorCode, PaymentId, Position, Total, WalletNumber};
use clearing_domain::netting::Priority;
use clearing_domain::operator::{OperatorError, OperatorLedger, TickItem};
use clearing_node::ProgramError;
use clearing_node::store::StoreError;
use thiserror::Error;

use crate::workload::WalletPlan;
use clearing_cluster::call::CallError;
use clearing_cluster::cluster::{ClusterError, Member};

pub(crate) use actions::product_code;
pub use actions::{
    Acted, ActionRecord, Binding, ContractOrder, LoanOrder, Order, Participant, PlannedCampaign,
    PlannedCard, PlannedContract, PlannedLoan, PlannedPayroll, WealthOrder,
};
pub use drive::{Elapsed, FinishedRun, Progress, ScriptRecord, drive, drive_with};
pub use faults::FaultRecord;
pub use in_process::InProcess;
pub use processes::{Processes, Restarts};
#[cfg(test)]
pub(crate) use tests::{finished, golden, run, run_until, short_of_cover, small};
pub use treasury::{
    Books, Clock, Counterparty, Decision, Desk, DeskError, DeskRefusal, DeskService, Expected,
    Observation, Outgoing, Queued, TreasuryRecord,
};

/// Runs ticks. Operators are always in the order of the configuration.
#[expect(async_fn_in_trait, reason = "engines are driven on the thread that made them")]
pub trait Engine {
    /// Opens wallets at every operator in their order, before the first tick.
    async fn open_wallets(&mut self, wallets: &[Vec<WalletPlan>]) -> Result<(), EngineError>;

    /// Says before a tick where payments of it stand should they come into a queue, of those that
    /// are not normal.
    async fn set_priorities(
        &mut self,
        tick: u64,
        priorities: Vec<(PaymentId, Priority)>,
    ) -> Result<(), EngineError>;

    /// Runs an absolute tick: one ordered list of payments per operator. On return every operator
    /// has acknowledged the end of the tick.
    async fn run_tick(&mut self, tick: u64, lists: &[&[TickItem]]) -> Result<(), EngineError>;

    /// Where every operator stands at the central bank, between ticks.
    async fn standings(&mut self) -> Result<Vec<Standing>, EngineError>;

    /// Lets the central bank suspend an operator, or lets it take part again, between ticks.
    async fn set_active(&mut self, place: usize, active: bool) -> Result<(), EngineError>;

    /// Moves money into the reserve account of an operator between ticks; a negative sum takes it
    /// out.
    async fn fund(
        &mut self,
        place: usize,
        sum: Position,
        request_id: &str,
    ) -> Result<(), EngineError>;

    /// What the central bank's books show of all operators, between ticks.
    async fn books(&mut self) -> Result<Books, EngineError>;

    /// Moves payments that wait to other levels of the queue, between ticks.
    async fn set_levels(&mut self, levels: &[(PaymentId, Priority)]) -> Result<(), EngineError>;

    /// Sets what an operator may pay another on a day, net, between ticks; `None` is unlimited.
    async fn set_limit(
        &mut self,
        payer: usize,
        payee: usize,
        limit: Option<Amount>,
    ) -> Result<(), EngineError>;

    /// What a wallet of an operator holds, between ticks.
    async fn balance(&mut self, place: usize, wallet: WalletNumber) -> Result<Amount, EngineError>;

    /// Lets an operator carry out the orders of an action, in their order, between ticks.
    async fn act(&mut self, place: usize, orders: &[Order]) -> Result<Vec<Acted>, EngineError>;

    /// Kills a process and starts it again; nothing where there is none.
    async fn crash(&mut self, member: Member) -> Result<(), EngineError>;

    /// Ends the run and gives the ledgers as they were left.
    async fn finish(self) -> Result<Ledgers, EngineError>;
}

/// Where an operator stands at the central bank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Cleared and not settled; negative is owed.
    pub net: Position,
    /// The part of that which is due: of the cycle that waits for money, all of it when none does.
    pub due: Position,
    /// The value its wallets have sent to other operators in all cycles so far.
    pub sent: Position,
    /// The account that settlement moves.
    pub balance: Position,
}

/// The ledgers at the end of a run.
#[derive(Debug)]
pub struct Ledgers {
    /// The central bank's.
    pub central_bank: CentralBankLedger,
    /// The operators', in the order of the configuration.
    pub operators: Vec<OperatorLedger>,
    /// What became of the faults, in their order; none from an engine that nothing drove.
    pub faults: Vec<FaultRecord>,
    /// What treasurers did, in the order of the operators that have one; none from an engine that
    /// nothing drove.
    pub treasuries: Vec<TreasuryRecord>,
}

/// A run that could not go on.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The configuration does not fit.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An operator's ledger refused what the driver asked for.
    #[error("operator {operator} refused: {source}")]
    Operator {
        /// The operator.
        operator: OperatorCode,
        /// Why.
        source: OperatorError,
    },
    /// The central bank's ledger refused what the driver asked for.
    #[error("the central bank refused: {0}")]
    CentralBank(#[from] CentralBankError),
    /// The payments of a run are worth more than the results can sum up.
    #[error("the payments up to day {day} are worth {value} yuan, more than the largest sum of {max}", max = Amount::SUM_MAX)]
    TooMuch {
        /// The day, counted from 1.
        day: u32,
        /// What they are worth.
        value: Total,
    },
    /// A wallet got another number than the workload was made for.
    #[error("operator {operator} opened wallet {found} where {expected} was due")]
    WalletNumber {
        /// The operator.
        operator: OperatorCode,
        /// The number it gave.
        found: WalletNumber,
        /// The number expected.
        expected: WalletNumber,
    },
    /// A tick does not end though nothing is under way.
    #[error("tick {tick} does not end; missing: {missing}")]
    Stuck {
        /// The tick.
        tick: u64,
        /// Who has not answered.
        missing: String,
    },
    /// An operator is decided outside, and nobody outside can reach the run.
    #[error(
        "treasury: a policy is \"outside\", but the run is not served; `clearing run --treasury IP:PORT` lets a program decide"
    )]
    NoDesk,
    /// A treasurer outside keeps the run from going on.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// A treasurer decided what cannot be carried out.
    #[error("the treasurer of {operator} decided what cannot be: {field}: {message}")]
    Decision {
        /// Of whom.
        operator: OperatorCode,
        /// What of its decision.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A ledger found something that must never happen.
    #[error("{who} raised an alarm: {text}")]
    Alarm {
        /// Whose ledger.
        who: String,
        /// What it found.
        text: String,
    },
    /// The cluster of processes failed.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A ledger file cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address of a process cannot be used.
    #[error("cannot connect to {member}: {source}")]
    Connect {
        /// The process.
        member: Member,
        /// Why not.
        source: tonic::transport::Error,
    },
    /// A call failed, however often it was tried.
    #[error(transparent)]
    Call(#[from] CallError<Member>),
    /// A process answered with something the run cannot go on with.
    #[error("{member} answered: {message}")]
    Answer {
        /// The process.
        member: Member,
        /// What was wrong.
        message: String,
    },
    /// A process ended and is not started again.
    #[error("{member} ended ({end}); its log is {log}", log = log.display())]
    Ended {
        /// The process.
        member: Member,
        /// How it ended.
        end: String,
        /// Its log.
        log: PathBuf,
    },
    /// A thread ended early.
    #[error("a thread of the run ended early")]
    Thread,
}

impl ProgramError for EngineError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::TooMuch { .. } | Self::NoDesk => 2,
            Self::Cluster(error) => error.exit_code(),
            Self::Operator { .. }
            | Self::CentralBank(_)
            | Self::WalletNumber { .. }
            | Self::Stuck { .. }
            | Self::Desk(_)
            | Self::Decision { .. }
            | Self::Alarm { .. }
            | Self::Store(_)
            | Self::Connect { .. }
            | Self::Call(_)
            | Self::Answer { .. }
            | Self::Ended { .. }
            | Self::Thread => 3,
        }
    }
}
