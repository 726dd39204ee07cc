//! Why the central bank's ledger refuses a request.

use thiserror::Error;

use crate::Reason;
use crate::money::{
    Amount, CycleId, OperatorCode, PaymentId, Position, RequestId, Timestamp, Total, WalletNumber,
};

/// A refused request: nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CentralBankError {
    /// The roster has no such operator.
    #[error("operator {0} is not in the roster")]
    OperatorUnknown(OperatorCode),
    /// The roster has no operator of the payee's code.
    #[error("operator {0} is not in the roster")]
    PayeeOperatorUnknown(OperatorCode),
    /// No operator has the prefix.
    #[error("wallet number {0} has a prefix of no operator")]
    PrefixUnknown(WalletNumber),
    /// A bilateral limit of an operator on itself.
    #[error("operator {0} cannot have a limit on payments to itself")]
    LimitOnItself(OperatorCode),
    /// The operator is suspended.
    #[error("operator {0} is suspended")]
    OperatorInactive(OperatorCode),
    /// A registration with an incarnation that is not new.
    #[error("operator {operator} registered with incarnation {found}, but {seen} was seen before")]
    Fenced {
        /// The operator.
        operator: OperatorCode,
        /// The highest seen.
        seen: u64,
        /// The one that came.
        found: u64,
    },
    /// The operator's ledger lacks batches that it has reported.
    #[error(
        "the ledger of operator {operator} ends at batch {found}, but batch {seen} was acknowledged"
    )]
    OperatorBehind {
        /// The operator.
        operator: OperatorCode,
        /// The highest batch reported.
        seen: u64,
        /// The batch it registered with.
        found: u64,
    },
    /// The central bank's own ledger lacks batches that an operator has seen.
    #[error(
        "this ledger ends at batch {own}, but operator {operator}{} seen batch {known}: restore the newer file",
        agreed.map(|other| format!(" has, as operator {other} has,")).unwrap_or_else(|| " has".to_owned())
    )]
    CentralBankBehind {
        /// The operator.
        operator: OperatorCode,
        /// The batch it has seen.
        known: u64,
        /// The last batch here.
        own: u64,
        /// Another operator that reports the same.
        agreed: Option<OperatorCode>,
    },
    /// A number of an operator that nothing can have brought about.
    #[error("operator {operator} says {field} {found}, and {most} is the most that can be")]
    OutOfBounds {
        /// The operator.
        operator: OperatorCode,
        /// The field of its message.
        field: &'static str,
        /// What it reports.
        found: u64,
        /// The most that can be.
        most: u64,
    },
    /// A message of an operator is missing.
    #[error("message {found} of operator {operator} came when {due} was due")]
    Gap {
        /// The operator.
        operator: OperatorCode,
        /// The message that came.
        found: u64,
        /// The one that was due.
        due: u64,
    },
    /// The instructions of a tick are not those that came.
    #[error(
        "operator {operator} sent {came} instructions of tick {tick}, not the {named} it names"
    )]
    TickIncomplete {
        /// The operator.
        operator: OperatorCode,
        /// The tick.
        tick: u64,
        /// How many came.
        came: u64,
        /// How many it names.
        named: u64,
    },
    /// The operator's ledger has another past than the one it has reported.
    #[error(
        "the ledger of operator {operator} is a fork: at batch {batch} its chain has another head than the one it reported"
    )]
    OperatorForked {
        /// The operator.
        operator: OperatorCode,
        /// The batch reported.
        batch: u64,
    },
    /// The head of the own chain is not known at a batch that an operator has seen: it cannot
    /// be read, or was not there when it was looked for.
    #[error(
        "the head of the central bank's chain at batch {batch}, which operator {operator} has seen, cannot be \
         found: try again"
    )]
    OwnHeadUnknown {
        /// The operator.
        operator: OperatorCode,
        /// The batch it has seen.
        batch: u64,
    },
    /// The central bank's own ledger has another past than the one that an operator has seen.
    #[error(
        "the central bank's ledger is a fork: at batch {batch} its chain has another head than the one that operator \
         {operator} has seen{}",
        agreed.map_or_else(String::new, |code| format!(", and {code} knows better, too: restore the newest file"))
    )]
    CentralBankForked {
        /// The operator.
        operator: OperatorCode,
        /// The batch it has seen.
        batch: u64,
        /// Another operator that knows better, too.
        agreed: Option<OperatorCode>,
    },
    /// The request id was used before with other content.
    #[error("request id {0} was used before with other content")]
    RequestIdReused(RequestId),
    /// The reserve account holds too little.
    #[error(
        "the reserve account of {operator} holds {available} yuan, less than the requested {requested}"
    )]
    ReservesInsufficient {
        /// The operator.
        operator: OperatorCode,
        /// What it holds.
        available: Position,
        /// What was asked for.
        requested: Position,
    },
    /// Too little e-CNY is held.
    #[error(
        "operator {operator} holds {available} yuan of e-CNY, less than the requested {requested}"
    )]
    HeldInsufficient {
        /// The operator.
        operator: OperatorCode,
        /// What it holds.
        available: Position,
        /// What was asked for.
        requested: Position,
    },
    /// Less was pledged or earmarked than is to be released.
    #[error("operator {operator} has put up less than the {requested} yuan to be released")]
    NotPledged {
        /// The operator.
        operator: OperatorCode,
        /// What was to be released.
        requested: Position,
    },
    /// The guarantees that would remain do not cover what the operator owes.
    #[error(
        "operator {operator} owes {exposure} yuan, more than the cap of {cap} that would remain"
    )]
    CapUncovered {
        /// The operator.
        operator: OperatorCode,
        /// The cap that would remain.
        cap: Amount,
        /// What it owes and may come to owe.
        exposure: Position,
    },
    /// A sum of money would pass the largest that ledgers keep.
    #[error("{what} would be {sum} yuan, more than the largest sum of {max}", max = Amount::SUM_MAX)]
    SumTooLarge {
        /// Which sum.
        what: &'static str,
        /// What it would be.
        sum: Total,
    },
    /// Issue and withdrawal exist in the cash regime only.
    #[error(
        "e-CNY is issued and withdrawn in the cash regime only, and this cluster runs the deposit regime"
    )]
    NoIssuance,
    /// Gross settlement has no cycles to close.
    #[error("this cluster settles gross and has no cycles to close")]
    NoCycles,
    /// Nothing settles outside the business hours of settlement.
    #[error("settlement is closed until {opens}")]
    SettlementClosed {
        /// When it opens.
        opens: Timestamp,
    },
    /// There is no such cycle, or it is not the open one.
    #[error("cycle {0} is not known")]
    CycleUnknown(CycleId),
    /// No payment of that id came to the central bank.
    #[error("payment {0} is not known at the central bank")]
    PaymentUnknown(PaymentId),
    /// The payment does not wait for cover.
    #[error("payment {0} is not in the queue")]
    NotQueued(PaymentId),
    /// The alias names another wallet.
    #[error("alias {0:?} names another wallet")]
    AliasTaken(String),
    /// The wallet is none of a merchant.
    #[error("wallet {0} is none of a merchant")]
    NoMerchant(WalletNumber),
    /// A merchant code was to name a wallet that may not charge.
    #[error("wallet {0} may not charge by code")]
    NotCharging(WalletNumber),
    /// No traits are registered for the wallet.
    #[error("no traits of a merchant are registered for wallet {0}")]
    MerchantUnknown(WalletNumber),
    /// Ticks are only for experiments in lockstep.
    #[error("the central bank runs under the wall clock, not in lockstep")]
    NotLockstep,
    /// No change of the settlement mode was asked for under the request id.
    #[error("no change of the settlement mode was asked for by request id {0}")]
    ModeChangeUnknown(RequestId),
    /// The change of the settlement mode was called off.
    #[error("the change of the settlement mode by request id {0} was cancelled")]
    ModeChangeCancelled(RequestId),
    /// The change of the settlement mode came into force.
    #[error(
        "the change of the settlement mode by request id {request_id} is in force since {from}"
    )]
    ModeChangeInForce {
        /// The request.
        request_id: RequestId,
        /// Since when.
        from: Timestamp,
    },
    /// Nothing is kept for normal payments, which have no lower ones that are released.
    #[error("nothing can be reserved for normal payments, nor for those that are held")]
    ReservedForNormal,
    /// A queue was to be settled on credit that the central bank does not give.
    #[error(
        "what waits at the end of a day settles on credit in the deposit regime alone, where overdrafts are allowed"
    )]
    NoCreditAtEndOfDay,
    /// Payments were to be refused whenever settlement is closed.
    #[error(
        "settlement has business hours here, and under gross nothing could wait for the opening"
    )]
    NoHoursInGross,
    /// No time that this system speaks of lies in the tick.
    #[error("tick {0} ends after the year 9999")]
    TickUnknown(u64),
    /// Another tick is still being collected.
    #[error("tick {found} was asked for while tick {running} is under way")]
    TickEarly {
        /// The tick under way.
        running: u64,
        /// The tick asked for.
        found: u64,
    },
    /// More payments of a tick have priorities than are kept.
    #[error("priorities names {found} payments of the tick in all, more than {most}")]
    TooManyPriorities {
        /// How many.
        found: usize,
        /// How many at most.
        most: usize,
    },
}

impl CentralBankError {
    /// Whether two operators report that this ledger is behind. One alone may be wrong
    /// itself.
    pub fn is_agreed(&self) -> bool {
        matches!(
            self,
            Self::CentralBankBehind { agreed: Some(_), .. }
                | Self::CentralBankForked { agreed: Some(_), .. }
        )
    }

    /// Refuses a sum beyond the largest that ledgers keep.
    pub fn check_sum(what: &'static str, sum: Total) -> Result<(), Self> {
        if sum.is_bounded() { Ok(()) } else { Err(Self::SumTooLarge { what, sum }) }
    }

    /// The stable reason.
    pub fn reason(&self) -> Reason {
        match self {
            Self::OperatorUnknown(_) | Self::PayeeOperatorUnknown(_) => Reason::OperatorUnknown,
            Self::PrefixUnknown(_) => Reason::WalletPrefixUnknown,
            Self::OperatorInactive(_) => Reason::OperatorInactive,
            Self::Fenced { .. } => Reason::NotAllowed,
            Self::OutOfBounds { .. } | Self::Gap { .. } | Self::TickIncomplete { .. } => {
                Reason::FieldInvalid
            }
            Self::OperatorBehind { .. } => Reason::LedgerBehind,
            Self::CentralBankBehind { .. } => Reason::CentralBankBehind,
            Self::OperatorForked { .. } => Reason::LedgerForked,
            Self::CentralBankForked { .. } => Reason::CentralBankForked,
            Self::OwnHeadUnknown { .. } => Reason::Unavailable,
            Self::RequestIdReused(_) => Reason::RequestIdReused,
            Self::ReservesInsufficient { .. } => Reason::ReservesInsufficient,
            Self::HeldInsufficient { .. } => Reason::StockInsufficient,
            Self::NotPledged { .. } => Reason::ReservesInsufficient,
            Self::CapUncovered { .. } => Reason::NetDebitCap,
            Self::SumTooLarge { .. } => Reason::SumTooLarge,
            Self::NoIssuance | Self::NoCycles | Self::NoCreditAtEndOfDay | Self::NoHoursInGross => {
                Reason::RegimeMismatch
            }
            Self::SettlementClosed { .. } => Reason::SettlementClosed,
            Self::CycleUnknown(_) => Reason::CycleUnknown,
            Self::PaymentUnknown(_) => Reason::PaymentUnknown,
            Self::NotQueued(_) => Reason::NotQueued,
            Self::ModeChangeUnknown(_) => Reason::FieldInvalid,
            Self::ModeChangeCancelled(_) => Reason::Cancelled,
            Self::ModeChangeInForce { .. } => Reason::TransitionInvalid,
            Self::AliasTaken(_) => Reason::AliasTaken,
            Self::NoMerchant(_) | Self::NotCharging(_) => Reason::KindNotAllowed,
            Self::MerchantUnknown(_) => Reason::MerchantUnknown,
            Self::NotLockstep => Reason::ClockMismatch,
            Self::TooManyPriorities { .. } => Reason::BatchSize,
            Self::TickEarly { .. }
            | Self::TickUnknown(_)
            | Self::LimitOnItself(_)
            | Self::ReservedForNormal => Reason::FieldInvalid,
        }
    }

    /// The field of the request at fault.
    pub fn field(&self) -> &'static str {
        match self {
            Self::OperatorUnknown(_) => "operator_code",
            Self::LimitOnItself(_) | Self::PayeeOperatorUnknown(_) => "payee_operator_code",
            Self::PrefixUnknown(_)
            | Self::OperatorInactive(_)
            | Self::NoMerchant(_)
            | Self::NotCharging(_)
            | Self::MerchantUnknown(_) => "wallet_number",
            Self::Fenced { .. } => "incarnation",
            Self::OutOfBounds { field, .. } => field,
            Self::Gap { .. } => "sequence",
            Self::TickIncomplete { .. } => "tick_done",
            Self::OperatorBehind { .. } | Self::CentralBankBehind { .. } => "batch",
            Self::OperatorForked { .. }
            | Self::CentralBankForked { .. }
            | Self::OwnHeadUnknown { .. } => "batch",
            Self::RequestIdReused(_)
            | Self::ModeChangeUnknown(_)
            | Self::ModeChangeCancelled(_)
            | Self::ModeChangeInForce { .. } => "request_id",
            Self::ReservesInsufficient { .. }
            | Self::HeldInsufficient { .. }
            | Self::NotPledged { .. }
            | Self::CapUncovered { .. }
            | Self::SumTooLarge { .. } => "amount",
            // What the whole cluster is set to is at fault, no field.
            Self::NoIssuance => "",
            Self::NoCreditAtEndOfDay => "mode.queue_end_of_day",
            Self::NoHoursInGross => "mode.settlement",
            Self::NoCycles | Self::SettlementClosed { .. } | Self::CycleUnknown(_) => "cycle",
            Self::PaymentUnknown(_) | Self::NotQueued(_) => "payment_id",
            Self::ReservedForNormal => "priority",
            Self::AliasTaken(_) => "alias",
            Self::TooManyPriorities { .. } => "priorities",
            Self::NotLockstep | Self::TickUnknown(_) | Self::TickEarly { .. } => "tick",
        }
    }
}
