//! TreasuryService: the run serves the desk at which treasurers outside decide.

mod wire;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use clearing_api::status::FieldError;
use clearing_api::v1;
use clearing_api::v1::treasury_service_server::{self, TreasuryService, TreasuryServiceServer};
use clearing_domain::Reason;
use clearing_node::ProgramError;
use clearing_node::serve::{MESSAGE_BYTES_MAX, bind, with_standard_services};
use thiserror::Error;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use crate::engine::{Desk, DeskRefusal, DeskService};
use crate::experiment::{Experiment, Policy};

/// How long calls that are answered may take to leave when the run is over.
const FINISH_WITHIN: Duration = Duration::from_secs(6);

/// A desk that is served.
#[derive(Debug)]
pub struct TreasuryServer {
    /// Where it is reached.
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), tonic::transport::Error>>,
}

/// A desk that cannot be served.
#[derive(Debug, Error)]
pub enum TreasuryError {
    /// Nobody would come to it.
    #[error("--treasury: no rule of the experiment has policy = \"outside\"")]
    NobodyOutside,
    /// The address cannot be listened on.
    #[error("--treasury: cannot listen: {0}")]
    Listen(#[from] clearing_node::NodeError),
    /// The server ended.
    #[error("the treasury service ended: {0}")]
    Server(#[from] tonic::transport::Error),
    /// The task of the server ended.
    #[error("the treasury service ended: {0}")]
    Task(#[from] io::Error),
}

impl ProgramError for TreasuryError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::NobodyOutside => 2,
            Self::Listen(_) | Self::Server(_) | Self::Task(_) => 3,
        }
    }
}

/// Serves the desk of an experiment at an address; port 0 takes any free one. Each operator has to
/// decide within a time.
pub async fn serve(
    experiment: &Experiment,
    listen: SocketAddr,
    deadline: Duration,
) -> Result<(Desk, TreasuryServer), TreasuryError> {
    let rules = || experiment.treasuries.iter().filter(|rule| rule.policy == Policy::Outside);
    let codes = experiment.cluster.operators.iter().map(|operator| operator.code);
    let outside = codes
        .filter(|code| rules().any(|rule| rule.operator.is_none_or(|operator| operator == *code)));
    let outside: Vec<_> = outside.collect();
    if outside.is_empty() {
        return Err(TreasuryError::NobodyOutside);
    }
    let (listener, address) = bind(listen).await?;
    let (desk, service) = Desk::open(outside, deadline);
    let routes = Routes::new(
        TreasuryServiceServer::new(Treasurers(service))
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX),
    );
    let (routes, _) = with_standard_services(routes, &[treasury_service_server::SERVICE_NAME]);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server::builder().add_routes(routes).serve_with_incoming_shutdown(
        TcpIncoming::from(listener),
        async {
            // An error is the end of the run, too.
            let _ = stopped.await;
        },
    );
    let server = tokio::spawn(server);
    Ok((desk, TreasuryServer { address, stop, server }))
}

impl TreasuryServer {
    /// Lets the calls that the end of the run has answered leave, then stops.
    pub async fn finish(self) -> Result<(), TreasuryError> {
        let Self { stop, server, .. } = self;
        // The receiver is gone only when the server has ended.
        let _ = stop.send(());
        match tokio::time::timeout(FINISH_WITHIN, server).await {
            Ok(Ok(ended)) => Ok(ended?),
            Ok(Err(error)) => Err(io::Error::other(error).into()),
            // A client that keeps its connection open keeps no result back.
            Err(_) => Ok(()),
        }
    }
}

/// Serves the treasurers outside.
#[derive(Clone, Debug)]
struct Treasurers(DeskService);

#[tonic::async_trait]
impl TreasuryService for Treasurers {
    async fn decide(
        &self,
        request: Request<v1::DecideRequest>,
    ) -> Result<Response<v1::DecideResponse>, Status> {
        let request = request.into_inner();
        let decisions = wire::decisions(&request)?;
        let shown = self.0.decide(request.tick, decisions).await.map_err(refused)?;
        Ok(Response::new(v1::DecideResponse {
            finished: shown.is_empty(),
            tick: shown.first().map_or(0, |observation| observation.clock.tick),
            observations: shown.iter().map(wire::observation).collect(),
        }))
    }
}

fn refused(refusal: DeskRefusal) -> Status {
    let message = refusal.to_string();
    let (reason, field) = match refusal {
        DeskRefusal::Operator(_) => (Reason::OperatorUnknown, "operator_code"),
        DeskRefusal::Twice(_) => (Reason::FieldInvalid, "operator_code"),
        DeskRefusal::Tick { .. } => (Reason::FieldInvalid, "tick"),
        DeskRefusal::Contradicts { .. } => (Reason::RequestIdReused, "tick"),
        DeskRefusal::Invalid { field, .. } => (Reason::FieldInvalid, field),
        DeskRefusal::Failed => return Status::aborted(message),
    };
    FieldError::new(reason, field, message).into()
}
