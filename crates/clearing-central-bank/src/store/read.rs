//! Reads a ledger from its file.

use clearing_domain::central_bank::{
    AccountRow, AdviceRow, AliasHash, AliasRow, ClockState, Cycle, CyclePosition, CycleState,
    Guarantees, LoadedCentralBank, Manner, Operation, OperationKind, Phase, Transfer,
    TransferEvent, TransferEventKind, TransferState,
};
use clearing_domain::link::{Advice, AdviceEvent, OperationId};
use clearing_domain::money::{CycleId, PaymentId, RequestKey, Timestamp};
use clearing_domain::netting::Priority;
use clearing_node::store;
use clearing_node::store::column::{
    amount, broken, flag, known, number, numbered, optional_number, optional_sum, optional_text,
    position, reason, rows, sum, time,
};
use rusqlite::{Connection, OptionalExtension, Result, Row};

/// Everything the file holds.
pub(super) fn read(connection: &Connection) -> Result<LoadedCentralBank> {
    Ok(LoadedCentralBank {
        transfers: rows(
            connection,
            "SELECT row, id, request_key, payer, payee, payer_operator, payee_operator, amount, submitted_at, \
             expires_at, admitted_at, state, reason FROM transfers ORDER BY row",
            transfer,
        )?,
        events: rows(
            connection,
            "SELECT row, of, kind, reason, cycle, decided_at, at, priority FROM transfer_events ORDER BY row",
            event,
        )?,
        operations: rows(
            connection,
            "SELECT row, id, kind, operator, counterparty, sum, at FROM operations ORDER BY row",
            operation,
        )?,
        advices: rows(
            connection,
            "SELECT row, operator, number, kind, operation, first, second, first_cycle, second_cycle FROM advices \
             ORDER BY row",
            advice,
        )?,
        cycles: cycles(connection)?,
        aliases: rows(
            connection,
            "SELECT row, alias, wallet, shown FROM aliases ORDER BY row",
            alias,
        )?,
        accounts: accounts(connection)?,
        clock: clock(connection)?,
        chain: store::chain(connection)?,
        file: store::file_digest(connection)?,
    })
}

fn transfer(row: &Row<'_>) -> Result<Transfer> {
    let state = known(row, 11, TransferState::from_number)?;
    let admitted_at = time(row, 10)?;
    Ok(Transfer {
        row: row.get(0)?,
        id: PaymentId(row.get(1)?),
        request_key: RequestKey(row.get(2)?),
        payer: number(row, 3)?,
        payee: number(row, 4)?,
        payer_operator: row.get(5)?,
        payee_operator: row.get(6)?,
        amount: amount(row, 7)?,
        submitted_at: time(row, 8)?,
        expires_at: time(row, 9)?,
        admitted_at,
        initial_state: state,
        state,
        reason: reason(row, 12)?,
        cycle: None,
        decided_at: Timestamp::ZERO,
        finished_at: if state.is_final() { admitted_at } else { Timestamp::ZERO },
        delivered_row: 0,
        delivered_at: Timestamp::ZERO,
        outcome_row: 0,
        queued: None,
        manner: Manner::Net,
    })
}

fn event(row: &Row<'_>) -> Result<TransferEvent> {
    Ok(TransferEvent {
        row: row.get(0)?,
        of: row.get(1)?,
        kind: known(row, 2, TransferEventKind::from_number)?,
        reason: reason(row, 3)?,
        cycle: CycleId::new(row.get(4)?),
        decided_at: time(row, 5)?,
        at: time(row, 6)?,
        priority: known(row, 7, Priority::from_level)?,
    })
}

fn operation(row: &Row<'_>) -> Result<Operation> {
    Ok(Operation {
        row: row.get(0)?,
        id: OperationId(row.get(1)?),
        kind: known(row, 2, OperationKind::from_number)?,
        operator: row.get(3)?,
        counterparty: row.get(4)?,
        sum: position(row, 5)?,
        at: time(row, 6)?,
    })
}

fn advice(row: &Row<'_>) -> Result<AdviceRow> {
    let sums = [position(row, 5)?, position(row, 6)?];
    let cycles = [CycleId::new(row.get(7)?), CycleId::new(row.get(8)?)];
    let (kind, operation) = (row.get(3)?, OperationId(row.get(4)?));
    // Parts that the kind does not have would be lost here, and no seal would tell.
    let event = AdviceEvent::from_parts(kind, operation, sums, cycles);
    let event = event.filter(|event| event.parts() == (kind, operation, sums, cycles));
    let event = event
        .ok_or_else(|| broken(3, "an advice of a kind that does not exist or has other parts"))?;
    Ok(AdviceRow {
        row: row.get(0)?,
        operator: row.get(1)?,
        advice: Advice { number: row.get(2)?, event },
    })
}

fn cycles(connection: &Connection) -> Result<Vec<Cycle>> {
    let sql =
        "SELECT row, cycle, opened_at, closed_at, state, payments, gross FROM cycles ORDER BY row";
    let mut cycles = rows(connection, sql, cycle)?;
    let sql = "SELECT sent, received, net, brought, settled, carried, claimed, carried_to, peak_net_debit, balance_after, \
               operator FROM cycle_positions WHERE cycle = ? ORDER BY operator";
    let mut statement = connection.prepare(sql)?;
    let mut positions = 0;
    for cycle in &mut cycles {
        let mut rows = statement.query([cycle.id.number()])?;
        while let Some(row) = rows.next()? {
            numbered(row, 10, cycle.positions.len())?;
            cycle.positions.push(cycle_position(row)?);
            positions += 1;
        }
    }
    let stored: i64 =
        connection.query_row("SELECT count(*) FROM cycle_positions", [], |row| row.get(0))?;
    if stored == positions {
        Ok(cycles)
    } else {
        Err(broken(0, "a position in a cycle that never closed"))
    }
}

fn cycle(row: &Row<'_>) -> Result<Cycle> {
    Ok(Cycle {
        row: row.get(0)?,
        id: CycleId::new(row.get(1)?).ok_or_else(|| broken(1, "cycle 0"))?,
        opened_at: time(row, 2)?,
        closed_at: time(row, 3)?,
        state: known(row, 4, CycleState::from_number)?,
        payments: row.get(5)?,
        gross: position(row, 6)?,
        positions: Vec::new(),
    })
}

fn cycle_position(row: &Row<'_>) -> Result<CyclePosition> {
    Ok(CyclePosition {
        sent: position(row, 0)?,
        received: position(row, 1)?,
        net: position(row, 2)?,
        brought: position(row, 3)?,
        settled: position(row, 4)?,
        carried: position(row, 5)?,
        claimed: position(row, 6)?,
        carried_to: CycleId::new(row.get(7)?),
        peak_net_debit: sum(row, 8)?,
        balance_after: position(row, 9)?,
    })
}

fn alias(row: &Row<'_>) -> Result<AliasRow> {
    Ok(AliasRow {
        row: row.get(0)?,
        alias: AliasHash(row.get(1)?),
        wallet: optional_number(row, 2)?,
        shown: optional_text(row, 3)?,
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

fn clock(connection: &Connection) -> Result<ClockState> {
    let read = |row: &Row<'_>| {
        Ok(ClockState {
            opened_at: time(row, 0)?,
            tick: row.get(1)?,
            phase: known(row, 2, Phase::from_number)?,
        })
    };
    let state =
        connection.query_row("SELECT opened_at, tick, phase FROM state", [], read).optional()?;
    let written = store::chain(connection)?.batch > 0;
    match state {
        None if written => Err(broken(0, "no row of the table state")),
        state => Ok(state.unwrap_or_default()),
    }
}
