//! Sums beyond one of the largest amounts, by ordinary calls: no process ends, nothing is cut off,
//! and what would be too large to sum up is refused.

use clearing_api::v1;
use clearing_api::v1::node_service_client::NodeServiceClient;
use clearing_cluster::cluster::Member;
use clearing_domain::Reason;
use tokio::task::JoinSet;

use crate::support::{TestCluster, config, ending, eventually, member, order, refusal, request_id};

/// The largest amount, in yuan.
const LARGEST: &str = "10000000000000";
/// More than half of it.
const MOST: &str = "6000000000000";

/// Three operators without caps, of which ICBC has three of the largest amounts to distribute.
async fn rich(expiry_seconds: u32) -> TestCluster {
    let lines =
        format!("operator_count = 3\ncap = \"unlimited\"\nexpiry_seconds = {expiry_seconds}");
    let cluster = TestCluster::start(config(&lines)).await;
    let central_bank = cluster.central_bank();
    for _ in 0..3 {
        central_bank.fund("ICBC", LARGEST).await.unwrap();
        let issue = v1::IssueRequest {
            request_id: request_id(),
            operator_code: "ICBC".to_owned(),
            amount: LARGEST.to_owned(),
        };
        central_bank.issuance.clone().issue(issue).await.unwrap();
    }
    cluster
}

async fn open_rich(cluster: &TestCluster) -> String {
    let icbc = cluster.operator("ICBC");
    let wallet = icbc.open("").await;
    // The stock comes with an advice.
    eventually("the stock has come", async || icbc.exchange_out(&wallet, MOST).await.ok()).await;
    wallet
}

async fn is_sound(cluster: &TestCluster, process: Member) -> bool {
    let mut nodes = NodeServiceClient::new(cluster.channel(process));
    nodes.get_audit(v1::GetAuditRequest {}).await.unwrap().into_inner().ok
}

#[tokio::test]
async fn payments_under_way_and_owed_may_be_more_than_the_largest_amount() {
    let mut cluster = rich(30).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let payers = [open_rich(&cluster).await, open_rich(&cluster).await];
    let payees = [abc.open("").await, abc.open("").await];
    cluster.processes().kill(member("ABC")).await.unwrap();
    let mut payments = Vec::new();
    for (payer, payee) in payers.iter().zip(&payees) {
        payments.push(icbc.pay_within(order(payer, payee, MOST), 0).await.unwrap().payment_id);
    }
    let central_bank = cluster.central_bank();
    eventually("both are under way", async || {
        (central_bank.accounts("ICBC").await.outstanding == "12000000000000.00").then_some(())
    })
    .await;
    cluster.crash(Member::CentralBank).await;
    assert_eq!(central_bank.accounts("ICBC").await.outstanding, "12000000000000.00");
    cluster.processes().restart(member("ABC")).await.unwrap();
    for payment in &payments {
        let completed =
            async || (ending(&icbc.payment(payment).await.unwrap()) == "COMPLETED").then_some(());
        eventually("the payment completes", completed).await;
    }
    assert_eq!(central_bank.position("ICBC").await.net_position, "-12000000000000.00");
    // The most that was owed in the open cycle is no single amount either, and is read from the
    // file.
    cluster.crash(Member::CentralBank).await;
    cluster.crash(member("ICBC")).await;
    let cycle = central_bank.close_cycle(None).await.unwrap();
    let peak = cycle.positions.iter().find(|position| position.operator_code == "ICBC").unwrap();
    assert_eq!(peak.peak_net_debit, "12000000000000.00");
    assert!(
        is_sound(&cluster, Member::CentralBank).await && is_sound(&cluster, member("ICBC")).await
    );
    cluster.finish().await;
}

#[tokio::test]
async fn a_payment_comes_back_to_a_wallet_that_has_kept_the_room_for_it() {
    let mut cluster = rich(1).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, other) = (open_rich(&cluster).await, open_rich(&cluster).await);
    let payee = abc.open("").await;
    cluster.processes().kill(member("ABC")).await.unwrap();
    let payment = icbc.pay_within(order(&payer, &payee, MOST), 0).await.unwrap().payment_id;
    // The wallet holds nothing, but together with what may come back there would be too much in it.
    assert_eq!(icbc.pay_to_end(&other, &payer, MOST).await, "REJECTED BALANCE_CAP");
    let returned = async || {
        (ending(&icbc.payment(&payment).await.unwrap()) == "RETURNED EXPIRED").then_some(())
    };
    eventually("the payment comes back", returned).await;
    assert_eq!(icbc.balance(&payer).await, "6000000000000.00");
    cluster.processes().restart(member("ABC")).await.unwrap();
    cluster.finish().await;
}

#[tokio::test]
async fn accounts_are_funded_until_all_of_them_hold_the_largest_sum() {
    let mut cluster =
        TestCluster::start(config("operator_count = 2\nreserves = 1000\nstock = 0")).await;
    let central_bank = cluster.central_bank();
    let (mut funded, mut refused) = (0, Vec::new());
    // A hundred at once, over one connection: what is refused here is refused for its sum.
    for _ in 0..11 {
        let mut calls = JoinSet::new();
        for number in 0..92 {
            let (central_bank, code) =
                (central_bank.clone(), if number % 2 == 0 { "ICBC" } else { "ABC" });
            calls.spawn(async move { central_bank.fund(code, LARGEST).await });
        }
        let answers = calls.join_all().await;
        funded += answers.iter().filter(|answer| answer.is_ok()).count();
        refused.extend(answers.into_iter().filter(Result::is_err));
    }
    // A thousand would fit but for what the accounts open with.
    assert_eq!((funded, refused.len()), (999, 13));
    refused.into_iter().for_each(|answer| {
        refusal(answer).is(
            Reason::SumTooLarge,
            "amount",
            "more than the largest sum of 10000000000000000.00",
        );
    });
    assert!(is_sound(&cluster, Member::CentralBank).await);
    cluster.crash(Member::CentralBank).await;
    assert!(is_sound(&cluster, Member::CentralBank).await);
    central_bank.fund("ABC", &format!("-{LARGEST}")).await.unwrap();
    central_bank.fund("ICBC", LARGEST).await.unwrap();
    cluster.finish().await;
}
