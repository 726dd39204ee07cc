//! The keys of a sweep, described once.

use clearing_config::Key;
use clearing_config::config_keys;

/// The keys of a sweep without those of `[base]` and `[grid]`, which are the keys of an experiment.
pub const SWEEP_KEYS: &[Key] = config_keys! {
    /// The name of the sweep.
    "name" = "none", "", "1 to 64 letters, digits, - and _";
    /// What the sweep shows.
    "description" = "empty", "", "any text";
    /// The experiment that every point starts from; a table `[base]` may stand in its place.
    "experiment" = "none", "", "a path from the folder of the sweep";
    /// How many runs each point has, with the same seeds at every point.
    "seeds" = "1", "runs", "1 to 10000";
    /// The first of these seeds; the others follow it.
    "first_seed" = "1", "", "0 to 9223372036854775807";
    /// How many of the first days are left out of every indicator.
    "warm_up_days" = "0", "days", "0 to the days of the experiment less 1";
    /// Levels of opening balances: LB + level x (UB - LB) of each operator, by the bounds of the
    /// flow of each seed (deposit regime).
    "liquidity.levels" = "the balances of the experiment", "", "numbers from 0 to 1";
    /// What a yuan of liquidity costs in a year of 365 days.
    "cost.liquidity_price" = "none", "yuan", "0 to 1000000";
    /// What it costs that a yuan waits for an hour.
    "cost.delay_price" = "none", "yuan", "0 to 1000000";
    /// Written by a sweep: the version of the program. Not read.
    "run.version" = "none", "", "";
    /// Written by a sweep: the commit the program was built from, if known. Not read.
    "run.commit" = "none", "", "";
    /// Written by a sweep: where it ran. Not read.
    "run.host" = "none", "", "";
    /// Written by a sweep: what every file of a point carries. Not read.
    "run.id" = "none", "", "";
};
