//! Loans between three operators: the lender's, the borrower's and the seller's.

use clearing_api::v1;
use clearing_api::v1::loan_service_client::LoanServiceClient;
use clearing_api::v1::loan_terms::Repayment;
use clearing_domain::Reason;
use tonic::Status;
use tonic::transport::Channel;

use crate::support::{TestCluster, config, eventually, member, operators, refusal, request_id};

pub(crate) type Loans = LoanServiceClient<Channel>;

pub(crate) fn at(cluster: &TestCluster, code: &str) -> Loans {
    Loans::new(cluster.channel(member(code)))
}

/// 90 yuan and 3 of interest in instalments, the first of which is due today.
pub(crate) fn terms([lender, borrower, payee]: [&str; 3], instalment_count: u32) -> v1::LoanTerms {
    v1::LoanTerms {
        lender_wallet: lender.to_owned(),
        borrower_wallet: borrower.to_owned(),
        payee_wallet: payee.to_owned(),
        principal: "90".to_owned(),
        repayment: Repayment::Flat.into(),
        rate_bp: 0,
        total_interest: "3".to_owned(),
        instalment_count,
        first_due_date: clearing_node::clock::now().date().to_string(),
        period_months: 1,
        purpose: v1::Purpose::Instalment.into(),
    }
}

/// A lender with money.
pub(crate) async fn lender(cluster: &TestCluster, code: &str, amount: &str) -> String {
    let operator = cluster.operator(code);
    let wallet = operator.open_kind(v1::WalletKind::Corporate).await;
    operator.exchange_out(&wallet, amount).await.unwrap();
    wallet
}

pub(crate) async fn agree(
    loans: &Loans,
    request_id: &str,
    terms: v1::LoanTerms,
) -> Result<v1::Loan, Status> {
    let request = v1::AgreeLoanRequest { request_id: request_id.to_owned(), terms: Some(terms) };
    Ok(loans.clone().agree_loan(request).await?.into_inner().loan.unwrap())
}

pub(crate) async fn grant(loans: &Loans, loan: &v1::Loan) -> Result<v1::Mandate, Status> {
    let terms = loan.terms.clone().unwrap();
    let request = v1::GrantMandateRequest {
        loan_id: loan.loan_id.clone(),
        lender_wallet: terms.lender_wallet,
        borrower_wallet: terms.borrower_wallet,
        terms_hash: loan.terms_hash.clone(),
    };
    Ok(loans.clone().grant_mandate(request).await?.into_inner().mandate.unwrap())
}

pub(crate) async fn disburse(loans: &Loans, loan_id: &str) -> Result<v1::Loan, Status> {
    let request = v1::DisburseLoanRequest { loan_id: loan_id.to_owned() };
    Ok(loans.clone().disburse_loan(request).await?.into_inner().loan.unwrap())
}

pub(crate) async fn get(loans: &Loans, loan_id: &str) -> Option<v1::Loan> {
    let request = v1::GetLoanRequest { loan_id: loan_id.to_owned() };
    loans.clone().get_loan(request).await.ok()?.into_inner().loan
}

async fn mandate(loans: &Loans, loan_id: &str) -> Option<v1::Mandate> {
    let request = v1::GetMandateRequest { loan_id: loan_id.to_owned() };
    loans.clone().get_mandate(request).await.ok()?.into_inner().mandate
}

async fn repay(loans: &Loans, id: &str, loan_id: &str, principal: &str) -> Result<String, Status> {
    let request = v1::RepayLoanRequest {
        request_id: id.to_owned(),
        loan_id: loan_id.to_owned(),
        principal: principal.to_owned(),
    };
    Ok(loans.clone().repay_loan(request).await?.into_inner().payment_id)
}

/// Waits until a loan stands so.
pub(crate) async fn until(loans: &Loans, loan_id: &str, state: v1::loan::State, owed: &str) {
    eventually("the loan is so far", async || {
        let found = get(loans, loan_id).await?;
        (found.state() == state && found.outstanding_principal == owed).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_lender_pays_the_seller_and_is_paid_back_from_a_wallet_elsewhere() {
    let cluster = TestCluster::start(operators(3)).await;
    let [icbc, abc] = ["ICBC", "ABC"].map(|code| at(&cluster, code));
    let lender = lender(&cluster, "ICBC", "100").await;
    let borrower = cluster.operator("ABC").open("200").await;
    let seller = cluster.operator("BOC").open_kind(v1::WalletKind::Merchant).await;
    let terms = terms([&lender, &borrower, &seller], 3);
    let name = request_id();
    let loan = agree(&icbc, &name, terms.clone()).await.unwrap();
    assert_eq!(agree(&icbc, &name, terms.clone()).await.unwrap(), loan, "a repeat");
    let other = v1::LoanTerms { instalment_count: 2, ..terms };
    let reused = refusal(agree(&icbc, &name, other).await);
    assert_eq!(reused.reason, Reason::RequestIdReused);
    let id = &loan.loan_id;
    // Nothing is paid before the borrower agrees, and to what is agreed on alone.
    let early = refusal(disburse(&icbc, id).await);
    early.is(Reason::MandateMissing, "loan_id", id);
    let another = v1::Loan { terms_hash: "00".repeat(32), ..loan.clone() };
    assert_eq!(refusal(grant(&abc, &another).await).reason, Reason::LoanTerms);
    let granted = grant(&abc, &loan).await.unwrap();
    assert_eq!(granted.state(), v1::mandate::State::Granted);
    assert_eq!(grant(&abc, &loan).await.unwrap(), granted, "a repeat");
    let disbursed = disburse(&icbc, id).await.unwrap();
    let again = disburse(&icbc, id).await.unwrap();
    assert_eq!(again.disbursement_id, disbursed.disbursement_id, "a repeat");
    // The first instalment is due today, and is collected as soon as the news is there.
    until(&icbc, id, v1::loan::State::Disbursed, "60.00").await;
    assert_eq!(cluster.operator("BOC").balance(&seller).await, "90.00");
    assert_eq!(cluster.operator("ICBC").balance(&lender).await, "41.00");
    let paid = get(&icbc, id).await.unwrap();
    assert!(paid.announced && paid.payments.len() == 1 && paid.instalments.len() == 2, "{paid:?}");
    eventually("the mandate knows", async || {
        (mandate(&abc, id).await?.outstanding_principal == "60.00").then_some(())
    })
    .await;
    let first = repay(&abc, "part", id, "20").await.unwrap();
    assert_eq!(repay(&abc, "part", id, "20").await.unwrap(), first, "a repeat");
    until(&icbc, id, v1::loan::State::Disbursed, "40.00").await;
    eventually("nothing is on its way", async || {
        mandate(&abc, id).await.filter(|found| found.in_flight_payment_id.is_empty())
    })
    .await;
    let too_much = refusal(repay(&abc, "more", id, "41").await);
    too_much.is(Reason::LoanTerms, "principal", "41.00 yuan");
    repay(&abc, "rest", id, "").await.unwrap();
    until(&icbc, id, v1::loan::State::Repaid, "0.00").await;
    assert_eq!(cluster.operator("ABC").balance(&borrower).await, "109.00");
    // What a loan was paid out with stays where it is.
    let refund = v1::RefundPaymentRequest {
        request_id: request_id(),
        payment_id: disbursed.disbursement_id,
        ..Default::default()
    };
    let boc = cluster.operator("BOC");
    assert_eq!(boc.payment(&refund.payment_id).await.unwrap().loan_id, *id);
    let refused = refusal(boc.payments.clone().refund_payment(refund).await);
    assert_eq!(refused.reason, Reason::NotRefundable);
    cluster.finish().await;
}

#[tokio::test]
async fn an_operator_that_is_away_delays_a_loan_and_loses_nothing_of_it() {
    // A payment must outlive the restarts of several processes.
    let lines = "operator_count = 3\nexpiry_seconds = 600";
    let mut cluster = TestCluster::start(config(lines)).await;
    let lender = lender(&cluster, "ICBC", "100").await;
    let borrower = cluster.operator("ABC").open("200").await;
    let seller = cluster.operator("BOC").open_kind(v1::WalletKind::Merchant).await;
    let icbc = at(&cluster, "ICBC");
    let loan = agree(&icbc, "home", terms([&lender, &borrower, &seller], 1)).await.unwrap();
    grant(&at(&cluster, "ABC"), &loan).await.unwrap();
    let id = &loan.loan_id;
    cluster.processes().kill(member("ABC")).await.unwrap();
    let away = refusal(disburse(&icbc, id).await);
    assert_eq!(away.reason, Reason::Unavailable);
    assert_eq!(get(&icbc, id).await.unwrap().state(), v1::loan::State::Agreed);
    cluster.processes().restart(member("ABC")).await.unwrap();
    // The operator of the seller is away: the payment waits for it, and the borrower owes nothing yet.
    cluster.processes().kill(member("BOC")).await.unwrap();
    eventually("the mandate is found", async || disburse(&icbc, id).await.ok()).await;
    cluster.processes().kill(member("ICBC")).await.unwrap();
    cluster.processes().restart(member("ICBC")).await.unwrap();
    let icbc = at(&cluster, "ICBC");
    assert_eq!(get(&icbc, id).await.unwrap().state(), v1::loan::State::Disbursing);
    let abc = at(&cluster, "ABC");
    assert_eq!(mandate(&abc, id).await.unwrap().state(), v1::mandate::State::Granted);
    cluster.processes().kill(member("ABC")).await.unwrap();
    cluster.processes().restart(member("BOC")).await.unwrap();
    until(&icbc, id, v1::loan::State::Disbursed, "90.00").await;
    assert_eq!(cluster.operator("BOC").balance(&seller).await, "90.00");
    // The operator of the borrower comes back, hears of it, and pays by itself.
    cluster.processes().restart(member("ABC")).await.unwrap();
    until(&icbc, id, v1::loan::State::Repaid, "0.00").await;
    assert_eq!(cluster.operator("ICBC").balance(&lender).await, "103.00");
    assert_eq!(cluster.operator("ABC").balance(&borrower).await, "107.00");
    cluster.finish().await;
}

#[tokio::test]
async fn a_mandate_that_is_taken_back_collects_nothing_and_is_paid_by_hand() {
    let cluster = TestCluster::start(operators(2)).await;
    let [icbc, abc] = ["ICBC", "ABC"].map(|code| at(&cluster, code));
    let lender = lender(&cluster, "ICBC", "100").await;
    let borrower = cluster.operator("ABC").open("").await;
    let loan = agree(&icbc, "small", terms([&lender, &borrower, &borrower], 1)).await.unwrap();
    let id = &loan.loan_id;
    grant(&abc, &loan).await.unwrap();
    disburse(&icbc, id).await.unwrap();
    // The borrower has what was lent and not the interest: the instalment is refused.
    eventually("the loan is paid out", async || {
        get(&icbc, id).await.filter(|found| found.announced)
    })
    .await;
    let revoke = v1::RevokeMandateRequest { loan_id: id.clone() };
    let revoked = abc.clone().revoke_mandate(revoke).await.unwrap().into_inner().mandate.unwrap();
    assert_eq!(revoked.state(), v1::mandate::State::Revoked);
    let pay = v1::PayInstalmentRequest { loan_id: id.clone(), instalment: 1 };
    let short = refusal(abc.clone().pay_instalment(pay.clone()).await);
    short.is(Reason::InsufficientFunds, "loan_id", id);
    cluster.operator("ABC").exchange_out(&borrower, "3").await.unwrap();
    let paid = abc.clone().pay_instalment(pay.clone()).await.unwrap().into_inner();
    until(&icbc, id, v1::loan::State::Repaid, "0.00").await;
    let again = abc.clone().pay_instalment(pay).await.unwrap().into_inner();
    assert_eq!(again.payment_id, paid.payment_id, "a repeat");
    let list = v1::ListLoansRequest { lender_wallet: lender.clone(), ..Default::default() };
    let listed = icbc.clone().list_loans(list).await.unwrap().into_inner().loans;
    assert_eq!((listed.len(), listed[0].state()), (1, v1::loan::State::Repaid));
    // The lender has the money before the borrower's operator hears of it.
    eventually("the borrower's operator knows", async || {
        let list =
            v1::ListMandatesRequest { borrower_wallet: borrower.clone(), ..Default::default() };
        let listed = abc.clone().list_mandates(list).await.unwrap().into_inner().mandates;
        assert_eq!(listed.len(), 1);
        (listed[0].state() == v1::mandate::State::Repaid).then_some(())
    })
    .await;
    assert_eq!(cluster.operator("ICBC").balance(&lender).await, "103.00");
    cluster.finish().await;
}
