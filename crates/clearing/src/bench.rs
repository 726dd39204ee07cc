//! The subcommand `clearing bench`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use clearing_cluster::bench::{BenchOptions, BenchReport, Measured, Part, Row, Sizes, bench};

use crate::failure::Failure;
use crate::output::{notice, print};
use crate::serving::runtime;
use crate::signals::StopSignals;
use crate::table::table;

/// Measures what a cluster can do on this machine, beside what it must and what the machine allows.
#[derive(Debug, Args)]
#[command(after_help = "\
It starts clusters of its own in a temporary folder. Every figure is the median of several runs, with the lowest and \
the highest. The limit is what the disk or gRPC alone would allow, measured in the same run: a sync of each step that \
must follow another, or an echo of full messages. Figures marked durable are of payments that are on the disk at \
every step; on a folder without a disk they are marked memory.

Example:
  clearing bench --quick --json bench.json
  clearing bench --dir /var/tmp")]
pub(crate) struct Arguments {
    /// Less of everything, in less than two minutes.
    #[arg(long)]
    quick: bool,
    /// Seconds of the soak; ten minutes when none are given [default: 600, with --quick 10]
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "600")]
    soak: Option<u64>,
    /// Measure only these parts: start, large, rate, compare, cycle, growth, soak.
    #[arg(long, value_name = "PART", num_args = 1.., value_parser = part)]
    only: Vec<Part>,
    /// File to write everything measured to.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Folder in which the temporary one is made, on the disk to measure [default: the system's]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// As little as shows that every row can be measured.
    #[arg(long, hide = true)]
    smoke: bool,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut sizes = if arguments.quick { Sizes::quick() } else { Sizes::full() };
    if arguments.smoke {
        sizes = Sizes::smoke();
    }
    if let Some(seconds) = arguments.soak {
        sizes.soak = Duration::from_secs(seconds);
    }
    let program = std::env::current_exe()
        .map_err(|error| Failure::process(format!("cannot find the program itself: {error}")))?;
    let folder = arguments.dir.clone().unwrap_or_else(std::env::temp_dir);
    let options = BenchOptions { program, folder, sizes, only: arguments.only.clone() };
    let report = runtime()?.block_on(measure(&options))?;
    // The file comes before the table: a reader that closes the pipe early still has all figures.
    if let Some(path) = &arguments.json {
        let text = format!("{:#}\n", report.json());
        std::fs::write(path, text).map_err(|error| {
            Failure::process(format!("cannot write {}: {error}", path.display()))
        })?;
    }
    print(shown(&report))?;
    Ok(ExitCode::SUCCESS)
}

/// Measures to the end or until a signal, which also ends the clusters and removes their folder.
async fn measure(options: &BenchOptions) -> Result<BenchReport, Failure> {
    let mut signals = StopSignals::listen()?;
    tokio::select! {
        report = bench(options, &|next| notice(format_args!("measuring {next}"))) => Ok(report?),
        () = signals.next() => Err(Failure::process("interrupted")),
    }
}

fn part(name: &str) -> Result<Part, String> {
    let found = Part::ALL.into_iter().find(|part| part.name() == name);
    found.ok_or_else(|| format!("the parts are {}", Part::ALL.map(Part::name).join(", ")))
}

fn shown(report: &BenchReport) -> String {
    let machine = &report.machine;
    let limits = &report.limits;
    let rows: Vec<_> =
        report.rows.iter().map(|(row, measured)| cells(report, row, measured)).collect();
    let header = [
        "what", "unit", "must", "aim", "measured", "lowest", "highest", "limit", "by", "kept",
        "reaches",
    ];
    let mut text = table(&header, &[2, 3, 4, 5, 6, 7], &rows);
    let notes = report.rows.iter().filter_map(|(row, measured)| match measured {
        Measured::Value { note, .. } if note.is_empty() => None,
        Measured::Value { note, .. } => Some(format!("{}: {note}\n", row.title)),
        Measured::Missing(reason) => Some(format!("{}: not measured, {reason}\n", row.title)),
    });
    text.push('\n');
    // Behind the table, because a note within a row would make every row as wide.
    text.extend(notes);
    text + &format!(
        "\nlimits: gRPC echo of 1,000 items a message {} items/s, {:.2} us per item and end (memory); fdatasync one \
         stream {:.0} us, eleven streams {:.0} us each\nmachine: {} processors, {} MB, Linux {}, ledger files {}, load \
         average {} before and {} after\n",
        number(limits.echo.median),
        limits.end_us.median,
        limits.sync_one_us.median,
        limits.sync_eleven_us.median,
        machine.processors,
        machine.memory_mb,
        machine.kernel,
        machine.durability,
        machine.load_before,
        machine.load_after,
    )
}

fn cells(report: &BenchReport, row: &Row, measured: &Measured) -> Vec<String> {
    let optional = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), number);
    let figure = match measured {
        Measured::Value { figure, .. } => Some(*figure),
        Measured::Missing(_) => None,
    };
    let bound = report.bound(row);
    vec![
        row.title.to_owned(),
        row.unit.to_owned(),
        optional(row.must),
        optional(row.aim),
        optional(figure.map(|figure| figure.median)),
        optional(figure.map(|figure| figure.low)),
        optional(figure.map(|figure| figure.high)),
        optional(bound.map(|bound| bound.value)),
        bound.map_or("-", |bound| bound.by).to_owned(),
        report.durability(row).to_owned(),
        BenchReport::verdict(row, measured).name().to_owned(),
    ]
}

/// A number with three significant digits and with separated thousands.
fn number(value: f64) -> String {
    // By the value before it is rounded: 9.996 shows as 10.00, a digit too many but no wrong one.
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |text| ("-", text));
    let (whole, part) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{part}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_show_three_digits_that_matter() {
        let shown = [1_234_567.8, 999.6, 45.678, 1.2345, 0.0, -12.34].map(super::number);
        assert_eq!(shown, ["1,234,568", "1,000", "45.7", "1.23", "0.00", "-12.3"]);
    }
}
