//! Queues over the end of the business day, and business hours of settlement: the same outcome in one process and in many, whatever
//! is killed between.

use clearing_domain::central_bank::Action;
use clearing_lab::engine::{InProcess, Ledgers, drive};
use clearing_lab::experiment::Experiment;
use clearing_lab::results::Outcome;
use clearing_lab::workload::Workload;

use crate::support::clearing_in;

/// Little money, carried queues on two days, one that is returned, and one that is forced.
const DAYS: &str = "
    name = \"queue-days\"
    days = 4
    [cluster]
    regime = \"deposit\"
    settlement = \"gross-queue\"
    queue_end_of_day = \"carry\"
    reserves = 20000
    operator_count = 4
    tick_seconds = 600
    [[cluster.changes]]
    from = \"2022-08-26\"
    settlement = \"gross-queue\"
    [[cluster.changes]]
    from = \"2022-08-27\"
    settlement = \"hybrid\"
    queue_end_of_day = \"force-credit\"
    [workload]
    wallets = 400
    payments_per_day = 2000
    [[fault]]
    kind = \"crash\"
    operator = \"central-bank\"
    at = \"2 00:00\"
    [[fault]]
    kind = \"crash\"
    operator = \"ABC\"
    at = \"3 00:00\"
    [[fault]]
    kind = \"crash\"
    operator = \"central-bank\"
    at = \"4 00:00\"
    [[fault]]
    kind = \"crash\"
    operator = \"ICBC\"
    at = \"4 23:50\"
";

async fn in_process(text: &str) -> Ledgers {
    let experiment = Experiment::from_text(text, &[], Some(7)).unwrap();
    let workload = Workload::new(&experiment).unwrap();
    let engine = InProcess::new(&experiment.cluster).unwrap();
    drive(&experiment, &workload, engine, |_| ()).await.unwrap().ledgers
}

#[tokio::test]
async fn queues_that_are_carried_returned_and_forced_end_alike_with_processes_killed_at_midnight() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("days.toml"), DAYS).unwrap();
    let arguments = ["run", "days.toml", "--seed", "7", "--out", "many"];
    clearing_in(directory.path(), arguments).await.succeeded();
    let found = std::fs::read_to_string(directory.path().join("many/digest")).unwrap();
    let ledgers = in_process(DAYS).await;
    assert_eq!(found.trim(), Outcome::of_ledgers(&ledgers).digest());
    clearing_in(directory.path(), ["audit", "--data-dir", "many/cluster"]).await.succeeded();
    let central_bank = &ledgers.central_bank;
    let mut over_night = 0;
    let mut returned = std::collections::BTreeMap::<String, u32>::new();
    for transfer in central_bank.transfers() {
        let (Some(at), Some(_)) = (transfer.finished_at(), transfer.queued()) else { continue };
        if transfer.reason.is_some() {
            *returned.entry(at.date().to_string()).or_default() += 1;
        } else if at.date() > transfer.submitted_at.date() && at.ms_of_day() > 0 {
            over_night += 1;
        }
    }
    let lent =
        central_bank.operations().iter().filter(|row| matches!(row.action, Action::Lend { .. }));
    let lent: Vec<_> = lent.map(|row| row.at.to_string()).collect();
    assert!(over_night > 0, "nothing was carried and settled");
    assert_eq!(returned.keys().map(String::as_str).collect::<Vec<_>>(), ["2022-08-27"]);
    assert!(
        !lent.is_empty() && lent.iter().all(|at| at.starts_with("2022-08-28T00:00")),
        "{lent:?}"
    );
    assert_eq!(central_bank.queue().count(), 0);
}

/// Net by cycles from 9:00 to 17:00, but not on the second day.
const HOURS: &str = "
    name = \"hours\"
    days = 3
    [cluster]
    regime = \"deposit\"
    settlement_opens = \"09:00\"
    settlement_closes = \"17:00\"
    settlement_closed_days = [\"2022-08-25\"]
    operator_count = 4
    tick_seconds = 600
    [workload]
    wallets = 400
    payments_per_day = 1000
    [[fault]]
    kind = \"crash\"
    operator = \"central-bank\"
    at = \"1 20:00\"
    [[fault]]
    kind = \"crash\"
    operator = \"central-bank\"
    at = \"3 08:50\"
";

/// When the cycles of a run closed, in Shanghai.
fn closed_at(ledgers: &Ledgers) -> Vec<String> {
    let closed = ledgers.central_bank.cycles().iter().filter_map(|cycle| cycle.closed_at);
    closed.map(|at| at.to_string()[..16].to_owned()).collect()
}

#[tokio::test]
async fn cycles_settle_in_business_hours_alike_with_the_central_bank_killed_outside_them() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("hours.toml"), HOURS).unwrap();
    let arguments = ["run", "hours.toml", "--seed", "7", "--out", "many"];
    clearing_in(directory.path(), arguments).await.succeeded();
    let found = std::fs::read_to_string(directory.path().join("many/digest")).unwrap();
    let ledgers = in_process(HOURS).await;
    assert_eq!(found.trim(), Outcome::of_ledgers(&ledgers).digest());
    clearing_in(directory.path(), ["audit", "--data-dir", "many/cluster"]).await.succeeded();
    let expected = ["24T09:00", "24T12:00", "26T09:00", "26T12:00", "27T09:00"];
    assert_eq!(closed_at(&ledgers), expected.map(|at| format!("2022-08-{at}")));
    assert!(ledgers.central_bank.accounts().iter().all(|account| account.unsettled.is_zero()));
}

#[tokio::test]
async fn a_replay_has_business_hours() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write(
        "payments.csv",
        "P1,2022-08-24,08:00,10.00,A,B\nP2,2022-08-24,16:00,20.00,A,B\nP3,2022-08-24,18:00,30.00,B,A\n",
    );
    write(
        "hours.toml",
        "[cluster]\nsettlement = 'gross-queue'\nqueue_end_of_day = 'carry'\n\
         settlement_opens = '09:00'\nsettlement_closes = '17:00'\n",
    );
    let arguments = [
        "replay",
        "payments.csv",
        "--config",
        "hours.toml",
        "--in-process",
        "--csv",
        "--out",
        "out",
    ];
    clearing_in(directory.path(), arguments).await.succeeded();
    let queue = std::fs::read_to_string(directory.path().join("out/queue.csv")).unwrap();
    let rows: Vec<Vec<&str>> = queue.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|known| *known == name).unwrap();
    let (amount, ended) = (column("amount_fen"), column("ended_at"));
    let ends: Vec<_> = rows[1..].iter().map(|row| (row[amount], &row[ended][..16])).collect();
    // In UTC; the run goes on to the opening behind its day.
    assert_eq!(ends, [("1000", "2022-08-24T01:00"), ("3000", "2022-08-25T01:00")]);
}
