//! The order of checks on a payment: with two things wrong, the earlier check names the reason.

use clearing_api::v1;
use clearing_api::v1::new_payment::Payee;
use clearing_domain::Reason;

use crate::support::{TestCluster, config, operators, order, refusal, unknown_wallet};

fn amount(order: v1::NewPayment, amount: &str) -> v1::NewPayment {
    v1::NewPayment { amount: amount.to_owned(), ..order }
}

fn alias(order: v1::NewPayment) -> v1::NewPayment {
    v1::NewPayment { payee: Some(Payee::PayeeAlias("phone:13900000000".to_owned())), ..order }
}

#[tokio::test]
async fn request_id_then_amount_then_payer_then_payee() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, frozen, payee) =
        (icbc.open_class(4, "10000").await, icbc.open("1").await, abc.open("").await);
    icbc.freeze(&frozen, false).await.unwrap();
    let reason = async |order| refusal(icbc.try_pay(order).await).reason;

    let known = order(&payer, &payee, "1");
    icbc.pay(known.clone()).await;
    assert_eq!(reason(amount(known, "1.005")).await, Reason::RequestIdReused);

    let nobody = unknown_wallet(2);
    assert_eq!(reason(order(&nobody, &payee, "-1")).await, Reason::AmountNotPositive);
    assert_eq!(reason(alias(order(&payer, "", "1.005"))).await, Reason::AmountScale);
    assert_eq!(reason(order(&nobody, &unknown_wallet(999), "1")).await, Reason::WalletUnknown);
    assert_eq!(reason(alias(order(&nobody, "", "1"))).await, Reason::WalletUnknown);
    assert_eq!(reason(order(&frozen, &unknown_wallet(999), "1")).await, Reason::WalletFrozen);
    assert_eq!(reason(alias(order(&frozen, "", "1"))).await, Reason::WalletFrozen);
    // Over every limit and without the funds, too.
    assert_eq!(
        reason(order(&payer, &unknown_wallet(999), "1000000")).await,
        Reason::WalletPrefixUnknown
    );
    assert_eq!(reason(alias(order(&payer, "", "1000000"))).await, Reason::AliasUnknown);
    cluster.finish().await;
}

#[tokio::test]
async fn payer_then_single_then_daily_limit_then_funds() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open_class(4, "4000").await, abc.open("").await);
    let end = async |amount| icbc.pay_to_end(&payer, &payee, amount).await;
    icbc.freeze(&payer, false).await.unwrap();
    assert_eq!(end("9999").await, "REJECTED WALLET_FROZEN");
    let unfreeze = v1::UnfreezeWalletRequest { wallet_number: payer.clone() };
    icbc.wallets.clone().unfreeze_wallet(unfreeze).await.unwrap();
    assert_eq!(end("2000").await, "COMPLETED");
    assert_eq!(end("2000").await, "COMPLETED");
    assert_eq!(end("2000.01").await, "REJECTED SINGLE_LIMIT");
    assert_eq!(end("1000.01").await, "REJECTED DAILY_LIMIT");
    assert_eq!(end("1000").await, "REJECTED INSUFFICIENT_FUNDS");
    cluster.finish().await;
}

#[tokio::test]
async fn funds_then_operators_active_then_cap_then_payee() {
    let cluster = TestCluster::start(config("operator_count = 2\ncap = 10")).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (payer, nobody) = (icbc.open("100").await, unknown_wallet(3));
    let frozen = abc.open("").await;
    abc.freeze(&frozen, false).await.unwrap();
    central_bank.suspend("ABC").await.unwrap();
    assert_eq!(icbc.pay_to_end(&payer, &nobody, "100.01").await, "REJECTED INSUFFICIENT_FUNDS");
    assert_eq!(icbc.pay_to_end(&payer, &nobody, "11").await, "RETURNED OPERATOR_INACTIVE");
    central_bank.resume("ABC").await.unwrap();
    assert_eq!(icbc.pay_to_end(&payer, &nobody, "10.01").await, "RETURNED NET_DEBIT_CAP");
    assert_eq!(icbc.pay_to_end(&payer, &frozen, "10.01").await, "RETURNED NET_DEBIT_CAP");
    assert_eq!(icbc.pay_to_end(&payer, &nobody, "10").await, "RETURNED PAYEE_UNKNOWN");
    assert_eq!(icbc.pay_to_end(&payer, &frozen, "10").await, "RETURNED PAYEE_FROZEN");
    assert_eq!(icbc.balance(&payer).await, "100.00");
    cluster.finish().await;
}

#[tokio::test]
async fn payee_status_then_balance_cap() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, full) = (icbc.open("100").await, abc.open_class(4, "10000").await);
    assert_eq!(icbc.pay_to_end(&payer, &full, "1").await, "RETURNED BALANCE_CAP");
    abc.freeze(&full, false).await.unwrap();
    assert_eq!(icbc.pay_to_end(&payer, &full, "1").await, "RETURNED PAYEE_FROZEN");
    cluster.finish().await;
}

#[tokio::test]
async fn under_gross_settlement_cap_then_cover_then_payee() {
    let lines =
        "operator_count = 2\nregime = 'deposit'\nsettlement = 'gross'\nreserves = 50\ncap = 100";
    let cluster = TestCluster::start(config(lines)).await;
    let (icbc, payer) = (cluster.operator("ICBC"), cluster.operator("ICBC").open("1000").await);
    let nobody = unknown_wallet(3);
    assert_eq!(icbc.pay_to_end(&payer, &nobody, "100.01").await, "RETURNED NET_DEBIT_CAP");
    assert_eq!(icbc.pay_to_end(&payer, &nobody, "50.01").await, "RETURNED COVER_INSUFFICIENT");
    assert_eq!(icbc.pay_to_end(&payer, &nobody, "50").await, "RETURNED PAYEE_UNKNOWN");
    cluster.finish().await;
}
