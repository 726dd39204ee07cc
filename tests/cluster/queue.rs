//! Payments that wait for cover: what clients see of them, and how they end.

use clearing_api::v1;
use clearing_domain::Reason;

use crate::support::{Operator, TestCluster, config, ending, eventually, member, order, refusal};

/// Two operators in the deposit regime that can settle 100 yuan each, with a wallet of 10,000 each.
async fn cluster(algorithm: &str) -> (TestCluster, [Operator; 2], [String; 2]) {
    let lines = format!(
        "operator_count = 2\nregime = 'deposit'\nsettlement = 'gross-queue'\nalgorithm = '{algorithm}'\nreserves = 100"
    );
    let cluster = TestCluster::start(config(&lines)).await;
    let operators = ["ICBC", "ABC"].map(|code| cluster.operator(code));
    let wallets = [operators[0].open("10000").await, operators[1].open("10000").await];
    (cluster, operators, wallets)
}

async fn queue(cluster: &TestCluster) -> Vec<v1::QueuedPayment> {
    let request = v1::ListQueueRequest::default();
    cluster.central_bank().queue.list_queue(request).await.unwrap().into_inner().payments
}

/// Waits until a payment has ended and says how.
async fn end(operator: &Operator, id: &str) -> String {
    eventually("the payment ends", async || {
        let payment = operator.payment(id).await.unwrap();
        payment.finish_time.is_some().then(|| ending(&payment))
    })
    .await
}

#[tokio::test]
async fn a_payment_without_cover_answers_queued_and_completes_with_the_inflow() {
    let (cluster, [icbc, abc], [one, other]) = cluster("gross_fifo").await;
    let waiting = icbc.pay(order(&one, &other, "150")).await;
    assert_eq!(ending(&waiting), "QUEUED");
    let listed = queue(&cluster).await;
    assert_eq!(
        (listed.len(), listed[0].payment_id.as_str(), listed[0].priority()),
        (1, waiting.payment_id.as_str(), v1::Priority::Normal)
    );
    assert_eq!(
        (icbc.balance(&one).await.as_str(), abc.balance(&other).await.as_str()),
        ("9850.00", "10000.00")
    );
    assert_eq!(abc.pay_to_end(&other, &one, "50").await, "COMPLETED");
    assert_eq!(end(&icbc, &waiting.payment_id).await, "COMPLETED");
    eventually("the payee has it", async || {
        (abc.balance(&other).await == "10100.00").then_some(())
    })
    .await;
    assert_eq!(cluster.central_bank().accounts("ICBC").await.settlement_balance, "0.00");
    assert!(queue(&cluster).await.is_empty());
    cluster.finish().await;
}

#[tokio::test]
async fn opposite_payments_offset_and_both_callers_hear() {
    let (cluster, [icbc, abc], [one, other]) = cluster("bilateral_offset").await;
    let there = icbc.pay(order(&one, &other, "5000")).await;
    assert_eq!(ending(&there), "QUEUED");
    assert_eq!(abc.pay_to_end(&other, &one, "4950").await, "COMPLETED");
    assert_eq!(end(&icbc, &there.payment_id).await, "COMPLETED");
    cluster.finish().await;
}

#[tokio::test]
async fn a_held_payment_waits_with_cover_and_blocks_nothing() {
    let (cluster, [icbc, abc], [one, other]) = cluster("gross_fifo").await;
    let [large, small] =
        [icbc.pay(order(&one, &other, "150")).await, icbc.pay(order(&one, &other, "90")).await];
    assert_eq!([ending(&large), ending(&small)], ["QUEUED", "QUEUED"]);
    let mut queued = cluster.central_bank().queue;
    let mut change = async |priority: v1::Priority| {
        let payment_id = large.payment_id.clone();
        let request = v1::ChangePriorityRequest { payment_id, priority: priority.into() };
        queued.change_priority(request).await.unwrap();
    };
    change(v1::Priority::Held).await;
    assert_eq!(end(&icbc, &small.payment_id).await, "COMPLETED");
    assert_eq!(abc.pay_to_end(&other, &one, "180").await, "COMPLETED");
    assert_eq!(queue(&cluster).await[0].priority(), v1::Priority::Held);
    change(v1::Priority::Normal).await;
    assert_eq!(end(&icbc, &large.payment_id).await, "COMPLETED");
    let mut settlement = cluster.central_bank().settlement;
    let mut page = async |page_token: String| {
        let request = v1::ListFlowsRequest { page_size: 1, page_token };
        settlement.list_flows(request).await.unwrap().into_inner()
    };
    let first = page(String::new()).await;
    let second = page(first.next_page_token.clone()).await;
    let flows = [first.flows, second.flows].concat().into_iter();
    let flows = flows.map(|flow| {
        format!("{} {} {}", flow.payer_operator_code, flow.payee_operator_code, flow.amount)
    });
    assert_eq!(flows.collect::<Vec<_>>(), ["ABC ICBC 180.00", "ICBC ABC 240.00"]);
    assert_eq!(second.next_page_token, "");
    cluster.finish().await;
}

#[tokio::test]
async fn queued_payments_are_cancelled_and_reordered() {
    let (cluster, [icbc, _], [one, other]) = cluster("gross_fifo").await;
    let [large, small] =
        [icbc.pay(order(&one, &other, "150")).await, icbc.pay(order(&one, &other, "90")).await];
    assert_eq!([ending(&large), ending(&small)], ["QUEUED", "QUEUED"]);
    let mut queued = cluster.central_bank().queue;
    let urgent = |payment: &v1::Payment, priority: i32| v1::ChangePriorityRequest {
        payment_id: payment.payment_id.clone(),
        priority,
    };
    for number in [0, 8, -1] {
        refusal(queued.change_priority(urgent(&small, number)).await).is(
            Reason::FieldInvalid,
            "priority",
            &format!("priority {number} is no level from 1 to 7"),
        );
    }
    // At its new level the small payment settles at once; the answer shows the move all the same.
    let listed = queue(&cluster).await;
    let moved = queued.change_priority(urgent(&small, v1::Priority::Urgent.into())).await.unwrap();
    let urgently = v1::QueuedPayment { priority: v1::Priority::Urgent.into(), ..listed[1].clone() };
    assert_eq!(moved.into_inner().payment, Some(urgently));
    assert_eq!(end(&icbc, &small.payment_id).await, "COMPLETED");
    let cancel =
        |payment: &v1::Payment| v1::CancelQueuedRequest { payment_id: payment.payment_id.clone() };
    let cancelled = queued.cancel_queued(cancel(&large)).await.unwrap().into_inner();
    assert_eq!(cancelled.payment.as_ref(), Some(&listed[0]));
    assert_eq!(end(&icbc, &large.payment_id).await, "RETURNED CANCELLED");
    assert_eq!(icbc.balance(&one).await, "9910.00");
    refusal(queued.cancel_queued(cancel(&large)).await).is(
        Reason::NotQueued,
        "payment_id",
        &large.payment_id,
    );
    let unknown =
        v1::CancelQueuedRequest { payment_id: "00000000-0000-7000-8000-000000000000".to_owned() };
    refusal(queued.cancel_queued(unknown).await).is(
        Reason::PaymentUnknown,
        "payment_id",
        "00000000",
    );
    let stranger =
        v1::ListQueueRequest { payer_operator_code: "NOBODY".to_owned(), ..Default::default() };
    refusal(queued.list_queue(stranger).await).is(
        Reason::OperatorUnknown,
        "operator_code",
        "NOBODY",
    );
    cluster.finish().await;
}

/// A page of one payment, of one payer or of all: its id, and where the next starts.
async fn page(cluster: &TestCluster, payer: &str, page_token: &str) -> (String, String) {
    let (payer_operator_code, page_token) = (payer.to_owned(), page_token.to_owned());
    let request = v1::ListQueueRequest { page_size: 1, page_token, payer_operator_code };
    let page = cluster.central_bank().queue.list_queue(request).await.unwrap().into_inner();
    assert_eq!(page.payments.len(), 1);
    (page.payments[0].payment_id.clone(), page.next_page_token)
}

#[tokio::test]
async fn pages_of_the_queue_go_on_when_what_they_have_shown_has_left() {
    let (cluster, [icbc, abc], [one, other]) = cluster("gross_fifo").await;
    let mut ids = Vec::new();
    for amount in ["150", "151", "152"] {
        ids.push(icbc.pay(order(&one, &other, amount)).await.payment_id);
    }
    let theirs = abc.pay(order(&other, &one, "153")).await.payment_id;
    let (first, token) = page(&cluster, "ICBC", "").await;
    assert_eq!(first, ids[0]);
    let cancel = v1::CancelQueuedRequest { payment_id: first };
    cluster.central_bank().queue.cancel_queued(cancel).await.unwrap();
    let (second, token) = page(&cluster, "ICBC", &token).await;
    let (third, end) = page(&cluster, "ICBC", &token).await;
    assert_eq!((second, third, end.as_str()), (ids[1].clone(), ids[2].clone(), ""));
    assert_eq!(page(&cluster, "ABC", "").await, (theirs.clone(), String::new()));
    // Of all, the token of a page of one payer means the same place.
    assert_eq!(page(&cluster, "", &token).await.0, ids[2]);
    for token in ["p5", "p9.1", "p6.-1", "p+6.1"] {
        let request = v1::ListQueueRequest { page_token: token.to_owned(), ..Default::default() };
        let refused = cluster.central_bank().queue.list_queue(request).await;
        refusal(refused).is(Reason::PageInvalid, "page_token", token);
    }
    cluster.finish().await;
}

#[tokio::test]
async fn a_queue_survives_the_kill_of_every_process() {
    let (mut cluster, [icbc, _], [one, other]) = cluster("partial_net").await;
    let waiting = icbc.pay(order(&one, &other, "150")).await;
    assert_eq!(ending(&waiting), "QUEUED");
    for name in ["central-bank", "ICBC", "ABC"] {
        cluster.crash(member(name)).await;
    }
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    assert_eq!(ending(&icbc.payment(&waiting.payment_id).await.unwrap()), "QUEUED");
    assert_eq!(queue(&cluster).await.len(), 1);
    cluster.central_bank().fund("ICBC", "50").await.unwrap();
    assert_eq!(end(&icbc, &waiting.payment_id).await, "COMPLETED");
    eventually("the payee has it", async || {
        (abc.balance(&other).await == "10150.00").then_some(())
    })
    .await;
    cluster.finish().await;
}

#[tokio::test]
async fn a_payment_with_times_waits_for_the_earliest_and_is_returned_at_the_latest() {
    let (cluster, [icbc, _], [one, other]) = cluster("gross_fifo").await;
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = i64::try_from(since_1970.as_secs()).unwrap();
    let at = |seconds: i64| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let wrong = v1::NewPayment {
        earliest_time: at(now + 5),
        latest_time: at(now + 4),
        ..order(&one, &other, "10")
    };
    let request = v1::CreatePaymentRequest { payment: Some(wrong), wait_ms: None };
    refusal(icbc.payments.clone().create_payment(request).await).is(
        Reason::FieldInvalid,
        "latest_time",
        "is before earliest_time",
    );
    let far = v1::NewPayment { earliest_time: at(now + 3_600), ..order(&one, &other, "10") };
    let far = icbc.pay(far).await;
    assert_eq!((ending(&far).as_str(), &far.earliest_time), ("QUEUED", &at(now + 3_600)));
    assert_eq!(queue(&cluster).await[0].earliest_time, at(now + 3_600));
    let soon = v1::NewPayment { latest_time: at(now + 2), ..order(&one, &other, "150") };
    let soon = icbc.pay(soon).await;
    assert_eq!(end(&icbc, &soon.payment_id).await, "RETURNED SETTLEMENT_TIME_OVER");
    // What waits for its time holds up nothing behind it.
    assert_eq!(icbc.pay_to_end(&one, &other, "90").await, "COMPLETED");
    cluster.finish().await;
}

#[tokio::test]
async fn liquidity_reserved_for_urgent_payments_is_kept_from_normal_ones_and_shown() {
    let (mut cluster, [icbc, _], [one, other]) = cluster("gross_fifo").await;
    let mut limit = cluster.central_bank().limits;
    let reserve = |priority: v1::Priority, amount: &str| v1::SetReservedRequest {
        operator_code: "ICBC".to_owned(),
        priority: priority.into(),
        amount: amount.to_owned(),
    };
    let urgent = reserve(v1::Priority::Urgent, "60");
    let set = limit.set_reserved(urgent).await.unwrap().into_inner().accounts.unwrap();
    assert_eq!((set.reserved.len(), set.reserved[0].left.as_str()), (1, "60.00"));
    refusal(limit.set_reserved(reserve(v1::Priority::Normal, "1")).await).is(
        Reason::FieldInvalid,
        "priority",
        "normal payments",
    );
    let waiting = icbc.pay(order(&one, &other, "50")).await;
    assert_eq!(ending(&waiting), "QUEUED");
    cluster.crash(member("central-bank")).await;
    let moved = v1::ChangePriorityRequest {
        payment_id: waiting.payment_id.clone(),
        priority: v1::Priority::Urgent.into(),
    };
    cluster.central_bank().queue.change_priority(moved).await.unwrap();
    assert_eq!(end(&icbc, &waiting.payment_id).await, "COMPLETED");
    let kept = cluster.central_bank().accounts("ICBC").await.reserved;
    assert_eq!((kept[0].amount.as_str(), kept[0].left.as_str()), ("60.00", "10.00"));
    cluster.finish().await;
}
