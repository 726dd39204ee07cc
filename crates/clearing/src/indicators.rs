//! The subcommand `clearing indicators`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clearing_lab::indicators::{Hours, PaymentDay, QueueAlgorithm, Report, Study};
use clearing_lab::payment_list::Reading;
use rust_decimal::Decimal;

use crate::failure::Failure;
use crate::output::print_line;
use crate::replay::notice_of_rounding;

/// Measures a file of payments: liquidity, netting, delay at levels of liquidity, as one JSON
/// object.
#[derive(Debug, Args)]
#[command(after_help = "\
The file is a CSV file as docs/payment-files.md describes it, or JSON with a day and payments whose times are plain \
numbers. \
Times in the output are seconds since midnight of the first day, or the numbers of the JSON file. \
docs/indicators.md defines every indicator.

Example:
  clearing indicators payments.csv --open 09:00 --close 17:30 --levels 0,0.5,1")]
pub(crate) struct Arguments {
    /// The payments.
    #[arg(value_name = "FILE")]
    payments: PathBuf,
    /// Opening of business: HH:MM or HH:MM:SS or seconds; a plain number for JSON [default: 00:00,
    /// or day.open]
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    open: Option<String>,
    /// Close of business, at which what is still queued counts as settled [default: 24:00, or
    /// day.close]
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    close: Option<String>,
    /// Levels of liquidity, from 0 (what nets everything at the close) to 1 (what delays nothing).
    #[arg(long, value_name = "LEVEL,…", value_delimiter = ',', default_value = "0,0.2,0.4,0.6,0.8,1.0", value_parser = level)]
    levels: Vec<Decimal>,
    /// Algorithms of the queue: gross_fifo, gross_bypass, gross_fifo_with_partial_net.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', default_values = QueueAlgorithm::ALL.map(QueueAlgorithm::name), value_parser = algorithm)]
    algorithms: Vec<QueueAlgorithm>,
    /// Round values with more than two decimals half up, and say how many and by how much in all.
    #[arg(long)]
    round: bool,
    /// Add every further indicator that the payments alone give.
    #[arg(long)]
    all: bool,
    /// Add the figures of each day: its positions start anew, as the CPMI's figures are defined.
    #[arg(long)]
    days: bool,
}

fn level(text: &str) -> Result<Decimal, String> {
    let level = Decimal::from_str_exact(text)
        .ok()
        .filter(|level| (Decimal::ZERO..=Decimal::ONE).contains(level));
    level.ok_or_else(|| "a level is a decimal number between 0 and 1".to_owned())
}

fn algorithm(name: &str) -> Result<QueueAlgorithm, String> {
    let names = QueueAlgorithm::ALL.map(QueueAlgorithm::name).join(", ");
    QueueAlgorithm::from_name(name).ok_or_else(|| format!("an algorithm is one of {names}"))
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Arguments { payments, open, close, levels, algorithms, round, all, days } = arguments;
    let reading = Reading { round: *round, ..Reading::default() };
    let input =
        PaymentDay::read(payments, &Hours { open: open.clone(), close: close.clone() }, reading)?;
    // On standard error: what is printed must stay one JSON object.
    notice_of_rounding(&input.rounded);
    let study =
        Study { levels: levels.clone(), algorithms: algorithms.clone(), all: *all, days: *days };
    let report = Report::new(&input, &study)?;
    print_line(serde_json::to_string_pretty(&report).map_err(Failure::process)?)?;
    Ok(ExitCode::SUCCESS)
}
