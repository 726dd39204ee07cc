//! Banks that take part through an operator: their wallets, and what they make of its position.

use std::path::Path;

use clearing_api::v1;
use clearing_api::v1::indirect_participant_service_client::IndirectParticipantServiceClient;
use clearing_config::ClusterConfig;
use clearing_domain::Reason;
use clearing_lab::experiment::Experiment;
use clearing_lab::results::Outcome;
use clearing_lab::workload::Workload;
use serde_json::Value;
use tonic::transport::Channel;

use crate::modes::{in_process, with_a_kill};
use crate::support::{
    Operator, ROOT, TestCluster, clearing_in, ending, eventually, member, order, refusal,
};

type Indirect = IndirectParticipantServiceClient<Channel>;

const EXPERIMENT: &str = "experiments/indirect-participants.toml";

fn config() -> ClusterConfig {
    let text = "[[cluster.operators]]\ncode = 'ICBC'\nindirect = ['HXB', 'CEB']\n\
                [[cluster.operators]]\ncode = 'ABC'";
    ClusterConfig::from_file_text(text).unwrap()
}

fn request(name: &str, participant: &str) -> v1::OpenWalletRequest {
    v1::OpenWalletRequest {
        request_id: name.to_owned(),
        kind: v1::WalletKind::Corporate.into(),
        holder: Some(v1::Holder { name: name.to_owned(), ..Default::default() }),
        opening_amount: "100".to_owned(),
        participant: participant.to_owned(),
        ..Default::default()
    }
}

async fn open(
    operator: &Operator,
    request: v1::OpenWalletRequest,
) -> Result<v1::Wallet, tonic::Status> {
    Ok(operator.wallets.clone().open_wallet(request).await?.into_inner().wallet.unwrap())
}

async fn positions(service: &Indirect, cycle: Option<u32>) -> Vec<v1::IndirectPosition> {
    let (mut listed, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListIndirectPositionsRequest { cycle, page_size: 1, page_token };
        let page = service.clone().list_indirect_positions(request).await.unwrap().into_inner();
        listed.extend(page.positions);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return listed;
        }
    }
}

/// Participant, sent, received, net, and on us sent and received.
fn shown(one: &v1::IndirectPosition) -> [&str; 6] {
    [&one.participant, &one.sent, &one.received, &one.net, &one.on_us_sent, &one.on_us_received]
        .map(String::as_str)
}

async fn pay(operator: &Operator, payer: &str, payee: &str, amount: &str) {
    let paid = operator.pay(order(payer, payee, amount)).await;
    assert_eq!(ending(&paid), "COMPLETED");
}

#[tokio::test]
async fn a_wallet_of_another_bank_settles_through_its_operator_and_keeps_its_bank_after_a_kill() {
    let mut cluster = TestCluster::start(config()).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let service = Indirect::new(cluster.channel(member("ICBC")));
    let hxb = open(&icbc, request("one", "HXB")).await.unwrap();
    let ceb = open(&icbc, request("two", "CEB")).await.unwrap().wallet_number;
    let (own, far) = (icbc.open("100").await, abc.open("100").await);
    assert_eq!(hxb.participant, "HXB");
    assert_eq!(open(&icbc, request("one", "HXB")).await.unwrap(), hxb);
    for other in ["", "CEB"] {
        let refused = refusal(open(&icbc, request("one", other)).await);
        refused.is(Reason::RequestIdReused, "request_id", "one");
    }
    let hxb = hxb.wallet_number;
    pay(&icbc, &hxb, &far, "30").await;
    pay(&icbc, &own, &far, "5").await;
    pay(&abc, &far, &ceb, "12").await;
    pay(&icbc, &hxb, &ceb, "7").await;
    let expected = [
        ["", "5.00", "0.00", "-5.00", "0.00", "0.00"],
        ["CEB", "0.00", "12.00", "12.00", "0.00", "0.00"],
        ["HXB", "30.00", "0.00", "-30.00", "0.00", "0.00"],
    ];
    // The payee's operator learns of the clearing after the payer's client.
    eventually("the operator has all notices", async || {
        (positions(&service, Some(1)).await.len() == 3).then_some(())
    })
    .await;
    cluster.crash(member("ICBC")).await;
    let service = Indirect::new(cluster.channel(member("ICBC")));
    let found = positions(&service, Some(1)).await;
    assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), expected);
    let all = positions(&service, None).await;
    let on_us: Vec<_> = all.iter().filter(|one| one.cycle.is_none()).collect();
    assert_eq!(
        on_us.iter().map(|one| shown(one)).collect::<Vec<_>>(),
        [
            ["HXB", "0.00", "0.00", "0.00", "7.00", "0.00"],
            ["CEB", "0.00", "0.00", "0.00", "0.00", "7.00"]
        ]
    );
    assert!(on_us.iter().all(|one| one.date.len() == 10), "{on_us:?}");
    assert_eq!(all.len(), 5);
    let listed = service
        .clone()
        .list_indirect_participants(v1::ListIndirectParticipantsRequest::default())
        .await
        .unwrap()
        .into_inner();
    let listed =
        listed.participants.iter().map(|one| (&*one.participant, one.is_listed, one.wallets));
    assert_eq!(listed.collect::<Vec<_>>(), [("CEB", true, 1), ("HXB", true, 1)]);
    assert_eq!(cluster.operator("ICBC").wallet(&ceb).await.participant, "CEB");
    cluster.finish().await;
}

#[tokio::test]
async fn a_bank_that_takes_part_elsewhere_is_refused_with_field_and_value() {
    let cluster = TestCluster::start(config()).await;
    for (code, participant, reason, says) in [
        (
            "ABC",
            "HXB",
            Reason::ParticipantUnknown,
            "participant HXB does not take part through ABC",
        ),
        ("ICBC", "ICBC", Reason::ParticipantUnknown, "participant ICBC does not take part"),
        ("ICBC", "H X", Reason::FieldInvalid, "\"H X\" is not 1 to 8 letters or digits"),
    ] {
        let operator = cluster.operator(code);
        let refused = refusal(open(&operator, request("one", participant)).await);
        refused.is(reason, "participant", says);
    }
    let service = Indirect::new(cluster.channel(member("ABC")));
    let request = v1::ListIndirectPositionsRequest { cycle: Some(0), ..Default::default() };
    let refused = refusal(service.clone().list_indirect_positions(request).await);
    refused.is(Reason::FieldInvalid, "cycle", "0");
    cluster.finish().await;
}

#[tokio::test]
async fn the_experiment_with_indirect_participants_holds_what_it_claims_on_processes() {
    let folder = tempfile::tempdir().unwrap();
    let experiment = Path::new(ROOT).join(EXPERIMENT);
    let arguments = ["run", experiment.to_str().unwrap(), "--out", "out"];
    clearing_in(folder.path(), arguments).await.succeeded();
    let out = folder.path().join("out");
    let summary = std::fs::read_to_string(out.join("summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    let banks = summary["participants"].as_array().unwrap();
    let codes: Vec<_> = banks.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["CEB", "HXB"]);
    assert!(
        std::fs::read_to_string(out.join("report.html")).unwrap().contains("Indirect participants")
    );
    let audit = clearing_in(folder.path(), ["audit", "--data-dir", "out/cluster"]).await;
    audit.succeeded();
    assert!(audit.stdout.contains("operators and their participants make up positions"));
}

#[tokio::test]
async fn indirect_participants_change_no_digest_whatever_is_killed() {
    let text = std::fs::read_to_string(Path::new(ROOT).join(EXPERIMENT)).unwrap();
    let experiment = Experiment::from_text(&text, &[], None).unwrap();
    let workload = Workload::new(&experiment).unwrap();
    let ledgers = in_process(&experiment, &workload).await;
    let expected = Outcome::of_ledgers(&ledgers).digest();
    // Payments are made in ticks 54 to 101.
    let folder = tempfile::tempdir().unwrap();
    let killed = (member("ABC"), 75);
    assert_eq!(with_a_kill(folder.path(), killed, &experiment, &workload).await, expected);
    // The same wallets as customers of the operator itself.
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("participant = ") && !line.starts_with("indirect"));
    let without = lines
        .collect::<Vec<_>>()
        .join("\n")
        .replace("name = \"saver\"", "name = \"saver\"\noperator = \"ABC\"");
    let without = without.replace("name = \"shop\"", "name = \"shop\"\noperator = \"ABC\"");
    let (without, _) = without.split_once("[[assert]]").unwrap();
    let experiment = Experiment::from_text(without, &[], None).unwrap();
    let workload = Workload::new(&experiment).unwrap();
    let ledgers = in_process(&experiment, &workload).await;
    assert_eq!(Outcome::of_ledgers(&ledgers).digest(), expected);
}
