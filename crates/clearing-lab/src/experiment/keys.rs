//! The keys of an experiment beside those of its cluster, described once.

use clearing_config::config_keys;
use clearing_config::{CLUSTER_KEYS, Key};

/// The keys of an experiment without those of `[cluster]`.
pub const EXPERIMENT_KEYS: &[Key] = config_keys! {
    /// The name of the experiment, and of the scenario in its results.
    "name" = "none", "", "1 to 64 letters, digits, - and _";
    /// What the experiment shows.
    "description" = "empty", "", "any text";
    /// What every draw depends on, with its purpose and id.
    "seed" = "1", "", "0 to 9223372036854775807";
    /// How many business days are run; balances carry over.
    "days" = "1, or until the last listed payment", "days", "1 to 3660";
    /// How many wallets are opened; at least two of each kind at every operator.
    "workload.wallets" = "200000", "wallets", "1 to 100000000";
    /// How many payments are submitted on each day.
    "workload.payments_per_day" = "1000000", "payments", "0 to 100000000";
    /// The probability that a payee is chosen at the payer's operator whatever the weights.
    "workload.on_us_bias" = "0.2", "", "0 to 1";
    /// The share of payments between persons that are on round numbers.
    "workload.round_share" = "0.3", "", "0 to 1";
    /// What every opening balance is multiplied by, within the balance caps.
    "workload.funds" = "1.0", "", "0 to 1000";
    /// The share of merchants among the wallets.
    "workload.merchant_share" = "0.05", "", "0 to 1";
    /// The share of corporate wallets among the wallets.
    "workload.corporate_share" = "0.009", "", "0 to 1";
    /// The share of government wallets among the wallets.
    "workload.government_share" = "0.001", "", "0 to 1";
    /// The shares of classes 1 to 4 among the personal wallets.
    "workload.class_shares" = "[0.05, 0.25, 0.4, 0.3]", "", "four numbers from 0 to 1";
    /// How many salaries an employer pays at a time.
    "workload.payroll_batch" = "50", "payments", "1 to 100000000";
    /// No generated payment is larger.
    "workload.amount_max" = "5000000.00", "yuan", "0.01 to 10000000000000.00";
    /// What becomes of an amount drawn above that, or above what the classes of both wallets allow
    /// for one payment: it is cut to the limit, or drawn again until it is within.
    "workload.over_limit" = "truncate", "", "truncate or redraw";
    /// The weights of operators in merchants, by code, where they differ from those in wallets.
    "workload.merchant_weights" = "{}", "", "numbers from 0 to 1000000";
    /// The share of people paying merchants in the number of payments, relative to the other flows.
    "workload.flows.consumer.share" = "0.7343", "", "0 to 1";
    /// The mean of the logarithm of its amounts in yuan.
    "workload.flows.consumer.mu" = "3.56", "", "-10 to 30";
    /// The standard deviation of that logarithm.
    "workload.flows.consumer.sigma" = "1.8", "", "0 to 10";
    /// The weights of the hours of the day.
    "workload.flows.consumer.hours" = "36.4 % from 18:00 to 06:00", "", "24 whole numbers";
    /// The share of people paying carriers and canteens.
    "workload.flows.transit.share" = "0.1259", "", "0 to 1";
    /// As of consumer.
    "workload.flows.transit.mu" = "1.6", "", "-10 to 30";
    /// As of consumer.
    "workload.flows.transit.sigma" = "0.6", "", "0 to 10";
    /// As of consumer.
    "workload.flows.transit.hours" = "peaks at 07:00 to 09:00 and 17:00 to 19:00", "", "24 whole numbers";
    /// The share of people paying people.
    "workload.flows.person.share" = "0.0839", "", "0 to 1";
    /// As of consumer.
    "workload.flows.person.mu" = "4.9", "", "-10 to 30";
    /// As of consumer.
    "workload.flows.person.sigma" = "1.9", "", "0 to 10";
    /// As of consumer.
    "workload.flows.person.hours" = "as consumer", "", "24 whole numbers";
    /// The share of people paying bills, taxes and insurance to companies and authorities.
    "workload.flows.bill.share" = "0.0524", "", "0 to 1";
    /// As of consumer.
    "workload.flows.bill.mu" = "6.0", "", "-10 to 30";
    /// As of consumer.
    "workload.flows.bill.sigma" = "1.3", "", "0 to 10";
    /// As of consumer.
    "workload.flows.bill.hours" = "09:00 to 17:00", "", "24 whole numbers";
    /// The share of companies paying salaries.
    "workload.flows.payroll.share" = "0.003", "", "0 to 1";
    /// As of consumer.
    "workload.flows.payroll.mu" = "8.6", "", "-10 to 30";
    /// As of consumer.
    "workload.flows.payroll.sigma" = "0.5", "", "0 to 10";
    /// As of consumer.
    "workload.flows.payroll.hours" = "09:00 to 17:00", "", "24 whole numbers";
    /// The share of companies paying companies.
    "workload.flows.corporate.share" = "0.0005", "", "0 to 1";
    /// As of consumer.
    "workload.flows.corporate.mu" = "10.3", "", "-10 to 30";
    /// As of consumer.
    "workload.flows.corporate.sigma" = "1.9", "", "0 to 10";
    /// As of consumer.
    "workload.flows.corporate.hours" = "09:00 to 17:00", "", "24 whole numbers";
    /// How many payments each operator makes to each other one on a day, on average; a table of
    /// random flow takes the place of everything above.
    "workload.random_flow.payments_per_pair" = "100", "payments", "0 to 1000000";
    /// The mean of their values, which are exponential.
    "workload.random_flow.value_mean" = "1000.00", "yuan", "0.01 to 10000000000000.00";
    /// The name of a listed payment; a list of payments takes the place of everything that is
    /// drawn.
    "workload.payments[].id" = "its place, counted from 1", "", "any text";
    /// The day it is submitted, or day and time as in 2022-08-24T09:30:00+08:00.
    "workload.payments[].date" = "cluster.start", "date in Shanghai", "within the days of the run";
    /// When it is submitted; with a zone as in 01:30Z, of that zone. Payments of one time go in the
    /// order of the list.
    "workload.payments[].time" = "that of date", "[H]H:MM[:SS[.fraction]] in Shanghai", "00:00 to 23:59:59.999999999";
    /// How much.
    "workload.payments[].value" = "none", "yuan", "0.01 to 10000000000000.00";
    /// The operator of the payer.
    "workload.payments[].from" = "none", "", "a code or an identifier of the roster";
    /// The operator of the payee.
    "workload.payments[].to" = "none", "", "a code or an identifier of the roster";
    /// The payer's wallet, by any name; without one the operator's only wallet.
    "workload.payments[].payer" = "empty", "", "any text";
    /// The payee's wallet, by any name; without one the operator's only wallet.
    "workload.payments[].payee" = "empty", "", "any text";
    /// Where it stands in a queue, where payments wait for cover; without effect elsewhere.
    "workload.payments[].priority" = "normal", "",
        "error_reversal | extra_urgent | interest_and_fees | clearing_nets | urgent | normal, or 1 to 6";
    /// A file of payments in the layout of `clearing replay`, in place of everything that is drawn.
    "workload.file" = "none", "", "a path from the working directory";
    /// The BLAKE3 hash that the file must have.
    "workload.file_hash" = "not checked", "", "64 hexadecimal digits";
    /// Whether values of the file with more than two decimals are rounded half up.
    "workload.file_round" = "false", "", "true | false";
    /// Whether bad rows of the file are left out.
    "workload.file_skip_bad_rows" = "false", "", "true | false";
    /// What goes wrong: docs/faults.md says what each kind means.
    "fault[].kind" = "none", "", "outage | cut | slow | liquidity-loss | funding | failure | crash";
    /// Whom it hits: a name, or who has the largest net debit or has sent most at that moment
    /// (deferred-net).
    "fault[].operator" = "none", "",
        "a code or an identifier of the roster | largest-net-debtor | largest-sender | largest-shortfall; of a crash also central-bank";
    /// When it begins: at the start of the tick that this time lies in. A time alone is of day 1.
    "fault[].at" = "none", "[day] HH:MM[:SS[.mmm]] in Shanghai", "within the days of the run";
    /// When it ends: at the start of the tick that this time lies in (outage, cut, slow).
    "fault[].until" = "the end of the run", "[day] HH:MM[:SS[.mmm]] in Shanghai", "in a later tick than at";
    /// The part of the settlement balance that is lost, rounded down to a fen (liquidity-loss,
    /// deposit regime).
    "fault[].share" = "none", "", "0.000001 to 1, as a number or text";
    /// How much later than their time payments are submitted (slow).
    "fault[].delay_ticks" = "none", "ticks", "1 to 1000000";
    /// How much a funding brings in, or shortfall for what the operator is short of.
    "fault[].amount" = "none", "yuan", "0.01 to 10000000000000.00, or shortfall";
    /// Written by a run: the version of the program. Not read.
    "run.version" = "none", "", "";
    /// Written by a run: the commit the program was built from, if known. Not read.
    "run.commit" = "none", "", "";
    /// Written by a run: where it ran. Not read.
    "run.host" = "none", "", "";
    /// Written by a run: processes or in-process. Not read.
    "run.engine" = "none", "", "";
    /// Written by a run: the id that every row of the results carries. Not read.
    "run.id" = "none", "", "";
};

/// The keys of an experiment with those of its cluster.
pub fn all_keys() -> Vec<Key> {
    [EXPERIMENT_KEYS, &CLUSTER_KEYS].concat()
}
