//! The sums that are held below the largest one; [`money`](crate::money) says which, and why no
//! other can overflow.

use crate::Reason;
use crate::money::{Amount, Position, Timestamp, Total};

use super::error::CentralBankError;
use super::ledger::CentralBankLedger;
use super::operation::{Operation, OperationKind};

/// What payments and claims add up to over all operators.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    /// Admitted and not final, whether they wait in the queue or not.
    pub(super) under_way: Total,
    /// The claims that have arisen between operators since the start, each as a positive sum.
    pub(super) claimed: Total,
}

impl CentralBankLedger {
    /// Whether a payment may come under way. It is the only check: whatever becomes of the payment,
    /// it only moves from one part of these sums to another.
    pub(super) fn check_obligations(
        &self,
        payee: u16,
        amount: Amount,
        at: Timestamp,
    ) -> Result<(), Reason> {
        let under_way = self.sums.under_way + amount;
        let unsettled: Total = self.open.iter().chain(&self.frozen).map(|cycle| cycle.owed).sum();
        let day = self.limits.cleared_on_the_day(at) + under_way;
        // Only a ledger from before sums were bounded holds more than the largest sum on one
        // account.
        let held =
            Total::from(self.accounts[usize::from(payee)].settlement_asset(self.settings.regime));
        let sums = [under_way + unsettled + self.sums.claimed, day, held];
        if sums.iter().all(|sum| sum.is_bounded()) { Ok(()) } else { Err(Reason::SumTooLarge) }
    }

    /// Whether money may come in, or turn into e-CNY.
    pub(super) fn check_money(
        &self,
        kind: OperationKind,
        to: u16,
        sum: Position,
    ) -> Result<(), CentralBankError> {
        if kind == OperationKind::Issue {
            return self
                .check_sum("the e-CNY issued since the start", Total::from(self.issued) + sum);
        }
        if kind == OperationKind::Lend {
            let drawn = Total::from(self.accounts[usize::from(to)].lending.drawn);
            self.check_sum("what the operator was lent since the start", drawn + sum)?;
        } else if kind != OperationKind::Fund || sum <= Position::ZERO {
            return Ok(());
        }
        let of = |account: &super::account::OperatorAccount| {
            Total::from(account.reserves) + account.held + account.credit
        };
        self.check_sum(
            "the money and credit lines of all operators",
            self.accounts.iter().map(of).sum::<Total>() + sum,
        )
    }

    /// Whether the accounts can hold what an operation of a file moves; no ledger that counts
    /// writes another one.
    pub(super) fn can_book(&self, operation: &Operation) -> bool {
        let account = &self.accounts[usize::from(operation.operator)];
        let lending = &account.lending;
        let moved = Total::from(operation.sum).magnitude();
        let guarantees =
            [account.guarantees.earmarked, account.guarantees.collateral, account.withdrawing];
        let sums = [
            account.reserves,
            account.held,
            self.issued,
            self.withdrawn,
            lending.drawn,
            lending.repaid,
        ];
        let sums = sums.into_iter().chain(guarantees.map(Amount::position));
        sums.map(|sum| Total::from(sum).magnitude() + moved).all(|sum| sum.position().is_some())
    }

    pub(super) fn check_sum(&self, what: &'static str, sum: Total) -> Result<(), CentralBankError> {
        if sum.is_bounded() { Ok(()) } else { Err(CentralBankError::SumTooLarge { what, sum }) }
    }
}

#[cfg(test)]
mod tests;
