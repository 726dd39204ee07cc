//! Reads a ledger from its file.

use clearing_domain::link::{OperationId, RosterEntry};
use clearing_domain::money::{
    Amount, CycleId, PaymentId, Position, Prefix, RequestId, Timestamp, WalletNumber,
};
use clearing_domain::operator::{
    Account, ContentMark, Holder, Inbound, InboundState, LinkState, LoadedOperator, OutcomeRow,
    Payment, PaymentState, TickState, WalletEvent, WalletEventKind, WalletSlot,
};
use clearing_domain::slots::Slot;
use clearing_node::store;
use clearing_node::store::column::{
    amount, broken, flag, known, number, numbered, optional_number, optional_text, position,
    reason, rows, sum, time,
};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension, Result, Row};

/// Everything the file holds, in the snapshot of a connection.
pub(super) fn read(connection: &Connection) -> Result<LoadedOperator> {
    let records = records(connection)?;
    rest(connection, records)
}

/// Everything a file holds that nobody writes, read on two threads.
pub(super) fn read_with_help(
    connection: &Connection,
    helper: Connection,
) -> Result<LoadedOperator> {
    std::thread::scope(|scope| {
        let records = scope.spawn(move || records(&helper));
        let rest = rest(connection, LoadedOperator::default())?;
        let records = records.join().unwrap_or(Err(rusqlite::Error::InvalidQuery))?;
        Ok(LoadedOperator { payments: records.payments, inbound: records.inbound, ..rest })
    })
}

/// What crossed the wallets: the half of a file.
fn records(connection: &Connection) -> Result<LoadedOperator> {
    Ok(LoadedOperator {
        payments: rows(
            connection,
            "SELECT row, id, request_id, payer, payee, amount, submitted_at, expires_at, state, reason, remark, \
             alias \
             FROM payments ORDER BY row",
            payment,
        )?,
        inbound: rows(
            connection,
            "SELECT row, id, payer, payee, amount, submitted_at, decided_at, state, reason FROM inbound ORDER BY row",
            inbound,
        )?,
        ..LoadedOperator::default()
    })
}

/// The other half, beside the records.
fn rest(connection: &Connection, records: LoadedOperator) -> Result<LoadedOperator> {
    let mut loaded = LoadedOperator {
        wallets: wallets(connection)?,
        events: rows(
            connection,
            "SELECT row, wallet, kind, amount, class, request_id, at, content FROM wallet_events ORDER BY row",
            event,
        )?,
        outcomes: rows(
            connection,
            "SELECT row, of, reason, cycle, at FROM outcomes ORDER BY row",
            outcome,
        )?,
        accounts: accounts(connection)?,
        roster: rows(connection, "SELECT prefix, code FROM roster ORDER BY prefix", roster_entry)?,
        chain: store::chain(connection)?,
        file: store::file_digest(connection)?,
        ..records
    };
    state(connection, &mut loaded.link, &mut loaded.tick)?;
    Ok(loaded)
}

fn wallets(connection: &Connection) -> Result<Vec<(WalletNumber, Holder)>> {
    let mut statement = connection
        .prepare("SELECT number, phone_hash, evidence, name, slot FROM wallets ORDER BY slot")?;
    let (mut rows, mut wallets) = (statement.query([])?, Vec::new());
    while let Some(row) = rows.next()? {
        numbered(row, 4, wallets.len())?;
        wallets.push(wallet(row)?);
    }
    Ok(wallets)
}

fn wallet(row: &Row<'_>) -> Result<(WalletNumber, Holder)> {
    let holder = Holder {
        phone_hash: row.get(1)?,
        name: optional_text(row, 3)?.map(Into::into),
        ..Holder::default()
    };
    let evidence = row.get(2)?;
    let holder = holder.with_evidence(evidence);
    if holder.evidence() != evidence {
        return Err(broken(2, &format!("evidence {evidence}")));
    }
    Ok((number(row, 0)?, holder))
}

fn event(row: &Row<'_>) -> Result<(WalletNumber, WalletEvent)> {
    let event = WalletEvent {
        row: row.get(0)?,
        wallet: WalletSlot::from_number(0),
        kind: known(row, 2, WalletEventKind::from_number)?,
        amount: amount(row, 3)?,
        class: row.get(4)?,
        request_id: row.get::<_, Option<ReadRequestId>>(5)?.map(|request_id| request_id.0),
        content: mark(row, 7)?,
        at: time(row, 6)?,
    };
    Ok((number(row, 1)?, event))
}

fn payment(row: &Row<'_>) -> Result<(WalletNumber, Payment)> {
    let submitted_at = time(row, 6)?;
    let state = known(row, 8, PaymentState::from_number)?;
    let alias: Option<u32> = row.get(11)?;
    let payment = Payment {
        row: row.get(0)?,
        id: PaymentId(row.get(1)?),
        request_id: row.get::<_, ReadRequestId>(2)?.0,
        payer: WalletSlot::from_number(0),
        payee: number(row, 4)?,
        amount: amount(row, 5)?,
        submitted_at,
        expires_at: time(row, 7)?,
        state,
        reason: reason(row, 9)?,
        cycle: None,
        queued: false,
        finished_at: if state.is_final() { submitted_at } else { Timestamp::ZERO },
        outcome_row: 0,
        alias: alias.and_then(ContentMark::from_number),
        before_marks: alias == Some(BEFORE_MARKS),
        remark: optional_text(row, 10)?,
    };
    Ok((number(row, 3)?, payment))
}

/// What stands for the mark of an alias in payments that an older ledger took.
const BEFORE_MARKS: u32 = 0;

/// A mark; NULL is none.
fn mark(row: &Row<'_>, column: usize) -> Result<Option<ContentMark>> {
    let stored: Option<u32> = row.get(column)?;
    stored
        .map(|number| ContentMark::from_number(number).ok_or_else(|| broken(column, "0 as a mark")))
        .transpose()
}

fn inbound(row: &Row<'_>) -> Result<Inbound> {
    Ok(Inbound {
        row: row.get(0)?,
        id: PaymentId(row.get(1)?),
        payer: optional_number(row, 2)?,
        payee: optional_number(row, 3)?,
        wallet: None,
        amount: amount(row, 4)?,
        submitted_at: time(row, 5)?,
        decided_at: time(row, 6)?,
        state: known(row, 7, InboundState::from_number)?,
        reason: reason(row, 8)?,
        cycle: None,
        finished_at: Timestamp::ZERO,
        outcome_row: 0,
        held: false,
    })
}

fn outcome(row: &Row<'_>) -> Result<OutcomeRow> {
    Ok(OutcomeRow {
        row: row.get(0)?,
        of: row.get(1)?,
        reason: reason(row, 2)?,
        cycle: CycleId::new(row.get(3)?),
        at: time(row, 4)?,
    })
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

fn state(connection: &Connection, link: &mut LinkState, tick: &mut TickState) -> Result<()> {
    let sql = "SELECT incarnation, advice, central_bank_batch, tick, next_index, complete, tick_ended, \
               central_bank_head FROM state";
    let read = |row: &Row<'_>| {
        let tick = TickState {
            tick: row.get(3)?,
            next_index: row.get(4)?,
            complete: flag(row, 5)?,
            tick_ended: row.get(6)?,
        };
        Ok(((row.get(0)?, row.get(1)?, row.get(2)?, row.get(7)?), tick))
    };
    if let Some((stored_link, stored_tick)) = connection.query_row(sql, [], read).optional()? {
        (link.incarnation, link.advice, link.central_bank_batch, link.central_bank_head) =
            stored_link;
        *tick = stored_tick;
    } else if store::chain(connection)?.batch > 0 {
        return Err(broken(0, "no row of the table state"));
    }
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
    Ok(())
}

fn withdrawal(row: &Row<'_>) -> Result<(OperationId, Amount, bool)> {
    Ok((OperationId(row.get(0)?), sum(row, 1)?, flag(row, 2)?))
}

/// A request id as stored: 16 bytes when it is a UUID, text otherwise.
struct ReadRequestId(RequestId);

impl FromSql for ReadRequestId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let read = match value {
            ValueRef::Blob(bytes) => bytes.try_into().ok().map(RequestId::Uuid),
            ValueRef::Text(text) => {
                std::str::from_utf8(text).ok().map(|text| RequestId::Text(text.into()))
            }
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => None,
        };
        read.map(Self).ok_or(FromSqlError::InvalidType)
    }
}
