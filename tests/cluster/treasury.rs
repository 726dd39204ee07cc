//! Government wallets are swept into the account of the treasury: once, whatever dies on the way.

use clearing_api::v1;
use clearing_api::v1::settlement_service_client::SettlementServiceClient;
use clearing_api::v1::sweep::State;
use clearing_cluster::cluster::Member;
use clearing_domain::Reason;

use crate::support::{Operator, TestCluster, config, eventually, member, refusal};

const CASH: &str = "operator_count = 2\nreserves = 6000\nstock = 5000";
const DEPOSIT: &str = "operator_count = 2\nregime = 'deposit'\nreserves = 500\ndeposits = 5000";

/// Opens a government wallet with 800 yuan in it.
async fn office(operator: &Operator) -> String {
    let request = v1::OpenWalletRequest {
        request_id: "office".to_owned(),
        kind: v1::WalletKind::Government.into(),
        holder: Some(v1::Holder { name: "Tax office".to_owned(), ..v1::Holder::default() }),
        opening_amount: "800".to_owned(),
        ..v1::OpenWalletRequest::default()
    };
    let opened = operator.wallets.clone().open_wallet(request).await.unwrap().into_inner();
    opened.wallet.unwrap().wallet_number
}

fn request(wallet: &str, amount: &str) -> v1::SweepToTreasuryRequest {
    v1::SweepToTreasuryRequest {
        request_id: "sweep".to_owned(),
        wallet_number: wallet.to_owned(),
        amount: amount.to_owned(),
    }
}

/// What the treasury has, and what it waits for.
async fn treasury(cluster: &TestCluster) -> (String, Vec<v1::WaitingRemittance>) {
    let mut client = SettlementServiceClient::new(cluster.channel(Member::CentralBank));
    let found = client.get_treasury(v1::GetTreasuryRequest::default()).await.unwrap().into_inner();
    (found.balance, found.waiting)
}

/// Asks until the treasury has the money of a sweep.
async fn remitted(operator: &Operator, request: &v1::SweepToTreasuryRequest) {
    eventually("the treasury is paid", async || {
        let swept = operator.profiles.clone().sweep_to_treasury(request.clone()).await.ok()?;
        (swept.into_inner().sweep.unwrap().state() == State::Remitted).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_sweep_reaches_the_treasury_once_with_both_sides_killed_on_the_way() {
    let mut cluster = TestCluster::start(config(CASH)).await;
    let wallet = office(&cluster.operator("ICBC")).await;
    cluster.processes().kill(Member::CentralBank).await.unwrap();
    let sweep = request(&wallet, "");
    let swept = cluster.operator("ICBC").profiles.clone().sweep_to_treasury(sweep.clone()).await;
    let swept = swept.unwrap().into_inner().sweep.unwrap();
    assert_eq!((swept.amount.as_str(), swept.state()), ("800.00", State::Waiting));
    assert_eq!(cluster.operator("ICBC").balance(&wallet).await, "0.00");
    cluster.processes().kill(member("ICBC")).await.unwrap();
    for member in [Member::CentralBank, member("ICBC")] {
        cluster.processes().restart(member).await.unwrap();
    }
    remitted(&cluster.operator("ICBC"), &sweep).await;
    cluster.crash(Member::CentralBank).await;
    assert_eq!(treasury(&cluster).await, ("800.00".to_owned(), Vec::new()));
    cluster.finish().await;
}

#[tokio::test]
async fn a_sweep_waits_by_name_where_reserves_are_short_and_is_paid_with_the_next_inflow() {
    let mut cluster = TestCluster::start(config(DEPOSIT)).await;
    let icbc = cluster.operator("ICBC");
    let wallet = office(&icbc).await;
    let sweep = request(&wallet, "800");
    icbc.profiles.clone().sweep_to_treasury(sweep.clone()).await.unwrap();
    let waiting = eventually("the sweep waits", async || treasury(&cluster).await.1.pop()).await;
    assert_eq!((waiting.operator_code.as_str(), waiting.amount.as_str()), ("ICBC", "800.00"));
    assert_eq!(waiting.reason(), v1::ErrorReason::ReservesInsufficient);
    cluster.crash(Member::CentralBank).await;
    assert_eq!(treasury(&cluster).await.1, [waiting], "it is in the file");
    cluster.central_bank().fund("ICBC", "300").await.unwrap();
    remitted(&icbc, &sweep).await;
    assert_eq!(treasury(&cluster).await, ("800.00".to_owned(), Vec::new()));
    cluster.finish().await;
}

#[tokio::test]
async fn only_government_wallets_are_swept() {
    let cluster = TestCluster::start(config(CASH)).await;
    let icbc = cluster.operator("ICBC");
    let (person, wallet) = (icbc.open("10").await, office(&icbc).await);
    let sweep = async |request| icbc.profiles.clone().sweep_to_treasury(request).await;
    assert_eq!(refusal(sweep(request(&person, "")).await).reason, Reason::KindNotAllowed);
    let too_much = sweep(request(&wallet, "800.01")).await;
    assert_eq!(refusal(too_much).reason, Reason::InsufficientFunds);
    cluster.finish().await;
}
