//! The life of a process, from the lock of its folder to the last batch of its ledger.
//!
//! Both tiers start, serve and end alike. A tier declares its tables, its services and the tasks
//! that run beside them.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use clearing_config::ClusterConfig;
use clearing_domain::money::Timestamp;
use tokio::sync::watch;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;

use crate::data_dir::DataDir;
use crate::error::NodeError;
use crate::ledger::{self, LedgerHandle, LedgerLoop, Release};
use crate::node_service::{Described, Nodes};
use crate::serve::{self, Guarding, ServeOptions, Stopper, Stopping};
use crate::store::{LedgerStore, Tables, Trouble};
use crate::{clock, telemetry};

/// What a tier adds to what every process does.
pub trait Tier: Sized {
    /// The tables of its ledger.
    type Tables: Tables;
    /// The outlet of its ledger's effects.
    type Release: Release<LedgerOf<Self>>;
    /// The state that its services share.
    type Node: Described;
    /// The names of its services, without those that every process serves.
    const SERVICES: &'static [&'static str];

    /// The tables of its ledger under the configuration of the cluster.
    fn tables(&self, config: &ClusterConfig) -> Self::Tables;
    /// Readies the ledger and makes everything that serves from it. The ledger's thread starts
    /// afterwards, so nothing here may wait for its answer.
    fn assemble(
        self,
        ledger: &mut LedgerOf<Self>,
        process: &Process<'_, LedgerOf<Self>>,
    ) -> Result<Assembly<Self>, NodeError>;
}

/// The ledger of a tier.
pub type LedgerOf<T> = <<T as Tier>::Tables as Tables>::Ledger;

/// A part of a process that runs on the thread of its services.
pub type Task<T = ()> = Pin<Box<dyn Future<Output = T>>>;

/// What a process has before its tier is assembled.
#[derive(Debug)]
pub struct Process<'a, L> {
    /// Its folder, which is locked.
    pub data_dir: &'a DataDir,
    /// The configuration of the cluster.
    pub config: Arc<ClusterConfig>,
    /// Sends commands to its ledger.
    pub ledger: LedgerHandle<L>,
    /// When it started.
    pub started_at: Timestamp,
    /// Signals that it has to finish.
    pub stopping: Stopping,
}

/// The assembled parts of a tier.
pub struct Assembly<T: Tier> {
    /// The state that its services share.
    pub node: T::Node,
    /// The outlet of its ledger's effects.
    pub release: T::Release,
    /// Its services, without those that every process serves.
    pub routes: Routes,
    /// Whether callers of the link prove themselves before their first message is read.
    pub link_proven: bool,
    /// Whether the peer refuses the link for a cause that a person has to correct.
    pub link_refused: watch::Receiver<bool>,
    /// Ends when the process can serve its clients.
    pub ready: Task,
    /// Ends only with an error after which the process cannot go on.
    pub fault: Task<NodeError>,
    /// What runs beside the services, at most until the ledger stops.
    pub beside: Task,
}

/// Runs a process of a tier until a stop is requested.
pub async fn run<T: Tier>(tier: T, options: ServeOptions) -> Result<(), NodeError> {
    telemetry::start(options.log_format);
    #[cfg(feature = "failpoints")]
    let _armed = crate::crash::arm();
    // The lock precedes the file: of two processes on a folder only one may check and repair it.
    let data_dir = DataDir::lock(&options.data_dir)?;
    let (stopper, stopping) = Stopper::listen(options.exit_with_stdin)?;
    let tables = tier.tables(&options.config);
    let (mut ledger, store) = LedgerStore::open(&data_dir.ledger(), &options.config, tables)?;
    let trouble = store.trouble();
    let (handle, queue) = ledger::queue(options.config.queue_capacity);
    let process = Process {
        data_dir: &data_dir,
        config: Arc::new(options.config),
        ledger: handle.clone(),
        started_at: clock::now(),
        stopping,
    };
    let assembly = tier.assemble(&mut ledger, &process)?;
    let Assembly { node, release, routes, link_proven, link_refused, ready, fault, beside } =
        assembly;
    let (ledger_end, thread) = ledger::start(LedgerLoop::new(ledger, store, release), queue)?;
    // The port is bound last: a process whose file cannot be used never appears to listen.
    let (listener, address) = serve::bind(options.listen).await?;
    let routes = routes.add_service(Nodes::over(node.clone()));
    let (routes, health) = serve::with_standard_services(routes, T::SERVICES);
    let announced = announce(&node, ready, address, trouble, link_refused, &health);
    let refusals = Arc::clone(&node.watching().refusals);
    let guard = Guarding { limits: process.config.transport, link_proven, refusals };
    let stopping = process.stopping.clone();
    let served = serve::serve(listener, routes, stopping, &stopper, ledger_end, guard);
    // The tasks run until the last call is answered: calls that finish while the process stops
    // wait for outcomes that only the link brings.
    let ended = tokio::select! {
        ended = served => ended,
        error = fault => Err(error),
        error = announced => Err(error),
        never = run_beside(beside, &node, process.stopping.clone()) => match never {},
    };
    ledger::finish(&handle, thread).await;
    ended
}

/// Reports that the process serves, and then what troubles it. Ends only when it cannot report.
async fn announce(
    node: &impl Described,
    ready: Task,
    address: SocketAddr,
    trouble: Trouble,
    link_refused: watch::Receiver<bool>,
    health: &HealthReporter,
) -> NodeError {
    ready.await;
    if let Err(unheard) = serve::say_ready(health, address).await {
        return unheard;
    }
    let publish = |kind: &str, text: &str| node.watching().events.publish(kind, text);
    serve::report_trouble(trouble, link_refused, health, publish).await;
    pending().await
}

/// Runs the tasks of the tier, and ends its streams when the process has to finish. Streams that
/// wait for events would otherwise keep their calls open for ever.
async fn run_beside(beside: Task, node: &impl Described, mut stopping: Stopping) -> Infallible {
    let close = async {
        stopping.requested().await;
        node.close_streams();
        node.watching().close();
    };
    tokio::join!(beside, close);
    pending().await
}
