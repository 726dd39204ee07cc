//! The sums that are held below the largest one; [`money`](crate::money) says which, and why no
//! other can overflow.

use crate::Reason;
use crate::money::{Amount, OperatorNumber, Position, Timestamp, Total};

use super::account::OperatorAccount;
use super::accounts::Accounts;
use super::error::CentralBankError;
use super::ledger::CentralBankLedger;
use super::operation::Action;

impl CentralBankLedger {
    /// Whether a payment may come under way. It is the only check: whatever becomes of the payment,
    /// it only moves from one part of these sums to another.
    pub(super) fn check_obligations(
        &self,
        payee: OperatorNumber,
        amount: Amount,
        at: Timestamp,
    ) -> Result<(), Reason> {
        // Three sums that the payment may come into: what is owed at all, what was cleared on a
        // day, and what the payee comes to hold.
        let under_way = self.transfers.under_way() + amount;
        let day = self.limits.cleared_on_the_day(at) + under_way;
        let held = Total::from(self.accounts[payee].settlement_asset(self.settings.regime));
        let sums = [under_way + self.cycles.owed(), day, held];
        if sums.iter().all(|sum| sum.is_bounded()) { Ok(()) } else { Err(Reason::SumTooLarge) }
    }
}

impl Accounts {
    /// Whether money may come in for an operator, or turn into e-CNY.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others bring no money in")]
    pub fn check_money(&self, action: &Action, to: OperatorNumber) -> Result<(), CentralBankError> {
        let what = "the money and credit lines of all operators";
        match *action {
            Action::Issue { amount } => {
                let (issued, _) = self.circulation();
                let issued = Total::from(issued) + amount;
                CentralBankError::check_sum("the e-CNY issued since the start", issued)
            }
            Action::Lend { amount } => {
                let drawn = Total::from(self[to].lending.drawn) + amount;
                CentralBankError::check_sum("what the operator was lent since the start", drawn)?;
                CentralBankError::check_sum(what, self.money() + amount)
            }
            Action::Fund { sum } if sum > Position::ZERO => {
                CentralBankError::check_sum(what, self.money() + sum)
            }
            _ => Ok(()),
        }
    }

    fn money(&self) -> Total {
        let of = |account: &OperatorAccount| {
            Total::from(account.reserves) + account.held + account.credit
        };
        self.list().iter().map(of).sum()
    }
}

#[cfg(test)]
mod tests;
