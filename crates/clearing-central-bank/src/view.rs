//! The records of the central bank's ledger as messages for clients.

use clearing_api::enums::WireEnum as _;
use clearing_api::status::FieldError;
use clearing_api::text::timestamp;
use clearing_api::{settlement_mode, v1};
use clearing_domain::Reason;
use clearing_domain::central_bank::{
    Action, BilateralLimit, CentralBankLedger, Cycle, CycleState, ModeChange, Operation,
    OperatorAccount, Phase, Transfer, WaitingRemittance,
};
use clearing_domain::money::{Amount, OperatorNumber, Position, Timestamp};
use clearing_domain::netting::Priority;

/// A member of the roster.
pub(crate) fn operator(ledger: &CentralBankLedger, number: OperatorNumber) -> v1::Operator {
    let account = &ledger.accounts()[number];
    v1::Operator {
        operator_code: account.code.to_string(),
        name: account.name.to_string(),
        name_zh: account.name_zh.to_string(),
        wallet_prefix: account.prefix.to_string(),
        active: account.active,
        connected: ledger.is_connected(number),
    }
}

/// The accounts of an operator.
pub(crate) fn accounts(
    ledger: &CentralBankLedger,
    account: &OperatorAccount,
    now: Timestamp,
) -> v1::OperatorAccounts {
    let limits = ledger.operator_number(account.code).map(|number| {
        let limits = ledger.bilateral_limits(number, now).iter().map(bilateral_limit).collect();
        let reserved = ledger.reserved(number, now).into_iter().map(reserved).collect();
        (ledger.receiver_cap(number), limits, reserved)
    });
    let (receiver_cap, bilateral_limits, reserved) = limits.unwrap_or_default();
    v1::OperatorAccounts {
        operator_code: account.code.to_string(),
        reserves: account.reserves.to_string(),
        ecny_held: account.held.to_string(),
        settlement_balance: account.settlement_asset(ledger.settings().regime).to_string(),
        unsettled: account.unsettled.to_string(),
        outstanding: account.outstanding.to_string(),
        net_debit_cap: account.cap.map(|cap| cap.to_string()),
        headroom: account.headroom().map(|headroom| headroom.to_string()),
        credit_line: account.credit.to_string(),
        earmarked: account.guarantees.earmarked.to_string(),
        collateral: account.guarantees.collateral.to_string(),
        active: account.active,
        receiver_cap: receiver_cap.map(|cap| cap.to_string()),
        bilateral_limits,
        reserved,
    }
}

fn reserved((level, amount, left): (Priority, Amount, Amount)) -> v1::ReservedLiquidity {
    v1::ReservedLiquidity {
        priority: v1::Priority::of(level).into(),
        amount: amount.to_string(),
        left: left.to_string(),
    }
}

fn bilateral_limit(limit: &BilateralLimit) -> v1::BilateralLimit {
    v1::BilateralLimit {
        payee_operator_code: limit.payee.to_string(),
        limit: limit.limit.to_string(),
        paid: limit.paid.to_string(),
    }
}

/// A settlement mode to come.
pub(crate) fn mode_change(change: ModeChange) -> v1::SettlementModeChange {
    v1::SettlementModeChange {
        from_time: Some(timestamp(change.from)),
        mode: Some(settlement_mode::show(change.mode)),
    }
}

/// The present position of an operator.
pub(crate) fn position(account: &OperatorAccount) -> v1::OperatorPosition {
    v1::OperatorPosition {
        operator_code: account.code.to_string(),
        net_position: account.unsettled.to_string(),
        outstanding: account.outstanding.to_string(),
        net_debit_cap: account.cap.map(|cap| cap.to_string()),
        headroom: account.headroom().map(|headroom| headroom.to_string()),
    }
}

/// A cycle, open or closed.
pub(crate) fn cycle(ledger: &CentralBankLedger, cycle: &Cycle) -> v1::Cycle {
    use v1::cycle::State;
    let state = match cycle.state {
        CycleState::Open => State::Open,
        CycleState::Settled => State::Settled,
        CycleState::PartlySettled => State::PartlySettled,
        CycleState::Carried => State::Carried,
        CycleState::Unwound => State::Unwound,
        CycleState::LossShared => State::LossShared,
        CycleState::Frozen => State::Frozen,
        CycleState::ProRata => State::ProRata,
    };
    let net: Position =
        cycle.positions.iter().map(|position| position.net.debit().position()).sum();
    v1::Cycle {
        cycle: cycle.id.number(),
        state: state.into(),
        payments: cycle.payments,
        gross_value: cycle.gross.to_string(),
        net_value: net.to_string(),
        open_time: Some(timestamp(cycle.opened_at)),
        close_time: cycle.closed_at.map(timestamp),
        positions: positions(ledger, cycle),
    }
}

fn positions(ledger: &CentralBankLedger, cycle: &Cycle) -> Vec<v1::CyclePosition> {
    let open = cycle.state == CycleState::Open;
    // An open or frozen cycle has moved nothing yet, so its balance is the present one.
    let settles = !open && cycle.state != CycleState::Frozen;
    let regime = ledger.settings().regime;
    let shown = ledger.accounts().iter().zip(&cycle.positions).map(|(account, position)| {
        let balance =
            if settles { position.balance_after } else { account.settlement_asset(regime) };
        let peak: Amount = if open { account.peak_net_debit } else { position.peak_net_debit };
        v1::CyclePosition {
            operator_code: account.code.to_string(),
            sent: position.sent.to_string(),
            received: position.received.to_string(),
            net_position: position.net.to_string(),
            settled: position.settled.to_string(),
            carried: position.carried.to_string(),
            claimed: position.claimed.to_string(),
            peak_net_debit: peak.to_string(),
            settlement_balance: balance.to_string(),
            brought_forward: position.brought.to_string(),
        }
    });
    shown.collect()
}

/// The settlement of a closed cycle.
pub(crate) fn settlement(ledger: &CentralBankLedger, cycle: &Cycle) -> v1::Settlement {
    v1::Settlement {
        cycle: cycle.id.number(),
        settle_time: cycle.closed_at.map(timestamp),
        positions: positions(ledger, cycle),
    }
}

/// What an operator has paid another one.
pub(crate) fn flow(
    ledger: &CentralBankLedger,
    payer: OperatorNumber,
    payee: OperatorNumber,
    sum: Position,
) -> v1::Flow {
    v1::Flow {
        payer_operator_code: ledger.accounts()[payer].code.to_string(),
        payee_operator_code: ledger.accounts()[payee].code.to_string(),
        amount: sum.to_string(),
    }
}

/// The claim between a pair of operators.
pub(crate) fn claim(
    ledger: &CentralBankLedger,
    pair: (OperatorNumber, OperatorNumber),
    sum: Position,
) -> v1::Claim {
    let code = |operator: OperatorNumber| ledger.accounts()[operator].code.to_string();
    let (creditor, debtor, sum) =
        if sum > Position::ZERO { (pair.0, pair.1, sum) } else { (pair.1, pair.0, -sum) };
    v1::Claim {
        creditor_operator_code: code(creditor),
        debtor_operator_code: code(debtor),
        amount: sum.to_string(),
    }
}

/// A payment that waits for cover.
pub(crate) fn queued(ledger: &CentralBankLedger, transfer: &Transfer) -> v1::QueuedPayment {
    let code = |operator: OperatorNumber| ledger.accounts()[operator].code.to_string();
    let entry = transfer.queued();
    v1::QueuedPayment {
        payment_id: transfer.id.to_string(),
        payer_operator_code: code(transfer.payer_operator),
        payee_operator_code: code(transfer.payee_operator),
        amount: transfer.amount.to_string(),
        priority: entry
            .map_or(v1::Priority::Unspecified, |entry| v1::Priority::of(entry.priority))
            .into(),
        submit_time: Some(timestamp(transfer.submitted_at)),
        queue_time: entry.map(|entry| timestamp(entry.at)),
        earliest_time: transfer.times().earliest.map(timestamp),
        latest_time: transfer.times().latest.map(timestamp),
    }
}

/// The cycle of a number; the open one when none is named.
pub(crate) fn find_cycle(
    ledger: &CentralBankLedger,
    number: Option<u32>,
) -> Result<&Cycle, FieldError> {
    let Some(number) = number else {
        let message = "no cycle is open";
        let none = || FieldError::new(Reason::CycleUnknown, "cycle", message);
        return ledger.open_cycle().ok_or_else(none);
    };
    let unsettled = ledger.open_cycle().into_iter().chain(ledger.frozen_cycle());
    let found = unsettled.chain(ledger.cycles()).find(|cycle| cycle.id.number() == number);
    found.ok_or_else(|| cycle_unknown(number))
}

/// The error of a number that no cycle has.
pub(crate) fn cycle_unknown(number: u32) -> FieldError {
    FieldError::new(Reason::CycleUnknown, "cycle", format!("cycle {number} is not known"))
}

/// An issue or a withdrawal.
pub(crate) fn operation(
    ledger: &CentralBankLedger,
    operation: &Operation,
) -> v1::IssuanceOperation {
    use v1::issuance_operation::State;
    let state = if let Action::RequestWithdrawal { .. } = operation.action {
        State::Requested
    } else if let Action::DeclineWithdrawal { .. } = operation.action {
        State::Declined
    } else {
        State::Booked
    };
    let account = operation.operator.and_then(|operator| ledger.accounts().of(operator));
    v1::IssuanceOperation {
        operator_code: account.map(|account| account.code.to_string()).unwrap_or_default(),
        amount: operation.action.sum().to_string(),
        state: state.into(),
        update_time: Some(timestamp(operation.at)),
    }
}

/// A sum that the treasury waits for.
pub(crate) fn waiting(
    ledger: &CentralBankLedger,
    waiting: WaitingRemittance,
) -> v1::WaitingRemittance {
    v1::WaitingRemittance {
        operator_code: ledger.accounts()[waiting.operator].code.to_string(),
        operation_id: waiting.operation.to_string(),
        amount: waiting.amount.to_string(),
        // It is paid as soon as the reserves suffice, so nothing else keeps it.
        reason: v1::ErrorReason::ReservesInsufficient.into(),
    }
}

/// The clock.
pub(crate) fn clock(ledger: &CentralBankLedger, now: Timestamp) -> v1::Clock {
    use v1::clock::Mode;
    if ledger.settings().lockstep.is_none() {
        return v1::Clock {
            mode: Mode::Wall.into(),
            business_time: Some(timestamp(now)),
            tick: None,
            tick_over: true,
            waiting_for: Vec::new(),
        };
    }
    let clock = ledger.tick_clock();
    v1::Clock {
        mode: Mode::Lockstep.into(),
        business_time: Some(timestamp(clock.business_time)),
        tick: Some(clock.tick).filter(|tick| *tick > 0),
        tick_over: clock.phase == Phase::Idle,
        waiting_for: clock.missing.iter().map(ToString::to_string).collect(),
    }
}
