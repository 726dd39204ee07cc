//! Money in and out: issue, withdraw, exchange, funding, and who takes part.

use clearing_api::v1;
use clearing_api::v1::issuance_operation::State;
use clearing_domain::Reason;

use crate::support::{
    CentralBank, TestCluster, config, eventually, member, operators, order, refusal, request_id,
};

async fn issue(
    central_bank: &CentralBank,
    request_id: &str,
    amount: &str,
) -> Result<v1::IssuanceOperation, tonic::Status> {
    let request = v1::IssueRequest {
        request_id: request_id.to_owned(),
        operator_code: "ICBC".to_owned(),
        amount: amount.to_owned(),
    };
    Ok(central_bank.issuance.clone().issue(request).await?.into_inner().operation.unwrap())
}

async fn withdraw(
    central_bank: &CentralBank,
    request_id: &str,
    amount: &str,
) -> Result<v1::IssuanceOperation, tonic::Status> {
    let request = v1::WithdrawRequest {
        request_id: request_id.to_owned(),
        operator_code: "ICBC".to_owned(),
        amount: amount.to_owned(),
    };
    Ok(central_bank.issuance.clone().withdraw(request).await?.into_inner().operation.unwrap())
}

/// Repeats a withdrawal until the operator has answered.
async fn withdrawn(central_bank: &CentralBank, request_id: &str, amount: &str) -> State {
    eventually("the withdrawal is answered", async || {
        let state = withdraw(central_bank, request_id, amount).await.unwrap().state();
        (state != State::Requested).then_some(state)
    })
    .await
}

async fn circulation(central_bank: &CentralBank) -> [String; 3] {
    let request = v1::GetCirculationRequest {};
    let found = central_bank.issuance.clone().get_circulation(request).await.unwrap().into_inner();
    [found.issued, found.withdrawn, found.in_circulation]
}

#[tokio::test]
async fn issue_turns_reserves_into_e_cny_once_and_withdraw_turns_it_back() {
    let cluster =
        TestCluster::start(config("operator_count = 1\nreserves = 1000\nstock = 100")).await;
    let (icbc, central_bank) = (cluster.operator("ICBC"), cluster.central_bank());
    for _ in 0..2 {
        assert_eq!(issue(&central_bank, "i", "400").await.unwrap().state(), State::Booked);
    }
    refusal(issue(&central_bank, "i", "401").await).is(Reason::RequestIdReused, "request_id", "i");
    refusal(issue(&central_bank, "j", "500.01").await).is(
        Reason::ReservesInsufficient,
        "amount",
        "500.01",
    );
    let accounts = central_bank.accounts("ICBC").await;
    assert_eq!([accounts.reserves.as_str(), &accounts.ecny_held], ["500.00", "500.00"]);
    assert_eq!(circulation(&central_bank).await, ["500.00", "0.00", "500.00"]);

    icbc.open("450").await;
    assert_eq!(withdrawn(&central_bank, "w", "50").await, State::Booked);
    let accounts = central_bank.accounts("ICBC").await;
    assert_eq!([accounts.reserves.as_str(), &accounts.ecny_held], ["550.00", "450.00"]);
    assert_eq!(circulation(&central_bank).await, ["500.00", "50.00", "450.00"]);
    // The rest is in a wallet, so there is nothing to set aside.
    assert_eq!(withdrawn(&central_bank, "x", "0.01").await, State::Declined);
    assert_eq!(circulation(&central_bank).await, ["500.00", "50.00", "450.00"]);
    cluster.finish().await;
}

#[tokio::test]
async fn a_withdrawal_survives_a_crash_of_both_sides() {
    let mut cluster =
        TestCluster::start(config("operator_count = 1\nreserves = 1000\nstock = 100")).await;
    let central_bank = cluster.central_bank();
    cluster.processes().kill(member("ICBC")).await.unwrap();
    assert_eq!(withdraw(&central_bank, "w", "60").await.unwrap().state(), State::Requested);
    cluster.crash(member("central-bank")).await;
    cluster.processes().restart(member("ICBC")).await.unwrap();
    assert_eq!(withdrawn(&central_bank, "w", "60").await, State::Booked);
    assert_eq!(circulation(&central_bank).await, ["100.00", "60.00", "40.00"]);
    cluster.finish().await;
}

#[tokio::test]
async fn exchange_moves_bank_money_into_a_wallet_and_back_once_per_request() {
    let cluster =
        TestCluster::start(config("operator_count = 1\nreserves = 1000\nstock = 100")).await;
    let icbc = cluster.operator("ICBC");
    let wallet = icbc.open("").await;
    let out = v1::ExchangeOutRequest {
        request_id: request_id(),
        wallet_number: wallet.clone(),
        amount: "100".to_owned(),
        bank_account: String::new(),
    };
    for _ in 0..2 {
        let after = icbc
            .wallets
            .clone()
            .exchange_out(out.clone())
            .await
            .unwrap()
            .into_inner()
            .wallet
            .unwrap();
        assert_eq!(after.balance, "100.00");
    }
    let other = v1::ExchangeOutRequest { amount: "99".to_owned(), ..out.clone() };
    let refused = icbc.wallets.clone().exchange_out(other).await;
    refusal(refused).is(Reason::RequestIdReused, "request_id", &out.request_id);
    refusal(icbc.exchange_out(&wallet, "0.01").await).is(
        Reason::StockInsufficient,
        "amount",
        "0.01",
    );
    assert_eq!(icbc.exchange_back(&wallet, "30.5").await.unwrap().balance, "69.50");
    assert_eq!(icbc.exchange_out(&wallet, "30.5").await.unwrap().balance, "100.00");
    cluster.finish().await;
}

#[tokio::test]
async fn a_wallet_of_any_state_gets_the_money_it_may_get() {
    let cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let (frozen, receiving, closed) =
        (icbc.open("5").await, icbc.open("5").await, icbc.open("").await);
    icbc.freeze(&frozen, false).await.unwrap();
    icbc.freeze(&receiving, true).await.unwrap();
    icbc.close(&closed).await.unwrap();
    refusal(icbc.exchange_out(&frozen, "1").await).is(
        Reason::WalletFrozen,
        "wallet_number",
        &frozen,
    );
    refusal(icbc.exchange_back(&frozen, "1").await).is(
        Reason::WalletFrozen,
        "wallet_number",
        &frozen,
    );
    assert_eq!(icbc.exchange_out(&receiving, "1").await.unwrap().balance, "6.00");
    refusal(icbc.exchange_back(&receiving, "1").await).is(
        Reason::WalletReceiveOnly,
        "wallet_number",
        &receiving,
    );
    refusal(icbc.exchange_out(&closed, "1").await).is(
        Reason::WalletClosed,
        "wallet_number",
        &closed,
    );
    refusal(icbc.freeze(&closed, false).await).is(Reason::WalletClosed, "wallet_number", &closed);
    refusal(icbc.close(&frozen).await).is(Reason::WalletFrozen, "wallet_number", &frozen);
    // Asking for what is so already changes nothing.
    assert_eq!(icbc.freeze(&frozen, false).await.unwrap().status(), v1::wallet::Status::Frozen);
    assert_eq!(icbc.close(&closed).await.unwrap().status(), v1::wallet::Status::Closed);
    cluster.finish().await;
}

#[tokio::test]
async fn opening_a_wallet_again_by_its_request_answers_the_wallet_opened_first() {
    let mut cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let holder = v1::Holder { phone_number: "13912345678".to_owned(), ..Default::default() };
    let request = v1::OpenWalletRequest {
        request_id: request_id(),
        kind: v1::WalletKind::Personal.into(),
        wallet_class: Some(4),
        holder: Some(holder),
        opening_amount: "10".to_owned(),
        merchant_traits: None,
        participant: String::new(),
    };
    let open = async |request: &v1::OpenWalletRequest| {
        Ok::<_, tonic::Status>(
            icbc.wallets.clone().open_wallet(request.clone()).await?.into_inner().wallet.unwrap(),
        )
    };
    let first = open(&request).await.unwrap();
    assert_eq!(open(&request).await.unwrap(), first);
    cluster.crash(member("ICBC")).await;
    assert_eq!(open(&request).await.unwrap(), first);
    let richer = v1::OpenWalletRequest { opening_amount: "11".to_owned(), ..request.clone() };
    for other in [v1::OpenWalletRequest { wallet_class: Some(3), ..request.clone() }, richer] {
        assert_eq!(refusal(open(&other).await).reason, Reason::RequestIdReused);
    }
    assert_eq!(icbc.all_wallets().await.len(), 1);
    cluster.finish().await;
}

#[tokio::test]
async fn funding_moves_reserves_once_per_request_and_never_overdraws() {
    let cluster =
        TestCluster::start(config("operator_count = 1\nregime = 'deposit'\nreserves = 100")).await;
    let central_bank = cluster.central_bank();
    let fund = v1::FundAccountRequest {
        request_id: request_id(),
        operator_code: "ICBC".to_owned(),
        amount: "-40".to_owned(),
    };
    for _ in 0..2 {
        let after =
            central_bank.settlement.clone().fund_account(fund.clone()).await.unwrap().into_inner();
        assert_eq!(after.accounts.unwrap().reserves, "60.00");
    }
    let other = v1::FundAccountRequest { amount: "40".to_owned(), ..fund.clone() };
    let refused = central_bank.settlement.clone().fund_account(other).await;
    refusal(refused).is(Reason::RequestIdReused, "request_id", &fund.request_id);
    refusal(central_bank.fund("ICBC", "-60.01").await).is(
        Reason::ReservesInsufficient,
        "amount",
        "60.01",
    );
    assert_eq!(central_bank.fund("ICBC", "-60").await.unwrap().reserves, "0.00");
    assert_eq!(central_bank.fund("ICBC", "12.34").await.unwrap().settlement_balance, "12.34");
    cluster.finish().await;
}

#[tokio::test]
async fn a_suspended_operator_neither_pays_nor_is_paid_until_it_resumes() {
    let cluster = TestCluster::start(operators(3)).await;
    let (icbc, abc, boc) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.operator("BOC"));
    let central_bank = cluster.central_bank();
    let (one, two, three) = (icbc.open("100").await, abc.open("100").await, boc.open("100").await);
    let friend = abc.open("").await;
    for _ in 0..2 {
        assert!(!central_bank.suspend("ABC").await.unwrap().active);
    }
    assert!(!central_bank.operator("ABC").await.unwrap().active);
    assert_eq!(icbc.pay_to_end(&one, &two, "1").await, "RETURNED OPERATOR_INACTIVE");
    assert_eq!(abc.pay_to_end(&two, &one, "1").await, "RETURNED OPERATOR_INACTIVE");
    assert_eq!(icbc.pay_to_end(&one, &three, "1").await, "COMPLETED");
    // Payments on us do not reach the central bank.
    assert_eq!(abc.pay_to_end(&two, &friend, "1").await, "COMPLETED");
    for _ in 0..2 {
        assert!(central_bank.resume("ABC").await.unwrap().active);
    }
    assert_eq!(icbc.pay_to_end(&one, &two, "1").await, "COMPLETED");
    assert_eq!(abc.pay(order(&two, &one, "1")).await.cycle, Some(1));
    cluster.finish().await;
}
