//! Writes what a batch changed.

use clearing_domain::central_bank::{CentralBankChanges, CentralBankLedger, Cycle};
use clearing_domain::money::{Amount, CycleId, WalletNumber};
use clearing_domain::reason::reason_number;
use rusqlite::{Result, Transaction, params};

/// Writes one batch.
pub(super) fn write(
    transaction: &Transaction<'_>,
    ledger: &CentralBankLedger,
    changes: &CentralBankChanges,
) -> Result<()> {
    transfers(transaction, ledger, &changes.transfers)?;
    events(transaction, changes)?;
    operations(transaction, changes)?;
    advices(transaction, changes)?;
    changes
        .cycles
        .iter()
        .try_for_each(|index| cycle(transaction, &ledger.cycles()[*index as usize]))?;
    aliases(transaction, changes)?;
    accounts(transaction, ledger, changes)?;
    if changes.state { state(transaction, ledger) } else { Ok(()) }
}

fn transfers(
    transaction: &Transaction<'_>,
    ledger: &CentralBankLedger,
    slots: &[u32],
) -> Result<()> {
    let sql = "INSERT INTO transfers (row, id, request_key, payer, payee, payer_operator, payee_operator, amount, \
               submitted_at, expires_at, admitted_at, state, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut statement = transaction.prepare_cached(sql)?;
    for slot in slots {
        let transfer = &ledger.transfers()[*slot as usize];
        statement.execute(params![
            transfer.row,
            transfer.id.0,
            transfer.request_key.0,
            number(transfer.payer),
            number(transfer.payee),
            transfer.payer_operator,
            transfer.payee_operator,
            transfer.amount.fen(),
            transfer.submitted_at.ms(),
            transfer.expires_at.ms(),
            transfer.admitted_at.ms(),
            transfer.initial_state as u8,
            reason_number(transfer.initial_reason()),
        ])?;
    }
    Ok(())
}

fn events(transaction: &Transaction<'_>, changes: &CentralBankChanges) -> Result<()> {
    let sql = "INSERT INTO transfer_events (row, of, kind, reason, cycle, decided_at, at, priority) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let mut statement = transaction.prepare_cached(sql)?;
    for event in &changes.events {
        statement.execute(params![
            event.row,
            event.of,
            event.kind as u8,
            reason_number(event.reason),
            CycleId::number_or_zero(event.cycle),
            event.decided_at.ms(),
            event.at.ms(),
            event.priority.level(),
        ])?;
    }
    Ok(())
}

fn operations(transaction: &Transaction<'_>, changes: &CentralBankChanges) -> Result<()> {
    let sql = "INSERT INTO operations (row, id, kind, operator, counterparty, sum, at) VALUES (?, ?, ?, ?, ?, ?, ?)";
    for operation in &changes.operations {
        transaction.prepare_cached(sql)?.execute(params![
            operation.row,
            operation.id.0,
            operation.kind as u8,
            operation.operator,
            operation.counterparty,
            operation.sum.fen(),
            operation.at.ms(),
        ])?;
    }
    Ok(())
}

fn advices(transaction: &Transaction<'_>, changes: &CentralBankChanges) -> Result<()> {
    let sql = "INSERT INTO advices (row, operator, number, kind, operation, first, second, first_cycle, second_cycle) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    for row in &changes.advices {
        let (kind, operation, sums, cycles) = row.advice.event.parts();
        transaction.prepare_cached(sql)?.execute(params![
            row.row,
            row.operator,
            row.advice.number,
            kind,
            operation.0,
            sums[0].fen(),
            sums[1].fen(),
            CycleId::number_or_zero(cycles[0]),
            CycleId::number_or_zero(cycles[1]),
        ])?;
    }
    Ok(())
}

fn cycle(transaction: &Transaction<'_>, cycle: &Cycle) -> Result<()> {
    let sql = "INSERT INTO cycles (row, cycle, opened_at, closed_at, state, payments, gross) VALUES (?, ?, ?, ?, ?, ?, ?)";
    transaction.prepare_cached(sql)?.execute(params![
        cycle.row,
        cycle.id.number(),
        cycle.opened_at.ms(),
        cycle.closed_at.ms(),
        cycle.state as u8,
        cycle.payments,
        cycle.gross.fen(),
    ])?;
    let sql = "INSERT INTO cycle_positions (cycle, operator, sent, received, net, brought, settled, carried, \
               claimed, carried_to, peak_net_debit, balance_after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    for (operator, position) in cycle.positions.iter().enumerate() {
        transaction.prepare_cached(sql)?.execute(params![
            cycle.id.number(),
            operator,
            position.sent.fen(),
            position.received.fen(),
            position.net.fen(),
            position.brought.fen(),
            position.settled.fen(),
            position.carried.fen(),
            position.claimed.fen(),
            CycleId::number_or_zero(position.carried_to),
            position.peak_net_debit.fen(),
            position.balance_after.fen(),
        ])?;
    }
    Ok(())
}

fn aliases(transaction: &Transaction<'_>, changes: &CentralBankChanges) -> Result<()> {
    for row in &changes.aliases {
        let sql = "INSERT INTO aliases (row, alias, wallet, shown) VALUES (?, ?, ?, ?)";
        transaction.prepare_cached(sql)?.execute(params![
            row.row,
            row.alias.0,
            row.wallet.map(number),
            row.shown
        ])?;
    }
    Ok(())
}

fn accounts(
    transaction: &Transaction<'_>,
    ledger: &CentralBankLedger,
    changes: &CentralBankChanges,
) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO accounts (operator, code, active, cap, earmarked, collateral, reserves, held, \
               withdrawing, unsettled, outstanding, peak_net_debit, incarnation, batch_seen, head_seen) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut statement = transaction.prepare_cached(sql)?;
    for operator in &changes.accounts {
        let row = ledger.accounts()[usize::from(*operator)].row();
        statement.execute(params![
            operator,
            row.code.as_str(),
            row.active,
            row.cap.map(Amount::fen),
            row.guarantees.earmarked.fen(),
            row.guarantees.collateral.fen(),
            row.reserves.fen(),
            row.held.fen(),
            row.withdrawing.fen(),
            row.unsettled.fen(),
            row.outstanding.fen(),
            row.peak_net_debit.fen(),
            row.incarnation,
            row.batch_seen,
            row.head_seen,
        ])?;
    }
    Ok(())
}

fn state(transaction: &Transaction<'_>, ledger: &CentralBankLedger) -> Result<()> {
    let state = ledger.clock_state();
    let sql = "INSERT OR REPLACE INTO state (id, opened_at, tick, phase) VALUES (1, ?, ?, ?)";
    transaction.prepare_cached(sql)?.execute(params![
        state.opened_at.ms(),
        state.tick,
        state.phase as u8
    ])?;
    Ok(())
}

/// A wallet number as SQLite's signed integer; below 10^16, so it fits.
fn number(wallet: WalletNumber) -> i64 {
    wallet.as_u64().cast_signed()
}
