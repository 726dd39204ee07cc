//! The outcome of a run: what its digest is made of, from ledgers or from results.

use std::path::Path;

use clearing_domain::Reason;
use clearing_domain::money::{CycleId, OperatorCode, PaymentId, WalletNumber};
use clearing_domain::operator::PaymentState;

use crate::engine::Ledgers;
use crate::table::{Reader, TableError};

use super::row::Row as _;
use super::rows::{AccountRow, PaymentRow, PositionRow, WalletRow};
use super::tables::{all_cycles, state_name};

/// What became of everything; money in fen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub(super) payments: Vec<PaymentOutcome>,
    pub(super) wallets: Vec<(WalletNumber, i64)>,
    pub(super) positions: Vec<PositionOutcome>,
    pub(super) accounts: Vec<(OperatorCode, [i64; 3])>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PaymentOutcome {
    pub(super) id: PaymentId,
    pub(super) payer: WalletNumber,
    pub(super) payee: WalletNumber,
    pub(super) amount: i64,
    pub(super) state: PaymentState,
    pub(super) reason: Option<Reason>,
    pub(super) cycle: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PositionOutcome {
    pub(super) cycle: i64,
    pub(super) operator: OperatorCode,
    /// Sent, received, net, brought, settled, carried and the balance after.
    pub(super) sums: [i64; 7],
}

impl Outcome {
    /// The outcome that ledgers hold.
    pub fn of_ledgers(ledgers: &Ledgers) -> Self {
        let mut outcome = Self::default();
        for operator in &ledgers.operators {
            outcome.payments.extend(operator.payments().iter().map(|payment| PaymentOutcome {
                id: payment.id,
                payer: operator.payer_of(payment),
                payee: payment.payee,
                amount: payment.amount.fen(),
                state: payment.state,
                reason: payment.reason,
                cycle: i64::from(CycleId::number_or_zero(payment.cycle)),
            }));
            outcome.wallets.extend(
                operator.wallets().iter().map(|wallet| (wallet.number, wallet.balance.fen())),
            );
        }
        let accounts = ledgers.central_bank.accounts();
        for cycle in all_cycles(&ledgers.central_bank) {
            outcome.positions.extend(accounts.iter().zip(&cycle.positions).map(
                |(account, position)| {
                    PositionOutcome {
                        cycle: i64::from(cycle.id.number()),
                        operator: account.code,
                        sums: [
                            position.sent,
                            position.received,
                            position.net,
                            position.brought,
                            position.settled,
                            position.carried,
                            position.balance_after,
                        ]
                        .map(|sum| sum.fen()),
                    }
                },
            ));
        }
        outcome.accounts.extend(accounts.iter().map(|account| {
            (account.code, [account.reserves, account.held, account.unsettled].map(|sum| sum.fen()))
        }));
        outcome.sorted()
    }

    /// The outcome that the files of results hold.
    pub fn of_results(folder: &Path) -> Result<Self, TableError> {
        let mut outcome = Self::default();
        let names = [
            "payment_id",
            "payer_wallet",
            "payee_wallet",
            "amount_fen",
            "state",
            "reason",
            "cycle",
        ];
        Reader::open(folder, PaymentRow::TABLE)?.each_group(&names, |group| {
            for row in 0..group.rows() {
                let state = payment_state(group.text(4, row)?)
                    .ok_or_else(|| group.bad(4, "has an unknown state"))?;
                let reason = match group.optional_text(5, row)? {
                    None => None,
                    Some(name) => Some(
                        Reason::from_name(name)
                            .ok_or_else(|| group.bad(5, "has an unknown reason"))?,
                    ),
                };
                outcome.payments.push(PaymentOutcome {
                    id: group.parsed(0, row)?,
                    payer: group.parsed(1, row)?,
                    payee: group.parsed(2, row)?,
                    amount: group.integer(3, row)?,
                    state,
                    reason,
                    cycle: group.optional_integer(6, row)?.unwrap_or_default(),
                });
            }
            Ok(())
        })?;
        Reader::open(folder, WalletRow::TABLE)?.each_group(
            &["wallet_number", "balance_fen"],
            |group| {
                let wallet = |row| Ok((group.parsed(0, row)?, group.integer(1, row)?));
                outcome
                    .wallets
                    .extend((0..group.rows()).map(wallet).collect::<Result<Vec<_>, TableError>>()?);
                Ok(())
            },
        )?;
        // The queue and the claims follow from these rows, so the digest leaves them out.
        outcome.read_positions(folder)?;
        Ok(outcome.sorted())
    }

    fn read_positions(&mut self, folder: &Path) -> Result<(), TableError> {
        let names = [
            "cycle",
            "operator",
            "sent_fen",
            "received_fen",
            "net_fen",
            "brought_fen",
            "settled_fen",
            "carried_fen",
            "balance_after_fen",
        ];
        Reader::open(folder, PositionRow::TABLE)?.each_group(&names, |group| {
            for row in 0..group.rows() {
                let mut sums = [0; 7];
                for (place, sum) in sums.iter_mut().enumerate() {
                    *sum = group.integer(place + 2, row)?;
                }
                let (cycle, operator) = (group.integer(0, row)?, group.parsed(1, row)?);
                self.positions.push(PositionOutcome { cycle, operator, sums });
            }
            Ok(())
        })?;
        let names = ["operator", "reserves_fen", "held_fen", "unsettled_fen"];
        Reader::open(folder, AccountRow::TABLE)?.each_group(&names, |group| {
            for row in 0..group.rows() {
                let sums = [group.integer(1, row)?, group.integer(2, row)?, group.integer(3, row)?];
                self.accounts.push((group.parsed(0, row)?, sums));
            }
            Ok(())
        })
    }

    fn sorted(mut self) -> Self {
        // Files and ledgers list in orders of their own; the digest is of the facts and not of an
        // order.
        self.payments.sort_unstable_by_key(|payment| payment.id);
        self.wallets.sort_unstable_by_key(|(number, _)| *number);
        self.positions.sort_unstable_by_key(|position| (position.cycle, position.operator));
        self.accounts.sort_unstable_by_key(|(operator, _)| *operator);
        self
    }
}

fn payment_state(name: &str) -> Option<PaymentState> {
    [
        PaymentState::InTransit,
        PaymentState::Completed,
        PaymentState::Rejected,
        PaymentState::Returned,
    ]
    .into_iter()
    .find(|state| state_name(*state) == name)
}
