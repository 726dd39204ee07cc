//! Wallets paid by another name.

use clearing_api::v1;
use clearing_api::v1::look_up_wallet_request::Name;
use clearing_domain::Reason;
use tonic::Status;

use crate::support::{CentralBank, TestCluster, ending, member, operators, order, refusal};

fn by_alias(payer: &str, alias: &str, amount: &str) -> v1::NewPayment {
    let payee = Some(v1::new_payment::Payee::PayeeAlias(alias.to_owned()));
    v1::NewPayment { payee, ..order(payer, "", amount) }
}

async fn look_up(central_bank: &CentralBank, name: Name) -> Result<v1::LookUpWalletResponse, Status> {
    let request = v1::LookUpWalletRequest { name: Some(name) };
    Ok(central_bank.directory.clone().look_up_wallet(request).await?.into_inner())
}

#[tokio::test]
async fn an_alias_is_paid_from_any_operator() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, friend, payee) = (icbc.open("100").await, abc.open("100").await, abc.open("").await);
    abc.link_alias(&payee, "phone:13912345678", false).await.unwrap();
    abc.link_alias(&payee, "merchant:TEA-1", false).await.unwrap();
    let payment = icbc.pay(by_alias(&payer, "phone:13912345678", "10")).await;
    assert_eq!((ending(&payment).as_str(), payment.payee_wallet.as_str()), ("COMPLETED", payee.as_str()));
    assert_eq!(ending(&abc.pay(by_alias(&friend, "merchant:TEA-1", "5")).await), "COMPLETED");
    assert_eq!(abc.balance(&payee).await, "15.00");
    cluster.finish().await;
}

#[tokio::test]
async fn an_alias_names_one_wallet_in_the_whole_system_and_moves_only_on_purpose() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, first, second) = (icbc.open("100").await, abc.open("").await, icbc.open("").await);
    let alias = "phone:13912345678";
    abc.link_alias(&first, alias, false).await.unwrap();
    abc.link_alias(&first, alias, false).await.unwrap();
    refusal(icbc.link_alias(&second, alias, false).await).is(Reason::AliasTaken, "alias", alias);
    let order = by_alias(&payer, alias, "10");
    let before = icbc.pay(order.clone()).await;
    icbc.link_alias(&second, alias, true).await.unwrap();
    // A repeat is the payment that was made, whoever has the alias now.
    assert_eq!(icbc.pay(order).await, before);
    assert_eq!(icbc.pay(by_alias(&payer, alias, "7")).await.payee_wallet, second);
    assert_eq!([abc.balance(&first).await, icbc.balance(&second).await], ["10.00", "7.00"]);
    cluster.finish().await;
}

#[tokio::test]
async fn an_alias_that_was_unlinked_is_unknown_also_after_a_restart() {
    let mut cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let (payer, payee) = (icbc.open("100").await, icbc.open("").await);
    icbc.link_alias(&payee, "merchant:KEPT", false).await.unwrap();
    icbc.link_alias(&payee, "merchant:GONE", false).await.unwrap();
    for _ in 0..2 {
        let request = v1::UnlinkAliasRequest { wallet_number: payee.clone(), alias: "merchant:GONE".to_owned() };
        icbc.wallets.clone().unlink_alias(request).await.unwrap();
    }
    cluster.crash(member("central-bank")).await;
    cluster.central_bank().until_connected("ICBC", true).await;
    assert_eq!(ending(&icbc.pay(by_alias(&payer, "merchant:KEPT", "1")).await), "COMPLETED");
    let refused = refusal(icbc.try_pay(by_alias(&payer, "merchant:GONE", "1")).await);
    refused.is(Reason::AliasUnknown, "payee_alias", "merchant:GONE");
    cluster.finish().await;
}

#[tokio::test]
async fn the_directory_finds_wallets_by_alias_and_operators_by_number() {
    let cluster = TestCluster::start(operators(2)).await;
    let (abc, central_bank) = (cluster.operator("ABC"), cluster.central_bank());
    let wallet = abc.open("").await;
    abc.link_alias(&wallet, "merchant:TEA-1", false).await.unwrap();
    let found = look_up(&central_bank, Name::Alias("merchant:TEA-1".to_owned())).await.unwrap();
    assert_eq!((found.wallet_number.as_str(), found.operator_code.as_str()), (wallet.as_str(), "ABC"));
    assert_eq!(look_up(&central_bank, Name::WalletNumber(wallet)).await.unwrap(), found);
    let refused = refusal(look_up(&central_bank, Name::Alias("merchant:RICE".to_owned())).await);
    refused.is(Reason::AliasUnknown, "alias", "merchant:RICE");
    let foreign = crate::support::unknown_wallet(999);
    let refused = refusal(look_up(&central_bank, Name::WalletNumber(foreign.clone())).await);
    refused.is(Reason::WalletPrefixUnknown, "wallet_number", &foreign);
    cluster.finish().await;
}

#[tokio::test]
async fn a_payment_by_alias_is_refused_as_unavailable_while_the_directory_is_away() {
    let mut cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let payer = icbc.open("1").await;
    cluster.processes().kill(member("central-bank")).await.unwrap();
    let refused = refusal(icbc.try_pay(by_alias(&payer, "merchant:TEA-1", "1")).await);
    assert_eq!(refused.reason, Reason::Unavailable);
    cluster.processes().restart(member("central-bank")).await.unwrap();
    assert_eq!(icbc.balance(&payer).await, "1.00");
    cluster.finish().await;
}
