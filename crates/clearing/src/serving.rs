//! The arguments and helpers that the two serving commands share.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use clearing_config::{ClusterConfig, ConfigError};
use clearing_node::serve::ServeOptions;
use clearing_node::telemetry;

use crate::failure::Failure;

/// How a process serves.
#[derive(Debug, Args)]
pub(crate) struct ServingArguments {
    /// Address to listen on; port 0 takes any free port, and the ready line names it.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Folder of the ledger; created when it does not exist, locked while the process runs.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Configuration of the cluster, the same for all its processes [default: the tutorial cluster]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Form of the log on standard error; RUST_LOG sets its level.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    /// Finish when standard input closes, so that the process does not outlive its parent.
    #[arg(long)]
    exit_with_stdin: bool,
}

/// The form of a log.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// A line for a person.
    Text,
    /// A JSON object per line.
    Json,
}

impl ServingArguments {
    /// Reads the configuration.
    pub(crate) fn options(self) -> Result<ServeOptions, Failure> {
        let config = match &self.config {
            Some(path) => read_config(path)?,
            None => ClusterConfig::default(),
        };
        Ok(ServeOptions {
            listen: self.listen,
            data_dir: self.data_dir,
            config,
            exit_with_stdin: self.exit_with_stdin,
            // The command line has a type of its own, so that the library below needs no parser of
            // arguments.
            log_format: match self.log_format {
                LogFormat::Text => telemetry::LogFormat::Text,
                LogFormat::Json => telemetry::LogFormat::Json,
            },
        })
    }
}

/// Reads the configuration of a cluster from a file; an error names the file.
pub(crate) fn read_config(path: &Path) -> Result<ClusterConfig, Failure> {
    read_config_with(path, ClusterConfig::from_file_text)
}

/// Reads a configuration file by a function of the command; an error names the file.
pub(crate) fn read_config_with<T>(
    path: &Path,
    read: impl FnOnce(&str) -> Result<T, ConfigError>,
) -> Result<T, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))?;
    read(&text).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// The path of this program, which starts copies of itself.
pub(crate) fn own_program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::process(format!("cannot find the program itself: {error}")))
}

/// A runtime on the calling thread: a process leaves the other processors to its peers.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::process(format!("cannot start the runtime: {error}")))
}
