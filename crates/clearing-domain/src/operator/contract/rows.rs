//! The rows of contracts, kept by the operator of their payer.

use crate::link::Head;
use crate::money::{
    Amount, ContractId, OperatorCode, PaymentId, RequestId, Timestamp, WalletNumber,
};
use crate::row::{row, variants};

use super::terms::ContractTerms;

row! {
    /// A contract.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ContractRow in "contracts", kind 30 {
        /// The number of the row.
        pub row: u64,
        /// The contract.
        pub contract: ContractId,
        /// The payer's name for the request.
        pub request_id: RequestId,
        /// What was agreed on.
        pub terms: ContractTerms,
        /// The hash of the terms.
        pub terms_hash: Head,
        /// What makes the ids of its releases unknown to others; none under lockstep, where they
        /// are the same in every run.
        pub salt: Option<Head>,
        /// When it was created.
        pub at: Timestamp,
    }
}

/// What happens to a contract, beside its releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractStep {
    /// The price of all lessons is locked.
    Funded,
    /// The merchant asks for the price of a lesson.
    Requested {
        /// The lesson.
        lesson: u32,
    },
    /// The payer says that a lesson that is asked for was not given.
    Disputed {
        /// The lesson.
        lesson: u32,
    },
    /// What is not released is the payer's again.
    Refunded,
    /// The time is over, and what is not released is the payer's again.
    Expired,
}

variants! {
    ContractStep as ContractStepColumns in "step" { lesson: u32 }
    1 = Funded,
    2 = Requested { lesson },
    3 = Disputed { lesson },
    4 = Refunded,
    5 = Expired,
}

row! {
    /// A step of a contract.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ContractStepRow in "contract_steps", kind 31 {
        /// The number of the row.
        pub row: u64,
        /// The contract.
        pub contract: ContractId,
        /// What happens.
        pub step: ContractStep,
        /// When.
        pub at: Timestamp,
    }
}

row! {
    /// A lesson is taken from under the lock for a payment to the merchant, the row of which
    /// follows.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ReleaseRow in "releases", kind 32 {
        /// The number of the row.
        pub row: u64,
        /// The contract.
        pub contract: ContractId,
        /// The lesson.
        pub lesson: u32,
        /// Which attempt it is, counted from 0.
        pub attempt: u32,
        /// The payment.
        pub payment: PaymentId,
        /// How much.
        pub amount: Amount,
    }
}

row! {
    /// A supervisor suspends a merchant, or lets it go on.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct SuspensionRow in "suspensions", kind 33 {
        /// The number of the row.
        pub row: u64,
        /// The merchant.
        pub merchant: WalletNumber,
        /// Whether it is suspended from here on.
        pub suspended: bool,
        /// Who suspends it: the operator that keeps the row, or that of the merchant.
        pub by: OperatorCode,
        /// Which of the words of that operator on the merchant it is: the number of the row at that
        /// operator. A word that comes after a later one is none.
        pub sequence: u64,
        /// When.
        pub at: Timestamp,
    }
}
