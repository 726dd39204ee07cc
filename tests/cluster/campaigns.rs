//! Red packets and vouchers between processes: the sponsor at one operator, winners at others,
//! merchants at a third, some of them killed on the way.

use std::time::{Duration, SystemTime};

use clearing_api::v1;
use clearing_api::v1::campaign_service_client::CampaignServiceClient;
use clearing_domain::Reason;
use clearing_domain::operator::commitment;
use tonic::Status;
use tonic::transport::Channel;

use crate::support::{
    Operator, ROOT, TestCluster, ending, eventually, member, operators, order, refusal, request_id,
};

/// The seed of the draws.
const SEED: [u8; 32] = [7; 32];

pub(crate) type Campaigns = CampaignServiceClient<Channel>;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A moment so long from now.
fn after(wait: Duration) -> Option<prost_types::Timestamp> {
    Some((SystemTime::now() + wait).into())
}

const DAY: Duration = Duration::from_secs(86_400);

/// A campaign of two grants of 20 yuan, with a draw as soon as nobody can register any more.
pub(crate) fn drawn(sponsor: &str) -> v1::NewCampaign {
    let now = SystemTime::now();
    v1::NewCampaign {
        sponsor_wallet: sponsor.to_owned(),
        title: "Red packets".to_owned(),
        kind: v1::campaign::Kind::RedPacket.into(),
        face_amount: "20".to_owned(),
        winner_count: 2,
        pool_amount: "40".to_owned(),
        eligibility: None,
        register_from: Some((now - DAY).into()),
        register_until: after(Duration::from_secs(1)),
        claim_until: after(DAY),
        valid_from: Some((now - DAY).into()),
        valid_until: after(DAY),
        commitment: hex(&commitment(&SEED)),
    }
}

/// A campaign in which who claims first wins.
pub(crate) fn first_come(sponsor: &str) -> v1::NewCampaign {
    v1::NewCampaign { commitment: String::new(), register_until: after(DAY), ..drawn(sponsor) }
}

pub(crate) async fn create(campaigns: &Campaigns, campaign: v1::NewCampaign) -> v1::Campaign {
    let request = v1::CreateCampaignRequest { request_id: request_id(), campaign: Some(campaign) };
    let created = campaigns.clone().create_campaign(request).await.unwrap();
    created.into_inner().campaign.unwrap()
}

pub(crate) async fn register(
    campaigns: &Campaigns,
    campaign: &str,
    wallet: &str,
) -> Result<(), Status> {
    let request = v1::RegisterRequest {
        campaign_wallet: campaign.to_owned(),
        wallet_number: wallet.to_owned(),
    };
    campaigns.clone().register(request).await.map(drop)
}

/// Draws as soon as registration is over.
pub(crate) async fn draw(campaigns: &Campaigns, campaign: &str) -> v1::Campaign {
    let request = v1::DrawRequest { campaign_wallet: campaign.to_owned(), seed: hex(&SEED) };
    eventually("registration is over", async || {
        let drawn = campaigns.clone().draw(request.clone()).await.ok()?;
        drawn.into_inner().campaign
    })
    .await
}

pub(crate) async fn claim(
    campaigns: &Campaigns,
    campaign: &str,
    wallet: &str,
) -> Result<v1::ClaimedGrant, Status> {
    let request =
        v1::ClaimRequest { campaign_wallet: campaign.to_owned(), wallet_number: wallet.to_owned() };
    Ok(campaigns.clone().claim(request).await?.into_inner().grant.unwrap())
}

async fn grants(campaigns: &Campaigns, wallet: &str) -> Vec<v1::WalletGrant> {
    let request = v1::ListGrantsRequest { wallet_number: wallet.to_owned(), ..Default::default() };
    campaigns.clone().list_grants(request).await.unwrap().into_inner().grants
}

/// Waits until the first grant of a wallet has so much left.
pub(crate) async fn left(campaigns: &Campaigns, wallet: &str, amount: &str) -> v1::WalletGrant {
    eventually(&format!("{amount} are left of the grant of {wallet}"), async || {
        grants(campaigns, wallet).await.into_iter().find(|grant| grant.left_amount == amount)
    })
    .await
}

async fn read(campaigns: &Campaigns, campaign: &str) -> v1::Campaign {
    let request = v1::GetCampaignRequest { campaign_wallet: campaign.to_owned() };
    campaigns.clone().get_campaign(request).await.unwrap().into_inner().campaign.unwrap()
}

/// Opens a wallet of a kind with money in it.
pub(crate) async fn sponsor(operator: &Operator, amount: &str) -> String {
    let wallet = operator.open_kind(v1::WalletKind::Government).await;
    operator.exchange_out(&wallet, amount).await.unwrap();
    wallet
}

async fn registrations(campaigns: &Campaigns, campaign: &str) -> Vec<v1::CampaignRegistration> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let campaign_wallet = campaign.to_owned();
        let request = v1::ListRegistrationsRequest { campaign_wallet, page_size: 2, page_token };
        let page = campaigns.clone().list_registrations(request).await.unwrap().into_inner();
        all.extend(page.registrations);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

/// Claims twice, which is once, what a wallet has won; another wallet is refused.
async fn claim_if_won(service: &Campaigns, campaign: &str, wallet: &str, won: bool) -> bool {
    let claimed = claim(service, campaign, wallet).await;
    if !won {
        assert_eq!(refusal(claimed).reason, Reason::NotWon);
        return false;
    }
    let first = claimed.unwrap();
    assert_eq!(claim(service, campaign, wallet).await.unwrap(), first);
    left(service, wallet, "20.00").await;
    true
}

/// One grant of 20 yuan was spent in two payments of 15.
async fn check_redemption(service: &Campaigns, campaign: &str, grants: u64) {
    let request = v1::GetRedemptionRequest { campaign_wallet: campaign.to_owned() };
    let figures = service.clone().get_redemption(request).await.unwrap().into_inner();
    assert_eq!((figures.grant_count, figures.payment_count), (grants, 2));
    assert_eq!((figures.spent_amount.as_str(), figures.added_amount.as_str()), ("20.00", "10.00"));
}

#[tokio::test]
async fn a_red_packet_is_drawn_claimed_spent_and_counted_across_operators() {
    let mut cluster = TestCluster::start(operators(4)).await;
    let [icbc, abc, boc, ccb] = ["ICBC", "ABC", "BOC", "CCB"].map(|code| cluster.operator(code));
    let of = |code: &str| CampaignServiceClient::new(cluster.channel(member(code)));
    let [at_icbc, at_abc, at_ccb] = ["ICBC", "ABC", "CCB"].map(of);
    let city = sponsor(&ccb, "100").await;
    let created = create(&at_ccb, drawn(&city)).await;
    let campaign = created.campaign_wallet.clone();
    assert_eq!(
        (created.pool_balance.as_str(), ccb.balance(&city).await.as_str()),
        ("40.00", "60.00")
    );
    let shop = boc.open_kind(v1::WalletKind::Merchant).await;

    let mut wallets = Vec::new();
    for (operator, service) in [(&icbc, &at_icbc), (&abc, &at_abc), (&ccb, &at_ccb)] {
        let wallet = operator.open("50").await;
        register(service, &campaign, &wallet).await.unwrap();
        register(service, &campaign, &wallet).await.unwrap();
        wallets.push((wallet, service));
    }
    let stranger = register(&at_abc, &campaign, &wallets[0].0).await;
    assert_eq!(refusal(stranger).reason, Reason::WalletUnknown);
    let unknown = register(&at_icbc, &wallets[2].0, &wallets[0].0).await;
    assert_eq!(refusal(unknown).reason, Reason::CampaignUnknown);

    let drawn = draw(&at_ccb, &campaign).await;
    assert_eq!((drawn.registered_count, drawn.draw.unwrap().winner_count), (3, 2));
    let late = register(&at_icbc, &campaign, &icbc.open("").await).await;
    assert_eq!(refusal(late).reason, Reason::RegistrationClosed);
    let listed = registrations(&at_ccb, &campaign).await;
    let winners: Vec<_> = listed.iter().filter(|entry| entry.won).collect();
    assert_eq!((listed.len(), winners.len()), (3, 2));
    assert_eq!(verified(&listed), (true, "ok: 2 of 3 wallets won\n".to_owned()));
    let mut forged = listed.clone();
    forged.iter_mut().for_each(|entry| entry.won = !entry.won);
    assert!(!verified(&forged).0);

    let mut packets = Vec::new();
    for (wallet, service) in &wallets {
        let won = listed.iter().any(|entry| entry.won && entry.wallet_number == *wallet);
        if claim_if_won(service, &campaign, wallet, won).await {
            packets.push(wallet.clone());
        }
    }
    // Neither the sponsor's operator nor the central bank has to live on for what is claimed.
    for killed in ["CCB", "central-bank"] {
        cluster.processes().kill(member(killed)).await.unwrap();
        cluster.processes().restart(member(killed)).await.unwrap();
        let payer = cluster.operator(code_of(&packets[0]));
        assert_eq!(ending(&payer.pay(order(&packets[0], &shop, "15")).await), "COMPLETED");
    }
    let wallet = &packets[0];
    let code = &wallet[..3];
    let service = of_code(&cluster, code);
    let spent = left(&service, wallet, "0.00").await;
    assert_eq!(spent.campaign_wallet, campaign);
    let own = packets.iter().filter(|wallet| wallet[..3] == *code).count();
    check_redemption(&service, &campaign, own as u64).await;
    assert_eq!(boc.balance(&shop).await, "30.00");
    let at_ccb = of_code(&cluster, "005");
    let now = read(&at_ccb, &campaign).await;
    assert_eq!((now.claimed_count, now.claimed_amount.as_str()), (2, "40.00"));
    cluster.finish().await;
}

/// The operator of a wallet or prefix.
fn code_of(number: &str) -> &'static str {
    match &number[..3] {
        "002" => "ICBC",
        "003" => "ABC",
        "004" => "BOC",
        _ => "CCB",
    }
}

/// What the script that anyone can run says of the draw of these registrations.
fn verified(listed: &[v1::CampaignRegistration]) -> (bool, String) {
    let directory = tempfile::tempdir().unwrap();
    let [campaign, registrations] =
        ["campaign.json", "registrations.json"].map(|name| directory.path().join(name));
    let drawn = serde_json::json!({ "campaign": {
        "terms": { "winnerCount": 2, "commitment": hex(&commitment(&SEED)) },
        "draw": { "seed": hex(&SEED) },
    }});
    let listed = listed
        .iter()
        .map(|entry| serde_json::json!({ "walletNumber": entry.wallet_number, "won": entry.won }));
    let listed = serde_json::json!({ "registrations": listed.collect::<Vec<_>>() });
    std::fs::write(&campaign, drawn.to_string()).unwrap();
    std::fs::write(&registrations, listed.to_string()).unwrap();
    let script = std::path::Path::new(ROOT).join("scripts/verify-draw.py");
    let command = [script, campaign, registrations];
    let output = std::process::Command::new("python3").args(command).output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

fn of_code(cluster: &TestCluster, prefix: &str) -> Campaigns {
    CampaignServiceClient::new(cluster.channel(member(code_of(prefix))))
}

#[tokio::test]
async fn a_person_registers_once_whatever_operator_has_the_wallet() {
    let cluster = TestCluster::start(operators(3)).await;
    let [icbc, abc, boc] = ["ICBC", "ABC", "BOC"].map(|code| cluster.operator(code));
    let [at_icbc, at_abc, at_boc] = ["002", "003", "004"].map(|code| of_code(&cluster, code));
    let city = sponsor(&boc, "100").await;
    let campaign = create(&at_boc, first_come(&city)).await.campaign_wallet;
    let [one, same] = [&icbc, &abc].map(|operator| {
        let holder = v1::Holder {
            phone_number: "13912345678".to_owned(),
            identity_document: "11010119900307447X".to_owned(),
            ..v1::Holder::default()
        };
        let request = v1::OpenWalletRequest {
            kind: v1::WalletKind::Personal.into(),
            wallet_class: Some(3),
            holder: Some(holder),
            ..v1::OpenWalletRequest::default()
        };
        let mut wallets = operator.wallets.clone();
        async move { wallets.open_wallet(request).await.unwrap().into_inner().wallet.unwrap() }
    });
    let (one, same) = (one.await.wallet_number, same.await.wallet_number);
    register(&at_icbc, &campaign, &one).await.unwrap();
    let again = register(&at_abc, &campaign, &same).await;
    assert_eq!(refusal(again).reason, Reason::AlreadyRegistered);
    let anonymous = icbc.open_class(4, "").await;
    let request = v1::RegisterWalletsRequest {
        campaign_wallet: campaign.clone(),
        wallet_numbers: vec![one.clone(), "1".to_owned(), anonymous, icbc.open("").await],
    };
    let outcomes = at_icbc.clone().register_wallets(request).await.unwrap().into_inner().outcomes;
    let reasons: Vec<_> =
        outcomes.into_iter().map(|outcome| outcome.error.map(|error| error.reason())).collect();
    assert_eq!(reasons[..2], [None, Some(v1::ErrorReason::WalletNumberMalformed)]);
    assert_eq!((reasons.len(), reasons[3]), (4, None));

    // Several want the last packets at once: the pool has two.
    let mut wallets = vec![one];
    for _ in 0..5 {
        wallets.push(icbc.open("").await);
    }
    let request =
        v1::ClaimGrantsRequest { campaign_wallet: campaign.clone(), wallet_numbers: wallets };
    let outcomes = at_icbc.clone().claim_grants(request).await.unwrap().into_inner().outcomes;
    let claimed = outcomes
        .iter()
        .filter(|outcome| matches!(outcome.outcome, Some(v1::claim_outcome::Outcome::Grant(_))));
    assert_eq!((claimed.count(), outcomes.len()), (2, 6));
    assert_eq!(read(&at_boc, &campaign).await.pool_balance, "0.00");
    cluster.finish().await;
}

#[tokio::test]
async fn a_voucher_pays_its_part_once_at_the_merchants_it_is_for() {
    let mut cluster = TestCluster::start(operators(4)).await;
    let [icbc, abc, boc] = ["ICBC", "ABC", "BOC"].map(|code| cluster.operator(code));
    let [at_icbc, at_abc] = ["002", "003"].map(|code| of_code(&cluster, code));
    let city = sponsor(&abc, "100").await;
    let eligibility = v1::Eligibility {
        categories: vec![v1::MerchantCategory::Catering.into()],
        operator_codes: vec!["BOC".to_owned()],
        min_spend: "50".to_owned(),
        ..v1::Eligibility::default()
    };
    let voucher = v1::NewCampaign {
        kind: v1::campaign::Kind::Voucher.into(),
        eligibility: Some(eligibility),
        ..first_come(&city)
    };
    let campaign = create(&at_abc, voucher).await.campaign_wallet;
    let (payer, friend) = (icbc.open("100").await, icbc.open("100").await);
    claim(&at_icbc, &campaign, &payer).await.unwrap();
    let shop = |category: v1::MerchantCategory| v1::OpenWalletRequest {
        request_id: request_id(),
        kind: v1::WalletKind::Merchant.into(),
        holder: Some(v1::Holder { name: "A shop".to_owned(), ..v1::Holder::default() }),
        merchant_traits: Some(v1::MerchantTraits { category: category.into(), region: 0 }),
        ..v1::OpenWalletRequest::default()
    };
    let mut shops = Vec::new();
    for category in [v1::MerchantCategory::Retail, v1::MerchantCategory::Catering] {
        let opened = boc.wallets.clone().open_wallet(shop(category)).await.unwrap().into_inner();
        shops.push(opened.wallet.unwrap().wallet_number);
    }
    let with = |payer: &str, shop: &str, amount: &str, discount: &str| v1::NewPayment {
        voucher: Some(v1::Voucher {
            campaign_wallet: campaign.clone(),
            discount: discount.to_owned(),
        }),
        ..order(payer, shop, amount)
    };
    for (payment, why) in [
        (with(&payer, &shops[0], "60", "20"), "RETURNED VOUCHER_INELIGIBLE"),
        (with(&payer, &shops[1], "49", "20"), "RETURNED VOUCHER_INELIGIBLE"),
        (with(&payer, &shops[1], "60", "19"), "RETURNED VOUCHER_INVALID"),
        (with(&payer, &shops[1], "60", "21"), "REJECTED VOUCHER_INVALID"),
        // Refused before anything leaves, so that no stranger occupies the cap of the sponsor's.
        (with(&friend, &shops[1], "60", "20"), "REJECTED VOUCHER_NOT_CLAIMED"),
    ] {
        assert_eq!(ending(&icbc.pay(payment).await), why);
    }
    cluster.processes().kill(member("ABC")).await.unwrap();
    cluster.processes().restart(member("ABC")).await.unwrap();
    let paid = icbc.pay(with(&payer, &shops[1], "60", "20")).await;
    assert_eq!(ending(&paid), "COMPLETED");
    let twice = icbc.pay(with(&payer, &shops[1], "60", "20")).await;
    assert_eq!(ending(&twice), "REJECTED VOUCHER_USED");
    assert_eq!(
        (icbc.balance(&payer).await.as_str(), boc.balance(&shops[1]).await.as_str()),
        ("60.00", "60.00")
    );
    let now = read(&of_code(&cluster, "003"), &campaign).await;
    assert_eq!((now.redeemed_count, now.redeemed_turnover.as_str()), (1, "60.00"));
    assert_eq!((now.pool_balance.as_str(), now.redeemed_merchant_count), ("20.00", 1));
    cluster.finish().await;
}

#[tokio::test]
async fn what_is_left_goes_back_to_the_sponsor_when_its_time_is_over() {
    let cluster = TestCluster::start(operators(3)).await;
    let [icbc, abc, boc] = ["ICBC", "ABC", "BOC"].map(|code| cluster.operator(code));
    let [at_icbc, at_abc] = ["002", "003"].map(|code| of_code(&cluster, code));
    let city = sponsor(&abc, "100").await;
    let soon = after(Duration::from_secs(4));
    let eligibility = v1::Eligibility {
        categories: vec![v1::MerchantCategory::Catering.into()],
        ..v1::Eligibility::default()
    };
    let short = v1::NewCampaign {
        register_until: soon,
        claim_until: soon,
        valid_until: soon,
        eligibility: Some(eligibility),
        ..first_come(&city)
    };
    let campaign = create(&at_abc, short).await.campaign_wallet;
    let watched = v1::WatchCampaignRequest { campaign_wallet: campaign.clone() };
    let mut events = at_abc.clone().watch_campaign(watched).await.unwrap().into_inner();
    let payer = icbc.open("0").await;
    claim(&at_icbc, &campaign, &payer).await.unwrap();
    left(&at_icbc, &payer, "20.00").await;
    assert_eq!(icbc.wallet(&payer).await.granted, "20.00");
    // The directory says nothing of this merchant, so that the grant does not pay it.
    let shop = boc.open_kind(v1::WalletKind::Merchant).await;
    let refused = icbc.pay(order(&payer, &shop, "1")).await;
    assert_eq!(ending(&refused), "REJECTED INSUFFICIENT_FUNDS");
    left(&at_icbc, &payer, "0.00").await;
    let close =
        || v1::CloseCampaignRequest { request_id: request_id(), campaign_wallet: campaign.clone() };
    eventually("the sponsor has its money back", async || {
        at_abc.clone().close_campaign(close()).await.ok()?;
        (abc.balance(&city).await == "100.00").then_some(())
    })
    .await;
    let closed = at_abc.clone().close_campaign(close()).await.unwrap().into_inner();
    assert!(closed.campaign.unwrap().closed);
    // Nothing holds the sponsor's wallet open any more.
    abc.exchange_back(&city, "100").await.unwrap();
    let shut = v1::CloseWalletRequest { wallet_number: city.clone() };
    abc.wallets.clone().close_wallet(shut).await.unwrap();
    let mut kinds = Vec::new();
    while kinds.len() < 4 {
        let event = events.message().await.unwrap().unwrap();
        kinds.push(event.kind());
    }
    use v1::watch_campaign_response::Kind;
    assert!(kinds.starts_with(&[Kind::Registered, Kind::Claimed]), "{kinds:?}");
    assert!(kinds.contains(&Kind::Reclaimed) && kinds.contains(&Kind::Closed), "{kinds:?}");
    drop(events);
    cluster.finish().await;
}
