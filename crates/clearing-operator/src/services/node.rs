//! The description of an operator for NodeService.

use clearing_api::v1;
use clearing_domain::money::WalletNumber;
use clearing_domain::operator::LinkPhase;
use clearing_domain::seal::Invariant;
use clearing_node::node_service::{Described, Identity, Progress};
use tonic::Status;

use crate::node::{Node, Watching};

#[tonic::async_trait]
impl Described for Node {
    type Change = v1::Payment;
    type Key = WalletNumber;

    fn identity(&self) -> Identity<'_> {
        Identity {
            role: v1::node::Role::Operator,
            operator_code: self.settings.code.to_string(),
            config: &self.config,
            started_at: self.started_at,
        }
    }

    async fn progress(&self) -> Result<Progress, Status> {
        // The central bank is asked before the ledger's thread reads, which must not wait for it.
        let settlement_mode = self.settlement_mode().await;
        let progress = self.read(move |ledger, _| Progress {
            chain: ledger.chain(),
            wallets: ledger.wallets().len(),
            payments: ledger.payments().len(),
            linked: ledger.link_phase() == LinkPhase::Up,
            settlement_mode,
        });
        progress.await
    }

    async fn audit(&self) -> Result<Vec<Invariant>, Status> {
        self.read(|ledger, _| ledger.audit_in_memory()).await
    }

    fn watching(&self) -> &Watching {
        &self.watching
    }
}
