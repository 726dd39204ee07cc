//! The subcommand `clearing audit`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clearing_cluster::audit::audit_with_heads;
use clearing_cluster::audit::heads::{self, ChainHead};

use crate::failure::Failure;
use crate::output::print_line;

/// Proves from the files on disk that no fen was lost, one line per invariant.
#[derive(Debug, Args)]
#[command(after_help = "\
The ledgers are opened read-only, of a stopped or a running cluster. Then come the heads of the hash chains and
a verdict. Exits 1 when a line says BROKEN. Heads that are kept elsewhere prove later that no file was replaced.

Example:
  clearing audit --data-dir clearing-data
  clearing audit > heads.txt
  clearing audit --expect-heads heads.txt")]
pub(crate) struct Arguments {
    /// Folder of the cluster.
    #[arg(long, value_name = "DIR", env = "CLEARING_DATA_DIR", default_value = "clearing-data")]
    data_dir: PathBuf,
    /// File of heads that an earlier audit printed; each must be in the chain of today.
    #[arg(long, value_name = "FILE")]
    expect_heads: Option<PathBuf>,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    // Read before the ledgers: a mistyped name should not show after the minutes of an audit.
    let expected = arguments.expect_heads.as_deref().map_or(Ok(Vec::new()), read_heads)?;
    let audit = audit_with_heads(&arguments.data_dir, &expected)?;
    for line in &audit.lines {
        let verdict = if line.ok { "ok" } else { "BROKEN" };
        print_line(format_args!("{verdict:<7} {}: {}", line.name, line.detail))?;
    }
    audit.heads.iter().try_for_each(print_line)?;
    print_line(audit.verdict())?;
    // The exit code comes after every line: one broken invariant is often explained by another.
    match audit.broken() {
        0 => Ok(ExitCode::SUCCESS),
        broken => {
            Err(Failure::check(format!("{broken} of {} invariants are broken", audit.lines.len())))
        }
    }
}

fn read_heads(path: &Path) -> Result<Vec<ChainHead>, Failure> {
    let named =
        |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
    heads::read(&text).map_err(|error| named(&error))
}
