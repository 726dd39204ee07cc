//! Single payments: between operators, on us, repeated, awaited and refused by the payee's
//! operator.

use clearing_api::v1;
use clearing_api::v1::payment::State;
use clearing_domain::Reason;

use crate::support::{
    TestCluster, config, ending, eventually, member, operators, order, refusal, unknown_wallet,
};

#[tokio::test]
async fn a_payment_between_operators_completes_and_moves_the_money() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("100").await, abc.open("").await);
    let payment = icbc
        .pay(v1::NewPayment { remark: "茶 tea".to_owned(), ..order(&payer, &payee, "30.5") })
        .await;
    assert_eq!((ending(&payment).as_str(), payment.cycle), ("COMPLETED", Some(1)));
    assert_eq!((payment.amount.as_str(), payment.remark.as_str()), ("30.50", "茶 tea"));
    let (created, expires) = (payment.create_time.unwrap(), payment.expire_time.unwrap());
    assert_eq!(expires.seconds - created.seconds, 30);
    assert!(payment.finish_time.unwrap().seconds - created.seconds < 30);
    assert_eq!([icbc.balance(&payer).await, abc.balance(&payee).await], ["69.50", "30.50"]);
    let positions = [
        cluster.central_bank().position("ICBC").await,
        cluster.central_bank().position("ABC").await,
    ];
    assert_eq!(positions.map(|position| position.net_position), ["-30.50", "30.50"]);
    cluster.finish().await;
}

#[tokio::test]
async fn the_payees_operator_shows_an_incoming_payment_without_the_payers_request() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("100").await, abc.open("").await);
    let sent = icbc.pay(order(&payer, &payee, "1")).await;
    let received = eventually("the payee's operator is told", async || {
        abc.payment(&sent.payment_id)
            .await
            .ok()
            .filter(|payment| payment.state() == State::Completed)
    })
    .await;
    assert_eq!((received.payer_wallet, received.payee_wallet), (payer, payee));
    assert_eq!((received.request_id.as_str(), received.cycle), ("", Some(1)));
    assert_eq!(received.create_time, sent.create_time);
    cluster.finish().await;
}

#[tokio::test]
async fn a_payment_on_us_completes_at_once_and_leaves_the_position_alone() {
    let cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let (payer, payee) = (icbc.open("100").await, icbc.open("").await);
    let payment = icbc.pay_within(order(&payer, &payee, "100"), 0).await.unwrap();
    assert_eq!((ending(&payment).as_str(), payment.cycle), ("COMPLETED", None));
    assert_eq!(payment.create_time, payment.finish_time);
    assert_eq!([icbc.balance(&payer).await, icbc.balance(&payee).await], ["0.00", "100.00"]);
    assert_eq!(cluster.central_bank().position("ICBC").await.net_position, "0.00");
    cluster.finish().await;
}

#[tokio::test]
async fn a_payment_on_us_needs_no_central_bank() {
    let mut cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let (payer, payee) = (icbc.open("5").await, icbc.open("").await);
    cluster.processes().kill(member("central-bank")).await.unwrap();
    assert_eq!(icbc.pay_to_end(&payer, &payee, "2").await, "COMPLETED");
    cluster.crash(member("ICBC")).await;
    assert_eq!(icbc.pay_to_end(&payer, &payee, "3").await, "COMPLETED");
    cluster.crash(member("central-bank")).await;
    assert_eq!([icbc.balance(&payer).await, icbc.balance(&payee).await], ["0.00", "5.00"]);
    cluster.finish().await;
}

#[tokio::test]
async fn a_repeat_answers_the_same_payment_and_pays_once() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("100").await, abc.open("").await);
    for (payee, amount) in [(payee.as_str(), "10"), (payee.as_str(), "1000")] {
        let order = order(&payer, payee, amount);
        let first = icbc.pay(order.clone()).await;
        for _ in 0..3 {
            assert_eq!(icbc.pay(order.clone()).await, first);
        }
        // The amount is the same however it is written.
        assert_eq!(
            icbc.pay(v1::NewPayment { amount: format!("{amount}.00"), ..order }).await,
            first
        );
    }
    assert_eq!([icbc.balance(&payer).await, abc.balance(&payee).await], ["90.00", "10.00"]);
    assert_eq!(icbc.all_payments().await.len(), 2);
    cluster.finish().await;
}

#[tokio::test]
async fn the_same_request_id_is_anothers_at_another_payer() {
    let cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let (one, other) = (icbc.open("1").await, icbc.open("1").await);
    let order = order(&one, &other, "1");
    let first = icbc.pay(order.clone()).await;
    let back = v1::NewPayment { payer_wallet: other.clone(), ..to(order, &one) };
    let second = icbc.pay(back).await;
    assert_eq!([ending(&first), ending(&second)], ["COMPLETED", "COMPLETED"]);
    assert_ne!(first.payment_id, second.payment_id);
    cluster.finish().await;
}

fn to(order: v1::NewPayment, payee: &str) -> v1::NewPayment {
    v1::NewPayment { payee: Some(v1::new_payment::Payee::PayeeWallet(payee.to_owned())), ..order }
}

#[tokio::test]
async fn a_request_id_with_other_content_is_refused() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee, other) = (icbc.open("100").await, abc.open("").await, abc.open("").await);
    let order = order(&payer, &payee, "10");
    icbc.pay(order.clone()).await;
    let id = order.request_id.clone();
    let more = v1::NewPayment { amount: "10.01".to_owned(), ..order.clone() };
    refusal(icbc.try_pay(more).await).is(Reason::RequestIdReused, "request_id", &id);
    refusal(icbc.try_pay(to(order, &other)).await).is(Reason::RequestIdReused, "request_id", &id);
    let exchange = v1::ExchangeBackRequest {
        request_id: id.clone(),
        wallet_number: payer.clone(),
        amount: "10".into(),
        bank_account: String::new(),
    };
    let refused = icbc.wallets.clone().exchange_back(exchange).await;
    refusal(refused).is(Reason::RequestIdReused, "request_id", &id);
    assert_eq!([icbc.balance(&payer).await, abc.balance(&payee).await], ["90.00", "10.00"]);
    cluster.finish().await;
}

#[tokio::test]
async fn without_waiting_a_payment_is_in_transit_and_completes_by_itself() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("100").await, abc.open("").await);
    let order = order(&payer, &payee, "40");
    let payment = icbc.pay_within(order.clone(), 0).await.unwrap();
    assert_eq!((ending(&payment).as_str(), payment.finish_time), ("IN_TRANSIT", None));
    let completed = eventually("the payment completes", async || {
        let payment = icbc.payment(&payment.payment_id).await.unwrap();
        (payment.state() != State::InTransit).then_some(payment)
    })
    .await;
    assert_eq!(ending(&completed), "COMPLETED");
    assert_eq!(icbc.pay(order).await, completed);
    cluster.finish().await;
}

#[tokio::test]
async fn a_wait_that_ends_first_answers_in_transit_and_shows_the_funds_as_such() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("100").await, abc.open("").await);
    cluster.processes().kill(member("ABC")).await.unwrap();
    let order = order(&payer, &payee, "40");
    assert_eq!(ending(&icbc.pay_within(order.clone(), 50).await.unwrap()), "IN_TRANSIT");
    let wallet = icbc.wallet(&payer).await;
    assert_eq!(
        [wallet.balance.as_str(), &wallet.in_transit, &wallet.daily_used],
        ["60.00", "40.00", "40.00"]
    );
    refusal(icbc.close(&payer).await).is(Reason::WalletBusy, "wallet_number", &payer);
    cluster.processes().restart(member("ABC")).await.unwrap();
    assert_eq!(ending(&icbc.pay(order).await), "COMPLETED");
    assert_eq!(icbc.wallet(&payer).await.in_transit, "0.00");
    cluster.finish().await;
}

#[tokio::test]
async fn what_the_payees_operator_refuses_comes_back_with_its_limits() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let payer = icbc.open("30000").await;
    let (frozen, closed, small) =
        (abc.open("").await, abc.open("").await, abc.open_class(3, "").await);
    abc.freeze(&frozen, false).await.unwrap();
    abc.close(&closed).await.unwrap();
    let unknown = unknown_wallet(3);
    for (payee, amount, expected) in [
        (&unknown, "1", "RETURNED PAYEE_UNKNOWN"),
        (&frozen, "1", "RETURNED PAYEE_FROZEN"),
        (&closed, "1", "RETURNED PAYEE_CLOSED"),
        (&small, "20000.01", "RETURNED BALANCE_CAP"),
        (&small, "20000", "COMPLETED"),
        (&small, "0.01", "RETURNED BALANCE_CAP"),
    ] {
        assert_eq!(icbc.pay_to_end(&payer, payee, amount).await, expected, "{payee} {amount}");
    }
    let wallet = icbc.wallet(&payer).await;
    assert_eq!(
        [wallet.balance, wallet.daily_used, wallet.in_transit],
        ["10000.00", "20000.00", "0.00"]
    );
    assert_eq!(cluster.central_bank().net_and_headroom("ICBC").await, "-20000.00, 9999980000.00");
    cluster.finish().await;
}

#[tokio::test]
async fn a_receive_only_payee_is_paid() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("1").await, abc.open("").await);
    abc.freeze(&payee, true).await.unwrap();
    assert_eq!(icbc.pay_to_end(&payer, &payee, "1").await, "COMPLETED");
    cluster.finish().await;
}

#[tokio::test]
async fn a_payment_that_is_never_delivered_expires_and_comes_back() {
    let mut cluster = TestCluster::start(config("operator_count = 2\nexpiry_seconds = 1")).await;
    let icbc = cluster.operator("ICBC");
    let (payer, payee) = (icbc.open("100").await, cluster.operator("ABC").open("").await);
    cluster.processes().kill(member("ABC")).await.unwrap();
    cluster.central_bank().until_connected("ABC", false).await;
    assert_eq!(icbc.pay_to_end(&payer, &payee, "40").await, "RETURNED EXPIRED");
    assert_eq!(icbc.balance(&payer).await, "100.00");
    cluster.processes().restart(member("ABC")).await.unwrap();
    assert_eq!(icbc.pay_to_end(&payer, &payee, "40").await, "COMPLETED");
    cluster.finish().await;
}

#[tokio::test]
async fn payments_are_listed_oldest_first_in_pages() {
    let cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let (payer, other) = (icbc.open("100").await, icbc.open("100").await);
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.push(icbc.pay(order(&payer, &other, "1")).await);
        icbc.pay(order(&other, &payer, "1")).await;
    }
    let (mut found, mut page_token, mut sizes) = (Vec::new(), String::new(), Vec::new());
    loop {
        let request =
            v1::ListPaymentsRequest { payer_wallet: payer.clone(), page_size: 2, page_token };
        let page = icbc.payments.clone().list_payments(request).await.unwrap().into_inner();
        sizes.push(page.payments.len());
        found.extend(page.payments);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!((found, sizes), (expected, vec![2, 2, 1]));
    assert_eq!(icbc.all_payments().await.len(), 10);
    cluster.finish().await;
}

#[tokio::test]
async fn a_statement_shows_every_movement_newest_first_with_the_balance_after_it() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (wallet, other) = (icbc.open("100").await, abc.open("50").await);
    icbc.pay(order(&wallet, &other, "30")).await;
    abc.pay(order(&other, &wallet, "7.5")).await;
    let unknown = unknown_wallet(3);
    icbc.pay(order(&wallet, &unknown, "10")).await;
    icbc.exchange_back(&wallet, "77.5").await.unwrap();
    let request = v1::ListEntriesRequest { wallet_number: wallet.clone(), ..Default::default() };
    let entries = icbc.wallets.clone().list_entries(request).await.unwrap().into_inner().entries;
    let line = |entry: &v1::Entry| {
        let kind = entry.kind().as_str_name().trim_start_matches("KIND_").to_owned();
        format!("{kind} {} {} {}", entry.change, entry.balance_after, entry.counterparty_wallet)
    };
    let lines: Vec<_> = entries.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "EXCHANGED_BACK -77.50 0.00 ",
            &format!("PAYMENT_RETURNED 10.00 77.50 {unknown}"),
            &format!("PAYMENT_SENT -10.00 67.50 {unknown}"),
            &format!("PAYMENT_RECEIVED 7.50 77.50 {other}"),
            &format!("PAYMENT_SENT -30.00 70.00 {other}"),
            "EXCHANGED_OUT 100.00 100.00 ",
        ]
    );
    cluster.finish().await;
}
