//! The state that the services of the central bank share.

use std::sync::Arc;
use std::time::Instant;

use clearing_api::status::FieldError;
use clearing_api::v1;
use clearing_config::ClusterConfig;
use clearing_config::TransportLimits;
use clearing_domain::central_bank::{AliasHash, CentralBankError, CentralBankLedger, EventKind};
use clearing_domain::money::{OperatorCode, Timestamp, WalletNumber};
use clearing_domain::{HashKey, Reason};
use clearing_node::NodeError;
use clearing_node::ledger::LedgerHandle;
use clearing_node::refusals::Pace;
use clearing_node::secret::{AUTHORIZATION, OPERATOR, Secrets};
use dashmap::DashMap;
use tokio::sync::{mpsc, watch};
use tonic::metadata::MetadataMap;
use tonic::{Request, Status};

use crate::links::Links;
use crate::relay::Relay;

/// Those who watch the central bank.
pub(crate) type Watching =
    clearing_node::watching::Watching<v1::WatchHeadroomResponse, OperatorCode>;

/// The shared state; each service has a clone.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) ledger: LedgerHandle<CentralBankLedger>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) config: Arc<ClusterConfig>,
    pub(crate) started_at: Timestamp,
    /// The file of the ledger, which holds every head of its chain.
    pub(crate) ledger_file: std::path::PathBuf,
    /// Changes when a batch moved the clock.
    pub(crate) pulse: watch::Receiver<Pulse>,
    /// Ends the process with an error.
    pub(crate) fail: mpsc::UnboundedSender<NodeError>,
}

/// The state that the ledger's thread updates and every task reads.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The wallets that aliases name. They are read beside the ledger, so that no lookup waits for
    /// a batch.
    pub(crate) aliases: DashMap<AliasHash, WalletNumber>,
    /// The key of their hashes.
    pub(crate) alias_key: HashKey,
    /// The secrets of the operators, where they have to prove themselves.
    pub(crate) secrets: Option<Secrets>,
    /// Those who watch the central bank; its records are the operators' accounts, by their codes.
    pub(crate) watching: Watching,
    /// The pace of log lines about alarms.
    pub(crate) alarms: Pace,
    /// The pace of log lines about links.
    pub(crate) link_lines: Pace,
    /// The streams of the linked operators.
    pub(crate) links: Links,
    /// The operators that ask each other.
    pub(crate) relay: Relay,
}

/// The state of the clock for which tasks wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pulse {
    /// Counts the changes of tick or phase.
    pub(crate) state: clearing_domain::central_bank::ClockState,
    /// When the next cut-off, expiry or other event of the wall clock is due.
    pub(crate) due: Option<Timestamp>,
}

impl Shared {
    /// Starts without links and without subscribers.
    pub(crate) fn new(
        secrets: Option<Secrets>,
        alias_key: HashKey,
        limits: &TransportLimits,
        relay: Relay,
    ) -> Self {
        Self {
            aliases: DashMap::new(),
            alias_key,
            secrets,
            links: Links::default(),
            relay,
            watching: Watching::start(limits),
            alarms: Pace::default(),
            link_lines: Pace::default(),
        }
    }

    /// Logs an event and sends it to subscribers.
    pub(crate) fn publish(&self, kind: EventKind, text: &str) {
        let name = kind_name(kind);
        match kind {
            // The cause of an alarm may repeat it with every message.
            EventKind::Alarm => {
                if let Some(left_out) = self.alarms.next(Instant::now()) {
                    tracing::error!(alarm = text, left_out, "something that must never happen");
                }
            }
            // A peer decides how often it sends refused messages, so the log has a pace.
            EventKind::Refused => {
                if let Some(left_out) = self.watching.refusals.messages.line() {
                    tracing::warn!(left_out, "refused what an operator reported: {text}");
                }
            }
            // A peer decides how often it links.
            EventKind::LinkUp | EventKind::LinkDown => {
                if let Some(left_out) = self.link_lines.next(Instant::now()) {
                    tracing::info!(kind = name, left_out, "{text}");
                }
            }
            EventKind::CycleSettled
            | EventKind::CycleCarried
            | EventKind::CycleFrozen
            | EventKind::Overdrawn
            | EventKind::ModeChanged
            | EventKind::OperatorSuspended
            | EventKind::OperatorResumed => tracing::info!(kind = name, "{text}"),
        }
        self.watching.events.publish(name, text);
    }
}

fn kind_name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::LinkUp => "link_up",
        EventKind::LinkDown => "link_down",
        EventKind::CycleSettled => "cycle_settled",
        EventKind::CycleCarried => "cycle_carried",
        EventKind::CycleFrozen => "cycle_frozen",
        EventKind::Overdrawn => "overdrawn",
        EventKind::ModeChanged => "mode_changed",
        EventKind::OperatorSuspended => "operator_suspended",
        EventKind::OperatorResumed => "operator_resumed",
        EventKind::Refused => "message_refused",
        EventKind::Alarm => "alarm",
    }
}

impl Node {
    /// The operator whose secret a call carries, checked before the first message of its stream is
    /// read; `None` where no proof is needed. An operator that names itself and carries another's
    /// secret is refused here, before its ledger counts the attempt.
    pub(crate) fn prove(
        &self,
        metadata: &MetadataMap,
        from: Option<std::net::SocketAddr>,
    ) -> Result<Option<OperatorCode>, Status> {
        let Some(secrets) = &self.shared.secrets else { return Ok(None) };
        // The secret alone decides who calls. The code that a caller names may be anybody's.
        let authorization = metadata.get(AUTHORIZATION);
        let owner = authorization.and_then(|value| secrets.owner(value.as_bytes()));
        let Some(owner) = owner else {
            let why =
                if authorization.is_some() { "is no operator's secret" } else { "is missing" };
            return Err(self.refuse_secret(&format!("the secret of the operator {why}"), from));
        };
        let named = metadata
            .get(OPERATOR)
            .map(|value| value.to_str().ok().and_then(|code| code.parse().ok()));
        if named.is_some_and(|code: Option<OperatorCode>| code != Some(owner)) {
            let named = named
                .flatten()
                .map_or_else(|| "no operator's code".to_owned(), |code| code.to_string());
            return Err(
                self.refuse_secret(&format!("{named} dials with the secret of {owner}"), from)
            );
        }
        Ok(Some(owner))
    }

    /// Checks that a call comes from the operator that holds these wallets.
    pub(crate) fn prove_holder<T>(
        &self,
        request: &Request<T>,
        wallets: &[WalletNumber],
    ) -> Result<(), Status> {
        let Some(owner) = self.prove(request.metadata(), request.remote_addr())? else {
            return Ok(());
        };
        let prefix = self
            .config
            .operators
            .iter()
            .find(|operator| operator.code == owner)
            .map(|owner| owner.prefix);
        match wallets.iter().find(|wallet| Some(wallet.prefix()) != prefix) {
            None => Ok(()),
            Some(foreign) => Err(self.refuse_secret(
                &format!("wallet {foreign} is not one of {owner}"),
                request.remote_addr(),
            )),
        }
    }

    /// The error for a caller that does not prove which operator it is; it is counted.
    pub(crate) fn refuse_secret(&self, why: &str, from: Option<std::net::SocketAddr>) -> Status {
        if let Some(left_out) = self.shared.watching.refusals.links.add() {
            tracing::warn!(?from, left_out, "a caller who is to be an operator was refused: {why}");
        }
        FieldError::new(Reason::OperatorSecretWrong, AUTHORIZATION, why).into()
    }

    /// The error for an operator whose registration was refused; it is counted.
    ///
    /// When two operators have seen batches that this ledger lacks, the process ends: its file is
    /// an old one, and it would clear again what was cleared before. A single operator that reports
    /// such a batch may be wrong itself, and is only refused.
    pub(crate) fn refuse_registration(&self, error: CentralBankError) -> Status {
        if let Some(left_out) = self.shared.watching.refusals.links.add() {
            tracing::warn!(%error, left_out, "registration refused");
        }
        if error.is_agreed() {
            // The receiver is gone when the process ends already.
            let _ = self.fail.send(NodeError::Diverged(error.to_string()));
        }
        FieldError::from(error).into()
    }

    /// Changes the ledger and answers when the change is on disk; a refusal is a status with its
    /// reason.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut CentralBankLedger, Timestamp) -> Result<T, CentralBankError>
        + Send
        + 'static,
    ) -> Result<T, Status> {
        let changed = self.ledger.write(move |ledger, now| change(ledger, now)).await?;
        changed.map_err(|error| FieldError::from(error).into())
    }

    /// Reads the ledger.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&CentralBankLedger, Timestamp) -> T + Send + 'static,
    ) -> Result<T, Status> {
        Ok(self.ledger.read(move |ledger, now| read(ledger, now)).await?)
    }
}
