//! The accounts of all operators, and the e-CNY in circulation.

use std::ops::Index;

use rustc_hash::FxHashMap;

use crate::money::{
    Amount, ByOperator, OperatorCode, OperatorNumber, Position, Prefix, Timestamp, WalletNumber,
};

use super::account::{AccountRow, OperatorAccount};
use super::cycle::CyclePosition;
use super::operation::Action;
use super::settings::CentralBankSettings;
use super::settlement_mode::Manner;

/// The accounts by the operators' numbers.
#[derive(Debug)]
pub(super) struct Accounts {
    list: ByOperator<OperatorAccount>,
    prefixes: FxHashMap<Prefix, OperatorNumber>,
    issued: Position,
    withdrawn: Position,
}

impl Accounts {
    pub(super) fn new(settings: &CentralBankSettings) -> Self {
        let list: ByOperator<_> = settings.operators.iter().map(OperatorAccount::open).collect();
        let prefixes = list.numbered().map(|(number, account)| (account.prefix, number)).collect();
        Self { list, prefixes, issued: Position::ZERO, withdrawn: Position::ZERO }
    }

    pub(super) fn list(&self) -> &ByOperator<OperatorAccount> {
        &self.list
    }

    /// The operator of a code.
    pub(super) fn find(&self, code: OperatorCode) -> Option<OperatorNumber> {
        self.list.numbered().find(|(_, account)| account.code == code).map(|(number, _)| number)
    }

    /// The operator that holds a wallet.
    pub(super) fn of_wallet(&self, wallet: WalletNumber) -> Option<OperatorNumber> {
        self.prefixes.get(&wallet.prefix()).copied()
    }

    /// e-CNY issued since the start, and withdrawn of it.
    pub(super) fn circulation(&self) -> (Position, Position) {
        (self.issued, self.withdrawn)
    }

    /// What each may use to settle.
    pub(super) fn covers(&self, settings: &CentralBankSettings) -> Vec<Position> {
        self.list.iter().map(|account| account.cover(settings.regime)).collect()
    }

    /// Moves the accounts of an operator by an operation.
    pub(super) fn book(
        &mut self,
        operator: OperatorNumber,
        action: &Action,
        at: Timestamp,
        settings: &CentralBankSettings,
    ) {
        match action {
            Action::Issue { amount } => self.issued += *amount,
            Action::Withdraw { amount } => self.withdrawn += *amount,
            _ => {}
        }
        self.list[operator].book(action, at, settings);
    }

    /// A payment is under way and counts against its payer's operator.
    pub(super) fn reserve(&mut self, payer: OperatorNumber, amount: Amount, manner: Manner) {
        self.list[payer].reserve_headroom(amount, manner);
    }

    /// A payment is under way no longer.
    pub(super) fn release(&mut self, payer: OperatorNumber, amount: Amount, manner: Manner) {
        self.list[payer].release_headroom(amount, manner);
    }

    /// A payment becomes an obligation of a cycle.
    pub(super) fn owe(&mut self, payer: OperatorNumber, payee: OperatorNumber, amount: Amount) {
        self.list[payer].clear(-amount.position());
        self.list[payee].clear(amount.position());
    }

    /// A payment settles by itself.
    pub(super) fn pay(
        &mut self,
        payer: OperatorNumber,
        payee: OperatorNumber,
        amount: Amount,
        at: Timestamp,
        settings: &CentralBankSettings,
    ) {
        self.list[payer].settle(settings.regime, -amount.position(), at);
        self.list[payee].settle(settings.regime, amount.position(), at);
    }

    /// Settles the positions of a cycle.
    pub(super) fn close(
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
    pub(super) fn begin_cycle(&mut self) -> Vec<Amount> {
        self.list.iter_mut().map(OperatorAccount::begin_cycle).collect()
    }

    /// Takes over what was stored.
    pub(super) fn load(&mut self, rows: &[AccountRow]) {
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
