//! The subcommand `clearing restart`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use clearing_cluster::cluster::{ClusterFolder, Member, Patience, restart_member};

use crate::failure::Failure;
use crate::output::print_line;
use crate::serving::{own_program, runtime};

/// Starts one process of a cluster that was left running with --detach again, at the address it
/// had.
#[derive(Debug, Args)]
#[command(after_help = "\
A process that runs is asked to finish first; one that does not within 20 seconds is killed.

Example:
  clearing restart ICBC
  clearing restart central-bank --data-dir clearing-data")]
pub(crate) struct Arguments {
    /// The process: the code of an operator, or central-bank.
    #[arg(value_name = "CODE")]
    member: Member,
    /// Folder of the cluster.
    #[arg(long, value_name = "DIR", env = "CLEARING_DATA_DIR", default_value = "clearing-data")]
    data_dir: PathBuf,
}

// To become ready a process reads its whole ledger, which takes longer than to finish what is in
// flight.
const PATIENCE: Patience =
    Patience { stop_within: Duration::from_secs(20), ready_within: Duration::from_secs(60) };

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let folder = ClusterFolder::new(&arguments.data_dir);
    let member = arguments.member;
    let address =
        runtime()?.block_on(restart_member(&own_program()?, &folder, member, PATIENCE))?;
    print_line(format_args!("{member} is ready at {address}"))?;
    Ok(ExitCode::SUCCESS)
}
