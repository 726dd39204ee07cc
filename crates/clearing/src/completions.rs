//! The subcommand `clearing completions`.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::Program;
use crate::failure::Failure;
use crate::output::print;

/// Prints the completions of a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  clearing completions bash > ~/.local/share/bash-completion/completions/clearing")]
pub(crate) struct Arguments {
    /// Shell to print them for.
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut program = Program::command();
    // The generator panics where it cannot write, so it writes into memory first.
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, "clearing", &mut text);
    print(String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}
