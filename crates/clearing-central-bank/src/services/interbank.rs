//! InterbankService: the central bank's end of the links.

use std::convert::Infallible;
use std::pin::Pin;

use clearing_api::exchange::ColumnError;
use clearing_api::status::{FieldError, reason_of};
use clearing_api::v1;
use clearing_api::v1::interbank_service_server::InterbankService;
use clearing_domain::Reason;
use clearing_domain::central_bank::EventKind;
use clearing_domain::link::{Head, OperatorMessage};
use clearing_domain::money::{OperatorCode, OperatorNumber};
use clearing_node::transport::seconds;
use clearing_node::{crash, store};
use tokio::sync::oneshot;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{Answer, relay};
use crate::links::Stream;
use crate::node::Node;

type Streamed<T> = Pin<Box<dyn tokio_stream::Stream<Item = Result<T, Status>> + Send>>;

/// Serves the links of operators.
#[derive(Clone, Debug)]
pub(crate) struct Interbank(pub(crate) Node);

#[tonic::async_trait]
impl InterbankService for Interbank {
    type ExchangeStream = Streamed<v1::ExchangeResponse>;
    type AnswerQuestionsStream = Streamed<v1::AnswerQuestionsResponse>;

    async fn exchange(
        &self,
        request: Request<Streaming<v1::ExchangeRequest>>,
    ) -> Answer<Self::ExchangeStream> {
        let proven = self.0.prove(request.metadata(), request.remote_addr())?;
        let (stream, (messages, dropped)) = Stream::new();
        tokio::spawn(link(self.0.clone(), proven, request.into_inner(), stream, dropped));
        let messages = ReceiverStream::new(messages).map(|message| message.map(Into::into));
        Ok(Response::new(Box::pin(messages)))
    }

    async fn answer_questions(
        &self,
        request: Request<Streaming<v1::AnswerQuestionsRequest>>,
    ) -> Answer<Self::AnswerQuestionsStream> {
        let proven = self.0.prove(request.metadata(), request.remote_addr())?;
        let (stream, (questions, dropped)) = Stream::new();
        let requests = request.into_inner();
        tokio::spawn(relay::answer_questions(self.0.clone(), proven, requests, stream, dropped));
        Ok(Response::new(Box::pin(ReceiverStream::new(questions))))
    }

    async fn ask(&self, request: Request<v1::AskRequest>) -> Answer<v1::AskResponse> {
        relay::ask(&self.0, request).await
    }
}

/// Runs one link from its registration to its end, whichever side ends it.
async fn link(
    node: Node,
    proven: Option<OperatorCode>,
    mut requests: Streaming<v1::ExchangeRequest>,
    stream: Stream,
    dropped: oneshot::Receiver<Infallible>,
) {
    let Some((operator, incarnation)) = register(&node, proven, &mut requests, stream).await else {
        return;
    };
    let error = tokio::select! {
        received = receive(&node, &mut requests, operator, incarnation) => received.err(),
        _ = dropped => None,
    };
    if let Some(status) =
        error.as_ref().filter(|status| reason_of(status) == Some(Reason::FieldInvalid))
    {
        node.shared.watching.refusals.messages.count_in(1);
        node.shared.publish(EventKind::Refused, status.message());
    }
    node.shared.links.end(operator, incarnation, error);
    // The stream ends first. Messages that the ledger still sends to it are dropped, and the next
    // registration makes the ledger resend them. The command fails when the ledger has stopped.
    let _ = node.ledger.submit(move |ledger, _| ledger.link_down(operator, incarnation)).await;
}

/// Registers the operator; a refusal is sent on the stream, which then ends.
async fn register(
    node: &Node,
    proven: Option<OperatorCode>,
    requests: &mut Streaming<v1::ExchangeRequest>,
    stream: Stream,
) -> Option<(OperatorNumber, u64)> {
    let within = seconds(node.config.transport.message_seconds);
    let first =
        tokio::time::timeout(within, next(requests)).await.unwrap_or_else(|_| Err(unregistered()));
    let first = first.and_then(|first| first.ok_or_else(unregistered));
    let registration =
        first.and_then(|first| Ok((first.place, first.registration.ok_or_else(unregistered)?)));
    let (place, registration) = match registration {
        Ok(registration) => registration,
        Err(status) => {
            if let Some(left_out) = node.shared.watching.refusals.links.add() {
                tracing::warn!(error = status.message(), left_out, "a link was refused");
            }
            stream.refuse(status);
            return None;
        }
    };
    if let Some(owner) = proven.filter(|owner| *owner != registration.operator) {
        let operator = registration.operator;
        stream.refuse(
            node.refuse_secret(&format!("{operator} registers with the secret of {owner}"), None),
        );
        return None;
    }
    // The head is read from the file before the command, because the ledger's thread must not wait
    // for the disk. A head never changes once it is written.
    let own_head = find_own_head(node, registration.central_bank_batch).await;
    let (refusing, shared) = (node.clone(), node.shared.clone());
    let registered = node.ledger.write_waiting(move |ledger, now| {
        match ledger.register(place, &registration, own_head, now) {
            Ok(operator) => {
                // Set within the batch: the messages of the registration are released after it and
                // must find the new stream.
                shared.links.set(operator, place.incarnation, stream);
                Some(operator)
            }
            Err(error) => {
                stream.refuse(refusing.refuse_registration(error));
                None
            }
        }
    });
    registered.await.ok().flatten().map(|operator| (operator, place.incarnation))
}

/// The head of this ledger's chain at the last batch that an operator has seen. `None` when there
/// is no such batch yet or the file cannot be read; the operator is then asked to try again.
async fn find_own_head(node: &Node, batch: u64) -> Option<Head> {
    if batch == 0 {
        return None;
    }
    let path = node.ledger_file.clone();
    let found = tokio::task::spawn_blocking(move || store::head_at(&path, batch)).await;
    match found.ok()? {
        Ok(head) => head,
        Err(error) => {
            // A peer decides how often it asks.
            if let Some(left_out) = node.shared.watching.refusals.links.line() {
                tracing::warn!(%error, left_out, "cannot look up the head of a batch");
            }
            None
        }
    }
}

/// Passes messages to the ledger until the operator ends the link or sends one that cannot be read.
async fn receive(
    node: &Node,
    requests: &mut Streaming<v1::ExchangeRequest>,
    operator: OperatorNumber,
    incarnation: u64,
) -> Result<(), Status> {
    while let Some(message) = next(requests).await? {
        if message.place.incarnation != incarnation {
            let found = message.place.incarnation;
            let text =
                format!("incarnation {found} is not the {incarnation} that this link registered");
            return Err(FieldError::new(Reason::FieldInvalid, "incarnation", text).into());
        }
        crash::point(crash::BEFORE_RECEIVE);
        // A full queue makes the link wait. HTTP/2 then slows the operator down, so that no message
        // of a link is ever refused for overload.
        node.ledger.submit(move |ledger, now| ledger.receive(operator, message, now)).await?;
        crash::point(crash::AFTER_RECEIVE);
    }
    Ok(())
}

async fn next(
    requests: &mut Streaming<v1::ExchangeRequest>,
) -> Result<Option<OperatorMessage>, Status> {
    let Some(message) = requests.message().await? else { return Ok(None) };
    let message = OperatorMessage::try_from(message);
    message.map(Some).map_err(|error: ColumnError| {
        FieldError::new(Reason::FieldInvalid, "message", error).into()
    })
}

fn unregistered() -> Status {
    FieldError::new(
        Reason::FieldInvalid,
        "registration",
        "the first message of a link carries no registration",
    )
    .into()
}
