//! The process of the central bank: its services over the rules of `clearing_domain::central_bank`.

mod links;
mod node;
mod relay;
mod release;
mod services;
pub mod store;
mod timer;
mod view;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clearing_api::v1::clearing_service_server::{self, ClearingServiceServer};
use clearing_api::v1::clock_service_server::{self, ClockServiceServer};
use clearing_api::v1::directory_service_server::{self, DirectoryServiceServer};
use clearing_api::v1::interbank_service_server::{self, InterbankServiceServer};
use clearing_api::v1::issuance_service_server::{self, IssuanceServiceServer};
use clearing_api::v1::limit_service_server::{self, LimitServiceServer};
use clearing_api::v1::membership_service_server::{self, MembershipServiceServer};
use clearing_api::v1::queue_service_server::{self, QueueServiceServer};
use clearing_api::v1::settlement_service_server::{self, SettlementServiceServer};
use clearing_config::ClusterConfig;
use clearing_domain::HashKey;
use clearing_domain::central_bank::CentralBankLedger;
use clearing_node::data_dir::DataDir;
use clearing_node::process::{self, Assembly, Process, Tier};
use clearing_node::secret::{self, SecretError, Secrets};
use clearing_node::serve::{MESSAGE_BYTES_MAX, ServeOptions};
use clearing_node::witness::send_witnesses;
use clearing_node::{NodeError, key_file};
use tokio::sync::{mpsc, watch};
use tonic::service::Routes;

use node::{Node, Pulse, Shared};
use relay::Relay;
use release::CentralBankRelease;
use services::{
    Clearing, Clocks, Directories, Interbank, Issuance, Limits, Memberships, Queues, Settlements,
};
use store::CentralBankTables;

/// Serves the central bank until a stop is requested. The operators' secrets are in the folder
/// `secrets`, or in the default folder beside the ledger.
pub async fn serve(options: ServeOptions, secrets: Option<PathBuf>) -> Result<(), NodeError> {
    process::run(CentralBank { secrets }, options).await
}

/// The tier of the central bank.
struct CentralBank {
    /// The folder of the operators' secrets, when it is named.
    secrets: Option<PathBuf>,
}

impl Tier for CentralBank {
    type Tables = CentralBankTables;
    type Release = CentralBankRelease;
    type Node = Node;
    const SERVICES: &'static [&'static str] = &[
        directory_service_server::SERVICE_NAME,
        issuance_service_server::SERVICE_NAME,
        clearing_service_server::SERVICE_NAME,
        settlement_service_server::SERVICE_NAME,
        limit_service_server::SERVICE_NAME,
        queue_service_server::SERVICE_NAME,
        membership_service_server::SERVICE_NAME,
        clock_service_server::SERVICE_NAME,
        interbank_service_server::SERVICE_NAME,
    ];

    fn tables(&self, config: &ClusterConfig) -> CentralBankTables {
        CentralBankTables::new(config)
    }

    fn assemble(
        self,
        ledger: &mut CentralBankLedger,
        process: &Process<'_, CentralBankLedger>,
    ) -> Result<Assembly<Self>, NodeError> {
        let (transfers, cycles) = (ledger.transfers().len(), ledger.cycles().len());
        tracing::info!(transfers, cycles, "ledger loaded");
        let config = &process.config;
        let alias_key = alias_key(ledger, process.data_dir)?;
        ledger.key_aliases(alias_key);
        let folder =
            self.secrets.unwrap_or_else(|| secret::default_folder(process.data_dir.root()));
        let secrets = open_secrets(config, &folder)?;
        // The central bank hashes no documents itself: it makes the key for the operators.
        key_file::open_in(&folder, key_file::IDENTITY_KEY)?;
        let shared =
            Arc::new(Shared::new(secrets, alias_key, &config.transport, Relay::new(ledger)));
        // The map is filled before the process listens, so that no lookup misses an alias.
        for (alias, wallet) in ledger.aliases() {
            shared.aliases.insert(*alias, *wallet);
        }
        let (sender, pulse) = watch::channel(Pulse { due: ledger.next_due(), ..Pulse::default() });
        let (fail, failures) = mpsc::unbounded_channel();
        let node = Node {
            ledger: process.ledger.clone(),
            shared: Arc::clone(&shared),
            config: Arc::clone(config),
            started_at: process.started_at,
            ledger_file: process.data_dir.ledger(),
            pulse,
            fail,
        };
        Ok(Assembly {
            release: CentralBankRelease {
                shared: Arc::clone(&shared),
                pulse: sender,
                reported: BTreeMap::new(),
            },
            routes: routes(&node),
            link_proven: shared.secrets.is_some(),
            link_refused: watch::channel(false).1,
            ready: Box::pin(std::future::ready(())),
            fault: Box::pin(fault(failures)),
            beside: Box::pin(keep(node.clone())),
            node,
        })
    }
}

/// Waits for the error of a task that ends the process.
async fn fault(mut failures: mpsc::UnboundedReceiver<NodeError>) -> NodeError {
    match failures.recv().await {
        Some(error) => error,
        // Nobody is left who could fail; the services have ended.
        None => std::future::pending().await,
    }
}

/// Keeps the clock of the ledger, and reports its last batch to the operators.
async fn keep(node: Node) {
    // In lockstep business time moves with the ticks, and a timer must not move it.
    let clocked = !node.config.lockstep_clock;
    let timer = async {
        if clocked {
            timer::run(node.ledger.clone(), node.pulse.clone()).await
        }
    };
    tokio::join!(timer, send_witnesses(&node.ledger));
}

/// The secrets with which operators prove themselves; `None` where links are open to all.
fn open_secrets(config: &ClusterConfig, folder: &Path) -> Result<Option<Secrets>, NodeError> {
    let codes = config.operators.iter().map(|operator| operator.code);
    Ok(config.link_secrets.then(|| Secrets::open(folder, codes)).transpose()?)
}

/// The key of the hashes of aliases. A ledger with aliases of another key is not served: its
/// aliases would not be found, and could be linked to a second wallet.
fn alias_key(ledger: &CentralBankLedger, data_dir: &DataDir) -> Result<HashKey, NodeError> {
    let path = data_dir.root().join(key_file::ALIAS_KEY);
    let found = key_file::read(&path)?.unwrap_or_default();
    // Checked before a missing key is made: a new key would hide that the old one is lost.
    if !ledger.is_alias_key(&found) {
        return Err(SecretError::OtherKey { path }.into());
    }
    Ok(key_file::open(&path)?)
}

fn routes(node: &Node) -> Routes {
    Routes::new(DirectoryServiceServer::new(Directories(node.clone())))
        .add_service(IssuanceServiceServer::new(Issuance(node.clone())))
        .add_service(ClearingServiceServer::new(Clearing(node.clone())))
        .add_service(SettlementServiceServer::new(Settlements(node.clone())))
        .add_service(LimitServiceServer::new(Limits(node.clone())))
        .add_service(QueueServiceServer::new(Queues(node.clone())))
        .add_service(MembershipServiceServer::new(Memberships(node.clone())))
        .add_service(ClockServiceServer::new(Clocks(node.clone())))
        .add_service(
            InterbankServiceServer::new(Interbank(node.clone()))
                .max_decoding_message_size(MESSAGE_BYTES_MAX)
                .max_encoding_message_size(MESSAGE_BYTES_MAX),
        )
}
