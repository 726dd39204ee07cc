//! Prepaid contracts of payers at one operator with merchants of another: who asks, who disputes, who
//! is killed meanwhile, and who is suspended.

use clearing_api::status::reason_of;
use clearing_api::v1;
use clearing_api::v1::contract::State;
use clearing_api::v1::contract_service_client::ContractServiceClient;
use clearing_api::v1::contract_terms::Release;
use clearing_api::v1::operator_totals::Outcome;
use clearing_domain::Reason;
use clearing_domain::operator::code_of_lesson;
use tonic::Status;
use tonic::transport::Channel;

use crate::codes::with_a_played_operator;
use crate::contracts::{contract, get, is_released, refund, release, terms};
use crate::relay;
use crate::support::{TestCluster, eventually, member, operators, refusal};

type Contracts = ContractServiceClient<Channel>;

/// What the codes of lessons are made of.
const SEED: [u8; 32] = [9; 32];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn service(cluster: &TestCluster, code: &str) -> Contracts {
    Contracts::new(cluster.channel(member(code)))
}

/// What a school asks for.
fn asks(school: &str, payer: &str, id: &str, lesson: u32) -> v1::RequestLessonRequest {
    v1::RequestLessonRequest {
        merchant_wallet: school.to_owned(),
        payer_wallet: payer.to_owned(),
        contract_id: id.to_owned(),
        lesson,
        code: String::new(),
    }
}

async fn ask(
    contracts: &Contracts,
    request: v1::RequestLessonRequest,
) -> Result<v1::Contract, Status> {
    let asked = contracts.clone().request_lesson(request).await?;
    Ok(asked.into_inner().contract.unwrap())
}

async fn dispute(contracts: &Contracts, id: &str, lesson: u32) -> Result<v1::Contract, Status> {
    let request = v1::DisputeLessonRequest { contract_id: id.to_owned(), lesson };
    Ok(contracts.clone().dispute_lesson(request).await?.into_inner().contract.unwrap())
}

/// A payer of ICBC and a school of ABC.
async fn parties(cluster: &TestCluster) -> (String, String) {
    let payer = cluster.operator("ICBC").open("30").await;
    (payer, cluster.operator("ABC").open_kind(v1::WalletKind::Merchant).await)
}

/// Terms by which the school asks, and the payer may dispute for so long.
fn by_merchant(payer: &str, school: &str, dispute_window_ms: u64) -> v1::ContractTerms {
    let release = Release::ByMerchant.into();
    v1::ContractTerms { release, dispute_window_ms, ..terms(payer, school) }
}

#[tokio::test]
async fn a_school_elsewhere_is_paid_when_the_payer_disputes_nothing() {
    let cluster = TestCluster::start(operators(3)).await;
    let (icbc, abc) = (service(&cluster, "ICBC"), service(&cluster, "ABC"));
    let (payer, school) = parties(&cluster).await;
    let at_once = contract(&mut icbc.clone(), by_merchant(&payer, &school, 1)).await;
    ask(&abc, asks(&school, &payer, &at_once, 1)).await.unwrap();
    is_released(&mut icbc.clone(), &at_once, "3.33").await;
    let again = ask(&abc, asks(&school, &payer, &at_once, 1)).await.unwrap();
    assert_eq!(again.released_amount, "3.33", "a repeat");
    // What is disputed the payer alone releases.
    let id = contract(&mut icbc.clone(), by_merchant(&payer, &school, 86_400_000)).await;
    let asked = ask(&abc, asks(&school, &payer, &id, 2)).await.unwrap();
    assert_eq!(asked.lessons[1].state(), v1::lesson::State::Requested);
    assert_eq!(ask(&abc, asks(&school, &payer, &id, 2)).await.unwrap(), asked, "a repeat");
    dispute(&icbc, &id, 2).await.unwrap();
    let refused = refusal(ask(&abc, asks(&school, &payer, &id, 2)).await);
    refused.is(Reason::LessonTaken, "lesson", "2");
    refusal(dispute(&icbc, &id, 1).await).is(Reason::LessonTaken, "lesson", "1");
    release(&mut icbc.clone(), &id, 2).await;
    is_released(&mut icbc.clone(), &id, "3.33").await;
    assert_eq!(cluster.operator("ABC").balance(&school).await, "6.66");
    let wallet = cluster.operator("ICBC").wallet(&payer).await;
    assert_eq!((wallet.balance.as_str(), wallet.locked.as_str()), ("23.34", "13.34"));
    cluster.finish().await;
}

#[tokio::test]
async fn a_lesson_that_many_ask_for_at_once_is_paid_once() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let (payer, school) = parties(&cluster).await;
    let by_code = v1::ContractTerms {
        release: Release::ByCode.into(),
        codes_hash: hex(&code_of_lesson(SEED, 3, 0)),
        ..terms(&payer, &school)
    };
    let id = contract(&mut service(&cluster, "ICBC"), by_code).await;
    let abc = service(&cluster, "ABC");
    let with_code = |lesson, code: u32| v1::RequestLessonRequest {
        code: hex(&code_of_lesson(SEED, 3, code)),
        ..asks(&school, &payer, &id, lesson)
    };
    let wrong = refusal(ask(&abc, with_code(2, 1)).await);
    assert_eq!((wrong.reason, wrong.field.as_str()), (Reason::LessonCodeWrong, "code"));
    let none = refusal(ask(&abc, asks(&school, &payer, &id, 1)).await);
    assert_eq!(none.reason, Reason::ContractTerms);
    let another = v1::RequestLessonRequest { payer_wallet: school.clone(), ..with_code(1, 1) };
    assert_eq!(refusal(ask(&abc, another).await).reason, Reason::ContractUnknown);
    let mut all = tokio::task::JoinSet::new();
    for place in 0..12 {
        let (icbc, abc) = (service(&cluster, "ICBC"), abc.clone());
        let (id, request) = (id.clone(), with_code(1, 1));
        all.spawn(async move {
            match place % 3 {
                0 => release(&mut icbc.clone(), &id, 1).await,
                _ => ask(&abc, request).await.unwrap(),
            }
        });
    }
    let paid: std::collections::BTreeSet<_> =
        all.join_all().await.into_iter().map(|found| found.lessons[0].payment_id.clone()).collect();
    assert_eq!(paid.len(), 1, "{paid:?}");
    is_released(&mut service(&cluster, "ICBC"), &id, "3.33").await;
    // The operator of the payer is killed: the school asks again when it is back.
    cluster.processes().kill(member("ICBC")).await.unwrap();
    let away = refusal(ask(&abc, with_code(2, 2)).await);
    assert_eq!(away.reason, Reason::Unavailable);
    cluster.processes().restart(member("ICBC")).await.unwrap();
    eventually("the lesson is asked for", async || ask(&abc, with_code(2, 2)).await.ok()).await;
    is_released(&mut service(&cluster, "ICBC"), &id, "6.66").await;
    assert_eq!(cluster.operator("ABC").balance(&school).await, "6.66");
    cluster.finish().await;
}

#[tokio::test]
async fn a_lesson_that_the_payer_may_not_pay_leaves_nothing_however_often_it_is_asked_for() {
    let cluster = TestCluster::start(operators(2)).await;
    let (payer, school) = parties(&cluster).await;
    let by_code = v1::ContractTerms {
        release: Release::ByCode.into(),
        codes_hash: hex(&code_of_lesson(SEED, 3, 0)),
        ..terms(&payer, &school)
    };
    let (mut icbc, abc) = (service(&cluster, "ICBC"), service(&cluster, "ABC"));
    let id = contract(&mut icbc, by_code).await;
    let before = get(&mut icbc, &id).await;
    let operator = cluster.operator("ICBC");
    operator.freeze(&payer, false).await.unwrap();
    let code = hex(&code_of_lesson(SEED, 3, 1));
    let request = v1::RequestLessonRequest { code, ..asks(&school, &payer, &id, 1) };
    let by_payer = v1::ReleaseLessonRequest { contract_id: id.clone(), lesson: 1 };
    for _ in 0..17 {
        let refused = refusal(ask(&abc, request.clone()).await);
        refused.is(Reason::WalletFrozen, "lesson", "1");
        let refused = refusal(icbc.clone().release_lesson(by_payer.clone()).await);
        refused.is(Reason::WalletFrozen, "lesson", "1");
    }
    assert_eq!(get(&mut icbc, &id).await, before);
    let all = v1::ListPaymentsRequest { payer_wallet: payer.clone(), ..Default::default() };
    let listed = operator.payments.clone().list_payments(all).await.unwrap().into_inner();
    assert!(listed.payments.is_empty(), "{listed:?}");
    let thaw = v1::UnfreezeWalletRequest { wallet_number: payer.clone() };
    operator.wallets.clone().unfreeze_wallet(thaw).await.unwrap();
    ask(&abc, request).await.unwrap();
    is_released(&mut icbc, &id, "3.33").await;
    cluster.finish().await;
}

#[tokio::test]
async fn a_refund_leaves_the_lesson_whose_payment_is_under_way_to_the_school() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let (payer, school) = parties(&cluster).await;
    let mut icbc = service(&cluster, "ICBC");
    let id = contract(&mut icbc, terms(&payer, &school)).await;
    cluster.processes().kill(member("ABC")).await.unwrap();
    let sent = release(&mut icbc, &id, 1).await;
    assert_eq!(sent.lessons[0].state(), v1::lesson::State::Releasing);
    let refunded = refund(&icbc, &id).await.unwrap();
    assert_eq!((refunded.state(), refunded.refunded_amount.as_str()), (State::Refunded, "6.67"));
    assert_eq!(refund(&icbc, &id).await.unwrap(), refunded, "a repeat");
    let wallet = cluster.operator("ICBC").wallet(&payer).await;
    assert_eq!((wallet.locked.as_str(), wallet.in_transit.as_str()), ("0.00", "3.33"));
    cluster.processes().kill(member("ICBC")).await.unwrap();
    cluster.processes().restart(member("ICBC")).await.unwrap();
    cluster.processes().restart(member("ABC")).await.unwrap();
    let mut icbc = service(&cluster, "ICBC");
    is_released(&mut icbc, &id, "3.33").await;
    let ended = get(&mut icbc, &id).await;
    assert_eq!((ended.state(), ended.refunded_amount.as_str()), (State::Refunded, "6.67"));
    assert_eq!(cluster.operator("ICBC").balance(&payer).await, "26.67");
    assert_eq!(cluster.operator("ABC").balance(&school).await, "3.33");
    cluster.finish().await;
}

async fn suspend(contracts: &Contracts, school: &str) -> Vec<v1::OperatorOutcome> {
    let request = v1::SuspendMerchantRequest { merchant_wallet: school.to_owned() };
    contracts.clone().suspend_merchant(request).await.unwrap().into_inner().operators
}

/// The codes of the operators that were asked, each with why it did not answer.
fn heard(operators: &[v1::OperatorOutcome]) -> Vec<(&str, Option<v1::ErrorReason>)> {
    let reason = |error: &v1::ItemError| error.reason();
    operators
        .iter()
        .map(|one| (one.operator_code.as_str(), one.error.as_ref().map(reason)))
        .collect()
}

async fn totals(contracts: &Contracts, school: &str) -> v1::GetMerchantTotalsResponse {
    let request = v1::GetMerchantTotalsRequest { merchant_wallet: school.to_owned() };
    contracts.clone().get_merchant_totals(request).await.unwrap().into_inner()
}

/// Contracts, and what is locked, released and refunded, as in "2: 6.67 3.33 10.00".
fn shown(totals: &v1::MerchantTotals) -> String {
    let v1::MerchantTotals { contract_count, locked_amount, released_amount, .. } = totals;
    format!("{contract_count}: {locked_amount} {released_amount} {}", totals.refunded_amount)
}

#[tokio::test]
async fn a_school_that_fails_between_two_lessons_leaves_every_payer_what_was_not_taught() {
    let mut cluster = TestCluster::start(operators(3)).await;
    let school = cluster.operator("ABC").open_kind(v1::WalletKind::Merchant).await;
    let mut all = Vec::new();
    for code in ["ICBC", "ABC", "BOC"] {
        let payer = cluster.operator(code).open("30").await;
        let once = v1::ContractTerms {
            refund: v1::contract_terms::Refund::BeforeFirstLesson.into(),
            ..terms(&payer, &school)
        };
        let id = contract(&mut service(&cluster, code), once).await;
        release(&mut service(&cluster, code), &id, 1).await;
        is_released(&mut service(&cluster, code), &id, "3.33").await;
        refusal(refund(&service(&cluster, code), &id).await).is(
            Reason::ContractTerms,
            "contract_id",
            &id,
        );
        all.push((code, payer, id));
    }
    let abc = service(&cluster, "ABC");
    assert_eq!(shown(totals(&abc, &school).await.totals.as_ref().unwrap()), "3: 20.01 9.99 0.00");
    // One operator is away: it is named, and asked again by a repeat.
    cluster.processes().kill(member("BOC")).await.unwrap();
    let away = Some(v1::ErrorReason::Unavailable);
    assert_eq!(heard(&suspend(&abc, &school).await), [("BOC", away), ("ICBC", None)]);
    let known = totals(&abc, &school).await;
    assert_eq!(shown(known.totals.as_ref().unwrap()), "2: 13.34 6.66 0.00");
    assert!(matches!(known.operators[1].outcome, Some(Outcome::Error(_))), "{known:?}");
    cluster.processes().restart(member("BOC")).await.unwrap();
    eventually("every operator knows it", async || {
        suspend(&abc, &school).await.iter().all(|one| one.error.is_none()).then_some(())
    })
    .await;
    for (code, payer, id) in &all {
        let mut contracts = service(&cluster, code);
        assert_eq!(get(&mut contracts, id).await.state(), State::Suspended);
        let request = v1::ReleaseLessonRequest { contract_id: id.clone(), lesson: 2 };
        let refused = refusal(contracts.release_lesson(request).await);
        refused.is(Reason::MerchantSuspended, "contract_id", id);
        assert_eq!(refund(&contracts, id).await.unwrap().state(), State::Refunded);
        let wallet = cluster.operator(code).wallet(payer).await;
        assert_eq!((wallet.balance.as_str(), wallet.locked.as_str()), ("26.67", "0.00"));
    }
    let sum = totals(&abc, &school).await;
    assert_eq!(shown(sum.totals.as_ref().unwrap()), "3: 0.00 9.99 20.01");
    assert_eq!(sum.operators.len(), 3);
    // At another operator it is what that has of its own payers.
    let own = totals(&service(&cluster, "BOC"), &school).await;
    assert_eq!(
        (shown(own.totals.as_ref().unwrap()).as_str(), own.operators.len()),
        ("1: 0.00 3.33 6.67", 1)
    );
    let request = v1::ResumeMerchantRequest { merchant_wallet: school.clone() };
    let resumed = abc.clone().resume_merchant(request).await.unwrap().into_inner().operators;
    assert_eq!(heard(&resumed), [("BOC", None), ("ICBC", None)]);
    let payer = &all[0].1;
    let again = contract(&mut service(&cluster, "ICBC"), terms(payer, &school)).await;
    release(&mut service(&cluster, "ICBC"), &again, 1).await;
    is_released(&mut service(&cluster, "ICBC"), &again, "3.33").await;
    cluster.finish().await;
}

#[tokio::test]
async fn an_operator_speaks_for_its_own_merchants_alone() {
    use v1::question::{Kind, SuspendMerchant};
    let (bank, _abc, icbc, _) = with_a_played_operator().await;
    let merchant_wallet = icbc.open_kind(v1::WalletKind::Merchant).await;
    let payer = icbc.open("10").await;
    let id = "01a20fd3-7319-7a30-8a6f-1fb47d0cac3b";
    for kind in [
        Kind::RequestLesson(asks(&merchant_wallet, &payer, id, 1)),
        Kind::SuspendMerchant(SuspendMerchant {
            merchant_wallet: merchant_wallet.clone(),
            suspended: true,
            sequence: 1,
        }),
        Kind::MerchantTotals(v1::GetMerchantTotalsRequest { merchant_wallet }),
    ] {
        let question = v1::Question { kind: Some(kind) };
        let refused = relay::ask(&bank, ("ABC", "ABC"), 2, question).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::NotAllowed), "{refused:?}");
    }
}
