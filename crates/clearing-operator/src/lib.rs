//! The process of an operator: its services over the rules of `clearing_domain::operator`.

mod aliases;
mod directory;
mod link;
mod node;
mod orders;
mod release;
mod services;
pub mod store;
mod view;
mod waiters;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use clearing_api::settlement_mode;
use clearing_api::v1::experiment_service_server::{self, ExperimentServiceServer};
use clearing_api::v1::node_service_server;
use clearing_api::v1::payment_service_server::{self, PaymentServiceServer};
use clearing_api::v1::wallet_service_server::{self, WalletServiceServer};
use clearing_domain::money::OperatorCode;
use clearing_node::data_dir::DataDir;
use clearing_node::dial::endpoint_at;
use clearing_node::ledger::LedgerLoop;
use clearing_node::node_service::Nodes;
use clearing_node::secret::SecretSource;
use clearing_node::serve::{self, Guarding, MESSAGE_BYTES_MAX, ServeOptions, Stopper};
use clearing_node::store::LedgerStore;
use clearing_node::{NodeError, clock, key_file, telemetry};
use tokio::sync::oneshot;
use tonic::service::Routes;
use tonic::transport::Channel;

use aliases::Aliases;
use directory::Directory;
use link::{LinkSender, LinkTask};
use node::{Node, Watching};
use release::{Opening, OperatorRelease};
use services::{Experiments, Payments, Wallets};
use store::OperatorTables;
use waiters::Waiters;

/// Serves an operator until a stop is requested. The secret of its link is in `secret_file`, or in
/// one of the places of [`SecretSource`].
///
/// The folder is locked before the file is opened: of two processes only one may check and repair
/// it. An operator that has been linked once serves on-us payments without the central bank, so it
/// is ready at once; a new one waits for the roster and its opening money.
pub async fn serve(
    code: OperatorCode,
    central_bank: String,
    secret_file: Option<PathBuf>,
    options: ServeOptions,
) -> Result<(), NodeError> {
    telemetry::start(options.log_format);
    #[cfg(feature = "failpoints")]
    let _armed = clearing_node::crash::arm();
    let channel = dial(&central_bank)?;
    let settings = options.config.operator_settings(code)?;
    let data_dir = DataDir::lock(&options.data_dir)?;
    let (stopper, stopping) = Stopper::listen(options.exit_with_stdin)?;
    let tables = OperatorTables::new(settings);
    let (mut ledger, store) = LedgerStore::open(&data_dir.ledger(), &options.config, tables)?;
    tracing::info!(%code, wallets = ledger.wallets().len(), payments = ledger.payments().len(), "ledger loaded");
    let hash_key = key_file::open(&data_dir.root().join(key_file::PHONE_KEY))?;
    ledger.limit_refusals(options.config.refusals);
    let trouble = store.trouble();
    let linked_before = !ledger.roster().is_empty();
    let (opened, wait) = oneshot::channel();
    let opening =
        Opening { with_money: options.config.opens_with_money(code), opened: Some(opened) };
    let secret =
        options.config.link_secrets.then(|| SecretSource::new(secret_file, &data_dir, code));
    let (sender, waiters) = (Arc::<LinkSender>::default(), Arc::<Waiters>::default());
    let watching = Arc::new(Watching::new(&options.config.transport));
    let release = OperatorRelease {
        link: Arc::clone(&sender),
        waiters: Arc::clone(&waiters),
        watching: Arc::clone(&watching),
        opening,
    };
    let ledger_loop = LedgerLoop::new(ledger, store, release);
    let (handle, queue) = clearing_node::ledger::queue(options.config.queue_capacity);
    let (ledger_end, thread) = clearing_node::ledger::start(ledger_loop, queue)?;
    let node = Node {
        ledger: handle.clone(),
        waiters,
        watching: Arc::clone(&watching),
        directory: Directory::new(channel.clone(), code, secret.clone()),
        aliases: Arc::<Aliases>::default(),
        mode: Arc::new(Mutex::new(settlement_mode::show(options.config.mode))),
        hash_key,
        settings,
        config: Arc::new(options.config.clone()),
        started_at: clock::now(),
        stopping: stopping.clone(),
    };
    let (listener, address) = serve::bind(options.listen).await?;
    let (routes, health) = serve::with_standard_services(routes(&node), &SERVICES);
    let link = LinkTask::new(&node, sender, channel, secret, data_dir.ledger());
    let refused = link.refused.subscribe();
    let announce = async {
        if linked_before || wait.await.is_ok() {
            serve::say_ready(&health, address).await?;
        }
        serve::report_trouble(trouble, refused, &health, |kind, text| {
            watching.events.publish(kind, text)
        })
        .await;
        Ok(())
    };
    let (limits, refusals) = (options.config.transport, Arc::clone(&watching.refusals));
    let guard = Guarding { limits, link_proven: false, refusals };
    let served = serve::serve(listener, routes, stopping.clone(), &stopper, ledger_end, guard);
    let clock = async { tokio::join!(clock::keep(handle.clone()), node.clone().give_up_aliases()) };
    let ended = run(served, link.run(), announce, clock, &watching, stopping).await;
    clearing_node::ledger::finish(&handle, thread).await;
    ended
}

/// Serves, keeps the link and the clock and reports ready, all on this thread, until the serving
/// ends.
///
/// The link runs until the last call is answered: calls that finish while the process stops wait
/// for outcomes that only the link brings.
async fn run(
    served: impl Future<Output = Result<(), NodeError>>,
    link: impl Future<Output = NodeError>,
    announce: impl Future<Output = Result<(), NodeError>>,
    clock: impl Future,
    watching: &Watching,
    mut stopping: serve::Stopping,
) -> Result<(), NodeError> {
    let end_watching = async {
        stopping.requested().await;
        watching.close();
        std::future::pending::<()>().await;
    };
    let announce = async {
        announce.await?;
        std::future::pending().await
    };
    let keep = async {
        clock.await;
        std::future::pending::<()>().await;
    };
    tokio::pin!(served);
    tokio::select! {
        ended = &mut served => ended,
        diverged = link => Err(diverged),
        () = end_watching => Ok(()),
        unheard = announce => unheard,
        () = keep => Ok(()),
    }
}

/// The services of an operator.
const SERVICES: [&str; 4] = [
    wallet_service_server::SERVICE_NAME,
    payment_service_server::SERVICE_NAME,
    experiment_service_server::SERVICE_NAME,
    node_service_server::SERVICE_NAME,
];

fn routes(node: &Node) -> Routes {
    Routes::new(
        WalletServiceServer::new(Wallets(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        PaymentServiceServer::new(Payments(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(
        ExperimentServiceServer::new(Experiments(node.clone()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX),
    )
    .add_service(Nodes::over(node.clone()))
}

/// A channel to the central bank that connects at its first use, and again when it breaks.
fn dial(central_bank: &str) -> Result<Channel, NodeError> {
    let malformed = || NodeError::Address { address: central_bank.to_owned() };
    if !central_bank.starts_with("http://") {
        return Err(malformed());
    }
    Ok(endpoint_at(central_bank.to_owned()).map_err(|_| malformed())?.connect_lazy())
}
