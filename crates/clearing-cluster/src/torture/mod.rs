//! Torture: real processes under kills, partitions and overload, and proof that no payment
//! suffered.
//!
//! Clients pay without pause and remember what they were told. Meanwhile a seeded schedule kills
//! processes, many of them in the midst of a checkpoint, cuts and slows their links and floods
//! their queues. At the end everything heals, every payment is asked for again, and the files are
//! audited.

mod aim;
mod chaos;
mod clients;
mod proxy;
mod verdict;
mod whole;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clearing_config::{ClusterConfig, ConfigError};
use clearing_node::ProgramError;
use thiserror::Error;

use crate::audit::AuditError;
use crate::call::CallError;
use crate::cluster::{Cluster, ClusterError, ClusterOptions, Member};

use chaos::Chaos;
use clients::Clients;
use proxy::Proxy;
pub use verdict::Verdict;
pub use whole::{WholeVerdict, kill_whole};

/// A small queue, so that floods meet a full one.
const QUEUE_CAPACITY: usize = 48;
/// A short log, so that checkpoints never end and kills meet them.
const LOG_PAGES: u32 = 32;

/// What to do to a cluster.
#[derive(Clone, Debug)]
pub struct TortureOptions {
    /// The program `clearing`.
    pub program: PathBuf,
    /// The folder of the cluster.
    pub data_dir: PathBuf,
    /// How many operators there are.
    pub operators: usize,
    /// How long the faults go on.
    pub duration: Duration,
    /// What the faults depend on.
    pub seed: u64,
}

/// The torture could not be carried out.
#[derive(Debug, Error)]
pub enum TortureError {
    /// The cluster could not be started, killed or restarted.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The number of operators is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The network between the processes could not be set up.
    #[error("cannot listen on loopback: {0}")]
    Network(#[from] io::Error),
    /// A call that must succeed on a healthy cluster did not.
    #[error(transparent)]
    Call(#[from] CallError<Member>),
    /// The files could not be audited.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// A task ended early.
    #[error("a client ended early: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl ProgramError for TortureError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Cluster(error) => error.exit_code(),
            Self::Config(_) => 2,
            Self::Network(_) | Self::Call(_) | Self::Audit(_) | Self::Task(_) => 3,
        }
    }
}

/// Tortures a cluster and tells what became of it.
pub async fn torture(options: TortureOptions) -> Result<Verdict, TortureError> {
    let config = ClusterConfig::default().with_operators(options.operators)?;
    let config = ClusterConfig { queue_capacity: QUEUE_CAPACITY, log_pages: LOG_PAGES, ..config };
    let cluster_options =
        ClusterOptions::new(options.program.clone(), options.data_dir.clone(), config);
    let mut cluster = Cluster::start_central_bank(cluster_options).await?;
    let mut proxies = BTreeMap::new();
    for member in cluster.members().into_iter().skip(1) {
        let proxy = Proxy::start(cluster.address(Member::CentralBank)?).await?;
        // Before the operators start, because the address that they dial is an argument of theirs.
        cluster.route(member, proxy.address);
        proxies.insert(member, proxy);
    }
    cluster.start_operators().await?;
    let clients = Clients::start(&cluster, options.seed).await?;
    let mut chaos = Chaos::new(options.seed, proxies);
    let until = Instant::now() + options.duration;
    while Instant::now() < until {
        chaos.strike(&mut cluster).await?;
    }
    // The clients go on while it heals: payments under way must find their end.
    chaos.heal(&mut cluster).await?;
    let record = clients.stop().await?;
    verdict::judge(cluster, record, chaos.counts()).await
}
