//! Payrolls between processes: one company, persons at several operators, and kills on the way.

use clearing_api::v1;
use clearing_api::v1::payroll_service_client::PayrollServiceClient;
use clearing_domain::Reason;
use tonic::Status;
use tonic::transport::Channel;

use crate::support::{
    Operator, TestCluster, eventually, member, operators, refusal, request_id, unknown_wallet,
};

pub(crate) type Payrolls = PayrollServiceClient<Channel>;

pub(crate) fn at(cluster: &TestCluster, code: &str) -> Payrolls {
    PayrollServiceClient::new(cluster.channel(member(code)))
}

pub(crate) fn line(payee: &str, amount: &str) -> v1::NewPayrollLine {
    v1::NewPayrollLine {
        payee_wallet: payee.to_owned(),
        amount: amount.to_owned(),
        reference: "staff 7".to_owned(),
    }
}

pub(crate) fn payroll(payer: &str, lines: Vec<v1::NewPayrollLine>) -> v1::PreparePayrollRequest {
    v1::PreparePayrollRequest {
        request_id: request_id(),
        payer_wallet: payer.to_owned(),
        title: "May".to_owned(),
        lines,
    }
}

pub(crate) async fn prepare(
    payrolls: &Payrolls,
    request: v1::PreparePayrollRequest,
) -> Result<v1::PreparePayrollResponse, Status> {
    payrolls.clone().prepare_payroll(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn confirm(
    payrolls: &Payrolls,
    payroll_id: &str,
    total: &str,
) -> Result<v1::Payroll, Status> {
    let (payroll_id, total) = (payroll_id.to_owned(), total.to_owned());
    let request = v1::ConfirmPayrollRequest { payroll_id, total };
    Ok(payrolls.clone().confirm_payroll(request).await?.into_inner().payroll.unwrap())
}

async fn read(payrolls: &Payrolls, payroll_id: &str) -> v1::Payroll {
    let request = v1::GetPayrollRequest { payroll_id: payroll_id.to_owned() };
    payrolls.clone().get_payroll(request).await.unwrap().into_inner().payroll.unwrap()
}

/// Waits until no payment of a payroll is under way.
async fn settled(payrolls: &Payrolls, payroll_id: &str) -> v1::Payroll {
    eventually("every line has its outcome", async || {
        let request = v1::GetPayrollRequest { payroll_id: payroll_id.to_owned() };
        let found = payrolls.clone().get_payroll(request).await.ok()?.into_inner().payroll?;
        (found.in_transit_count == 0).then_some(found)
    })
    .await
}

async fn lines(
    payrolls: &Payrolls,
    payroll_id: &str,
    state: v1::payroll_line::State,
) -> Vec<v1::PayrollLine> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListPayrollLinesRequest {
            payroll_id: payroll_id.to_owned(),
            state: state.into(),
            page_size: 2,
            page_token,
        };
        let page = payrolls.clone().list_payroll_lines(request).await.unwrap().into_inner();
        all.extend(page.lines);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

/// A company with money.
async fn company(operator: &Operator, amount: &str) -> String {
    let wallet = operator.open_kind(v1::WalletKind::Corporate).await;
    operator.exchange_out(&wallet, amount).await.unwrap();
    wallet
}

#[tokio::test]
async fn a_payroll_with_a_bad_line_is_prepared_confirmed_and_read() {
    use v1::payroll_line::State;
    let cluster = TestCluster::start(operators(2)).await;
    let [icbc, abc] = ["ICBC", "ABC"].map(|code| cluster.operator(code));
    let payrolls = at(&cluster, "ICBC");
    let payer = company(&icbc, "1000").await;
    let (here, there) = (icbc.open("").await, abc.open("").await);
    let wrong = "0021000000000014";
    let request = payroll(
        &payer,
        vec![
            line(&here, "100.50"),
            line(wrong, "1"),
            line(&there, "200"),
            line(&unknown_wallet(3), "50"),
            line(&there, "1.005"),
        ],
    );
    let prepared = prepare(&payrolls, request.clone()).await.unwrap();
    let bad: Vec<_> = prepared.bad_lines.iter().map(|line| (line.line, line.reason())).collect();
    let reasons = [(2, v1::ErrorReason::WalletNumberCheckDigit), (5, v1::ErrorReason::AmountScale)];
    assert_eq!(bad, reasons);
    let payroll = prepared.payroll.clone().unwrap();
    assert_eq!((payroll.total.as_str(), payroll.line_count), ("350.50", 5));
    assert_eq!(prepare(&payrolls, request.clone()).await.unwrap(), prepared);
    let other = v1::PreparePayrollRequest { title: "June".to_owned(), ..request };
    assert_eq!(refusal(prepare(&payrolls, other).await).reason, Reason::RequestIdReused);
    let id = payroll.payroll_id.as_str();
    let wrong_total = confirm(&payrolls, id, "350.49").await;
    assert_eq!(refusal(wrong_total).reason, Reason::PayrollTotal);
    assert_eq!(icbc.balance(&payer).await, "1000.00");
    confirm(&payrolls, id, "350.50").await.unwrap();
    let paid = settled(&payrolls, id).await;
    assert_eq!(paid.state(), v1::payroll::State::Confirmed);
    assert_eq!((paid.completed_count, paid.completed_amount.as_str()), (2, "300.50"));
    assert_eq!((paid.refused_count, paid.refused_amount.as_str()), (1, "50.00"));
    assert_eq!(confirm(&payrolls, id, "350.50").await.unwrap(), paid);
    assert_eq!(icbc.balance(&payer).await, "699.50");
    assert_eq!(
        (icbc.balance(&here).await, abc.balance(&there).await),
        ("100.50".into(), "200.00".into())
    );
    let numbers =
        |found: Vec<v1::PayrollLine>| found.iter().map(|line| line.line).collect::<Vec<_>>();
    assert_eq!(numbers(lines(&payrolls, id, State::Unspecified).await), [1, 2, 3, 4, 5]);
    assert_eq!(numbers(lines(&payrolls, id, State::Completed).await), [1, 3]);
    let refused = lines(&payrolls, id, State::Refused).await;
    assert_eq!((refused.len(), refused[0].reason()), (1, v1::ErrorReason::PayeeUnknown));
    let listed = v1::ListPayrollsRequest { payer_wallet: payer, ..Default::default() };
    let listed = payrolls.clone().list_payrolls(listed).await.unwrap().into_inner();
    assert_eq!(listed.payrolls, [paid]);
    cluster.finish().await;
}

#[tokio::test]
async fn a_payroll_is_paid_once_whoever_is_killed_meanwhile() {
    let mut cluster = TestCluster::start(operators(3)).await;
    let [icbc, abc, boc] = ["ICBC", "ABC", "BOC"].map(|code| cluster.operator(code));
    let payer = company(&icbc, "100000").await;
    let payees = [icbc.open("").await, abc.open("").await, boc.open("").await];
    let prepared = {
        let payrolls = at(&cluster, "ICBC");
        let lines = (0..3_000).map(|number| line(&payees[number % 3], "10.01")).collect();
        prepare(&payrolls, payroll(&payer, lines)).await.unwrap().payroll.unwrap()
    };
    assert_eq!(prepared.total, "30030.00");
    let id = prepared.payroll_id;
    // Each process dies at another moment of it, the payer's operator while it confirms.
    let confirming = {
        let (payrolls, id) = (at(&cluster, "ICBC"), id.clone());
        tokio::spawn(async move { confirm(&payrolls, &id, "30030.00").await.is_ok() })
    };
    for killed in ["ICBC", "central-bank", "ABC", "ICBC"] {
        cluster.crash(member(killed)).await;
    }
    confirming.await.unwrap();
    let payrolls = at(&cluster, "ICBC");
    eventually("the payroll is confirmed", async || confirm(&payrolls, &id, "30030.00").await.ok())
        .await;
    let paid = settled(&payrolls, &id).await;
    assert_eq!((paid.completed_count + paid.refused_count, paid.line_count), (3_000, 3_000));
    let [icbc, abc, boc] = ["ICBC", "ABC", "BOC"].map(|code| cluster.operator(code));
    let received = [icbc.balance(&payees[0]), abc.balance(&payees[1]), boc.balance(&payees[2])];
    let mut sum = 0;
    for balance in received {
        sum += balance.await.replace('.', "").parse::<i64>().unwrap();
    }
    let completed: i64 = paid.completed_amount.replace('.', "").parse().unwrap();
    assert_eq!(sum, completed);
    let left: i64 = icbc.balance(&payer).await.replace('.', "").parse().unwrap();
    assert_eq!(left + completed, 10_000_000);
    // A payment that was away from the central bank for longer than its time came back.
    assert_eq!(read(&payrolls, &id).await.completed_count, paid.completed_count);
    cluster.finish().await;
}
