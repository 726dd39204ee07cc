//! The accounts of all operators, and the e-CNY in circulation.

use std::ops::Index;

use rustc_hash::FxHashMap;

use crate::money::{
    Amount, ByOperator, OperatorCode, OperatorNumber, Position, Prefix, Timestamp, Total,
    WalletNumber,
};

use super::account::{AccountRow, OperatorAccount};
use super::cycle::CyclePosition;
use super::error::CentralBankError;
use super::operation::Action;
use super::settings::CentralBankSettings;
use super::settlement_mode::Manner;

/// The accounts by the operators' numbers.
#[derive(Debug)]
pub struct Accounts {
    list: ByOperator<OperatorAccount>,
    prefixes: FxHashMap<Prefix, OperatorNumber>,
    issued: Position,
    withdrawn: Position,
    treasury: Position,
}

impl Accounts {
    /// The accounts of the roster, with nothing on them.
    pub fn new(settings: &CentralBankSettings) -> Self {
        let list: ByOperator<_> = settings.operators.iter().map(OperatorAccount::open).collect();
        let prefixes = list.numbered().map(|(number, account)| (account.prefix, number)).collect();
        let none = Position::ZERO;
        Self { list, prefixes, issued: none, withdrawn: none, treasury: none }
    }

    /// All of them, by number.
    pub fn list(&self) -> &ByOperator<OperatorAccount> {
        &self.list
    }

    /// The operator of a code.
    pub fn find(&self, code: OperatorCode) -> Option<OperatorNumber> {
        self.list.numbered().find(|(_, account)| account.code == code).map(|(number, _)| number)
    }

    /// The operator that holds a wallet.
    pub fn of_wallet(&self, wallet: WalletNumber) -> Option<OperatorNumber> {
        self.prefixes.get(&wallet.prefix()).copied()
    }

    /// e-CNY issued since the start, and withdrawn of it.
    pub fn circulation(&self) -> (Position, Position) {
        (self.issued, self.withdrawn)
    }

    /// What operators paid the treasury since the start.
    pub fn treasury(&self) -> Position {
        self.treasury
    }

    /// What each may use to settle.
    pub fn covers(&self, settings: &CentralBankSettings) -> Vec<Position> {
        self.list.iter().map(|account| account.cover(settings.regime)).collect()
    }

    /// When credit next comes due, at the close of a day.
    pub fn credit_due(&self) -> Option<Timestamp> {
        self.list.iter().filter_map(|account| account.lending.due()).min()
    }

    /// Moves the accounts of an operator by an operation.
    pub fn book(
        &mut self,
        operator: OperatorNumber,
        action: &Action,
        at: Timestamp,
        settings: &CentralBankSettings,
    ) {
        if let Action::Issue { amount } = action {
            self.issued += *amount;
        }
        if let Action::Withdraw { amount } = action {
            self.withdrawn += *amount;
        }
        if let Action::Remit { amount } = action {
            self.treasury += *amount;
        }
        self.list[operator].book(action, at, settings);
    }

    /// Whether money may come in for an operator, or turn into e-CNY: these sums are held below the
    /// largest one, and [`money`](crate::money) says why no other can overflow.
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
            Action::RequestRemittance { amount } => {
                let what = "what the treasury is paid since the start";
                CentralBankError::check_sum(what, Total::from(self.treasury) + amount)
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

    /// A payment is under way and counts against its payer's operator.
    pub fn reserve(&mut self, payer: OperatorNumber, amount: Amount, manner: Manner) {
        self.list[payer].reserve_headroom(amount, manner);
    }

    /// A payment is under way no longer.
    pub fn release(&mut self, payer: OperatorNumber, amount: Amount, manner: Manner) {
        self.list[payer].release_headroom(amount, manner);
    }

    /// A payment becomes an obligation of a cycle.
    pub fn owe(&mut self, payer: OperatorNumber, payee: OperatorNumber, amount: Amount) {
        // One sum on both sides: positions add up to zero after every payment.
        self.list[payer].clear(-amount.position());
        self.list[payee].clear(amount.position());
    }

    /// A payment settles by itself.
    pub fn pay(
        &mut self,
        payer: OperatorNumber,
        payee: OperatorNumber,
        amount: Amount,
        at: Timestamp,
        settings: &CentralBankSettings,
    ) {
        // Both sides in one row, so that no batch can have one without the other.
        self.list[payer].settle(settings.regime, -amount.position(), at);
        self.list[payee].settle(settings.regime, amount.position(), at);
    }

    /// Settles the positions of a cycle.
    pub fn close(
        &mut self,
        positions: &ByOperator<CyclePosition>,
        at: Timestamp,
        settings: &CentralBankSettings,
    ) {
        for (account, position) in self.list.iter_mut().zip(positions) {
            account.close(settings.regime, position, at);
        }
    }

    /// A cycle begins: from now on the lowest positions are of it. Answers the most that each
    /// operator owed in the cycle before.
    pub fn begin_cycle(&mut self) -> Vec<Amount> {
        self.list.iter_mut().map(OperatorAccount::begin_cycle).collect()
    }

    /// Takes over what was stored.
    pub fn load(&mut self, rows: &[AccountRow]) {
        self.list.iter_mut().zip(rows).for_each(|(account, row)| account.load(row));
    }
}

impl Index<OperatorNumber> for Accounts {
    type Output = OperatorAccount;

    fn index(&self, operator: OperatorNumber) -> &OperatorAccount {
        &self.list[operator]
    }
}

#[cfg(test)]
impl Accounts {
    /// An account, to be changed behind the back of the ledger.
    pub(super) fn forge(&mut self, operator: usize) -> &mut OperatorAccount {
        &mut self.list[operator]
    }
}
