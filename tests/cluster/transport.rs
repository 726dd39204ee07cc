//! What strangers may hold of a process, and that others are served meanwhile: each limit of the
//! transport.

use clearing_api::status::reason_of;
use clearing_api::v1;
use clearing_api::v1::node_service_client::NodeServiceClient;
use clearing_cluster::cluster::Member;
use clearing_domain::Reason;
use tonic::Code;
use tonic::transport::Channel;

use crate::support::raw::{RawClient, TcpClient};
use crate::support::{Running, TestCluster, config, eventually, member};

const PAYMENTS: &str = "/clearing.v1.PaymentService/CreatePayments";
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/// One operator with a limit of the transport; what is asked of it goes to that operator.
async fn cluster(limits: &str) -> TestCluster {
    TestCluster::start(config(&format!("operator_count = 1\n[cluster.transport]\n{limits}"))).await
}

async fn refusals(cluster: &TestCluster) -> v1::Refusals {
    refusals_of(cluster.channel(member("ICBC"))).await
}

async fn refusals_of(channel: Channel) -> v1::Refusals {
    let node = NodeServiceClient::new(channel)
        .get_node(v1::GetNodeRequest {})
        .await
        .unwrap()
        .into_inner()
        .node;
    node.unwrap().refusals.unwrap()
}

#[tokio::test]
async fn connections_that_say_nothing_or_do_nothing_are_closed() {
    let cluster = cluster("handshake_seconds = 1\nidle_seconds = 2").await;
    let address = cluster.address("ICBC");
    let mut silent = [TcpClient::connect(&address).await, TcpClient::connect(&address).await];
    silent[1].send(b"PRI * ").await;
    for client in &mut silent {
        client.closed().await;
    }
    assert_eq!(refusals(&cluster).await.connections, 2);
    // One that has spoken HTTP/2 is closed, too, when it asks for nothing; that is no refusal.
    RawClient::connect(address).await.closed().await;
    assert_eq!(refusals(&cluster).await.connections, 2);
    cluster.finish().await;
}

#[tokio::test]
async fn a_flood_of_connections_keeps_nobody_out() {
    let cluster = cluster("connections = 8").await;
    let mut flood = Vec::new();
    for _ in 0..40 {
        flood.push(TcpClient::connect(cluster.address("ICBC")).await);
    }
    let icbc = cluster.operator("ICBC");
    let (payer, payee) = (icbc.open("10").await, icbc.open("").await);
    assert_eq!(icbc.pay_to_end(&payer, &payee, "1").await, "COMPLETED");
    assert!(refusals(&cluster).await.connections >= 30);
    // The oldest made room.
    flood[0].closed().await;
    cluster.finish().await;
}

/// Opens connections that each begin a call and say nothing in it.
async fn silent_calls(address: &str, path: &str) -> Vec<RawClient> {
    let mut flood = Vec::new();
    for _ in 0..8 {
        let mut client = RawClient::connect(address).await;
        client.call(1, path, &[]).await;
        flood.push(client);
    }
    flood
}

#[tokio::test]
async fn calls_that_say_nothing_keep_nobody_out() {
    let cluster = cluster("connections = 8\nhandshake_seconds = 1").await;
    let address = cluster.address("ICBC");
    let mut flood = silent_calls(&address, "/clearing.v1.PaymentService/StreamPayments").await;
    eventually("another is served", async || {
        let url = format!("http://{address}");
        let channel = Channel::from_shared(url).unwrap().connect().await.ok()?;
        NodeServiceClient::new(channel).get_node(v1::GetNodeRequest {}).await.ok()
    })
    .await;
    // The one that was quiet for longest made room.
    flood[0].closed().await;
    cluster.finish().await;
}

#[tokio::test]
async fn the_link_of_a_proven_operator_makes_no_room() {
    let cluster = cluster("connections = 8\nhandshake_seconds = 1").await;
    let central_bank = cluster.channel(Member::CentralBank);
    let before = refusals_of(central_bank.clone()).await.connections;
    let _flood = silent_calls(&cluster.address("central-bank"), REFLECTION).await;
    let mut others = Vec::new();
    eventually("calls made room", async || {
        // Each connects anew and stays, so that one of the quiet has to go for it.
        let mut other = TcpClient::connect(cluster.address("central-bank")).await;
        other.send(b"PRI * ").await;
        others.push(other);
        let refused = refusals_of(central_bank.clone()).await.connections;
        (refused >= before + 12).then_some(())
    })
    .await;
    let log = std::fs::read_to_string(cluster.folder().log(member("ICBC"))).unwrap();
    assert!(!log.contains("the link to the central bank"), "{log}");
    cluster.finish().await;
}

#[tokio::test]
async fn a_client_that_takes_no_answers_is_cut_off() {
    let cluster = cluster("message_seconds = 1").await;
    let mut client = RawClient::connect(cluster.address("ICBC")).await;
    client.take_nothing().await;
    client.call(1, "/clearing.v1.NodeService/GetNode", &[]).await;
    client.whole_message(1).await;
    client.closed().await;
    assert_eq!(refusals(&cluster).await.connections, 1);
    cluster.finish().await;
}

#[tokio::test]
async fn small_unfinished_messages_are_counted_too() {
    let cluster = cluster("connection_bytes = 1048576").await;
    let mut client = RawClient::connect(cluster.address("ICBC")).await;
    for number in 0..100 {
        client.call(2 * number + 1, PAYMENTS, &[]).await;
        client.message_part(2 * number + 1, 16_200, 16_000).await;
    }
    // 65 of them have room; the others do not.
    eventually("those without room are refused", async || {
        (refusals(&cluster).await.calls >= 34).then_some(())
    })
    .await;
    cluster.finish().await;
}

#[tokio::test]
async fn a_process_without_descriptors_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let line = format!(
        "ulimit -n 80; exec {} central-bank --data-dir central-bank",
        crate::support::PROGRAM
    );
    let mut central_bank = Running::shell(directory.path(), &line);
    let ready = central_bank.line("ready address=").await;
    let address = ready.trim_start_matches("ready address=");
    let mut flood = Vec::new();
    for _ in 0..120 {
        flood.push(TcpClient::connect(address).await);
    }
    let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect_lazy();
    assert!(refusals_of(channel).await.connections >= 60);
    assert_eq!(central_bank.signal("TERM").await, Some(0));
}

#[tokio::test]
async fn a_connection_has_so_many_calls_under_way_and_waits_with_more() {
    let cluster = cluster("streams = 3").await;
    let channel = cluster.channel(member("ICBC"));
    let watch = async |channel: Channel| {
        NodeServiceClient::new(channel).watch_events(v1::WatchEventsRequest {}).await
    };
    let mut watching = Vec::new();
    for _ in 0..3 {
        watching.push(watch(channel.clone()).await.unwrap());
    }
    let mut fourth = tokio::spawn(watch(channel));
    for _ in 0..20 {
        refusals(&cluster).await;
    }
    assert!(!fourth.is_finished());
    drop(watching.pop());
    (&mut fourth).await.unwrap().unwrap();
    drop(watching);
    cluster.finish().await;
}

#[tokio::test]
async fn subscribers_beyond_their_limit_are_refused() {
    let cluster = cluster("subscribers = 2").await;
    let watch = async || {
        let mut client = NodeServiceClient::new(cluster.channel(member("ICBC")));
        client.watch_events(v1::WatchEventsRequest {}).await
    };
    let (first, second) = (watch().await.unwrap(), watch().await.unwrap());
    let refused = watch().await.map(|_| ()).unwrap_err();
    assert_eq!(
        (refused.code(), reason_of(&refused)),
        (Code::ResourceExhausted, Some(Reason::TransportLimit))
    );
    drop((first, second));
    eventually("a place is free again", async || watch().await.ok()).await;
    assert!(refusals(&cluster).await.subscriptions > 0);
    cluster.finish().await;
}

#[tokio::test]
async fn unfinished_messages_hold_so_much_and_for_so_long() {
    let cluster = cluster("connection_bytes = 1048576\nmessage_seconds = 2").await;
    let mut client = RawClient::connect(cluster.address("ICBC")).await;
    for stream in [1, 3, 5] {
        client.call(stream, PAYMENTS, &[]).await;
        // The first third of a message.
        client.message_part(stream, 2_000_000, 700_000).await;
    }
    eventually("those without room are refused", async || {
        (refusals(&cluster).await.calls >= 2).then_some(())
    })
    .await;
    let icbc = cluster.operator("ICBC");
    let (payer, payee) = (icbc.open("10").await, icbc.open("").await);
    assert_eq!(icbc.pay_to_end(&payer, &payee, "1").await, "COMPLETED");
    eventually("the other is late", async || (refusals(&cluster).await.calls == 3).then_some(()))
        .await;
    // What they held is free again.
    client.call(7, PAYMENTS, &[]).await;
    client.message_part(7, 2_000_000, 700_000).await;
    assert_eq!(refusals(&cluster).await.calls, 3);
    cluster.finish().await;
}

#[tokio::test]
async fn a_call_without_a_message_ends_in_time() {
    let cluster = cluster("message_seconds = 1").await;
    let mut client = RawClient::connect(cluster.address("ICBC")).await;
    client.call(1, PAYMENTS, &[]).await;
    eventually("it is refused", async || (refusals(&cluster).await.calls == 1).then_some(())).await;
    cluster.finish().await;
}

#[tokio::test]
async fn headers_beyond_their_limit_are_refused() {
    let cluster = cluster("header_bytes = 4096").await;
    let mut client = RawClient::connect(cluster.address("ICBC")).await;
    let long = "v".repeat(100);
    let headers: Vec<_> = (0..100).map(|_| ("x-long", long.as_str())).collect();
    client.call(1, PAYMENTS, &headers).await;
    client.answered().await;
    refusals(&cluster).await;
    cluster.finish().await;
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_cut_off() {
    let cluster = cluster("keepalive_seconds = 1\nkeepalive_timeout_seconds = 1").await;
    let mut client = RawClient::connect(cluster.address("ICBC")).await;
    client.call(1, "/clearing.v1.NodeService/WatchEvents", &[]).await;
    client.whole_message(1).await;
    client.closed().await;
    cluster.finish().await;
}
