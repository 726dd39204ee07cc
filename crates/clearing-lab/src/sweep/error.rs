//! Why a sweep cannot be made.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use clearing_config::ConfigError;
use clearing_node::ProgramError;
use thiserror::Error;

use crate::engine::EngineError;
use crate::experiment::ExperimentError;
use crate::files::FileError;
use crate::table::TableError;
use crate::workload::WorkloadError;

use super::liquidity::LevelTooLarge;

/// A sweep that cannot be made.
#[derive(Debug, Error)]
pub enum SweepError {
    /// The file is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The experiment of the sweep cannot be read.
    #[error("cannot read the experiment {path}: {source}", path = path.display())]
    Base {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A point of the grid is no experiment.
    #[error("point {point}: {source}")]
    Point {
        /// The point.
        point: usize,
        /// Why not.
        source: Box<ExperimentError>,
    },
    /// There is no such point.
    #[error("there is no point {index}: the points are 0 to {last}")]
    NoPoint {
        /// The number asked for.
        index: usize,
        /// The last one.
        last: usize,
    },
    /// The folder holds the points of another sweep.
    #[error("{folder} holds the points of another sweep, or of this one before it was changed; --force starts anew", folder = folder.display())]
    Changed {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds something else.
    #[error("{folder} is not empty and holds no sweep", folder = folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// The wallets and payments of a run cannot be made.
    #[error("point {point}, seed {seed}: {source}")]
    Workload {
        /// The point.
        point: usize,
        /// The seed.
        seed: u64,
        /// Why not.
        source: Arc<WorkloadError>,
    },
    /// A level of liquidity asks for more than an operator can hold.
    #[error("point {point}, seed {seed}: {source}")]
    Level {
        /// The point.
        point: usize,
        /// The seed.
        seed: u64,
        /// Which.
        source: LevelTooLarge,
    },
    /// A run failed.
    #[error("point {point}, seed {seed}: {source}")]
    Run {
        /// The point.
        point: usize,
        /// The seed.
        seed: u64,
        /// Why.
        source: Arc<EngineError>,
    },
    /// A file cannot be written or read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file of a point is not as a sweep writes it.
    #[error("{path} is not the result of a point: {message}", path = path.display())]
    PointFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A table cannot be written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A thread ended early.
    #[error("a thread of the sweep ended early")]
    Thread,
}

impl ProgramError for SweepError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_)
            | Self::Base { .. }
            | Self::Point { .. }
            | Self::NoPoint { .. }
            | Self::Changed { .. }
            | Self::NotEmpty { .. }
            | Self::Workload { .. }
            | Self::Level { .. }
            | Self::PointFile { .. } => 2,
            Self::Run { source, .. } => source.exit_code(),
            Self::File(_) | Self::Table(_) | Self::Thread => 3,
        }
    }
}
