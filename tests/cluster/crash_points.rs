//! A crash before and after every durable write, send and receive, in each role.

use clearing_api::v1::payment::State;
use clearing_cluster::cluster::Member;
use clearing_node::crash::POINTS;

use crate::support::{TestCluster, eventually, member, operators, order};

/// How often a point is passed before the process dies there.
const PASSES: [u32; 2] = [0, 3];

/// Payments while the process dies, each asked for again until it is final.
const PAYMENTS: usize = 12;

/// Arms one point of one process, pays until it has died, heals and audits.
async fn crash_at(
    cluster: &mut TestCluster,
    wallets: &(String, String),
    victim: Member,
    point: &str,
    passes: u32,
) {
    let armed = ("FAILPOINTS".to_owned(), format!("{point}={passes}*off->return"));
    cluster.processes().set_variable(victim, Some(armed));
    // It may die on its way up, when the point lies there; the next start is unarmed.
    cluster.processes().kill(victim).await.unwrap();
    let started = cluster.processes().restart(victim).await;
    cluster.processes().set_variable(victim, None);
    let orders: Vec<_> = (0..PAYMENTS).map(|_| order(&wallets.0, &wallets.1, "1.00")).collect();
    let payer = cluster.operator("ICBC");
    for order in &orders {
        // Whatever is not answered is asked for again below.
        let _ = payer.pay_within(order.clone(), 50).await;
    }
    if started.is_ok() {
        let (died, status) =
            tokio::time::timeout(crate::support::DEADLINE, cluster.processes().next_exit())
                .await
                .unwrap_or_else(|_| {
                    panic!("{victim} did not die at {point} after {passes} passes")
                });
        assert!(died == victim && !status.success(), "{died} ended with {status}");
    }
    cluster.processes().restart(victim).await.unwrap_or_else(|error| panic!("{error}"));
    for order in orders {
        let what = format!("a payment ends after {victim} died at {point}");
        let payment = eventually(&what, async || {
            let answer = cluster.operator("ICBC").pay_within(order.clone(), 1_000).await.ok();
            answer.filter(|payment| payment.state() != State::InTransit)
        });
        assert_eq!(payment.await.state(), State::Completed);
    }
}

async fn crash_everywhere(victim: &str) {
    let mut cluster = TestCluster::start(operators(2)).await;
    let wallets =
        (cluster.operator("ICBC").open("1000.00").await, cluster.operator("ABC").open("0").await);
    for point in POINTS {
        for passes in PASSES {
            crash_at(&mut cluster, &wallets, member(victim), point, passes).await;
        }
    }
    let paid = PAYMENTS * POINTS.len() * PASSES.len();
    assert_eq!(cluster.operator("ABC").balance(&wallets.1).await, format!("{paid}.00"));
    cluster.finish().await;
}

#[tokio::test]
async fn the_payers_operator_may_crash_at_every_point() {
    crash_everywhere("ICBC").await;
}

#[tokio::test]
async fn the_payees_operator_may_crash_at_every_point() {
    crash_everywhere("ABC").await;
}

#[tokio::test]
async fn the_central_bank_may_crash_at_every_point() {
    crash_everywhere("central-bank").await;
}
