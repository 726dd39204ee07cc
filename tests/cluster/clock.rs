//! The wall clock of a whole cluster steps back, leaps, and is corrected.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use clearing_api::v1;
use clearing_cluster::cluster::Member;
use clearing_domain::money::BusinessDate;
use tempfile::TempDir;
use tokio_stream::StreamExt;

use crate::support::{DEADLINE, Operator, ROOT, TestCluster, ending, member, operators, order};

const HOUR: i64 = 3_600;

/// What moves the clocks of the processes of a cluster: a library before the system's own.
pub(crate) struct FakeClock {
    directory: TempDir,
}

impl FakeClock {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Self { directory };
        let define = format!("-DOFFSET_FILE=\"{}\"", clock.offset().display());
        let source = Path::new(ROOT).join("tests/cluster/clock.c");
        let mut compiler = Command::new("cc");
        compiler
            .args(["-shared", "-fPIC", "-O1", &define, "-o"])
            .arg(clock.library())
            .arg(source)
            .arg("-ldl");
        let built = compiler.output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        clock
    }

    fn library(&self) -> std::path::PathBuf {
        self.directory.path().join("clock.so")
    }

    fn offset(&self) -> std::path::PathBuf {
        self.directory.path().join("offset")
    }

    /// The clocks show hours of a day in Shanghai from now on.
    pub(crate) fn show(&self, date: &str, hours: i64) {
        let shown = BusinessDate::parse(date).unwrap().start().ms() / 1_000 + hours * HOUR;
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let text = (shown - i64::try_from(real).unwrap()).to_string();
        // In one step, as a process may read at any moment.
        let new = self.directory.path().join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.offset()).unwrap();
    }

    /// A cluster of two operators that goes by this clock.
    pub(crate) async fn cluster(&self) -> TestCluster {
        let mut cluster = TestCluster::start(operators(2)).await;
        let preload = ("LD_PRELOAD".to_owned(), self.library().to_str().unwrap().to_owned());
        for member in [Member::CentralBank, member("ICBC"), member("ABC")] {
            cluster.processes().set_variable(member, Some(preload.clone()));
            cluster.processes().kill(member).await.unwrap();
        }
        for member in [Member::CentralBank, member("ICBC"), member("ABC")] {
            cluster.processes().restart(member).await.unwrap_or_else(|error| panic!("{error}"));
        }
        for code in ["ICBC", "ABC"] {
            cluster.central_bank().until_connected(code, true).await;
        }
        cluster
    }
}

async fn pay(operator: &Operator, payer: &str, payee: &str, amount: &str) -> (String, Option<u32>) {
    let payment = operator.pay(order(payer, payee, amount)).await;
    (ending(&payment), payment.cycle)
}

async fn cycle(cluster: &TestCluster, number: Option<u32>) -> v1::Cycle {
    let request = v1::GetCycleRequest { cycle: number };
    cluster
        .central_bank()
        .clearing
        .clone()
        .get_cycle(request)
        .await
        .unwrap()
        .into_inner()
        .cycle
        .unwrap()
}

fn seconds(time: Option<prost_types::Timestamp>) -> i64 {
    time.unwrap().seconds
}

#[tokio::test]
async fn a_clock_that_steps_back_gives_no_daily_limit_again_and_opens_no_cycle_again() {
    let clock = FakeClock::new();
    clock.show("2030-01-10", 10);
    let mut cluster = clock.cluster().await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open_class(4, "9000").await, abc.open("").await);
    for amount in ["2000", "2000"] {
        assert_eq!(pay(&icbc, &payer, &payee, amount).await.0, "COMPLETED");
    }
    let (state, before) = pay(&icbc, &payer, &payee, "1000").await;
    assert_eq!(state, "COMPLETED");
    clock.show("2030-01-09", 9);
    assert_eq!(pay(&icbc, &payer, &payee, "0.01").await.0, "REJECTED DAILY_LIMIT");
    for member in [Member::CentralBank, member("ICBC"), member("ABC")] {
        cluster.crash(member).await;
    }
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    assert_eq!(pay(&icbc, &payer, &payee, "0.01").await.0, "REJECTED DAILY_LIMIT");
    let payment = abc.pay(order(&payee, &payer, "1")).await;
    assert_eq!((ending(&payment).as_str(), payment.cycle), ("COMPLETED", before));
    assert!(
        seconds(payment.finish_time)
            >= BusinessDate::parse("2030-01-10").unwrap().start().ms() / 1000
    );
    // The day after there is a fresh limit.
    clock.show("2030-01-11", 1);
    assert_eq!(pay(&icbc, &payer, &payee, "2000").await.0, "COMPLETED");
    cluster.finish().await;
}

#[tokio::test]
async fn after_a_leap_cycles_end_at_their_cut_offs_and_tomorrow_does_not_clear_into_today() {
    let clock = FakeClock::new();
    clock.show("2030-01-10", 10);
    let cluster = clock.cluster().await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("100").await, abc.open("").await);
    let (_, today) = pay(&icbc, &payer, &payee, "10").await;
    let opened = cycle(&cluster, today).await;
    clock.show("2030-01-11", 10);
    // The very next thing is a payment.
    let payment = icbc.pay(order(&payer, &payee, "20")).await;
    assert!(payment.cycle > today, "{payment:?}");
    let closed = cycle(&cluster, today).await;
    let midnight = BusinessDate::parse("2030-01-11").unwrap().start().ms() / 1000;
    assert!(
        seconds(closed.close_time) <= midnight
            && seconds(opened.open_time) < seconds(closed.close_time)
    );
    assert!(seconds(cycle(&cluster, payment.cycle).await.open_time) >= midnight);
    cluster.finish().await;
}

#[tokio::test]
async fn a_leap_is_noticed_within_moments_when_nobody_does_anything() {
    let clock = FakeClock::new();
    clock.show("2030-01-10", 10);
    let cluster = clock.cluster().await;
    let mut node = cluster.central_bank().node.clone();
    let mut events = node.watch_events(v1::WatchEventsRequest {}).await.unwrap().into_inner();
    clock.show("2030-01-11", 0);
    let settled = async {
        loop {
            let event = events.next().await.unwrap().unwrap();
            if event.kind == "cycle_settled" {
                return event.text;
            }
        }
    };
    let text = tokio::time::timeout(DEADLINE, settled).await.expect("the cut-off is noticed");
    assert!(text.starts_with("cycle "), "{text}");
    cluster.finish().await;
}

#[tokio::test]
async fn an_operator_whose_clock_leapt_and_was_set_right_pays_and_is_paid_again() {
    let (clock, ahead) = (FakeClock::new(), FakeClock::new());
    clock.show("2030-01-10", 10);
    ahead.show("2030-01-10", 10);
    let mut cluster = clock.cluster().await;
    let preload = ("LD_PRELOAD".to_owned(), ahead.library().to_str().unwrap().to_owned());
    cluster.processes().set_variable(member("ICBC"), Some(preload));
    cluster.crash(member("ICBC")).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (one, other) = (icbc.open("100").await, abc.open("100").await);
    let second = icbc.open("").await;
    ahead.show("2030-01-12", 10);
    // Its business time is two days ahead, and stays there until the clock has caught up.
    assert_eq!(icbc.pay_to_end(&one, &second, "1").await, "COMPLETED");
    ahead.show("2030-01-10", 10);
    for _ in 0..2 {
        let icbc = cluster.operator("ICBC");
        assert_eq!(pay(&icbc, &one, &other, "10").await.0, "COMPLETED");
        assert_eq!(pay(&abc, &other, &one, "20").await.0, "COMPLETED");
        cluster.crash(member("ICBC")).await;
        cluster.central_bank().until_connected("ICBC", true).await;
    }
    cluster.finish().await;
}
