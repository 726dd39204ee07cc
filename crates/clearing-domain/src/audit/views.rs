//! Compares each operator's view of its accounts at the central bank with the accounts.

use crate::Regime;
use crate::central_bank::CentralBankLedger;
use crate::link::AdviceEvent;
use crate::money::{OperatorNumber, Position, Total};
use crate::operator::{Account, OperatorLedger};
use crate::seal::Invariant;

use super::Findings;
use super::states::Sums;

/// The ledgers, with the sums of notices that operators have not applied.
pub(super) struct Views<'a> {
    pub(super) central_bank: &'a CentralBankLedger,
    pub(super) ledgers: &'a [Option<&'a OperatorLedger>],
    pub(super) sums: &'a Sums,
}

/// Advices that an operator has not applied.
#[derive(Clone, Copy, Default)]
struct Unapplied {
    held: Total,
    settled: Total,
    claimed: Total,
    issued: Total,
}

impl Views<'_> {
    pub(super) fn invariants(&self) -> Vec<Invariant> {
        let mut invariants = vec![self.check_held(), self.check_positions()];
        invariants.push(self.check_claims());
        invariants.push(self.check_parts());
        if self.central_bank.settings().regime == Regime::Cash {
            invariants.push(self.check_circulation());
        }
        invariants
    }

    /// The settlement asset: the account equals the view plus all advices and notices that the
    /// operator has not applied.
    fn check_held(&self) -> Invariant {
        let (mut findings, mut total) = (Findings::default(), Total::ZERO);
        for (number, account) in self.central_bank.accounts().iter().enumerate() {
            let view = self.balance(number, Account::Held);
            let unapplied = self.unapplied(number);
            let cleared = self.sums.settled_unapplied[number];
            let (asset, expected) = (
                account.settlement_asset(self.regime()),
                unapplied.held + unapplied.settled + cleared + view,
            );
            total += asset;
            if Total::from(asset) != expected {
                let terms = format!(
                    "view {view}, unapplied {} and cleared {cleared}",
                    unapplied.held + unapplied.settled
                );
                findings
                    .add(|| format!("{}: {asset} at the central bank, but {terms}", account.code));
            }
        }
        findings.invariant("operators' views of what is held for them", &format!("{total} yuan"))
    }

    fn check_positions(&self) -> Invariant {
        let (mut findings, mut debit) = (Findings::default(), Total::ZERO);
        for (number, account) in self.central_bank.accounts().iter().enumerate() {
            let view = self.positions(number);
            let unapplied = self.unapplied(number);
            let unapplied = unapplied.settled + unapplied.claimed;
            let cleared: Total = self.sums.netted_unapplied[number].values().copied().sum();
            debit += Total::from(account.unsettled).debit();
            if Total::from(account.unsettled) != view - unapplied + cleared {
                let terms = format!(
                    "view {view}, settled unapplied {unapplied}, cleared unapplied {cleared}"
                );
                findings.add(|| {
                    format!(
                        "{}: {} at the central bank, but {terms}",
                        account.code, account.unsettled
                    )
                });
            }
        }
        findings
            .invariant("operators' views of their positions", &format!("net debits {debit} yuan"))
    }

    /// What an operator and those that take part through it make of each cycle is the position that
    /// the central bank has netted for the operator.
    fn check_parts(&self) -> Invariant {
        let (mut findings, mut cycles) = (Findings::default(), 0);
        let bank = self.central_bank;
        for cycle in bank.cycles().iter().chain(bank.frozen_cycle()).chain(bank.open_cycle()) {
            cycles += 1;
            for (number, account) in bank.accounts().iter().enumerate() {
                let net = cycle.positions[number].net;
                let ledger = self.ledgers[number];
                let parts =
                    ledger.map_or(Total::ZERO, |ledger| ledger.participants().net_in(cycle.id));
                let unapplied = &self.sums.netted_unapplied[number];
                let cleared = unapplied.get(&cycle.id).copied().unwrap_or_default();
                if Total::from(net) != parts + cleared {
                    let terms = format!("its parts make {parts}, cleared unapplied {cleared}");
                    findings.add(|| {
                        format!("{}: {net} in cycle {}, but {terms}", account.code, cycle.id)
                    });
                }
            }
        }
        findings.invariant(
            "operators and their participants make up positions",
            &format!("{cycles} cycles"),
        )
    }

    fn check_claims(&self) -> Invariant {
        let (mut findings, mut total) = (Findings::default(), Total::ZERO);
        for (number, account) in self.central_bank.accounts().iter().enumerate() {
            let cycles = self.central_bank.cycles().iter();
            let claims: Total = cycles.map(|cycle| cycle.positions[number].claimed).sum();
            let (view, unapplied) =
                (self.balance(number, Account::Claims), self.unapplied(number).claimed);
            total += claims.debit();
            if claims != unapplied + view {
                findings.add(|| {
                    format!(
                        "{}: claims {claims}, but view {view}, unapplied {unapplied}",
                        account.code
                    )
                });
            }
        }
        findings.invariant("operators' views of claims between them", &format!("{total} yuan owed"))
    }

    /// Wallets and operators hold what was issued. A payment in transit counts at the payer's
    /// operator, and at the payee's operator as well once that has credited it.
    fn check_circulation(&self) -> Invariant {
        let owed: Total = self.ledgers.iter().copied().flatten().map(OperatorLedger::owed).sum();
        let unapplied: Total =
            (0..self.ledgers.len()).map(|number| self.unapplied(number).issued).sum();
        let (twice, neither) = (self.sums.in_both, self.sums.in_neither);
        let circulating = Total::from(self.central_bank.issued()) - self.central_bank.withdrawn();
        let detail = format!(
            "wallets, stock and transit {owed}, of it on both sides {twice}, on neither {neither}, unapplied issues \
             {unapplied}; issued and not withdrawn {circulating}"
        );
        Invariant::new(
            "money in circulation is what was issued",
            owed - twice + neither + unapplied == circulating,
            detail,
        )
    }

    fn regime(&self) -> Regime {
        self.central_bank.settings().regime
    }

    fn balance(&self, number: usize, account: Account) -> Position {
        self.ledgers[number].map_or(Position::ZERO, |ledger| ledger.accounts().balance(account))
    }

    fn positions(&self, number: usize) -> Total {
        let ledger = self.ledgers[number];
        ledger.map_or(Total::ZERO, |ledger| {
            ledger.accounts().positions().map(|(_, position)| position).sum()
        })
    }

    fn unapplied(&self, number: usize) -> Unapplied {
        let told = self.ledgers[number].map_or(0, |ledger| ledger.link().advice);
        let operator = OperatorNumber::at(number);
        let mut unapplied = Unapplied::default();
        // Advices are numbered, and an operator stores the last number that it applied: all later
        // ones are the difference between the central bank's accounts and its view of them.
        for row in self.central_bank.advices_to(operator).filter(|row| row.number > told) {
            match row.event {
                AdviceEvent::Issued { amount, .. } => {
                    unapplied.held += amount;
                    unapplied.issued += amount;
                }
                AdviceEvent::Withdrawn { amount, .. } => {
                    unapplied.held -= amount;
                    unapplied.issued -= amount;
                }
                AdviceEvent::ReservesChanged { change, .. } if self.regime() == Regime::Deposit => {
                    unapplied.held += change
                }
                AdviceEvent::Settled { settled, .. } => unapplied.settled += settled,
                AdviceEvent::Claimed { claimed, .. } => unapplied.claimed += claimed,
                AdviceEvent::Remitted { amount, .. } if self.regime() == Regime::Deposit => {
                    unapplied.held -= amount;
                }
                AdviceEvent::ReservesChanged { .. }
                | AdviceEvent::Remitted { .. }
                | AdviceEvent::WithdrawalRequested { .. } => {}
            }
        }
        unapplied
    }
}
