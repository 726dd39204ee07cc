//! The subcommand `clearing load`.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clearing_cluster::cluster::{ClusterFolder, Member};
use clearing_cluster::load::{LoadOptions, Pace, load};

use crate::failure::Failure;
use crate::output::print;
use crate::serving::runtime;

/// Puts load on a live cluster and prints throughput and latencies.
#[derive(Debug, Args)]
#[command(after_help = "\
It opens and funds wallets of its own at every operator; wallets of each pay 0.01 yuan to wallets of the next, and \
with one operator to each other. Latencies run from the start of a payment to its final answer; at a fixed rate from \
the moment it was meant to start, so that a stall of the cluster shows in every payment it held up.

Example:
  clearing load --payments 100000 --data-dir clearing-data
  clearing load --to 127.0.0.1:7102 127.0.0.1:7103 --payments 100000 --outstanding 4096
  clearing load --to 127.0.0.1:7102 127.0.0.1:7103 --payments 1000 --unary --outstanding 1")]
pub(crate) struct Arguments {
    /// Addresses of the operators, with or without http:// [default: those of the cluster in DIR]
    #[arg(long, value_name = "HOST:PORT", num_args = 1.., value_parser = address)]
    to: Vec<SocketAddr>,
    /// Folder of the cluster whose operators take the load when no addresses are given.
    #[arg(long, value_name = "DIR", env = "CLEARING_DATA_DIR", default_value = "clearing-data")]
    data_dir: PathBuf,
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
    let to = if arguments.to.is_empty() { operators(&arguments.data_dir)? } else { arguments.to };
    let pace = arguments.rate.map_or(Pace::Outstanding(arguments.outstanding), Pace::Rate);
    let options = LoadOptions {
        unary: arguments.unary,
        batch: arguments.batch,
        on_us: arguments.on_us,
        random_ids: arguments.random_ids,
        ..LoadOptions::new(to, arguments.payments, pace)
    };
    let report = runtime()?.block_on(load(&options))?;
    print(report)?;
    Ok(ExitCode::SUCCESS)
}

/// The address of a process, in the form of a cluster's files or in that of other clients.
fn address(text: &str) -> Result<SocketAddr, String> {
    // Addresses are copied from the files of a cluster as well as from other clients.
    let plain = text.strip_prefix("http://").unwrap_or(text);
    let plain = plain.strip_suffix('/').unwrap_or(plain);
    if plain.contains("://") {
        return Err("an address is HOST:PORT or http://HOST:PORT".to_owned());
    }
    let found = plain
        .to_socket_addrs()
        .map_err(|error| format!("not HOST:PORT or http://HOST:PORT: {error}"))?;
    let mut found: Vec<_> = found.collect();
    // Processes listen on IPv4 by default, so of several addresses of a name that is tried first.
    found.sort_by_key(SocketAddr::is_ipv6);
    found.first().copied().ok_or_else(|| "the name has no address".to_owned())
}

/// The addresses of the operators of a cluster.
fn operators(data_dir: &Path) -> Result<Vec<SocketAddr>, Failure> {
    let addresses = ClusterFolder::new(data_dir).addresses();
    let named = |error| {
        Failure::usage(format!(
            "{error}; name operators with --to, or their folder with --data-dir"
        ))
    };
    let addresses = addresses.map_err(named)?;
    Ok(addresses
        .into_iter()
        // Wallets are at operators, so the central bank takes no part of the load itself.
        .filter(|(member, _)| *member != Member::CentralBank)
        .map(|(_, address)| address)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_are_taken_with_and_without_their_scheme() {
        for text in [
            "127.0.0.1:7102",
            "http://127.0.0.1:7102",
            "http://127.0.0.1:7102/",
            "http://localhost:7102",
        ] {
            assert_eq!(address(text).unwrap().to_string(), "127.0.0.1:7102", "{text}");
        }
        for text in ["https://127.0.0.1:7102", "127.0.0.1", "ICBC"] {
            assert!(address(text).unwrap_err().contains("HOST:PORT"), "{text}");
        }
    }
}
