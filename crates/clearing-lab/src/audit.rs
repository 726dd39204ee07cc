//! The audit of a cluster: opens every ledger read-only and proves that no fen was lost.

use std::path::Path;
use std::thread;

use central_bank::store as central_bank_store;
use clearing_domain::audit::audit_across;
use clearing_domain::central_bank::CentralBankLedger;
use clearing_domain::money::OperatorCode;
use clearing_domain::operator::OperatorLedger;
use clearing_domain::seal::{BatchSeal, Invariant};
use clearing_node::config::{ClusterConfig, ConfigError};
use clearing_node::store::StoreError;
use operator::store as operator_store;
use thiserror::Error;

use crate::cluster::{ClusterFolder, Member};

/// One invariant of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Whose file and what must hold.
    pub name: String,
    /// Whether it does.
    pub ok: bool,
    /// The figures.
    pub detail: String,
}

/// A cluster could not be audited.
#[derive(Debug, Error)]
pub enum AuditError {
    /// The folder holds no cluster.
    #[error("{folder} holds no cluster: {source}")]
    NoCluster {
        /// The folder.
        folder: String,
        /// Why its configuration cannot be read.
        source: std::io::Error,
    },
    /// The configuration of the cluster is wrong.
    #[error("{path}: {source}")]
    Config {
        /// The file.
        path: String,
        /// What is wrong.
        source: ConfigError,
    },
    /// A ledger file cannot be read at all.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AuditError {
    /// The exit code of a program that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoCluster { .. } | Self::Config { .. } => 2,
            Self::Store(_) => 3,
        }
    }
}

/// The ledger of a member as loaded, or why its rows are not a ledger.
type Loaded<L> = Result<(L, Vec<BatchSeal>), StoreError>;

/// Audits the cluster in a folder, stopped or running.
pub fn audit(data_dir: &Path) -> Result<Vec<AuditLine>, AuditError> {
    let folder = ClusterFolder::new(data_dir);
    let config = read_config(&folder)?;
    let codes: Vec<_> = config.operators.iter().map(|operator| operator.code).collect();
    let members = codes.iter().map(|code| Member::Operator(*code)).chain([Member::CentralBank]);
    let running = members.into_iter().any(|member| folder.is_locked(member));
    // The operators first: what the central bank's later snapshot has on top is only in flight.
    let operators = load_operators(&folder, &codes);
    let central_bank = central_bank_store::load(&folder.of(Member::CentralBank));

    let mut lines = Vec::new();
    let central_bank = check("central-bank", central_bank, CentralBankLedger::audit, &mut lines)?;
    let mut ledgers = Vec::new();
    for (code, loaded) in codes.iter().zip(operators) {
        ledgers.extend(check(code.as_str(), loaded, OperatorLedger::audit, &mut lines)?);
    }
    match central_bank {
        Some(central_bank) if ledgers.len() == codes.len() => {
            let operators: Vec<_> = ledgers.iter().collect();
            lines.extend(audit_across(&central_bank, &operators, running).into_iter().map(|line| shown("all", line)));
        }
        Some(_) | None => lines.push(AuditLine {
            name: "all: the files agree".to_owned(),
            ok: false,
            detail: "not every ledger can be read".to_owned(),
        }),
    }
    Ok(lines)
}

fn read_config(folder: &ClusterFolder) -> Result<ClusterConfig, AuditError> {
    let path = folder.config();
    let text = std::fs::read_to_string(&path)
        .map_err(|source| AuditError::NoCluster { folder: folder.root().display().to_string(), source })?;
    ClusterConfig::from_file_text(&text)
        .map_err(|source| AuditError::Config { path: path.display().to_string(), source })
}

/// Loads every operator's ledger, each on a thread of its own.
fn load_operators(folder: &ClusterFolder, codes: &[OperatorCode]) -> Vec<Loaded<OperatorLedger>> {
    thread::scope(|scope| {
        let load = |code: &OperatorCode| {
            let (path, code) = (folder.of(Member::Operator(*code)), *code);
            scope.spawn(move || operator_store::load(&path, code))
        };
        let threads: Vec<_> = codes.iter().map(load).collect();
        let failed = |_| Err(StoreError::content(folder.root(), "the thread that read it panicked"));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(failed)).collect()
    })
}

/// Adds the invariants of one file. Rows that are no ledger are a broken invariant, not a failure.
fn check<L>(
    name: &str,
    loaded: Loaded<L>,
    audit: fn(&L, &[BatchSeal]) -> Vec<Invariant>,
    lines: &mut Vec<AuditLine>,
) -> Result<Option<L>, AuditError> {
    match loaded {
        Ok((ledger, seals)) => {
            lines.extend(audit(&ledger, &seals).into_iter().map(|line| shown(name, line)));
            Ok(Some(ledger))
        }
        Err(error) if error.is_refusal() => {
            let name = format!("{name}: the rows are a ledger");
            lines.push(AuditLine { name, ok: false, detail: error.to_string() });
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn shown(whose: &str, invariant: Invariant) -> AuditLine {
    AuditLine { name: format!("{whose}: {}", invariant.name), ok: invariant.ok, detail: invariant.detail }
}
