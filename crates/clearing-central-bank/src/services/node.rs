//! NodeService of the central bank.

use std::pin::Pin;

use clearing_api::text;
use clearing_api::v1;
use clearing_api::v1::node_service_server::NodeService;
use clearing_config::settlement_name;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use crate::node::Node;

/// Serves the state of the process.
#[derive(Clone, Debug)]
pub(crate) struct Nodes(pub(crate) Node);

#[tonic::async_trait]
impl NodeService for Nodes {
    type WatchEventsStream =
        Pin<Box<dyn Stream<Item = Result<v1::WatchEventsResponse, Status>> + Send>>;

    async fn get_node(
        &self,
        _: Request<v1::GetNodeRequest>,
    ) -> Result<Response<v1::GetNodeResponse>, Status> {
        let described = self.0.config.describe();
        let (started_at, refusals) = (self.0.started_at, self.0.shared.refusals.view());
        let node = self.0.read(move |ledger, _| v1::Node {
            role: v1::node::Role::CentralBank.into(),
            operator_code: String::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            regime: described.regime.to_owned(),
            settlement_mode: settlement_name(ledger.mode()).to_owned(),
            clock: described.clock.to_owned(),
            batch: ledger.chain().batch,
            rows: ledger.chain().row,
            wallets: 0,
            payments: ledger.transfers().len() as u64,
            linked: true,
            start_time: Some(text::timestamp(started_at)),
            refusals: Some(refusals),
        });
        Ok(Response::new(v1::GetNodeResponse { node: Some(node.await?) }))
    }

    async fn get_audit(
        &self,
        _: Request<v1::GetAuditRequest>,
    ) -> Result<Response<v1::GetAuditResponse>, Status> {
        let invariants = self.0.read(|ledger, _| ledger.audit_in_memory()).await?;
        Ok(Response::new(clearing_api::shown::audit(invariants)))
    }

    async fn watch_events(
        &self,
        _: Request<v1::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        Ok(Response::new(Box::pin(self.0.shared.events.subscribe(None)?)))
    }
}
