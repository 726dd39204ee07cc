//! Prepaid contracts, across operators and across kills.

use clearing_api::v1;
use clearing_api::v1::contract::State;
use clearing_api::v1::contract_service_client::ContractServiceClient;
use clearing_api::v1::contract_terms::{Refund, Release};
use clearing_domain::Reason;
use tonic::Status;
use tonic::transport::Channel;

use crate::support::{TestCluster, eventually, member, operators, refusal, request_id};

type Contracts = ContractServiceClient<Channel>;

/// Ten yuan for three lessons, of which the payer releases each, until the far future.
pub(crate) fn terms(payer: &str, merchant: &str) -> v1::ContractTerms {
    v1::ContractTerms {
        payer_wallet: payer.to_owned(),
        merchant_wallet: merchant.to_owned(),
        total_amount: "10".to_owned(),
        lesson_count: 3,
        release: Release::ByPayer.into(),
        dispute_window_ms: 0,
        codes_hash: String::new(),
        refund: Refund::AtAnyTime.into(),
        expire_time: Some(prost_types::Timestamp { seconds: 4_000_000_000, nanos: 0 }),
    }
}

/// A contract that is funded.
pub(crate) async fn contract(contracts: &mut Contracts, terms: v1::ContractTerms) -> String {
    let request = v1::CreateContractRequest { request_id: request_id(), terms: Some(terms) };
    let again = contracts.create_contract(request.clone()).await.unwrap().into_inner();
    let created = contracts.create_contract(request).await.unwrap().into_inner();
    assert_eq!(created, again, "a repeat");
    let contract_id = created.contract.unwrap().contract_id;
    let fund = v1::FundContractRequest { contract_id: contract_id.clone() };
    let funded = contracts.fund_contract(fund).await.unwrap().into_inner().contract.unwrap();
    assert_eq!((funded.state(), funded.locked_amount.as_str()), (State::Funded, "10.00"));
    contract_id
}

pub(crate) async fn release(contracts: &mut Contracts, id: &str, lesson: u32) -> v1::Contract {
    let request = v1::ReleaseLessonRequest { contract_id: id.to_owned(), lesson };
    contracts.release_lesson(request).await.unwrap().into_inner().contract.unwrap()
}

pub(crate) async fn get(contracts: &mut Contracts, id: &str) -> v1::Contract {
    let request = v1::GetContractRequest { contract_id: id.to_owned() };
    contracts.get_contract(request).await.unwrap().into_inner().contract.unwrap()
}

pub(crate) async fn is_released(contracts: &mut Contracts, id: &str, amount: &str) {
    eventually("the lesson is paid", async || {
        (get(&mut contracts.clone(), id).await.released_amount == amount).then_some(())
    })
    .await;
}

pub(crate) async fn refund(contracts: &Contracts, id: &str) -> Result<v1::Contract, Status> {
    let request = v1::RefundContractRequest { contract_id: id.to_owned() };
    Ok(contracts.clone().refund_contract(request).await?.into_inner().contract.unwrap())
}

#[tokio::test]
async fn lessons_are_paid_once_whoever_is_killed_and_the_rest_goes_back() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, school) = (icbc.open("30").await, abc.open_kind(v1::WalletKind::Merchant).await);
    let mut contracts = Contracts::new(cluster.channel(member("ICBC")));
    let id = contract(&mut contracts, terms(&payer, &school)).await;
    release(&mut contracts, &id, 1).await;
    is_released(&mut contracts, &id, "3.33").await;
    // The operator of the merchant dies during a release, then that of the payer.
    cluster.processes().kill(member("ABC")).await.unwrap();
    let sent = release(&mut contracts, &id, 2).await;
    assert_eq!(sent.lessons[1].state(), v1::lesson::State::Releasing);
    cluster.processes().kill(member("ICBC")).await.unwrap();
    cluster.processes().restart(member("ICBC")).await.unwrap();
    let mut contracts = Contracts::new(cluster.channel(member("ICBC")));
    let again = release(&mut contracts, &id, 2).await;
    assert_eq!(again.lessons[1].payment_id, sent.lessons[1].payment_id, "a repeat");
    cluster.processes().restart(member("ABC")).await.unwrap();
    is_released(&mut contracts, &id, "6.66").await;
    suspend_and_refund(&mut contracts, &id, &school).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    assert_eq!(
        (icbc.balance(&payer).await.as_str(), abc.balance(&school).await.as_str()),
        ("23.34", "6.66")
    );
    cluster.finish().await;
}

/// The merchant fails after two lessons: the third is the payer's.
async fn suspend_and_refund(contracts: &mut Contracts, id: &str, school: &str) {
    let suspend = v1::SuspendMerchantRequest { merchant_wallet: school.to_owned() };
    contracts.suspend_merchant(suspend).await.unwrap();
    let request = v1::ReleaseLessonRequest { contract_id: id.to_owned(), lesson: 3 };
    let refused = refusal(contracts.release_lesson(request).await);
    assert_eq!(
        (refused.reason, refused.field.as_str()),
        (Reason::MerchantSuspended, "contract_id")
    );
    let totals = v1::ListMerchantTotalsRequest::default();
    let totals = contracts.list_merchant_totals(totals).await.unwrap().into_inner().totals;
    assert_eq!(totals.len(), 1);
    assert_eq!(
        (totals[0].locked_amount.as_str(), totals[0].released_amount.as_str(), totals[0].suspended),
        ("3.34", "6.66", true)
    );
    assert_eq!(refund(contracts, id).await.unwrap().state(), State::Refunded);
    let listed = contracts.list_contracts(v1::ListContractsRequest::default()).await.unwrap();
    assert_eq!(listed.into_inner().contracts.len(), 1);
}
