//! The subcommand `clearing up`.

use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus};
use std::time::{Duration, Instant};

use clap::Args;
use clearing_cluster::cluster::{Cluster, ClusterFolder, ClusterOptions, Member, variables};
use clearing_config::ClusterConfig;

use crate::failure::Failure;
use crate::output::{notice, print};
use crate::serving::{own_program, read_config, runtime};
use crate::signals::StopSignals;
use crate::table::table;

/// Starts a cluster: the central bank and its operators, each a process.
#[derive(Debug, Args)]
#[command(after_help = "\
Stays in the foreground until Ctrl-C; a process that dies is started again. With a COMMAND it runs that inside \
the cluster and ends with its exit code. The command and everyone who sources DIR/env see CENTRAL_BANK, \
CENTRAL_BANK_URL, OPERATOR_ICBC, OPERATOR_ICBC_URL and so on.

Example:
  clearing up --base-port 7100 --detach
  clearing up --operators 3 -- clearing status")]
pub(crate) struct Arguments {
    /// Configuration of the cluster, as in the cluster table of an experiment [default:
    /// DIR/config.toml when it exists, else the tutorial cluster]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the cluster; an earlier cluster in it goes on.
    #[arg(long, value_name = "DIR", env = "CLEARING_DATA_DIR", default_value = "clearing-data")]
    data_dir: PathBuf,
    /// How many operators: the first N of the roster; beyond its end OP11 with prefix 012 and so
    /// on.
    #[arg(long, value_name = "N")]
    operators: Option<usize>,
    /// Port of the central bank; operators take P+2, P+3 and so on [default: any free ports]
    #[arg(long, value_name = "P")]
    base_port: Option<u16>,
    /// Return when all processes are ready and leave them running; `clearing down` stops them.
    #[arg(long, conflicts_with = "command")]
    detach: bool,
    /// Command to run inside the cluster, which then stops.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub(crate) fn execute(arguments: Arguments) -> Result<ExitCode, Failure> {
    runtime()?.block_on(up(arguments))
}

async fn up(arguments: Arguments) -> Result<ExitCode, Failure> {
    let begun = Instant::now();
    // Before the first process starts: until then Ctrl-C ends this process at once, and a half-
    // started cluster would outlive it.
    let mut signals = StopSignals::listen()?;
    let options = options(&arguments)?;
    let mut cluster = tokio::select! {
        cluster = Cluster::start(options) => cluster?,
        () = signals.next() => return Err(Failure::process("interrupted before every process was ready")),
    };
    let elapsed = begun.elapsed();
    if !arguments.command.is_empty() {
        let outcome = command(&mut cluster, &arguments.command, &mut signals).await;
        // The cluster stops whatever the outcome, so that no process outlives the command.
        cluster.stop().await?;
        return outcome;
    }
    // A cluster whose addresses nobody could read must not stay behind.
    if let Err(failure) = print(introduction(&cluster, elapsed, arguments.detach)) {
        cluster.stop().await?;
        return Err(failure);
    }
    if arguments.detach {
        cluster.detach();
        return Ok(ExitCode::SUCCESS);
    }
    let outcome = tokio::select! {
        outcome = supervise(&mut cluster) => outcome,
        () = signals.next() => Ok(()),
    };
    cluster.stop().await?;
    outcome.map(|()| ExitCode::SUCCESS)
}

fn options(arguments: &Arguments) -> Result<ClusterOptions, Failure> {
    let earlier = ClusterFolder::new(&arguments.data_dir).config();
    let mut config = match &arguments.config {
        Some(path) => read_config(path)?,
        // An earlier cluster goes on with the configuration that its ledgers were made with: they
        // refuse one that does not fit them.
        None if earlier.exists() => read_config(&earlier)?,
        None => ClusterConfig::default(),
    };
    if let Some(operators) = arguments.operators {
        config = config.with_operators(operators)?;
    }
    let options = ClusterOptions::new(own_program()?, arguments.data_dir.clone(), config);
    Ok(ClusterOptions { base_port: arguments.base_port, detach: arguments.detach, ..options })
}

/// Restarts each process that dies; returns when one has stopped on request, and fails when one
/// does not start.
async fn supervise(cluster: &mut Cluster) -> Result<(), Failure> {
    loop {
        let (member, status) = cluster.next_exit().await;
        // Success means that a person has stopped this process; to restart it would work against
        // them.
        if status.success() {
            notice(format_args!("{member} was asked to stop; stopping the cluster"));
            return Ok(());
        }
        restart(cluster, member, status).await?;
    }
}

async fn restart(cluster: &mut Cluster, member: Member, status: ExitStatus) -> Result<(), Failure> {
    notice(format_args!("{member} ended ({status}); starting it again"));
    let address = cluster.restart(member).await?;
    notice(format_args!("{member} is ready again at {address}"));
    Ok(())
}

/// Runs a command inside the cluster and returns its exit code; a signal ends the command.
async fn command(
    cluster: &mut Cluster,
    command: &[String],
    signals: &mut StopSignals,
) -> Result<ExitCode, Failure> {
    let mut child = tokio::process::Command::new(&command[0])
        .args(&command[1..])
        .envs(variables(&cluster.addresses()))
        // Commands of this program inside find the cluster without an option.
        .env("CLEARING_DATA_DIR", cluster.folder().root())
        // A signal, or the end of the cluster, drops the command below; it must not go on against
        // nothing.
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Failure::usage(format!("cannot run {}: {error}", command[0])))?;
    let status = tokio::select! {
        status = child.wait() => status.map_err(|error| Failure::process(format!("cannot wait: {error}")))?,
        // A process that dies under the command is started again, as without one; only the end of
        // the whole cluster ends the command.
        outcome = supervise(cluster) => {
            outcome?;
            return Err(Failure::process("the cluster was stopped under the command"));
        }
        () = signals.next() => return Err(Failure::process("interrupted")),
    };
    Ok(exit_code(status))
}

/// The exit code of a command, as a shell reports it: 128 plus the signal for a killed command.
fn exit_code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
}

fn introduction(cluster: &Cluster, elapsed: Duration, detached: bool) -> String {
    let addresses = cluster.addresses();
    let folder = cluster.folder();
    let row = |member: &Member| {
        let address = addresses.get(member).map(ToString::to_string).unwrap_or_default();
        vec![member.to_string(), address, folder.of(*member).display().to_string()]
    };
    let rows: Vec<_> = cluster.members().iter().map(row).collect();
    let stop = if detached {
        format!("clearing down --data-dir {}", folder.root().display())
    } else {
        "Ctrl-C".to_owned()
    };
    let ready = format!("{} processes ready in {:.2} s", rows.len(), elapsed.as_secs_f64());
    let env = folder.env();
    format!(
        "{}\n{ready}; addresses for a shell: source {}; to stop: {stop}\n",
        table(&["process", "address", "folder"], &[], &rows),
        env.display()
    )
}
