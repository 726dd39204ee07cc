//! Reading the central bank's ledger.

use std::collections::BTreeMap;
use std::ops::Bound;

use rustc_hash::FxHashMap;

use crate::money::{OperatorCode, PaymentId, Position, WalletNumber};
use crate::seal::Chain;
use crate::slots::Slots;

use super::account::OperatorAccount;
use super::alias::{AliasHash, AliasRow};
use super::closing::{Claim, CycleDefault, claims_in_order};
use super::cycle::Cycle;
use super::ledger::CentralBankLedger;
use super::operation::Operation;
use super::settings::CentralBankSettings;
use super::transfer::{AdviceRow, Transfer};

impl CentralBankLedger {
    /// The settings the ledger works under.
    pub fn settings(&self) -> &CentralBankSettings {
        &self.settings
    }

    /// The operators' accounts by their numbers in the roster.
    pub fn accounts(&self) -> &[OperatorAccount] {
        &self.accounts
    }

    /// The accounts of an operator.
    pub fn account(&self, code: OperatorCode) -> Option<&OperatorAccount> {
        self.accounts.iter().find(|account| account.code == code)
    }

    /// The transfers in the order they were admitted or refused.
    pub fn transfers(&self) -> &Slots<usize, Transfer> {
        &self.transfers
    }

    /// The transfer of a payment.
    pub fn transfer(&self, id: PaymentId) -> Option<&Transfer> {
        self.slot_of(id).map(|slot| &self.transfers[slot as usize])
    }

    /// What is owed outside settlement between two operators, by their numbers, the lower first:
    /// positive is owed to the lower.
    pub fn claims(&self) -> impl Iterator<Item = ((u16, u16), Position)> {
        self.claims.iter().map(|(pair, sum)| (*pair, *sum))
    }

    /// As [`Self::claims`], of the pairs after one.
    pub fn claims_after(
        &self,
        after: Option<(u16, u16)>,
    ) -> impl Iterator<Item = ((u16, u16), Position)> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.claims.range((start, Bound::Unbounded)).map(|(pair, sum)| (*pair, *sum))
    }

    /// What operators owe each other outside settlement, by the numbers of those who owe.
    pub fn outstanding_claims(&self) -> Vec<Claim> {
        let mut claims: Vec<_> = claims_in_order(&self.claims).collect();
        claims.sort_by_key(|claim| (claim.debtor, claim.creditor));
        claims
    }

    /// What each operator bears of the losses of all cycles, by its number: the claims that it got
    /// in the place of money, whoever has come to owe it what since.
    pub fn losses(&self) -> Vec<Position> {
        let mut losses = vec![Position::ZERO; self.accounts.len()];
        for claim in self.defaults.iter().flat_map(|default| &default.claims) {
            losses[usize::from(claim.creditor)] += claim.amount;
        }
        losses
    }

    /// What of the obligation of a transfer was not paid when its cycle closed, by the index of the
    /// transfer: what became a claim. None of those that settled, or that go on to be settled.
    pub fn unpaid(&self) -> BTreeMap<u32, Position> {
        let of = |default: &CycleDefault| {
            default
                .unsettled
                .iter()
                .copied()
                .zip(default.unpaid.iter().copied())
                .collect::<Vec<_>>()
        };
        self.defaults.iter().flat_map(of).collect()
    }

    /// The operations in order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The advices to all operators in order.
    pub fn advices(&self) -> &[AdviceRow] {
        &self.advices
    }

    /// The advices to one operator in order.
    pub fn advices_to(&self, operator: u16) -> impl Iterator<Item = &AdviceRow> {
        let indexes =
            self.accounts.get(usize::from(operator)).map(|account| account.advices.as_slice());
        indexes.unwrap_or_default().iter().map(|index| &self.advices[*index as usize])
    }

    /// The closed cycles in order; cycle 1 comes first.
    pub fn cycles(&self) -> &[Cycle] {
        &self.cycles
    }

    /// How cycles settled in which somebody did not pay, and others hold claims for it.
    pub fn defaults(&self) -> &[CycleDefault] {
        &self.defaults
    }

    /// The aliases and the wallets they name.
    pub fn aliases(&self) -> &FxHashMap<AliasHash, WalletNumber> {
        &self.aliases
    }

    /// Every link and unlink of an alias, in order.
    pub fn alias_rows(&self) -> &[AliasRow] {
        &self.alias_rows
    }

    /// e-CNY issued since the start.
    pub fn issued(&self) -> Position {
        self.issued
    }

    /// e-CNY withdrawn since the start.
    pub fn withdrawn(&self) -> Position {
        self.withdrawn
    }

    /// The state of the hash chain.
    pub fn chain(&self) -> Chain {
        self.chain
    }
}
