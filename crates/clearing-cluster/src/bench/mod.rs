//! The bench: every row that the project promises, measured beside what the machine allows.
//!
//! Each part starts clusters of real processes and puts load on them. A part that fails leaves its
//! rows unmeasured with the reason, and the others go on.

mod compare;
mod cycle;
mod disk;
mod echo;
mod figure;
mod growth;
mod large;
mod limits;
mod machine;
mod rate;
mod report;
mod rows;
mod sizes;
mod soak;
mod stage;
mod start;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clearing_config::ConfigError;
use clearing_node::ProgramError;
use thiserror::Error;

pub use figure::{Figure, Measured};
pub use limits::{Bound, Limits};
pub use machine::Machine;
pub use report::{BenchReport, Verdict};
pub use rows::{Better, Limit, Part, ROWS, Row};
pub use sizes::Sizes;

use crate::cluster::ClusterError;
use crate::load::LoadError;
use stage::Workshop;

/// What to measure, and with what.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    /// The program `clearing`.
    pub program: PathBuf,
    /// The folder in which clusters are started, on the disk to be measured.
    pub folder: PathBuf,
    /// How much is measured.
    pub sizes: Sizes,
    /// The parts to measure; all when there are none.
    pub only: Vec<Part>,
}

impl BenchOptions {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

/// Something could not be measured.
#[derive(Debug, Error)]
pub enum BenchError {
    /// A cluster failed.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A load failed.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The configuration of a cluster is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Not every payment of a load completed, so its rate says nothing.
    #[error("not all of {payments} payments completed: {fates}")]
    Incomplete {
        /// How many payments there were.
        payments: u64,
        /// What became of the others.
        fates: String,
    },
    /// A call failed.
    #[error("{call} failed: {message}")]
    Call {
        /// What was called.
        call: &'static str,
        /// The text.
        message: String,
    },
    /// The system refused something.
    #[error("cannot {what}: {source}")]
    Io {
        /// What.
        what: &'static str,
        /// Why.
        source: std::io::Error,
    },
}

impl ProgramError for BenchError {
    fn exit_code(&self) -> u8 {
        3
    }
}

impl BenchError {
    fn call(call: &'static str) -> impl Fn(tonic::Status) -> Self {
        move |status| Self::Call { call, message: status.message().to_owned() }
    }
}

/// The rate that steady loads are based on when the highest one is not measured: what it must be.
const RATE_MAX_UNKNOWN: f64 = 120_000.0;

/// What is known of each row so far.
#[derive(Debug, Default)]
struct Results(BTreeMap<&'static str, Measured>);

impl Results {
    /// Takes the runs of a row.
    fn set(&mut self, name: &'static str, runs: Vec<f64>, note: &str) {
        if let Some(figure) = Figure::of(runs) {
            self.0.insert(name, Measured::Value { figure, note: note.to_owned() });
        }
    }

    /// Says why a row is not measured.
    fn miss(&mut self, name: &'static str, reason: &str) {
        self.0.insert(name, Measured::Missing(reason.to_owned()));
    }

    /// Says of every row of a part that has no figure why.
    fn end(&mut self, part: Part, outcome: Result<(), BenchError>) {
        let Err(error) = outcome else { return };
        for row in ROWS.iter().filter(|row| row.part == part) {
            self.0.entry(row.name).or_insert_with(|| Measured::Missing(error.to_string()));
        }
    }

    /// The highest rate measured, on which steady loads are based.
    fn rate_max(&self) -> f64 {
        match self.0.get("streamed_40960") {
            Some(Measured::Value { figure, .. }) => figure.median,
            Some(Measured::Missing(_)) | None => RATE_MAX_UNKNOWN,
        }
    }
}

/// Measures every row; `announce` is called with what is measured next.
pub async fn bench(
    options: &BenchOptions,
    announce: &dyn Fn(&str),
) -> Result<BenchReport, BenchError> {
    let folder = tempfile::Builder::new()
        .prefix("clearing-bench-")
        .tempdir_in(&options.folder)
        .map_err(|source| BenchError::Io { what: "create a folder for clusters", source })?;
    let mut machine = Machine::look(folder.path());
    announce("the physical limits: gRPC echo and fdatasync");
    let limits = Limits::measure(folder.path(), &options.sizes).await?;
    let results = measure_rows(options, folder.path(), announce).await;
    machine.load_after = machine::load_average();
    Ok(BenchReport::new(options.sizes.mode, machine, limits, results))
}

async fn measure_rows(options: &BenchOptions, folder: &Path, announce: &dyn Fn(&str)) -> Results {
    let sizes = &options.sizes;
    let workshop = Workshop { program: &options.program, folder };
    let mut results = Results::default();
    for part in Part::ALL.into_iter().filter(|part| options.wants(*part)) {
        announce(part.description());
        let outcome = measure_part(part, &workshop, sizes, &mut results).await;
        results.end(part, outcome);
    }
    results
}

async fn measure_part(
    part: Part,
    workshop: &Workshop<'_>,
    sizes: &Sizes,
    results: &mut Results,
) -> Result<(), BenchError> {
    // Steady loads follow the highest rate, which is known when all parts are measured.
    let max = results.rate_max();
    match part {
        Part::Start => start::measure(workshop, sizes, results).await,
        Part::Large => large::measure(workshop, sizes, results).await,
        Part::Rate => {
            workshop.on_ten(async |stage| rate::measure(stage, sizes, results).await).await?;
            workshop.on_ten(async |stage| rate::on_us(stage, sizes, results).await).await
        }
        Part::Compare => {
            workshop.on_ten(async |stage| compare::random_ids(stage, sizes, results).await).await?;
            compare::positions(workshop, sizes, results).await
        }
        Part::Cycle => {
            workshop.on_ten(async |stage| cycle::measure(stage, max, sizes, results).await).await
        }
        Part::Growth => growth::measure(workshop, sizes, results).await,
        Part::Soak => {
            workshop.on_ten(async |stage| soak::measure(stage, max, sizes, results).await).await
        }
    }
}
