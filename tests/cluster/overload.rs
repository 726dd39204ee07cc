//! A full queue refuses at once, says when to try again, and loses nothing.

use std::time::Duration;

use clearing_api::v1;
use clearing_domain::Reason;
use tokio::task::JoinSet;
use tonic_types::StatusExt;

use crate::support::{Operator, TestCluster, config, ending, order, refusal};

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

#[tokio::test]
async fn a_full_queue_answers_at_once_when_to_try_again_and_loses_nothing() {
    let cluster = TestCluster::start(config("operator_count = 2\nqueue_capacity = 1")).await;
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
    // Nobody else asks now, so the queue has room.
    assert_eq!([icbc.balance(&payer).await, abc.balance(&payee).await], ["800.00", "200.00"]);
    assert_eq!(icbc.all_payments().await.len(), CLIENTS);
    cluster.finish().await;
}

#[tokio::test]
async fn the_link_waits_for_room_where_clients_are_refused() {
    let cluster = TestCluster::start(config("operator_count = 2\nqueue_capacity = 1")).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("5000").await, abc.open("").await);
    // Each batch is one command for the payer's operator and many for nobody else.
    for _ in 0..4 {
        let orders = (0..1000).map(|_| order(&payer, &payee, "1")).collect();
        let outcomes = icbc.pay_batch(orders).await.unwrap();
        let completed = outcomes.iter().filter(|outcome| {
            matches!(&outcome.outcome, Some(v1::payment_outcome::Outcome::Payment(payment)) if ending(payment) == "COMPLETED")
        });
        assert_eq!(completed.count(), 1000);
    }
    assert_eq!(abc.balance(&payee).await, "4000.00");
    cluster.finish().await;
}
