//! The description of the central bank for NodeService.

use clearing_api::{settlement_mode, v1};
use clearing_domain::money::OperatorCode;
use clearing_domain::seal::Invariant;
use clearing_node::node_service::{Described, Identity, Progress};
use tonic::Status;

use crate::node::{Node, Watching};

#[tonic::async_trait]
impl Described for Node {
    type Change = v1::WatchHeadroomResponse;
    type Key = OperatorCode;

    fn identity(&self) -> Identity<'_> {
        Identity {
            role: v1::node::Role::CentralBank,
            operator_code: String::new(),
            config: &self.config,
            started_at: self.started_at,
        }
    }

    async fn progress(&self) -> Result<Progress, Status> {
        let progress = self.read(|ledger, _| Progress {
            chain: ledger.chain(),
            wallets: 0,
            payments: ledger.transfers().len(),
            linked: true,
            settlement_mode: settlement_mode::show(ledger.mode()),
        });
        progress.await
    }

    async fn audit(&self) -> Result<Vec<Invariant>, Status> {
        self.read(|ledger, _| ledger.audit_in_memory()).await
    }

    fn watching(&self) -> &Watching {
        &self.shared.watching
    }

    fn close_streams(&self) {
        self.shared.links.close_all();
    }
}
