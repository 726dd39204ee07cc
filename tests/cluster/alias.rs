//! Wallets paid by another name.

use clearing_api::status::reason_of;
use clearing_api::v1;
use clearing_api::v1::look_up_wallet_request::Name;
use clearing_cluster::cluster::Member;
use clearing_domain::Reason;
use tonic::{Code, Request, Status};

use crate::support::{
    CentralBank, Operator, TestCluster, ending, eventually, member, operators, order, refusal,
};

fn by_alias(payer: &str, alias: &str, amount: &str) -> v1::NewPayment {
    let payee = Some(v1::new_payment::Payee::PayeeAlias(alias.to_owned()));
    v1::NewPayment { payee, ..order(payer, "", amount) }
}

async fn look_up(
    central_bank: &CentralBank,
    name: Name,
) -> Result<v1::LookUpWalletResponse, Status> {
    let request = v1::LookUpWalletRequest { name: Some(name) };
    Ok(central_bank.directory.clone().look_up_wallet(request).await?.into_inner())
}

#[tokio::test]
async fn an_alias_is_paid_from_any_operator() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, friend, payee) =
        (icbc.open("100").await, abc.open("100").await, abc.open("").await);
    abc.link_alias(&payee, "phone:13912345678", false).await.unwrap();
    abc.link_alias(&payee, "merchant:TEA-1", false).await.unwrap();
    let payment = icbc.pay(by_alias(&payer, "phone:13912345678", "10")).await;
    assert_eq!(
        (ending(&payment).as_str(), payment.payee_wallet.as_str()),
        ("COMPLETED", payee.as_str())
    );
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
    for removed in [true, false] {
        let (wallet_number, alias) = (payee.clone(), "merchant:GONE".to_owned());
        let request = v1::UnlinkAliasRequest { wallet_number, alias };
        let answer = icbc.wallets.clone().unlink_alias(request).await.unwrap().into_inner();
        let (wallet_number, alias) = (payee.clone(), "merchant:GONE".to_owned());
        assert_eq!(answer, v1::UnlinkAliasResponse { alias, wallet_number, removed });
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
    assert_eq!(
        (found.wallet_number.as_str(), found.operator_code.as_str()),
        (wallet.as_str(), "ABC")
    );
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

async fn aliases(
    operator: &Operator,
    wallet: &str,
    page_size: i32,
    page_token: &str,
) -> (Vec<String>, String) {
    let (wallet_number, page_token) = (wallet.to_owned(), page_token.to_owned());
    let request = v1::ListAliasesRequest { wallet_number, page_size, page_token };
    let listed = operator.wallets.clone().list_aliases(request).await.unwrap().into_inner();
    (listed.aliases, listed.next_page_token)
}

#[tokio::test]
async fn the_aliases_of_a_wallet_are_listed_page_by_page() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (wallet, other) = (icbc.open("").await, abc.open("").await);
    for alias in ["phone:13912345678", "merchant:TEA", "merchant:GONE", "merchant:MOVED"] {
        icbc.link_alias(&wallet, alias, false).await.unwrap();
    }
    let request =
        v1::UnlinkAliasRequest { wallet_number: wallet.clone(), alias: "merchant:GONE".to_owned() };
    icbc.wallets.clone().unlink_alias(request).await.unwrap();
    abc.link_alias(&other, "merchant:MOVED", true).await.unwrap();
    cluster.crash(member("central-bank")).await;
    let (first, token) = aliases(&icbc, &wallet, 1, "").await;
    let (rest, end) = aliases(&icbc, &wallet, 1, &token).await;
    assert_eq!(
        (first, rest, end.as_str()),
        (vec!["phone:*********78".to_owned()], vec!["merchant:TEA".to_owned()], "")
    );
    assert_eq!(aliases(&abc, &other, 0, "").await.0, ["merchant:MOVED"]);
    let request = v1::ListAliasesRequest { wallet_number: wallet.clone(), ..Default::default() };
    let unknown = refusal(abc.wallets.clone().list_aliases(request).await);
    unknown.is(Reason::WalletUnknown, "wallet_number", &wallet);
    cluster.finish().await;
}

#[tokio::test]
async fn a_closed_wallet_gives_up_its_aliases_whoever_dies_meanwhile() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (first, second, heir, payer) =
        (icbc.open("").await, icbc.open("").await, abc.open("").await, abc.open("10").await);
    for (wallet, alias) in
        [(&first, "merchant:FIRST"), (&first, "phone:13912345678"), (&second, "merchant:SECOND")]
    {
        icbc.link_alias(wallet, alias, false).await.unwrap();
    }
    icbc.close(&first).await.unwrap();
    assert_eq!(aliases(&icbc, &first, 0, "").await, (Vec::new(), String::new()));
    abc.link_alias(&heir, "merchant:FIRST", false).await.unwrap();
    icbc.close(&first).await.unwrap();
    assert_eq!(abc.pay(by_alias(&payer, "merchant:FIRST", "1")).await.payee_wallet, heir);
    refusal(icbc.link_alias(&first, "merchant:X", false).await).is(
        Reason::WalletClosed,
        "wallet_number",
        &first,
    );

    // The central bank is away when the wallet closes, and the operator dies before it is back.
    cluster.processes().kill(member("central-bank")).await.unwrap();
    icbc.close(&second).await.unwrap();
    cluster.crash(member("ICBC")).await;
    cluster.processes().restart(member("central-bank")).await.unwrap();
    let central_bank = cluster.central_bank();
    eventually("the alias is given up", async || {
        let found = look_up(&central_bank, Name::Alias("merchant:SECOND".to_owned())).await;
        found
            .is_err_and(|status| {
                clearing_api::status::reason_of(&status) == Some(Reason::AliasUnknown)
            })
            .then_some(())
    })
    .await;
    central_bank.until_connected("ICBC", true).await;
    central_bank.until_connected("ABC", true).await;
    cluster.finish().await;
}

#[tokio::test]
async fn only_the_operator_of_a_wallet_changes_its_aliases_in_the_directory() {
    let cluster = TestCluster::start(operators(2)).await;
    let icbc = cluster.operator("ICBC");
    let wallet = icbc.open("").await;
    icbc.link_alias(&wallet, "merchant:tea", false).await.unwrap();
    let mut directory = cluster.central_bank().directory;
    let secret = |code: &str| {
        let file = cluster.folder().of(Member::CentralBank).join("secrets").join(code);
        format!("Bearer {}", std::fs::read_to_string(file).unwrap().trim())
    };
    let give_up =
        || Request::new(v1::DeregisterWalletsRequest { wallet_numbers: vec![wallet.clone()] });
    let mut foreign = give_up();
    foreign.metadata_mut().insert("authorization", secret("ABC").parse().unwrap());
    for request in [give_up(), foreign] {
        let refused = directory.deregister_wallets(request).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason_of(&refused)),
            (Code::PermissionDenied, Some(Reason::OperatorSecretWrong))
        );
    }
    let alias = "merchant:tea".to_owned();
    let taken = v1::RegisterAliasRequest {
        wallet_number: wallet.clone(),
        alias: alias.clone(),
        replace: true,
    };
    let refused = directory.register_alias(taken).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(Reason::OperatorSecretWrong));
    let taken = v1::DeregisterAliasRequest { wallet_number: wallet.clone(), alias: alias.clone() };
    let refused = directory.deregister_alias(taken).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(Reason::OperatorSecretWrong));
    let wallet_number = wallet.clone();
    let mut own = Request::new(v1::RegisterAliasRequest { wallet_number, alias, replace: false });
    own.metadata_mut().insert("authorization", secret("ICBC").parse().unwrap());
    let registered = directory.register_alias(own).await.unwrap().into_inner();
    assert_eq!(
        [registered.alias.as_str(), &registered.wallet_number],
        ["merchant:tea", wallet.as_str()]
    );
    for aliases in [1, 0] {
        let mut own = give_up();
        own.metadata_mut().insert("authorization", secret("ICBC").parse().unwrap());
        let removed = directory.deregister_wallets(own).await.unwrap().into_inner();
        assert_eq!(removed, v1::DeregisterWalletsResponse { aliases });
    }
    cluster.finish().await;
}
