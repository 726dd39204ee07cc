//! Reads a ledger from its file.

use clearing_domain::central_bank::{
    AccountRow, CentralBankRows, ClockState, Guarantees, LoadedCentralBank, Phase,
};
use clearing_domain::money::Timestamp;
use clearing_domain::seal::Chain;
use clearing_node::store::Sealed;
use clearing_node::store::column::{broken, flag, known, numbered, optional_sum, position, sum};
use clearing_node::store::rows::Selects;
use rusqlite::{Connection, OptionalExtension, Result, Row};

/// Everything the file holds.
pub(super) fn read(connection: &Connection, sealed: Sealed) -> Result<LoadedCentralBank> {
    Ok(LoadedCentralBank {
        rows: CentralBankRows::read(&mut Selects::all(connection))?,
        accounts: accounts(connection)?,
        clock: clock(connection, sealed.chain)?,
        chain: sealed.chain,
        file: sealed.file,
    })
}

fn accounts(connection: &Connection) -> Result<Vec<AccountRow>> {
    let sql = "SELECT code, active, cap, earmarked, collateral, reserves, held, withdrawing, unsettled, outstanding, \
               peak_net_debit, incarnation, batch_seen, operator, head_seen FROM accounts ORDER BY operator";
    let mut statement = connection.prepare(sql)?;
    let (mut rows, mut accounts) = (statement.query([])?, Vec::new());
    while let Some(row) = rows.next()? {
        numbered(row, 13, accounts.len())?;
        accounts.push(account(row)?);
    }
    Ok(accounts)
}

fn account(row: &Row<'_>) -> Result<AccountRow> {
    let code: String = row.get(0)?;
    Ok(AccountRow {
        code: code.parse().map_err(|_| broken(0, &code))?,
        active: flag(row, 1)?,
        cap: optional_sum(row, 2)?,
        guarantees: Guarantees { earmarked: sum(row, 3)?, collateral: sum(row, 4)? },
        reserves: position(row, 5)?,
        held: position(row, 6)?,
        withdrawing: sum(row, 7)?,
        unsettled: position(row, 8)?,
        outstanding: sum(row, 9)?,
        peak_net_debit: sum(row, 10)?,
        incarnation: row.get(11)?,
        batch_seen: row.get(12)?,
        head_seen: row.get(14)?,
    })
}

/// When the open cycle opened. The lowest number is refused: to the seal it is no time at all.
fn opened_at(row: &Row<'_>) -> Result<Option<Timestamp>> {
    match row.get::<_, Option<i64>>(0)? {
        Some(i64::MIN) => Err(broken(0, "the lowest number")),
        at => Ok(at.map(Timestamp::from_ms)),
    }
}

fn clock(connection: &Connection, chain: Chain) -> Result<ClockState> {
    let read = |row: &Row<'_>| {
        Ok(ClockState {
            opened_at: opened_at(row)?,
            tick: row.get(1)?,
            phase: known(row, 2, Phase::from_number)?,
        })
    };
    let state =
        connection.query_row("SELECT opened_at, tick, phase FROM state", [], read).optional()?;
    // Only a file without a batch has no state yet. Without this check a file whose state was
    // deleted would start its ticks again.
    match state {
        None if chain.batch > 0 => Err(broken(0, "no row of the table state")),
        state => Ok(state.unwrap_or_default()),
    }
}
