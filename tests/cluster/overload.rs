//! A full queue refuses at once, says when to try again, and loses nothing.

use std::time::Duration;

use clearing_api::v1;
use clearing_domain::Reason;
use tokio::task::JoinSet;
use tokio_stream::StreamExt;
use tonic_types::StatusExt;

use crate::support::{Operator, TestCluster, config, ending, eventually, order, refusal};

/// How many clients pay at the same time.
const CLIENTS: usize = 200;

/// All orders at once; gives the answers in any order.
async fn all_at_once(
    operator: &Operator,
    orders: Vec<v1::NewPayment>,
) -> Vec<(v1::NewPayment, Result<v1::Payment, tonic::Status>)> {
    let mut calls = JoinSet::new();
    for order in orders {
        let operator = operator.clone();
        calls.spawn(async move { (order.clone(), operator.try_pay(order).await) });
    }
    calls.join_all().await
}

/// What a wallet holds, asked until the queue of its operator has room for the question.
async fn balance(operator: &Operator, number: &str) -> String {
    let request = v1::GetWalletRequest { wallet_number: number.to_owned() };
    let read = async || operator.wallets.clone().get_wallet(request.clone()).await.ok();
    eventually("the queue has room", read).await.into_inner().wallet.unwrap().balance
}

#[tokio::test]
async fn a_full_queue_answers_at_once_when_to_try_again_and_loses_nothing() {
    let cluster = TestCluster::start(config("operator_count = 2\nqueue_capacity = 4")).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("1000").await, abc.open("").await);
    let mut waiting: Vec<_> = (0..CLIENTS).map(|_| order(&payer, &payee, "1")).collect();
    let mut refusals = 0;
    while !waiting.is_empty() {
        let answers = all_at_once(&icbc, std::mem::take(&mut waiting)).await;
        for (order, answer) in answers {
            match answer {
                Ok(payment) => assert_eq!(ending(&payment), "COMPLETED"),
                Err(status) => {
                    let retry = status.get_details_retry_info().unwrap().retry_delay.unwrap();
                    assert!(retry > Duration::ZERO && retry <= Duration::from_secs(1));
                    assert_eq!(refusal(Err::<(), _>(status)).reason, Reason::Overloaded);
                    refusals += 1;
                    waiting.push(order);
                }
            }
        }
    }
    assert!(refusals > 0, "the queue was never full");
    assert_eq!([balance(&icbc, &payer).await, balance(&abc, &payee).await], ["800.00", "200.00"]);
    cluster.finish().await;
}

#[tokio::test]
async fn an_overloaded_stream_ends_with_the_same_answer_and_its_payments_may_be_repeated() {
    let cluster = TestCluster::start(config("operator_count = 1\nqueue_capacity = 4")).await;
    let icbc = cluster.operator("ICBC");
    let (payer, payee) = (icbc.open("1000").await, icbc.open("").await);
    let orders: Vec<_> = (0..CLIENTS).map(|_| order(&payer, &payee, "1")).collect();
    let batches: Vec<_> =
        (0..).zip(&orders).map(|(sequence, order)| batch(sequence, order.clone())).collect();
    let mut refusals = 0;
    while refusals == 0 {
        let answers =
            icbc.payments.clone().stream_payments(tokio_stream::iter(batches.clone())).await;
        let mut answers = answers.unwrap().into_inner();
        while let Some(answer) = answers.next().await {
            if answer.is_err() {
                assert_eq!(refusal(answer).reason, Reason::Overloaded);
                refusals += 1;
            }
        }
    }
    for order in orders {
        let payment =
            eventually("the queue has room", async || icbc.try_pay(order.clone()).await.ok()).await;
        assert_eq!(ending(&payment), "COMPLETED");
    }
    assert_eq!([balance(&icbc, &payer).await, balance(&icbc, &payee).await], ["800.00", "200.00"]);
    cluster.finish().await;
}

fn batch(sequence: u64, order: v1::NewPayment) -> v1::StreamPaymentsRequest {
    v1::StreamPaymentsRequest { sequence, payments: vec![order], wait_ms: None }
}

#[tokio::test]
async fn the_link_waits_for_room_where_clients_are_refused() {
    let cluster = TestCluster::start(config("operator_count = 2\nqueue_capacity = 4")).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("5000").await, abc.open("").await);
    for _ in 0..4 {
        let orders: Vec<_> = (0..1000).map(|_| order(&payer, &payee, "1")).collect();
        let paid = async || icbc.pay_batch(orders.clone()).await.ok();
        let outcomes = eventually("the queue has room", paid).await;
        let completed = outcomes.iter().filter(|outcome| {
            matches!(&outcome.outcome, Some(v1::payment_outcome::Outcome::Payment(payment)) if ending(payment) == "COMPLETED")
        });
        assert_eq!(completed.count(), 1000);
    }
    assert_eq!(balance(&abc, &payee).await, "4000.00");
    cluster.finish().await;
}
