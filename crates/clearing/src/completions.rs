//! `clearing completions`.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::Program;

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

pub(crate) fn execute(arguments: &Arguments) -> ExitCode {
    let mut program = Program::command();
    clap_complete::generate(arguments.shell, &mut program, "clearing", &mut std::io::stdout());
    ExitCode::SUCCESS
}
