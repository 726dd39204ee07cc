//! The summary of a run as text for a person.

use std::fmt::Write as _;
use std::path::Path;

use clearing_domain::money::Timestamp;
use clearing_lab::folder::REPORT;
use clearing_lab::results::{FaultSummary, OperatorSummary, PartSummary, Summary, TreasurySummary};
use clearing_lab::text::{grouped, significant, yuan};

use crate::story::{assertions, width, wrapped};
use crate::table::table;

/// The most cycles that have a column each; more are summed into one column.
const CYCLE_COLUMNS: usize = 6;

/// The table of operators, the totals, the digest and the folder of the results.
pub(crate) fn summary_text(summary: &Summary, folder: &Path) -> String {
    let days =
        if summary.days == 1 { "1 day".to_owned() } else { format!("{} days", summary.days) };
    let mut text = format!(
        "{}, seed {}: {days}, {} regime, {}\n\n",
        summary.scenario, summary.seed, summary.regime, summary.algorithm
    );
    text.push_str(&operators(summary));
    text.push_str(&nets(summary));
    text.push('\n');
    text.push_str(&totals(summary));
    if !summary.refused.is_empty() {
        let rows: Vec<_> = summary
            .refused
            .iter()
            .map(|(reason, count)| vec![(*reason).to_owned(), grouped(*count)])
            .collect();
        text.push('\n');
        text.push_str(&table(&["refused for", "payments"], &[1], &rows));
    }
    if !summary.faults.is_empty() {
        text.push('\n');
        text.push_str(&faults(&summary.faults));
    }
    if !summary.treasury.is_empty() {
        text.push('\n');
        text.push_str(&treasuries(&summary.treasury));
    }
    if !summary.parts.is_empty() {
        text.push('\n');
        text.push_str(&parts(&summary.parts));
    }
    if let Some(story) = &summary.story {
        text.push('\n');
        text.push_str(&wrapped(&story.told, width(), ""));
    }
    if !summary.assertions.is_empty() {
        text.push('\n');
        text.push_str(&assertions(&summary.assertions));
    }
    // Writing into a string cannot fail.
    let report = folder.join(REPORT);
    let _ = write!(
        text,
        "\ndigest {}\nresults in {}\nreport in {}\n",
        summary.digest,
        folder.display(),
        report.display()
    );
    text
}

/// The scenarios that were parts of the run, in its order.
fn parts(parts: &[PartSummary]) -> String {
    let row = |part: &PartSummary| {
        vec![
            format!("S{:02} {}", part.number, part.title),
            grouped(part.payments),
            yuan(part.value_fen),
            yuan(part.gross_fen),
        ]
    };
    let rows: Vec<_> = parts.iter().map(row).collect();
    table(&["scenario", "payments", "value", "between operators"], &[1, 2, 3], &rows)
}

fn operators(summary: &Summary) -> String {
    let header =
        ["operator", "wallets", "sent", "received", "peak net debit", "settlement balance"];
    let row = |operator: &OperatorSummary| {
        vec![
            operator.code.clone(),
            grouped(operator.wallets),
            yuan(operator.sent_fen),
            yuan(operator.received_fen),
            yuan(operator.peak_net_debit_fen),
            yuan(operator.settlement_balance_fen),
        ]
    };
    let rows: Vec<_> = summary.operators.iter().map(row).collect();
    table(&header, &(1..header.len()).collect::<Vec<_>>(), &rows)
}

/// The net position of each operator in each cycle; nothing under gross settlement.
fn nets(summary: &Summary) -> String {
    let mut header = vec!["net position".to_owned()];
    match summary.cycles.len() {
        0 => return String::new(),
        1..=CYCLE_COLUMNS => {
            header.extend(summary.cycles.iter().map(|cycle| format!("cycle {}", cycle.cycle)))
        }
        // More columns would not fit a terminal; the tables have every cycle.
        count => header.push(format!("sum of {count} cycles")),
    }
    let row = |operator: &OperatorSummary| {
        let nets = &operator.net_fen;
        let shown = if nets.len() > CYCLE_COLUMNS { vec![nets.iter().sum()] } else { nets.clone() };
        std::iter::once(operator.code.clone()).chain(shown.into_iter().map(yuan)).collect()
    };
    let rows: Vec<Vec<String>> = summary.operators.iter().map(row).collect();
    let header: Vec<_> = header.iter().map(String::as_str).collect();
    format!("\n{}", table(&header, &(1..header.len()).collect::<Vec<_>>(), &rows))
}

fn totals(summary: &Summary) -> String {
    let (totals, indicators) = (&summary.totals, &summary.indicators);
    let delay = indicators.delay_indicator.map_or("none".to_owned(), significant);
    let ratio = totals.netting_ratio.map_or("none".to_owned(), |ratio| format!("{ratio:.6}"));
    let rows = [
        ("payments", grouped(totals.payments)),
        ("completed", grouped(totals.completed)),
        ("  between operators", grouped(totals.cross_operator)),
        ("  on-us", grouped(totals.on_us)),
        ("rejected", grouped(totals.rejected)),
        ("returned", grouped(totals.returned)),
        ("mean payment", yuan(totals.mean_payment_fen)),
        ("gross between operators", yuan(totals.gross_fen)),
        ("net", yuan(totals.net_fen)),
        ("netting ratio", ratio),
        ("liquidity to settle netted", yuan(indicators.lower_bound_fen)),
        ("liquidity to settle at once", yuan(indicators.upper_bound_fen)),
        ("delay indicator", delay),
        ("unsettled at the end", yuan(totals.unsettled_fen)),
        ("time", format!("{:.1} s", summary.run.seconds)),
        ("payments per second", grouped(summary.run.payments_per_second as u64)),
    ];
    let rows: Vec<_> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    table(&["total", "yuan or number"], &[1], &rows)
}

/// The faults, in the order of the configuration.
fn faults(faults: &[FaultSummary]) -> String {
    let header = [
        "fault",
        "operator",
        "from",
        "until",
        "not submitted",
        "submitted late",
        "lost",
        "brought in",
    ];
    let row = |fault: &FaultSummary| {
        vec![
            fault.kind.to_owned(),
            fault.operator.clone(),
            minute(fault.at),
            fault.until.map(minute).unwrap_or_default(),
            grouped(fault.withheld),
            grouped(fault.delayed),
            yuan(fault.lost_fen),
            yuan(fault.brought_fen),
        ]
    };
    table(&header, &[4, 5, 6, 7], &faults.iter().map(row).collect::<Vec<_>>())
}

/// What treasurers did.
fn treasuries(treasuries: &[TreasurySummary]) -> String {
    let row = |one: &TreasurySummary| {
        let waited = one.delay_fen_hours.map_or_else(String::new, |hours| yuan(hours as i64));
        vec![
            one.operator.clone(),
            one.policy.clone(),
            yuan(one.liquidity_fen_days),
            grouped(one.held),
            yuan(one.held_fen),
            waited,
        ]
    };
    let header = ["treasurer", "policy", "liquidity", "held", "value held", "yuan hours waited"];
    table(&header, &[2, 3, 4, 5], &treasuries.iter().map(row).collect::<Vec<_>>())
}

/// A time in Shanghai, to the minute.
fn minute(ms: i64) -> String {
    Timestamp::from_ms(ms).to_string().replace('T', " ").chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_with_what_they_did() {
        let start = clearing_domain::money::BusinessDate::parse("2022-08-24").unwrap().start().ms();
        let outage = FaultSummary {
            kind: "outage",
            target: "largest-sender".to_owned(),
            operator: "ICBC".to_owned(),
            at: start + 36_000_000,
            until: Some(start + 50_400_000),
            delay_ticks: None,
            withheld: 1234,
            withheld_fen: 5,
            delayed: 0,
            lost_fen: 0,
            brought_fen: 0,
        };
        let crash = FaultSummary {
            kind: "crash",
            withheld: 0,
            operator: "central-bank".to_owned(),
            until: None,
            ..outage.clone()
        };
        insta::assert_snapshot!(faults(&[outage, crash]), @r"
        fault   operator      from              until             not submitted  submitted late  lost  brought in
        outage  ICBC          2022-08-24 10:00  2022-08-24 14:00          1,234               0  0.00        0.00
        crash   central-bank  2022-08-24 10:00                                0               0  0.00        0.00
        ");
    }
}
