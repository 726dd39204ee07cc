//! The link itself, spoken by a client that plays an operator.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use clearing_api::status::reason_of;
use clearing_api::v1;
use clearing_api::v1::interbank_service_client::InterbankServiceClient;
use clearing_api::v1::node_service_client::NodeServiceClient;
use clearing_cluster::cluster::{Cluster, ClusterOptions, Member};
use clearing_config::ClusterConfig;
use clearing_domain::Reason;
use clearing_domain::money::{Amount, Position, Prefix, WalletKind, WalletNumber};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status, Streaming};

use crate::support::{DEADLINE, PROGRAM, Running, config, eventually, operators};

/// A central bank whose only operator is this test.
pub(crate) struct Bank {
    pub(crate) cluster: Cluster,
    _directory: TempDir,
}

/// One link to it. The sender stays open, so only the central bank can end it.
pub(crate) struct Link {
    pub(crate) requests: mpsc::Sender<v1::ExchangeRequest>,
    responses: Streaming<v1::ExchangeResponse>,
}

impl Bank {
    async fn start() -> Self {
        Self::start_with(operators(1)).await
    }

    pub(crate) async fn start_with(config: ClusterConfig) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = ClusterOptions::new(PROGRAM.into(), directory.path().to_owned(), config);
        Self { cluster: Cluster::start_central_bank(options).await.unwrap(), _directory: directory }
    }

    async fn link(&self, first: v1::ExchangeRequest) -> Link {
        let link = self.link_as(&self.secret("ICBC")).await.unwrap();
        link.requests.send(first).await.unwrap();
        link
    }

    /// Opens a link with what is said to be the secret of an operator.
    pub(crate) async fn link_as(&self, secret: &str) -> Result<Link, Status> {
        self.link_named(None, secret).await
    }

    /// Opens a link that names its operator before its first message, as operators do.
    async fn link_named(&self, code: Option<&str>, secret: &str) -> Result<Link, Status> {
        let mut client = InterbankServiceClient::connect(self.url()).await.unwrap();
        let (requests, stream) = mpsc::channel(8);
        let mut request = Request::new(ReceiverStream::new(stream));
        if !secret.is_empty() {
            request
                .metadata_mut()
                .insert("authorization", format!("Bearer {secret}").parse().unwrap());
        }
        if let Some(code) = code {
            request.metadata_mut().insert("clearing-operator", code.parse().unwrap());
        }
        let responses = client.exchange(request).await?.into_inner();
        Ok(Link { requests, responses })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.cluster.address(Member::CentralBank).unwrap())
    }

    fn secret_file(&self, code: &str) -> PathBuf {
        self.cluster.folder().of(Member::CentralBank).join("secrets").join(code)
    }

    pub(crate) fn secret(&self, code: &str) -> String {
        std::fs::read_to_string(self.secret_file(code)).unwrap().trim().to_owned()
    }

    /// What the central bank has refused so far.
    /// Refusals are counted when they are told, which may be after the answer has left.
    pub(crate) async fn until_counted<T: PartialEq>(
        &self,
        expected: T,
        of: impl Fn(&v1::Refusals) -> T,
    ) {
        let counted = async || (of(&self.refusals().await) == expected).then_some(());
        eventually("all that was refused is counted, and no more", counted).await;
    }

    async fn refusals(&self) -> v1::Refusals {
        let mut client = NodeServiceClient::connect(self.url()).await.unwrap();
        client
            .get_node(v1::GetNodeRequest {})
            .await
            .unwrap()
            .into_inner()
            .node
            .unwrap()
            .refusals
            .unwrap()
    }
}

impl Link {
    /// The next message; `None` at the end.
    pub(crate) async fn hear(&mut self) -> Result<Option<v1::ExchangeResponse>, Status> {
        timeout(DEADLINE, self.responses.message())
            .await
            .expect("the central bank says something or ends the link")
    }

    /// Hears everything until the central bank ends the link.
    pub(crate) async fn end(mut self) -> Result<(), Status> {
        while self.hear().await?.is_some() {}
        Ok(())
    }
}

fn registration(incarnation: u64) -> v1::ExchangeRequest {
    let registration = v1::Registration { operator_code: "ICBC".to_owned(), ..Default::default() };
    v1::ExchangeRequest {
        incarnation,
        sequence: 1,
        registration: Some(registration),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_gap_in_the_messages_ends_the_link() {
    let bank = Bank::start().await;
    let mut link = bank.link(registration(1)).await;
    assert_eq!(link.hear().await.unwrap().unwrap().roster.len(), 1);
    let gap = v1::ExchangeRequest { incarnation: 1, sequence: 3, ..Default::default() };
    link.requests.send(gap).await.unwrap();
    let refused = link.end().await.unwrap_err();
    assert!(
        refused.message().contains("message 3 of operator ICBC came when 2 was due"),
        "{refused:?}"
    );
    bank.until_counted(1, |counted| counted.messages).await;
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
    let message = v1::ExchangeRequest {
        incarnation: 1,
        sequence: 2,
        decisions: Some(decisions),
        ..Default::default()
    };
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

#[tokio::test]
async fn a_stranger_without_the_secret_of_an_operator_is_refused_before_it_has_said_a_word() {
    let bank = Bank::start_with(operators(2)).await;
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(bank.secret_file("ICBC")), mode(bank.secret_file(""))), (0o600, 0o700));
    for wrong in ["", "0", &"0".repeat(64), &bank.secret("ICBC")[1..]] {
        let refused = bank.link_as(wrong).await.map(|_| ()).unwrap_err();
        assert_eq!(
            (refused.code(), reason_of(&refused)),
            (Code::PermissionDenied, Some(Reason::OperatorSecretWrong))
        );
    }
    // The right secret, but of another operator than the one that registers.
    let link = bank.link_as(&bank.secret("ABC")).await.unwrap();
    link.requests.send(registration(1)).await.unwrap();
    assert_eq!(reason_of(&link.end().await.unwrap_err()), Some(Reason::OperatorSecretWrong));
    // One that names itself is refused before it has counted an incarnation.
    for named in ["ICBC", "icbc", "?"] {
        let refused =
            bank.link_named(Some(named), &bank.secret("ABC")).await.map(|_| ()).unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::OperatorSecretWrong), "{named}");
    }
    let _named = bank.link_named(Some("ABC"), &bank.secret("ABC")).await.unwrap();
    bank.until_counted(8, |counted| counted.links).await;
    // Nothing of it has fenced the operator itself.
    bank.link(registration(1)).await.hear().await.unwrap().unwrap();
}

#[tokio::test]
async fn links_need_no_secret_where_the_configuration_says_so() {
    let bank = Bank::start_with(config("operator_count = 1\nlink_secrets = false")).await;
    assert!(!bank.secret_file("ICBC").exists());
    let mut link = bank.link_as("").await.unwrap();
    link.requests.send(registration(1)).await.unwrap();
    link.hear().await.unwrap().unwrap();
}

/// How many links the ledger of an operator has counted.
fn incarnation_of(ledger: &std::path::Path) -> u64 {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let ledger = rusqlite::Connection::open_with_flags(ledger, flags).unwrap();
    ledger
        .query_row("SELECT COALESCE(MAX(incarnation), 0) FROM state", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn an_operator_with_a_wrong_secret_waits_until_it_is_put_right() {
    let bank = Bank::start_with(operators(2)).await;
    let folder = bank.cluster.folder().root();
    let file = folder.join("given");
    // Another operator's, which is as wrong as none.
    std::fs::copy(bank.secret_file("ABC"), &file).unwrap();
    let (url, config) = (bank.url(), bank.cluster.folder().config());
    let arguments =
        ["operator", "--code", "ICBC", "--central-bank", &url, "--data-dir", "elsewhere/ICBC"];
    let files = ["--config", config.to_str().unwrap(), "--secret-file", file.to_str().unwrap()];
    let mut operator = Running::start(folder, arguments.into_iter().chain(files));
    operator.said("ICBC dials with the secret of ABC").await;
    eventually("it is refused again", async || (bank.refusals().await.links >= 3).then_some(()))
        .await;
    // The attempts left no trace in its ledger, so they could go on for ever.
    assert_eq!(incarnation_of(&folder.join("elsewhere/ICBC/ledger.db")), 0);
    std::fs::copy(bank.secret_file("ICBC"), &file).unwrap();
    operator.line("ready address=").await;
    assert_eq!(operator.signal("TERM").await, Some(0));
    assert!(bank.refusals().await.links > 0);
}

/// What the operator itself would register as, with numbers changed.
fn claiming(incarnation: u64, change: impl FnOnce(&mut v1::Registration)) -> v1::ExchangeRequest {
    let mut message = registration(incarnation);
    change(message.registration.as_mut().unwrap());
    message
}

#[tokio::test]
async fn a_registration_with_numbers_that_cannot_be_is_refused_and_locks_nobody_out() {
    let bank = Bank::start().await;
    for message in [
        registration(u64::MAX),
        registration(i64::MAX as u64),
        claiming(1, |said| said.batch = 1 << 62),
        claiming(1, |said| said.batch = u64::MAX),
        claiming(1, |said| said.central_bank_batch = u64::MAX),
    ] {
        let refused = bank.link(message).await.end().await.unwrap_err();
        assert_eq!(
            (refused.code(), reason_of(&refused)),
            (Code::InvalidArgument, Some(Reason::FieldInvalid))
        );
    }
    // The claim of one operator alone refuses that operator, and the central bank goes on.
    for incarnation in 1..4 {
        let refused = bank
            .link(claiming(incarnation, |said| said.central_bank_batch = 1_000_000))
            .await
            .end()
            .await;
        let refused = refused.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::CentralBankBehind));
        assert!(refused.message().contains("has seen batch 1000000"), "{refused:?}");
    }
    bank.link(registration(4)).await.hear().await.unwrap().unwrap();
    bank.until_counted(8, |counted| counted.links).await;
}

#[tokio::test]
async fn two_operators_that_have_heard_of_later_batches_stop_the_central_bank() {
    let mut bank = Bank::start_with(operators(2)).await;
    for code in ["ICBC", "ABC"] {
        let link = bank.link_as(&bank.secret(code)).await.unwrap();
        let message = claiming(1, |said| {
            said.operator_code = code.to_owned();
            said.central_bank_batch = 1_000_000;
        });
        link.requests.send(message).await.unwrap();
        link.end().await.unwrap_err();
    }
    let (member, status) = bank.cluster.next_exit().await;
    assert_eq!((member, status.code()), (Member::CentralBank, Some(3)));
    let log = std::fs::read_to_string(bank.cluster.folder().log(Member::CentralBank)).unwrap();
    assert!(log.contains("operator ABC has, as operator ICBC has, seen batch 1000000"), "{log}");
}

#[tokio::test]
async fn what_cannot_be_meant_is_answered_counted_and_does_not_fill_the_log() {
    let bank = Bank::start().await;
    let mut link = bank.link(registration(1)).await;
    link.hear().await.unwrap().unwrap();
    for sequence in 2..102 {
        let decisions = v1::Decisions {
            payment_ids: vec![7; 16 * 100],
            reasons: vec![0; 100],
            decide_times_ms: vec![0; 100],
        };
        let message = v1::ExchangeRequest {
            incarnation: 1,
            sequence,
            decisions: Some(decisions),
            ..Default::default()
        };
        link.requests.send(message).await.unwrap();
        let answer = link.hear().await.unwrap().unwrap();
        assert!(answer.refused.len() <= 17, "{answer:?}");
        assert!(answer.refused.iter().any(|why| why.contains("never delivered")), "{answer:?}");
    }
    bank.until_counted(10_000, |counted| counted.messages).await;
    let log = std::fs::read_to_string(bank.cluster.folder().log(Member::CentralBank)).unwrap();
    let lines =
        log.lines().filter(|line| line.contains("refused what an operator reported")).count();
    assert!((1..=20).contains(&lines), "{lines} lines");
}

#[tokio::test]
async fn a_message_beyond_what_messages_carry_ends_the_link_with_why() {
    let bank = Bank::start().await;
    let day = 86_400_000;
    let items = |count: usize, time: i64, reason: u32| v1::Decisions {
        payment_ids: vec![7; 16 * count],
        reasons: vec![reason; count],
        decide_times_ms: vec![time; count],
    };
    for (incarnation, decisions, why) in [
        (1, items(16_385, day, 0), "16385 items"),
        (2, items(1, i64::MAX, 0), "a time up to the year 9999"),
        (3, items(1, i64::MIN, 0), "a time up to the year 9999"),
        (4, items(1, day, 9_999), "a reason"),
    ] {
        let mut link = bank.link(registration(incarnation)).await;
        link.hear().await.unwrap().unwrap();
        let message = v1::ExchangeRequest {
            incarnation,
            sequence: 2,
            decisions: Some(decisions),
            ..Default::default()
        };
        link.requests.send(message).await.unwrap();
        let refused = link.end().await.unwrap_err();
        assert!(refused.message().contains(why), "{refused:?}");
    }
    bank.until_counted(4, |counted| counted.messages).await;
}

/// Instructions of ICBC to pay a wallet of ABC so much, so often.
fn instructions(fen: i64, count: usize) -> v1::Instructions {
    let wallet = |prefix| {
        WalletNumber::new(Prefix::new(prefix).unwrap(), WalletKind::Personal, 1).unwrap().as_u64()
    };
    let ids: Vec<u8> = (0..count as u128).flat_map(u128::to_be_bytes).collect();
    v1::Instructions {
        payment_ids: ids.clone(),
        request_keys: ids,
        payer_wallets: vec![wallet(2); count],
        payee_wallets: vec![wallet(3); count],
        amounts_fen: vec![fen; count],
        submit_times_ms: vec![0; count],
        expire_times_ms: vec![253_000_000_000_000; count],
        details: None,
    }
}

#[tokio::test]
async fn amounts_that_no_payment_has_end_the_link_with_the_amount() {
    let bank = Bank::start_with(operators(2)).await;
    let amounts = [0, -1, i64::MIN, Amount::MAX.fen() + 1, i64::MAX];
    for (incarnation, fen) in (1..).zip(amounts) {
        let mut link = bank.link(registration(incarnation)).await;
        link.hear().await.unwrap().unwrap();
        let instructions = Some(instructions(fen, 1));
        let message =
            v1::ExchangeRequest { incarnation, sequence: 2, instructions, ..Default::default() };
        link.requests.send(message).await.unwrap();
        let refused = link.end().await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::FieldInvalid));
        let value = Position::from_fen(fen).to_string();
        assert!(refused.message().contains(&format!("amount {value} is ")), "{refused:?}");
    }
}

#[tokio::test]
async fn an_operator_that_owes_beyond_every_sum_is_refused_payment_by_payment() {
    let bank = Bank::start_with(config("operator_count = 2\ncap = \"unlimited\"")).await;
    let mut link = bank.link(registration(1)).await;
    link.hear().await.unwrap().unwrap();
    let instructions = Some(instructions(Amount::MAX.fen(), 1_003));
    let message = v1::ExchangeRequest {
        incarnation: 1,
        sequence: 2,
        instructions,
        resend_complete: true,
        ..Default::default()
    };
    link.requests.send(message).await.unwrap();
    let mut reasons = Vec::new();
    while reasons.is_empty() {
        reasons = link.hear().await.unwrap().unwrap().notices.unwrap_or_default().reasons;
    }
    assert_eq!(reasons, [u32::from(Reason::SumTooLarge.number()); 3]);
    let mut nodes = NodeServiceClient::connect(bank.url()).await.unwrap();
    assert!(nodes.get_audit(v1::GetAuditRequest {}).await.unwrap().into_inner().ok);
}
