//! A crash before and after every durable write, send and receive while loans are paid out and back.

use clearing_api::v1;
use clearing_node::crash::POINTS;

use crate::loans::{Loans, agree, at, disburse, grant, lender, terms, until};
use crate::support::{DEADLINE, TestCluster, eventually, member, operators};

/// Loans that are paid out and back while a process dies.
const LOANS: usize = 2;

/// The wallets of all loans.
struct Parties {
    lender: String,
    borrower: String,
    seller: String,
}

impl Parties {
    /// Goes one step with a loan, whatever is answered: all of it may be repeated.
    async fn go_on(&self, [icbc, abc]: &[Loans; 2], number: usize) -> Option<String> {
        let terms = terms([&self.lender, &self.borrower, &self.seller], 1);
        let loan = agree(icbc, &format!("loan-{number}"), terms).await.ok()?;
        grant(abc, &loan).await.ok()?;
        disburse(icbc, &loan.loan_id).await.ok()?;
        Some(loan.loan_id)
    }

    /// Arms one point of one process, lends until it has died, and goes on with what is not repaid.
    async fn crash_at(&self, cluster: &mut TestCluster, victim: &str, point: &str, first: usize) {
        let victim = member(victim);
        let armed = ("FAILPOINTS".to_owned(), format!("{point}=1*off->return"));
        cluster.processes().set_variable(victim, Some(armed));
        cluster.processes().kill(victim).await.unwrap();
        // It may die on its way up, when the point lies there; the next start is unarmed.
        let started = cluster.processes().restart(victim).await;
        cluster.processes().set_variable(victim, None);
        let numbers = first..first + LOANS;
        let both = |cluster: &TestCluster| ["ICBC", "ABC"].map(|code| at(cluster, code));
        if started.is_ok() {
            let clients = both(cluster);
            let lends = async {
                for number in numbers.clone().cycle() {
                    let _ = self.go_on(&clients, number).await;
                }
            };
            let died = tokio::select! {
                () = lends => unreachable!("loans go on again and again"),
                died = tokio::time::timeout(DEADLINE, cluster.processes().next_exit()) => died,
            };
            let (died, status) = died.unwrap_or_else(|_| panic!("{victim} lives on at {point}"));
            assert!(died == victim && !status.success(), "{died} ended with {status}");
        }
        cluster.processes().restart(victim).await.unwrap_or_else(|error| panic!("{error}"));
        let clients = both(cluster);
        for number in numbers {
            let what = format!("loan {number} goes on after {victim} died at {point}");
            let loan = eventually(&what, async || self.go_on(&clients, number).await).await;
            until(&clients[0], &loan, v1::loan::State::Repaid, "0.00").await;
        }
    }
}

async fn crash_everywhere(victim: &str) {
    let mut cluster = TestCluster::start(operators(2)).await;
    let parties = Parties {
        lender: lender(&cluster, "ICBC", "1000").await,
        borrower: cluster.operator("ABC").open("5000").await,
        seller: cluster.operator("ABC").open_kind(v1::WalletKind::Merchant).await,
    };
    for (point, first) in POINTS.iter().zip((0..).step_by(LOANS)) {
        parties.crash_at(&mut cluster, victim, point, first).await;
    }
    // Each loan was paid out once and paid back once.
    let loans = POINTS.len() * LOANS;
    let yuan = |sum: usize| format!("{sum}.00");
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    assert_eq!(icbc.balance(&parties.lender).await, yuan(1_000 + 3 * loans));
    assert_eq!(abc.balance(&parties.seller).await, yuan(90 * loans));
    assert_eq!(abc.balance(&parties.borrower).await, yuan(5_000 - 93 * loans));
    cluster.finish().await;
}

#[tokio::test]
async fn the_operator_of_the_lender_may_crash_wherever_it_lends_and_is_paid() {
    crash_everywhere("ICBC").await;
}

#[tokio::test]
async fn the_operator_of_the_borrower_may_crash_wherever_it_pays_back() {
    crash_everywhere("ABC").await;
}

#[tokio::test]
async fn the_central_bank_may_crash_wherever_a_loan_is_paid() {
    crash_everywhere("central-bank").await;
}
