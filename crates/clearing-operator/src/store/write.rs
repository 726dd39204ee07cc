//! Writes what a batch changed.

use std::collections::BTreeMap;

use clearing_domain::link::{Head, OperationId, RosterEntry};
use clearing_domain::money::{Amount, CycleId, Position, WalletNumber};
use clearing_domain::operator::{
    Account, HolderName, LinkState, OperatorChanges, OperatorLedger, TickState, WalletSlot,
};
use clearing_domain::slots::Slot;
use clearing_node::store::rows::Inserts;
use rusqlite::{Result, Transaction, params};

/// What was last written of the parts that change in place, so that only differences are written.
#[derive(Debug, Default)]
pub(super) struct Written {
    accounts: BTreeMap<(&'static str, Option<CycleId>), Position>,
    state: Option<(u64, u64, u64, Head, TickState)>,
    withdrawals: Vec<(OperationId, Amount, bool)>,
    remittances: Vec<(OperationId, Amount)>,
    roster: Vec<RosterEntry>,
}

/// Writes one batch.
pub(super) fn write(
    transaction: &Transaction<'_>,
    ledger: &OperatorLedger,
    changes: &OperatorChanges,
    written: &mut Written,
) -> Result<()> {
    wallets(transaction, ledger, &changes.wallets)?;
    ledger.write_appended(changes, &mut Inserts(transaction))?;
    queued(transaction, &changes.queued)?;
    // Of what is kept beside the rows only differences are written, so that a batch of one payment
    // costs a few statements. After a start everything counts as different.
    if changes.state {
        accounts(transaction, ledger, &mut written.accounts)?;
        state(transaction, ledger, written)?;
    }
    Ok(())
}

fn wallets(
    transaction: &Transaction<'_>,
    ledger: &OperatorLedger,
    slots: &[WalletSlot],
) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO wallets (slot, number, phone_hash, identity, evidence, name) \
               VALUES (?, ?, ?, ?, ?, ?)";
    let mut statement = transaction.prepare_cached(sql)?;
    for slot in slots {
        let wallet = &ledger.wallets()[*slot];
        let holder = &wallet.holder;
        statement.execute(params![
            slot.number(),
            number(wallet.number),
            holder.phone_hash,
            holder.identity_hash.map(|hash| hash.number().cast_signed()),
            holder.evidence(),
            holder.name.as_ref().map(HolderName::as_str)
        ])?;
    }
    Ok(())
}

/// Writes the balances that differ from what was written last.
fn accounts(
    transaction: &Transaction<'_>,
    ledger: &OperatorLedger,
    written: &mut BTreeMap<(&'static str, Option<CycleId>), Position>,
) -> Result<()> {
    let accounts = ledger.accounts();
    let fixed = Account::FIXED.map(|account| ((account.name(), None), accounts.balance(account)));
    let positions = accounts
        .positions()
        .map(|(cycle, sum)| ((Account::Position(cycle).name(), Some(cycle)), sum));
    let balances: BTreeMap<_, _> = fixed.into_iter().chain(positions).collect();
    // A settled position is no longer listed.
    for (name, cycle) in written.keys().filter(|key| !balances.contains_key(*key)) {
        let sql = "DELETE FROM accounts WHERE name = ? AND cycle = ?";
        transaction.prepare_cached(sql)?.execute(params![name, CycleId::number_or_zero(*cycle)])?;
    }
    let sql = "INSERT OR REPLACE INTO accounts (name, cycle, balance) VALUES (?, ?, ?)";
    let mut statement = transaction.prepare_cached(sql)?;
    for (key, balance) in &balances {
        if written.get(key) != Some(balance) {
            statement.execute(params![key.0, CycleId::number_or_zero(key.1), balance.fen()])?;
        }
    }
    *written = balances;
    Ok(())
}

fn state(
    transaction: &Transaction<'_>,
    ledger: &OperatorLedger,
    written: &mut Written,
) -> Result<()> {
    let (link, tick) = (ledger.link(), ledger.tick());
    let state =
        (link.incarnation, link.advice, link.central_bank_batch, link.central_bank_head, tick);
    if written.state != Some(state) {
        let sql = "INSERT OR REPLACE INTO state (id, incarnation, advice, central_bank_batch, tick, next_index, \
                   complete, tick_ended, central_bank_head) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)";
        transaction.prepare_cached(sql)?.execute(params![
            link.incarnation,
            link.advice,
            link.central_bank_batch,
            tick.tick,
            tick.next_index,
            tick.complete,
            tick.tick_ended,
            link.central_bank_head,
        ])?;
        written.state = Some(state);
    }
    withdrawals(transaction, link, &mut written.withdrawals)?;
    remittances(transaction, &link.remitting, &mut written.remittances)?;
    roster(transaction, ledger.roster(), &mut written.roster)
}

fn queued(transaction: &Transaction<'_>, changes: &[(u64, bool)]) -> Result<()> {
    for (row, queued) in changes {
        let sql = if *queued {
            "INSERT INTO queued (payment) VALUES (?)"
        } else {
            "DELETE FROM queued WHERE payment = ?"
        };
        transaction.prepare_cached(sql)?.execute([row])?;
    }
    Ok(())
}

fn withdrawals(
    transaction: &Transaction<'_>,
    link: &LinkState,
    written: &mut Vec<(OperationId, Amount, bool)>,
) -> Result<()> {
    let held = link.withdrawing.iter().map(|(operation, amount)| (*operation, *amount, true));
    let declined = link.declined.iter().map(|operation| (*operation, Amount::ZERO, false));
    let now: Vec<_> = held.chain(declined).collect();
    if now == *written {
        return Ok(());
    }
    // Withdrawals are few and change rarely, so the list is written anew as a whole.
    transaction.execute("DELETE FROM withdrawals", [])?;
    for (operation, amount, held) in &now {
        let sql = "INSERT INTO withdrawals (operation, amount, held) VALUES (?, ?, ?)";
        transaction.prepare_cached(sql)?.execute(params![operation.0, amount.fen(), held])?;
    }
    *written = now;
    Ok(())
}

fn remittances(
    transaction: &Transaction<'_>,
    now: &[(OperationId, Amount)],
    written: &mut Vec<(OperationId, Amount)>,
) -> Result<()> {
    if now == *written {
        return Ok(());
    }
    // Few wait at a time, so the list is written anew as a whole.
    transaction.execute("DELETE FROM remittances", [])?;
    for (operation, amount) in now {
        let sql = "INSERT INTO remittances (operation, amount) VALUES (?, ?)";
        transaction.prepare_cached(sql)?.execute(params![operation.0, amount.fen()])?;
    }
    *written = now.to_vec();
    Ok(())
}

fn roster(
    transaction: &Transaction<'_>,
    now: &[RosterEntry],
    written: &mut Vec<RosterEntry>,
) -> Result<()> {
    if now == *written {
        return Ok(());
    }
    // It changes when the configuration of the cluster does, and always as a whole.
    transaction.execute("DELETE FROM roster", [])?;
    for entry in now {
        let sql = "INSERT INTO roster (prefix, code) VALUES (?, ?)";
        transaction
            .prepare_cached(sql)?
            .execute(params![entry.prefix.get(), entry.code.as_str()])?;
    }
    *written = now.to_vec();
    Ok(())
}

/// A wallet number as SQLite's signed integer; below 10^16, so it fits.
fn number(wallet: WalletNumber) -> i64 {
    wallet.as_u64().cast_signed()
}
