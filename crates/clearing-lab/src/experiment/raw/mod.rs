//! The experiment as it stands in a file: each key is declared once, with its default, unit, range
//! and meaning.

mod include;
mod mixture;
mod script;
mod workload;

use std::collections::BTreeMap;

use clearing_config::table;
use serde::{Deserialize, Serialize};
use toml::Value;

pub(super) use include::{RawInclude, RawPart};
pub(super) use mixture::{RawFlows, RawHome, RawMixture};
pub(super) use script::{
    RawAction, RawAssertion, RawCampaign, RawCard, RawContract, RawLoan, RawPayroll, RawScenario,
    RawSeries, RawWallet, RawWealth,
};
pub(super) use workload::{RawFile, RawPayment, RawRandomFlow, RawWorkload};

table! {
    /// The file without `[cluster]`, which has a reader of its own.
    #[derive(Clone, Debug, Serialize)]
    pub(super) struct RawExperiment {
        /// The name of the experiment, and of the scenario in its results.
        name: String = else "none", "", "1 to 64 letters, digits, - and _";
        /// What the experiment shows.
        description: String = else "empty", "", "any text";
        /// What every draw depends on, with its purpose and id.
        seed: u64 = 1, "", "0 to 9223372036854775807";
        /// How many business days are run; balances carry over.
        days: Option<u32> = else "1, or until the last listed payment", "days", 1 to 3660;
        /// One in so many of the wallets, payments and sums that the tables of a scenario count is
        /// run.
        #[serde(skip_serializing_if = "Option::is_none")]
        scale: Option<u64> = else "1", "", 1 to 1000000;
        scenario: Option<RawScenario>;
        #[serde(rename = "include", skip_serializing_if = "Vec::is_empty")]
        includes: Vec<RawInclude>;
        #[serde(rename = "part", skip_serializing_if = "Vec::is_empty")]
        parts: Vec<RawPart>;
        workload: RawWorkload;
        #[serde(rename = "wallet", skip_serializing_if = "Vec::is_empty")]
        wallets: Vec<RawWallet>;
        #[serde(skip_serializing_if = "Vec::is_empty")]
        series: Vec<RawSeries>;
        #[serde(rename = "campaign", skip_serializing_if = "Vec::is_empty")]
        campaigns: Vec<RawCampaign>;
        #[serde(rename = "contract", skip_serializing_if = "Vec::is_empty")]
        contracts: Vec<RawContract>;
        #[serde(rename = "loan", skip_serializing_if = "Vec::is_empty")]
        loans: Vec<RawLoan>;
        #[serde(rename = "wealth", skip_serializing_if = "Vec::is_empty")]
        wealth: Vec<RawWealth>;
        #[serde(rename = "payroll", skip_serializing_if = "Vec::is_empty")]
        payrolls: Vec<RawPayroll>;
        #[serde(rename = "card", skip_serializing_if = "Vec::is_empty")]
        cards: Vec<RawCard>;
        #[serde(rename = "action", skip_serializing_if = "Vec::is_empty")]
        actions: Vec<RawAction>;
        #[serde(rename = "assert", skip_serializing_if = "Vec::is_empty")]
        assertions: Vec<RawAssertion>;
        #[serde(rename = "fault", skip_serializing_if = "Vec::is_empty")]
        faults: Vec<RawFault>;
        #[serde(rename = "treasury", skip_serializing_if = "Vec::is_empty")]
        treasuries: Vec<RawTreasury>;
        run: Option<RawRun>;
    }
}

table! {
    /// One of `[[fault]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct RawFault at "fault[]" {
        /// What goes wrong: docs/faults.md says what each kind means.
        kind: Option<String> = else "none", "",
            "outage | cut | slow | liquidity-loss | funding | failure | crash";
        /// Whom it hits: a name, or who has the largest net debit or has sent most at that moment
        /// (deferred-net).
        operator: Option<String> = else "none", "",
            "a code or an identifier of the roster | largest-net-debtor | largest-sender | largest-shortfall; of a crash also central-bank";
        /// When it begins: at the start of the tick that this time lies in. A time alone is of day
        /// 1.
        at: Option<String> = else "none", "[day] HH:MM[:SS[.mmm]] in Shanghai",
            "within the days of the run";
        /// When it ends: at the start of the tick that this time lies in (outage, cut, slow).
        until: Option<String> = else "the end of the run", "[day] HH:MM[:SS[.mmm]] in Shanghai",
            "in a later tick than at";
        /// The part of the settlement balance that is lost, rounded down to a fen (liquidity-loss,
        /// deposit regime).
        share: Option<Value> = else "none", "", "0.000001 to 1, as a number or text";
        /// How much later than their time payments are submitted (slow).
        delay_ticks: Option<u64> = else "none", "ticks", 1 to 1000000;
        /// How much a funding brings in, or shortfall for what the operator is short of.
        amount: Option<Value> = else "none", "yuan", "0.01 to 10000000000000.00, or shortfall";
    }
}

table! {
    /// One of `[[treasury]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct RawTreasury at "treasury[]" {
        /// Who decides by the rule; rules of one operator apply in their order.
        operator: Option<String> = else "none", "", "a code or an identifier of the roster | *";
        /// The rule: docs/treasury.md says what each does (gross-queue, hybrid).
        policy: Option<String> = else "none", "",
            "release | inflow | schedule | opening | limits | silence | outside";
        /// What a released payment must leave of the settlement balance (inflow).
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<Value> = else "0", "yuan", "0 to 10000000000000.00";
        /// From when on the rule holds nothing (inflow, silence).
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<String> = else "the end of the day", "HH:MM[:SS] in Shanghai", "a time of day";
        /// Which part of the value of the day so far is released by which time, in percent
        /// (schedule).
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        throughput: BTreeMap<String, u32> = else "none", "percent by HH:MM", "0 to 100 each, ascending";
        /// What the settlement balance is at the open (opening, deposit regime), or what is paid to
        /// another operator on a day, net, at most (limits).
        #[serde(skip_serializing_if = "Option::is_none")]
        amount: Option<Value> = else "none", "yuan", "0 to 10000000000000.00";
        /// The same as a part (opening, limits); for limits, of what its wallets will pay to those
        /// of the other operator on the day.
        #[serde(skip_serializing_if = "Option::is_none")]
        share: Option<Value> = else "none", "", "0.0 to 1, as a number or text";
        /// What the part is of: what its wallets will pay to other operators on the day, or the span
        /// between the bounds of liquidity, above the lower one (opening).
        #[serde(skip_serializing_if = "Option::is_none")]
        of: Option<String> = else "none", "", "outflow | bounds";
        /// After how long without a payment from an operator that owes, payments to it are held
        /// (silence).
        #[serde(skip_serializing_if = "Option::is_none")]
        ticks: Option<u64> = else "none", "ticks", 1 to 1000000;
    }
}

table! {
    /// What a run adds.
    #[derive(Clone, Debug, Serialize)]
    pub(super) struct RawRun at "run" {
        /// Written by a run: the version of the program. Not read.
        version: Option<String> = else "none", "", "";
        /// Written by a run: the commit the program was built from, if known. Not read.
        commit: Option<String> = else "none", "", "";
        /// Written by a run: where it ran. Not read.
        host: Option<String> = else "none", "", "";
        /// Written by a run: processes or in-process. Not read.
        engine: Option<String> = else "none", "", "";
        /// Written by a run: the id that every row of the results carries. Not read.
        id: Option<String> = else "none", "", "";
    }
}
