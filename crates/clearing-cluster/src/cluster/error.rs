//! What can go wrong with a cluster of processes.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use clearing_node::ProgramError;
use clearing_node::store::StoreError;
use thiserror::Error;

use super::Member;

/// How much of a log a failure shows.
const LOG_LINES: usize = 8;
/// The end of the log that is searched for those lines.
const LOG_BYTES: u64 = 16 * 1024;
/// Stands in a log before what a process says after each start.
pub(super) const START_LINE: &str = "==== start ====";

/// A cluster could not be started, asked or stopped.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// A process ended, or the time passed, before it was ready.
    #[error("{member} did not become ready: {end}; its folder is {folder}{log}", folder = folder.display())]
    NotReady {
        /// The process.
        member: Member,
        /// The exit status, or that the time passed.
        end: String,
        /// The exit code when there is one.
        code: Option<i32>,
        /// The folder of the process.
        folder: PathBuf,
        /// The last lines of its log.
        log: LogEnd,
    },
    /// A process ended in another way than asked.
    #[error("{member} ended: {end}; its folder is {folder}{log}", folder = folder.display())]
    Ended {
        /// The process.
        member: Member,
        /// The exit status, or that it had to be killed.
        end: String,
        /// The folder of the process.
        folder: PathBuf,
        /// The last lines of its log.
        log: LogEnd,
    },
    /// The folder belongs to a cluster that runs.
    #[error("a cluster runs in {folder} already: its {member} holds the lock", folder = folder.display())]
    Running {
        /// The process that holds its lock.
        member: Member,
        /// The folder of the cluster.
        folder: PathBuf,
    },
    /// The folder holds no cluster.
    #[error("{folder} holds no cluster: it has no env file", folder = folder.display())]
    NoCluster {
        /// The folder.
        folder: PathBuf,
    },
    /// A line of the `env` file is not what a cluster writes.
    #[error("{path}, line {line}: {text:?} is not an address of a process", path = path.display())]
    EnvLine {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// The ports from the base on pass the last port.
    #[error("base port {base} leaves no room for {operators} operators below port 65535")]
    PortRange {
        /// The first port.
        base: u16,
        /// How many operators there are.
        operators: usize,
    },
    /// The ledgers in the folder belong to another configuration.
    #[error(transparent)]
    OtherConfiguration(#[from] StoreError),
    /// A cluster that runs in the foreground starts its processes again by itself.
    #[error(
        "the cluster in {folder} was not left running with --detach: clearing up starts a process that dies again, \
         and after its end the whole",
        folder = folder.display()
    )]
    NotDetached {
        /// The folder of the cluster.
        folder: PathBuf,
    },
    /// An operator's folder would take the place of a file of the cluster.
    #[error("operator code {code} is the name of a file in the cluster's folder")]
    ReservedCode {
        /// The code.
        code: Member,
    },
    /// The cluster has no process of that name.
    #[error("the cluster has no process {member}")]
    UnknownMember {
        /// The name asked for.
        member: Member,
    },
    /// A file, a folder or a process could not be handled.
    #[error("{what} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl ProgramError for ClusterError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::NotReady { code: Some(2), .. }
            | Self::NoCluster { .. }
            | Self::EnvLine { .. }
            | Self::PortRange { .. }
            | Self::ReservedCode { .. }
            | Self::NotDetached { .. }
            | Self::UnknownMember { .. } => 2,
            Self::OtherConfiguration(error) if error.is_refusal() => 2,
            Self::NotReady { .. }
            | Self::Ended { .. }
            | Self::Running { .. }
            | Self::OtherConfiguration(_)
            | Self::Io { .. } => 3,
        }
    }
}

impl ClusterError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }
}

/// The last lines of a log since the last start, for a reader who should not have to look for the
/// file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogEnd(Vec<String>);

impl LogEnd {
    /// Reads the last lines; a log that cannot be read has none.
    pub fn read(path: &Path) -> Self {
        let text = read_end(path).unwrap_or_default();
        let since = text.rfind(START_LINE).map_or(0, |start| start + START_LINE.len());
        let lines: Vec<&str> =
            text[since..].lines().filter(|line| !line.trim().is_empty()).collect();
        Self(
            lines[lines.len().saturating_sub(LOG_LINES)..]
                .iter()
                .map(|line| (*line).to_owned())
                .collect(),
        )
    }
}

fn read_end(path: &Path) -> io::Result<String> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(LOG_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl fmt::Display for LogEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("; its log is empty");
        }
        formatter.write_str("; the end of its log:")?;
        self.0.iter().try_for_each(|line| write!(formatter, "\n  {line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{LogEnd, START_LINE};

    #[test]
    fn the_end_of_a_log_is_that_of_the_last_start() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        std::fs::write(&path, format!("{START_LINE}\nold\n{START_LINE}\n\nnew\nlast\n")).unwrap();
        assert_eq!(LogEnd::read(&path).to_string(), "; the end of its log:\n  new\n  last");
        std::fs::write(&path, format!("{START_LINE}\nold\n{START_LINE}\n")).unwrap();
        assert_eq!(LogEnd::read(&path).to_string(), "; its log is empty");
    }
}
