//! A process that hangs instead of dying: SIGSTOP, and SIGCONT later.

use std::time::SystemTime;

use clearing_api::v1;

use crate::support::{
    TestCluster, config, ending, eventually, member, operators, order, send_signal,
};

async fn signal(cluster: &mut TestCluster, name: &str, signal: &str) {
    let pid = cluster.processes().pid(member(name)).unwrap();
    send_signal(pid, signal).await;
}

/// Waits until a payment may no longer be accepted.
async fn until_expired(payment: &v1::Payment) {
    let expires_at = SystemTime::try_from(payment.expire_time.unwrap()).unwrap();
    eventually("the payment expires", async || (SystemTime::now() > expires_at).then_some(()))
        .await;
}

#[tokio::test]
async fn what_was_delivered_is_ended_by_the_payees_operator_alone_when_it_wakes() {
    let mut cluster = TestCluster::start(config("operator_count = 2\nexpiry_seconds = 1")).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee, frozen) = (icbc.open("100").await, abc.open("").await, abc.open("").await);
    abc.freeze(&frozen, false).await.unwrap();
    signal(&mut cluster, "ABC", "STOP").await;
    let orders = [order(&payer, &payee, "40"), order(&payer, &frozen, "40")];
    for order in &orders {
        let payment = icbc.pay_within(order.clone(), 0).await.unwrap();
        until_expired(&payment).await;
        // It may have been credited, so the central bank cannot give it back.
        assert_eq!(ending(&icbc.payment(&payment.payment_id).await.unwrap()), "IN_TRANSIT");
    }
    signal(&mut cluster, "ABC", "CONT").await;
    assert_eq!(ending(&icbc.pay(orders[0].clone()).await), "RETURNED EXPIRED");
    // Its expiry is the last thing wrong with a payment.
    assert_eq!(ending(&icbc.pay(orders[1].clone()).await), "RETURNED PAYEE_FROZEN");
    assert_eq!([icbc.balance(&payer).await, abc.balance(&payee).await], ["100.00", "0.00"]);
    cluster.finish().await;
}

#[tokio::test]
async fn a_central_bank_that_hangs_delays_payments_and_loses_none() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee, friend) = (icbc.open("100").await, abc.open("").await, icbc.open("").await);
    signal(&mut cluster, "central-bank", "STOP").await;
    let orders: Vec<_> = (0..20).map(|_| order(&payer, &payee, "1")).collect();
    for order in &orders {
        assert_eq!(ending(&icbc.pay_within(order.clone(), 1).await.unwrap()), "IN_TRANSIT");
    }
    assert_eq!(icbc.pay_to_end(&payer, &friend, "1").await, "COMPLETED");
    signal(&mut cluster, "central-bank", "CONT").await;
    for order in orders {
        assert_eq!(ending(&icbc.pay(order).await), "COMPLETED");
    }
    assert_eq!([icbc.balance(&payer).await, abc.balance(&payee).await], ["79.00", "20.00"]);
    cluster.finish().await;
}

#[tokio::test]
async fn an_operator_that_hangs_holds_up_nobody_else() {
    let mut cluster = TestCluster::start(operators(3)).await;
    let (icbc, abc, boc) =
        (cluster.operator("ICBC"), cluster.operator("ABC"), cluster.operator("BOC"));
    let (payer, away, payee) = (icbc.open("100").await, boc.open("").await, abc.open("").await);
    signal(&mut cluster, "BOC", "STOP").await;
    let waits = order(&payer, &away, "1");
    icbc.pay_within(waits.clone(), 0).await.unwrap();
    for _ in 0..20 {
        assert_eq!(icbc.pay_to_end(&payer, &payee, "1").await, "COMPLETED");
    }
    // The headroom of what nobody has decided stays reserved.
    assert_eq!(cluster.central_bank().position("ICBC").await.outstanding, "1.00");
    cluster.central_bank().close_cycle(None).await.unwrap();
    signal(&mut cluster, "BOC", "CONT").await;
    let payment = icbc.pay(waits).await;
    assert_eq!((ending(&payment).as_str(), payment.cycle), ("COMPLETED", Some(2)));
    cluster.finish().await;
}

#[tokio::test]
async fn a_process_told_to_stop_answers_calls_that_wait_and_their_payments_go_on_later() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("100").await, abc.open("").await);
    cluster.processes().kill(member("ABC")).await.unwrap();
    let waits = order(&payer, &payee, "40");
    let watch = v1::WatchPaymentsRequest { wallet_number: payer.clone() };
    let mut changes = icbc.payments.clone().watch_payments(watch).await.unwrap().into_inner();
    let call = tokio::spawn({
        let (icbc, order) = (icbc.clone(), waits.clone());
        async move { icbc.pay(order).await }
    });
    // The payment is taken, so the call waits for its end.
    assert!(changes.message().await.unwrap().is_some());
    let directory = cluster.stop().await;
    assert_eq!(ending(&call.await.unwrap()), "IN_TRANSIT");
    let cluster = TestCluster::start_in(directory, operators(2)).await;
    assert_eq!(ending(&cluster.operator("ICBC").pay(waits).await), "COMPLETED");
    cluster.finish().await;
}
