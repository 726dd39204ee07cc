//! The subcommand `clearing kill`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clearing_cluster::cluster::{ClusterFolder, Member, kill_member};

use crate::failure::Failure;
use crate::output::print_line;
use crate::serving::runtime;

/// Ends one process of a running cluster with SIGKILL, as a crash would.
#[derive(Debug, Args)]
#[command(after_help = "\
A cluster in the foreground starts the process again at once; one that was left running with --detach goes on \
without it until `clearing restart`.

Example:
  clearing kill ICBC
  clearing kill central-bank --data-dir clearing-data")]
pub(crate) struct Arguments {
    /// The process: the code of an operator, or central-bank.
    #[arg(value_name = "CODE")]
    member: Member,
    /// Folder of the cluster.
    #[arg(long, value_name = "DIR", env = "CLEARING_DATA_DIR", default_value = "clearing-data")]
    data_dir: PathBuf,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let folder = ClusterFolder::new(&arguments.data_dir);
    let member = arguments.member;
    // A kill that hits nothing fails, or a script would believe that it has tested a crash.
    if !runtime()?.block_on(kill_member(&folder, member))? {
        return Err(Failure::process(format!("{member} does not run")));
    }
    print_line(format_args!("{member} killed"))?;
    Ok(ExitCode::SUCCESS)
}
