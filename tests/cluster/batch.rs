//! Many payments in one message, streams of batches, and watching them.

use clearing_api::v1;
use clearing_api::v1::payment_outcome::Outcome;
use clearing_domain::Reason;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use crate::support::{
    Operator, TestCluster, ending, eventually, member, operators, order, refusal,
};

/// What became of an item in short: the state of its payment, or why there is none.
fn fate(outcome: &v1::PaymentOutcome) -> String {
    match outcome.outcome.as_ref().unwrap() {
        Outcome::Payment(payment) => ending(payment),
        Outcome::Error(error) => format!("{} {}", error.reason().as_str_name(), error.field),
    }
}

fn request_id_of(outcome: &v1::PaymentOutcome) -> &str {
    match outcome.outcome.as_ref().unwrap() {
        Outcome::Payment(payment) => &payment.request_id,
        Outcome::Error(_) => "",
    }
}

#[tokio::test]
async fn a_batch_of_a_thousand_is_answered_in_order_with_independent_errors() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee, friend) = (icbc.open("900").await, abc.open("").await, icbc.open("").await);
    let item = |number: usize| match number % 4 {
        0 => (order(&payer, &payee, "1"), "COMPLETED"),
        1 => (order(&payer, &friend, "1"), "COMPLETED"),
        2 => (order(&payer, &payee, "1.005"), "ERROR_REASON_AMOUNT_SCALE amount"),
        _ => (order(&payer, &payee, "1000"), "REJECTED INSUFFICIENT_FUNDS"),
    };
    let (orders, fates): (Vec<_>, Vec<_>) = (0..1000).map(item).unzip();
    let outcomes = icbc.pay_batch(orders.clone()).await.unwrap();
    assert_eq!(outcomes.iter().map(fate).collect::<Vec<_>>(), fates);
    for (order, outcome) in orders.iter().zip(&outcomes) {
        assert!(["", &order.request_id].contains(&request_id_of(outcome)));
    }
    assert_eq!([icbc.balance(&payer).await, abc.balance(&payee).await], ["400.00", "250.00"]);
    assert_eq!(icbc.pay_batch(orders).await.unwrap(), outcomes);
    assert_eq!(icbc.balance(&payer).await, "400.00");
    cluster.finish().await;
}

#[tokio::test]
async fn a_batch_outside_1_to_1000_is_refused_as_a_whole() {
    let cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let (payer, payee) = (icbc.open("5000").await, icbc.open("").await);
    for size in [0, 1001] {
        let orders = (0..size).map(|_| order(&payer, &payee, "1")).collect();
        let refused = refusal(icbc.pay_batch(orders).await);
        refused.is(Reason::BatchSize, "payments", &format!("{size} items, not 1 to 1000"));
        let wallets = (0..size).map(|_| v1::OpenWalletRequest::default()).collect();
        let refused = icbc.wallets.clone().open_wallets(v1::OpenWalletsRequest { wallets }).await;
        refusal(refused).is(Reason::BatchSize, "wallets", &size.to_string());
    }
    assert_eq!(
        (icbc.balance(&payer).await.as_str(), icbc.all_payments().await.len()),
        ("5000.00", 0)
    );
    cluster.finish().await;
}

#[tokio::test]
async fn two_items_of_a_batch_with_one_request_id_are_one_payment() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("10").await, abc.open("").await);
    let once = order(&payer, &payee, "4");
    let other = v1::NewPayment { amount: "5".to_owned(), ..once.clone() };
    let outcomes = icbc.pay_batch(vec![once.clone(), once, other]).await.unwrap();
    let fates: Vec<_> = outcomes.iter().map(fate).collect();
    assert_eq!(fates, ["COMPLETED", "COMPLETED", "ERROR_REASON_REQUEST_ID_REUSED request_id"]);
    assert_eq!(outcomes[0], outcomes[1]);
    assert_eq!(icbc.balance(&payer).await, "6.00");
    cluster.finish().await;
}

#[tokio::test]
async fn wallets_of_a_batch_are_opened_in_order_with_independent_errors() {
    let cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let merchant = |name: &str| v1::OpenWalletRequest {
        kind: v1::WalletKind::Merchant.into(),
        holder: Some(v1::Holder { name: name.to_owned(), ..Default::default() }),
        opening_amount: "3".to_owned(),
        ..Default::default()
    };
    let wallets = vec![merchant("tea"), merchant(""), merchant("rice")];
    let request = v1::OpenWalletsRequest { wallets };
    let outcomes = icbc.wallets.clone().open_wallets(request).await.unwrap().into_inner().outcomes;
    let shown: Vec<_> = outcomes
        .iter()
        .map(|outcome| match outcome.outcome.as_ref().unwrap() {
            v1::open_wallet_outcome::Outcome::Wallet(wallet) => {
                format!("{} {}", wallet.kind().as_str_name(), wallet.balance)
            }
            v1::open_wallet_outcome::Outcome::Error(error) => {
                error.reason().as_str_name().to_owned()
            }
        })
        .collect();
    assert_eq!(
        shown,
        [
            "WALLET_KIND_MERCHANT 3.00",
            "ERROR_REASON_HOLDER_DATA_MISSING",
            "WALLET_KIND_MERCHANT 3.00"
        ]
    );
    assert_eq!(icbc.all_wallets().await.len(), 2);
    cluster.finish().await;
}

/// A stream of batches to an operator.
struct Batches {
    requests: mpsc::Sender<v1::StreamPaymentsRequest>,
    answers: Streaming<v1::StreamPaymentsResponse>,
}

impl Batches {
    async fn open(operator: &Operator) -> Self {
        let (requests, outgoing) = mpsc::channel(16);
        let answers =
            operator.payments.clone().stream_payments(ReceiverStream::new(outgoing)).await.unwrap();
        Self { requests, answers: answers.into_inner() }
    }

    async fn send(&self, sequence: u64, payments: Vec<v1::NewPayment>, wait_ms: u32) {
        let batch = v1::StreamPaymentsRequest { sequence, payments, wait_ms: Some(wait_ms) };
        self.requests.send(batch).await.unwrap();
    }

    /// The next answer in short.
    async fn next(&mut self) -> (u64, Vec<String>) {
        let answer = self.answers.next().await.unwrap().unwrap();
        (answer.sequence, answer.outcomes.iter().map(fate).collect())
    }
}

#[tokio::test]
async fn a_stream_answers_each_batch_once_with_its_number() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("100").await, abc.open("").await);
    let mut batches = Batches::open(&icbc).await;
    for sequence in 0..10 {
        let payments = (0..=sequence).map(|_| order(&payer, &payee, "1")).collect();
        batches.send(sequence, payments, 60_000).await;
    }
    let mut answered = Vec::new();
    for _ in 0..10 {
        let (sequence, fates) = batches.next().await;
        assert_eq!(fates, vec!["COMPLETED"; sequence as usize + 1]);
        answered.push(sequence);
    }
    answered.sort_unstable();
    assert_eq!(answered, (0..10).collect::<Vec<_>>());
    drop(batches.requests);
    assert!(batches.answers.next().await.is_none());
    assert_eq!([icbc.balance(&payer).await, abc.balance(&payee).await], ["45.00", "55.00"]);
    cluster.finish().await;
}

#[tokio::test]
async fn a_batch_that_waits_does_not_hold_up_the_next() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, friend, away) = (icbc.open("100").await, icbc.open("").await, abc.open("").await);
    cluster.processes().kill(member("ABC")).await.unwrap();
    let mut batches = Batches::open(&icbc).await;
    batches.send(7, vec![order(&payer, &away, "1"), order(&payer, &friend, "1")], 60_000).await;
    batches.send(8, vec![order(&payer, &friend, "1")], 60_000).await;
    assert_eq!(batches.next().await, (8, vec!["COMPLETED".to_owned()]));
    cluster.processes().restart(member("ABC")).await.unwrap();
    assert_eq!(batches.next().await, (7, vec!["COMPLETED".to_owned(); 2]));
    cluster.finish().await;
}

#[tokio::test]
async fn a_batch_of_the_wrong_size_ends_a_stream_and_the_batches_before_it_stand() {
    let cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let (payer, payee) = (icbc.open("5").await, icbc.open("").await);
    let mut batches = Batches::open(&icbc).await;
    batches.send(1, vec![order(&payer, &payee, "2")], 0).await;
    assert_eq!(batches.next().await, (1, vec!["COMPLETED".to_owned()]));
    batches.send(2, Vec::new(), 0).await;
    let ended = batches.answers.next().await.unwrap();
    refusal(ended).is(Reason::BatchSize, "payments", "0 items");
    assert_eq!(icbc.balance(&payee).await, "2.00");
    cluster.finish().await;
}

#[tokio::test]
async fn payments_of_a_client_that_hangs_up_go_on() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("5").await, abc.open("").await);
    cluster.processes().kill(member("ABC")).await.unwrap();
    let batches = Batches::open(&icbc).await;
    batches.send(1, vec![order(&payer, &payee, "5")], 60_000).await;
    eventually("the batch is taken", async || (icbc.balance(&payer).await == "0.00").then_some(()))
        .await;
    drop(batches);
    cluster.processes().restart(member("ABC")).await.unwrap();
    eventually("the payment arrives", async || (abc.balance(&payee).await == "5.00").then_some(()))
        .await;
    cluster.finish().await;
}

/// Watches one wallet, or all when it is empty.
async fn watch(operator: &Operator, wallet: &str) -> Streaming<v1::WatchPaymentsResponse> {
    let request = v1::WatchPaymentsRequest { wallet_number: wallet.to_owned() };
    operator.payments.clone().watch_payments(request).await.unwrap().into_inner()
}

async fn next_change(changes: &mut Streaming<v1::WatchPaymentsResponse>) -> (String, String) {
    let payment = changes.next().await.unwrap().unwrap().payment.unwrap();
    (payment.amount.clone(), ending(&payment))
}

#[tokio::test]
async fn a_watcher_hears_every_change_of_its_wallets_payments_and_no_other() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, other) = (icbc.open("100").await, icbc.open("100").await);
    let (payee, small) = (abc.open("").await, abc.open_class(4, "").await);
    let (mut of_payer, mut of_all) = (watch(&icbc, &payer).await, watch(&icbc, "").await);
    let mut of_payee = watch(&abc, &payee).await;
    icbc.pay(order(&other, &payee, "1")).await;
    icbc.pay(order(&payer, &payee, "2")).await;
    icbc.pay(order(&payer, &small, "200")).await;
    abc.freeze(&small, false).await.unwrap();
    icbc.pay(order(&payer, &small, "3")).await;
    let heard = |amount: &str, state: &str| (amount.to_owned(), state.to_owned());
    for (amount, state) in [
        ("2.00", "IN_TRANSIT"),
        ("2.00", "COMPLETED"),
        ("200.00", "REJECTED INSUFFICIENT_FUNDS"),
        ("3.00", "IN_TRANSIT"),
        ("3.00", "RETURNED PAYEE_FROZEN"),
    ] {
        assert_eq!(next_change(&mut of_payer).await, heard(amount, state));
    }
    for (amount, state) in [("1.00", "IN_TRANSIT"), ("1.00", "COMPLETED"), ("2.00", "IN_TRANSIT")] {
        assert_eq!(next_change(&mut of_all).await, heard(amount, state));
    }
    for (amount, state) in [
        ("1.00", "IN_TRANSIT"),
        ("1.00", "COMPLETED"),
        ("2.00", "IN_TRANSIT"),
        ("2.00", "COMPLETED"),
    ] {
        assert_eq!(next_change(&mut of_payee).await, heard(amount, state));
    }
    cluster.finish().await;
}
