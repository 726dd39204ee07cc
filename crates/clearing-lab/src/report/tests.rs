use clearing_node::ProgramError as _;
use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use clearing_domain::money::Timestamp;
use tempfile::TempDir;

use super::charts::Charts;
use super::figures::figures;
use super::files::RunFiles;
use super::{multiples, page, write_comparison, write_report};
use crate::engine::{
    Elapsed, Ledgers, ScriptRecord, golden, run, run_until, short_of_cover, small,
};
use crate::experiment::{Experiment, RunInfo};
use crate::folder::{REPORT, RunFolder};
use crate::page::PageError;
use crate::results::{Results, TABLES};

fn results(experiment: &Experiment) -> TempDir {
    written(experiment, &run(experiment).unwrap())
}

/// A folder with the results that ledgers make.
fn written(experiment: &Experiment, ledgers: &Ledgers) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let identity = experiment.identify(RunInfo::here("0.0.0", None, "in-process"));
    let elapsed = Elapsed { all: Duration::from_secs(2), ticks: Duration::from_secs(1) };
    let references = HashMap::new();
    let results = Results {
        experiment,
        identity: &identity,
        ledgers,
        references: &references,
        script: &ScriptRecord::default(),
        elapsed,
    };
    let of_run = RunFolder::prepare(folder.path(), false, &TABLES).unwrap();
    results.write(&of_run, false).unwrap();
    folder
}

fn files(experiment: &Experiment) -> RunFiles {
    RunFiles::read(results(experiment).path()).unwrap()
}

/// The page of a run.
fn html(files: &RunFiles) -> Result<String, PageError> {
    let charts = Charts::new(files);
    page::page(files, &charts, &figures(files, &charts))
}

/// The golden net with two cut-offs, of which A misses the first for want of money.
fn short() -> Experiment {
    let sets = [
        "cluster.operators.A.reserves=30",
        "cluster.cycles_per_day=2",
        "cluster.shortfall=partial-net",
    ];
    let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
    let more = "  { time = \"15:00\", from = \"B\", to = \"A\", value = \"50\" },\n]";
    let text = include_str!("../../../../experiments/golden-net.toml")
        .replace("\n]\n", &format!("\n{more}\n"));
    Experiment::from_text(&text.replace("cap = ", "# "), &sets, None).unwrap()
}

#[test]
fn the_golden_net_steps_to_its_nets_and_settles_at_midnight() {
    let charts = Charts::new(&files(&golden()));
    assert_eq!((charts.midnight_ms, charts.end_s), (1_661_299_200_000, 86_400));
    // Payments of 09:00 to 09:05 clear at the end of their minute.
    let nine = 9 * 3600;
    let of_a = [
        [0, 0],
        [nine + 60, -6000],
        [nine + 120, -11_500],
        [nine + 180, -8000],
        [86_400, 0],
        [86_400, 0],
    ];
    assert_eq!(charts.positions[0], of_a);
    assert_eq!(charts.cycles[0].nets, [-8000, 7500, 1000, -500]);
    assert_eq!(
        charts.flows,
        [[0, 6000, 0, 5500], [0, 0, 2000, 0], [3500, 0, 0, 0], [0, 3500, 2500, 0]]
    );
    assert_eq!(charts.bounds, [[11_500, 8000, 8000], [0, 0, 0], [3500, 0, 0], [500, 500, 500]]);
    assert_eq!((charts.throughput.hours, charts.throughput.bars.len()), (1, 24));
    assert_eq!(charts.throughput.bars[8..10], [[nine - 3600, 0, 0, 0, 0], [nine, 23_000, 6, 0, 0]]);
    assert_eq!(charts.unsettled[6], [nine + 360, 23_000]);
    assert!(charts.queued.is_empty() && charts.refused.is_empty() && charts.faults.is_empty());
}

#[test]
fn an_obligation_is_queued_from_the_cut_off_it_misses() {
    let files = files(&short());
    let charts = Charts::new(&files);
    assert_eq!(charts.queued, [[0, 0], [12 * 3600, 5500], [86_400, 0], [86_400, 0]]);
    let sentence = super::words::waiting(&files);
    assert!(sentence.ends_with("1 obligation missed a cut-off; the most value that waited at a time was 55.00 yuan, from 2022-08-24 12:00:00."), "{sentence}");
}

#[test]
fn what_became_claims_is_no_longer_owed_between_settlements() {
    let sets = ["cluster.operators.A.reserves=30", "cluster.shortfall=pro-rata"]
        .map(|set| set.parse().unwrap());
    let text = include_str!("../../../../experiments/golden-net.toml").replace("cap = ", "# ");
    let files = files(&Experiment::from_text(&text, &sets, None).unwrap());
    let charts = Charts::new(&files);
    assert!(
        charts.positions.iter().all(|points| points.last().is_none_or(|[_, fen]| *fen == 0)),
        "{charts:?}"
    );
    assert_eq!((charts.cut_offs, charts.unsettled.last()), (vec![86_400], Some(&[86_400, 0])));
    let html = html(&files).unwrap();
    assert!(html.contains(
        "<tr><th scope=\"row\">A</th><td>B</td><td>claim</td><td class=\"number\">26.09</td>"
    ));
    assert!(html.contains(
        "B bears the most of that loss, 26.09 yuan. At the end they claim 50.01 yuan of each other."
    ));
}

#[test]
fn under_gross_settlement_positions_are_what_was_received_less_what_was_sent() {
    let charts = Charts::new(&files(&small(7, &["cluster.settlement=gross"])));
    assert!(charts.gross && charts.cycles.is_empty());
    let last = charts.positions.iter().map(|points| points.last().unwrap()[1]);
    assert_eq!(last.clone().sum::<i64>(), 0);
    assert!(last.into_iter().any(|fen| fen != 0));
    assert!(charts.unsettled.iter().all(|[_, fen]| *fen == 0));
}

#[test]
fn a_payment_without_cover_is_queued_until_it_is_returned_at_the_end_of_its_day() {
    let files = files(&short_of_cover());
    let nine = 9 * 3600;
    let queued = [[0, 0], [nine + 300, 3500], [nine + 360, 6000], [86_400, 0], [2 * 86_400, 0]];
    assert_eq!(Charts::new(&files).queued, queued);
    let sentence = super::words::waiting(&files);
    assert!(
        sentence.starts_with(
            "2 payments waited for cover, of which 2 were returned; the most value that"
        ),
        "{sentence}"
    );
}

#[test]
fn a_payment_taken_out_of_the_queue_waits_until_then_and_one_that_is_left_waits_on() {
    let experiment = short_of_cover();
    let mut ledgers = run_until(&experiment, 10 * 60);
    let first = ledgers.central_bank.queue().next().unwrap().id;
    ledgers.central_bank.cancel_queued(first, Timestamp::ZERO).unwrap();
    let files = RunFiles::read(written(&experiment, &ledgers).path()).unwrap();
    let nine = 9 * 3600;
    let queued =
        [[0, 0], [nine + 300, 3500], [nine + 360, 6000], [10 * 3600, 2500], [2 * 86_400, 2500]];
    assert_eq!(Charts::new(&files).queued, queued);
    let sentence = super::words::waiting(&files);
    assert!(
        sentence.starts_with(
            "2 payments waited for cover, of which 1 was returned; the most value that"
        ),
        "{sentence}"
    );
}

#[test]
fn a_change_of_mode_is_marked_where_it_began() {
    let change = "cluster.changes=[{from='2022-08-25', settlement='hybrid'}]";
    let charts = Charts::new(&files(&small(1, &["days=2", change])));
    assert_eq!(charts.modes, [(86_400, "hybrid/bilateral_offset".to_owned())]);
    assert!(Charts::new(&files(&golden())).modes.is_empty());
}

#[test]
fn what_settled_of_what_was_submitted_is_drawn_by_operator() {
    let files = files(&short_of_cover());
    let charts = Charts::new(&files);
    let (waits, totals) = (&files.tally.progress.waits, &files.summary.totals);
    assert_eq!(waits.all()[0] as u64, totals.cross_operator + totals.returned);
    assert_eq!(waits.never, [2, 6000]);
    let lines = files.tally.progress.sums.steps(charts.start_ms, charts.end_s);
    let ends = lines.iter().filter_map(|line| Some(line.last()?[1])).sum::<i64>();
    let settled = totals.gross_fen;
    assert_eq!(ends, 2 * settled + 6000, "submitted and settled");
    let table = multiples::progress_table(&files, &charts);
    assert_eq!(table.rows[3][1..4], ["60.00", "0.00", "60.00"], "{table:?}");
    let figure = multiples::progress(&files, &charts);
    let senders = files.summary.operators.iter().filter(|one| one.sent_fen > 0).count();
    assert!(figure.panels.len() >= senders && senders > 1, "{}", figure.panels.len());
}

#[test]
fn accounts_that_bind_are_drawn_with_the_least_that_they_held() {
    let queued = files(&short_of_cover());
    let charts = Charts::new(&queued);
    assert_eq!(multiples::balances(&queued, &charts).panels.len(), charts.operators.len());
    let table = multiples::balances_table(&queued, &charts);
    for (row, operator) in table.rows.iter().zip(&queued.summary.operators) {
        let least = queued.summary.liquidity(&operator.code).unwrap().least_balance_fen;
        assert_eq!(row[3], crate::text::yuan(least), "{}", operator.code);
    }
    assert!(table.rows.iter().any(|row| row[6] != "0.00"), "nobody waits: {:?}", table.rows);
    // Under deferred net accounts move at cut-offs alone.
    let net = files(&golden());
    assert!(multiples::balances(&net, &Charts::new(&net)).panels.is_empty());
}

#[test]
fn sums_of_the_charts_are_those_of_the_summary() {
    let files = files(&small(7, &["workload.funds=0.1"]));
    let (charts, totals) = (Charts::new(&files), &files.summary.totals);
    let flows: i64 = charts.flows.iter().flatten().sum();
    assert_eq!(flows, totals.completed_fen);
    let bars = charts
        .throughput
        .bars
        .iter()
        .fold([0; 2], |[fen, count], bar| [fen + bar[1], count + bar[2]]);
    assert_eq!(bars, [totals.gross_fen, totals.cross_operator as i64]);
    let refused: u64 = charts.refused.iter().map(|(_, count)| count).sum();
    assert!(refused > 0 && refused == totals.rejected + totals.returned);
    assert!(
        charts.refused.iter().all(|(reason, count)| files.tally.refused[reason].payments == *count)
    );
}

#[test]
fn faults_of_the_summary_are_marked_and_listed() {
    let folder = results(&golden());
    let path = folder.path().join("summary.json");
    let mut summary: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    summary["faults"] = serde_json::json!([
        {"at": "2022-08-24T09:00:00.000+08:00", "until": "2022-08-24T10:00:00.000+08:00", "operator": "A", "kind": "outage"},
        {"at": 1_661_306_400_000_i64, "kind": "central-bank-outage"},
    ]);
    fs::write(&path, summary.to_string()).unwrap();
    let files = RunFiles::read(folder.path()).unwrap();
    let marks = Charts::new(&files).faults;
    let marks: Vec<_> =
        marks.iter().map(|mark| (mark.at_s, mark.until_s, &mark.name[..])).collect();
    assert_eq!(marks, [(32_400, Some(36_000), "outage A"), (36_000, None, "central-bank-outage")]);
    assert!(
        html(&files).unwrap().contains("<th scope=\"row\">central-bank-outage</th><td>all</td>")
    );
    assert!(
        html(&files)
            .unwrap()
            .contains("<th scope=\"row\">outage A</th><td class=\"number\">–</td>")
    );
}

#[test]
fn a_report_counts_what_each_fault_did() {
    let outage = "{kind='outage', operator='ABC', at='10:00', until='14:00'}";
    let loss = "{kind='liquidity-loss', operator='BOC', at='12:00', share='0.5'}";
    let slow = "{kind='slow', operator='ICBC', at='09:00', until='11:00', delay_ticks=30}";
    let list = format!("fault=[{outage}, {loss}, {slow}]");
    let experiment = small(1, &["cluster.regime=deposit", "cluster.reserves=100000000", &list]);
    let ledgers = run(&experiment).unwrap();
    let [outage, loss, slow] = &ledgers.faults[..] else { panic!("{:?}", ledgers.faults) };
    assert!(outage.withheld > 0 && slow.delayed > 0, "{outage:?} {slow:?}");
    assert!(!loss.lost.is_zero(), "{loss:?}");
    let html = html(&RunFiles::read(written(&experiment, &ledgers).path()).unwrap()).unwrap();
    let (withheld, value) =
        (crate::text::grouped(outage.withheld), crate::text::yuan(outage.withheld_value.fen()));
    let lost = crate::text::yuan(loss.lost.fen());
    let row = |name: &str, cells: [&str; 5]| {
        let cells = cells.map(|cell| format!("<td class=\"number\">{cell}</td>")).concat();
        assert!(html.contains(&format!("<tr><th scope=\"row\">{name}</th>{cells}</tr>")), "{name}");
    };
    row("outage ABC", [&withheld, &value, "0", "0.00", "0.00"]);
    row("liquidity-loss BOC", ["0", "0.00", "0", &lost, "0.00"]);
    row("slow ICBC", ["0", "0.00", &crate::text::grouped(slow.delayed), "0.00", "0.00"]);
    let sentence = format!(
        "3 faults are marked in every chart over time. In all {withheld} payments were withheld, worth {value} yuan, {} \
         payments were delayed, and {lost} yuan left settlement balances.",
        crate::text::grouped(slow.delayed)
    );
    assert!(html.contains(&sentence), "{sentence}");
}

#[test]
fn every_figure_has_its_data_as_a_table() {
    let files = files(&golden());
    let charts = Charts::new(&files);
    let figures = figures(&files, &charts);
    let csv = |name: &str| figures.iter().find(|one| one.name == name).unwrap().data.csv();
    let positions = csv("positions");
    assert!(positions.starts_with("operator,time,position_yuan\nA,2022-08-24T00:00:00+08:00,0.00\nA,2022-08-24T09:01:00+08:00,-60.00\n"), "{positions}");
    assert_eq!(
        csv("cycles"),
        "operator,cycle,net_yuan\nA,1,-80.00\nB,1,75.00\nC,1,10.00\nD,1,-5.00\n"
    );
    assert!(csv("bounds").contains("\nA,115.00,80.00,80.00\n"));
    assert!(csv("flows").contains("\nA,B,60.00\n"));
    assert!(csv("waits").ends_with("\nnever,0,0.00\n"));
    let names: Vec<_> = figures.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        ["positions", "cycles", "flows", "waiting", "progress", "waits", "bounds", "throughput"]
    );
}

#[test]
fn runs_are_compared_with_the_first_of_them() {
    let folders = [results(&golden()), results(&short())];
    let page = folders[0].path().join("comparison.html");
    let paths = folders.iter().map(|folder| folder.path().to_owned()).collect::<Vec<_>>();
    write_comparison(&paths, &page, None).unwrap();
    let html = fs::read_to_string(&page).unwrap();
    assert!(!html.contains("{{"));
    // Two more cut-offs' worth of payments: 230 and 50 yuan.
    let gross = "<th scope=\"row\">gross between operators</th><td class=\"number\">230.00</td>\
                 <td class=\"number\">280.00</td><td class=\"number\">+50.00</td>";
    assert!(html.contains(gross), "{html}");
    assert!(html.contains(
        "<th scope=\"row\">cluster.operators.A.reserves</th><td>1000.00</td><td>30.00</td>"
    ));
    assert!(
        !html.contains("<th scope=\"row\">cluster.start</th>"),
        "what is the same is not listed"
    );
    let many = vec![folders[0].path().to_owned(); 13];
    let error = write_comparison(&many, &page, None).unwrap_err();
    assert_eq!(
        (error.exit_code(), error.to_string()),
        (2, "13 runs are too many to compare: the most is 12".to_owned())
    );
}

#[test]
fn a_report_is_the_same_again_and_complete() {
    let folder = results(&golden());
    let read = || fs::read_to_string(write_report(folder.path()).unwrap()).unwrap();
    let html = read();
    assert_eq!(html, read());
    assert!(folder.path().join(REPORT).exists() && !html.contains("{{"));
    for heading in [
        "Summary",
        "Positions over time",
        "Who pays whom",
        "Liquidity and delay",
        "Configuration and digest",
    ] {
        assert!(html.contains(&format!("<h2>{heading}</h2>")), "{heading} is missing");
    }
}

#[test]
fn a_folder_without_results_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = write_report(folder.path()).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(
        error.to_string().ends_with("holds no results of a run: it has no summary.json"),
        "{error}"
    );
    fs::write(folder.path().join("summary.json"), "{").unwrap();
    let error = write_report(folder.path()).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("summary.json is no summary of a run: "), "{error}");
}
