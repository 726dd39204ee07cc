//! The audit of a cluster: opens every ledger read-only and proves that no fen was lost.

pub mod heads;

use std::path::Path;
use std::thread;

use clearing_central_bank::store as central_bank_store;
use clearing_config::{ClusterConfig, ConfigError};
use clearing_domain::audit::{audit_across, audit_witnesses};
use clearing_domain::central_bank::CentralBankLedger;
use clearing_domain::money::OperatorCode;
use clearing_domain::operator::OperatorLedger;
use clearing_domain::seal::{BatchSeal, Invariant};
use clearing_node::ProgramError;
use clearing_node::data_dir::ledger_path;
use clearing_node::store::{StoreError, sync_log};
use clearing_operator::store as operator_store;
use thiserror::Error;

use crate::cluster::{ClusterFolder, Member};
use heads::ChainHead;

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

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Every invariant.
    pub lines: Vec<AuditLine>,
    /// The last head of each chain that could be read, on disk.
    pub heads: Vec<ChainHead>,
    /// How many payments the central bank and the operators hold; one between operators counts
    /// once.
    pub payments: usize,
}

impl Audit {
    /// How many invariants are broken.
    pub fn broken(&self) -> usize {
        self.lines.iter().filter(|line| !line.ok).count()
    }

    /// The verdict in one line.
    pub fn verdict(&self) -> String {
        let (checks, files, payments) = (self.lines.len(), self.heads.len(), self.payments);
        let seen = format!("{checks} checks of {files} files with {payments} payments");
        match self.broken() {
            0 => format!("verdict ok: {seen}"),
            broken => format!("verdict BROKEN: {broken} of {seen}"),
        }
    }
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

impl ProgramError for AuditError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::NoCluster { .. } | Self::Config { .. } => 2,
            Self::Store(_) => 3,
        }
    }
}

/// The ledger of a member as loaded, or why its rows are not a ledger.
type Loaded<L> = Result<Checked<L>, StoreError>;

/// A ledger with the seals of its batches.
type Checked<L> = (L, Vec<BatchSeal>);

/// Audits the cluster in a folder, stopped or running.
pub fn audit(data_dir: &Path) -> Result<Vec<AuditLine>, AuditError> {
    audit_with_heads(data_dir, &[]).map(|audit| audit.lines)
}

/// Audits the cluster in a folder, and looks in its chains for heads that were seen earlier.
pub fn audit_with_heads(data_dir: &Path, expected: &[ChainHead]) -> Result<Audit, AuditError> {
    let folder = ClusterFolder::new(data_dir);
    let config = read_config(&folder)?;
    let codes: Vec<_> = config.operators.iter().map(|operator| operator.code).collect();
    let members = codes.iter().map(|code| Member::Operator(*code)).chain([Member::CentralBank]);
    // Asked before the first file is read: a process that starts meanwhile writes into files read
    // later.
    let running = members.into_iter().any(|member| folder.is_locked(member));
    // The operators first: what the central bank's later snapshot has on top is only in flight.
    let operators = load_operators(&folder, &codes);
    let central_bank = central_bank_store::load(&folder.of(Member::CentralBank));

    let mut lines = Vec::new();
    let central_bank = check("central-bank", central_bank, CentralBankLedger::audit, &mut lines)?;
    let mut ledgers = Vec::new();
    let mut chains = Vec::new();
    chains.extend(central_bank.iter().map(|(_, seals)| (Member::CentralBank, seals.clone())));
    for (code, loaded) in codes.iter().zip(operators) {
        let checked = check(code.as_str(), loaded, OperatorLedger::audit, &mut lines)?;
        chains.extend(checked.iter().map(|(_, seals)| (Member::Operator(*code), seals.clone())));
        ledgers.extend(checked);
    }
    match &central_bank {
        // What must hold across files says nothing where one of them is missing.
        Some(central_bank) if ledgers.len() == codes.len() => {
            lines.extend(
                together(central_bank, &ledgers, running)
                    .into_iter()
                    .map(|line| shown("all", line)),
            );
        }
        Some(_) | None => lines.push(AuditLine {
            name: "all: the files agree".to_owned(),
            ok: false,
            detail: "not every ledger can be read".to_owned(),
        }),
    }
    lines.extend(expected.iter().map(|head| head.find(&chains)));
    let between = central_bank.as_ref().map_or(0, |(ledger, _)| ledger.transfers().len());
    let on_us = ledgers.iter().map(|(ledger, _)| on_us(ledger)).sum::<usize>();
    let heads = chains
        .iter()
        .map(|(member, seals)| durable_head(&folder, *member, seals))
        .collect::<Result<_, _>>()?;
    Ok(Audit { lines, heads, payments: between + on_us })
}

/// The last head of a chain. A batch that answers nobody may be in the memory of the system alone:
/// a loss of power must not take away what was printed.
fn durable_head(
    folder: &ClusterFolder,
    member: Member,
    seals: &[BatchSeal],
) -> Result<ChainHead, StoreError> {
    // An audit may read what the system has not written yet, and a printed head is a promise.
    sync_log(&ledger_path(&folder.of(member)))?;
    Ok(ChainHead::last(member, seals))
}

/// What must hold of all files together.
fn together(
    central_bank: &Checked<CentralBankLedger>,
    ledgers: &[Checked<OperatorLedger>],
    running: bool,
) -> Vec<Invariant> {
    let operators: Vec<_> = ledgers.iter().map(|(ledger, _)| ledger).collect();
    let mut invariants = audit_across(&central_bank.0, &operators, running);
    let chained: Vec<_> =
        ledgers.iter().map(|(ledger, seals)| (ledger, seals.as_slice())).collect();
    invariants.extend(audit_witnesses((&central_bank.0, &central_bank.1), &chained, running));
    invariants
}

/// How many payments of an operator never left it.
fn on_us(ledger: &OperatorLedger) -> usize {
    let prefix = ledger.settings().prefix;
    ledger.payments().iter().filter(|payment| payment.payee.prefix() == prefix).count()
}

fn read_config(folder: &ClusterFolder) -> Result<ClusterConfig, AuditError> {
    let path = folder.config();
    let text = std::fs::read_to_string(&path).map_err(|source| AuditError::NoCluster {
        folder: folder.root().display().to_string(),
        source,
    })?;
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
        let failed =
            |_| Err(StoreError::content(folder.root(), "the thread that read it panicked"));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(failed)).collect()
    })
}

/// Adds the invariants of one file. Rows that are no ledger are a broken invariant, not a failure.
fn check<L>(
    name: &str,
    loaded: Loaded<L>,
    audit: fn(&L, &[BatchSeal]) -> Vec<Invariant>,
    lines: &mut Vec<AuditLine>,
) -> Result<Option<Checked<L>>, AuditError> {
    match loaded {
        Ok((ledger, seals)) => {
            lines.extend(audit(&ledger, &seals).into_iter().map(|line| shown(name, line)));
            Ok(Some((ledger, seals)))
        }
        // A file that cannot be opened ends the audit; one whose rows are wrong is what an audit is
        // for.
        Err(error) if error.is_refusal() => {
            let name = format!("{name}: the rows are a ledger");
            lines.push(AuditLine { name, ok: false, detail: error.to_string() });
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn shown(whose: &str, invariant: Invariant) -> AuditLine {
    AuditLine {
        name: format!("{whose}: {}", invariant.name),
        ok: invariant.ok,
        detail: invariant.detail,
    }
}
