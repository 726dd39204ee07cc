//! `clearing resolve`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clearing_domain::netting::{Algorithm, LOOK_AHEAD};
use clearing_lab::resolve::Case;

use crate::failure::Failure;

/// Resolves one queue of payments by each clearing algorithm and prints a JSON object for each.
#[derive(Debug, Args)]
#[command(after_help = "\
docs/resolve.md describes the file, every algorithm and every key of the output. Without a name all algorithms run, \
in the order of that page, but for optimal when there are more than 24 payments and eisenberg_noe when there are more \
than 100 participants.

Example:
  clearing resolve tests/cases/settlement/unwinding-four-banks.json
  clearing resolve case.json --algorithm partial_net --algorithm bilateral_offset --look-ahead 1")]
pub(crate) struct Arguments {
    /// Participants and their payments in queue order.
    #[arg(value_name = "CASE.json")]
    case: PathBuf,
    /// Algorithm to run; may be given several times.
    #[arg(long = "algorithm", value_name = "NAME")]
    algorithms: Vec<Algorithm>,
    /// How many payments of each of a pair bilateral offsetting looks at.
    #[arg(long, value_name = "K", default_value_t = NonZeroUsize::new(LOOK_AHEAD).unwrap_or(NonZeroUsize::MIN))]
    look_ahead: NonZeroUsize,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let named = |error| Failure::usage(format!("{}: {error}", arguments.case.display()));
    let case = Case::read(&arguments.case).map_err(named)?;
    let (participants, payments) = (case.codes.len(), case.queue.len());
    let applies = |algorithm: &Algorithm| algorithm.applies_to(participants, payments);
    let applying = || Algorithm::ALL.into_iter().filter(applies).collect();
    let algorithms = if arguments.algorithms.is_empty() { applying() } else { arguments.algorithms.clone() };
    let resolved = |algorithm: Algorithm| case.resolve(algorithm.looking_ahead(arguments.look_ahead.get()));
    let reports = algorithms.into_iter().map(resolved).collect::<Result<Vec<_>, _>>().map_err(named)?;
    for report in reports {
        println!("{report}");
    }
    Ok(ExitCode::SUCCESS)
}
