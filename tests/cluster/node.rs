//! What every process tells of itself: health, node, audit, events.

use clearing_api::v1;
use clearing_api::v1::node_service_client::NodeServiceClient;
use clearing_api::v1::settlement_mode::{Settlement, Shortfall};
use clearing_cluster::cluster::Member;
use tokio_stream::StreamExt;
use tonic::Streaming;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::support::{TestCluster, eventually, member, operators, order};

#[tokio::test]
async fn every_process_is_healthy_and_describes_itself() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    icbc.pay(order(&icbc.open("1").await, &abc.open("").await, "1")).await;
    for process in cluster.processes().members() {
        let channel = cluster.channel(process);
        let health =
            HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await.unwrap();
        assert_eq!(health.into_inner().status(), ServingStatus::Serving);
        let mut nodes = NodeServiceClient::new(channel);
        let node = nodes.get_node(v1::GetNodeRequest {}).await.unwrap().into_inner().node.unwrap();
        assert_eq!(
            (node.regime(), node.clock(), node.version.as_str()),
            (v1::node::Regime::Cash, v1::clock::Mode::Wall, env!("CARGO_PKG_VERSION"))
        );
        let mode = node.settlement_mode.unwrap();
        assert_eq!(
            (mode.settlement(), mode.shortfall(), mode.algorithm),
            (Settlement::DeferredNet, Shortfall::PartialNet, None)
        );
        let name = if node.operator_code.is_empty() { "central-bank" } else { &node.operator_code };
        assert_eq!((member(name), node.linked), (process, true));
        assert!(node.batch > 0 && node.rows > 0, "{node:?}");
        let audit = nodes.get_audit(v1::GetAuditRequest {}).await.unwrap().into_inner();
        assert!(audit.ok && audit.invariants.len() > 5, "{audit:?}");
    }
    cluster.finish().await;
}

async fn watch(cluster: &TestCluster, name: &str) -> Streaming<v1::WatchEventsResponse> {
    let mut nodes = NodeServiceClient::new(cluster.channel(member(name)));
    nodes.watch_events(v1::WatchEventsRequest {}).await.unwrap().into_inner()
}

async fn next_kind(events: &mut Streaming<v1::WatchEventsResponse>) -> String {
    events.next().await.unwrap().unwrap().kind
}

#[tokio::test]
async fn events_tell_of_links_cycles_and_suspensions() {
    let mut cluster = TestCluster::start(operators(1)).await;
    let central_bank = cluster.central_bank();
    let mut events = watch(&cluster, "central-bank").await;
    central_bank.suspend("ICBC").await.unwrap();
    central_bank.resume("ICBC").await.unwrap();
    central_bank.close_cycle(None).await.unwrap();
    for kind in ["operator_suspended", "operator_resumed", "cycle_settled"] {
        assert_eq!(next_kind(&mut events).await, kind);
    }
    cluster.crash(member("ICBC")).await;
    for kind in ["link_down", "link_up"] {
        assert_eq!(next_kind(&mut events).await, kind);
    }
    until_linked(&cluster, "ICBC", true).await;
    let mut events = watch(&cluster, "ICBC").await;
    cluster.crash(member("central-bank")).await;
    for kind in ["link_down", "link_up"] {
        assert_eq!(next_kind(&mut events).await, kind);
    }
    cluster.finish().await;
}

async fn until_linked(cluster: &TestCluster, name: &str, linked: bool) {
    let nodes = NodeServiceClient::new(cluster.channel(member(name)));
    let noticed = async || {
        let node =
            nodes.clone().get_node(v1::GetNodeRequest {}).await.unwrap().into_inner().node.unwrap();
        (node.linked == linked).then_some(())
    };
    eventually(&format!("{name} linked {linked}"), noticed).await;
}

#[tokio::test]
async fn an_operator_without_its_central_bank_says_that_it_is_not_linked() {
    let mut cluster = TestCluster::start(operators(1)).await;
    until_linked(&cluster, "ICBC", true).await;
    cluster.processes().kill(member("central-bank")).await.unwrap();
    until_linked(&cluster, "ICBC", false).await;
    cluster.processes().restart(member("central-bank")).await.unwrap();
    until_linked(&cluster, "ICBC", true).await;
    cluster.finish().await;
}

#[tokio::test]
async fn the_directory_lists_the_ten_operators_of_the_roster() {
    let cluster = TestCluster::start(operators(10)).await;
    let central_bank = cluster.central_bank();
    let roster = central_bank
        .directory
        .clone()
        .list_operators(v1::ListOperatorsRequest::default())
        .await
        .unwrap()
        .into_inner();
    let mut roster = roster.operators;
    roster.sort_by(|one, other| one.wallet_prefix.cmp(&other.wallet_prefix));
    let codes: Vec<_> = roster.iter().map(|operator| operator.operator_code.as_str()).collect();
    assert_eq!(
        codes,
        ["ICBC", "ABC", "BOC", "CCB", "BOCOM", "PSBC", "CMB", "CIB", "WEBANK", "MYBANK"]
    );
    assert_eq!(
        (roster[0].wallet_prefix.as_str(), roster[9].wallet_prefix.as_str()),
        ("002", "011")
    );
    assert_eq!((roster[8].name.as_str(), roster[8].name_zh.as_str()), ("WeBank", "微众银行"));
    assert!(roster.iter().all(|operator| operator.active && operator.connected), "{roster:?}");
    cluster.finish().await;
}

#[tokio::test]
async fn an_operator_that_was_linked_and_is_refused_later_does_not_serve_until_it_is_linked_again()
{
    let mut cluster = TestCluster::start(operators(2)).await;
    let health = async |cluster: &TestCluster, expected: ServingStatus| {
        eventually(&format!("ICBC says {expected:?}"), async || {
            let mut client = HealthClient::new(cluster.channel(member("ICBC")));
            let answer = client.check(HealthCheckRequest::default()).await.unwrap().into_inner();
            (answer.status() == expected).then_some(())
        })
        .await;
    };
    health(&cluster, ServingStatus::Serving).await;
    // A secret in its own folder goes before the one that the central bank made for it.
    let own = cluster.folder().of(member("ICBC")).join("secret");
    std::fs::copy(cluster.folder().of(Member::CentralBank).join("secrets/ABC"), &own).unwrap();
    cluster.crash(Member::CentralBank).await;
    health(&cluster, ServingStatus::NotServing).await;
    std::fs::remove_file(own).unwrap();
    health(&cluster, ServingStatus::Serving).await;
    cluster.finish().await;
}
