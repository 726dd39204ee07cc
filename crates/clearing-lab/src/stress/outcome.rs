//! What a stress test shows: how far each participant falls when another one is hit, and who
//! becomes short because of whom.

use std::collections::BTreeSet;

use crate::results::OperatorStrain;
use crate::sweep::Row;

use super::Stress;

/// The outcome of a stress test; money in fen. Differences are those of a run from the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct StressOutcome {
    /// The name of the experiment.
    pub name: String,
    /// The seed of every run.
    pub seed: u64,
    /// Cash or deposit.
    pub regime: &'static str,
    /// How obligations were settled.
    pub algorithm: String,
    /// Those that are hit and affected, in the order of the configuration.
    pub participants: Vec<String>,
    /// The scenarios as they are stated.
    pub scenarios: Vec<String>,
    /// The run in which nobody is hit, its differences from itself among it.
    pub baseline: StressRun,
    /// What the baseline was for each participant.
    pub standing: Vec<OperatorStrain>,
    /// A run per scenario and participant that is hit, in this order.
    pub runs: Vec<StressRun>,
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct StressRun {
    /// The place of the scenario and of the participant that is hit; `None` of the baseline.
    pub hit: Option<(usize, usize)>,
    /// The id of the run, as `clearing run` gives it.
    pub run_id: String,
    /// The digest of its outcome.
    pub digest: String,
    /// The most that was lacking at a cut-off; `None` where there are none.
    pub deficiency_fen: Option<i64>,
    /// That less the same of the baseline.
    pub more_deficiency_fen: Option<i64>,
    /// The gross value that never settled, less that of the baseline.
    pub unsettled_fen: i64,
    /// Payments that were rejected or returned, less those of the baseline.
    pub refused: i64,
    /// Their value, less that of the baseline.
    pub refused_fen: i64,
    /// Payments that were never submitted, less those of the baseline.
    pub withheld: i64,
    /// Their value, less that of the baseline.
    pub withheld_fen: i64,
    /// What faults took from settlement balances, less that of the baseline.
    pub lost_fen: i64,
    /// What it was for each participant.
    pub affected: Vec<Affected>,
}

/// What a run was for a participant.
#[derive(Clone, Debug, PartialEq)]
pub struct Affected {
    /// By how much its lowest settlement position is lower than in the baseline; negative is
    /// higher.
    pub deterioration_fen: i64,
    /// The run, for it.
    pub standing: OperatorStrain,
    /// Whether it is short of money in this run and not in the baseline, and was not hit itself.
    pub made_short: bool,
}

/// The largest or smallest deterioration of a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extreme {
    /// How much.
    pub fen: i64,
    /// The place of the run.
    pub run: usize,
}

/// A participant over all runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantStress {
    /// The smallest and the largest deterioration when another one is hit; `None` without others.
    pub by_others: Option<[Extreme; 2]>,
    /// The same when it is hit itself.
    pub by_itself: Option<[Extreme; 2]>,
    /// In how many runs another one makes it short.
    pub runs_short: usize,
    /// The places of those that make it short.
    pub short_because_of: BTreeSet<usize>,
}

/// A participant that another one makes short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// The place of the run.
    pub run: usize,
    /// The place of the scenario.
    pub scenario: usize,
    /// The place of whoever is hit.
    pub hit: usize,
    /// The place of whoever becomes short.
    pub affected: usize,
}

impl StressOutcome {
    /// Sets each run beside the first.
    pub(super) fn of(stress: &Stress, rows: &[Row]) -> Self {
        let standing = |row: &Row| {
            row.strain.as_ref().map(|strain| strain.operators.clone()).unwrap_or_default()
        };
        let first = standing(&rows[0]);
        let hits = (0..stress.scenarios.len())
            .flat_map(|scenario| (0..first.len()).map(move |hit| (scenario, hit)));
        let run = |row: &Row, hit| StressRun::of(row, hit, &rows[0], &first);
        Self {
            name: stress.experiment.name.clone(),
            seed: stress.experiment.seed,
            regime: stress.experiment.cluster.regime.name(),
            algorithm: rows[0].algorithm.clone(),
            participants: first.iter().map(|one| one.code.clone()).collect(),
            scenarios: stress.scenarios.iter().map(ToString::to_string).collect(),
            baseline: run(&rows[0], None),
            runs: rows[1..].iter().zip(hits).map(|(row, hit)| run(row, Some(hit))).collect(),
            standing: first,
        }
    }

    /// The runs of a scenario, by whoever is hit.
    pub fn runs_of(&self, scenario: usize) -> &[StressRun] {
        let count = self.participants.len();
        self.runs.get(scenario * count..(scenario + 1) * count).unwrap_or_default()
    }

    /// A participant over all runs.
    pub fn participant(&self, place: usize) -> ParticipantStress {
        let runs = || self.runs.iter().enumerate();
        let extremes = |is_hit: bool| {
            let runs = runs()
                .filter(move |(_, run)| run.hit.is_some_and(|(_, hit)| (hit == place) == is_hit));
            let of = |(number, run): (usize, &StressRun)| Extreme {
                fen: run.affected[place].deterioration_fen,
                run: number,
            };
            let all: Vec<_> = runs.map(of).collect();
            // Of equals the first run, for either end.
            let least = all.iter().min_by_key(|one| (one.fen, one.run)).copied()?;
            let most = all.iter().min_by_key(|one| (-i128::from(one.fen), one.run)).copied()?;
            Some([least, most])
        };
        let shortages = self.shortages().into_iter().filter(|one| one.affected == place);
        let shortages: Vec<_> = shortages.collect();
        ParticipantStress {
            by_others: extremes(false),
            by_itself: extremes(true),
            runs_short: shortages.len(),
            short_because_of: shortages.iter().map(|one| one.hit).collect(),
        }
    }

    /// Who becomes short because of whom, run by run.
    pub fn shortages(&self) -> Vec<Shortage> {
        let mut shortages = Vec::new();
        for (number, run) in self.runs.iter().enumerate() {
            let Some((scenario, hit)) = run.hit else { continue };
            let short = run.affected.iter().enumerate().filter(|(_, one)| one.made_short);
            shortages.extend(short.map(|(affected, _)| Shortage {
                run: number,
                scenario,
                hit,
                affected,
            }));
        }
        shortages
    }

    /// A deterioration over the upper bound of the participant's liquidity in the baseline; `None`
    /// without a bound.
    pub fn of_upper_bound(&self, place: usize, fen: i64) -> Option<f64> {
        over(fen, self.standing[place].upper_bound_fen)
    }

    /// The same over the lower bound.
    pub fn of_lower_bound(&self, place: usize, fen: i64) -> Option<f64> {
        over(fen, self.standing[place].lower_bound_fen)
    }

    /// The scenario of a run and whom it hits.
    pub fn told(&self, run: usize) -> Option<(&str, &str)> {
        let (scenario, hit) = self.runs.get(run)?.hit?;
        Some((&self.scenarios[scenario], &self.participants[hit]))
    }
}

impl StressRun {
    fn of(
        row: &Row,
        hit: Option<(usize, usize)>,
        first: &Row,
        standing: &[OperatorStrain],
    ) -> Self {
        let integer = |row: &Row, name: &str| row.integer(name).unwrap_or_default();
        let more = |name: &str| integer(row, name) - integer(first, name);
        let deficiency = |row: &Row| row.strain.as_ref().and_then(|strain| strain.deficiency_fen);
        let now = row.strain.as_ref().map(|strain| &strain.operators[..]).unwrap_or_default();
        let affected = |(place, (now, before)): (usize, (&OperatorStrain, &OperatorStrain))| {
            let is_hit = hit.is_some_and(|(_, hit)| hit == place);
            Affected {
                deterioration_fen: before.least_position_fen - now.least_position_fen,
                standing: now.clone(),
                made_short: !is_hit && now.is_short() && !before.is_short(),
            }
        };
        Self {
            hit,
            run_id: row.run_id.clone(),
            digest: row.digest.clone(),
            deficiency_fen: deficiency(row),
            more_deficiency_fen: deficiency(row)
                .zip(deficiency(first))
                .map(|(now, before)| now - before),
            unsettled_fen: more("unsettled_fen"),
            refused: more("refused"),
            refused_fen: more("refused_fen"),
            withheld: more("withheld"),
            withheld_fen: more("withheld_fen"),
            lost_fen: more("lost_fen"),
            affected: now.iter().zip(standing).enumerate().map(affected).collect(),
        }
    }

    /// How many participants it makes short.
    pub fn made_short(&self) -> usize {
        self.affected.iter().filter(|one| one.made_short).count()
    }
}

fn over(fen: i64, bound: i64) -> Option<f64> {
    (bound > 0).then(|| fen as f64 / bound as f64)
}
