//! Reads a ledger from its file.

use clearing_domain::link::{OperationId, RosterEntry};
use clearing_domain::money::{Amount, CycleId, Position, Prefix, WalletNumber};
use clearing_domain::operator::{
    Account, Holder, Holders, IdentityHash, LinkState, LoadedOperator, OperatorRows, TickState,
};
use clearing_node::store::Sealed;
use clearing_node::store::column::{
    broken, flag, number, numbered, optional_text, position, rows, sum,
};
use clearing_node::store::rows::{Selects, SharedTables};
use rusqlite::{Connection, OptionalExtension, Result, Row};

/// Everything the file holds, in the snapshot of a connection.
pub(super) fn read(connection: &Connection, sealed: Sealed) -> Result<LoadedOperator> {
    let rows = OperatorRows::read(&mut Selects::all(connection))?;
    beside(connection, rows, wallets(connection)?, sealed)
}

/// Everything a file holds that nobody writes, read on two threads.
pub(super) fn read_with_help(
    connection: &Connection,
    helper: Connection,
    sealed: Sealed,
) -> Result<LoadedOperator> {
    let tables = &SharedTables::default();
    std::thread::scope(|scope| {
        let helped = scope.spawn(move || part(&helper, tables));
        let (mut rows, mut holders) = part(connection, tables)?;
        let (more, others) = helped.join().unwrap_or(Err(rusqlite::Error::InvalidQuery))?;
        rows.extend(more);
        // One of the two has read them.
        if holders.is_empty() {
            holders = others;
        }
        beside(connection, rows, holders, sealed)
    })
}

/// What one of several readers finds left to read.
fn part(connection: &Connection, tables: &SharedTables) -> Result<(OperatorRows, Holders)> {
    let rows = OperatorRows::read(&mut Selects::shared(connection, tables))?;
    let holders = if tables.claim("wallets") { wallets(connection)? } else { Holders::default() };
    Ok((rows, holders))
}

/// What is kept beside the rows, with these rows and holders.
fn beside(
    connection: &Connection,
    appended: OperatorRows,
    holders: Holders,
    sealed: Sealed,
) -> Result<LoadedOperator> {
    let mut loaded = LoadedOperator {
        rows: appended,
        holders,
        accounts: accounts(connection)?,
        roster: rows(connection, "SELECT prefix, code FROM roster ORDER BY prefix", roster_entry)?,
        chain: sealed.chain,
        file: sealed.file,
        ..LoadedOperator::default()
    };
    state(connection, &mut loaded)?;
    Ok(loaded)
}

fn wallets(connection: &Connection) -> Result<Holders> {
    let mut statement = connection.prepare(
        "SELECT number, phone_hash, evidence, name, slot, identity FROM wallets ORDER BY slot",
    )?;
    let (mut rows, mut wallets) = (statement.query([])?, Holders::default());
    while let Some(row) = rows.next()? {
        numbered(row, 4, wallets.len())?;
        let (number, holder) = wallet(row)?;
        wallets.push(number, holder);
    }
    Ok(wallets)
}

fn wallet(row: &Row<'_>) -> Result<(WalletNumber, Holder)> {
    let holder = Holder {
        phone_hash: row.get(1)?,
        identity_hash: identity_hash(row)?,
        name: optional_text(row, 3)?.map(Into::into),
        ..Holder::default()
    };
    let evidence = row.get(2)?;
    // Bits that stand for nothing are refused: they would be lost when the holder is written again.
    let holder = holder.with_evidence(evidence);
    if holder.evidence() != evidence {
        return Err(broken(2, &format!("evidence {evidence}")));
    }
    Ok((number(row, 0)?, holder))
}

fn identity_hash(row: &Row<'_>) -> Result<Option<IdentityHash>> {
    let Some(number) = row.get::<_, Option<i64>>(5)? else { return Ok(None) };
    let hash = IdentityHash::from_number(number.cast_unsigned());
    hash.map(Some).ok_or_else(|| broken(5, "a hash of nothing"))
}

/// The balances: every fixed account has one once a batch is written, and settled positions have
/// none.
fn accounts(connection: &Connection) -> Result<Vec<(Account, Position)>> {
    let accounts = rows(connection, "SELECT name, cycle, balance FROM accounts", account)?;
    let missing = Account::FIXED
        .into_iter()
        .find(|fixed| accounts.iter().all(|(account, _)| account != fixed));
    match missing.filter(|_| !accounts.is_empty()) {
        Some(missing) => Err(broken(0, &format!("no account {}", missing.name()))),
        None => Ok(accounts),
    }
}

fn account(row: &Row<'_>) -> Result<(Account, Position)> {
    let name: String = row.get(0)?;
    let (cycle, balance) = (CycleId::new(row.get(1)?), position(row, 2)?);
    let fixed =
        Account::FIXED.into_iter().find(|account| account.name() == name && cycle.is_none());
    let open = cycle.map(Account::Position);
    let open = open.filter(|open| name == open.name() && !balance.is_zero());
    let number = CycleId::number_or_zero(cycle);
    let account =
        fixed.or(open).ok_or_else(|| broken(0, &format!("account {name} of cycle {number}")))?;
    Ok((account, balance))
}

fn roster_entry(row: &Row<'_>) -> Result<RosterEntry> {
    let code: String = row.get(1)?;
    Ok(RosterEntry {
        prefix: Prefix::new(row.get(0)?).ok_or_else(|| broken(0, "a prefix outside 1 to 999"))?,
        code: code.parse().map_err(|_| broken(1, &code))?,
    })
}

fn state(connection: &Connection, loaded: &mut LoadedOperator) -> Result<()> {
    let sql = "SELECT incarnation, advice, central_bank_batch, tick, next_index, complete, tick_ended, \
               central_bank_head FROM state";
    let read = |row: &Row<'_>| {
        let tick = TickState {
            tick: row.get(3)?,
            next_index: row.get(4)?,
            complete: flag(row, 5)?,
            tick_ended: row.get(6)?,
        };
        let link = LinkState {
            incarnation: row.get(0)?,
            advice: row.get(1)?,
            central_bank_batch: row.get(2)?,
            central_bank_head: row.get(7)?,
            ..LinkState::default()
        };
        Ok((link, tick))
    };
    if let Some((link, tick)) = connection.query_row(sql, [], read).optional()? {
        loaded.link = link;
        loaded.tick = tick;
    } else if loaded.chain.batch > 0 {
        return Err(broken(0, "no row of the table state"));
    }
    let link = &mut loaded.link;
    link.queued =
        rows(connection, "SELECT payment FROM queued", |row| row.get(0))?.into_iter().collect();
    let sql = "SELECT operation, amount, held FROM withdrawals";
    for (operation, amount, held) in rows(connection, sql, withdrawal)? {
        if held {
            link.withdrawing.push((operation, amount));
        } else if amount == Amount::ZERO {
            link.declined.push(operation);
        } else {
            return Err(broken(1, &format!("an amount of {amount} that is set aside for nothing")));
        }
    }
    let sql = "SELECT operation, amount FROM remittances";
    link.remitting = rows(connection, sql, |row| Ok((OperationId(row.get(0)?), sum(row, 1)?)))?;
    Ok(())
}

fn withdrawal(row: &Row<'_>) -> Result<(OperationId, Amount, bool)> {
    Ok((OperationId(row.get(0)?), sum(row, 1)?, flag(row, 2)?))
}
