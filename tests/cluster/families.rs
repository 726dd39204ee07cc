//! Sub-wallets over the interface: opened once, loaded and pooled once, whatever process is killed.

use clearing_api::v1;
use clearing_domain::Reason;

use crate::support::{Operator, TestCluster, member, operators, order, refusal, unknown_wallet};

fn opening(parent: &str) -> v1::OpenSubWalletRequest {
    v1::OpenSubWalletRequest {
        request_id: "child".to_owned(),
        parent_wallet: parent.to_owned(),
        daily_cap: Some("15".to_owned()),
        restricted: true,
        platform: "Canteen".to_owned(),
        ..Default::default()
    }
}

async fn open(
    operator: &Operator,
    request: v1::OpenSubWalletRequest,
) -> Result<v1::SubWallet, tonic::Status> {
    let answer = operator.families.clone().open_sub_wallet(request).await?;
    Ok(answer.into_inner().sub_wallet.unwrap())
}

/// Loads a sub-wallet and answers what it and its parent hold then.
async fn load(
    operator: &Operator,
    child: &str,
    amount: &str,
    request_id: &str,
) -> Result<[String; 2], tonic::Status> {
    let request = v1::LoadSubWalletRequest {
        request_id: request_id.to_owned(),
        wallet_number: child.to_owned(),
        amount: amount.to_owned(),
    };
    let answer = operator.families.clone().load_sub_wallet(request).await?.into_inner();
    Ok([answer.sub_wallet.unwrap().wallet.unwrap().balance, answer.parent.unwrap().balance])
}

/// Pools all of a sub-wallet and answers what it and its parent hold then.
async fn pool(operator: &Operator, child: &str) -> Result<[String; 2], tonic::Status> {
    let request = v1::PoolSubWalletRequest {
        request_id: "pool".to_owned(),
        wallet_number: child.to_owned(),
        amount: None,
    };
    let answer = operator.families.clone().pool_sub_wallet(request).await?.into_inner();
    Ok([answer.sub_wallet.unwrap().wallet.unwrap().balance, answer.parent.unwrap().balance])
}

#[tokio::test]
async fn a_family_keeps_its_money_and_its_terms_through_a_kill() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (parent, shop, other) = (icbc.open("100").await, abc.open("").await, abc.open("").await);
    let request = v1::OpenSubWalletRequest { payees: vec![shop.clone()], ..opening(&parent) };
    let opened = open(&icbc, request.clone()).await.unwrap();
    let wallet = opened.wallet.clone().unwrap();
    let child = wallet.wallet_number;
    assert_eq!(
        (wallet.parent_wallet, wallet.limits.unwrap().daily),
        (parent.clone(), Some("15.00".into()))
    );
    assert_eq!((opened.r#use(), opened.allowed_payees), (v1::sub_wallet::Use::Ordinary, 1));
    assert_eq!(load(&icbc, &child, "40", "load").await.unwrap(), ["40.00", "60.00"]);
    for _ in 0..2 {
        assert_eq!(
            open(&icbc, request.clone()).await.unwrap().wallet.unwrap().wallet_number,
            child
        );
        assert_eq!(load(&icbc, &child, "40", "load").await.unwrap(), ["40.00", "60.00"]);
        refusal(open(&icbc, opening(&parent)).await).is(
            Reason::RequestIdReused,
            "request_id",
            "child",
        );
        cluster.crash(member("ICBC")).await;
    }
    let icbc = cluster.operator("ICBC");
    assert_eq!(icbc.pay_to_end(&child, &other, "1").await, "REJECTED PAYEE_NOT_ALLOWED");
    assert_eq!(icbc.pay_to_end(&child, &shop, "15.01").await, "REJECTED DAILY_LIMIT");
    assert_eq!(icbc.pay_to_end(&child, &shop, "15").await, "COMPLETED");
    assert_eq!(pool(&icbc, &child).await.unwrap(), ["0.00", "85.00"]);
    assert_eq!(pool(&icbc, &child).await.unwrap(), ["0.00", "85.00"]);
    refusal(icbc.exchange_out(&child, "1").await).is(Reason::IsSubWallet, "wallet_number", &child);
    refusal(icbc.close(&parent).await).is(Reason::WalletNotEmpty, "wallet_number", &parent);
    icbc.exchange_back(&parent, "85").await.unwrap();
    refusal(icbc.close(&parent).await).is(Reason::SubWalletsOpen, "wallet_number", &parent);
    icbc.close(&child).await.unwrap();
    icbc.close(&parent).await.unwrap();
    refusal(load(&icbc, &child, "1", "late").await).is(
        Reason::WalletClosed,
        "wallet_number",
        &child,
    );
    cluster.finish().await;
}

#[tokio::test]
async fn sub_wallets_and_payees_are_listed_page_by_page() {
    let cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let (parent, child) = (icbc.open("").await, icbc.open("").await);
    let mut children = Vec::new();
    for number in 0..3 {
        let request_id = format!("child-{number}");
        let request = v1::OpenSubWalletRequest { request_id, ..opening(&parent) };
        children.push(open(&icbc, request).await.unwrap().wallet.unwrap().wallet_number);
    }
    let (mut listed, mut page_token) = (Vec::new(), String::new());
    loop {
        let request =
            v1::ListSubWalletsRequest { parent_wallet: parent.clone(), page_size: 2, page_token };
        let page = icbc.families.clone().list_sub_wallets(request).await.unwrap().into_inner();
        listed
            .extend(page.sub_wallets.into_iter().map(|found| found.wallet.unwrap().wallet_number));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, children);
    let allow = v1::AllowPayeesRequest {
        wallet_number: children[0].clone(),
        payees: vec![parent.clone(), child.clone(), children[1].clone()],
        removed_payees: vec![children[2].clone()],
    };
    let allowed = icbc.families.clone().allow_payees(allow).await.unwrap().into_inner();
    assert_eq!(allowed.sub_wallet.unwrap().allowed_payees, 3);
    let (mut payees, mut page_token) = (Vec::new(), String::new());
    loop {
        let wallet_number = children[0].clone();
        let request = v1::ListAllowedPayeesRequest { wallet_number, page_size: 2, page_token };
        let page = icbc.families.clone().list_allowed_payees(request).await.unwrap().into_inner();
        payees.extend(page.payees);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(payees, [parent.clone(), child.clone(), children[1].clone()]);
    let get = v1::GetSubWalletRequest { wallet_number: child.clone() };
    let alone = icbc.families.clone().get_sub_wallet(get).await;
    refusal(alone).is(Reason::NotSubWallet, "wallet_number", &child);
    cluster.finish().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_request_for_a_sub_wallet_is_named() {
    let cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let parent = icbc.open("").await;
    let nobody = unknown_wallet(2);
    refusal(open(&icbc, opening(&nobody)).await).is(
        Reason::WalletUnknown,
        "parent_wallet",
        &nobody,
    );
    let loose = v1::OpenSubWalletRequest {
        restricted: false,
        payees: vec![nobody.clone()],
        ..opening(&parent)
    };
    refusal(open(&icbc, loose).await).is(Reason::FieldInvalid, "payees", "not restricted");
    let zero = v1::OpenSubWalletRequest { daily_cap: Some("0".to_owned()), ..opening(&parent) };
    refusal(open(&icbc, zero).await).is(Reason::AmountNotPositive, "daily_cap", "0");
    let many = v1::OpenSubWalletRequest { payees: vec![nobody; 1_001], ..opening(&parent) };
    refusal(open(&icbc, many).await).is(Reason::BatchSize, "payees", "1001");
    let child = open(&icbc, opening(&parent)).await.unwrap().wallet.unwrap().wallet_number;
    refusal(
        open(&icbc, v1::OpenSubWalletRequest { request_id: String::new(), ..opening(&child) })
            .await,
    )
    .is(Reason::IsSubWallet, "parent_wallet", &child);
    refusal(load(&icbc, &parent, "1", "a").await).is(
        Reason::NotSubWallet,
        "wallet_number",
        &parent,
    );
    refusal(load(&icbc, &child, "1", "a").await).is(
        Reason::InsufficientFunds,
        "wallet_number",
        &parent,
    );
    let payment = icbc.pay(order(&child, &parent, "1")).await;
    assert_eq!(payment.reason(), v1::ErrorReason::PayeeNotAllowed);
    cluster.finish().await;
}
