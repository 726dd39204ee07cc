//! The relay of questions, between operators that this test plays, and between real ones.

use clearing_api::status::reason_of;
use clearing_api::v1;
use clearing_api::v1::answer_questions_request::{Answered, Message, Opening, answered::Outcome};
use clearing_api::v1::interbank_service_client::InterbankServiceClient;
use clearing_cluster::cluster::Member;
use clearing_domain::Reason;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status, Streaming};

use crate::link::{Bank, Link};
use crate::support::{DEADLINE, TestCluster, eventually, member, operators};

/// The most questions of one operator that wait.
const ASKED_MAX: usize = 128;
/// The most bytes of a question.
const QUESTION_BYTES_MAX: usize = 512 * 1024;

/// An operator that this test plays: its link, and the stream of its answers.
pub(crate) struct Answering {
    pub(crate) link: Link,
    answers: mpsc::Sender<v1::AnswerQuestionsRequest>,
    questions: Streaming<v1::AnswerQuestionsResponse>,
}

async fn client(bank: &Bank) -> InterbankServiceClient<tonic::transport::Channel> {
    InterbankServiceClient::connect(bank.url()).await.unwrap()
}

fn with_secret<T>(message: T, secret: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {secret}").parse().unwrap());
    request
}

async fn register(bank: &Bank, code: &str, incarnation: u64) -> Link {
    let mut link = bank.link_as(&bank.secret(code)).await.unwrap();
    let registration = v1::Registration { operator_code: code.to_owned(), ..Default::default() };
    let first = v1::ExchangeRequest {
        incarnation,
        sequence: 1,
        registration: Some(registration),
        ..Default::default()
    };
    link.requests.send(first).await.unwrap();
    link.hear().await.unwrap().unwrap();
    link
}

async fn open(
    bank: &Bank,
    code: &str,
    incarnation: u64,
    secret: &str,
) -> (mpsc::Sender<v1::AnswerQuestionsRequest>, Streaming<v1::AnswerQuestionsResponse>) {
    let (answers, outgoing) = mpsc::channel(256);
    let opening = Opening { operator_code: code.to_owned(), incarnation };
    let opening = v1::AnswerQuestionsRequest { message: Some(Message::Opening(opening)) };
    answers.send(opening).await.unwrap();
    let call = with_secret(ReceiverStream::new(outgoing), secret);
    let questions = client(bank).await.answer_questions(call).await.unwrap().into_inner();
    (answers, questions)
}

/// Links an operator and opens the stream of its questions, until one comes through.
pub(crate) async fn answering(bank: &Bank, code: &str, incarnation: u64) -> Answering {
    let link = register(bank, code, incarnation).await;
    let (answers, questions) = open(bank, code, incarnation, &bank.secret(code)).await;
    let mut answering = Answering { link, answers, questions };
    let prefix = if code == "ICBC" { 2 } else { 3 };
    let asked = async {
        let ask = async || ask(bank, (code, code), prefix, question("probe")).await.ok();
        eventually("the stream of questions is open", ask).await
    };
    let answered = async {
        let asked = answering.next().await.unwrap().unwrap();
        answering.answer(asked.number, Outcome::Answer(answer("probe"))).await;
    };
    tokio::join!(asked, answered);
    answering
}

impl Answering {
    pub(crate) async fn next(&mut self) -> Result<Option<v1::AnswerQuestionsResponse>, Status> {
        let next = timeout(DEADLINE, self.questions.message()).await;
        next.expect("a question comes, or the stream ends")
    }

    pub(crate) async fn answer(&self, number: u64, outcome: Outcome) {
        let answered = Answered { number, outcome: Some(outcome) };
        let message = Some(Message::Answered(answered));
        self.answers.send(v1::AnswerQuestionsRequest { message }).await.unwrap();
    }
}

/// A question about a payment code, with a name of some length.
fn question(name: &str) -> v1::Question {
    use v1::question::{ChargePaymentCode, Kind};
    let charge = ChargePaymentCode { request_id: name.to_owned(), ..Default::default() };
    v1::Question { kind: Some(Kind::ChargePaymentCode(charge)) }
}

fn answer(payment_id: &str) -> v1::Answer {
    use v1::answer::{ChargePaymentCode, Kind};
    let payment = v1::Payment { payment_id: payment_id.to_owned(), ..Default::default() };
    let charge = ChargePaymentCode { payment: Some(payment) };
    v1::Answer { kind: Some(Kind::ChargePaymentCode(charge)) }
}

/// Asks as an operator, with the secret of one.
pub(crate) async fn ask(
    bank: &Bank,
    (code, secret): (&str, &str),
    wallet_prefix: u32,
    question: v1::Question,
) -> Result<v1::Answer, Status> {
    let request = v1::AskRequest {
        operator_code: code.to_owned(),
        wallet_prefix,
        question: Some(question),
        wait_ms: Some(60_000),
    };
    let call = async {
        let secret = bank.secret(secret);
        client(bank).await.ask(with_secret(request, &secret)).await
    };
    let answered = timeout(DEADLINE, call).await.expect("a question is answered or refused");
    Ok(answered?.into_inner().answer.unwrap())
}

async fn ask_abc(bank: &Bank, name: &str) -> Result<v1::Answer, Status> {
    ask(bank, ("ICBC", "ICBC"), 3, question(name)).await
}

#[tokio::test]
async fn a_question_reaches_the_operator_of_the_prefix_and_its_answer_or_error_comes_back() {
    let bank = Bank::start_with(operators(3)).await;
    let mut abc = answering(&bank, "ABC", 1).await;
    let error = v1::ItemError {
        reason: v1::ErrorReason::CodeUsed.into(),
        field: "payment_code".to_owned(),
        message: "it is used".to_owned(),
    };
    let answers = async {
        for outcome in [Outcome::Answer(answer("first")), Outcome::Error(error)] {
            let asked = abc.next().await.unwrap().unwrap();
            let by = asked.operator_code.as_str();
            assert_eq!((by, asked.question), ("ICBC", Some(question("q"))));
            abc.answer(asked.number, outcome).await;
        }
    };
    let asks = async { (ask_abc(&bank, "q").await, ask_abc(&bank, "q").await) };
    let ((first, second), ()) = tokio::join!(asks, answers);
    assert_eq!(first.unwrap(), answer("first"));
    let refused = second.unwrap_err();
    assert_eq!(reason_of(&refused), Some(Reason::CodeUsed));
    assert_eq!(refused.message(), "payment_code: it is used (CODE_USED)");
}

#[tokio::test]
async fn who_asks_whom_and_how_much_is_checked_before_anything_is_passed_on() {
    let bank = Bank::start_with(operators(2)).await;
    let icbc = ("ICBC", "ICBC");
    let long = "x".repeat(QUESTION_BYTES_MAX);
    for (asking, prefix, question, reason) in [
        (icbc, 3, question(""), Reason::Unavailable),
        (icbc, 0, question(""), Reason::WalletPrefixUnknown),
        (icbc, 999, question(""), Reason::WalletPrefixUnknown),
        (icbc, u32::MAX, question(""), Reason::WalletPrefixUnknown),
        (icbc, 3, question(&long), Reason::FieldInvalid),
        (("ICBC", "ABC"), 3, question(""), Reason::OperatorSecretWrong),
    ] {
        let refused = ask(&bank, asking, prefix, question).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(reason), "{refused:?}");
    }
    let unproven = v1::AskRequest { operator_code: "ICBC".to_owned(), ..Default::default() };
    let refused = client(&bank).await.ask(unproven).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    // Nor does anybody answer for another operator, or without a link.
    for (code, secret, reason) in
        [("ICBC", "ABC", Reason::OperatorSecretWrong), ("ABC", "ABC", Reason::Unavailable)]
    {
        let (_answers, mut questions) = open(&bank, code, 1, &bank.secret(secret)).await;
        let refused = questions.message().await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(reason), "{refused:?}");
    }
}

#[tokio::test]
async fn a_new_registration_ends_the_questions_of_the_link_before_and_nobody_waits_for_them() {
    let bank = Bank::start_with(operators(2)).await;
    let mut first = answering(&bank, "ABC", 1).await;
    let registers = async {
        first.next().await.unwrap().unwrap();
        let second = register(&bank, "ABC", 2).await;
        assert!(first.next().await.unwrap().is_none());
        second
    };
    let (asked, second) = tokio::join!(ask_abc(&bank, "q"), registers);
    assert_eq!(reason_of(&asked.unwrap_err()), Some(Reason::Unavailable));
    // The old incarnation opens nothing any more.
    let (_answers, mut questions) = open(&bank, "ABC", 1, &bank.secret("ABC")).await;
    assert_eq!(reason_of(&questions.message().await.unwrap_err()), Some(Reason::Unavailable));
    drop((first.link, second));
}

#[tokio::test]
async fn answers_that_nobody_asked_for_or_that_are_none_are_counted_and_harm_nobody() {
    let bank = Bank::start_with(operators(2)).await;
    let mut abc = answering(&bank, "ABC", 1).await;
    let hostile = async {
        let long = "x".repeat(QUESTION_BYTES_MAX);
        for outcome in [
            Outcome::Error(v1::ItemError::default()),
            Outcome::Answer(answer(&long)),
            Outcome::Answer(answer("good")),
        ] {
            let number = abc.next().await.unwrap().unwrap().number;
            abc.answer(0, Outcome::Answer(answer("never"))).await;
            abc.answer(u64::MAX, Outcome::Answer(answer("never"))).await;
            abc.answers.send(v1::AnswerQuestionsRequest::default()).await.unwrap();
            abc.answer(number, outcome).await;
            // A repeat of an answer is ignored and is nobody's fault.
            abc.answer(number, Outcome::Answer(answer("again"))).await;
        }
    };
    let asks = async {
        for _ in 0..2 {
            let refused = ask_abc(&bank, "q").await.unwrap_err();
            assert_eq!(reason_of(&refused), Some(Reason::Unavailable), "{refused:?}");
        }
        assert_eq!(ask_abc(&bank, "q").await.unwrap(), answer("good"));
    };
    tokio::join!(hostile, asks);
    bank.until_counted(3 * 3 + 2, |counted| counted.messages).await;
}

#[tokio::test]
async fn an_operator_that_does_not_answer_blocks_none_but_those_who_ask_it() {
    let bank = Bank::start_with(operators(3)).await;
    let mut silent = answering(&bank, "ABC", 1).await;
    let client = client(&bank).await;
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..ASKED_MAX {
        let request = v1::AskRequest {
            operator_code: "BOC".to_owned(),
            wallet_prefix: 3,
            question: Some(question("q")),
            wait_ms: Some(60_000),
        };
        let (mut client, secret) = (client.clone(), bank.secret("BOC"));
        asked.spawn(async move { client.ask(with_secret(request, &secret)).await });
        silent.next().await.unwrap().unwrap();
    }
    // Who has asked too much is refused at once, and another one is not.
    let refused = ask(&bank, ("BOC", "BOC"), 3, question("q")).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(Reason::Overloaded));
    let icbc = answering(&bank, "ICBC", 1).await;
    let number = async {
        let number = silent.next().await.unwrap().unwrap().number;
        silent.answer(number, Outcome::Answer(answer("other"))).await;
    };
    assert_eq!(tokio::join!(ask_abc(&bank, "q"), number).0.unwrap(), answer("other"));
    // A caller that gives up makes room again.
    asked.abort_all();
    while asked.join_next().await.is_some() {}
    // Nobody of that prefix is linked, which is seen only by who has room.
    let room = async || {
        let refused = ask(&bank, ("BOC", "BOC"), 4, question("q")).await.unwrap_err();
        (reason_of(&refused) == Some(Reason::Unavailable)).then_some(())
    };
    eventually("there is room again", room).await;
    drop(icbc);
}

#[tokio::test]
async fn a_central_bank_that_stops_lets_nobody_wait_for_an_answer() {
    let bank = Bank::start_with(operators(2)).await;
    let mut abc = answering(&bank, "ABC", 1).await;
    let request = v1::AskRequest {
        operator_code: "ICBC".to_owned(),
        wallet_prefix: 3,
        question: Some(question("q")),
        wait_ms: Some(60_000),
    };
    let (mut client, secret) = (client(&bank).await, bank.secret("ICBC"));
    let asked = tokio::spawn(async move { client.ask(with_secret(request, &secret)).await });
    abc.next().await.unwrap().unwrap();
    let log = bank.cluster.folder().log(Member::CentralBank);
    bank.cluster.stop().await.unwrap();
    let refused = asked.await.unwrap().unwrap_err();
    assert_eq!(reason_of(&refused), Some(Reason::Unavailable), "{refused:?}");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(!log.contains("some calls did not finish in time"), "{log}");
}

#[tokio::test]
async fn operators_answer_questions_again_after_the_central_bank_or_they_themselves_were_killed() {
    let mut cluster = TestCluster::start(operators(2)).await;
    for killed in [None, Some(member("ABC")), Some(Member::CentralBank)] {
        if let Some(killed) = killed {
            cluster.crash(killed).await;
        }
        let folder = cluster.folder().of(Member::CentralBank).join("secrets");
        let secret = std::fs::read_to_string(folder.join("ICBC")).unwrap();
        let channel = cluster.channel(Member::CentralBank);
        // The answer to what is no code is the same each time.
        let answered = async || {
            let request = v1::AskRequest {
                operator_code: "ICBC".to_owned(),
                wallet_prefix: 3,
                question: Some(question("q")),
                wait_ms: None,
            };
            let mut client = InterbankServiceClient::new(channel.clone());
            let refused = client.ask(with_secret(request, secret.trim())).await.unwrap_err();
            (reason_of(&refused) == Some(Reason::FieldInvalid)).then_some(())
        };
        eventually("the question is answered", answered).await;
    }
    cluster.finish().await;
}
