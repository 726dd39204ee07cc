//! `clearing load`.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;
use clearing_lab::load::{LoadOptions, Pace, load};

use crate::failure::Failure;
use crate::serving::runtime;

/// Puts load on a live cluster and prints throughput and latencies.
#[derive(Debug, Args)]
#[command(after_help = "\
It opens and funds wallets of its own at every operator; wallets of each pay 0.01 yuan to wallets of the next, and \
with one operator to each other. Latencies run from the start of a payment to its final answer; at a fixed rate from \
the moment it was meant to start, so that a stall of the cluster shows in every payment it held up.

Example:
  clearing load --to 127.0.0.1:7102 127.0.0.1:7103 --payments 100000 --outstanding 4096
  clearing load --to 127.0.0.1:7102 127.0.0.1:7103 --payments 1000 --unary --outstanding 1")]
pub(crate) struct Arguments {
    /// Addresses of the operators.
    #[arg(long, value_name = "IP:PORT", required = true, num_args = 1..)]
    to: Vec<SocketAddr>,
    /// How many payments in all.
    #[arg(long, value_name = "N")]
    payments: u64,
    /// Open loop: so many payments a second, whether earlier ones are done or not.
    #[arg(long, value_name = "R", conflicts_with = "outstanding")]
    rate: Option<u32>,
    /// Closed loop: so many payments under way at any time.
    #[arg(long, value_name = "K", default_value_t = 512)]
    outstanding: usize,
    /// One call per payment instead of streams of batches.
    #[arg(long, conflicts_with = "batch")]
    unary: bool,
    /// Payments per message on a stream, at most 1,000 [default: a quarter of a stream's part of K]
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// Wallets of every operator pay each other instead of those of the next operator.
    #[arg(long)]
    on_us: bool,
    /// Random request ids (UUID version 4) instead of ids in the order of time.
    #[arg(long)]
    random_ids: bool,
}

pub(crate) fn execute(arguments: Arguments) -> Result<ExitCode, Failure> {
    let pace = arguments.rate.map_or(Pace::Outstanding(arguments.outstanding), Pace::Rate);
    let options = LoadOptions {
        unary: arguments.unary,
        batch: arguments.batch,
        on_us: arguments.on_us,
        random_ids: arguments.random_ids,
        ..LoadOptions::new(arguments.to, arguments.payments, pace)
    };
    let report = runtime()?.block_on(load(&options))?;
    print!("{report}");
    Ok(ExitCode::SUCCESS)
}
