//! The link itself, spoken by a client that plays an operator.

use clearing_api::status::reason_of;
use clearing_api::v1;
use clearing_api::v1::interbank_service_client::InterbankServiceClient;
use clearing_domain::Reason;
use clearing_lab::cluster::{Cluster, ClusterOptions, Member};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::support::{DEADLINE, PROGRAM, operators};

/// A central bank whose only operator is this test.
struct Bank {
    cluster: Cluster,
    _directory: TempDir,
}

/// One link to it. The sender stays open, so only the central bank can end it.
struct Link {
    requests: mpsc::Sender<v1::ExchangeRequest>,
    responses: Streaming<v1::ExchangeResponse>,
}

impl Bank {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = ClusterOptions::new(PROGRAM.into(), directory.path().to_owned(), operators(1));
        Self { cluster: Cluster::start_central_bank(options).await.unwrap(), _directory: directory }
    }

    async fn link(&self, first: v1::ExchangeRequest) -> Link {
        let address = self.cluster.address(Member::CentralBank).unwrap();
        let mut client = InterbankServiceClient::connect(format!("http://{address}")).await.unwrap();
        let (requests, stream) = mpsc::channel(8);
        let responses = client.exchange(ReceiverStream::new(stream)).await.unwrap().into_inner();
        requests.send(first).await.unwrap();
        Link { requests, responses }
    }
}

impl Link {
    /// The next message; `None` at the end.
    async fn hear(&mut self) -> Result<Option<v1::ExchangeResponse>, Status> {
        timeout(DEADLINE, self.responses.message()).await.expect("the central bank says something or ends the link")
    }

    /// Hears everything until the central bank ends the link.
    async fn end(mut self) -> Result<(), Status> {
        while self.hear().await?.is_some() {}
        Ok(())
    }
}

fn registration(incarnation: u64) -> v1::ExchangeRequest {
    let registration = v1::Registration { operator_code: "ICBC".to_owned(), ..Default::default() };
    v1::ExchangeRequest { incarnation, sequence: 1, registration: Some(registration), ..Default::default() }
}

#[tokio::test]
async fn a_gap_in_the_messages_ends_the_link() {
    let bank = Bank::start().await;
    let mut link = bank.link(registration(1)).await;
    assert_eq!(link.hear().await.unwrap().unwrap().roster.len(), 1);
    let gap = v1::ExchangeRequest { incarnation: 1, sequence: 3, ..Default::default() };
    link.requests.send(gap).await.unwrap();
    link.end().await.unwrap();
}

#[tokio::test]
async fn a_new_registration_ends_the_link_before_it() {
    let bank = Bank::start().await;
    let mut first = bank.link(registration(1)).await;
    first.hear().await.unwrap().unwrap();
    let mut second = bank.link(registration(2)).await;
    second.hear().await.unwrap().unwrap();
    first.end().await.unwrap();
    let refused = bank.link(registration(2)).await.end().await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(Reason::NotAllowed));
}

#[tokio::test]
async fn a_message_that_cannot_be_read_ends_the_link_with_its_reason() {
    let bank = Bank::start().await;
    let unregistered = bank.link(v1::ExchangeRequest::default()).await.end().await.unwrap_err();
    assert_eq!(reason_of(&unregistered), Some(Reason::FieldInvalid));
    let mut link = bank.link(registration(1)).await;
    link.hear().await.unwrap().unwrap();
    let decisions = v1::Decisions { payment_ids: vec![0; 15], ..Default::default() };
    let message = v1::ExchangeRequest { incarnation: 1, sequence: 2, decisions: Some(decisions), ..Default::default() };
    link.requests.send(message).await.unwrap();
    let refused = link.end().await.unwrap_err();
    assert!(refused.message().contains("15 bytes of identities"), "{refused:?}");
}

#[tokio::test]
async fn a_central_bank_that_stops_ends_its_links() {
    let bank = Bank::start().await;
    let mut link = bank.link(registration(1)).await;
    link.hear().await.unwrap().unwrap();
    let log = bank.cluster.folder().log(Member::CentralBank);
    bank.cluster.stop().await.unwrap();
    link.end().await.ok();
    let log = std::fs::read_to_string(log).unwrap();
    assert!(!log.contains("some calls did not finish in time"), "{log}");
}
