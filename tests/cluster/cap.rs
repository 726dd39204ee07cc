//! The net debit cap: exact under concurrency and across a crash of the central bank.

use clearing_api::v1;
use clearing_api::v1::payment::State;
use clearing_domain::Reason;
use tokio::task::JoinSet;

use crate::support::{
    DEADLINE, Operator, TestCluster, config, ending, member, operators, order, refusal,
};

/// Ten payments at once; gives their ends, sorted.
async fn ten_at_once(operator: &Operator, payer: &str, payee: &str, amount: &str) -> Vec<String> {
    let mut calls = JoinSet::new();
    for _ in 0..10 {
        let (operator, order) = (operator.clone(), order(payer, payee, amount));
        calls.spawn(async move { ending(&operator.pay(order).await) });
    }
    let mut ends = calls.join_all().await;
    ends.sort_unstable();
    ends
}

/// One completed and nine refused for the cap.
fn one_of_ten() -> Vec<String> {
    let mut ends = vec!["RETURNED NET_DEBIT_CAP".to_owned(); 10];
    ends[0] = "COMPLETED".to_owned();
    ends
}

#[tokio::test]
async fn of_ten_concurrent_payments_of_100_under_a_cap_of_100_exactly_one_is_admitted() {
    let cluster = TestCluster::start(config("operator_count = 2\ncap = 100")).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("1000").await, abc.open("").await);
    assert_eq!(ten_at_once(&icbc, &payer, &payee, "100").await, one_of_ten());
    assert_eq!(cluster.central_bank().net_and_headroom("ICBC").await, "-100.00, 0.00");
    assert_eq!([icbc.balance(&payer).await, abc.balance(&payee).await], ["900.00", "100.00"]);
    assert_eq!(icbc.wallet(&payer).await.daily_used, "100.00");
    cluster.finish().await;
}

#[tokio::test]
async fn a_batch_does_not_pass_the_cap_either() {
    let cluster = TestCluster::start(config("operator_count = 2\ncap = 250")).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("1000").await, abc.open("").await);
    let orders = [100, 100, 100, 50, 1].map(|yuan: u32| order(&payer, &payee, &yuan.to_string()));
    let outcomes = icbc.pay_batch(orders.to_vec()).await.unwrap();
    let completed = outcomes.into_iter().map(|outcome| match outcome.outcome.unwrap() {
        clearing_api::v1::payment_outcome::Outcome::Payment(payment) => {
            payment.state() == State::Completed
        }
        clearing_api::v1::payment_outcome::Outcome::Error(error) => panic!("{error:?}"),
    });
    assert_eq!(completed.collect::<Vec<_>>(), [true, true, false, true, false]);
    assert_eq!(cluster.central_bank().net_and_headroom("ICBC").await, "-250.00, 0.00");
    cluster.finish().await;
}

#[tokio::test]
async fn a_crash_of_the_central_bank_amid_the_payments_admits_no_more() {
    let mut cluster = TestCluster::start(config("operator_count = 2\ncap = 100")).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("100000").await, abc.open("").await);
    for round in 0..6 {
        let orders: Vec<_> = (0..10).map(|_| order(&payer, &payee, "100")).collect();
        // The crash comes after another number of payments each time.
        for (sent, order) in orders.iter().enumerate() {
            if sent == round * 2 {
                cluster.processes().kill(member("central-bank")).await.unwrap();
            }
            icbc.pay_within(order.clone(), 0).await.unwrap();
        }
        cluster.crash(member("central-bank")).await;
        let mut ends = Vec::new();
        for order in orders {
            ends.push(ending(&icbc.pay(order).await));
        }
        ends.sort_unstable();
        assert_eq!(ends, one_of_ten());
        assert_eq!(cluster.central_bank().net_and_headroom("ICBC").await, "-100.00, 0.00");
        cluster.central_bank().close_cycle(None).await.unwrap();
    }
    assert_eq!([icbc.balance(&payer).await, abc.balance(&payee).await], ["99400.00", "600.00"]);
    cluster.finish().await;
}

#[tokio::test]
async fn a_crash_amid_concurrent_calls_admits_no_more() {
    let mut cluster = TestCluster::start(config("operator_count = 2\ncap = 100")).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("1000").await, abc.open("").await);
    let calls = tokio::spawn({
        let (icbc, payer, payee) = (icbc.clone(), payer.clone(), payee.clone());
        async move { ten_at_once(&icbc, &payer, &payee, "100").await }
    });
    cluster.crash(member("central-bank")).await;
    assert_eq!(calls.await.unwrap(), one_of_ten());
    assert_eq!(cluster.central_bank().net_and_headroom("ICBC").await, "-100.00, 0.00");
    assert_eq!([icbc.balance(&payer).await, abc.balance(&payee).await], ["900.00", "100.00"]);
    cluster.finish().await;
}

#[tokio::test]
async fn cleared_inflow_and_settlement_restore_headroom() {
    let cluster = TestCluster::start(config("operator_count = 2\ncap = 100")).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (one, other) = (icbc.open("1000").await, abc.open("1000").await);
    assert_eq!(icbc.pay_to_end(&one, &other, "100").await, "COMPLETED");
    assert_eq!(icbc.pay_to_end(&one, &other, "0.01").await, "RETURNED NET_DEBIT_CAP");
    assert_eq!(abc.pay_to_end(&other, &one, "60").await, "COMPLETED");
    assert_eq!(icbc.pay_to_end(&one, &other, "60.01").await, "RETURNED NET_DEBIT_CAP");
    assert_eq!(icbc.pay_to_end(&one, &other, "60").await, "COMPLETED");
    assert_eq!(central_bank.net_and_headroom("ICBC").await, "-100.00, 0.00");
    central_bank.close_cycle(None).await.unwrap();
    assert_eq!(central_bank.net_and_headroom("ICBC").await, "0.00, 100.00");
    cluster.finish().await;
}

#[tokio::test]
async fn a_cap_binds_from_the_next_admission_on() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (payer, payee) = (icbc.open("1000").await, abc.open("").await);
    icbc.pay(order(&payer, &payee, "80")).await;
    let accounts = central_bank.set_cap("ICBC", Some("50")).await.unwrap();
    assert_eq!(
        (accounts.net_debit_cap.as_deref(), accounts.headroom.as_deref()),
        (Some("50.00"), Some("-30.00"))
    );
    assert_eq!(icbc.pay_to_end(&payer, &payee, "0.01").await, "RETURNED NET_DEBIT_CAP");
    central_bank.set_cap("ICBC", Some("0")).await.unwrap();
    assert_eq!(icbc.pay_to_end(&payer, &payee, "0.01").await, "RETURNED NET_DEBIT_CAP");
    central_bank.set_cap("ICBC", None).await.unwrap();
    assert_eq!(icbc.pay_to_end(&payer, &payee, "500").await, "COMPLETED");
    assert_eq!(central_bank.net_and_headroom("ICBC").await, "-580.00, unlimited");
    cluster.finish().await;
}

#[tokio::test]
async fn a_watcher_hears_how_much_an_operator_may_still_send() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc, central_bank) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.central_bank());
    let (one, other) = (icbc.open("100").await, abc.open("").await);
    central_bank.set_cap("ICBC", Some("50")).await.unwrap();
    let request = v1::WatchHeadroomRequest { operator_code: "ICBC".to_owned() };
    let mut watched =
        central_bank.limits.clone().watch_headroom(request).await.unwrap().into_inner();
    let mut next = async || {
        let message = watched.message();
        let heard = tokio::time::timeout(DEADLINE, message)
            .await
            .expect("a change comes")
            .unwrap()
            .unwrap();
        heard.accounts.unwrap().headroom.unwrap()
    };
    assert_eq!(next().await, "50.00");
    assert_eq!(icbc.pay_to_end(&one, &other, "20").await, "COMPLETED");
    assert_eq!(next().await, "30.00");
    let stranger = v1::WatchHeadroomRequest { operator_code: "NOBODY".to_owned() };
    let refused = central_bank.limits.clone().watch_headroom(stranger).await;
    refusal(refused.map(drop)).is(Reason::OperatorUnknown, "operator_code", "NOBODY");
    cluster.finish().await;
}

#[tokio::test]
async fn bilateral_limits_and_receiver_caps_refuse_what_goes_beyond_them() {
    let lines = "operator_count = 3\nreceiver_cap = '500'\nbilateral_limit = 'unlimited'";
    let cluster = TestCluster::start(config(lines)).await;
    let (icbc, abc, boc) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.operator("BOC"));
    let wallets = [icbc.open("1000").await, abc.open("1000").await, boc.open("1000").await];
    let mut limits = cluster.central_bank().limits;
    let limit = |payee: &str, limit: Option<&str>| v1::SetBilateralLimitRequest {
        operator_code: "ICBC".to_owned(),
        payee_operator_code: payee.to_owned(),
        limit: limit.map(str::to_owned),
    };
    limits.set_bilateral_limit(limit("ABC", Some("100"))).await.unwrap();
    assert_eq!(icbc.pay_to_end(&wallets[0], &wallets[1], "100").await, "COMPLETED");
    assert_eq!(icbc.pay_to_end(&wallets[0], &wallets[1], "0.01").await, "RETURNED BILATERAL_LIMIT");
    assert_eq!(abc.pay_to_end(&wallets[1], &wallets[0], "40").await, "COMPLETED");
    assert_eq!(icbc.pay_to_end(&wallets[0], &wallets[1], "40").await, "COMPLETED");
    let accounts = cluster.central_bank().accounts("ICBC").await;
    let shown = &accounts.bilateral_limits[0];
    let shown = [shown.payee_operator_code.as_str(), &shown.limit, &shown.paid];
    assert_eq!(
        (shown, accounts.receiver_cap.as_deref()),
        (["ABC", "100.00", "100.00"], Some("500.00"))
    );
    limits.set_bilateral_limit(limit("ABC", None)).await.unwrap();
    assert_eq!(icbc.pay_to_end(&wallets[0], &wallets[1], "400.01").await, "RETURNED RECEIVER_CAP");
    let uncapped =
        v1::SetReceiverCapRequest { operator_code: "ABC".to_owned(), receiver_cap: None };
    let accounts = limits.set_receiver_cap(uncapped).await.unwrap().into_inner().accounts.unwrap();
    assert_eq!(
        (accounts.receiver_cap, icbc.pay_to_end(&wallets[0], &wallets[1], "400.01").await.as_str()),
        (None, "COMPLETED")
    );
    refusal(limits.set_bilateral_limit(limit("ICBC", None)).await).is(
        Reason::FieldInvalid,
        "payee_operator_code",
        "ICBC",
    );
    refusal(limits.set_bilateral_limit(limit("ZZ", None)).await).is(
        Reason::OperatorUnknown,
        "payee_operator_code",
        "ZZ",
    );
    refusal(limits.set_bilateral_limit(limit("a b", None)).await).is(
        Reason::FieldInvalid,
        "payee_operator_code",
        "a b",
    );
    cluster.finish().await;
}
