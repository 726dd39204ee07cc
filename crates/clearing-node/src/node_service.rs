//! NodeService, the same at every process: its role, the size of its ledger, its audit and its
//! events.

use std::pin::Pin;

use clearing_api::enums::WireEnum as _;
use clearing_api::v1::node_service_server::{NodeService, NodeServiceServer};
use clearing_api::{enums, text, v1};
use clearing_config::ClusterConfig;
use clearing_domain::money::Timestamp;
use clearing_domain::seal::{Chain, Invariant};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use crate::watching::Watching;

/// The part of a process's description that does not change while it runs.
#[derive(Debug)]
pub struct Identity<'a> {
    /// The tier.
    pub role: v1::node::Role,
    /// The operator's code; empty at the central bank.
    pub operator_code: String,
    /// The configuration of the cluster.
    pub config: &'a ClusterConfig,
    /// When the process started.
    pub started_at: Timestamp,
}

/// The size of a process's ledger, and the state of its link.
#[derive(Debug)]
pub struct Progress {
    /// The hash chain.
    pub chain: Chain,
    /// How many wallets there are; 0 at the central bank.
    pub wallets: usize,
    /// How many payments, or transfers at the central bank.
    pub payments: usize,
    /// Whether the link to the central bank is up.
    pub linked: bool,
    /// The settlement mode in force.
    pub settlement_mode: v1::SettlementMode,
}

/// The state that the services of a process share, as far as every process has it.
#[tonic::async_trait]
pub trait Described: Clone + Send + Sync + 'static {
    /// A change of a record, as subscribers receive it.
    type Change: Send + Sync + 'static;
    /// The key by which subscribers choose their records.
    type Key: Send + Sync + 'static;

    /// The fixed part of its description.
    fn identity(&self) -> Identity<'_>;
    /// The size of its ledger.
    async fn progress(&self) -> Result<Progress, Status>;
    /// The invariants of its ledger, checked in memory.
    async fn audit(&self) -> Result<Vec<Invariant>, Status>;
    /// Those who watch it.
    fn watching(&self) -> &Watching<Self::Change, Self::Key>;
    /// Ends the streams that only this tier holds: the process has to finish.
    fn close_streams(&self) {}
}

/// The service over a process.
#[derive(Debug)]
pub struct Nodes<D>(D);

impl<D: Described> Nodes<D> {
    /// The server of NodeService over a process.
    pub fn over(node: D) -> NodeServiceServer<Self> {
        NodeServiceServer::new(Self(node))
    }
}

#[tonic::async_trait]
impl<D: Described> NodeService for Nodes<D> {
    type WatchEventsStream =
        Pin<Box<dyn Stream<Item = Result<v1::WatchEventsResponse, Status>> + Send>>;

    async fn get_node(
        &self,
        _: Request<v1::GetNodeRequest>,
    ) -> Result<Response<v1::GetNodeResponse>, Status> {
        let progress = self.0.progress().await?;
        let Identity { role, operator_code, config, started_at } = self.0.identity();
        let node = v1::Node {
            role: role.into(),
            operator_code,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            regime: v1::node::Regime::of(config.regime).into(),
            settlement_mode: Some(progress.settlement_mode),
            clock: enums::clock_mode(config.lockstep_clock).into(),
            batch: progress.chain.batch,
            rows: progress.chain.row,
            wallets: progress.wallets as u64,
            payments: progress.payments as u64,
            linked: progress.linked,
            start_time: Some(text::timestamp(started_at)),
            refusals: Some(self.0.watching().refusals.view()),
        };
        Ok(Response::new(v1::GetNodeResponse { node: Some(node) }))
    }

    async fn get_audit(
        &self,
        _: Request<v1::GetAuditRequest>,
    ) -> Result<Response<v1::GetAuditResponse>, Status> {
        Ok(Response::new(clearing_api::shown::audit(self.0.audit().await?)))
    }

    async fn watch_events(
        &self,
        _: Request<v1::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        Ok(Response::new(Box::pin(self.0.watching().events.subscribe()?)))
    }
}
