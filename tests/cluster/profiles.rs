//! What a wallet is tied to: bank accounts, front-ends and the traits of merchants.

use clearing_api::v1;
use clearing_api::v1::directory_service_client::DirectoryServiceClient;
use clearing_domain::Reason;
use tonic::{Code, Status};

use crate::support::{Operator, TestCluster, member, operators, refusal, request_id};

/// An account that wallets of these tests are opened with.
const OPENED: &str = "6222020200112233445";
const OTHER: &str = "6217000010012340077";

async fn link(operator: &Operator, wallet: &str, account: &str) -> Result<String, Status> {
    let request = v1::LinkBankAccountRequest {
        wallet_number: wallet.to_owned(),
        bank_account: account.to_owned(),
    };
    let linked = operator.profiles.clone().link_bank_account(request).await?.into_inner();
    Ok(linked.bank_account.unwrap().last_digits)
}

async fn unlink(operator: &Operator, wallet: &str, account: &str) -> bool {
    try_unlink(operator, wallet, account).await.unwrap()
}

async fn try_unlink(operator: &Operator, wallet: &str, account: &str) -> Result<bool, Status> {
    let request = v1::UnlinkBankAccountRequest {
        wallet_number: wallet.to_owned(),
        bank_account: account.to_owned(),
    };
    Ok(operator.profiles.clone().unlink_bank_account(request).await?.into_inner().removed)
}

/// The last digits of the accounts of a wallet, page by page.
async fn linked(operator: &Operator, wallet: &str) -> Vec<String> {
    let (mut digits, mut page_token) = (Vec::new(), String::new());
    loop {
        let wallet_number = wallet.to_owned();
        let request = v1::ListBankAccountsRequest { wallet_number, page_size: 1, page_token };
        let page = operator.profiles.clone().list_bank_accounts(request).await.unwrap();
        let page = page.into_inner();
        digits.extend(page.bank_accounts.into_iter().map(|account| account.last_digits));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return digits;
        }
    }
}

async fn exchange_back(operator: &Operator, wallet: &str, account: &str) -> Result<(), Status> {
    let request = v1::ExchangeBackRequest {
        request_id: request_id(),
        wallet_number: wallet.to_owned(),
        amount: "1".to_owned(),
        bank_account: account.to_owned(),
    };
    operator.wallets.clone().exchange_back(request).await.map(drop)
}

#[tokio::test]
async fn an_exchange_goes_through_a_linked_account_and_the_statement_shows_which() {
    let mut cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let wallet = icbc.open("100").await;
    assert_eq!(linked(&icbc, &wallet).await, ["3445"]);
    exchange_back(&icbc, &wallet, "").await.unwrap();
    refusal(exchange_back(&icbc, &wallet, OTHER).await).is(
        Reason::BankAccountNotLinked,
        "bank_account",
        &wallet,
    );
    for _ in 0..2 {
        assert_eq!(link(&icbc, &wallet, OTHER).await.unwrap(), "0077");
    }
    refusal(exchange_back(&icbc, &wallet, "").await).is(
        Reason::BankAccountNeeded,
        "bank_account",
        &wallet,
    );
    exchange_back(&icbc, &wallet, OTHER).await.unwrap();
    cluster.crash(member("ICBC")).await;
    let icbc = cluster.operator("ICBC");
    assert_eq!(linked(&icbc, &wallet).await, ["3445", "0077"]);
    assert!(unlink(&icbc, &wallet, OPENED).await);
    assert!(!unlink(&icbc, &wallet, OPENED).await);
    refusal(try_unlink(&icbc, &wallet, OTHER).await).is(
        Reason::LastBankAccount,
        "bank_account",
        "of class 1",
    );
    icbc.exchange_out(&wallet, "5").await.unwrap();
    let request = v1::ListEntriesRequest { wallet_number: wallet.clone(), ..Default::default() };
    let entries = icbc.wallets.clone().list_entries(request).await.unwrap().into_inner().entries;
    let digits: Vec<_> = entries.into_iter().map(|entry| entry.bank_account_digits).collect();
    assert_eq!(digits, ["0077", "0077", "3445", "3445"]);
    for malformed in ["", "1 2", "IBAN12345"] {
        refusal(link(&icbc, &wallet, malformed).await).is(
            Reason::FieldInvalid,
            "bank_account",
            "1 to 34 digits",
        );
    }
    cluster.finish().await;
}

#[tokio::test]
async fn an_account_shown_for_an_upgrade_is_linked() {
    let cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let holder = v1::Holder {
        phone_number: "13912345678".to_owned(),
        identity_document: request_id(),
        ..Default::default()
    };
    let request = v1::OpenWalletRequest {
        kind: v1::WalletKind::Personal.into(),
        wallet_class: Some(3),
        holder: Some(holder.clone()),
        opening_amount: "10".to_owned(),
        ..Default::default()
    };
    let opened = icbc.wallets.clone().open_wallet(request).await.unwrap().into_inner();
    let wallet = opened.wallet.unwrap().wallet_number;
    assert!(linked(&icbc, &wallet).await.is_empty());
    exchange_back(&icbc, &wallet, "").await.unwrap();
    let upgrade = v1::UpgradeWalletRequest {
        wallet_number: wallet.clone(),
        wallet_class: 2,
        holder: Some(v1::Holder { bank_account: OTHER.to_owned(), ..holder }),
    };
    icbc.wallets.clone().upgrade_wallet(upgrade).await.unwrap();
    assert_eq!(linked(&icbc, &wallet).await, ["0077"]);
    exchange_back(&icbc, &wallet, "").await.unwrap();
    cluster.finish().await;
}

#[tokio::test]
async fn a_front_end_shows_the_wallet_of_the_person_whom_it_knows() {
    let mut cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let document = request_id();
    let holder = v1::Holder {
        phone_number: "13912345678".to_owned(),
        identity_document: document.clone(),
        ..Default::default()
    };
    let request = v1::OpenWalletRequest {
        kind: v1::WalletKind::Personal.into(),
        wallet_class: Some(3),
        holder: Some(holder),
        ..Default::default()
    };
    let opened = icbc.wallets.clone().open_wallet(request).await.unwrap().into_inner();
    let wallet = opened.wallet.unwrap().wallet_number;
    let request = v1::BindFrontEndRequest {
        wallet_number: wallet.clone(),
        front_end: "WeChat Pay".to_owned(),
        phone_number: "13912345678".to_owned(),
        identity_document: document.to_uppercase(),
        region: v1::Region::Shenzhen.into(),
    };
    let bind = async |operator: &Operator, request: &v1::BindFrontEndRequest| {
        operator.profiles.clone().bind_front_end(request.clone()).await
    };
    let other = v1::BindFrontEndRequest { phone_number: "13912345679".into(), ..request.clone() };
    refusal(bind(&icbc, &other).await).is(Reason::PhoneMismatch, "wallet_number", &wallet);
    let other = v1::BindFrontEndRequest { identity_document: "1101".into(), ..request.clone() };
    refusal(bind(&icbc, &other).await).is(Reason::IdentityMismatch, "wallet_number", &wallet);
    let nowhere = v1::BindFrontEndRequest { region: 24, ..request.clone() };
    refusal(bind(&icbc, &nowhere).await).is(Reason::FieldInvalid, "region", "24");
    bind(&icbc, &request).await.unwrap();
    cluster.crash(member("ICBC")).await;
    let icbc = cluster.operator("ICBC");
    bind(&icbc, &request).await.unwrap();
    let list = v1::ListFrontEndsRequest { wallet_number: wallet.clone(), ..Default::default() };
    let listed = icbc.profiles.clone().list_front_ends(list.clone()).await.unwrap().into_inner();
    assert_eq!((listed.front_ends.len(), listed.front_ends[0].region()), (1, v1::Region::Shenzhen));
    for removed in [true, false] {
        let request = v1::UnbindFrontEndRequest {
            wallet_number: wallet.clone(),
            front_end: "WeChat Pay".to_owned(),
        };
        let unbound = icbc.profiles.clone().unbind_front_end(request).await.unwrap().into_inner();
        assert_eq!(unbound.removed, removed);
    }
    let listed = icbc.profiles.clone().list_front_ends(list).await.unwrap().into_inner();
    assert!(listed.front_ends.is_empty());
    cluster.finish().await;
}

#[tokio::test]
async fn the_directory_keeps_what_a_merchant_sells_and_where() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let icbc = cluster.operator("ICBC");
    let tea = v1::MerchantTraits {
        category: v1::MerchantCategory::Catering.into(),
        region: v1::Region::Shenzhen.into(),
    };
    let opening = v1::OpenWalletRequest {
        request_id: "tea".to_owned(),
        kind: v1::WalletKind::Merchant.into(),
        holder: Some(v1::Holder { name: "Tea House".to_owned(), ..Default::default() }),
        merchant_traits: Some(tea),
        ..Default::default()
    };
    let nameless = v1::OpenWalletRequest { request_id: String::new(), ..opening.clone() };
    let refused = icbc.wallets.clone().open_wallet(nameless).await;
    refusal(refused).is(Reason::FieldInvalid, "request_id", "merchant_traits");
    let opened = icbc.wallets.clone().open_wallet(opening).await.unwrap().into_inner();
    let shop = opened.wallet.unwrap().wallet_number;
    cluster.crash(member("central-bank")).await;
    for code in ["ICBC", "ABC"] {
        cluster.central_bank().until_connected(code, true).await;
    }
    let get = async |cluster: &TestCluster, wallet: &str| {
        let request = v1::GetMerchantRequest { wallet_number: wallet.to_owned() };
        let mut directory = DirectoryServiceClient::new(cluster.channel(member("central-bank")));
        directory.get_merchant(request).await.map(|found| found.into_inner().traits.unwrap())
    };
    assert_eq!(get(&cluster, &shop).await.unwrap(), tea);
    let set = async |wallet: &str, traits: v1::MerchantTraits| {
        let request =
            v1::SetMerchantTraitsRequest { wallet_number: wallet.to_owned(), traits: Some(traits) };
        icbc.profiles.clone().set_merchant_traits(request).await
    };
    let everywhere = v1::MerchantTraits {
        category: v1::MerchantCategory::Retail.into(),
        region: v1::Region::Unspecified.into(),
    };
    set(&shop, everywhere).await.unwrap();
    assert_eq!(get(&cluster, &shop).await.unwrap(), everywhere);
    let person = icbc.open("").await;
    refusal(set(&person, tea).await).is(Reason::KindNotAllowed, "wallet_number", &person);
    refusal(get(&cluster, &person).await).is(Reason::MerchantUnknown, "wallet_number", &person);
    refusal(set(&shop, v1::MerchantTraits::default()).await).is(
        Reason::FieldInvalid,
        "category",
        "0",
    );
    // Who does not prove to be the operator of the merchant changes nothing.
    let request = v1::RegisterMerchantRequest { wallet_number: shop.clone(), traits: Some(tea) };
    let mut directory = DirectoryServiceClient::new(cluster.channel(member("central-bank")));
    let stranger = directory.register_merchant(request).await.unwrap_err();
    assert_eq!(stranger.code(), Code::PermissionDenied, "{stranger:?}");
    assert_eq!(get(&cluster, &shop).await.unwrap(), everywhere);
    cluster.finish().await;
}
