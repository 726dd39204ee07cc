//! Why a workload cannot be run.

use clearing_domain::money::{Amount, OperatorCode, Total};
use thiserror::Error;

/// A workload that cannot be run.
#[derive(Debug, Error)]
pub enum WorkloadError {
    /// No operator has weight.
    #[error("no operator opens a wallet: every weight is 0")]
    NoWallets,
    /// The wallets open with more than the operator can distribute.
    #[error(
        "the wallets of {operator} open with {needed} yuan in all, but its {key} are {available}"
    )]
    Funds {
        /// The operator.
        operator: OperatorCode,
        /// The key of the configuration that bounds it.
        key: &'static str,
        /// What the wallets open with.
        needed: Total,
        /// What it can distribute.
        available: Amount,
    },
    /// The operators open with more money than a ledger can sum up.
    #[error("reserves and credit lines are {total} yuan in all, more than the largest sum of {max}", max = Amount::SUM_MAX)]
    Money {
        /// All of it.
        total: Total,
    },
    /// A listed payment names an operator that the cluster does not have.
    #[error("operator {0} is not in the roster of the configuration")]
    OperatorUnknown(OperatorCode),
    /// An operator has no wallet number left for a name of the list.
    #[error("operator {operator} has more wallets in the list than numbers for them")]
    TooManyWallets {
        /// The operator.
        operator: OperatorCode,
    },
    /// A wallet would have to be funded beyond the largest amount.
    #[error("payment {reference}: its payer pays more than {max} yuan in all", max = Amount::MAX)]
    TooMuch {
        /// The payment.
        reference: String,
    },
}
