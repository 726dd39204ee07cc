//! The process of the central bank: its services over the rules of `clearing_domain::central_bank`.

mod links;
mod node;
mod release;
mod services;
pub mod store;
mod timer;
mod view;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clearing_api::v1::clearing_service_server::{self, ClearingServiceServer};
use clearing_api::v1::clock_service_server::{self, ClockServiceServer};
use clearing_api::v1::directory_service_server::{self, DirectoryServiceServer};
use clearing_api::v1::interbank_service_server::{self, InterbankServiceServer};
use clearing_api::v1::issuance_service_server::{self, IssuanceServiceServer};
use clearing_api::v1::limit_service_server::{self, LimitServiceServer};
use clearing_api::v1::membership_service_server::{self, MembershipServiceServer};
use clearing_api::v1::node_service_server;
use clearing_api::v1::queue_service_server::{self, QueueServiceServer};
use clearing_api::v1::settlement_service_server::{self, SettlementServiceServer};
use clearing_domain::HashKey;
use clearing_domain::central_bank::CentralBankLedger;
use clearing_node::data_dir::DataDir;
use clearing_node::ledger::LedgerLoop;
use clearing_node::node_service::Nodes;
use clearing_node::secret::{self, SecretError, Secrets};
use clearing_node::serve::{self, MESSAGE_BYTES_MAX, ServeOptions, Stopper};
use clearing_node::store::LedgerStore;
use clearing_node::{NodeError, clock, key_file, telemetry};
use tokio::sync::{mpsc, watch};
use tonic::service::Routes;

use node::{Node, Pulse, Shared};
use release::CentralBankRelease;
use services::{
    Clearing, Clocks, Directories, Interbank, Issuance, Limits, Memberships, Queues, Settlements,
};
use store::CentralBankTables;

/// Serves the central bank until a stop is requested. The operators' secrets are in the folder
/// `secrets`, or in the default folder beside the ledger.
///
/// The ledger runs and its file is checked before the port is bound: a process that cannot serve
/// never appears to listen.
pub async fn serve(options: ServeOptions, secrets: Option<PathBuf>) -> Result<(), NodeError> {
    telemetry::start(options.log_format);
    #[cfg(feature = "failpoints")]
    let _armed = clearing_node::crash::arm();
    let data_dir = DataDir::lock(&options.data_dir)?;
    let (stopper, stopping) = Stopper::listen(options.exit_with_stdin)?;
    let (ledger, store, alias_key) = open_ledger(&options, &data_dir)?;
    let secrets = open_secrets(&options, secrets, &data_dir)?;
    let shared = Arc::new(Shared::new(secrets, alias_key, &options.config.transport));
    let trouble = store.trouble();
    // The map is filled before the process listens, so that no lookup misses an alias.
    for (alias, wallet) in ledger.aliases() {
        shared.aliases.insert(*alias, *wallet);
    }
    let (sender, pulse) = watch::channel(Pulse { due: ledger.next_due(), ..Pulse::default() });
    let release =
        CentralBankRelease { shared: Arc::clone(&shared), pulse: sender, told: BTreeMap::new() };
    let ledger_loop = LedgerLoop::new(ledger, store, release);
    let (handle, queue) = clearing_node::ledger::queue(options.config.queue_capacity);
    let (ledger_end, thread) = clearing_node::ledger::start(ledger_loop, queue)?;
    let (fail, mut failures) = mpsc::unbounded_channel();
    let node = Node {
        ledger: handle.clone(),
        shared: Arc::clone(&shared),
        config: Arc::new(options.config.clone()),
        started_at: clock::now(),
        ledger_file: data_dir.ledger(),
        pulse: pulse.clone(),
        fail,
    };
    let (listener, address) = serve::bind(options.listen).await?;
    let (routes, health) = serve::with_standard_services(routes(&node), &SERVICES);
    let (clocked, ledger) = (!options.config.lockstep_clock, handle.clone());
    // In lockstep business time moves with the ticks, and a timer must not move it.
    let timer = async move {
        if clocked {
            timer::run(ledger, pulse).await
        }
    };
    let witnesses = timer::send_witnesses(handle.clone());
    serve::say_ready(&health, address).await?;
    let trouble = serve::report_trouble(trouble, watch::channel(false).1, &health, |kind, text| {
        shared.events.publish(kind, text)
    });
    let served = serve::serve(
        listener,
        routes,
        stopping.clone(),
        &stopper,
        ledger_end,
        shared.guarding(&options.config),
    );
    let mut end_streams = stopping;
    let ended = tokio::select! {
        ended = served => ended,
        Some(error) = failures.recv() => Err(error),
        () = async {
            tokio::join!(timer, witnesses, trouble, async {
                end_streams.requested().await;
                shared.links.close_all();
                shared.events.close();
                shared.headroom.close();
            });
            std::future::pending::<()>().await;
        } => Ok(()),
    };
    clearing_node::ledger::finish(&handle, thread).await;
    ended
}

/// The ledger with its file, and the key of its aliases.
fn open_ledger(
    options: &ServeOptions,
    data_dir: &DataDir,
) -> Result<(CentralBankLedger, LedgerStore<CentralBankTables>, HashKey), NodeError> {
    let (mut ledger, store) = LedgerStore::open(
        &data_dir.ledger(),
        &options.config,
        CentralBankTables::new(&options.config),
    )?;
    tracing::info!(
        transfers = ledger.transfers().len(),
        cycles = ledger.cycles().len(),
        "ledger loaded"
    );
    let alias_key = alias_key(&ledger, data_dir)?;
    ledger.key_aliases(alias_key);
    Ok((ledger, store, alias_key))
}

/// The secrets with which operators prove themselves; `None` where links are open to all.
fn open_secrets(
    options: &ServeOptions,
    folder: Option<PathBuf>,
    data_dir: &DataDir,
) -> Result<Option<Secrets>, NodeError> {
    let folder = folder.unwrap_or_else(|| secret::default_folder(data_dir.root()));
    let codes = options.config.operators.iter().map(|operator| operator.code);
    Ok(options.config.link_secrets.then(|| Secrets::open(&folder, codes)).transpose()?)
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

/// The services of the central bank.
const SERVICES: [&str; 10] = [
    directory_service_server::SERVICE_NAME,
    issuance_service_server::SERVICE_NAME,
    clearing_service_server::SERVICE_NAME,
    settlement_service_server::SERVICE_NAME,
    limit_service_server::SERVICE_NAME,
    queue_service_server::SERVICE_NAME,
    membership_service_server::SERVICE_NAME,
    clock_service_server::SERVICE_NAME,
    node_service_server::SERVICE_NAME,
    interbank_service_server::SERVICE_NAME,
];

fn routes(node: &Node) -> Routes {
    Routes::new(DirectoryServiceServer::new(Directories(node.clone())))
        .add_service(IssuanceServiceServer::new(Issuance(node.clone())))
        .add_service(ClearingServiceServer::new(Clearing(node.clone())))
        .add_service(SettlementServiceServer::new(Settlements(node.clone())))
        .add_service(LimitServiceServer::new(Limits(node.clone())))
        .add_service(QueueServiceServer::new(Queues(node.clone())))
        .add_service(MembershipServiceServer::new(Memberships(node.clone())))
        .add_service(ClockServiceServer::new(Clocks(node.clone())))
        .add_service(Nodes::over(node.clone()))
        .add_service(
            InterbankServiceServer::new(Interbank(node.clone()))
                .max_decoding_message_size(MESSAGE_BYTES_MAX)
                .max_encoding_message_size(MESSAGE_BYTES_MAX),
        )
}
