//! Serving: the process listens, reports that it is ready, and finishes open calls before it stops.

use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tonic_reflection::pb::{v1, v1alpha};

use clearing_api::FILE_DESCRIPTOR_SET;
use clearing_api::v1::node_service_server;
use clearing_config::{ClusterConfig, TransportLimits};

use crate::error::NodeError;
use crate::ledger::LoopEnd;
use crate::reflection::Reflection;
use crate::refusals::Refusals;
use crate::store::Trouble;
use crate::telemetry::LogFormat;
use crate::transport::{Connections, GuardLayer, incoming, seconds, within_descriptors};

/// How many bytes of a stream may be unread before its sender waits.
const STREAM_WINDOW: u32 = 4 * 1024 * 1024;
/// How long open calls may take to finish when the process stops.
const FINISH_WITHIN: Duration = Duration::from_secs(6);
/// The largest message that is accepted: a full message of the link.
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How a process serves.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The address to listen on; port 0 selects any free port.
    pub listen: SocketAddr,
    /// The folder of the ledger.
    pub data_dir: PathBuf,
    /// The configuration of the cluster.
    pub config: ClusterConfig,
    /// Whether to finish when standard input closes.
    pub exit_with_stdin: bool,
    /// The form of the log.
    pub log_format: LogFormat,
}

/// Signals the tasks that live as long as the process: true when they must finish.
#[derive(Clone, Debug)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Waits until the process must finish.
    pub async fn requested(&mut self) {
        // An error means that the sender is gone, because the process ends.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

/// Requests the end of the process.
#[derive(Debug)]
pub struct Stopper {
    stop: watch::Sender<bool>,
}

impl Stopper {
    /// Listens to SIGTERM, Ctrl-C and, when asked to, the end of standard input.
    pub fn listen(exit_with_stdin: bool) -> Result<(Self, Stopping), NodeError> {
        let (stop, stopping) = watch::channel(false);
        let handle = |kind| {
            signal(kind).map_err(|source| NodeError::System { what: "take signals over", source })
        };
        let (mut interrupt, mut terminate) =
            (handle(SignalKind::interrupt())?, handle(SignalKind::terminate())?);
        let by_signal = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            by_signal.send_replace(true);
        });
        if exit_with_stdin {
            let by_parent = stop.clone();
            std::thread::spawn(move || {
                // The pipe closes at any end of the parent, a kill included, so that no process of
                // a cluster outlives the program that started it.
                let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
                by_parent.send_replace(true);
            });
        }
        Ok((Self { stop }, Stopping(stopping)))
    }

    /// Asks the process to finish.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

/// Binds the socket, before its address is reported.
pub async fn bind(listen: SocketAddr) -> Result<(TcpListener, SocketAddr), NodeError> {
    let failed = |source| NodeError::Listen { address: listen, source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// The standard services of every process.
const STANDARD: [&str; 4] = [
    node_service_server::SERVICE_NAME,
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

/// Adds health and reflection to the services of a process; reflection lists only the services that
/// are served.
pub fn with_standard_services(mut routes: Routes, names: &[&str]) -> (Routes, HealthReporter) {
    let sets = vec![
        FILE_DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_types::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    let services = names.iter().chain(&STANDARD).map(|name| (*name).to_owned()).collect();
    let reflection = Reflection::over(sets, services);
    let (reporter, health) = tonic_health::server::health_reporter();
    routes = routes.add_service(health);
    routes = routes
        .add_service(v1::server_reflection_server::ServerReflectionServer::new(reflection.clone()));
    routes = routes
        .add_service(v1alpha::server_reflection_server::ServerReflectionServer::new(reflection));
    (routes, reporter)
}

/// Reports that the process serves: to health checks and, by one line, to the program that started
/// it.
pub async fn say_ready(reporter: &HealthReporter, address: SocketAddr) -> Result<(), NodeError> {
    reporter.set_service_status("", ServingStatus::Serving).await;
    let mut output = std::io::stdout();
    match writeln!(output, "ready address={address}").and_then(|()| output.flush()) {
        Ok(()) => {}
        // The starter is gone, but clients that know the address are still served.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            tracing::warn!("the ready line has no reader")
        }
        Err(source) => {
            return Err(NodeError::System {
                what: "write the ready line to standard output",
                source,
            });
        }
    }
    tracing::info!(%address, "ready");
    Ok(())
}

/// Sets health to NOT_SERVING while checkpoints of the log fail or a peer refuses the link, and
/// sends an event when checkpoints begin to fail or succeed again. The link sends its own event.
pub async fn report_trouble(
    mut trouble: Trouble,
    mut refused: watch::Receiver<bool>,
    reporter: &HealthReporter,
    report: impl Fn(&str, &str),
) {
    let (mut reported, mut serving) = (None, true);
    loop {
        let now = trouble.borrow_and_update().clone();
        let serves = now.is_none() && !*refused.borrow_and_update();
        // Only changes are set: each setting wakes every client that watches health.
        if serves != serving {
            let status = if serves { ServingStatus::Serving } else { ServingStatus::NotServing };
            reporter.set_service_status("", status).await;
        }
        match &now {
            Some(sentence) if now != reported => report("disk_failed", sentence),
            None if reported.is_some() => {
                report("disk_recovered", "the log of the ledger is moved into its file again")
            }
            Some(_) | None => {}
        }
        (reported, serving) = (now, serves);
        tokio::select! {
            changed = trouble.changed() => if changed.is_err() { return },
            Ok(()) = refused.changed() => {}
        }
    }
}

/// The protection of a process against the clients that reach its port.
#[derive(Clone, Debug)]
pub struct Guarding {
    /// How much of the process they may occupy.
    pub limits: TransportLimits,
    /// Whether callers of the link prove themselves before their first message is read.
    pub link_proven: bool,
    /// The counts of refusals.
    pub refusals: Arc<Refusals>,
}

/// Serves until a stop is requested or the ledger fails, then lets open calls finish.
pub async fn serve(
    listener: TcpListener,
    routes: Routes,
    mut stopping: Stopping,
    stopper: &Stopper,
    ledger_end: LoopEnd,
    guard: Guarding,
) -> Result<(), NodeError> {
    let mut until = stopping.clone();
    let limits = within_descriptors(guard.limits);
    let connections = Connections::new(limits, guard.refusals);
    let incoming = incoming(listener, Arc::clone(&connections));
    let server = Server::builder()
        .layer(GuardLayer::new(connections, guard.link_proven))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(4 * STREAM_WINDOW)
        .max_concurrent_streams(limits.streams)
        .http2_max_header_list_size(limits.header_bytes)
        .http2_keepalive_interval(Some(seconds(limits.keepalive_seconds)))
        .http2_keepalive_timeout(Some(seconds(limits.keepalive_timeout_seconds)))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, async move { until.requested().await });
    tokio::pin!(server);
    tokio::select! {
        ended = &mut server => return ended.map_err(Into::into),
        ended = ledger_end => {
            // Without its ledger the process can answer nothing, so open calls are not waited for.
            stopper.stop();
            return Err(ended.map_or(NodeError::LedgerThread, |ended| ended.map_or_else(Into::into, |()| NodeError::LedgerThread)));
        }
        () = stopping.requested() => {}
    }
    // The ledger still runs here: open calls wait for payments whose outcome it has yet to receive.
    tracing::info!("finishing what is in flight");
    match tokio::time::timeout(FINISH_WITHIN, server).await {
        Ok(ended) => ended.map_err(Into::into),
        Err(_) => {
            tracing::warn!("some calls did not finish in time");
            Ok(())
        }
    }
}
