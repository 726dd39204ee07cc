//! What a run shows, in sentences.

use super::charts::{CUT_OFFS_MAX, Charts};
use super::faults::Consequences;
use super::files::RunFiles;
use super::text::{
    counted, duration, grouped, moment, optional, percent, share, significant, yuan,
};

/// What was run.
pub(super) fn subtitle(files: &RunFiles) -> String {
    let summary = &files.summary;
    format!(
        "Seed {}, {}, {} regime, settlement {}. Times are those of Shanghai, money is in yuan.",
        summary.seed,
        counted(summary.days.into(), "business day", "business days"),
        summary.regime,
        summary.algorithm
    )
}

/// The whole run.
pub(super) fn summary(files: &RunFiles) -> Vec<String> {
    let totals = &files.summary.totals;
    if totals.payments == 0 {
        return vec!["No payment was submitted.".to_owned()];
    }
    let part = |count: u64| optional(share(count as i64, totals.payments as i64), percent);
    let mut sentences = vec![format!(
        "Of {} submitted, {} ({}) completed, {} ({}) were rejected before any money left a wallet, {} were returned after the debit and {} have no final outcome.",
        counted(totals.payments, "payment", "payments"),
        grouped(totals.completed),
        part(totals.completed),
        grouped(totals.rejected),
        part(totals.rejected),
        grouped(totals.returned),
        grouped(totals.in_transit),
    )];
    sentences.push(format!(
        "{} between operators were worth {} yuan. {}",
        counted(totals.cross_operator, "completed payment", "completed payments"),
        yuan(totals.gross_fen),
        match totals.netting_ratio {
            Some(ratio) => format!(
                "Netting left {} yuan to settle, {} of that value; {} yuan moved on settlement accounts.",
                yuan(totals.net_fen),
                percent(ratio),
                yuan(totals.settled_fen)
            ),
            None => format!("Nothing was netted; {} yuan moved on settlement accounts.", yuan(totals.settled_fen)),
        }
    ));
    sentences.push(match (totals.unsettled_fen, totals.waiting_fen) {
        (0, 0) => "Nothing was left unsettled at the end.".to_owned(),
        (0, waiting) => format!("At the end payments of {} yuan waited.", yuan(waiting)),
        (fen, 0) => format!("At the end net debits of {} yuan were unsettled.", yuan(fen)),
        (fen, waiting) => format!(
            "At the end net debits of {} yuan were unsettled, and payments of {} yuan waited.",
            yuan(fen),
            yuan(waiting)
        ),
    });
    sentences
}

/// Who came how close to its cap.
pub(super) fn positions(files: &RunFiles) -> String {
    if files.summary.is_gross() {
        return "Every payment settles as it clears, so nobody ever owes anything. The lines show what each operator has received less what it has sent.".to_owned();
    }
    let operators = files.summary.operators.iter().zip(&files.caps);
    let Some((most, _)) = operators.clone().max_by_key(|(operator, _)| operator.peak_net_debit_fen)
    else {
        return "The run has no operators.".to_owned();
    };
    if most.peak_net_debit_fen == 0 {
        return "No operator was ever in net debit.".to_owned();
    }
    let used = operators.filter_map(|(operator, cap)| {
        Some((share(operator.peak_net_debit_fen, (*cap)?)?, operator))
    });
    let caps = match used.max_by(|(one, _), (other, _)| one.total_cmp(other)) {
        Some((used, operator)) => {
            format!("{} came closest to its cap and used {} of it.", operator.code, percent(used))
        }
        None => "No operator has a cap.".to_owned(),
    };
    format!(
        "A line below zero is a net debit: what an operator owes from cleared payments until a cut-off settles them. The largest was {} yuan, of {}. {caps}{}",
        yuan(most.peak_net_debit_fen),
        most.code,
        if files.cycles.len() > CUT_OFFS_MAX {
            " There are too many cut-offs to mark."
        } else {
            ""
        }
    )
}

/// What the cycles netted to.
pub(super) fn cycles(files: &RunFiles) -> String {
    let cycles = &files.summary.cycles;
    if cycles.is_empty() {
        return "There are no cycles: every payment settles by itself.".to_owned();
    }
    let carried = cycles.iter().filter(|cycle| cycle.carried_fen > 0).count() as u64;
    format!(
        "{} had payments or debts in them; {}. Positive is a net credit, negative a net debit.",
        counted(cycles.len() as u64, "cycle", "cycles"),
        match carried {
            0 => "all of them settled in full".to_owned(),
            _ => format!("{} carried something to the next", grouped(carried)),
        }
    )
}

/// Between whom most flows.
pub(super) fn flows(files: &RunFiles) -> String {
    let codes = &files.summary.operators;
    let cells = files.tally.flows.iter().enumerate().flat_map(|(payer, row)| {
        row.iter()
            .enumerate()
            .filter(move |(payee, _)| *payee != payer)
            .map(move |(payee, fen)| (*fen, payer, payee))
    });
    match cells.max_by_key(|(fen, payer, payee)| (*fen, std::cmp::Reverse((*payer, *payee)))) {
        Some((fen, payer, payee)) if fen > 0 => format!(
            "The largest flow is that from {} to {}: {} yuan, {} of the value between operators. Payments within an operator are in the table, but not in the colours.",
            codes[payer].code,
            codes[payee].code,
            yuan(fen),
            optional(share(fen, files.summary.totals.gross_fen), percent)
        ),
        _ => "No payment between operators completed.".to_owned(),
    }
}

/// What waited for settlement.
pub(super) fn waiting(files: &RunFiles) -> String {
    let most = match files.tally.unsettled.peak() {
        Some((at, fen)) if !files.summary.is_gross() => {
            format!(
                "The most that was cleared and not yet settled was {} yuan, at {}. ",
                yuan(fen),
                moment(at)
            )
        }
        _ => String::new(),
    };
    let waited = match (files.summary.is_gross(), files.queue.queued) {
        (true, count) => counted(count, "payment waited for cover", "payments waited for cover"),
        (false, count) => {
            counted(count, "obligation missed a cut-off", "obligations missed a cut-off")
        }
    };
    let returned = match files.queue.returned {
        0 => String::new(),
        count => format!(", of which {} returned", counted(count, "was", "were")),
    };
    match files.queue.value.peak() {
        Some((at, fen)) => {
            let at = moment(at);
            format!(
                "{most}{waited}{returned}; the most value that waited at a time was {} yuan, from {at}.",
                yuan(fen)
            )
        }
        None => format!("{most}Nothing was queued."),
    }
}

/// How much liquidity the run took, and for how long money waited.
pub(super) fn liquidity(files: &RunFiles) -> Vec<String> {
    let Some(indicators) = &files.summary.indicators else {
        return vec!["These results have no indicators.".to_owned()];
    };
    if files.summary.totals.gross_fen == 0 {
        return vec![
            "No payment between operators completed, so no liquidity was needed and nothing was delayed.".to_owned(),
        ];
    }
    let bounds = format!(
        "To settle every payment at once, the operators would need {} yuan of liquidity in all (upper bound); to settle the net of the whole run, {} yuan (lower bound). Each yuan of the upper bound turns over {} times.",
        yuan(indicators.upper_bound_fen),
        yuan(indicators.lower_bound_fen),
        optional(indicators.turnover_ratio, |ratio| format!("{ratio:.2}"))
    );
    let delay = format!(
        "The delay indicator is {}: 0 when every obligation settles as it is submitted, 1 when all of them settle at the close of their day. Weighted with value, an obligation waited {}.",
        optional(indicators.delay_indicator, significant),
        optional(indicators.mean_delay_seconds, duration)
    );
    let need = if files.summary.is_gross() {
        format!(
            "So that no payment was refused or had to wait, settled at the end of its tick, {} yuan would have sufficed.",
            yuan(indicators.sufficient_fen)
        )
    } else {
        format!(
            "Between settlements operators owed up to {} yuan, each at its worst time. A cut-off asked them for {} yuan on average and {} yuan at most; {} yuan of cover would have sufficed for all of them.",
            yuan(indicators.most_owed_fen),
            optional(indicators.mean_asked_fen, |fen| yuan(fen.round() as i64)),
            yuan(indicators.largest_asked_fen),
            yuan(indicators.sufficient_fen)
        )
    };
    vec![bounds, need, delay]
}

/// Who owes what outside settlement.
pub(super) fn owed(files: &RunFiles) -> String {
    let totals = &files.summary.totals;
    if files.debts.is_empty() {
        return "Nobody owes anything outside settlement: no cut-off left claims, and the central bank lent nothing."
            .to_owned();
    }
    let most = files.summary.operators.iter().max_by_key(|operator| operator.loss_fen);
    let losses = match (totals.losses_fen, most) {
        (0, _) | (_, None) => "No operator got claims in the place of money.".to_owned(),
        (losses, Some(most)) => format!(
            "In the place of money operators got claims of {} yuan; {} bears the most of that loss, {} yuan. At the end they claim {} yuan of each other.",
            yuan(losses),
            most.code,
            yuan(most.loss_fen),
            yuan(totals.claims_fen)
        ),
    };
    let credit = match totals.central_bank_credit_drawn_fen {
        0 => "The central bank lent nothing at cut-offs.".to_owned(),
        drawn => format!(
            "The central bank lent {} yuan at cut-offs that were not covered, of which {} yuan were repaid and {} yuan are open.",
            yuan(drawn),
            yuan(totals.central_bank_credit_repaid_fen),
            yuan(totals.central_bank_credit_open_fen)
        ),
    };
    format!("{losses} {credit}")
}

/// When payments were made.
pub(super) fn throughput(charts: &Charts) -> String {
    let busiest = charts
        .throughput
        .bars
        .iter()
        .max_by_key(|bar| (bar[2] + bar[4], std::cmp::Reverse(bar[0])));
    match busiest {
        Some([start, between_fen, between, on_us_fen, on_us]) => format!(
            "Completed payments by {} of submission. The busiest began at {}: {} worth {} yuan.",
            if charts.throughput.hours == 1 {
                "hour".to_owned()
            } else {
                format!("{} hours", charts.throughput.hours)
            },
            moment(charts.start_ms + start * 1000),
            counted((between + on_us) as u64, "payment", "payments"),
            yuan(between_fen + on_us_fen)
        ),
        None => "No payment completed.".to_owned(),
    }
}

/// Why payments were refused.
pub(super) fn refused(charts: &Charts) -> String {
    match charts.refused.first() {
        Some((reason, count)) => {
            format!(
                "The most frequent reason is {reason}, with {}.",
                counted(*count, "payment", "payments")
            )
        }
        None => "No payment was rejected or returned.".to_owned(),
    }
}

/// What was broken on purpose, and what came of it.
pub(super) fn faults(files: &RunFiles) -> String {
    let count = files.faults.len() as u64;
    if count == 0 {
        return "No faults were injected.".to_owned();
    }
    let marked = counted(count, "fault is", "faults are");
    let sum = |of: fn(&Consequences) -> Option<i64>| {
        files.faults.iter().filter_map(|fault| of(&fault.did)).sum::<i64>()
    };
    let payments = |of: fn(&Consequences) -> Option<u64>| {
        let count = files.faults.iter().filter_map(|fault| of(&fault.did)).sum();
        counted(count, "payment was", "payments were")
    };
    format!(
        "{marked} marked in every chart over time. In all {} withheld, worth {} yuan, {} delayed, and {} yuan left settlement balances.",
        payments(|did| did.withheld),
        yuan(sum(|did| did.withheld_fen)),
        payments(|did| did.delayed),
        yuan(sum(|did| did.lost_fen)),
    )
}
