//! The questions that operators ask each other: how one is asked, and how one is answered.

use std::convert::Infallible;
use std::sync::{Arc, Weak};
use std::time::Duration;

use clearing_api::status::{self, FieldError};
use clearing_api::v1::answer_questions_request::answered;
use clearing_api::v1::answer_questions_request::{Answered, Message, Opening};
use clearing_api::{relayed, text, v1};
use clearing_domain::Reason;
use clearing_domain::central_bank::EventKind;
use clearing_domain::money::{OperatorCode, OperatorNumber};
use clearing_node::transport::seconds;
use prost::Message as _;
use tokio::sync::oneshot;
use tonic::{Request, Response, Status, Streaming};

use super::Answer;
use crate::links::Stream;
use crate::node::Node;
use crate::relay::{Outlet, QUESTION_BYTES_MAX};

/// How long a question and its answer may be on their way.
const ON_THE_WAY: Duration = Duration::from_secs(5);
/// Passes a question on and waits for its outcome.
pub(super) async fn ask(node: &Node, request: Request<v1::AskRequest>) -> Answer<v1::AskResponse> {
    let from = request.remote_addr();
    let proven = node.prove(request.metadata(), from)?;
    let v1::AskRequest { operator_code, wallet_prefix, question, wait_ms } = request.into_inner();
    let asking = text::operator_code(&operator_code)?;
    if let Some(owner) = proven.filter(|owner| *owner != asking) {
        let why = format!("{asking} asks with the secret of {owner}");
        return Err(node.refuse_secret(&why, from));
    }
    let within = Duration::from_millis(text::wait_ms(wait_ms)?.into()) + ON_THE_WAY;
    let question = question.filter(|question| question.encoded_len() <= QUESTION_BYTES_MAX);
    let question = question.ok_or_else(|| {
        let message = format!("question is not given or above {QUESTION_BYTES_MAX} bytes");
        FieldError::new(Reason::FieldInvalid, "question", message)
    })?;
    number_of(node, asking)?;
    let relay = &node.shared.relay;
    let Some((asked, number)) = relay.of_prefix(wallet_prefix) else {
        let message = format!("no operator has the prefix {wallet_prefix:03}");
        return Err(FieldError::new(Reason::WalletPrefixUnknown, "wallet_prefix", message).into());
    };
    let full = || status::overloaded("list of questions of the operator");
    let _place = relay.place_of(asking).ok_or_else(full)?;
    let away = || status::unavailable(&format!("operator {asked} does not answer"));
    // The outlet itself is not kept: it ends with the link, and then nobody is waited for.
    let mut waiting = node.shared.links.outlet(number).ok_or_else(away)?.ask(asking, question)?;
    let outcome = tokio::time::timeout(within, waiting.outcome()).await;
    let outcome = outcome.ok().flatten().ok_or_else(away)?;
    let answer = outcome.map_err(|error| refusal(node, asked, &error))?;
    Ok(Response::new(v1::AskResponse { answer: Some(answer) }))
}

/// The number of an operator of the roster.
fn number_of(node: &Node, code: OperatorCode) -> Result<OperatorNumber, Status> {
    let unknown = || {
        let message = format!("operator {code} is not in the roster");
        FieldError::new(Reason::OperatorUnknown, "operator_code", message).into()
    };
    node.shared.relay.number_of(code).ok_or_else(unknown)
}

/// The error of the operator that was asked, as a status.
fn refusal(node: &Node, asked: OperatorCode, error: &v1::ItemError) -> Status {
    relayed::status_of(error).unwrap_or_else(|| {
        refuse(node, &format!("operator {asked} answered with no reason, or more than fits"));
        status::unavailable(&format!("operator {asked} does not answer as it should"))
    })
}

/// Counts and reports what an operator sent and must not have.
fn refuse(node: &Node, why: &str) {
    node.shared.watching.refusals.messages.count_in(1);
    node.shared.publish(EventKind::Refused, why);
}

/// Runs a stream of questions from its opening to its end, whichever side ends it.
pub(super) async fn answer_questions(
    node: Node,
    proven: Option<OperatorCode>,
    mut requests: Streaming<v1::AnswerQuestionsRequest>,
    stream: Stream<v1::AnswerQuestionsResponse>,
    dropped: oneshot::Receiver<Infallible>,
) {
    let (code, incarnation) = match opening(&node, proven, &mut requests).await {
        Ok(opening) => opening,
        Err(status) => return stream.refuse(status),
    };
    let number = match number_of(&node, code) {
        Ok(number) if node.shared.links.is_up(number, incarnation) => number,
        Ok(_) => {
            let message = format!("operator {code} has no link of incarnation {incarnation}");
            return stream.refuse(status::unavailable(&message));
        }
        Err(status) => return stream.refuse(status),
    };
    let outlet = Arc::new(Outlet::new(stream));
    let open = Arc::downgrade(&outlet);
    if !node.shared.links.open(number, incarnation, outlet) {
        return;
    }
    let received = async {
        while let Ok(Some(request)) = requests.message().await {
            if !answer(&open, request) {
                refuse(&node, &format!("operator {code} answered what it was not asked"));
            }
        }
    };
    tokio::select! {
        () = received => {}
        _ = dropped => {}
    }
    node.shared.links.end_questions(number, &open);
}

/// Reads the first message of a stream: who answers, and by which link.
async fn opening(
    node: &Node,
    proven: Option<OperatorCode>,
    requests: &mut Streaming<v1::AnswerQuestionsRequest>,
) -> Result<(OperatorCode, u64), Status> {
    let within = seconds(node.config.transport.message_seconds);
    let first = tokio::time::timeout(within, requests.message()).await;
    let first = first.unwrap_or(Ok(None))?.and_then(|first| first.message);
    let Some(Message::Opening(Opening { operator_code, incarnation })) = first else {
        let message = "the first message of a stream of answers opens nothing";
        return Err(FieldError::new(Reason::FieldInvalid, "opening", message).into());
    };
    let code = text::operator_code(&operator_code)?;
    if let Some(owner) = proven.filter(|owner| *owner != code) {
        let why = format!("{code} answers with the secret of {owner}");
        return Err(node.refuse_secret(&why, None));
    }
    Ok((code, incarnation))
}

/// Passes an answer on; false when it is none, or answers nothing that was asked.
fn answer(open: &Weak<Outlet>, request: v1::AnswerQuestionsRequest) -> bool {
    let Some(Message::Answered(Answered { number, outcome: Some(outcome) })) = request.message
    else {
        return false;
    };
    let outcome = match outcome {
        // Who asked hears at once that no usable answer will come.
        answered::Outcome::Answer(answer) if answer.encoded_len() > QUESTION_BYTES_MAX => {
            Err(v1::ItemError::default())
        }
        answered::Outcome::Answer(answer) => Ok(answer),
        answered::Outcome::Error(error) => Err(error),
    };
    let asked = |outlet: Arc<Outlet>| outlet.answer(number, outcome);
    open.upgrade().is_none_or(asked)
}
