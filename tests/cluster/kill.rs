//! SIGKILL of any process at any moment: what was acknowledged stands, and everything finishes
//! exactly once.

use std::collections::BTreeMap;

use clearing_api::status::reason_of;
use clearing_api::v1;
use clearing_api::v1::new_payment::Payee;
use clearing_api::v1::payment::State;
use clearing_cluster::cluster::Member;
use clearing_domain::Reason;
use clearing_domain::money::Amount;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::support::{DEADLINE, Operator, TestCluster, config, member, order};

/// What every wallet opens with, in fen.
const OPENING: i64 = 10_000_000;
/// How many payments must have been answered between one crash and the next.
const BETWEEN: u64 = 40;

/// A payment that was asked for, and its operator's answer if there was one.
struct Asked {
    code: &'static str,
    order: v1::NewPayment,
    answer: Option<v1::Payment>,
}

/// Clients that pay until they are stopped, and remember what they asked for and what they were
/// told.
struct Clients {
    running: JoinSet<Vec<Asked>>,
    answered: watch::Sender<u64>,
    stop: watch::Sender<bool>,
}

/// A client of one operator.
struct Client {
    code: &'static str,
    operator: Operator,
    payers: Vec<String>,
    payees: Vec<String>,
    answered: watch::Sender<u64>,
    stop: watch::Receiver<bool>,
}

impl Client {
    async fn pay_until_stopped(self) -> Vec<Asked> {
        let mut asked = Vec::new();
        let mut pace = tokio::time::interval(std::time::Duration::from_millis(5));
        while !*self.stop.borrow() {
            let number = asked.len();
            let amount = Amount::from_fen(1 + number as i64 % 97).unwrap();
            let payer = &self.payers[number % self.payers.len()];
            let payee = &self.payees[number * 7 % self.payees.len()];
            let order = order(payer, payee, &amount.to_string());
            // Some do not wait, so that there is always something in flight.
            let wait_ms = if number.is_multiple_of(3) { 0 } else { 2_000 };
            let answer = match self.operator.pay_within(order.clone(), wait_ms).await {
                Ok(payment) => Some(payment),
                Err(status) => {
                    assert!(
                        matches!(reason_of(&status), None | Some(Reason::Unavailable)),
                        "{status:?}"
                    );
                    pace.tick().await;
                    None
                }
            };
            self.answered.send_modify(|answered| *answered += u64::from(answer.is_some()));
            asked.push(Asked { code: self.code, order, answer });
        }
        asked
    }
}

/// The wallets of a test by operator.
type Wallets = BTreeMap<&'static str, Vec<String>>;

async fn open_wallets(cluster: &TestCluster, codes: &[&'static str]) -> Wallets {
    let mut wallets = Wallets::new();
    for code in codes {
        let operator = cluster.operator(code);
        for _ in 0..3 {
            let opening = Amount::from_fen(OPENING).unwrap().to_string();
            wallets.entry(code).or_default().push(operator.open(&opening).await);
        }
    }
    wallets
}

impl Clients {
    /// Two clients for every operator; each pays wallets of all operators but its own.
    fn start(cluster: &TestCluster, wallets: &Wallets) -> Self {
        let mut clients = Self {
            running: JoinSet::new(),
            answered: watch::Sender::new(0),
            stop: watch::Sender::new(false),
        };
        for (code, payers) in wallets.iter().chain(wallets) {
            let others = wallets.iter().filter(|(other, _)| *other != code);
            let client = Client {
                code,
                operator: cluster.operator(code),
                payers: payers.clone(),
                payees: others.flat_map(|(_, numbers)| numbers.clone()).collect(),
                answered: clients.answered.clone(),
                stop: clients.stop.subscribe(),
            };
            clients.running.spawn(client.pay_until_stopped());
        }
        clients
    }

    /// Waits until more payments have been answered since the last call.
    async fn go_on(&self) {
        let until = *self.answered.borrow() + BETWEEN;
        let mut answered = self.answered.subscribe();
        let waited =
            tokio::time::timeout(DEADLINE, answered.wait_for(|answered| *answered >= until)).await;
        waited.expect("payments are answered").unwrap();
    }

    async fn stop(self) -> Vec<Asked> {
        self.stop.send_replace(true);
        self.running.join_all().await.into_iter().flatten().collect()
    }
}

/// Every payment asked for is made by now: once, with the outcome that was told, and nothing else
/// happened.
async fn assert_exactly_once(cluster: &TestCluster, wallets: &Wallets, asked: Vec<Asked>) {
    let mut balances: BTreeMap<String, i64> =
        wallets.values().flatten().map(|number| (number.clone(), OPENING)).collect();
    let mut made: BTreeMap<&str, usize> = BTreeMap::new();
    for Asked { code, order, answer } in asked {
        let payment = cluster.operator(code).pay(order.clone()).await;
        assert_eq!(
            (payment.state(), payment.reason()),
            (State::Completed, v1::ErrorReason::Unspecified)
        );
        if let Some(told) = answer {
            assert_eq!(told.payment_id, payment.payment_id);
            assert!(
                told == payment || told.state() == State::InTransit,
                "told {told:?}, found {payment:?}"
            );
        }
        let fen = order.amount.parse::<Amount>().unwrap().fen();
        *balances.get_mut(&order.payer_wallet).unwrap() -= fen;
        let Some(Payee::PayeeWallet(payee)) = order.payee else { panic!("paid by number") };
        *balances.get_mut(&payee).unwrap() += fen;
        *made.entry(code).or_default() += 1;
    }
    assert_eq!(balances.values().sum::<i64>(), OPENING * balances.len() as i64);
    for code in wallets.keys() {
        let operator = cluster.operator(code);
        assert_eq!(
            operator.all_payments().await.len(),
            made.get(code).copied().unwrap_or(0),
            "{code}"
        );
        for wallet in operator.all_wallets().await {
            let expected = Amount::from_fen(balances[&wallet.wallet_number]).unwrap().to_string();
            assert_eq!(
                [wallet.balance, wallet.in_transit],
                [expected, "0.00".to_owned()],
                "{}",
                wallet.wallet_number
            );
        }
    }
}

/// A cluster whose payments do not expire while a process is away.
fn patient(operators: usize) -> clearing_config::ClusterConfig {
    config(&format!("operator_count = {operators}\nexpiry_seconds = 3600"))
}

const TEN: [&str; 10] =
    ["ICBC", "ABC", "BOC", "CCB", "BOCOM", "PSBC", "CMB", "CIB", "WEBANK", "MYBANK"];

#[tokio::test]
async fn each_of_the_eleven_killed_in_turn_under_load_loses_and_doubles_nothing() {
    let mut cluster = TestCluster::start(patient(10)).await;
    let wallets = open_wallets(&cluster, &TEN).await;
    let clients = Clients::start(&cluster, &wallets);
    let all: Vec<Member> = cluster.processes().members();
    assert_eq!(all.len(), 11);
    for member in all {
        clients.go_on().await;
        cluster.crash(member).await;
    }
    clients.go_on().await;
    let asked = clients.stop().await;
    assert_exactly_once(&cluster, &wallets, asked).await;
    cluster.central_bank().close_cycle(None).await.unwrap();
    cluster.finish().await;
}

#[tokio::test]
async fn the_central_bank_killed_again_and_again_under_load_loses_and_doubles_nothing() {
    let mut cluster = TestCluster::start(patient(3)).await;
    let wallets = open_wallets(&cluster, &TEN[..3]).await;
    let clients = Clients::start(&cluster, &wallets);
    for _ in 0..8 {
        clients.go_on().await;
        cluster.crash(Member::CentralBank).await;
    }
    let asked = clients.stop().await;
    assert_exactly_once(&cluster, &wallets, asked).await;
    cluster.finish().await;
}

#[tokio::test]
async fn everything_killed_at_once_under_load_loses_and_doubles_nothing() {
    let mut cluster = TestCluster::start(patient(3)).await;
    let wallets = open_wallets(&cluster, &TEN[..3]).await;
    let clients = Clients::start(&cluster, &wallets);
    for round in 0..4 {
        clients.go_on().await;
        let mut members = cluster.processes().members();
        // The one that dies first is another each time, and so is the one that comes back last.
        members.rotate_left(round);
        for member in &members {
            cluster.processes().kill(*member).await.unwrap();
        }
        members.sort_unstable();
        for member in members {
            cluster.processes().restart(member).await.unwrap();
        }
    }
    let asked = clients.stop().await;
    assert_exactly_once(&cluster, &wallets, asked).await;
    cluster.finish().await;
}

#[tokio::test]
async fn cycles_closed_between_crashes_hold_every_payment_once() {
    let mut cluster = TestCluster::start(patient(2)).await;
    let wallets = open_wallets(&cluster, &TEN[..2]).await;
    let clients = Clients::start(&cluster, &wallets);
    for victim in ["central-bank", "ICBC", "ABC"] {
        clients.go_on().await;
        cluster.central_bank().close_cycle(None).await.unwrap();
        cluster.crash(member(victim)).await;
        cluster.central_bank().close_cycle(None).await.unwrap();
    }
    let asked = clients.stop().await;
    let payments = asked.len() as u64;
    assert_exactly_once(&cluster, &wallets, asked).await;
    cluster.central_bank().close_cycle(None).await.unwrap();
    let mut in_cycles = 0;
    for cycle in 1..=7 {
        let cycle = cluster.central_bank().cycle(cycle).await.unwrap();
        assert_eq!(cycle.state(), v1::cycle::State::Settled);
        in_cycles += cycle.payments;
    }
    assert_eq!(in_cycles, payments);
    cluster.finish().await;
}

#[tokio::test]
async fn a_cluster_stopped_under_load_goes_on_where_it_was() {
    let cluster = TestCluster::start(patient(3)).await;
    let wallets = open_wallets(&cluster, &TEN[..3]).await;
    let clients = Clients::start(&cluster, &wallets);
    clients.go_on().await;
    let directory = cluster.stop().await;
    let asked = clients.stop().await;
    let cluster = TestCluster::start_in(directory, patient(3)).await;
    assert_exactly_once(&cluster, &wallets, asked).await;
    cluster.finish().await;
}
