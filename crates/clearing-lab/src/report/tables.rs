//! Tables of operators and cycles: the same as the charts, exactly.

use crate::results::{CycleSummary, OperatorIndicators, OperatorSummary};

use super::files::{DebtRow, RunFiles};
use super::table::{Table, cells};
use super::text::{grouped, moment, optional, percent, share, significant, yuan};

/// More rows or columns than this would not be read.
const CYCLES_MAX: usize = 50;
const NET_COLUMNS_MAX: usize = 8;
const DEBTS_MAX: usize = 100;

/// The figures that a person asks for first.
pub(super) fn key_figures(files: &RunFiles) -> Vec<(&'static str, String)> {
    let (totals, indicators) = (&files.summary.totals, files.summary.indicators.as_ref());
    vec![
        ("Payments", grouped(totals.payments)),
        ("Completed", optional(share(totals.completed as i64, totals.payments as i64), percent)),
        ("Mean payment", format!("{} yuan", yuan(totals.mean_payment_fen))),
        ("Value between operators", format!("{} yuan", yuan(totals.gross_fen))),
        ("Net over gross", optional(totals.netting_ratio, percent)),
        ("Unsettled at the end", format!("{} yuan", yuan(totals.unsettled_fen))),
        (
            "Liquidity, upper bound",
            optional(indicators, |one| format!("{} yuan", yuan(one.upper_bound_fen))),
        ),
        ("Delay indicator", optional(indicators.and_then(|one| one.delay_indicator), significant)),
    ]
}

pub(super) fn operators(files: &RunFiles) -> Table {
    let row = |operator: &OperatorSummary| {
        vec![
            operator.code.clone(),
            grouped(operator.wallets),
            grouped(operator.payments),
            yuan(operator.sent_fen),
            yuan(operator.received_fen),
            yuan(operator.received_fen - operator.sent_fen),
            yuan(operator.settlement_balance_fen),
        ]
    };
    Table {
        caption:
            "Operators: payments their wallets submitted, and yuan sent to and received from others"
                .to_owned(),
        header: cells([
            "operator",
            "wallets",
            "payments",
            "sent",
            "received",
            "net",
            "settlement account at the end",
        ]),
        text: &[],
        rows: files.summary.operators.iter().map(row).collect(),
    }
}

pub(super) fn caps(files: &RunFiles) -> Table {
    let row = |(operator, cap): (&OperatorSummary, &Option<i64>)| {
        let peak = operator.peak_net_debit_fen;
        vec![
            operator.code.clone(),
            cap.map_or("unlimited".to_owned(), yuan),
            yuan(peak),
            optional(cap.and_then(|cap| share(peak, cap)), percent),
            optional(*cap, |cap| yuan(cap - peak)),
        ]
    };
    let rows = files.summary.operators.iter().zip(&files.caps).map(row).collect();
    let caption =
        "Net debit caps and the most that was used of them, payment by payment, in yuan".to_owned();
    let header = cells(["operator", "cap", "peak net debit", "used", "least headroom"]);
    Table { caption, header, text: &[], rows }
}

/// The cycles with what they settled; the first of them when there are many.
pub(super) fn cycles(files: &RunFiles) -> Table {
    let all = files.summary.cycles.len();
    let row = |cycle: &CycleSummary| {
        // State and time of a cycle are in its table alone.
        let known = files.cycles.iter().find(|row| row.cycle == i64::from(cycle.cycle));
        vec![
            cycle.cycle.to_string(),
            optional(known.and_then(|row| row.closed_at), moment),
            optional(known, |row| row.state.to_lowercase().replace('_', " ")),
            grouped(cycle.payments),
            yuan(cycle.gross_fen),
            yuan(cycle.net_fen),
            optional(cycle.netting_ratio, percent),
            yuan(cycle.carried_fen),
        ]
    };
    let shown =
        if all > CYCLES_MAX { format!(", the first {CYCLES_MAX} of {all}") } else { String::new() };
    Table {
        caption: format!("Cycles{shown}: what was cleared in them and what netting left, in yuan"),
        header: cells([
            "cycle",
            "closed",
            "state",
            "payments",
            "gross",
            "net",
            "net over gross",
            "carried",
        ]),
        text: &[1, 2],
        rows: files.summary.cycles.iter().take(CYCLES_MAX).map(row).collect(),
    }
}

/// The net of each operator in each cycle, or over all when there are many.
pub(super) fn nets(files: &RunFiles) -> Table {
    let (cycles, sums) = (&files.summary.cycles, files.summary.cycles.len() > NET_COLUMNS_MAX);
    if cycles.is_empty() {
        return Table::default();
    }
    let row = |operator: &OperatorSummary| {
        let nets = &operator.net_fen;
        let (least, largest) = (nets.iter().min().copied(), nets.iter().max().copied());
        let figures = if sums {
            vec![nets.iter().sum(), least.unwrap_or_default(), largest.unwrap_or_default()]
        } else {
            nets.clone()
        };
        std::iter::once(operator.code.clone()).chain(figures.into_iter().map(yuan)).collect()
    };
    let names = if sums {
        cells(["sum of all cycles", "lowest", "highest"])
    } else {
        cycles.iter().map(|cycle| format!("cycle {}", cycle.cycle)).collect()
    };
    Table {
        caption: "Net positions in yuan: received minus sent; positive is a net credit".to_owned(),
        header: std::iter::once("operator".to_owned()).chain(names).collect(),
        text: &[],
        rows: files.summary.operators.iter().map(row).collect(),
    }
}

/// Who owes what outside settlement.
pub(super) fn debts(files: &RunFiles) -> Table {
    let row = |debt: &DebtRow| {
        let creditor =
            if debt.creditor == "central-bank" { "the central bank" } else { &debt.creditor };
        let kind = match debt.kind.as_str() {
            "CLAIM" => "claim",
            "CREDIT" => "credit at a cut-off",
            "OVERDRAFT" => "reserve account below zero",
            // A kind that has no words here shows as it stands in the table.
            other => other,
        };
        let parties = [debt.debtor.clone(), creditor.to_owned(), kind.to_owned()];
        parties.into_iter().chain(debt.sums.map(yuan)).collect()
    };
    let shown = match files.debts.len() {
        all if all > DEBTS_MAX => format!(", the first {DEBTS_MAX} of {all}"),
        _ => String::new(),
    };
    Table {
        caption: format!("Owed outside settlement{shown}, in yuan"),
        header: cells(["owes", "to", "what", "arisen", "settled or set off", "open"]),
        text: &[1, 2],
        rows: files.debts.iter().take(DEBTS_MAX).map(row).collect(),
    }
}

/// What each operator lost and was lent; nothing when nobody did.
pub(super) fn losses(files: &RunFiles) -> Table {
    let row = |operator: &OperatorSummary| {
        let sums = [
            operator.loss_fen,
            operator.claims_held_fen,
            operator.claims_owed_fen,
            operator.central_bank_credit_drawn_fen,
            operator.central_bank_credit_repaid_fen,
            operator.central_bank_credit_open_fen,
            operator.overdraft_fen,
        ];
        std::iter::once(operator.code.clone()).chain(sums.map(yuan)).collect()
    };
    if files.debts.is_empty() {
        return Table::default();
    }
    Table {
        caption: "Losses by bearer, claims, and credit of the central bank by operator, in yuan"
            .to_owned(),
        header: cells([
            "operator",
            "loss",
            "claims held",
            "claims owed",
            "credit drawn",
            "credit repaid",
            "credit open",
            "overdraft",
        ]),
        text: &[],
        rows: files.summary.operators.iter().map(row).collect(),
    }
}

pub(super) fn liquidity(files: &RunFiles) -> Table {
    let row = |operator: &OperatorIndicators| {
        vec![
            operator.code.clone(),
            yuan(operator.upper_bound_fen),
            yuan(operator.lower_bound_fen),
            yuan(operator.most_owed_fen),
            yuan(operator.largest_asked_fen),
            yuan(operator.sufficient_fen),
            optional(operator.provision_relative_to_usage, |share| {
                format!("{:+.1}", share * 100.0)
            }),
        ]
    };
    let operators = files.summary.operators.iter();
    let indicators = operators.filter_map(|operator| files.summary.liquidity(&operator.code));
    Table {
        caption: "Liquidity in yuan; provided minus used is the share of the upper bound minus the share of value sent, in percentage points"
            .to_owned(),
        header: cells([
            "operator",
            "upper bound",
            "lower bound",
            "most owed",
            "most asked for",
            "sufficient",
            "provided minus used",
        ]),
        text: &[],
        rows: indicators.map(row).collect(),
    }
}
