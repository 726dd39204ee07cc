//! The tables by which an experiment takes scenarios in as its parts.

use std::collections::BTreeMap;

use clearing_config::table;
use serde::{Deserialize, Serialize};
use toml::Value;

table! {
    /// One of `[[include]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawInclude at "include[]" {
        /// The scenario that becomes a part of the experiment, on the days of its own dates.
        file: String = else "none", "", "a shipped one: scenarios/s06-voucher-round.toml";
        /// The name of the part, before a point in the name of everything that belongs to it.
        name: Option<String> = else "s with its number: s06", "", "1 to 8 letters, digits, - and _";
        /// One in so many of what the scenario counts is run.
        scale: Option<u64> = else "that of the experiment", "", 1 to 1000000;
        /// Values for keys of the scenario, by their paths.
        #[serde(default)]
        set: BTreeMap<String, Value> = else "{}", "", "as of --set";
    }
}

table! {
    /// One of `[[part]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawPart at "part[]" {
        /// The name of a scenario that is a part of the experiment: the wallets NAME.x belong to it. An
        /// include makes the table.
        name: String = else "none", "", "1 to 8 letters, digits, - and _";
        /// The first and the last day of the run on which it goes on.
        days: [u32; 2] = else "none", "", "two days of the run";
        /// Whether it stands for the payments that are drawn, and has no wallets of its own.
        background: Option<bool> = else "false", "", "true | false";
        /// As of scenario.
        number: u32 = else "none", "", 1 to 99;
        /// As of scenario.
        title: String = else "none", "", "any text";
        /// As of scenario.
        statement: String = else "none", "", "any text";
        /// As of scenario.
        place: String = else "none", "", "any text";
        /// As of scenario.
        date: String = else "none", "", "any text";
        /// As of scenario.
        #[serde(default)]
        story: String = else "empty", "", "any text";
    }
}
