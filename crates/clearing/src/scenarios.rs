//! The subcommand `clearing scenarios`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clearing_cluster::audit::audit;
use clearing_lab::experiment::script::Scenario;
use clearing_lab::experiment::{Experiment, Override};
use clearing_lab::folder::RunFolder;
use clearing_lab::results::{Summary, TABLES};
use clearing_lab::scenarios::SHIPPED;
use clearing_lab::text::{grouped, yuan};
use serde_json::{Value, json};

use crate::execution::{Prepared, Way};
use crate::failure::Failure;
use crate::output::{print, print_line};
use crate::story::{claim, width, wrapped};

/// Lists the scenarios of the article that this project implements, or runs them.
#[derive(Debug, Args)]
#[command(after_help = "\
With --run each is run on eleven real processes, checked by what its file claims, and its ledgers are audited. Exits 1
when one fails. docs/scenarios.md says how to read the files.

Example:
  clearing scenarios
  clearing scenarios --run S01 S14")]
pub(crate) struct Arguments {
    /// Scenarios by their numbers [default: all of them]
    #[arg(value_name = "S01")]
    scenarios: Vec<String>,
    /// Run them.
    #[arg(long)]
    run: bool,
    /// Print a JSON array instead of text.
    #[arg(long)]
    json: bool,
    /// Folder below which each run has a folder; results in it are replaced.
    #[arg(long, value_name = "DIR", default_value = "clearing-data/scenarios")]
    out: PathBuf,
    /// Run the ledgers in this process, without network and disk; the outcome is the same.
    #[arg(long)]
    in_process: bool,
    /// Value for a key of every experiment, by its path; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<Override>,
}

/// A scenario as it was shipped.
struct Listed {
    name: &'static str,
    scenario: Scenario,
    experiment: Experiment,
}

/// What became of a scenario.
struct Ran {
    summary: Summary,
    /// What failed, as sentences.
    failures: Vec<String>,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let all = listed(&arguments.sets)?;
    let chosen = choose(&all, &arguments.scenarios)?;
    if arguments.run {
        return run(arguments, &chosen);
    }
    if arguments.json {
        let all = chosen.iter().map(|listed| Value::Object(as_json(listed)));
        print_line(format_args!("{:#}", Value::Array(all.collect())))?;
    } else {
        let texts = chosen.iter().map(|listed| text(listed, width()));
        print(texts.collect::<Vec<_>>().join("\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn listed(sets: &[Override]) -> Result<Vec<Listed>, Failure> {
    let read = |(name, text): &(&'static str, &str)| {
        let experiment = Experiment::from_text(text, sets, None)
            .map_err(|error| Failure::usage(format!("{name}: {error}")))?;
        let scenario = experiment.script.scenario.clone();
        let none = || Failure::usage(format!("{name} models no scenario"));
        Ok(Listed { name, scenario: scenario.ok_or_else(none)?, experiment })
    };
    SHIPPED.iter().map(read).collect()
}

/// The scenarios of some numbers, as in S08, s8 and 8; all of them without a number.
fn choose<'a>(all: &'a [Listed], names: &[String]) -> Result<Vec<&'a Listed>, Failure> {
    if names.is_empty() {
        return Ok(all.iter().collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        let number = name.trim_start_matches(['S', 's']).parse().ok();
        let of = |listed: &&Listed| listed.name == name || Some(listed.scenario.number) == number;
        let found: Vec<_> = all.iter().filter(of).collect();
        if found.is_empty() {
            let known: Vec<_> = all.iter().map(code).collect();
            return Err(Failure::usage(format!("{name:?} is none of {}", known.join(", "))));
        }
        chosen.extend(found);
    }
    Ok(chosen)
}

fn code(listed: &Listed) -> String {
    format!("S{:02}", listed.scenario.number)
}

/// A scenario as a paragraph.
fn text(listed: &Listed, width: usize) -> String {
    let Scenario { title, statement, place, date, .. } = &listed.scenario;
    let head = format!("{}  {title}\n     {place}, {date}  ({})\n", code(listed), listed.name);
    head + &wrapped(statement, width, "     ")
}

fn as_json(listed: &Listed) -> serde_json::Map<String, Value> {
    let Scenario { title, statement, place, date, .. } = &listed.scenario;
    let fields = [
        ("scenario", json!(code(listed))),
        ("name", json!(listed.name)),
        ("title", json!(title)),
        ("statement", json!(statement)),
        ("place", json!(place)),
        ("date", json!(date)),
    ];
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn run(arguments: &Arguments, chosen: &[&Listed]) -> Result<ExitCode, Failure> {
    if !arguments.json {
        print_line(line(["", "", "scenario", "payments", "yuan moved", "time"]))?;
    }
    let (mut failed, mut all) = (0, Vec::new());
    for listed in chosen {
        let ran = run_one(listed, arguments)?;
        failed += usize::from(!ran.failures.is_empty());
        if arguments.json {
            all.push(ran_as_json(listed, &ran));
        } else {
            print(ran_text(listed, &ran))?;
        }
    }
    if arguments.json {
        print_line(format_args!("{:#}", Value::Array(all)))?;
    } else {
        let (count, out) = (chosen.len(), arguments.out.display());
        print_line(format_args!("\n{} of {count} ok; results in {out}", count - failed))?;
    }
    match failed {
        0 => Ok(ExitCode::SUCCESS),
        _ => Err(Failure::check(format!("{failed} of {} scenarios failed", chosen.len()))),
    }
}

fn run_one(listed: &Listed, arguments: &Arguments) -> Result<Ran, Failure> {
    let way = Way { in_process: arguments.in_process, restart: true, csv: false, treasury: None };
    let prepared = Prepared::new(&listed.experiment, way)?;
    let folder = RunFolder::prepare(&arguments.out.join(listed.name), true, &TABLES)?;
    let summary = prepared.run(&folder)?;
    let claims = summary.assertions.iter().filter(|one| !one.ok).map(claim);
    let mut failures: Vec<_> = claims.collect();
    if !arguments.in_process {
        failures.extend(broken(&folder.cluster())?);
    }
    Ok(Ran { summary, failures })
}

/// The invariants that do not hold in the files of a run.
fn broken(cluster: &Path) -> Result<Vec<String>, Failure> {
    let lines = audit(cluster)?.into_iter().filter(|line| !line.ok);
    Ok(lines.map(|line| format!("{}: {}", line.name, line.detail)).collect())
}

/// A line of what was run, of 80 columns.
fn line([verdict, code, title, payments, moved, time]: [&str; 6]) -> String {
    let line =
        format!("{verdict:<6}  {code:<3}  {title:<29}  {payments:>9}  {moved:>16}  {time:>7}");
    line.trim_end().to_owned()
}

fn ran_text(listed: &Listed, ran: &Ran) -> String {
    let verdict = if ran.failures.is_empty() { "ok" } else { "FAILED" };
    let totals = &ran.summary.totals;
    let (payments, moved) = (grouped(totals.payments), yuan(totals.completed_fen));
    let time = format!("{:.1} s", ran.summary.run.seconds);
    let title = &listed.scenario.title;
    let head = line([verdict, &code(listed), title, &payments, &moved, &time]);
    let failures = ran.failures.iter().map(|sentence| wrapped(sentence, width(), "        "));
    format!("{head}\n{}", failures.collect::<String>())
}

fn ran_as_json(listed: &Listed, ran: &Ran) -> Value {
    let mut fields = as_json(listed);
    let totals = &ran.summary.totals;
    let told = ran.summary.story.as_ref().map(|story| story.told.as_str());
    for (key, value) in [
        ("ok", json!(ran.failures.is_empty())),
        ("told", json!(told)),
        ("payments", json!(totals.payments)),
        ("moved_fen", json!(totals.completed_fen)),
        ("seconds", json!(ran.summary.run.seconds)),
        ("digest", json!(ran.summary.digest)),
        ("failures", json!(ran.failures)),
    ] {
        fields.insert(key.to_owned(), value);
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_chosen_by_their_numbers() {
        let all = listed(&[]).unwrap();
        let chosen = |name: &str| {
            let chosen = choose(&all, &[name.to_owned()]).unwrap();
            chosen.iter().map(|listed| listed.name).collect::<Vec<_>>()
        };
        for name in ["S01", "s1", "1", "s01-provident-fund"] {
            assert_eq!(chosen(name), ["s01-provident-fund"]);
        }
        assert!(choose(&all, &["S99".to_owned()]).is_err());
    }

    #[test]
    fn every_line_fits_a_terminal_of_80_columns() {
        let all = listed(&[]).unwrap();
        let fits = |text: &str| text.lines().all(|line| line.chars().count() <= 80);
        for one in &all {
            assert!(fits(&text(one, 80)), "{}", text(one, 80));
            let title = &one.scenario.title;
            assert!(fits(&line([
                "FAILED",
                "S01",
                title,
                "1,000,000",
                "9,999,999,999.99",
                "100.0 s"
            ])));
        }
    }
}
