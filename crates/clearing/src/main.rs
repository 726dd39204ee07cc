//! The program `clearing`: one subcommand per file.

// The macros of the standard library panic on a full disk or a closed pipe; `output` does not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod audit;
mod bench;
mod card;
mod central_bank;
mod completions;
mod config;
mod digest;
mod down;
mod execution;
mod failure;
mod indicators;
mod kill;
mod load;
mod operator;
mod output;
mod replay;
mod report;
mod resolve;
mod restart;
mod run;
mod scenarios;
mod serving;
mod signals;
mod status;
mod story;
mod stress;
mod summary;
mod sweep;
mod table;
mod torture;
mod up;

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

// Messages are many small strings, allocated on one thread and freed on another, which is slow with
// the allocator of the C library.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Simulates the clearing of e-CNY between operators: a central bank and ten operators as real
/// processes.
#[derive(Debug, Parser)]
#[command(name = "clearing", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 a check failed, 2 bad usage or configuration, 3 a process or peer failed.

Example:
  clearing up -- clearing status";

#[derive(Debug, Subcommand)]
enum Command {
    CentralBank(central_bank::Arguments),
    Operator(operator::Arguments),
    Up(up::Arguments),
    Status(status::Arguments),
    Down(down::Arguments),
    Kill(kill::Arguments),
    Restart(restart::Arguments),
    Run(run::Arguments),
    Replay(replay::Arguments),
    Scenarios(scenarios::Arguments),
    Sweep(sweep::Arguments),
    Stress(stress::Arguments),
    Report(report::Arguments),
    Resolve(resolve::Arguments),
    Indicators(indicators::Arguments),
    Audit(audit::Arguments),
    Load(load::Arguments),
    Torture(torture::Arguments),
    Bench(bench::Arguments),
    Card(card::Arguments),
    Digest(digest::Arguments),
    Config(config::Arguments),
    Completions(completions::Arguments),
}

fn main() -> ExitCode {
    // `parse` would end the process itself, past the exit codes and the check of the output that
    // every command has.
    let ended = match Program::try_parse() {
        Ok(program) => execute(program.command),
        Err(message) => explain(&message),
    };
    match ended {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

/// Prints a help text, or the error of the command line.
fn explain(message: &clap::Error) -> Result<ExitCode, Failure> {
    match message.print() {
        // A help text that cannot be written is a result that failed. An error message that cannot
        // is lost either way, and its exit code remains.
        Err(error) if !message.use_stderr() && error.kind() != ErrorKind::BrokenPipe => {
            Err(output::failed(&error))
        }
        Ok(()) | Err(_) => {
            Ok(u8::try_from(message.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from))
        }
    }
}

fn execute(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::CentralBank(arguments) => central_bank::execute(arguments),
        Command::Operator(arguments) => operator::execute(arguments),
        Command::Up(arguments) => up::execute(arguments),
        Command::Status(arguments) => status::execute(&arguments),
        Command::Down(arguments) => down::execute(&arguments),
        Command::Kill(arguments) => kill::execute(&arguments),
        Command::Restart(arguments) => restart::execute(&arguments),
        Command::Run(arguments) => run::execute(&arguments),
        Command::Replay(arguments) => replay::execute(&arguments),
        Command::Scenarios(arguments) => scenarios::execute(&arguments),
        Command::Sweep(arguments) => sweep::execute(&arguments),
        Command::Stress(arguments) => stress::execute(&arguments),
        Command::Report(arguments) => report::execute(&arguments),
        Command::Resolve(arguments) => resolve::execute(&arguments),
        Command::Indicators(arguments) => indicators::execute(&arguments),
        Command::Audit(arguments) => audit::execute(&arguments),
        Command::Load(arguments) => load::execute(arguments),
        Command::Torture(arguments) => torture::execute(arguments),
        Command::Bench(arguments) => bench::execute(&arguments),
        Command::Card(arguments) => card::execute(arguments),
        Command::Digest(arguments) => digest::execute(&arguments),
        Command::Config(arguments) => config::execute(&arguments),
        Command::Completions(arguments) => completions::execute(&arguments),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn every_command_explains_itself_with_an_example() {
        let mut program = super::Program::command();
        program.build();
        for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
            let name = command.get_name();
            assert!(command.get_about().is_some(), "{name} has no description");
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(
                help.contains(&format!("Example:\n  clearing {name}")),
                "{name} has no example"
            );
            for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
                assert!(argument.get_help().is_some(), "{name} does not explain {argument}");
            }
        }
        program.debug_assert();
    }
}
