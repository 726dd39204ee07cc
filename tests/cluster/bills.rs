//! Bills, receipts and refunds, across operators and across a kill.

use clearing_api::v1;
use clearing_api::v1::bill::State;
use clearing_api::v1::bill_service_client::BillServiceClient;
use clearing_domain::Reason;
use tonic::Status;
use tonic::transport::Channel;

use crate::support::{
    Operator, TestCluster, ending, member, operators, order, refusal, request_id,
};

type Bills = BillServiceClient<Channel>;

/// A bill that is due in the far future.
fn bill(biller: &str, reference: &str, amount: &str) -> v1::NewBill {
    v1::NewBill {
        biller_wallet: biller.to_owned(),
        reference: reference.to_owned(),
        amount: amount.to_owned(),
        due_time: Some(prost_types::Timestamp { seconds: 4_000_000_000, nanos: 0 }),
        purpose: v1::Purpose::CustomsDuty.into(),
        subject: "declaration 0042".to_owned(),
        release: "container 7".to_owned(),
    }
}

async fn publish(bills: &Bills, bill: v1::NewBill) -> Result<v1::Bill, Status> {
    let request = v1::PublishBillRequest { bill: Some(bill) };
    Ok(bills.clone().publish_bill(request).await?.into_inner().bill.unwrap())
}

async fn get(bills: &Bills, biller: &str, reference: &str) -> v1::Bill {
    let (biller_wallet, reference) = (biller.to_owned(), reference.to_owned());
    let request = v1::GetBillRequest { biller_wallet, reference };
    bills.clone().get_bill(request).await.unwrap().into_inner().bill.unwrap()
}

/// An order to pay a bill.
fn pays(payer: &str, bill: &v1::Bill, amount: &str) -> v1::NewPayment {
    v1::NewPayment {
        bill_reference: bill.reference.clone(),
        ..order(payer, &bill.biller_wallet, amount)
    }
}

async fn refund(
    operator: &Operator,
    request_id: &str,
    payment: &v1::Payment,
    amount: &str,
) -> Result<v1::Payment, Status> {
    let request = v1::RefundPaymentRequest {
        request_id: request_id.to_owned(),
        payment_id: payment.payment_id.clone(),
        amount: amount.to_owned(),
        ..Default::default()
    };
    Ok(operator.payments.clone().refund_payment(request).await?.into_inner().payment.unwrap())
}

#[tokio::test]
async fn a_bill_is_paid_once_across_operators_and_answers_a_receipt() {
    let mut cluster = TestCluster::start(operators(3)).await;
    let [icbc, abc, boc] = ["ICBC", "ABC", "BOC"].map(|code| cluster.operator(code));
    let (alice, bob) = (icbc.open("500").await, boc.open("500").await);
    let customs = abc.open_kind(v1::WalletKind::Government).await;
    let bills = Bills::new(cluster.channel(member("ABC")));
    let published = publish(&bills, bill(&customs, "DUTY-1", "120.50")).await.unwrap();
    assert_eq!((published.state(), published.released.as_str()), (State::Open, ""));
    let wrong = icbc.pay(pays(&alice, &published, "120.49")).await;
    assert_eq!(ending(&wrong), "RETURNED BILL_AMOUNT");
    // Two pay at once: one has its money back.
    let (first, second) = tokio::join!(
        icbc.pay(pays(&alice, &published, "120.50")),
        boc.pay(pays(&bob, &published, "120.50")),
    );
    let mut endings = [ending(&first), ending(&second)];
    endings.sort();
    assert_eq!(endings, ["COMPLETED", "RETURNED BILL_PAID"]);
    let paid = get(&bills, &customs, "DUTY-1").await;
    assert_eq!((paid.state(), paid.released.as_str()), (State::Paid, "container 7"));
    let receipt = paid.receipt.unwrap();
    let winner = if ending(&first) == "COMPLETED" { &first } else { &second };
    assert_eq!(receipt.payment_id, winner.payment_id);
    assert_eq!((receipt.amount.as_str(), receipt.refunded_amount.as_str()), ("120.50", "0.00"));
    assert_eq!(receipt.purpose(), v1::Purpose::CustomsDuty);
    // It stays paid when the biller's operator is killed.
    cluster.crash(member("ABC")).await;
    let bills = Bills::new(cluster.channel(member("ABC")));
    let again = icbc.pay(pays(&alice, &published, "120.50")).await;
    assert_eq!(ending(&again), "RETURNED BILL_PAID");
    assert_eq!(get(&bills, &customs, "DUTY-1").await.receipt.unwrap().pay_time, receipt.pay_time);
    assert_eq!(cluster.operator("ABC").balance(&customs).await, "120.50");
    cluster.finish().await;
}

#[tokio::test]
async fn bills_are_listed_taken_back_and_refused_by_name() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (alice, utility) = (icbc.open("500").await, abc.open_kind(v1::WalletKind::Corporate).await);
    let mut bills = Bills::new(cluster.channel(member("ABC")));
    let request = v1::PublishBillsRequest {
        bills: (1..=5)
            .map(|number| bill(&utility, &format!("W-{number}"), "10"))
            .chain([bill(&utility, "W 6", "10"), bill(&utility, "W-1", "11")])
            .collect(),
    };
    let outcomes = bills.publish_bills(request).await.unwrap().into_inner().outcomes;
    let error = |outcome: &v1::BillOutcome| match &outcome.outcome {
        Some(v1::bill_outcome::Outcome::Error(error)) => error.reason().as_str_name(),
        _ => "",
    };
    let errors: Vec<_> = outcomes.iter().map(error).collect();
    assert_eq!(errors[..5], [""; 5]);
    assert_eq!(errors[5..], ["ERROR_REASON_FIELD_INVALID", "ERROR_REASON_BILL_TAKEN"]);
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let biller_wallet = utility.clone();
        let request = v1::ListBillsRequest { biller_wallet, page_size: 2, page_token };
        let page = bills.list_bills(request).await.unwrap().into_inner();
        found.extend(page.bills);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let references: Vec<_> = found.iter().map(|bill| bill.reference.as_str()).collect();
    assert_eq!(references, ["W-1", "W-2", "W-3", "W-4", "W-5"]);
    let cancel =
        v1::CancelBillRequest { biller_wallet: utility.clone(), reference: "W-2".to_owned() };
    let cancelled = bills.cancel_bill(cancel).await.unwrap().into_inner().bill.unwrap();
    assert_eq!(cancelled.state(), State::Cancelled);
    let late = icbc.pay(pays(&alice, &cancelled, "10")).await;
    assert_eq!(ending(&late), "RETURNED BILL_CANCELLED");
    let person = abc.open("").await;
    let refused = publish(&bills, bill(&person, "P-1", "1")).await;
    refusal(refused).is(Reason::KindNotAllowed, "biller_wallet", &person);
    let undated = v1::NewBill { due_time: None, ..bill(&utility, "W-7", "1") };
    refusal(publish(&bills, undated).await).is(Reason::FieldInvalid, "due_time", "not given");
    cluster.finish().await;
}

#[tokio::test]
async fn a_payment_is_refunded_across_operators_once_and_never_beyond_its_amount() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (alice, shop) = (icbc.open("500").await, abc.open_kind(v1::WalletKind::Merchant).await);
    let bills = Bills::new(cluster.channel(member("ABC")));
    let policy = publish(&bills, bill(&shop, "POLICY-1", "300")).await.unwrap();
    let paid = icbc.pay(pays(&alice, &policy, "300")).await;
    assert_eq!(ending(&paid), "COMPLETED");
    let name = request_id();
    let part = refund(&abc, &name, &paid, "100").await.unwrap();
    assert_eq!((ending(&part), part.refund_of == paid.payment_id), ("COMPLETED".into(), true));
    assert_eq!(part.purpose(), v1::Purpose::Refund);
    assert_eq!(refund(&abc, &name, &paid, "100").await.unwrap().payment_id, part.payment_id);
    let beyond = refund(&abc, &request_id(), &paid, "200.01").await;
    refusal(beyond).is(Reason::RefundExceeds, "amount", &paid.payment_id);
    refusal(refund(&abc, &request_id(), &part, "").await).is(
        Reason::PaymentUnknown,
        "payment_id",
        &part.payment_id,
    );
    // The rest comes back although the payer's wallet is frozen.
    let freeze = v1::FreezeWalletRequest { wallet_number: alice.clone(), receive_only: false };
    icbc.wallets.clone().freeze_wallet(freeze).await.unwrap();
    let rest = refund(&abc, &request_id(), &paid, "").await.unwrap();
    assert_eq!((ending(&rest).as_str(), rest.amount.as_str()), ("COMPLETED", "200.00"));
    assert_eq!(icbc.balance(&alice).await, "500.00");
    let lapsed = get(&bills, &shop, "POLICY-1").await;
    assert_eq!((lapsed.state(), lapsed.released.as_str()), (State::Refunded, ""));
    assert_eq!(lapsed.receipt.unwrap().refunded_amount, "300.00");
    for operator in [&icbc, &abc] {
        let request = v1::GetPaymentRequest { payment_id: paid.payment_id.clone() };
        let seen = operator.payments.clone().get_payment(request).await.unwrap().into_inner();
        assert_eq!(seen.payment.unwrap().refunded_amount, "300.00");
    }
    cluster.finish().await;
}
