//! Why a file is not an experiment.

use clearing_config::ConfigError;
use thiserror::Error;

use crate::payment_list::PaymentListError;

/// An experiment that cannot be run.
#[derive(Debug, Error)]
pub enum ExperimentError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The list of payments is wrong.
    #[error(transparent)]
    Payments(#[from] PaymentListError),
}
