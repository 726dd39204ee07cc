//! The subcommand `clearing status`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clearing_api::enums::{self, WireEnum as _};
use clearing_api::{settlement_mode, v1};
use clearing_cluster::cluster::{ClusterFolder, MemberStatus, status};
use clearing_domain::Regime;
use clearing_domain::central_bank::SettlementMode;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::{print, print_line};
use crate::serving::runtime;
use crate::table::table;

/// Shows the processes of a cluster and how far their ledgers are.
#[derive(Debug, Args)]
#[command(after_help = "\
Exits 3 when a process does not answer.

Example:
  clearing status --data-dir clearing-data
  clearing status --json")]
pub(crate) struct Arguments {
    /// Folder of the cluster.
    #[arg(long, value_name = "DIR", env = "CLEARING_DATA_DIR", default_value = "clearing-data")]
    data_dir: PathBuf,
    /// Print a JSON array instead of a table.
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let folder = ClusterFolder::new(&arguments.data_dir);
    let members = runtime()?.block_on(status(&folder))?;
    if arguments.json {
        let all: Vec<_> = members.iter().map(as_json).collect();
        print_line(format_args!("{:#}", Value::Array(all)))?;
    } else {
        print(as_table(&members))?;
    }
    // What answers is shown first and the failure comes after it: those that answer matter most
    // when some do not.
    let silent: Vec<_> = members.iter().filter(|status| status.node.is_none()).collect();
    if silent.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let count = format!("{} of {} processes do not answer", silent.len(), members.len());
    Err(Failure::process(format!("{count}{}", advice(&folder, &silent, members.len()))))
}

/// The commands that start processes again which do not answer.
fn advice(folder: &ClusterFolder, silent: &[&MemberStatus], all: usize) -> String {
    // A cluster in the foreground restarts its processes itself, and one without any process must
    // be started as a whole.
    if silent.len() == all || !folder.is_detached() {
        return String::new();
    }
    let root = folder.root().display();
    let commands =
        silent.iter().map(|status| format!("clearing restart {} --data-dir {root}", status.member));
    format!("; to start again: {}", commands.collect::<Vec<_>>().join("; "))
}

/// The state of a process in one word.
fn word(status: &MemberStatus) -> &'static str {
    match (&status.node, status.pid) {
        (Some(node), _) if node.linked => "serving",
        (Some(_), _) => "unlinked",
        // It may be on its way up or stuck; its log shows which.
        (None, Some(_)) => "silent",
        (None, None) => "stopped",
    }
}

fn as_table(members: &[MemberStatus]) -> String {
    let row = |status: &MemberStatus| {
        let figure = |figure: fn(&v1::Node) -> u64| {
            status.node.as_ref().map(|node| figure(node).to_string()).unwrap_or_default()
        };
        vec![
            status.member.to_string(),
            word(status).to_owned(),
            status.address.to_string(),
            status.pid.map(|pid| pid.to_string()).unwrap_or_default(),
            figure(|node| node.wallets),
            figure(|node| node.payments),
            figure(|node| node.batch),
        ]
    };
    let rows: Vec<_> = members.iter().map(row).collect();
    table(
        &["process", "state", "address", "pid", "wallets", "payments", "batch"],
        &[3, 4, 5, 6],
        &rows,
    )
}

fn regime(node: &v1::Node) -> Option<&'static str> {
    node.regime().value().map(Regime::name)
}

fn settlement_mode(node: &v1::Node) -> Option<&'static str> {
    settlement_mode::read(node.settlement_mode.as_ref()?).ok().map(SettlementMode::name)
}

fn as_json(status: &MemberStatus) -> Value {
    let node = status.node.as_ref();
    json!({
        "process": status.member.to_string(),
        "state": word(status),
        "address": status.address.to_string(),
        "pid": status.pid,
        "version": node.map(|node| &node.version),
        "regime": node.and_then(regime),
        "settlement_mode": node.and_then(settlement_mode),
        "clock": node.and_then(|node| enums::clock_name(node.clock())),
        "wallets": node.map(|node| node.wallets),
        "payments": node.map(|node| node.payments),
        "rows": node.map(|node| node.rows),
        "batch": node.map(|node| node.batch),
    })
}
