//! What payments need of the central bank's directory, and what becomes of them without it.

use clearing_api::v1;
use clearing_api::v1::campaign_service_client::CampaignServiceClient;
use clearing_api::v1::new_payment::Payee;
use clearing_api::v1::payment_code_service_client::PaymentCodeServiceClient;
use clearing_api::v1::payment_outcome::Outcome;
use tonic::transport::Channel;

use crate::campaigns::{claim, create, first_come, left, sponsor};
use crate::support::{Operator, TestCluster, ending, member, operators, order, request_id};

/// Opens the wallet of a merchant who is in the directory.
async fn shop(operator: &Operator) -> String {
    let category = v1::MerchantCategory::Catering.into();
    let request = v1::OpenWalletRequest {
        request_id: request_id(),
        kind: v1::WalletKind::Merchant.into(),
        holder: Some(v1::Holder { name: "A shop".to_owned(), ..v1::Holder::default() }),
        merchant_traits: Some(v1::MerchantTraits { category, region: 0 }),
        ..v1::OpenWalletRequest::default()
    };
    let opened = operator.wallets.clone().open_wallet(request).await.unwrap().into_inner();
    opened.wallet.unwrap().wallet_number
}

fn by_alias(payer: &str, alias: &str) -> v1::NewPayment {
    let payee = Some(Payee::PayeeAlias(alias.to_owned()));
    v1::NewPayment { payee, ..order(payer, "", "1") }
}

/// What became of an item, as in "COMPLETED" or "UNAVAILABLE payee_wallet".
fn what(outcome: &v1::PaymentOutcome) -> String {
    match outcome.outcome.as_ref().unwrap() {
        Outcome::Payment(payment) => ending(payment),
        Outcome::Error(error) => {
            let reason = error.reason().as_str_name().trim_start_matches("ERROR_REASON_");
            assert!(error.message.starts_with(&error.field), "{error:?}");
            assert!(error.message.contains("the directory of the central bank is away"));
            format!("{reason} {}", error.field)
        }
    }
}

/// The charge of a new payment code with 2 yuan.
async fn charge_of_two(
    codes: &mut PaymentCodeServiceClient<Channel>,
    payer: &str,
    payee: &str,
) -> v1::ChargePaymentCodeRequest {
    let of = v1::CreatePaymentCodeRequest { payer_wallet: payer.to_owned(), ..Default::default() };
    let made = codes.create_payment_code(of).await.unwrap().into_inner().payment_code.unwrap();
    v1::ChargePaymentCodeRequest {
        request_id: request_id(),
        payment_code: made.payment_code,
        payee_wallet: payee.to_owned(),
        amount: "2".to_owned(),
        wait_ms: None,
    }
}

#[tokio::test]
async fn without_the_directory_repeats_are_answered_and_those_items_alone_fail_that_need_it() {
    let mut cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let campaigns = CampaignServiceClient::new(cluster.channel(member("ICBC")));
    let city = sponsor(&icbc, "100").await;
    let categories = vec![v1::MerchantCategory::Catering.into()];
    let eligibility = Some(v1::Eligibility { categories, ..v1::Eligibility::default() });
    let campaign = v1::NewCampaign { eligibility, ..first_come(&city) };
    let campaign = create(&campaigns, campaign).await.campaign_wallet;
    let (granted, plain, friend) =
        (icbc.open("10").await, icbc.open("10").await, icbc.open("").await);
    claim(&campaigns, &campaign, &granted).await.unwrap();
    left(&campaigns, &granted, "20.00").await;
    let tea = shop(&icbc).await;
    icbc.link_alias(&tea, "merchant:TEA", false).await.unwrap();

    let known = [order(&granted, &tea, "5"), by_alias(&plain, "merchant:TEA")];
    let mut before = Vec::new();
    for order in &known {
        before.push(icbc.pay(order.clone()).await);
    }
    let mut codes = PaymentCodeServiceClient::new(cluster.channel(member("ICBC")));
    let charge = charge_of_two(&mut codes, &granted, &tea).await;
    let charged = codes.charge_payment_code(charge.clone()).await.unwrap().into_inner();
    left(&campaigns, &granted, "13.00").await;

    cluster.processes().kill(member("central-bank")).await.unwrap();
    for (order, before) in known.iter().zip(&before) {
        assert_eq!(&icbc.pay(order.clone()).await, before);
    }
    assert_eq!(codes.charge_payment_code(charge).await.unwrap().into_inner(), charged);
    let new = [order(&granted, &tea, "3"), by_alias(&plain, "merchant:TEA")];
    let batch = vec![
        known[0].clone(),
        new[0].clone(),
        order(&plain, &tea, "3"),
        order(&granted, &friend, "3"),
        new[1].clone(),
        known[1].clone(),
    ];
    let outcomes = icbc.pay_batch(batch).await.unwrap();
    assert_eq!(
        outcomes.iter().map(what).collect::<Vec<_>>(),
        [
            "COMPLETED",
            "UNAVAILABLE payee_wallet",
            "COMPLETED",
            "COMPLETED",
            "UNAVAILABLE payee_alias",
            "COMPLETED"
        ]
    );
    // The grant was not spent, because it was not known whether it may be.
    left(&campaigns, &granted, "13.00").await;

    cluster.processes().restart(member("central-bank")).await.unwrap();
    cluster.central_bank().until_connected("ICBC", true).await;
    for order in new {
        assert_eq!(ending(&icbc.pay(order).await), "COMPLETED");
    }
    left(&campaigns, &granted, "10.00").await;
    assert_eq!(icbc.balance(&tea).await, "15.00");
    drop(codes);
    cluster.finish().await;
}
