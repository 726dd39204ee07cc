//! What configuration decides for the operator's ledger.

use crate::money::{Amount, InterestRate, OperatorCode, Prefix};
use crate::{Lockstep, Regime};

use super::limits::LimitSchedule;

/// What configuration decides for the operator's ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorSettings {
    /// Who it is.
    pub code: OperatorCode,
    /// The prefix of its wallets.
    pub prefix: Prefix,
    /// Cash or deposit.
    pub regime: Regime,
    /// The limits of its wallets.
    pub limits: LimitSchedule,
    /// How long a payment may wait for its decision.
    pub expiry_ms: i64,
    /// The business time of tick 0 and the length of a tick; `None` under the wall clock.
    pub lockstep: Option<Lockstep>,
    /// Customers' bank deposits at the start (deposit regime).
    pub opening_deposits: Amount,
    /// The yearly rate of interest on wallets (deposit regime); zero in the cash regime.
    pub interest: InterestRate,
    /// Whether any wallet may be the pool of a campaign, as tests of the protocol have it; otherwise
    /// those of campaigns alone are.
    pub any_pool: bool,
}
