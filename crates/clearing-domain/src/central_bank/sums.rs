//! The sums that are held below the largest one; [`money`](crate::money) says which, and why no
//! other can overflow.

use crate::Reason;
use crate::money::{Amount, OperatorNumber, Position, Timestamp, Total};

use super::account::OperatorAccount;
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
        let under_way = self.transfers.under_way() + amount;
        let day = self.limits.cleared_on_the_day(at) + under_way;
        let held = Total::from(self.accounts[payee].settlement_asset(self.settings.regime));
        let sums = [under_way + self.cycles.owed(), day, held];
        if sums.iter().all(|sum| sum.is_bounded()) { Ok(()) } else { Err(Reason::SumTooLarge) }
    }

    /// Whether money may come in, or turn into e-CNY.
    pub(super) fn check_money(
        &self,
        action: &Action,
        to: OperatorNumber,
    ) -> Result<(), CentralBankError> {
        let sum = match *action {
            Action::Issue { amount } => {
                let (issued, _) = self.accounts.circulation();
                let issued = Total::from(issued) + amount;
                return self.check_sum("the e-CNY issued since the start", issued);
            }
            Action::Lend { amount } => {
                let drawn = Total::from(self.accounts[to].lending.drawn) + amount;
                self.check_sum("what the operator was lent since the start", drawn)?;
                amount.position()
            }
            Action::Fund { sum } if sum > Position::ZERO => sum,
            _ => return Ok(()),
        };
        let of = |account: &OperatorAccount| {
            Total::from(account.reserves) + account.held + account.credit
        };
        let money: Total = self.accounts.list().iter().map(of).sum();
        self.check_sum("the money and credit lines of all operators", money + sum)
    }

    pub(super) fn check_sum(&self, what: &'static str, sum: Total) -> Result<(), CentralBankError> {
        if sum.is_bounded() { Ok(()) } else { Err(CentralBankError::SumTooLarge { what, sum }) }
    }
}

#[cfg(test)]
mod tests;
