//! The end of a command that fails: one sentence and an exit code.

use std::fmt::Display;
use std::process::ExitCode;

use clearing_cluster::audit::AuditError;
use clearing_cluster::bench::BenchError;
use clearing_cluster::cluster::ClusterError;
use clearing_cluster::load::LoadError;
use clearing_config::ConfigError;
use clearing_lab::resolve::LedgerError;
use clearing_node::NodeError;

/// A command that failed, with its sentence and its exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    sentence: String,
}

impl Failure {
    /// A check found something wrong: exit code 1.
    pub(crate) fn check(sentence: impl Display) -> Self {
        Self { code: 1, sentence: sentence.to_string() }
    }

    /// The command line or the configuration is wrong: exit code 2.
    pub(crate) fn usage(sentence: impl Display) -> Self {
        Self { code: 2, sentence: sentence.to_string() }
    }

    /// A process, a peer or the machine failed: exit code 3.
    pub(crate) fn process(sentence: impl Display) -> Self {
        Self { code: 3, sentence: sentence.to_string() }
    }

    /// Writes the sentence to standard error and returns the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        crate::output::tell(&self.sentence);
        ExitCode::from(self.code)
    }
}

impl From<ClusterError> for Failure {
    fn from(error: ClusterError) -> Self {
        Self { code: error.exit_code(), sentence: error.to_string() }
    }
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        Self { code: error.exit_code(), sentence: error.to_string() }
    }
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        Self::process(error)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self { code: error.exit_code(), sentence: error.to_string() }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self { code: error.exit_code(), sentence: error.to_string() }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error)
    }
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        Self { code: error.exit_code(), sentence: error.to_string() }
    }
}
