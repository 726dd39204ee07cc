//! Reports of runs: whole, the same again, and drawn by a browser.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::process::Command;

use crate::support::{ROOT, clearing_in};

/// An experiment with something in every chart.
const EXPERIMENT: &str = "
    name = \"reported\"
    [cluster]
    operator_count = 4
    [workload]
    wallets = 400
    payments_per_day = 1000
    funds = 0.05
";
/// How many charts a report has when there is something in each.
const CHARTS: &str = "10";

/// A sweep with bands, a category for each rule, and long names.
const SWEEP: &str = "
    name = \"figures\"
    description = \"Rules for shortfalls, by the number of cycles\"
    seeds = 3
    [base]
    name = \"flow\"
    [base.cluster]
    regime = \"deposit\"
    operator_count = 4
    reserves = \"1000\"
    [base.workload.random_flow]
    payments_per_pair = 30
    [grid]
    \"cluster.shortfall\" = [\"partial-net\", \"unwind\", \"loss-sharing\", \"pro-rata\", \"central-bank-credit\"]
";

/// A folder with the results of the experiment in `out`.
async fn run() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("experiment.toml"), EXPERIMENT).unwrap();
    clearing_in(directory.path(), ["run", "experiment.toml", "--in-process", "--out", "out"])
        .await
        .succeeded();
    directory
}

fn read(directory: &Path, name: &str) -> String {
    std::fs::read_to_string(directory.join("out").join(name)).unwrap()
}

#[tokio::test]
async fn a_run_ends_with_a_report_that_needs_nothing_else_and_can_be_written_again() {
    let directory = run().await;
    let html = read(directory.path(), "report.html");
    let digest = read(directory.path(), "digest");
    for text in [digest.trim(), "reported", "INSUFFICIENT_FUNDS", "payments_per_day = 1000"] {
        assert!(html.contains(text), "the report does not tell {text}");
    }
    for code in ["ICBC", "ABC", "BOC", "CCB"] {
        assert!(
            html.contains(&format!("<th scope=\"row\">{code}</th>")),
            "the report does not list {code}"
        );
    }
    for loads in ["src=\"", "href=\"http", "<link", "<img", "@import", "url(http"] {
        let page = html.split("<script>").next().unwrap();
        assert!(!page.contains(loads), "the report loads something: {loads}");
    }
    assert!(!html.contains("<script src"), "the report loads a script");
    std::fs::remove_file(directory.path().join("out/report.html")).unwrap();
    let again = clearing_in(directory.path(), ["report", "out"]).await;
    again.succeeded();
    assert_eq!(again.stdout, "out/report.html\n");
    assert_eq!(read(directory.path(), "report.html"), html);
}

#[tokio::test]
async fn a_folder_without_results_is_told() {
    let directory = tempfile::tempdir().unwrap();
    for folder in [".", "nowhere"] {
        let sentence = format!("{folder} holds no results of a run: it has no summary.json");
        clearing_in(directory.path(), ["report", folder]).await.failed(2, &sentence);
    }
}

/// What tests/report/install.sh has put beside the build.
fn installed(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("report").join(name);
    assert!(path.exists(), "{} is missing: scripts/test.sh installs it", path.display());
    path
}

/// Opens a page in a browser, where there is one.
async fn check_in_browser(directory: &Path, page: &str, charts: &str) {
    check_with(directory, page, &[charts]).await;
}

/// Opens a page in a browser, where there is one, and perhaps saves its figures.
async fn check_with(directory: &Path, page: &str, more: &[&str]) {
    let browser = std::fs::read_to_string(installed("browser")).unwrap();
    if browser.trim().is_empty() {
        eprintln!("SKIPPED: no Chromium is here to open {page}");
        return;
    }
    let output = Command::new("node")
        .arg(format!("{ROOT}/tests/report/check.cjs"))
        .args([browser.trim(), page])
        .args(more)
        .env("NODE_PATH", installed("node_modules"))
        .current_dir(directory)
        .kill_on_drop(true)
        .output();
    let output = output.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_browser_draws_every_chart_at_every_size_and_on_paper() {
    check_in_browser(run().await.path(), "out/report.html", CHARTS).await;
}

#[tokio::test]
async fn each_figure_is_saved_as_a_picture_and_a_table_by_the_command_and_by_the_page() {
    let directory = run().await;
    let written = clearing_in(directory.path(), ["report", "out", "--figures", "figures"]).await;
    written.succeeded();
    assert_eq!(written.stdout, "out/report.html\nfigures\n");
    let table = std::fs::read_to_string(directory.path().join("figures/refused.csv")).unwrap();
    assert!(
        table.starts_with("reason,payments\n") && table.contains("\nINSUFFICIENT_FUNDS,"),
        "{table}"
    );
    let more = [CHARTS, "figures"];
    check_with(directory.path(), "out/report.html", &more).await;
}

/// Faults within a few minutes of each other and at the end of the day, caps that lie near each
/// other, and a rule that leaves claims.
const CROWDED: &str = "
    name = \"crowded\"
    [cluster]
    regime = \"deposit\"
    shortfall = \"pro-rata\"
    reserves = \"2000\"
    operators = [{ code = \"ICBC\", prefix = 101, cap = \"31000\" }, { code = \"ABC\", prefix = 102, cap = \"30500\" },
                 { code = \"BOC\", prefix = 103, cap = \"29500\" }, { code = \"CCB\", prefix = 104, cap = \"25000\" }]
    [workload]
    wallets = 400
    payments_per_day = 2000
    funds = 0.5
    [[fault]]
    kind = \"outage\"
    operator = \"ABC\"
    at = \"10:00\"
    until = \"10:30\"
    [[fault]]
    kind = \"liquidity-loss\"
    operator = \"BOC\"
    at = \"10:10\"
    share = 0.5
    [[fault]]
    kind = \"slow\"
    operator = \"ICBC\"
    at = \"10:20\"
    until = \"11:00\"
    delay_ticks = 30
    [[fault]]
    kind = \"failure\"
    operator = \"ICBC\"
    at = \"23:30\"
";

#[tokio::test]
async fn no_label_lies_over_another_where_much_happens_at_once() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("crowded.toml"), CROWDED).unwrap();
    clearing_in(directory.path(), ["run", "crowded.toml", "--in-process", "--out", "out"])
        .await
        .succeeded();
    check_in_browser(directory.path(), "out/report.html", CHARTS).await;
}

/// Two days of queues, of which the second offsets pairs, with a credit line that is used.
const QUEUED: &str = "
    name = \"queued\"
    days = 2
    [cluster]
    regime = \"deposit\"
    settlement = \"gross-queue\"
    operator_count = 4
    reserves = \"3000\"
    credit = \"2000\"
    [[cluster.changes]]
    from = \"2022-08-25\"
    settlement = \"hybrid\"
    [workload]
    wallets = 400
    payments_per_day = 1000
";

#[tokio::test]
async fn a_browser_draws_accounts_that_bind_and_a_change_of_mode() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("queued.toml"), QUEUED).unwrap();
    clearing_in(directory.path(), ["run", "queued.toml", "--in-process", "--out", "out"])
        .await
        .succeeded();
    let html = read(directory.path(), "report.html");
    for text in ["change of mode to hybrid/bilateral_offset", "payments wait for cover"] {
        assert!(html.contains(text), "the report does not tell {text}");
    }
    check_in_browser(directory.path(), "out/report.html", "9").await;
}

#[tokio::test]
async fn runs_are_set_beside_each_other_and_what_is_no_run_is_named() {
    let directory = run().await;
    let queued = ["--set", "cluster.settlement=gross-queue", "--set", "cluster.cap=unlimited"];
    let arguments = ["run", "experiment.toml", "--in-process", "--seed", "2", "--out", "queued"];
    clearing_in(directory.path(), arguments.into_iter().chain(queued)).await.succeeded();
    let arguments = ["report", "out", "queued", "--out", "beside.html", "--figures", "figures"];
    let written = clearing_in(directory.path(), arguments).await;
    written.succeeded();
    assert_eq!(written.stdout, "beside.html\nfigures\n");
    let html = std::fs::read_to_string(directory.path().join("beside.html")).unwrap();
    for text in ["reported, seed 2", "cluster.settlement", "gross-queue", "delay indicator"] {
        assert!(html.contains(text), "the page does not tell {text}");
    }
    let charts = html.matches("data-figure=").count();
    assert_eq!(charts, 3);
    check_with(directory.path(), "beside.html", &[&charts.to_string(), "figures"]).await;
    let sentence = "figures holds no results of a run: it has no summary.json";
    clearing_in(directory.path(), ["report", "out", "figures"]).await.failed(2, sentence);
    assert!(!directory.path().join("comparison.html").exists());
}

/// Scenarios of two years before few payments.
const CALENDAR: &str = "
    name = \"calendar\"
    days = 730
    scale = 2000
    [cluster]
    start = \"2020-10-09\"
    cycles_per_day = 1
    tick_seconds = 21600
    [workload]
    wallets = 400
    growth = { 2020-10-09 = 1, 2022-09-01 = 4 }
    regions = [{ name = \"Shenzhen\" }, { name = \"Zhangjiakou\" }, { name = \"Xiamen\" }]
    [[include]]
    file = \"scenarios/s08-luohu-red-packets.toml\"
    [[include]]
    file = \"scenarios/s18-futian-vouchers.toml\"
    [[include]]
    file = \"scenarios/s14-customs-duty.toml\"
    scale = 40
    [[include]]
    file = \"scenarios/s06-voucher-round.toml\"
";

#[tokio::test]
async fn a_browser_draws_the_scenarios_of_a_calendar_and_its_regions() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("calendar.toml"), CALENDAR).unwrap();
    clearing_in(directory.path(), ["run", "calendar.toml", "--in-process", "--out", "out"]).await;
    let html = read(directory.path(), "report.html");
    for text in ["S08 ", "S14 ", "Scenarios over the calendar", "Zhangjiakou", "What happened"] {
        assert!(html.contains(text), "the report does not tell {text}");
    }
    // Four of the scenarios, five of their three campaigns, and those of every run: what stays within one
    // operator moves no net position.
    check_in_browser(directory.path(), "out/report.html", "19").await;
}

#[tokio::test]
async fn a_browser_draws_the_figures_of_a_sweep_by_numbers_and_by_names() {
    let directory = tempfile::tempdir().unwrap();
    let by_number = SWEEP.replace(
        "\"cluster.shortfall\"",
        "\"cluster.cycles_per_day\" = [1, 2, 4, 24]\n    \"cluster.shortfall\"",
    );
    for (name, text) in [("names", SWEEP), ("numbers", by_number.as_str())] {
        std::fs::write(directory.path().join("sweep.toml"), text).unwrap();
        clearing_in(directory.path(), ["sweep", "sweep.toml", "--out", name]).await.succeeded();
        let page = format!("{name}/figures.html");
        let html = std::fs::read_to_string(directory.path().join(&page)).unwrap();
        let charts = html.matches("data-chart=").count();
        assert!(charts >= 5, "{name} has {charts} charts");
        check_in_browser(directory.path(), &page, &charts.to_string()).await;
    }
}

#[tokio::test]
async fn a_browser_draws_the_heat_maps_of_a_stress_test() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("crowded.toml"), CROWDED).unwrap();
    let arguments = ["stress", "crowded.toml", "--out", "out", "--scenario", "failure 08:00"];
    let more = ["--scenario", "liquidity-loss 08:00 share=0.9"];
    clearing_in(directory.path(), arguments.into_iter().chain(more)).await.succeeded();
    check_in_browser(directory.path(), "out/stress.html", "2").await;
}
