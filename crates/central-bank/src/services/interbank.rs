//! InterbankService: the central bank's end of the links.

use std::pin::Pin;

use clearing_api::status::FieldError;
use clearing_api::v1;
use clearing_api::v1::interbank_service_server::InterbankService;
use clearing_domain::Reason;
use clearing_domain::central_bank::CentralBankError;
use clearing_domain::link::{CentralBankMessage, OperatorMessage};
use clearing_node::crash;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

use super::Answer;
use crate::links::WAITING_MAX;
use crate::node::Node;

/// Serves the links of operators.
#[derive(Clone, Debug)]
pub(crate) struct Interbank(pub(crate) Node);

#[tonic::async_trait]
impl InterbankService for Interbank {
    type ExchangeStream = Pin<Box<dyn Stream<Item = Result<v1::ExchangeResponse, Status>> + Send>>;

    async fn exchange(&self, request: Request<Streaming<v1::ExchangeRequest>>) -> Answer<Self::ExchangeStream> {
        let (sender, messages) = mpsc::channel(WAITING_MAX);
        let (failed, failure) = oneshot::channel();
        let link = Link { node: self.0.clone(), requests: request.into_inner(), sender };
        tokio::spawn(async move {
            if let Err(status) = link.run().await {
                // The operator may be gone.
                let _ = failed.send(status);
            }
        });
        // The stream of messages ends when the link does; a failure is told last.
        let failure = async_stream_of(failure);
        let messages = ReceiverStream::new(messages).map(|message: CentralBankMessage| Ok(message.into()));
        Ok(Response::new(Box::pin(messages.chain(failure))))
    }
}

/// A stream of the failure, if there is one.
fn async_stream_of(failure: oneshot::Receiver<Status>) -> impl Stream<Item = Result<v1::ExchangeResponse, Status>> {
    let (sender, stream) = mpsc::channel(1);
    tokio::spawn(async move {
        if let Ok(status) = failure.await {
            let _ = sender.send(Err(status)).await;
        }
    });
    ReceiverStream::new(stream)
}

/// One link, from its registration to its end.
struct Link {
    node: Node,
    requests: Streaming<v1::ExchangeRequest>,
    sender: mpsc::Sender<CentralBankMessage>,
}

impl Link {
    async fn run(mut self) -> Result<(), Status> {
        let first = self.next().await?.ok_or_else(unregistered)?;
        let registration = first.registration.ok_or_else(unregistered)?;
        let incarnation = first.place.incarnation;
        let (shared, sender) = (self.node.shared.clone(), self.sender);
        let registered = self.node.ledger.write_waiting(move |book, now| {
            let operator = book.0.register(first.place, &registration, now)?;
            shared.links.set(operator, incarnation, sender);
            Ok(operator)
        });
        let operator = registered.await?.map_err(|error: CentralBankError| {
            tracing::warn!(%error, "registration refused");
            Status::from(FieldError::from(error))
        })?;
        let mut requests = self.requests;
        let ended = loop {
            match next(&mut requests).await {
                Ok(Some(message)) => {
                    crash::point(crash::BEFORE_RECEIVE);
                    self.node.ledger.tell(move |book, now| book.0.receive(operator, message, now)).await?;
                    crash::point(crash::AFTER_RECEIVE);
                }
                Ok(None) => break Ok(()),
                Err(status) => break Err(status),
            }
        };
        self.node.ledger.tell(move |book, _| book.0.link_down(operator, incarnation)).await?;
        ended
    }

    async fn next(&mut self) -> Result<Option<OperatorMessage>, Status> {
        next(&mut self.requests).await
    }
}

async fn next(requests: &mut Streaming<v1::ExchangeRequest>) -> Result<Option<OperatorMessage>, Status> {
    let Some(message) = requests.message().await? else { return Ok(None) };
    let message = OperatorMessage::try_from(message);
    let malformed = |error: clearing_api::columns::ColumnError| {
        Status::from(FieldError::new(Reason::FieldInvalid, "message", error))
    };
    message.map(Some).map_err(malformed)
}

fn unregistered() -> Status {
    FieldError::new(Reason::FieldInvalid, "registration", "the first message of a link carries no registration").into()
}
