//! Queues over the end of the business day: the same outcome in one process and in many, whatever
//! is killed at midnight.

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

async fn in_process() -> Ledgers {
    let experiment = Experiment::from_text(DAYS, &[], Some(7)).unwrap();
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
    let ledgers = in_process().await;
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
