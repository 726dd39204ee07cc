//! The figures of a summary, from the ledgers.

use std::collections::BTreeMap;

use clearing_domain::central_bank::{CentralBankLedger, Cycle, CycleState, TransferState};
use clearing_domain::indicators::{Flows, bilateral_netting_ratio, multilateral_netting_ratio};
use clearing_domain::money::Position;
use clearing_domain::operator::{Account, OperatorLedger, PaymentState};

use crate::engine::Ledgers;

use super::indicators::{fen, float};
use super::need::asked;
use super::owed::OperatorOwed;
use super::summary::{CycleSummary, OperatorSummary, Totals};
use super::tables::all_cycles;

fn debits(positions: impl Iterator<Item = Position>) -> i64 {
    positions.map(|position| position.debit().fen()).sum()
}

pub(super) fn cycle(
    cycle: &Cycle,
    flows: Option<&Flows>,
    deficiency: Option<&i128>,
) -> CycleSummary {
    // An open cycle has not asked anybody for anything.
    let has_closed = cycle.state != CycleState::Open;
    CycleSummary {
        asked_fen: if has_closed { cycle.positions.iter().map(asked).sum() } else { 0 },
        deficiency_fen: deficiency.map_or(0, |lacked| fen(*lacked)),
        netting_ratio: float(flows.and_then(multilateral_netting_ratio)),
        bilateral_netting_ratio: float(flows.and_then(bilateral_netting_ratio)),
        cycle: cycle.id.number(),
        payments: cycle.payments,
        gross_fen: cycle.gross.fen(),
        net_fen: debits(cycle.positions.iter().map(|position| position.net)),
        settled_fen: debits(cycle.positions.iter().map(|position| position.settled)),
        carried_fen: debits(cycle.positions.iter().map(|position| position.carried)),
    }
}

pub(super) fn totals(ledgers: &Ledgers, cycles: &[CycleSummary], owed: &[OperatorOwed]) -> Totals {
    let mut totals = Totals::default();
    for operator in &ledgers.operators {
        totals.wallets += operator.wallets().len() as u64;
        for payment in operator.payments() {
            totals.payments += 1;
            match payment.state {
                PaymentState::InTransit => totals.in_transit += 1,
                PaymentState::Rejected => totals.rejected += 1,
                PaymentState::Returned => totals.returned += 1,
                PaymentState::Completed => {
                    totals.completed += 1;
                    totals.completed_fen += payment.amount.fen();
                    if payment.payee.prefix() == operator.settings().prefix {
                        totals.on_us += 1;
                    } else {
                        totals.cross_operator += 1;
                        totals.gross_fen += payment.amount.fen();
                    }
                }
            }
        }
    }
    let count = i64::try_from(totals.completed).unwrap_or(i64::MAX);
    totals.mean_payment_fen =
        (totals.completed_fen + count / 2).checked_div(count).unwrap_or_default();
    let gross_settlement = ledgers.central_bank.open_cycle().is_none();
    totals.net_fen = cycles.iter().map(|cycle| cycle.net_fen).sum();
    totals.settled_fen = if gross_settlement {
        totals.gross_fen
    } else {
        cycles.iter().map(|cycle| cycle.settled_fen).sum()
    };
    totals.netting_ratio = (totals.gross_fen > 0 && !gross_settlement)
        .then(|| totals.net_fen as f64 / totals.gross_fen as f64);
    let all = |of: fn(&OperatorOwed) -> Position| owed.iter().map(of).sum::<Position>().fen();
    totals.central_bank_credit_drawn_fen = all(|one| one.drawn);
    totals.central_bank_credit_repaid_fen = all(|one| one.repaid);
    totals.central_bank_credit_open_fen = all(|one| one.open);
    totals.overdraft_fen = all(|one| one.overdraft);
    totals.claims_fen = all(|one| one.claims_held);
    totals.losses_fen = all(|one| one.loss);
    totals.unsettled_fen =
        debits(ledgers.central_bank.accounts().iter().map(|account| account.unsettled));
    let waiting = ledgers.central_bank.queue().map(|transfer| transfer.amount.position());
    totals.waiting_fen = waiting.sum::<Position>().fen();
    totals
}

pub(super) fn refused(ledgers: &Ledgers) -> BTreeMap<&'static str, u64> {
    let mut refused = BTreeMap::new();
    let payments = ledgers.operators.iter().flat_map(|operator| operator.payments());
    for reason in payments.filter_map(|payment| payment.reason) {
        *refused.entry(reason.name()).or_default() += 1;
    }
    refused
}

pub(super) fn operator(
    central_bank: &CentralBankLedger,
    ledger: &OperatorLedger,
    owed: &[OperatorOwed],
) -> OperatorSummary {
    let code = ledger.settings().code;
    let place =
        central_bank.accounts().iter().position(|account| account.code == code).unwrap_or_default();
    let account = &central_bank.accounts()[place];
    let positions: Vec<_> = all_cycles(central_bank).map(|cycle| cycle.positions[place]).collect();
    let cleared =
        central_bank.transfers().iter().filter(|transfer| transfer.state == TransferState::Cleared);
    let (mut sent, mut received) = (0, 0);
    for transfer in cleared {
        for leg in transfer.legs() {
            if usize::from(leg.debtor) == place {
                sent += leg.amount.fen();
            }
            if usize::from(leg.creditor) == place {
                received += leg.amount.fen();
            }
        }
    }
    let owed = owed.get(place).copied().unwrap_or_default();
    OperatorSummary {
        central_bank_credit_drawn_fen: owed.drawn.fen(),
        central_bank_credit_repaid_fen: owed.repaid.fen(),
        central_bank_credit_open_fen: owed.open.fen(),
        overdraft_fen: owed.overdraft.fen(),
        claims_held_fen: owed.claims_held.fen(),
        claims_owed_fen: owed.claims_owed.fen(),
        loss_fen: owed.loss.fen(),
        code: code.to_string(),
        wallets: ledger.wallets().len() as u64,
        wallet_balances_fen: ledger.wallets().iter().map(|wallet| wallet.balance.fen()).sum(),
        payments: ledger.payments().len() as u64,
        sent_fen: sent,
        received_fen: received,
        net_fen: positions.iter().map(|position| position.net.fen()).collect(),
        peak_net_debit_fen: positions
            .iter()
            .map(|position| position.peak_net_debit.fen())
            .max()
            .unwrap_or_default(),
        settlement_balance_fen: account.settlement_asset(central_bank.settings().regime).fen(),
        reserves_fen: account.reserves.fen(),
        held_fen: account.held.fen(),
        interest_fen: (-ledger.accounts().balance(Account::Equity)).fen(),
    }
}
