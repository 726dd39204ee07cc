//! A file of payments as an experiment.

use std::path::Path;

use clearing_domain::Regime;
use clearing_domain::money::{Amount, OperatorCode, Prefix};
use clearing_node::config::{ClusterConfig, ConfigError, OperatorConfig, parse_table};

use crate::workload::{BadRow, CsvFile};

use super::raw::RawFault;
use super::{Experiment, ExperimentError, ListedConfig, WorkloadConfig, fault};

/// The first prefix given to an operator that no roster knows.
const PREFIX_FIRST: u16 = 101;

/// What a replay takes from a configuration file: the cluster and the faults. The default is the
/// tutorial cluster without faults.
#[derive(Clone, Debug, Default)]
pub struct ReplayConfig {
    cluster: ClusterConfig,
    /// They are checked against the roster and the days of the payments.
    faults: Vec<RawFault>,
}

impl ReplayConfig {
    /// Reads a file with a `[cluster]` table and `[[fault]]` tables. The other tables of an experiment
    /// may stand beside them.
    pub fn from_file_text(text: &str) -> Result<Self, ConfigError> {
        let cluster = ClusterConfig::from_file_text(text)?;
        let faults = parse_table(text)?.remove("fault").map_or(Ok(Vec::new()), fault::read)?;
        Ok(Self { cluster, faults })
    }
}

/// An experiment made from a file of payments.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The experiment.
    pub experiment: Experiment,
    /// The rows that were skipped.
    pub rejected: Vec<BadRow>,
}

impl Replay {
    /// Reads a file. The roster and the days are those of the file; the rest of the cluster and the
    /// faults are those of a configuration.
    pub fn read(path: &Path, config: ReplayConfig, seed: u64, skip_bad_rows: bool) -> Result<Self, ExperimentError> {
        let file = CsvFile::read(path, skip_bad_rows)?;
        let mut cluster = roster(config.cluster, &file)?;
        let (first, last) = file.dates().unwrap_or_default();
        cluster.lockstep.start = first.start();
        fund(&mut cluster, &file);
        let days = u32::try_from(i64::from(last.days()) - i64::from(first.days()) + 1).unwrap_or(u32::MAX);
        if days > 3660 {
            return Err(ConfigError::value("days", format!("the file spans {days} days, more than 3660")).into());
        }
        let cluster = cluster.in_lockstep()?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name: String =
            stem.chars().filter(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter)).collect();
        let experiment = Experiment {
            name: if name.is_empty() { "replay".to_owned() } else { name.chars().take(64).collect() },
            description: format!("replay of {}", path.display()),
            seed,
            days,
            faults: fault::resolve(&config.faults, &cluster, days)?,
            cluster,
            workload: WorkloadConfig::Listed(ListedConfig {
                payments: file.payments,
                file: Some((path.to_owned(), file.hash)),
            }),
        };
        Ok(Self { experiment, rejected: file.rejected })
    }
}

/// The operators of the file: as configured, else of the roster, else with the next free prefix.
fn roster(mut config: ClusterConfig, file: &CsvFile) -> Result<ClusterConfig, ConfigError> {
    let known = ClusterConfig::default().operators;
    let mut taken: Vec<Prefix> = config.operators.iter().chain(&known).map(|operator| operator.prefix).collect();
    let template = known[0].clone();
    let operator = |code: OperatorCode| {
        let found = config.operators.iter().chain(&known).find(|operator| operator.code == code);
        if let Some(operator) = found {
            return Some(operator.clone());
        }
        let prefix = (PREFIX_FIRST..1000).filter_map(Prefix::new).find(|prefix| !taken.contains(prefix))?;
        taken.push(prefix);
        let name = code.to_string();
        Some(OperatorConfig { code, name, name_zh: String::new(), prefix, weight: 1, ..template.clone() })
    };
    config.operators = file.operators().into_iter().filter_map(operator).collect();
    Ok(config)
}

/// Raises what wallets are funded from where the payments of the file need more. Reserves rise with
/// stock, so that what is left for settlement stays as configured.
fn fund(cluster: &mut ClusterConfig, file: &CsvFile) {
    let regime = cluster.regime;
    for operator in &mut cluster.operators {
        let own = file.payments.iter().filter(|payment| payment.from == operator.code);
        // More than the largest sum is refused when the workload is made.
        let add = |sum: Amount, by: Amount| sum.checked_add(by).unwrap_or(Amount::SUM_MAX);
        let needed = own.fold(Amount::ZERO, |sum, payment| add(sum, payment.amount));
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
