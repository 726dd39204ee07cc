//! The rows of transfers: what was taken, and what moved it on.

use crate::money::{
    Amount, CycleId, OperatorNumber, PaymentId, RequestKey, Timestamp, WalletNumber,
};
use crate::netting::Priority;
use crate::row::{row, variants};
use crate::{Details, Reason};

use super::TransferState;

/// What the central bank did with an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It counts against the payer's operator; the payee's has no link to be asked over.
    Admitted,
    /// It counts against the payer's operator, and the payee's is asked.
    Delivered,
    /// It is refused for good.
    Refused {
        /// Why.
        reason: Reason,
    },
    /// It counts against all who pay it, and the sponsor's operator is asked for its leg.
    Funding,
}

variants! {
    Admission as AdmissionColumns { reason: Reason }
    1 = Admitted,
    2 = Delivered,
    4 = Refused { reason },
    6 = Funding,
}

row! {
    /// An instruction as the central bank took it; what became of it since are events.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct TransferRow in "transfers", kind 1 {
        /// The number of the row in the ledger.
        pub row: u64,
        /// The payment.
        pub id: PaymentId,
        /// Finds the payer's request again.
        pub request_key: RequestKey,
        /// The wallet debited.
        pub payer: WalletNumber,
        /// The wallet to credit.
        pub payee: WalletNumber,
        /// The payer's operator.
        pub payer_operator: OperatorNumber,
        /// The payee's operator.
        pub payee_operator: OperatorNumber,
        /// How much.
        pub amount: Amount,
        /// When the payer submitted it.
        pub submitted_at: Timestamp,
        /// When it may no longer be accepted.
        pub expires_at: Timestamp,
        /// When the central bank admitted or refused it.
        pub admitted_at: Timestamp,
        /// What the central bank did with it.
        pub admission: Admission,
        /// What it is for.
        pub details: Option<Box<Details>>,
    }
}

/// What moved a transfer on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The payee's operator is asked.
    Delivered,
    /// It became an obligation, or settled by itself.
    Cleared {
        /// The cycle; `None` when it settled by itself.
        cycle: Option<CycleId>,
        /// When the payee's operator decided.
        decided_at: Timestamp,
    },
    /// It was refused after its admission.
    Refused {
        /// Why.
        reason: Reason,
        /// When the payee's operator decided; `None` without a decision.
        decided_at: Option<Timestamp>,
    },
    /// The payee's operator accepted it; it waits for cover.
    Queued {
        /// When the payee's operator decided.
        decided_at: Timestamp,
    },
    /// Its level in the queue was changed.
    Prioritised {
        /// The new level.
        priority: Priority,
    },
    /// The sponsor's operator holds its leg.
    Funded,
}

variants! {
    Step as StepColumns {
        reason: Reason, cycle: CycleId, decided_at: Timestamp, priority: Priority,
    }
    1 = Delivered,
    2 = Cleared { cycle, decided_at },
    3 = Refused { reason, decided_at },
    4 = Queued { decided_at },
    5 = Prioritised { priority },
    6 = Funded,
}

row! {
    /// An event of a transfer.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct TransferEvent in "transfer_events", kind 2 {
        /// The number of the row in the ledger.
        pub row: u64,
        /// The row of the transfer.
        pub of: u64,
        /// When the central bank recorded it.
        pub at: Timestamp,
        /// What happened.
        pub step: Step,
    }
}

impl Step {
    /// Whether it can follow in a state.
    pub fn can_follow(&self, state: TransferState) -> bool {
        match self {
            Self::Delivered => state == TransferState::Admitted,
            Self::Refused { .. } => !state.is_final(),
            Self::Cleared { .. } => {
                matches!(state, TransferState::Delivered | TransferState::Queued)
            }
            Self::Queued { .. } => state == TransferState::Delivered,
            Self::Prioritised { .. } => state == TransferState::Queued,
            Self::Funded => state == TransferState::Funding,
        }
    }
}
