//! The keys of a sweep, each declared once.

use std::sync::LazyLock;

use clearing_config::{Key, keys_of, table};
use serde::{Deserialize, Serialize};

/// The keys of a sweep without those of `[base]` and `[grid]`, which are the keys of an experiment.
pub static SWEEP_KEYS: LazyLock<Vec<Key>> = LazyLock::new(keys_of::<RawSweep>);

table! {
    /// The file without `[base]` and `[grid]`, which have readers of their own.
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub(super) struct RawSweep {
        /// The name of the sweep.
        name: String = else "none", "", "1 to 64 letters, digits, - and _";
        /// What the sweep shows.
        description: String = else "empty", "", "any text";
        /// The experiment that every point starts from; a table `[base]` may stand in its place.
        #[serde(skip_serializing)]
        experiment: Option<String> = else "none", "", "a path from the folder of the sweep";
        /// How many runs each point has, with the same seeds at every point.
        seeds: u32 = 1, "runs", 1 to 10000;
        /// The first of these seeds; the others follow it.
        first_seed: u64 = 1, "", 0 to 9223372036854765807;
        /// How many of the first days are left out of every indicator.
        warm_up_days: u32 = 0, "days", "0 to the days of the experiment less 1";
        /// The parameter along the horizontal axis of the figures.
        horizontal: Option<String> = else "the level, or the first parameter that is a number", "",
            "a key of the grid with several values";
        #[serde(rename = "figure", skip_serializing_if = "Vec::is_empty")]
        figures: Vec<SweepFigure>;
        until: Option<RawUntil>;
        liquidity: Option<RawLiquidity>;
        cost: Cost;
        #[serde(skip_deserializing)]
        run: Option<RawRun>;
    }
}

table! {
    /// The `[until]` table: each point goes on to further seeds until an indicator is sure enough.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct RawUntil at "until" {
        /// The indicator, by its column.
        indicator: String = else "none", "", "a column of the table";
        /// Half the width of the 95 % interval of its mean, as a share of the mean.
        half_width: String = else "none", "", "a percentage above 0, as in \"5%\"";
        /// The most seeds of a point.
        seeds: u32 = else "none", "runs", 3 to 10000;
    }
}

table! {
    /// The `[liquidity]` table.
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct RawLiquidity at "liquidity" {
        /// Levels of opening balances: LB + level x (UB - LB) of each operator, by the bounds of
        /// the flow of each seed (deposit regime).
        levels: Vec<f64> = else "the balances of the experiment", "", "numbers from 0 to 1";
    }
}

table! {
    /// One of `[[figure]]`: a figure of scripts that is a column and is drawn.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct SweepFigure at "figure[]" {
        /// A figure of each run, as assertions name it: docs/scenarios.md lists them.
        figure: String = else "none", "", "a figure that is no column of every sweep";
        /// What it is called above its chart.
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String> = else "the figure", "", "any text";
    }
}

table! {
    /// Prices of liquidity and delay.
    #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Cost at "cost" {
        /// What a yuan of liquidity costs in a year of 365 days.
        liquidity_price: Option<f64> = else "none", "yuan", 0 to 1000000;
        /// What it costs that a yuan waits for an hour.
        delay_price: Option<f64> = else "none", "yuan", 0 to 1000000;
    }
}

table! {
    /// What a sweep adds.
    #[derive(Debug, Serialize)]
    pub(super) struct RawRun at "run" {
        /// Written by a sweep: the version of the program. Not read.
        version: Option<String> = else "none", "", "";
        /// Written by a sweep: the commit the program was built from, if known. Not read.
        commit: Option<String> = else "none", "", "";
        /// Written by a sweep: where it ran. Not read.
        host: Option<String> = else "none", "", "";
        /// Written by a sweep: what every file of a point carries. Not read.
        id: Option<String> = else "none", "", "";
    }
}
