//! The `[workload]` table.

use clearing_config::{ConfigError, Described, Key, Yuan, read_value, table};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::RawMixture;

/// The `[workload]` table: one of four kinds of wallets and payments.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(in super::super) enum RawWorkload {
    /// They are drawn from the calibrated mixture.
    Mixture(Box<RawMixture>),
    /// Every operator pays every other alike.
    RandomFlow { random_flow: RawRandomFlow },
    /// The payments stand in the experiment.
    Payments { payments: Vec<RawPayment> },
    /// The payments stand in a file of their own.
    File(RawFile),
}

impl Default for RawWorkload {
    fn default() -> Self {
        Self::Mixture(Box::default())
    }
}

impl RawWorkload {
    /// Reads the table. Each part is read also where another one takes its place, so that a wrong
    /// type is an error wherever it stands.
    pub(in super::super) fn read(value: Value) -> Result<Self, ConfigError> {
        let mut rest: Table = read_value("workload", value)?;
        let random_flow = rest.remove("random_flow");
        let random_flow = random_flow.map(|value| read_value("workload.random_flow", value));
        let payments = rest.remove("payments");
        let payments = payments.map(|value| read_value("workload.payments", value));
        let of_file = FILE_KEYS.into_iter().filter_map(|key| rest.remove_entry(key)).collect();
        let file: RawFile = read_value("workload", Value::Table(of_file))?;
        let mixture = read_value("workload", Value::Table(rest))?;
        match (random_flow.transpose()?, payments.transpose()?, &file.file) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                Err(ConfigError::value("workload.random_flow", "stands beside listed payments"))
            }
            (None, Some(_), Some(_)) => Err(ConfigError::value(
                "workload.file",
                "stands beside payments; keep one of the two",
            )),
            (Some(random_flow), None, None) => Ok(Self::RandomFlow { random_flow }),
            (None, Some(payments), None) => Ok(Self::Payments { payments }),
            (None, None, Some(_)) => Ok(Self::File(file)),
            (None, None, None) => Ok(Self::Mixture(mixture)),
        }
    }
}

impl Described for RawWorkload {
    fn describe(keys: &mut Vec<Key>) {
        RawMixture::describe(keys);
        RawRandomFlow::describe(keys);
        RawPayment::describe(keys);
        RawFile::describe(keys);
    }

    fn check_ranges(&self) -> Result<(), ConfigError> {
        match self {
            Self::Mixture(mixture) => mixture.check_ranges(),
            Self::RandomFlow { random_flow } => random_flow.check_ranges(),
            Self::Payments { payments } => payments.check_ranges(),
            Self::File(file) => file.check_ranges(),
        }
    }
}

table! {
    /// The `[workload.random_flow]` table.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub(in super::super) struct RawRandomFlow at "workload.random_flow" {
        /// How many payments each operator makes to each other one on a day, on average; a table of
        /// random flow takes the place of everything above.
        payments_per_pair: f64 = 100, "payments", 0 to 1000000;
        /// The mean of their values, which are exponential.
        value_mean: Yuan = "1000.00", "yuan", "0.01 to 10000000000000.00";
    }
}

table! {
    /// One of `[[workload.payments]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawPayment at "workload.payments[]" {
        /// The name of a listed payment; a list of payments takes the place of everything that is
        /// drawn.
        id: Option<String> = else "its place, counted from 1", "", "any text";
        /// The day it is submitted, or day and time as in 2022-08-24T09:30:00+08:00.
        date: Option<String> = else "cluster.start", "date in Shanghai", "within the days of the run";
        /// When it is submitted; with a zone as in 01:30Z, of that zone. Payments of one time go in
        /// the order of the list.
        time: Option<String> = else "that of date", "[H]H:MM[:SS[.fraction]] in Shanghai",
            "00:00 to 23:59:59.999999999";
        /// How much.
        value: Option<Yuan> = else "none", "yuan", "0.01 to 10000000000000.00";
        /// The operator of the payer.
        from: String = else "none", "", "a code or an identifier of the roster";
        /// The operator of the payee.
        to: String = else "none", "", "a code or an identifier of the roster";
        /// The payer's wallet, by any name; without one the operator's only wallet.
        payer: Option<String> = else "empty", "", "any text";
        /// The payee's wallet, by any name; without one the operator's only wallet.
        payee: Option<String> = else "empty", "", "any text";
        /// Where it stands in a queue, where payments wait for cover; without effect elsewhere.
        #[serde(skip_serializing_if = "Option::is_none")]
        priority: Option<Value> = else "normal", "",
            "error_reversal | extra_urgent | interest_and_fees | clearing_nets | urgent | normal, or 1 to 6";
        /// Before this it does not settle from a queue; without effect where payments do not wait.
        #[serde(skip_serializing_if = "Option::is_none")]
        earliest: Option<String> = else "none", "time of the day of date, or day and time, in Shanghai",
            "any";
        /// When this comes and it still waits in a queue, it is returned.
        #[serde(skip_serializing_if = "Option::is_none")]
        latest: Option<String> = else "none", "time of the day of date, or day and time, in Shanghai",
            "not before earliest and the payment's own time";
    }
}

/// The keys of `RawFile`: they stand in the table beside those of the mixture.
const FILE_KEYS: [&str; 4] = ["file", "file_hash", "file_round", "file_skip_bad_rows"];

table! {
    /// The keys of `[workload]` that name a file of payments.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawFile at "workload" {
        /// A file of payments in the layout of `clearing replay`, in place of everything that is
        /// drawn.
        file: Option<String> = else "none", "", "a path from the working directory";
        /// The BLAKE3 hash that the file must have.
        file_hash: Option<String> = else "not checked", "", "64 hexadecimal digits";
        /// Whether values of the file with more than two decimals are rounded half up.
        #[serde(skip_serializing_if = "Option::is_none")]
        file_round: Option<bool> = else "false", "", "true | false";
        /// Whether bad rows of the file are left out.
        #[serde(skip_serializing_if = "Option::is_none")]
        file_skip_bad_rows: Option<bool> = else "false", "", "true | false";
    }
}
