//! The tables of a stress test: a row per run and affected participant, a row per run, and a row
//! per participant. `docs/stress.md` tells what the columns mean.

use super::{Affected, Extreme, ParticipantStress, StressError, StressOutcome, StressRun};
use crate::sweep::Store;
use crate::table::Cells;

/// Writes the tables.
pub(super) fn write(outcome: &StressOutcome, store: &Store) -> Result<(), StressError> {
    let affected = affected(outcome);
    Cells::write_parquet(&store.path("stress.parquet"), "stress", &affected)?;
    Cells::write_csv(&store.path("stress.csv"), &affected)?;
    let summary = summary(outcome);
    Cells::write_parquet(&store.path("summary.parquet"), "summary", &summary)?;
    Cells::write_csv(&store.path("summary.csv"), &summary)?;
    let participants = participants(outcome);
    Cells::write_parquet(&store.path("participants.parquet"), "participants", &participants)?;
    Cells::write_csv(&store.path("participants.csv"), &participants)?;
    Ok(())
}

/// What every row of a run starts with. The baseline hits nobody, so its cells are empty.
fn begin<'a>(
    outcome: &'a StressOutcome,
    runs: impl Iterator<Item = &'a StressRun> + Clone,
) -> Vec<Cells> {
    let hit = |run: &StressRun| {
        run.hit.map(|(scenario, hit)| [&outcome.scenarios[scenario], &outcome.participants[hit]])
    };
    let name = |run: &StressRun, place: usize| {
        hit(run).map_or_else(String::new, |names| names[place].clone())
    };
    let seed = || runs.clone().map(|_| i64::try_from(outcome.seed).ok());
    vec![
        Cells::texts("run_id", runs.clone().map(|run| run.run_id.clone())),
        Cells::integers("seed", seed()),
        Cells::texts("experiment", runs.clone().map(|_| outcome.name.clone())),
        Cells::texts("algorithm", runs.clone().map(|_| outcome.algorithm.clone())),
        Cells::texts("scenario", runs.clone().map(|run| name(run, 0))),
        Cells::texts("hit", runs.map(|run| name(run, 1))),
    ]
}

/// A row per run and affected participant, whoever is hit among them.
fn affected(outcome: &StressOutcome) -> Vec<Cells> {
    let rows: Vec<(&StressRun, usize, &Affected)> = outcome
        .runs
        .iter()
        .flat_map(|run| run.affected.iter().enumerate().map(move |(place, one)| (run, place, one)))
        .collect();
    let before = |place: usize| &outcome.standing[place];
    let mut columns = begin(outcome, rows.iter().map(|(run, _, _)| *run));
    columns.push(Cells::texts(
        "affected",
        rows.iter().map(|(_, place, _)| outcome.participants[*place].clone()),
    ));
    let mut integers = |name: &str, of: &dyn Fn(usize, &Affected) -> i64| {
        columns
            .push(Cells::integers(name, rows.iter().map(|(_, place, one)| Some(of(*place, one)))));
    };
    integers("baseline_least_position_fen", &|place, _| before(place).least_position_fen);
    integers("least_position_fen", &|_, one| one.standing.least_position_fen);
    integers("deterioration_fen", &|_, one| one.deterioration_fen);
    integers("baseline_upper_bound_fen", &|place, _| before(place).upper_bound_fen);
    integers("baseline_lower_bound_fen", &|place, _| before(place).lower_bound_fen);
    integers("baseline_least_balance_fen", &|place, _| before(place).least_balance_fen);
    integers("least_balance_fen", &|_, one| one.standing.least_balance_fen);
    integers("baseline_short", &|place, _| i64::from(before(place).is_short()));
    integers("short", &|_, one| i64::from(one.standing.is_short()));
    integers("made_short", &|_, one| i64::from(one.made_short));
    integers("deficiency_fen", &|place, one| {
        one.standing.deficiency_fen - before(place).deficiency_fen
    });
    integers("uncovered_fen", &|place, one| {
        one.standing.uncovered_fen - before(place).uncovered_fen
    });
    integers("waited_fen", &|place, one| one.standing.waited_fen - before(place).waited_fen);
    integers("refused", &|place, one| one.standing.refused - before(place).refused);
    integers("refused_fen", &|place, one| one.standing.refused_fen - before(place).refused_fen);
    integers("unsettled_fen", &|place, one| {
        one.standing.unsettled_fen - before(place).unsettled_fen
    });
    let share = |of: fn(&StressOutcome, usize, i64) -> Option<f64>| {
        let share = move |(_, place, one): &(&StressRun, usize, &Affected)| {
            of(outcome, *place, one.deterioration_fen)
        };
        rows.iter().map(share)
    };
    columns
        .push(Cells::numbers("deterioration_of_upper_bound", share(StressOutcome::of_upper_bound)));
    columns
        .push(Cells::numbers("deterioration_of_lower_bound", share(StressOutcome::of_lower_bound)));
    columns
}

/// A row per run, the baseline first.
fn summary(outcome: &StressOutcome) -> Vec<Cells> {
    let runs = || std::iter::once(&outcome.baseline).chain(&outcome.runs);
    let mut columns = begin(outcome, runs());
    let mut integers = |name: &str, of: fn(&StressRun) -> Option<i64>| {
        columns.push(Cells::integers(name, runs().map(of)));
    };
    integers("deficiency_fen", |run| run.deficiency_fen);
    integers("more_deficiency_fen", |run| run.more_deficiency_fen);
    integers("unsettled_fen", |run| Some(run.unsettled_fen));
    integers("refused", |run| Some(run.refused));
    integers("refused_fen", |run| Some(run.refused_fen));
    integers("withheld", |run| Some(run.withheld));
    integers("withheld_fen", |run| Some(run.withheld_fen));
    integers("lost_fen", |run| Some(run.lost_fen));
    integers("made_short", |run| i64::try_from(run.made_short()).ok());
    let short = |run: &StressRun| {
        let short = run.affected.iter().filter(|one| one.made_short);
        short.map(|one| one.standing.code.as_str()).collect::<Vec<_>>().join(" ")
    };
    columns.push(Cells::texts("made_short_names", runs().map(short)));
    columns.push(Cells::texts("digest", runs().map(|run| run.digest.clone())));
    columns
}

/// A row per participant, over all runs.
fn participants(outcome: &StressOutcome) -> Vec<Cells> {
    let rows: Vec<ParticipantStress> =
        (0..outcome.participants.len()).map(|place| outcome.participant(place)).collect();
    let mut columns = vec![Cells::texts("participant", outcome.participants.iter().cloned())];
    type Ends = fn(&ParticipantStress) -> Option<[Extreme; 2]>;
    let of: [(&str, Ends); 2] = [("others", |one| one.by_others), ("itself", |one| one.by_itself)];
    for (by, ends) in of {
        for (end, which) in [(1, "largest"), (0, "smallest")] {
            let extreme = |one: &ParticipantStress| ends(one).map(|ends| ends[end]);
            let told = |one: &ParticipantStress, place: usize| {
                let told = extreme(one).and_then(|extreme| outcome.told(extreme.run));
                told.map_or_else(String::new, |(scenario, hit)| [scenario, hit][place].to_owned())
            };
            let name = |what: &str| format!("{which}_by_{by}{what}");
            columns.extend([
                Cells::integers(&name("_fen"), rows.iter().map(|one| Some(extreme(one)?.fen))),
                Cells::texts(&name("_scenario"), rows.iter().map(|one| told(one, 0))),
                Cells::texts(&name("_hit"), rows.iter().map(|one| told(one, 1))),
            ]);
        }
    }
    let bounds = |of: fn(&crate::results::OperatorStrain) -> i64| {
        outcome.standing.iter().map(move |one| Some(of(one)))
    };
    let names = |one: &ParticipantStress| {
        let names = one.short_because_of.iter().map(|hit| outcome.participants[*hit].as_str());
        names.collect::<Vec<_>>().join(" ")
    };
    columns.extend([
        Cells::integers("baseline_upper_bound_fen", bounds(|one| one.upper_bound_fen)),
        Cells::integers("baseline_lower_bound_fen", bounds(|one| one.lower_bound_fen)),
        Cells::integers("runs_short", rows.iter().map(|one| i64::try_from(one.runs_short).ok())),
        Cells::texts("short_because_of", rows.iter().map(names)),
    ]);
    columns
}
