//! Writes what a batch changed.

use clearing_domain::central_bank::{CentralBankChanges, CentralBankLedger};
use clearing_domain::money::{Amount, Timestamp};
use clearing_node::store::rows::Inserts;
use rusqlite::{Result, Transaction, params};

/// Writes one batch.
pub(super) fn write(
    transaction: &Transaction<'_>,
    ledger: &CentralBankLedger,
    changes: &CentralBankChanges,
) -> Result<()> {
    changes.rows.write(&mut Inserts(transaction))?;
    accounts(transaction, ledger, changes)?;
    if changes.state { state(transaction, ledger) } else { Ok(()) }
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
    // An account is written only when the batch touched it, however many operators there are.
    for operator in &changes.accounts {
        let row = ledger.account_row(*operator);
        statement.execute(params![
            operator.get(),
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
        state.opened_at.map(Timestamp::ms),
        state.tick,
        state.phase as u8
    ])?;
    Ok(())
}
