//! Reading the central bank's ledger.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::money::{ByOperator, OperatorCode, OperatorNumber, PaymentId, Position};
use crate::seal::Chain;
use crate::slots::Slots;

use super::CentralBankLedger;
use super::account::{AccountRow, OperatorAccount};
use super::advice::AdviceRow;
use super::claims::{Claim, CycleDefault};
use super::cycle::Cycle;
use super::operation::Operation;
use super::settings::CentralBankSettings;
use super::transfer::{Transfer, TransferEvent, TransferSlot};

impl CentralBankLedger {
    /// The settings the ledger works under.
    pub fn settings(&self) -> &CentralBankSettings {
        &self.settings
    }

    /// The operators' accounts by their numbers in the roster.
    pub fn accounts(&self) -> &ByOperator<OperatorAccount> {
        self.accounts.list()
    }

    /// The accounts of an operator.
    pub fn account(&self, code: OperatorCode) -> Option<&OperatorAccount> {
        self.accounts.list().iter().find(|account| account.code == code)
    }

    /// The transfers in the order they were admitted or refused.
    pub fn transfers(&self) -> &Slots<TransferSlot, Transfer> {
        self.transfers.list()
    }

    /// The transfer of a payment.
    pub fn transfer(&self, id: PaymentId) -> Option<&Transfer> {
        self.transfers.find(id).map(|slot| &self.transfers[slot])
    }

    /// What is owed outside settlement between two operators, by their numbers, the lower first:
    /// positive is owed to the lower.
    pub fn claims(&self) -> impl Iterator<Item = ((OperatorNumber, OperatorNumber), Position)> {
        self.cycles.claims().sums().iter().map(|(pair, sum)| (*pair, *sum))
    }

    /// As [`Self::claims`], of the pairs after one.
    pub fn claims_after(
        &self,
        after: Option<(OperatorNumber, OperatorNumber)>,
    ) -> impl Iterator<Item = ((OperatorNumber, OperatorNumber), Position)> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.cycles
            .claims()
            .sums()
            .range((start, Bound::Unbounded))
            .map(|(pair, sum)| (*pair, *sum))
    }

    /// What operators owe each other outside settlement, by the numbers of those who owe.
    pub fn outstanding_claims(&self) -> Vec<Claim> {
        let mut claims: Vec<_> = self.cycles.claims().in_order().collect();
        // They are kept by pairs, of which either may owe.
        claims.sort_by_key(|claim| (claim.debtor, claim.creditor));
        claims
    }

    /// What each operator bears of the losses of all cycles, by its number: the claims that it got
    /// in the place of money, whoever has come to owe it what since.
    pub fn losses(&self) -> ByOperator<Position> {
        let mut losses = ByOperator::filled(self.accounts.list().len(), Position::ZERO);
        for claim in self.cycles.defaults().iter().flat_map(|default| &default.claims) {
            losses[claim.creditor] += claim.amount;
        }
        losses
    }

    /// What of the obligations of a transfer was not paid when its cycle closed, by the slot of the
    /// transfer: what became a claim. None of those that settled, or that go on to be settled.
    pub fn unpaid(&self) -> BTreeMap<TransferSlot, Position> {
        let mut unpaid = BTreeMap::new();
        for default in self.cycles.defaults() {
            for (leg, sum) in default.unsettled.iter().zip(&default.unpaid) {
                *unpaid.entry(leg.transfer()).or_default() += *sum;
            }
        }
        unpaid
    }

    /// Every event of a transfer in the order it was appended.
    pub fn events(&self) -> Vec<TransferEvent> {
        self.transfers.events()
    }

    /// The operations in order.
    pub fn operations(&self) -> &[Operation] {
        self.operations.rows()
    }

    /// The advices to all operators in order.
    pub fn advices(&self) -> &[AdviceRow] {
        self.advices.rows()
    }

    /// The advices to one operator in order.
    pub fn advices_to(&self, operator: OperatorNumber) -> impl Iterator<Item = &AdviceRow> {
        self.advices.to(operator)
    }

    /// The closed cycles in order; cycle 1 comes first.
    pub fn cycles(&self) -> &[Cycle] {
        self.cycles.closed()
    }

    /// How cycles settled in which somebody did not pay, and others hold claims for it.
    pub fn defaults(&self) -> &[CycleDefault] {
        self.cycles.defaults()
    }

    /// e-CNY issued since the start.
    pub fn issued(&self) -> Position {
        self.accounts.circulation().0
    }

    /// e-CNY withdrawn since the start.
    pub fn withdrawn(&self) -> Position {
        self.accounts.circulation().1
    }

    /// The balances and the standing of an operator as they are stored, with what it has reported
    /// on its link.
    pub fn account_row(&self, operator: OperatorNumber) -> AccountRow {
        let account = &self.accounts[operator];
        let witness = self.links[operator].witness();
        AccountRow {
            code: account.code,
            active: account.active,
            cap: account.cap,
            guarantees: account.guarantees,
            reserves: account.reserves,
            held: account.held,
            withdrawing: account.withdrawing,
            unsettled: account.unsettled,
            outstanding: account.outstanding,
            peak_net_debit: account.peak_net_debit,
            incarnation: self.links[operator].incarnation(),
            batch_seen: witness.batch,
            head_seen: witness.head,
        }
    }

    /// The state of the hash chain.
    pub fn chain(&self) -> Chain {
        self.chain
    }
}
