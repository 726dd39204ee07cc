//! The subcommand `clearing config`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clearing_config::{ClusterConfig, Key, parse_table};
use clearing_lab::experiment::{Experiment, all_keys};

use crate::failure::Failure;
use crate::output::print;

/// Prints every key of the configuration with its default, unit, range and meaning.
#[derive(Debug, Args)]
#[command(after_help = "\
With a FILE, an experiment or the configuration of a cluster, it checks that and prints the values it gives the keys.

Example:
  clearing config
  clearing config experiments/pilot-2022.toml")]
pub(crate) struct Arguments {
    /// An experiment, or a file with a cluster table.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let resolved = arguments.file.as_deref().map(resolve).transpose()?;
    let mut text = String::new();
    for key in all_keys() {
        describe(&mut text, &key, resolved.as_ref());
    }
    print(text)?;
    Ok(ExitCode::SUCCESS)
}

/// Every value of a file, including defaults.
fn resolve(path: &Path) -> Result<toml::Table, Failure> {
    let named =
        |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))?;
    let table = parse_table(&text).map_err(|error| named(&error))?;
    // Only an experiment has a name.
    let resolved = if table.contains_key("name") {
        Experiment::from_text(&text, &[], None).map_err(|error| named(&error))?.to_toml(None)
    } else {
        ClusterConfig::from_file_text(&text).map_err(|error| named(&error))?.to_toml()
    };
    parse_table(&resolved).map_err(|error| named(&error))
}

fn describe(text: &mut String, key: &Key, resolved: Option<&toml::Table>) {
    let value = resolved.and_then(|table| value(table, key.path));
    // Writing into a string cannot fail.
    let _ = match value {
        Some(value) => writeln!(text, "{} = {value}", key.path),
        None => writeln!(text, "{}", key.path),
    };
    let parts = [("default", key.default), ("unit", key.unit), ("range", key.range)];
    let parts = parts
        .iter()
        .filter(|(_, part)| !part.is_empty())
        .map(|(name, part)| format!("{name} {part}"));
    let _ = writeln!(text, "    {}\n    {}\n", parts.collect::<Vec<_>>().join("; "), key.meaning);
}

/// The value under a path; `None` for the items of lists.
fn value<'a>(table: &'a toml::Table, path: &str) -> Option<&'a toml::Value> {
    let mut names = path.split('.');
    let first = table.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}
