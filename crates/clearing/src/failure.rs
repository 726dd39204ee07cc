//! The end of a command that fails: one sentence and an exit code.

use std::fmt::Display;
use std::process::ExitCode;

use clearing_node::ProgramError;

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
        crate::output::notice(&self.sentence);
        ExitCode::from(self.code)
    }
}

impl<E: ProgramError> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { code: error.exit_code(), sentence: error.to_string() }
    }
}
