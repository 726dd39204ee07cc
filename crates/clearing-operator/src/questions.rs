//! The questions of other operators, which come through the central bank.
//!
//! A question may come again, so each answer has to be the same as the first one was.

use clearing_api::relayed;
use clearing_api::status::FieldError;
use clearing_api::v1;
use clearing_api::v1::answer_questions_request::{Answered, Message, Opening, answered};
use clearing_domain::Reason;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::charges::Charge;
use crate::node::Node;

/// The most questions that are answered at once; further ones wait at the central bank.
const ANSWERED_MAX: usize = 1024;

/// Answers the questions that come on one stream, until it ends.
pub(crate) async fn answer_all(node: &Node, incarnation: u64) -> Result<(), Status> {
    let (answers, outgoing) = mpsc::channel(ANSWERED_MAX);
    let opening = Opening { operator_code: node.settings.code.to_string(), incarnation };
    // There is room: it is the first message.
    let _ = answers.try_send(request(Message::Opening(opening)));
    let call = node.relay.proof().with(ReceiverStream::new(outgoing))?;
    let questions = node.relay.client().answer_questions(call).await?.into_inner();
    receive(node, questions, answers).await
}

async fn receive(
    node: &Node,
    mut questions: Streaming<v1::AnswerQuestionsResponse>,
    answers: mpsc::Sender<v1::AnswerQuestionsRequest>,
) -> Result<(), Status> {
    // Those that are not answered yet end with the stream: nobody waits for their answers then.
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            question = questions.message(), if under_way.len() < ANSWERED_MAX => {
                let Some(question) = question? else { return Ok(()) };
                under_way.spawn(answer_one(node.clone(), question, answers.clone()));
            }
            Some(_) = under_way.join_next() => {}
        }
    }
}

async fn answer_one(
    node: Node,
    question: v1::AnswerQuestionsResponse,
    answers: mpsc::Sender<v1::AnswerQuestionsRequest>,
) {
    let v1::AnswerQuestionsResponse { number, operator_code, question } = question;
    let kind = question.and_then(|question| question.kind);
    let outcome = match answer(&node, &operator_code, kind).await {
        Ok(kind) => answered::Outcome::Answer(v1::Answer { kind: Some(kind) }),
        Err(status) => answered::Outcome::Error(relayed::item_error(&status)),
    };
    // The receiver is gone when the stream has ended.
    let _ =
        answers.send(request(Message::Answered(Answered { number, outcome: Some(outcome) }))).await;
}

fn request(message: Message) -> v1::AnswerQuestionsRequest {
    v1::AnswerQuestionsRequest { message: Some(message) }
}

/// Answers a question of an operator, one arm for each kind.
async fn answer(
    node: &Node,
    asking: &str,
    question: Option<v1::question::Kind>,
) -> Result<v1::answer::Kind, Status> {
    use v1::{answer, question};
    let Some(question) = question else {
        let message = "this operator does not know the kind of the question";
        return Err(FieldError::new(Reason::FieldInvalid, "question", message).into());
    };
    match question {
        question::Kind::ChargePaymentCode(charge) => {
            let payment = Some(node.charge_for(asking, Charge::read(charge)?).await?);
            Ok(answer::Kind::ChargePaymentCode(answer::ChargePaymentCode { payment }))
        }
        question::Kind::RegisterWallets(question) => {
            let answered = node.answer_registrations(asking, question).await?;
            Ok(answer::Kind::RegisterWallets(answered))
        }
        question::Kind::ClaimGrants(question) => {
            Ok(answer::Kind::ClaimGrants(node.answer_claims(asking, question).await?))
        }
        question::Kind::RequestLesson(question) => {
            Ok(answer::Kind::RequestLesson(node.answer_lesson(asking, question).await?))
        }
        question::Kind::SuspendMerchant(question) => {
            Ok(answer::Kind::SuspendMerchant(node.answer_suspension(asking, question).await?))
        }
        question::Kind::MerchantTotals(question) => {
            Ok(answer::Kind::MerchantTotals(node.answer_totals(asking, question).await?))
        }
        question::Kind::ReadLoan(question) => {
            Ok(answer::Kind::ReadLoan(node.answer_loan(asking, &question).await?))
        }
        question::Kind::CheckMandate(question) => {
            Ok(answer::Kind::CheckMandate(node.answer_mandate(asking, &question).await?))
        }
        question::Kind::UploadVouchers(question) => {
            Ok(answer::Kind::UploadVouchers(node.answer_uploads(asking, question).await?))
        }
    }
}
