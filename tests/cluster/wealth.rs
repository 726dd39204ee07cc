//! Wealth products of a provider at one operator and holders at others.

use clearing_api::v1;
use clearing_api::v1::wealth_service_client::WealthServiceClient;
use clearing_domain::Reason;
use tonic::Status;
use tonic::transport::Channel;

use crate::support::{
    TestCluster, eventually, member, operators, refusal, request_id, unknown_wallet,
};

pub(crate) type Wealth = WealthServiceClient<Channel>;

pub(crate) fn at(cluster: &TestCluster, code: &str) -> Wealth {
    Wealth::new(cluster.channel(member(code)))
}

/// A provider with 10 yuan of its own, whose product `FUND` is paid back on the same day.
pub(crate) async fn provider(cluster: &TestCluster, code: &str) -> String {
    let operator = cluster.operator(code);
    let wallet = operator.open_kind(v1::WalletKind::Corporate).await;
    operator.exchange_out(&wallet, "10").await.unwrap();
    let terms = v1::ProductTerms {
        provider_wallet: wallet.clone(),
        product_code: "FUND".to_owned(),
        name: "Daily fund".to_owned(),
        rate_ppm: 20_000,
        subscription_min: "20".to_owned(),
        total_max: "1000".to_owned(),
        redemption_days: 0,
    };
    let request = v1::DefineProductRequest { terms: Some(terms) };
    at(cluster, code).define_product(request).await.unwrap();
    wallet
}

/// Subscribes to `FUND`.
pub(crate) async fn subscribe(
    wealth: &Wealth,
    [holder, provider]: [&str; 2],
    (request_id, amount): (&str, &str),
) -> Result<v1::Payment, Status> {
    let request = v1::SubscribeRequest {
        request_id: request_id.to_owned(),
        holder_wallet: holder.to_owned(),
        provider_wallet: provider.to_owned(),
        product_code: "FUND".to_owned(),
        amount: amount.to_owned(),
        wait_ms: None,
    };
    Ok(wealth.clone().subscribe(request).await?.into_inner().payment.unwrap())
}

/// Redeems of `FUND`; no amount is all of it.
pub(crate) async fn redeem(
    wealth: &Wealth,
    [holder, provider]: [&str; 2],
    (request_id, amount): (&str, &str),
) -> Result<v1::WealthRedemption, Status> {
    let request = v1::RedeemRequest {
        request_id: request_id.to_owned(),
        provider_wallet: provider.to_owned(),
        product_code: "FUND".to_owned(),
        holder_wallet: holder.to_owned(),
        amount: amount.to_owned(),
    };
    Ok(wealth.clone().redeem(request).await?.into_inner().redemption.unwrap())
}

/// Takes a redemption back.
pub(crate) async fn cancel(wealth: &Wealth, id: &str) -> Result<v1::WealthRedemption, Status> {
    let request = v1::CancelWealthRedemptionRequest { redemption_id: id.to_owned() };
    let cancelled = wealth.clone().cancel_wealth_redemption(request).await?;
    Ok(cancelled.into_inner().redemption.unwrap())
}

/// Waits until a redemption stands so.
pub(crate) async fn until(wealth: &Wealth, id: &str, state: v1::wealth_redemption::State) {
    let request = v1::GetWealthRedemptionRequest { redemption_id: id.to_owned() };
    eventually("the redemption is so far", async || {
        let found = wealth.clone().get_wealth_redemption(request.clone()).await.ok()?.into_inner();
        (found.redemption?.state() == state).then_some(())
    })
    .await;
}

async fn holding(wealth: &Wealth, [holder, provider]: [&str; 2]) -> v1::Holding {
    let request = v1::GetHoldingRequest {
        provider_wallet: provider.to_owned(),
        product_code: "FUND".to_owned(),
        holder_wallet: holder.to_owned(),
    };
    wealth.clone().get_holding(request).await.unwrap().into_inner().holding.unwrap()
}

#[tokio::test]
async fn a_holder_elsewhere_subscribes_and_is_paid_back_and_class_3_has_its_money_back() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let [icbc, abc] = ["ICBC", "ABC"].map(|code| at(&cluster, code));
    let provider = provider(&cluster, "ICBC").await;
    let operator = cluster.operator("ABC");
    let (holder, weak) = (operator.open_class(2, "500").await, operator.open_class(3, "500").await);
    let name = request_id();
    let both = [holder.as_str(), provider.as_str()];
    let paid = subscribe(&abc, both, (&name, "300")).await.unwrap();
    assert_eq!(subscribe(&abc, both, (&name, "300")).await.unwrap().payment_id, paid.payment_id);
    assert_eq!((paid.state(), paid.product_code.as_str()), (v1::payment::State::Completed, "FUND"));
    let refused = subscribe(&abc, [&weak, &provider], ("weak", "300")).await.unwrap();
    assert_eq!(refused.reason(), v1::ErrorReason::ProductClass);
    assert_eq!(
        (operator.balance(&weak).await, holding(&icbc, both).await.amount),
        ("500.00".into(), "300.00".into())
    );
    cluster.processes().kill(member("ICBC")).await.unwrap();
    cluster.processes().restart(member("ICBC")).await.unwrap();
    let icbc = at(&cluster, "ICBC");
    let redemption = redeem(&icbc, both, ("part", "100")).await.unwrap();
    until(&icbc, &redemption.redemption_id, v1::wealth_redemption::State::Paid).await;
    let again = redeem(&icbc, both, ("part", "100")).await.unwrap();
    assert_eq!(again.redemption_id, redemption.redemption_id, "a repeat");
    let more = refusal(redeem(&icbc, both, ("more", "200.01")).await);
    assert_eq!(more.reason, Reason::HoldingExceeded);
    let refused = refusal(cancel(&icbc, &redemption.redemption_id).await);
    assert_eq!(
        (refused.reason, refused.field.as_str()),
        (Reason::TransitionInvalid, "redemption_id"),
        "what is paid"
    );
    let unknown = unknown_wallet(1);
    let request = v1::ListProductsRequest {
        provider_wallet: unknown.clone(),
        ..v1::ListProductsRequest::default()
    };
    let refused = refusal(icbc.clone().list_products(request).await);
    assert_eq!(
        (refused.reason, refused.field.as_str()),
        (Reason::WalletUnknown, "provider_wallet"),
        "{unknown}"
    );
    let operator = cluster.operator("ABC");
    eventually("the money is back", async || {
        (operator.balance(&holder).await == "300.00").then_some(())
    })
    .await;
    let held = holding(&icbc, both).await;
    assert_eq!((held.amount, held.redeemed), ("200.00".to_owned(), "100.00".to_owned()));
    cluster.finish().await;
}
