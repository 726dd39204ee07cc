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

use crate::Regime;
use crate::link::{AdviceEvent, OperationId};
use crate::money::{Position, RequestId, RequestKey, Timestamp};

use super::account::OperatorAccount;
use super::changes::EventKind;
use super::ledger::{CentralBankLedger, number_of};
use super::limits::day_end;
use super::operation::OperationKind;
use super::settings::Overdrafts;

/// What an operator was lent by the central bank, and what of it lasted beyond a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lending {
    /// What the central bank lent it at cut-offs that it could not cover.
    pub drawn: Position,
    /// What it repaid of that.
    pub repaid: Position,
    /// What it owed after the last close of a day: credit not repaid, and its reserve account below
    /// zero.
    pub overdraft: Position,
    /// Since when it owes anything.
    owes_since: Option<Timestamp>,
    /// The last close of a day that left it overdrawn.
    closed_at: Timestamp,
}

/// What an operator owed the central bank at the close of a day, after it had repaid what it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdraft {
    /// The number of the operator in the roster.
    pub operator: u16,
    /// The close of the day.
    pub at: Timestamp,
    /// How much; zero ends the overdraft of the day before.
    pub sum: Position,
}

impl Lending {
    /// What was lent and is not repaid.
    pub fn open(self) -> Position {
        self.drawn - self.repaid
    }

    /// Takes the row of an operation.
    pub(super) fn apply(&mut self, kind: OperationKind, sum: Position, at: Timestamp) {
        if kind == OperationKind::Lend {
            self.drawn += sum;
        } else if kind == OperationKind::Repay {
            self.repaid += sum;
        } else if kind == OperationKind::Overdraw {
            self.overdraft = sum;
            self.closed_at = at;
        }
    }

    /// The close of the day at which what is owed comes due, or the end of an overdraft is noted.
    fn due(self) -> Option<Timestamp> {
        let next_close = self.closed_at.date().next().start();
        match self.owes_since.map(day_end) {
            Some(first) if self.closed_at < first => Some(first),
            Some(_) => Some(next_close),
            None => (self.overdraft > Position::ZERO).then_some(next_close),
        }
    }
}

impl OperatorAccount {
    /// What the operator owes the central bank: what it was lent and has not repaid, and in the
    /// deposit regime what its reserve account is below zero.
    pub fn owed_to_the_central_bank(&self, regime: Regime) -> Position {
        let below = if regime == Regime::Deposit {
            self.reserves.debit().position()
        } else {
            Position::ZERO
        };
        self.lending.open() + below
    }

    /// Notes since when the operator owes anything; called after every change of what it owes.
    pub(super) fn note_credit(&mut self, regime: Regime, at: Timestamp) {
        if self.owed_to_the_central_bank(regime) <= Position::ZERO {
            self.lending.owes_since = None;
        } else if self.lending.owes_since.is_none() {
            self.lending.owes_since = Some(at);
        }
    }
}

impl CentralBankLedger {
    /// When credit next comes due, at the close of a day.
    pub(super) fn credit_due(&self) -> Option<Timestamp> {
        self.accounts.iter().filter_map(|account| account.lending.due()).min()
    }

    /// At the close of a day operators repay what they can; what they still owe is an overdraft.
    pub(super) fn close_credit(&mut self, at: Timestamp) {
        for operator in 0..number_of(&self.accounts) {
            if self.accounts[usize::from(operator)].lending.due().is_some_and(|due| due <= at) {
                self.repay(operator, at);
                self.note_overdraft(operator, at);
            }
        }
    }

    /// What is brought in repays a default at once, so that it cannot be spent first.
    pub(super) fn repay_default(&mut self, kind: OperationKind, operator: u16, at: Timestamp) {
        let is_overdrawn = self.accounts[usize::from(operator)].lending.overdraft > Position::ZERO;
        if kind == OperationKind::Fund
            && is_overdrawn
            && self.settings.overdrafts == Overdrafts::Refused
        {
            self.repay(operator, at);
        }
    }

    fn repay(&mut self, operator: u16, at: Timestamp) {
        let account = &self.accounts[usize::from(operator)];
        let (code, number) = (account.code, self.chain.row + 1);
        let sum = account.lending.open().min(self.uncommitted_reserves(account));
        if sum <= Position::ZERO {
            return;
        }
        // A client's request id holds no space, so this is nobody else's; there is one row of a
        // number.
        let request_id = RequestId::Text(format!("repayment of row {number} by {code}").into());
        let id = OperationId(RequestKey::without_wallet(&request_id).0);
        self.append_operation(id, OperationKind::Repay, operator, sum, at);
        self.advise(operator, AdviceEvent::ReservesChanged { operation: id, change: -sum });
    }

    fn note_overdraft(&mut self, operator: u16, at: Timestamp) {
        let account = &self.accounts[usize::from(operator)];
        let owed = account.owed_to_the_central_bank(self.settings.regime);
        if owed.is_zero() && account.lending.overdraft.is_zero() {
            return;
        }
        let refused = match self.settings.overdrafts {
            Overdrafts::Allowed => "",
            Overdrafts::Refused => ", which is refused: its payments are, too, until it has repaid",
        };
        let text = format!("operator {} ends the day {owed} yuan overdrawn{refused}", account.code);
        self.append_operation(OperationId::default(), OperationKind::Overdraw, operator, owed, at);
        if owed > Position::ZERO {
            self.happened(EventKind::Overdrawn, text);
        }
    }

    /// Whether an operator owes since the close of a day what it may not owe overnight, and has not
    /// brought in as much. What funding brings in has repaid already; what else is free of its
    /// reserves repays at the next close.
    pub(super) fn is_in_default(&self, account: &OperatorAccount) -> bool {
        // Credit of this day is none, even where the day before ended overdrawn.
        let owes_overnight =
            account.lending.owes_since.is_some_and(|since| since <= account.lending.closed_at);
        let was_overdrawn = account.lending.overdraft > Position::ZERO && owes_overnight;
        let owed = account.owed_to_the_central_bank(self.settings.regime);
        self.settings.overdrafts == Overdrafts::Refused
            && was_overdrawn
            && owed > self.uncommitted_reserves(account).max(Position::ZERO)
    }

    /// The overdrafts at the closes of days, in order.
    pub fn overdrafts(&self) -> impl Iterator<Item = Overdraft> + '_ {
        let rows =
            self.operations.iter().filter(|operation| operation.kind == OperationKind::Overdraw);
        rows.map(|operation| Overdraft {
            operator: operation.operator,
            at: operation.at,
            sum: operation.sum,
        })
    }
}

#[cfg(test)]
mod tests;
