//! The subcommand `clearing resolve`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clearing_domain::netting::{Algorithm, LOOK_AHEAD};
use clearing_lab::resolve::{Case, LedgerCase, Report};

use crate::failure::Failure;
use crate::output::print_line;
use crate::serving::runtime;
use crate::signals::StopSignals;

/// Resolves one queue of payments by each clearing algorithm and prints a JSON object for each.
#[derive(Debug, Args)]
#[command(after_help = "\
docs/resolve.md describes the file, every algorithm and every key of the output. Without a name all algorithms run, \
in the order of that page, but for optimal when there are more than 24 payments and eisenberg_noe when there are more \
than 100 participants.

With --cluster a central bank and an operator for each participant, 50 at most, start in a temporary folder for every \
algorithm. They are stopped and audited, and what they settled is printed: from a queue, or for unwind, loss_sharing \
and eisenberg_noe at the close of a cycle.

Example:
  clearing resolve tests/cases/settlement/unwinding-four-banks.json
  clearing resolve case.json --algorithm partial_net --algorithm bilateral_offset --look-ahead 1
  clearing resolve case.json --cluster")]
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
    /// Settle on real processes instead of by calculation; the objects are the same.
    #[arg(long)]
    cluster: bool,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let named = |error| Failure::usage(format!("{}: {error}", arguments.case.display()));
    let case = Case::read(&arguments.case).map_err(named)?;
    let algorithms = algorithms(arguments, &case);
    let reports = if arguments.cluster {
        let prepare = |algorithm: &Algorithm| LedgerCase::new(&case, *algorithm);
        // Every case is checked before the first cluster starts: what ledgers cannot settle should
        // not show after minutes.
        let prepared = algorithms.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
        runtime()?.block_on(on_processes(&prepared))?
    } else {
        let resolved = algorithms.into_iter().map(|algorithm| case.resolve(algorithm));
        resolved.collect::<Result<_, _>>().map_err(named)?
    };
    for report in reports {
        print_line(report)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The algorithms named, or those that apply.
fn algorithms(arguments: &Arguments, case: &Case) -> Vec<Algorithm> {
    let (participants, payments) = (case.codes.len(), case.queue.len());
    let applies = |algorithm: &Algorithm| algorithm.applies_to(participants, payments);
    let applying = || Algorithm::ALL.into_iter().filter(applies).collect();
    let chosen: Vec<_> =
        if arguments.algorithms.is_empty() { applying() } else { arguments.algorithms.clone() };
    // A look-ahead beyond the length of the queue changes nothing.
    let look_ahead = arguments.look_ahead.get().min(payments.max(1));
    chosen.into_iter().map(|algorithm| algorithm.looking_ahead(look_ahead)).collect()
}

/// Runs a cluster for each algorithm, one after the other. A signal ends the clusters and removes
/// their folder.
async fn on_processes(prepared: &[LedgerCase<'_>]) -> Result<Vec<Report>, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::process(format!("cannot find the program itself: {error}")))?;
    let mut signals = StopSignals::listen()?;
    let run = async {
        let mut reports = Vec::new();
        // One cluster at a time: each may have fifty operators, and all of them together would slow
        // each other down.
        for case in prepared {
            reports.push(case.on_processes(program.clone()).await?);
        }
        Ok(reports)
    };
    tokio::select! {
        reports = run => reports,
        () = signals.next() => Err(Failure::process("interrupted")),
    }
}
