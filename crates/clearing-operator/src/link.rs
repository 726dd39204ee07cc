//! The operator's link to the central bank: the operator dials, registers, and dials again when the
//! link breaks.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clearing_api::status::{FieldError, reason_of};
use clearing_api::v1;
use clearing_api::v1::interbank_service_client::InterbankServiceClient;
use clearing_domain::Reason;
use clearing_domain::link::{CentralBankMessage, OperatorMessage, Witness};
use clearing_domain::money::OperatorCode;
use clearing_domain::operator::OperatorLedger;
use clearing_node::ledger::LedgerHandle;
use clearing_node::refusals::Pace;
use clearing_node::secret::{SecretError, SecretSource};
use clearing_node::serve::MESSAGE_BYTES_MAX;
use clearing_node::witness::send_witnesses;
use clearing_node::{NodeError, crash, store};
use tokio::sync::{Notify, mpsc, watch};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};

use crate::node::{Node, Watching};
use crate::proof::prove;
use crate::questions;

/// How many messages may wait for the link. Beyond that the link ends; after the next registration
/// the ledger resends everything that has no final outcome.
const WAITING_MAX: usize = 4096;
/// How long to wait before dialling again, from the first failure to the last.
const REDIAL: [Duration; 5] = [
    Duration::from_millis(20),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
];
/// How long to wait before dialling again when the central bank refused the link: a person has to
/// correct the cause, such as a wrong secret.
const REFUSED_WAIT: Duration = Duration::from_secs(1);

/// The outlet of the ledger's messages: the stream of the present link, if there is one.
#[derive(Debug, Default)]
pub(crate) struct LinkSender {
    present: Mutex<Option<(u64, mpsc::Sender<OperatorMessage>)>>,
}

impl LinkSender {
    /// Sends a message of the present incarnation. Never waits.
    pub(crate) fn send(&self, message: OperatorMessage) {
        let mut present = self.lock();
        let Some((incarnation, sender)) = present.as_ref() else { return };
        crash::point(crash::BEFORE_SEND);
        if message.place.incarnation == *incarnation && sender.try_send(message).is_err() {
            // Closed or full: the message is lost, and a link must not go on with a gap. It ends,
            // and after the next registration the ledger resends.
            *present = None;
        }
        crash::point(crash::AFTER_SEND);
    }

    /// Ends the present link.
    pub(crate) fn reset(&self) {
        *self.lock() = None;
    }

    fn set(&self, incarnation: u64, sender: mpsc::Sender<OperatorMessage>) {
        *self.lock() = Some((incarnation, sender));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(u64, mpsc::Sender<OperatorMessage>)>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the link up until the process stops.
#[derive(Debug)]
pub(crate) struct LinkTask {
    /// The operator that links.
    pub(crate) code: OperatorCode,
    pub(crate) ledger: LedgerHandle<OperatorLedger>,
    pub(crate) sender: Arc<LinkSender>,
    pub(crate) channel: Channel,
    /// The source of the secret that opens the link; `None` where links need none.
    pub(crate) secret: Option<SecretSource>,
    pub(crate) watching: Arc<Watching>,
    /// The file of the ledger, which holds every head of its chain.
    pub(crate) ledger_file: PathBuf,
    /// Whether the central bank refuses the link for a cause that a person has to correct. Health
    /// is NOT_SERVING meanwhile.
    pub(crate) refused: watch::Sender<bool>,
    /// The pace of log lines about refused links.
    pub(crate) pace: Pace,
    /// The pace of log lines about new links.
    pub(crate) pace_of_links: Pace,
    /// The pace of log lines about ended links.
    pub(crate) pace_of_ends: Pace,
    /// The state with which questions of other operators are answered.
    pub(crate) node: Node,
}

impl LinkTask {
    /// Creates the task; it dials when it runs.
    pub(crate) fn new(
        node: &Node,
        sender: Arc<LinkSender>,
        channel: Channel,
        secret: Option<SecretSource>,
        ledger_file: PathBuf,
    ) -> Self {
        Self {
            code: node.settings.code,
            ledger: node.ledger.clone(),
            sender,
            channel,
            secret,
            watching: Arc::clone(&node.watching),
            ledger_file,
            refused: watch::Sender::new(false),
            pace: Pace::default(),
            pace_of_links: Pace::default(),
            pace_of_ends: Pace::default(),
            node: node.clone(),
        }
    }

    /// Runs until it is dropped, after the last call of the process is answered, because payments
    /// in flight still need the link. Ends by itself only when the two ledgers disagree on the
    /// past.
    pub(crate) async fn run(self) -> NodeError {
        let mut failures = 0;
        loop {
            match self.link().await {
                Ok(messages) if messages > 0 => failures = 0,
                Ok(_) => {}
                Err(status)
                    if matches!(
                        reason_of(&status),
                        Some(Reason::LedgerBehind | Reason::LedgerForked)
                    ) =>
                {
                    // This file lost batches that the central bank has seen. Every further payment
                    // would deepen the divergence, so the process stops.
                    return NodeError::Diverged(status.message().to_owned());
                }
                Err(status) => {
                    if self.is_refused(&status) {
                        tokio::time::sleep(REFUSED_WAIT).await;
                    }
                }
            }
            tokio::time::sleep(REDIAL[failures.min(REDIAL.len() - 1)]).await;
            failures += 1;
        }
    }

    /// Logs why there is no link; returns whether a person has to correct the cause.
    fn is_refused(&self, status: &Status) -> bool {
        let error = status.message();
        let refused = matches!(
            reason_of(status),
            Some(
                Reason::OperatorSecretWrong | Reason::CentralBankBehind | Reason::CentralBankForked
            )
        );
        if !refused {
            tracing::debug!(error, "no link to the central bank");
            return false;
        }
        // Subscribers receive one event when the refusal begins; the log repeats it at its own
        // pace.
        if !self.refused.send_replace(true) {
            self.watching.events.publish("link_refused", error);
        }
        if let Some(left_out) = self.pace.next(Instant::now()) {
            tracing::error!(
                error,
                left_out,
                "the central bank refuses the link; it is asked again"
            );
        }
        true
    }

    /// Adds the proof to the metadata of the call. Without a secret the operator does not dial.
    fn prove(&self, metadata: &mut MetadataMap) -> Result<(), Status> {
        let Some(secret) = &self.secret else { return Ok(()) };
        let secret = secret.read().map_err(|error| self.without_secret(&error))?;
        prove(metadata, self.code, &secret)
    }

    /// Logs that there is no secret: a central bank on the same machine may not have made it yet.
    fn without_secret(&self, error: &SecretError) -> Status {
        if let Some(left_out) = self.pace.next(Instant::now()) {
            tracing::warn!(%error, left_out, "cannot link to the central bank without a secret");
        }
        Status::unavailable(error.to_string())
    }

    /// Runs one link from its registration to its end; returns the number of received messages.
    async fn link(&self) -> Result<u64, Status> {
        let (sender, outgoing) = mpsc::channel(WAITING_MAX);
        // The call is opened before the registration: each registration writes a new incarnation,
        // and attempts without a peer must not write any.
        let mut client = InterbankServiceClient::new(self.channel.clone())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX);
        let requests = ReceiverStream::new(outgoing).map(v1::ExchangeRequest::from);
        let mut request = Request::new(requests);
        self.prove(request.metadata_mut())?;
        let responses = client.exchange(request).await?.into_inner();
        let link = Arc::clone(&self.sender);
        let incarnation = self
            .ledger
            .write_waiting(move |ledger, _| {
                ledger.link_up();
                let incarnation = ledger.link().incarnation;
                // Set on the ledger's thread, in the batch of the registration: its message is
                // released after this batch and must find the new stream, not the one before.
                link.set(incarnation, sender);
                incarnation
            })
            .await?;
        let registered = Notify::new();
        let ended = tokio::select! {
            ended = self.receive(responses, &registered) => ended,
            stopped = send_witnesses(&self.ledger) => Err(stopped.into()),
            never = self.answer_questions(&registered, incarnation) => match never {},
        };
        self.sender.reset();
        self.ledger
            .submit(move |ledger, _| {
                // A newer link may be up already; the end of the old one must not bring it down.
                if ledger.link().incarnation == incarnation {
                    ledger.link_down();
                }
            })
            .await?;
        self.log_end(&ended);
        self.watching.events.publish("link_down", "the link to the central bank ended");
        ended
    }

    /// Logs the end of a link, at a pace: the central bank decides how often a link ends, as it may
    /// refuse each registration on the stream.
    fn log_end(&self, ended: &Result<u64, Status>) {
        let Some(left_out) = self.pace_of_ends.next(Instant::now()) else { return };
        match ended {
            Ok(messages) => {
                tracing::info!(messages, left_out, "the link to the central bank ended")
            }
            Err(status) => tracing::warn!(
                error = status.message(),
                left_out,
                "the link to the central bank broke"
            ),
        }
    }

    /// Compares the head that this ledger reported to the central bank earlier with the head in its
    /// file. Only the registration has been sent by then, so a forked file does no harm.
    async fn check_witness(&self, witness: Witness) -> Result<(), Status> {
        if witness == Witness::default() {
            return Ok(());
        }
        let path = self.ledger_file.clone();
        let found = tokio::task::spawn_blocking(move || store::head_at(&path, witness.batch)).await;
        let found = found.map_err(|error| Status::internal(error.to_string()))?;
        match found.map_err(|error| Status::internal(error.to_string()))? {
            Some(head) if witness.agrees_with(&head) => Ok(()),
            Some(_) | None => {
                let text = format!(
                    "this ledger is a fork: at batch {} its chain has another head than the one it reported to the \
                     central bank; put back the newest file",
                    witness.batch
                );
                Err(FieldError::new(Reason::LedgerForked, "batch", text).into())
            }
        }
    }

    /// Answers the questions of other operators for as long as the link is up.
    async fn answer_questions(&self, registered: &Notify, incarnation: u64) -> Infallible {
        registered.notified().await;
        loop {
            if let Err(status) = questions::answer_all(&self.node, incarnation).await {
                tracing::debug!(error = status.message(), "no questions of other operators come");
            }
            tokio::time::sleep(REDIAL[REDIAL.len() - 1]).await;
        }
    }

    async fn receive(
        &self,
        mut responses: Streaming<v1::ExchangeResponse>,
        registered: &Notify,
    ) -> Result<u64, Status> {
        let mut messages = 0;
        while let Some(message) = responses.message().await? {
            if messages == 0 {
                registered.notify_one();
                self.refused.send_replace(false);
                if let Some(left_out) = self.pace_of_links.next(Instant::now()) {
                    tracing::info!(left_out, "linked to the central bank");
                }
                self.watching.events.publish("link_up", "linked to the central bank");
            }
            messages += 1;
            // A message that cannot be read ends the link. It is not skipped: the ledger applies
            // messages in their order and without a gap.
            let message = CentralBankMessage::try_from(message)
                .map_err(|error| Status::invalid_argument(error.to_string()))?;
            if let Some(witness) = message.witness {
                self.check_witness(witness).await?;
            }
            crash::point(crash::BEFORE_RECEIVE);
            self.ledger.submit(move |ledger, now| ledger.receive(message, now)).await?;
            crash::point(crash::AFTER_RECEIVE);
        }
        Ok(messages)
    }
}
