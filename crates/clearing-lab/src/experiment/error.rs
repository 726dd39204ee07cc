//! Why a file is not an experiment.

use clearing_config::ConfigError;
use thiserror::Error;

use crate::workload::WorkloadError;

/// An experiment that cannot be run.
#[derive(Debug, Error)]
pub enum ExperimentError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The payments are wrong.
    #[error(transparent)]
    Workload(#[from] WorkloadError),
}
