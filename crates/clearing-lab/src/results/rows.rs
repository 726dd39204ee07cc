//! The tables of a run, a declaration each. What the columns mean is described in `docs/results.md`.

use clearing_domain::money::{Amount, PaymentId, Position, Timestamp, WalletNumber};

use super::balances::BalanceRow;
use super::row::{Operator, Row, row};

row! {
    /// A payment of an operator's customer.
    PaymentRow<'a> in "payments" {
        payment_id: PaymentId,
        reference: Option<&'a str>,
        payer_operator: Operator<'a>,
        payee_operator: Operator<'a>,
        payer_wallet: WalletNumber,
        payee_wallet: WalletNumber,
        amount_fen: Amount,
        state: &'static str,
        reason: Option<&'static str>,
        cycle: Option<i64>,
        submitted_at: Timestamp,
        admitted_at: Option<Timestamp>,
        accepted_at: Option<Timestamp>,
        cleared_at: Option<Timestamp>,
        settled_at: Option<Timestamp>,
    }
}

row! {
    /// A clearing cycle.
    CycleRow in "cycles" {
        cycle: i64,
        state: &'static str,
        opened_at: Timestamp,
        closed_at: Option<Timestamp>,
        payments: i64,
        gross_fen: Position,
        net_fen: i64,
        bilateral_net_fen: i64,
        settled_fen: i64,
        carried_fen: i64,
        asked_fen: i64,
        deficiency_fen: i64,
    }
}

row! {
    /// Where an operator stood in a cycle.
    PositionRow<'a> in "positions" {
        cycle: i64,
        operator: Operator<'a>,
        sent_fen: Position,
        received_fen: Position,
        net_fen: Position,
        brought_fen: Position,
        settled_fen: Position,
        carried_fen: Position,
        claimed_fen: Position,
        peak_net_debit_fen: Amount,
        balance_after_fen: Position,
        asked_fen: i64,
    }
}

row! {
    /// A payment that waited for cover, or an obligation that missed a cut-off.
    QueueRow<'a> in "queue" {
        payment_id: PaymentId,
        payer_operator: Operator<'a>,
        payee_operator: Operator<'a>,
        amount_fen: Amount,
        cycle: i64,
        queued_at: Timestamp,
        cut_offs_missed: i64,
        settled_cycle: Option<i64>,
        settled_at: Option<Timestamp>,
        ended_at: Option<Timestamp>,
        state: &'static str,
        reason: Option<&'static str>,
        paid_fen: i64,
    }
}

row! {
    /// A wallet at the end.
    WalletRow<'a> in "wallets" {
        wallet_number: WalletNumber,
        operator: Operator<'a>,
        kind: &'static str,
        class: i64,
        status: &'static str,
        balance_fen: Amount,
        in_transit_fen: Amount,
    }
}

row! {
    /// What an operator has at the central bank at the end, and what it needed and owes.
    AccountRow<'a> in "accounts" {
        operator: Operator<'a>,
        reserves_fen: Position,
        held_fen: Position,
        unsettled_fen: Position,
        cap_fen: Option<Amount>,
        most_owed_fen: i64,
        largest_asked_fen: i64,
        sufficient_fen: i64,
        central_bank_credit_drawn_fen: Position,
        central_bank_credit_repaid_fen: Position,
        central_bank_credit_open_fen: Position,
        overdraft_fen: Position,
        claims_held_fen: Position,
        claims_owed_fen: Position,
        loss_fen: Position,
    }
}

row! {
    /// What one owes another outside settlement.
    ClaimRow<'a> in "claims" {
        kind: &'static str,
        debtor: Operator<'a>,
        creditor: Operator<'a>,
        arisen_fen: Position,
        settled_fen: Position,
        open_fen: Position,
        cut_offs: i64,
    }
}

row! {
    /// A business day between operators.
    DayRow in "days" {
        day: i64,
        date: String,
        payments: i64,
        gross_fen: i64,
        upper_bound_fen: i64,
        lower_bound_fen: i64,
        turnover_ratio: Option<f64>,
        multilateral_netting_ratio: Option<f64>,
        bilateral_netting_ratio: Option<f64>,
        delay_indicator: Option<f64>,
        mean_delay_seconds: Option<f64>,
        average_payment_seconds: Option<f64>,
        decile_10_seconds: Option<f64>,
        decile_50_seconds: Option<f64>,
        decile_90_seconds: Option<f64>,
        average_net_debit_fen: Option<f64>,
        average_net_credit_fen: Option<f64>,
        gini_of_liquidity_cost: Option<f64>,
        hhi_sent: Option<f64>,
        density: Option<f64>,
        link_reciprocity: Option<f64>,
        clustering: Option<f64>,
        core_members: i64,
        core_error_score: Option<f64>,
    }
}

row! {
    /// An operator on a business day.
    DayOperatorRow<'a> in "day_operators" {
        day: i64,
        date: String,
        operator: Operator<'a>,
        sent_fen: i64,
        received_fen: i64,
        out_degree: i64,
        in_degree: i64,
        most_net_debit_fen: i64,
        most_net_credit_fen: i64,
        average_net_debit_fen: Option<f64>,
        average_net_credit_fen: Option<f64>,
        provision_relative_to_usage: Option<f64>,
        page_rank: Option<f64>,
        in_core: i64,
    }
}

/// The names of all tables of a run.
pub const TABLES: [&str; 10] = [
    PaymentRow::TABLE,
    CycleRow::TABLE,
    PositionRow::TABLE,
    QueueRow::TABLE,
    WalletRow::TABLE,
    AccountRow::TABLE,
    ClaimRow::TABLE,
    BalanceRow::TABLE,
    DayRow::TABLE,
    DayOperatorRow::TABLE,
];
