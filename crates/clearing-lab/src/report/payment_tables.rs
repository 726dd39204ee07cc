//! Tables of payments: between whom, when, and why not.

use std::cmp::Reverse;

use clearing_domain::money::{HOUR_MS, Timestamp};

use super::charts::Charts;
use super::faults::Fault;
use super::files::RunFiles;
use super::table::{Table, cells};
use super::tally::Hour;
use super::text::{grouped, moment, optional, percent, share, yuan};

/// A larger matrix would not be read.
const MATRIX_MAX: usize = 15;
const FLOWS_MAX: usize = 50;

/// The matrix of who paid whom, or its largest cells when it is large.
pub(super) fn flows(charts: &Charts) -> Table {
    let codes = &charts.operators;
    if codes.len() > MATRIX_MAX {
        return largest_flows(charts);
    }
    let row = |(code, row): (&String, &Vec<i64>)| {
        std::iter::once(code.clone()).chain(row.iter().map(|fen| yuan(*fen))).collect()
    };
    Table {
        caption: "Completed payments in yuan: the payer's operator by row, the payee's by column"
            .to_owned(),
        header: std::iter::once("pays".to_owned()).chain(codes.iter().cloned()).collect(),
        text: &[],
        rows: codes.iter().zip(&charts.flows).map(row).collect(),
    }
}

fn largest_flows(charts: &Charts) -> Table {
    let codes = &charts.operators;
    let cell = |(payer, row): (usize, &Vec<i64>)| {
        row.iter().enumerate().map(|(payee, fen)| (*fen, payer, payee)).collect::<Vec<_>>()
    };
    let mut flows: Vec<_> = charts.flows.iter().enumerate().flat_map(cell).collect();
    // Equal sums go by their places, so that the page of a run is the same every time.
    flows.sort_by_key(|(fen, payer, payee)| (Reverse(*fen), *payer, *payee));
    let row = |(fen, payer, payee): &(i64, usize, usize)| {
        vec![codes[*payer].clone(), codes[*payee].clone(), yuan(*fen)]
    };
    Table {
        caption: format!("The {FLOWS_MAX} largest flows of completed payments"),
        header: cells(["payer's operator", "payee's operator", "yuan"]),
        text: &[1],
        rows: flows.iter().take(FLOWS_MAX).map(row).collect(),
    }
}

/// Completed payments by the hour of the day, with the share of value settled by its end.
pub(super) fn throughput(files: &RunFiles) -> Table {
    let mut hours = [Hour::default(); 24];
    for (at, hour) in &files.tally.hours {
        let place = Timestamp::from_ms(*at).ms_of_day() / HOUR_MS;
        if let Some(sum) = usize::try_from(place).ok().and_then(|place| hours.get_mut(place)) {
            sum.add(hour);
        }
    }
    let settled = |end: i64| {
        let hours = files.summary.indicators.iter().flat_map(|indicators| &indicators.throughput);
        hours.into_iter().find(|hour| hour.hour == end).and_then(|hour| hour.share)
    };
    let row = |(place, hour): (usize, &Hour)| {
        vec![
            format!("{place:02}:00"),
            grouped(hour.between.payments),
            yuan(hour.between.fen),
            grouped(hour.on_us.payments),
            yuan(hour.on_us.fen),
            optional(settled(place as i64 + 1), percent),
        ]
    };
    Table {
        caption: "Completed payments by hour of the day, all days together, value in yuan; and the share of value between operators settled by the end of the hour".to_owned(),
        header: cells([
            "from",
            "payments between operators",
            "value",
            "payments on-us",
            "value on-us",
            "settled by its end",
        ]),
        text: &[],
        rows: hours.iter().enumerate().map(row).collect(),
    }
}

pub(super) fn refused(files: &RunFiles, charts: &Charts) -> Table {
    let row = |(reason, count): &(String, u64)| {
        let fen = files.tally.refused.get(reason).map(|sum| sum.fen);
        let of_all = share(*count as i64, files.summary.totals.payments as i64);
        vec![reason.clone(), grouped(*count), optional(of_all, percent), optional(fen, yuan)]
    };
    Table {
        caption: "Payments rejected or returned, by reason".to_owned(),
        header: cells(["reason", "payments", "of all payments", "value in yuan"]),
        text: &[],
        rows: charts.refused.iter().map(row).collect(),
    }
}

pub(super) fn faults(files: &RunFiles) -> Table {
    let row = |fault: &Fault| {
        let whom =
            if fault.operator.is_empty() { "all".to_owned() } else { fault.operator.clone() };
        vec![fault.kind.clone(), whom, moment(fault.at_ms), optional(fault.until_ms, moment)]
    };
    Table {
        caption: "Faults of the run".to_owned(),
        header: cells(["fault", "operator", "from", "until"]),
        text: &[1, 2, 3],
        rows: files.faults.iter().map(row).collect(),
    }
}

/// What each fault did, in the order of the table of faults.
pub(super) fn consequences(files: &RunFiles) -> Table {
    let row = |fault: &Fault| {
        let did = &fault.did;
        vec![
            fault.name(),
            optional(did.withheld, grouped),
            optional(did.withheld_fen, yuan),
            optional(did.delayed, grouped),
            optional(did.lost_fen, yuan),
            optional(did.brought_fen, yuan),
        ]
    };
    Table {
        caption: "What they did, in the same order: payments withheld, which were never submitted, and their value in \
            yuan; payments delayed, which were submitted late; yuan lost from the settlement balance, and brought into it"
            .to_owned(),
        header: cells(["fault", "withheld", "value", "delayed", "lost", "brought in"]),
        text: &[],
        rows: files.faults.iter().map(row).collect(),
    }
}
