//! Load on a live cluster: opens and funds wallets of its own and pays between them.
//!
//! The closed loop keeps a number of payments outstanding and measures what the cluster can do. The
//! open loop submits at a rate whatever the cluster does and measures from the moment a payment was
//! meant to start, so that a stall shows in every payment it delayed.

mod orders;
mod pace;
mod stream;
mod tally;
mod unary;
mod wallets;
mod wire;

use std::net::SocketAddr;
use std::time::Instant;

use clearing_api::v1;
use clearing_api::v1::node_service_client::NodeServiceClient;
use clearing_node::ProgramError;
use clearing_node::dial::endpoint;
use thiserror::Error;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use orders::Orders;

use crate::call::CallError;
use crate::join::try_join_all;
pub use tally::{LoadReport, Tally};

/// What load to put on which operators.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// The operators; each pays to wallets of the next, one alone pays on-us.
    pub to: Vec<SocketAddr>,
    /// How many payments in all.
    pub payments: u64,
    /// When payments start.
    pub pace: Pace,
    /// Whether each payment is a call of its own instead of an item on a stream.
    pub unary: bool,
    /// How many payments share a message on a stream; `None` chooses by the number outstanding.
    pub batch: Option<usize>,
    /// Whether every operator's wallets pay each other, instead of those of the next operator.
    pub on_us: bool,
    /// Whether request ids are random, instead of numbered in the order of time.
    pub random_ids: bool,
}

impl LoadOptions {
    /// Streamed payments to the next operator, with request ids in the order of time.
    pub fn new(to: Vec<SocketAddr>, payments: u64, pace: Pace) -> Self {
        Self { to, payments, pace, unary: false, batch: None, on_us: false, random_ids: false }
    }
}

/// When the payments of a load start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Open loop: so many a second, in all, whether earlier ones are done or not.
    Rate(u32),
    /// Closed loop: so many in all are under way; one that is done starts the next.
    Outstanding(usize),
}

/// A load could not be put on the cluster.
#[derive(Debug, Error)]
pub enum LoadError {
    /// An option is outside its range.
    #[error("{name} {value} is outside 1 to {maximum}")]
    Option {
        /// The option.
        name: &'static str,
        /// Its value.
        value: u64,
        /// The highest one.
        maximum: u64,
    },
    /// An operator does not answer.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// The operator.
        address: SocketAddr,
        /// Why not.
        source: tonic::transport::Error,
    },
    /// The process keeps no wallets.
    #[error("{address} is the central bank, which keeps no wallets: load goes to operators")]
    CentralBank {
        /// The process.
        address: SocketAddr,
    },
    /// A call or a stream failed.
    #[error(transparent)]
    Call(#[from] CallError<SocketAddr>),
    /// A wallet could not be opened or funded.
    #[error("{address} refused to open a funded wallet: {message}")]
    Wallet {
        /// The operator.
        address: SocketAddr,
        /// Its reason.
        message: String,
    },
    /// The operator answered with something the interface does not allow.
    #[error("{address} answered out of order: {message}")]
    Answer {
        /// The operator.
        address: SocketAddr,
        /// What was wrong.
        message: String,
    },
    /// The histogram of latencies could not be made.
    #[error("cannot make a histogram: {0}")]
    Histogram(#[from] hdrhistogram::CreationError),
    /// A task of the load ended early.
    #[error("a task of the load ended early: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl ProgramError for LoadError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Option { .. } | Self::CentralBank { .. } => 2,
            Self::Connect { .. }
            | Self::Call(_)
            | Self::Wallet { .. }
            | Self::Answer { .. }
            | Self::Histogram(_)
            | Self::Task(_) => 3,
        }
    }
}

/// What one payer's operator gets of the load.
#[derive(Debug)]
struct Lane {
    address: SocketAddr,
    channel: Channel,
    orders: Orders,
    /// This lane's part of the pace.
    pace: Pace,
    batch: usize,
}

/// Puts a load on a cluster and reports what became of it.
pub async fn load(options: &LoadOptions) -> Result<LoadReport, LoadError> {
    check(options)?;
    // The clock starts after it: wallets and connections are no part of the load.
    let lanes = prepare(options).await?;
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for lane in lanes {
        if options.unary {
            running.spawn(unary::drive(lane));
        } else {
            // A task for each lane: on one task the client would be the limit that is measured.
            running.spawn(stream::drive(lane));
        }
    }
    let mut total = Tally::new()?;
    while let Some(tally) = running.join_next().await {
        total.add(&tally??);
    }
    Ok(LoadReport { tally: total, elapsed: begun.elapsed() })
}

fn check(options: &LoadOptions) -> Result<(), LoadError> {
    let range = |name, value, maximum| match value {
        value if (1..=maximum).contains(&value) => Ok(()),
        value => Err(LoadError::Option { name, value, maximum }),
    };
    range("--to", options.to.len() as u64, 1000)?;
    range("--payments", options.payments, 1_000_000_000)?;
    range("--batch", options.batch.unwrap_or(1) as u64, wire::BATCH_MAX as u64)?;
    match options.pace {
        Pace::Rate(rate) => range("--rate", rate.into(), 10_000_000),
        Pace::Outstanding(outstanding) => range("--outstanding", outstanding as u64, 1_000_000),
    }
}

/// Connects, opens the wallets and divides the load.
async fn prepare(options: &LoadOptions) -> Result<Vec<Lane>, LoadError> {
    // With fewer payments outstanding than operators, some would have no part.
    let lanes = match options.pace {
        Pace::Rate(rate) => options.to.len().min(rate as usize),
        Pace::Outstanding(outstanding) => options.to.len().min(outstanding),
    };
    let run = orders::run_nonce();
    let quotas: Vec<u64> =
        (0..lanes as u64).map(|lane| share(options.payments, lanes as u64, lane)).collect();
    let largest = quotas.first().copied().unwrap_or_default();
    let channels = try_join_all(options.to.iter().copied().map(connect_to_operator)).await?;
    let wallets = wallets::open_everywhere(&options.to, &channels, largest).await?;
    let lane = |(index, quota): (usize, u64)| {
        let payees =
            wallets[if options.on_us { index } else { (index + 1) % wallets.len() }].clone();
        let pace = match options.pace {
            Pace::Rate(rate) => Pace::Rate(share(rate.into(), lanes as u64, index as u64) as u32),
            Pace::Outstanding(all) => {
                Pace::Outstanding(share(all as u64, lanes as u64, index as u64) as usize)
            }
        };
        Lane {
            address: options.to[index],
            channel: channels[index].clone(),
            orders: Orders::new(run, index as u32, wallets[index].clone(), payees, quota)
                .with_random_ids(options.random_ids),
            pace,
            batch: options.batch.unwrap_or_else(|| batch(pace)),
        }
    };
    Ok(quotas.into_iter().enumerate().map(lane).collect())
}

/// A channel to an operator. The central bank listens beside its operators and is easily taken for
/// one of them, so it is refused by name.
async fn connect_to_operator(address: SocketAddr) -> Result<Channel, LoadError> {
    let channel = connect(address).await?;
    let node = NodeServiceClient::new(channel.clone()).get_node(v1::GetNodeRequest {}).await;
    let node =
        node.map_err(CallError::of(address, "GetNode"))?.into_inner().node.unwrap_or_default();
    if node.role() == v1::node::Role::CentralBank {
        return Err(LoadError::CentralBank { address });
    }
    Ok(channel)
}

/// The part of a whole that one of several gets; the first ones get the rest.
fn share(whole: u64, parts: u64, index: u64) -> u64 {
    whole / parts + u64::from(index < whole % parts)
}

/// Four messages under way keep both sides busy while each is still worth its overhead.
fn batch(pace: Pace) -> usize {
    match pace {
        Pace::Rate(_) => wire::BATCH_MAX,
        Pace::Outstanding(outstanding) => (outstanding / 4).clamp(1, wire::BATCH_MAX),
    }
}

/// Opens so many wallets at one operator, each funded for so many payments.
pub(crate) async fn open_wallets(
    address: SocketAddr,
    count: u64,
    payments_each: u64,
) -> Result<(), LoadError> {
    let channel = connect(address).await?;
    let mut left = count;
    while left > 0 {
        let part = left.min(wire::BATCH_MAX as u64);
        wallets::open(address, channel.clone(), part as usize, payments_each).await?;
        left -= part;
    }
    Ok(())
}

/// A channel with room for full messages.
pub(crate) async fn connect(address: SocketAddr) -> Result<Channel, LoadError> {
    let failed = |source| LoadError::Connect { address, source };
    endpoint(address).map_err(failed)?.connect().await.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pace: Pace) -> LoadOptions {
        LoadOptions::new(vec!["127.0.0.1:1".parse().unwrap()], 1, pace)
    }

    #[test]
    fn shares_add_up_to_the_whole() {
        for (whole, parts) in [(10, 3), (3, 3), (1, 4), (4096, 10)] {
            assert_eq!((0..parts).map(|index| share(whole, parts, index)).sum::<u64>(), whole);
        }
    }

    #[test]
    fn options_outside_their_range_are_named() {
        let bad = [
            LoadOptions { payments: 0, ..options(Pace::Outstanding(1)) },
            LoadOptions { to: Vec::new(), ..options(Pace::Outstanding(1)) },
            LoadOptions { batch: Some(1001), ..options(Pace::Outstanding(1)) },
            options(Pace::Outstanding(0)),
            options(Pace::Rate(0)),
        ];
        let names = bad.map(|options| check(&options).unwrap_err().to_string());
        insta::assert_debug_snapshot!(names, @r#"
        [
            "--payments 0 is outside 1 to 1000000000",
            "--to 0 is outside 1 to 1000",
            "--batch 1001 is outside 1 to 1000",
            "--outstanding 0 is outside 1 to 1000000",
            "--rate 0 is outside 1 to 10000000",
        ]
        "#);
    }

    #[tokio::test]
    async fn an_operator_that_is_away_is_named() {
        let error = load(&options(Pace::Outstanding(1))).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot connect to 127.0.0.1:1: "), "{error}");
        assert_eq!(error.exit_code(), 3);
    }
}
