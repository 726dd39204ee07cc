//! A disk that fails under a process of a cluster.

use std::fs;

use clearing_api::v1;
use clearing_api::v1::node_service_client::NodeServiceClient;
use clearing_cluster::cluster::Member;
use tokio_stream::StreamExt;
use tonic::Streaming;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::disk::build_library;
use crate::support::{TestCluster, config, eventually, member, order};

async fn health(cluster: &TestCluster, member: Member) -> ServingStatus {
    let answer =
        HealthClient::new(cluster.channel(member)).check(HealthCheckRequest::default()).await;
    answer.unwrap().into_inner().status()
}

async fn until(cluster: &TestCluster, member: Member, expected: ServingStatus) {
    let what = format!("{member} says {expected:?}");
    eventually(&what, async || (health(cluster, member).await == expected).then_some(())).await;
}

async fn next(events: &mut Streaming<v1::WatchEventsResponse>, kind: &str) -> String {
    loop {
        let event = events.next().await.unwrap().unwrap();
        if event.kind == kind {
            return event.text;
        }
    }
}

/// Lets checkpoints of one process fail for a while, under payments.
async fn fails_and_recovers(name: &str, fault: &str, said: &str) {
    let mut cluster = TestCluster::start(config("operator_count = 2\nlog_pages = 16")).await;
    let library = build_library(cluster.folder().root());
    let broken = cluster.folder().root().join("broken");
    let victim = member(name);
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    cluster.processes().set_variables(
        victim,
        vec![
            variable("LD_PRELOAD", library.to_str().unwrap()),
            variable("DISK_FAULT", fault),
            variable("DISK_FILE", "ledger.db"),
            variable("DISK_AT", "1"),
            variable("DISK_UNTIL", "1000000"),
            variable("DISK_WHILE", broken.to_str().unwrap()),
        ],
    );
    cluster.crash(victim).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("1000.00").await, abc.open("0").await);
    let mut nodes = NodeServiceClient::new(cluster.channel(victim));
    let mut events = nodes.watch_events(v1::WatchEventsRequest {}).await.unwrap().into_inner();
    assert_eq!(health(&cluster, victim).await, ServingStatus::Serving);

    fs::write(&broken, "").unwrap();
    eventually("the checkpoint fails", async || {
        icbc.pay(order(&payer, &payee, "0.01")).await;
        (health(&cluster, victim).await == ServingStatus::NotServing).then_some(())
    })
    .await;
    let text = next(&mut events, "disk_failed").await;
    assert!(
        text.contains(said) && text.contains("ledger.db") && text.contains("make room"),
        "{text}"
    );
    // It still pays, and recovers without a payment.
    icbc.pay(order(&payer, &payee, "0.01")).await;
    fs::remove_file(&broken).unwrap();
    until(&cluster, victim, ServingStatus::Serving).await;
    next(&mut events, "disk_recovered").await;
    let log = fs::read_to_string(cluster.folder().log(victim)).unwrap();
    assert_eq!(log.matches("cannot be moved into it").count(), 1, "{log}");
    drop(events);
    cluster.finish().await;
}

#[tokio::test]
async fn a_full_disk_under_a_checkpoint_of_an_operator_is_told_and_recovers() {
    fails_and_recovers("ICBC", "full", "database or disk is full").await;
}

#[tokio::test]
async fn a_broken_disk_under_a_checkpoint_of_the_central_bank_is_told_and_recovers() {
    fails_and_recovers("central-bank", "broken", "disk I/O error").await;
}
