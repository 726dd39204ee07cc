//! The subcommand `clearing down`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use clearing_cluster::cluster::{ClusterFolder, stop_detached};

use crate::failure::Failure;
use crate::output::print_line;
use crate::serving::runtime;

/// Stops a cluster that was started with `up --detach`.
#[derive(Debug, Args)]
#[command(after_help = "\
The processes finish what is in flight; one that does not within 20 seconds is killed. The ledgers stay.

Example:
  clearing down --data-dir clearing-data")]
pub(crate) struct Arguments {
    /// Folder of the cluster.
    #[arg(long, value_name = "DIR", env = "CLEARING_DATA_DIR", default_value = "clearing-data")]
    data_dir: PathBuf,
}

const STOP_WITHIN: Duration = Duration::from_secs(20);

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let folder = ClusterFolder::new(&arguments.data_dir);
    let stopped = runtime()?.block_on(stop_detached(&folder, STOP_WITHIN))?;
    // Nothing to stop is no failure: scripts clean up without looking first.
    match stopped.len() {
        0 => {
            print_line(format_args!("no process of {} was running", arguments.data_dir.display()))?
        }
        count => print_line(format_args!("{count} processes stopped"))?,
    }
    Ok(ExitCode::SUCCESS)
}
