//! Intraday credit: what the central bank lends at cut-offs and what credit lines let go below
//! zero, until the close of the day.
//!
//! At the close, after the last cycle has settled and what waited was returned, operators repay in
//! the order of the roster: what was lent comes out of reserves that are neither earmarked nor set
//! aside. What is left after that, and what a reserve account is below zero, is an overdraft; it is
//! a row of its own and an event, every day until it ends. Where overdrafts are refused it is a
//! default: the operator is lent nothing more and pays nobody until it has brought in what it owes.
//! In the cash regime it is reserves that repay: e-CNY in the hands of wallets is not the
//! operator's to give.

use crate::link::{AdviceEvent, OperationId};
use crate::money::{Amount, OperatorNumber, Position, RequestId, RequestKey, Timestamp};

use super::CentralBankLedger;
use super::changes::EventKind;
use super::operation::Action;
use super::settings::Overdrafts;

/// What an operator owed the central bank at the close of a day, after it had repaid what it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdraft {
    /// The operator.
    pub operator: OperatorNumber,
    /// The close of the day.
    pub at: Timestamp,
    /// How much; zero ends the overdraft of the day before.
    pub sum: Amount,
}

impl CentralBankLedger {
    /// At the close of a day operators repay what they can; what they still owe is an overdraft.
    pub(super) fn close_credit(&mut self, at: Timestamp) {
        for operator in self.accounts.list().numbers() {
            if self.accounts[operator].lending.due().is_some_and(|due| due <= at) {
                // What can be repaid is no overdraft, so it is repaid first.
                self.repay(operator, at);
                self.note_overdraft(operator, at);
            }
        }
    }

    /// What is brought in repays a default at once, so that it cannot be spent first.
    pub(super) fn repay_default(&mut self, operator: OperatorNumber, at: Timestamp) {
        let is_overdrawn = self.accounts[operator].lending.overdraft > Position::ZERO;
        if is_overdrawn && self.settings.overdrafts == Overdrafts::Refused {
            self.repay(operator, at);
        }
    }

    fn repay(&mut self, operator: OperatorNumber, at: Timestamp) {
        let account = &self.accounts[operator];
        let (code, number) = (account.code, self.chain.row + 1);
        let sum = account.lending.open().min(account.free_reserves(self.settings.regime));
        let Some(amount) = Amount::from_sum(sum).filter(|amount| *amount > Amount::ZERO) else {
            return;
        };
        // A client's request id holds no space, so this is nobody else's; there is one row of a
        // number.
        let request_id = RequestId::Text(format!("repayment of row {number} by {code}").into());
        let id = OperationId(RequestKey::without_wallet(&request_id).0);
        self.append_operation(Some(id), Some(operator), Action::Repay { amount }, at);
        self.advise(operator, AdviceEvent::ReservesChanged { operation: id, change: -sum });
    }

    fn note_overdraft(&mut self, operator: OperatorNumber, at: Timestamp) {
        let account = &self.accounts[operator];
        let owed = account.owed_to_the_central_bank(self.settings.regime);
        // A row also for a debt that is gone: it ends the overdraft of the day before.
        if owed.is_zero() && account.lending.overdraft.is_zero() {
            return;
        }
        let refused = match self.settings.overdrafts {
            Overdrafts::Allowed => "",
            Overdrafts::Refused => ", which is refused: its payments are, too, until it has repaid",
        };
        let text = format!("operator {} ends the day {owed} yuan overdrawn{refused}", account.code);
        let amount = Amount::from_sum(owed).unwrap_or_default();
        self.append_operation(None, Some(operator), Action::Overdraw { amount }, at);
        if owed > Position::ZERO {
            self.note(EventKind::Overdrawn, text);
        }
    }

    /// The overdrafts at the closes of days, in order.
    pub fn overdrafts(&self) -> impl Iterator<Item = Overdraft> + '_ {
        self.operations.rows().iter().filter_map(|operation| {
            let Action::Overdraw { amount } = operation.action else { return None };
            Some(Overdraft { operator: operation.operator?, at: operation.at, sum: amount })
        })
    }
}

#[cfg(test)]
mod tests;
