//! A file of payments as an experiment.

use std::collections::HashMap;
use std::path::Path;

use clearing_config::{ClusterConfig, ConfigError, parse_table};
use clearing_domain::Regime;
use clearing_domain::money::{Amount, OperatorCode, Prefix};
use toml::{Table, Value};

use crate::payment_list::{BadRow, CsvFile, ListedPayment, Reading, Rounded, codes_for};

use super::raw::{RawFault, RawTreasury};
use super::{
    Experiment, ExperimentError, ListedConfig, ListedFile, Script, WorkloadConfig, fault, treasury,
};

/// The first prefix given to an operator that no roster knows; those below come last.
const PREFIX_FIRST: u16 = 101;
const PREFIXES: u16 = 1000;

/// What a replay takes from a configuration file: the cluster, the faults and the treasurers. The
/// default is the tutorial cluster without faults and treasurers.
#[derive(Clone, Debug, Default)]
pub struct ReplayConfig {
    /// The value of `[cluster]`: its operators are not known before those of the file.
    cluster: Table,
    /// They are checked against the roster and the days of the payments.
    faults: Vec<RawFault>,
    /// They are checked against the roster.
    treasuries: Vec<RawTreasury>,
}

impl ReplayConfig {
    /// Reads a file with a `[cluster]` table and `[[fault]]` and `[[treasury]]` tables. The other
    /// tables of an experiment may stand beside them.
    pub fn from_file_text(text: &str) -> Result<Self, ConfigError> {
        let value = ClusterConfig::value_of_file(text)?;
        // What is wrong with it by itself is told before the payments are read.
        ClusterConfig::from_value(value.clone())?;
        let Value::Table(cluster) = value else {
            return Err(ConfigError::value("cluster", "is not a table"));
        };
        let mut table = parse_table(text)?;
        let faults = table.remove("fault").map_or(Ok(Vec::new()), fault::read)?;
        let treasuries = table.remove("treasury").map_or(Ok(Vec::new()), treasury::read)?;
        Ok(Self { cluster, faults, treasuries })
    }

    /// The cluster of a file. A list of operators stands as it is; without one the operators are
    /// those of the file, and every value of `[cluster]` holds for them.
    fn cluster(mut self, file: &CsvFile) -> Result<ClusterConfig, ConfigError> {
        if !self.cluster.contains_key("operators") {
            // A count would name operators of the roster where those of the file are meant.
            self.cluster.remove("operator_count");
            self.cluster.insert("operators".to_owned(), operators(&file.participants())?);
        }
        ClusterConfig::from_value(Value::Table(self.cluster))
    }
}

/// An experiment made from a file of payments.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The experiment.
    pub experiment: Experiment,
    /// The rows that were skipped.
    pub rejected: Vec<BadRow>,
    /// The values that were rounded.
    pub rounded: Rounded,
}

impl Replay {
    /// Reads a file. The days are those of the file, and the operators unless a configuration lists
    /// them; the rest of the cluster and the faults are those of the configuration.
    pub fn read(
        path: &Path,
        config: ReplayConfig,
        seed: u64,
        reading: Reading,
    ) -> Result<Self, ExperimentError> {
        let file = CsvFile::read(path, reading)?;
        // Operators and days of the faults are those of the file, so they are checked after it.
        let (faults, treasuries) = (config.faults.clone(), config.treasuries.clone());
        let mut cluster = config.cluster(&file)?;
        let (first, last) = file.dates().unwrap_or_default();
        // The run starts on the first day of the file, whatever day the configuration names.
        cluster.lockstep.start = first.start();
        let code = |name: &str| cluster.operator_named(name).map(|operator| operator.code);
        let payments = file.listed(path, code)?;
        // The wallets of a list open with all they pay, which an operator must have to distribute.
        fund(&mut cluster, &payments);
        let days =
            u32::try_from(i64::from(last.days()) - i64::from(first.days()) + 1).unwrap_or(u32::MAX);
        if days > 3660 {
            return Err(ConfigError::value(
                "days",
                format!("the file spans {days} days, more than 3660"),
            )
            .into());
        }
        let cluster = cluster.in_lockstep()?;
        let experiment = Experiment {
            name: name(path),
            description: format!("replay of {}", path.display()),
            seed,
            days,
            script: Script { days, ..Script::default() },
            faults: fault::resolve(&faults, &cluster, days)?,
            treasuries: treasury::resolve(&treasuries, &cluster)?,
            cluster,
            workload: WorkloadConfig::Listed(ListedConfig {
                payments,
                file: Some(ListedFile { path: path.to_owned(), hash: file.hash, reading }),
            }),
        };
        Ok(Self { experiment, rejected: file.rejected, rounded: file.rounded })
    }
}

/// The name of an experiment from that of its file.
fn name(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = stem
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter))
        .take(64)
        .collect();
    if name.is_empty() { "replay".to_owned() } else { name }
}

/// The participants of a file as a list of operators: with what the built-in roster says of its
/// codes, else with the next free prefix.
fn operators(identifiers: &[&str]) -> Result<Value, ConfigError> {
    let known = ClusterConfig::default().operators;
    let known_codes: Vec<OperatorCode> = known.iter().map(|operator| operator.code).collect();
    let is_free = |prefix: &u16| !known.iter().any(|operator| operator.prefix.get() == *prefix);
    let mut prefixes =
        (PREFIX_FIRST..PREFIXES).chain(1..PREFIX_FIRST).filter(is_free).filter_map(Prefix::new);
    let mut list = Vec::new();
    for (identifier, code) in codes_for(identifiers, &known_codes) {
        let mut operator = Table::from_iter([("code".to_owned(), Value::from(code.as_str()))]);
        if identifier != code.as_str() {
            operator.insert("identifier".to_owned(), Value::from(identifier));
        }
        if !known_codes.contains(&code) {
            let none_left = || {
                ConfigError::value(
                    "cluster.operators",
                    "no prefix is left for the participants of the file",
                )
            };
            let prefix = prefixes.next().ok_or_else(none_left)?;
            operator.insert("prefix".to_owned(), Value::from(prefix.to_string()));
        }
        list.push(Value::Table(operator));
    }
    Ok(Value::Array(list))
}

/// Raises what wallets are funded from where the payments of the file need more. Reserves rise with
/// stock, so that what is left for settlement stays as configured.
fn fund(cluster: &mut ClusterConfig, payments: &[ListedPayment]) {
    // More than the largest sum is refused when the workload is made.
    let add = |sum: Amount, by: Amount| sum.checked_add(by).unwrap_or(Amount::SUM_MAX);
    let mut needed: HashMap<OperatorCode, Amount> = HashMap::new();
    for payment in payments {
        let sum = needed.entry(payment.from).or_default();
        *sum = add(*sum, payment.terms.amount);
    }
    let regime = cluster.regime;
    for operator in &mut cluster.operators {
        let needed = needed.get(&operator.code).copied().unwrap_or_default();
        let raise = |amount: &mut Amount, by: Amount| *amount = add(*amount, by);
        match regime {
            Regime::Cash => {
                let missing = needed.checked_sub(operator.stock).unwrap_or_default();
                raise(&mut operator.stock, missing);
                raise(&mut operator.reserves, missing);
            }
            Regime::Deposit => {
                let missing = needed.checked_sub(operator.deposits).unwrap_or_default();
                raise(&mut operator.deposits, missing);
            }
        }
    }
}
