//! Payments of which a wallet of another operator shall pay a part, while its process is killed.

use clearing_api::v1;
use clearing_api::v1::campaign_part::State as Part;
use clearing_api::v1::campaign_service_client::CampaignServiceClient;
use clearing_api::v1::payment::State;
use clearing_domain::Reason;

use crate::campaigns;
use crate::support::{DEADLINE, Operator, TestCluster, ending, member, operators, order, refusal};

const IN_TRANSIT: State = State::InTransit;

/// An order of which a campaign pays a part.
fn with(order: v1::NewPayment, campaign: &str, discount: &str) -> v1::NewPayment {
    let (campaign_wallet, discount) = (campaign.to_owned(), discount.to_owned());
    v1::NewPayment { voucher: Some(v1::Voucher { campaign_wallet, discount }), ..order }
}

/// Asks until a payment has ended.
async fn end_of(operator: &Operator, id: &str) -> v1::Payment {
    let asked = async {
        loop {
            let payment = operator.payment(id).await.unwrap();
            if payment.state() != IN_TRANSIT {
                return payment;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, asked).await.expect("the payment never ends")
}

/// Whoever pays names the campaign, so a wallet that is no pool of one must never be debited, and
/// one that holds no voucher must not even ask.
#[tokio::test]
async fn without_a_voucher_nothing_leaves_the_payers_operator() {
    let cluster = TestCluster::start(operators(4)).await;
    let [icbc, boc, ccb] = ["ICBC", "BOC", "CCB"].map(|code| cluster.operator(code));
    let [payer, merchant] = [icbc.open("1000.00").await, boc.open("0.00").await];
    let stranger = ccb.open("100.00").await;
    let refused = icbc.pay(with(order(&payer, &merchant, "100.00"), &stranger, "30.00")).await;
    assert_eq!(ending(&refused), "REJECTED VOUCHER_NOT_CLAIMED");
    assert_eq!(refused.voucher.unwrap().discount, "30.00");
    let own = icbc.open("10.00").await;
    let rejected = icbc.pay(with(order(&payer, &merchant, "90.00"), &own, "5.00")).await;
    assert_eq!(ending(&rejected), "REJECTED CAMPAIGN_UNKNOWN");
    let refused = icbc.try_pay(with(order(&payer, &merchant, "90.00"), &stranger, "90.00")).await;
    assert_eq!(refusal(refused).reason, Reason::VoucherInvalid);
    let left =
        [icbc.balance(&payer).await, boc.balance(&merchant).await, ccb.balance(&stranger).await];
    assert_eq!(left, ["1000.00", "0.00", "100.00"]);
    cluster.finish().await;
}

#[tokio::test]
async fn a_voucher_waits_for_its_sponsor_and_is_on_no_other_payment_although_both_are_killed() {
    let mut cluster = TestCluster::start(operators(4)).await;
    let [icbc, boc] = ["ICBC", "BOC"].map(|code| cluster.operator(code));
    let at =
        |cluster: &TestCluster, code| CampaignServiceClient::new(cluster.channel(member(code)));
    let city = campaigns::sponsor(&cluster.operator("CCB"), "100").await;
    let voucher = v1::NewCampaign {
        kind: v1::campaign::Kind::Voucher.into(),
        eligibility: Some(v1::Eligibility { min_spend: "50".to_owned(), ..Default::default() }),
        ..campaigns::first_come(&city)
    };
    let campaign = campaigns::create(&at(&cluster, "CCB"), voucher).await.campaign_wallet;
    let payer = icbc.open("1000.00").await;
    let shop = boc.open_kind(v1::WalletKind::Merchant).await;
    for _ in 0..2 {
        campaigns::claim(&at(&cluster, "ICBC"), &campaign, &payer).await.unwrap();
    }
    for code in ["CCB", "ICBC"] {
        cluster.processes().kill(member(code)).await.unwrap();
    }
    cluster.processes().restart(member("ICBC")).await.unwrap();
    let icbc = cluster.operator("ICBC");
    let asked = || with(order(&payer, &shop, "50.00"), &campaign, "20.00");
    let waits = icbc.pay_within(asked(), 0).await.unwrap();
    assert_eq!(waits.state(), IN_TRANSIT);
    assert_eq!(ending(&icbc.pay(asked()).await), "REJECTED VOUCHER_USED");
    cluster.processes().restart(member("CCB")).await.unwrap();
    let ended = end_of(&icbc, &waits.payment_id).await;
    assert_eq!(ending(&ended), "COMPLETED");
    assert_eq!(ending(&icbc.pay(asked()).await), "REJECTED VOUCHER_USED");
    let left = [icbc.balance(&payer).await, cluster.operator("BOC").balance(&shop).await];
    assert_eq!(left, ["970.00", "50.00"]);
    cluster.finish().await;
}

/// Asks the operator of a campaign until its part of a payment has ended.
async fn part_of(sponsor: &Operator, id: &str) -> (Option<v1::Payment>, v1::CampaignPart) {
    let asked = async {
        loop {
            let parts = sponsor.parts(id).await.unwrap();
            let part = parts.campaign_part.expect("its campaign was asked");
            if part.state() != Part::Funded {
                return (parts.payment, part);
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, asked).await.expect("the part of the campaign never ends")
}

#[tokio::test]
async fn the_operator_of_a_campaign_shows_what_that_pays_of_payments_elsewhere() {
    let cluster = TestCluster::start(operators(4)).await;
    let [icbc, boc, ccb] = ["ICBC", "BOC", "CCB"].map(|code| cluster.operator(code));
    let at = |code| CampaignServiceClient::new(cluster.channel(member(code)));
    let city = campaigns::sponsor(&ccb, "100").await;
    let voucher = v1::NewCampaign {
        kind: v1::campaign::Kind::Voucher.into(),
        eligibility: Some(v1::Eligibility { min_spend: "50".to_owned(), ..Default::default() }),
        ..campaigns::first_come(&city)
    };
    let campaign = campaigns::create(&at("CCB"), voucher).await.campaign_wallet;
    let [payer, other] = [icbc.open("100.00").await, icbc.open("100.00").await];
    for wallet in [&payer, &other] {
        campaigns::claim(&at("ICBC"), &campaign, wallet).await.unwrap();
    }
    let shop = boc.open_kind(v1::WalletKind::Merchant).await;
    let low = icbc.pay(with(order(&payer, &shop, "49.00"), &campaign, "20.00")).await;
    let paid = icbc.pay(with(order(&payer, &shop, "50.00"), &campaign, "20.00")).await;
    assert_eq!([ending(&low), ending(&paid)], ["RETURNED VOUCHER_INELIGIBLE", "COMPLETED"]);
    let part = |state: Part, reason: v1::ErrorReason| v1::CampaignPart {
        campaign_wallet: campaign.clone(),
        discount: "20.00".to_owned(),
        state: state.into(),
        reason: reason.into(),
    };
    let declined = part(Part::Declined, v1::ErrorReason::VoucherIneligible);
    let redeemed = part(Part::Redeemed, v1::ErrorReason::Unspecified);
    assert_eq!(part_of(&ccb, &low.payment_id).await, (None, declined));
    assert_eq!(part_of(&ccb, &paid.payment_id).await, (None, redeemed.clone()));
    assert_eq!(boc.parts(&paid.payment_id).await.unwrap().campaign_part, None);
    let unknown = cluster.operator("ABC").parts(&paid.payment_id).await;
    assert_eq!(refusal(unknown).reason, Reason::PaymentUnknown);
    // The payee may be at the operator of the campaign.
    let near = ccb.open_kind(v1::WalletKind::Merchant).await;
    let both = icbc.pay(with(order(&other, &near, "60.00"), &campaign, "20.00")).await;
    let (payment, part) = part_of(&ccb, &both.payment_id).await;
    assert_eq!((payment.unwrap().amount.as_str(), part), ("60.00", redeemed));
    cluster.finish().await;
}
