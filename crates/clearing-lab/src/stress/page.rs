//! The report of a stress test: one page that opens without a network, with a heat map for each
//! scenario and tables that say the same.

use serde::Serialize;

use super::{Extreme, StressOutcome, StressRun};
use crate::page::{PageError, STYLE, escape, fill, script_json};
use crate::report::{CHART_SCRIPTS, Table, cells, percent};
use crate::text::{counted, grouped, yuan};

const TEMPLATE: &str = include_str!("../../assets/stress.html");
/// More rows and columns would be too small to read; `stress.csv` has all of them.
const DRAWN_MAX: usize = 40;
/// What stands where there is no value.
const NONE: &str = "–";

/// What the heat maps draw.
#[derive(Debug, Serialize)]
struct Charts {
    /// Those who are hit and affected.
    operators: Vec<String>,
    /// A heat map for each scenario: who is hit, who is affected, the deterioration, and whether it
    /// is made short.
    maps: Vec<Vec<(usize, usize, i64, bool)>>,
}

/// The page of a stress test.
pub(super) fn page(outcome: &StressOutcome) -> Result<String, PageError> {
    let drawn = drawn(outcome);
    let data = script_json(&charts(outcome, &drawn))?;
    fill(TEMPLATE, |marker| {
        Some(match marker {
            "style" => STYLE.to_owned(),
            "scripts" => {
                CHART_SCRIPTS.map(|script| format!("<script>{script}</script>\n")).concat()
            }
            "data" => data.clone(),
            "title" => escape(&outcome.name),
            "subtitle" => escape(&subtitle(outcome)),
            "summary" => format!("<p>{}</p>\n", escape(&summary(outcome))),
            "participants" => participants(outcome).html(),
            "runs" => worst(outcome).html(),
            "shortages" => shortages(outcome),
            "maps" => maps(outcome, &drawn),
            "digest" => escape(&outcome.baseline.digest),
            _ => return None,
        })
    })
}

/// The places that are drawn: all, or those that fall or make others fall most.
fn drawn(outcome: &StressOutcome) -> Vec<usize> {
    let mut weights = vec![(0_i128, 0); outcome.participants.len()];
    for (place, weight) in weights.iter_mut().enumerate() {
        weight.1 = place;
    }
    for run in &outcome.runs {
        for (place, one) in run.affected.iter().enumerate() {
            let fen = i128::from(one.deterioration_fen.unsigned_abs());
            weights[place].0 += fen;
            if let Some((_, hit)) = run.hit {
                weights[hit].0 += fen;
            }
        }
    }
    weights.sort_by_key(|(weight, place)| (-weight, *place));
    let mut drawn: Vec<_> = weights.into_iter().take(DRAWN_MAX).map(|(_, place)| place).collect();
    drawn.sort_unstable();
    drawn
}

fn charts(outcome: &StressOutcome, drawn: &[usize]) -> Charts {
    let map = |scenario: usize| {
        let runs = outcome.runs_of(scenario);
        let mut cells = Vec::new();
        for (row, hit) in drawn.iter().enumerate() {
            for (column, affected) in drawn.iter().enumerate() {
                let one = &runs[*hit].affected[*affected];
                cells.push((row, column, one.deterioration_fen, one.made_short));
            }
        }
        cells
    };
    Charts {
        operators: drawn.iter().map(|place| outcome.participants[*place].clone()).collect(),
        maps: (0..outcome.scenarios.len()).map(map).collect(),
    }
}

fn subtitle(outcome: &StressOutcome) -> String {
    format!(
        "Stress test, seed {}, {} regime, settlement {}. Money is in yuan.",
        outcome.seed, outcome.regime, outcome.algorithm
    )
}

fn summary(outcome: &StressOutcome) -> String {
    let shortages = outcome.shortages();
    let runs = counted(outcome.runs.len() as u64, "run", "runs");
    let all = format!(
        "{} were hit, each by {}: {runs} beside the baseline, under the same seed.",
        counted(outcome.participants.len() as u64, "participant", "participants"),
        counted(outcome.scenarios.len() as u64, "scenario", "scenarios"),
    );
    if shortages.is_empty() {
        return format!("{all} Nobody became short because of another.");
    }
    let times = counted(shortages.len() as u64, "time", "times");
    format!("{all} A participant became short because of another {times}.")
}

/// A sum with its share of the upper bound.
fn with_share(outcome: &StressOutcome, place: usize, fen: i64) -> String {
    let share = outcome.of_upper_bound(place, fen).filter(|_| fen != 0);
    share.map_or_else(|| yuan(fen), |share| format!("{} ({})", yuan(fen), percent(share)))
}

fn participants(outcome: &StressOutcome) -> Table {
    let row = |(place, code): (usize, &String)| {
        let of = outcome.participant(place);
        let sum = |one: Option<Extreme>| one.map_or_else(|| NONE.to_owned(), |one| yuan(one.fen));
        let largest = of.by_others.map(|ends| with_share(outcome, place, ends[1].fen));
        // Where nothing changes there is nobody to name.
        let told = |one: Option<Extreme>| {
            one.filter(|one| one.fen != 0).and_then(|one| outcome.told(one.run))
        };
        let both = |one: Option<Extreme>| {
            told(one).map_or_else(String::new, |(scenario, hit)| format!("{hit}, {scenario}"))
        };
        let scenario =
            |one: Option<Extreme>| told(one).map_or_else(String::new, |told| told.0.to_owned());
        let end = |ends: Option<[Extreme; 2]>, end: usize| ends.map(|ends| ends[end]);
        let names = of.short_because_of.iter().map(|hit| outcome.participants[*hit].as_str());
        vec![
            code.clone(),
            largest.unwrap_or_else(|| NONE.to_owned()),
            both(end(of.by_others, 1)),
            sum(end(of.by_others, 0)),
            sum(end(of.by_itself, 1)),
            scenario(end(of.by_itself, 1)),
            sum(end(of.by_itself, 0)),
            names.collect::<Vec<_>>().join(", "),
        ]
    };
    Table {
        caption: "By how much the lowest settlement position of each falls, with the share of its upper bound of \
                  liquidity; negative sums are improvements"
            .to_owned(),
        header: cells([
            "participant",
            "largest by others",
            "when hit",
            "smallest by others",
            "largest by itself",
            "in scenario",
            "smallest by itself",
            "made short by",
        ]),
        text: &[2, 5, 7],
        rows: outcome.participants.iter().enumerate().map(row).collect(),
    }
}

/// What the worst run of each scenario does to the whole system.
fn worst(outcome: &StressOutcome) -> Table {
    let row = |(scenario, name): (usize, &String)| {
        let worst = |of: fn(&StressRun) -> Option<i64>, show: fn(i64) -> String| {
            let runs = outcome.runs_of(scenario).iter().enumerate();
            let found = runs.filter_map(|(place, run)| Some((of(run)?, place)));
            let found = found.min_by_key(|(value, place)| (-i128::from(*value), *place));
            match found {
                None => NONE.to_owned(),
                Some((0, _)) => show(0),
                Some((value, place)) => {
                    format!("{} ({})", show(value), outcome.participants[place])
                }
            }
        };
        let count = |number: i64| {
            let sign = if number < 0 { "-" } else { "" };
            format!("{sign}{}", grouped(number.unsigned_abs()))
        };
        vec![
            name.clone(),
            worst(|run| run.deficiency_fen, yuan),
            worst(|run| Some(run.unsettled_fen), yuan),
            worst(|run| Some(run.refused), count),
            worst(|run| Some(run.refused_fen), yuan),
            worst(|run| Some(run.withheld_fen), yuan),
            worst(|run| i64::try_from(run.made_short()).ok(), count),
        ]
    };
    Table {
        caption: "The worst run of each scenario by each figure, and whom it hits: what was lacking at a cut-off, and \
                  what the run adds to the baseline"
            .to_owned(),
        header: cells([
            "scenario",
            "lacking at a cut-off",
            "left unsettled",
            "payments refused",
            "value refused",
            "value not submitted",
            "made short",
        ]),
        text: &[],
        rows: outcome.scenarios.iter().enumerate().map(row).collect(),
    }
}

fn shortages(outcome: &StressOutcome) -> String {
    let shortages = outcome.shortages();
    if shortages.is_empty() {
        return "<p>Nobody is short in a run without being short in the baseline or hit.</p>\n"
            .to_owned();
    }
    let row = |one: &super::Shortage| {
        let standing = &outcome.runs[one.run].affected[one.affected].standing;
        vec![
            outcome.participants[one.affected].clone(),
            outcome.participants[one.hit].clone(),
            outcome.scenarios[one.scenario].clone(),
            yuan(standing.deficiency_fen),
            yuan(standing.uncovered_fen),
            yuan(standing.waited_fen),
        ]
    };
    let table = Table {
        caption: "Who becomes short because of whom".to_owned(),
        header: cells([
            "short",
            "because of",
            "scenario",
            "lacking at a cut-off",
            "refused for cover or cap",
            "waited for cover",
        ]),
        text: &[1, 2],
        rows: shortages.iter().map(row).collect(),
    };
    table.html()
}

/// A section for each scenario: the heat map, and the same as a table.
fn maps(outcome: &StressOutcome, drawn: &[usize]) -> String {
    let section = |(scenario, name): (usize, &String)| {
        let row = |hit: &usize| {
            let of = &outcome.runs_of(scenario)[*hit].affected;
            let sums = drawn.iter().map(|affected| yuan(of[*affected].deterioration_fen));
            std::iter::once(outcome.participants[*hit].clone()).chain(sums).collect()
        };
        let names = drawn.iter().map(|place| outcome.participants[*place].clone());
        let table = Table {
            caption: format!("{name}: deterioration by who is hit (rows) and who is affected"),
            header: std::iter::once("hit".to_owned()).chain(names).collect(),
            text: &[],
            rows: drawn.iter().map(row).collect(),
        };
        let note = if drawn.len() < outcome.participants.len() {
            format!(
                "<p>Shown are the {} that fall or make others fall most; stress.csv has all.</p>\n",
                drawn.len()
            )
        } else {
            String::new()
        };
        format!(
            "<section>\n<h2>{}</h2>\n{note}<figure>\n<figcaption>By how much the lowest settlement position falls: rows are \
             hit, columns affected; orange falls, blue rises, a red frame becomes short</figcaption>\n\
             <div class=\"chart\" data-chart=\"stress\" data-place=\"{scenario}\"></div>\n</figure>\n{}</section>\n\n",
            escape(name),
            table.html()
        )
    };
    outcome.scenarios.iter().enumerate().map(section).collect()
}
