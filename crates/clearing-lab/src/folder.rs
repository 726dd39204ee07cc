//! The folder of a run: what it holds, and how room is made for a new run.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clearing_cluster::cluster::{ClusterFolder, Member};
use clearing_node::ProgramError;
use thiserror::Error;

use crate::files::FileError;
use crate::payment_list::BadRow;

/// The resolved experiment, with under what it was run.
pub(crate) const CONFIG: &str = "config.toml";
/// The summary of a run.
pub(crate) const SUMMARY: &str = "summary.json";
/// The digest of its outcome.
pub(crate) const DIGEST: &str = "digest";
/// The rows of a file of payments that were left out.
const REJECTED: &str = "rejected.csv";
/// Where treasurers outside reach the run.
const TREASURY: &str = "treasury";
/// The page that a run ends with.
pub const REPORT: &str = "report.html";
/// The folder of the processes.
const CLUSTER: &str = "cluster";
/// What shows that a folder is that of a cluster.
const CLUSTER_CONFIG: &str = "config.toml";

/// What a run writes beside its tables.
const FILES: [&str; 6] = [CONFIG, SUMMARY, DIGEST, REJECTED, TREASURY, REPORT];

/// A folder that cannot take the results of a run.
#[derive(Debug, Error)]
pub enum FolderError {
    /// The folder holds something.
    #[error("{folder} is not empty; --force replaces it", folder = folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// A cluster runs from the folder.
    #[error("a cluster runs in {folder}", folder = folder.display())]
    Running {
        /// The folder.
        folder: PathBuf,
    },
    /// Something in it cannot be created, written or removed.
    #[error(transparent)]
    File(#[from] FileError),
}

impl ProgramError for FolderError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::NotEmpty { .. } => 2,
            Self::Running { .. } => 3,
            Self::File(error) => error.exit_code(),
        }
    }
}

/// A folder that is ready for the results of a run.
#[derive(Clone, Debug)]
pub struct RunFolder(PathBuf);

impl RunFolder {
    /// Creates the folder. One that holds something is refused, unless earlier results in it, the
    /// tables of these names included, may be replaced; what no run writes is left alone even then.
    pub fn prepare(path: &Path, replace: bool, tables: &[&str]) -> Result<Self, FolderError> {
        let holds_something = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
        if holds_something && !replace {
            return Err(FolderError::NotEmpty { folder: path.to_owned() });
        }
        let folder = Self(path.to_owned());
        if holds_something {
            // The cluster comes first: while it runs it is refused, and then nothing has been
            // removed yet.
            folder.remove_cluster()?;
            folder.remove_files(tables)?;
        }
        fs::create_dir_all(path).map_err(FileError::of("cannot create", path))?;
        Ok(folder)
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The folder of the processes of the run.
    pub fn cluster(&self) -> PathBuf {
        self.0.join(CLUSTER)
    }

    /// Removes the processes of an earlier run; fails while they run.
    fn remove_cluster(&self) -> Result<(), FolderError> {
        let cluster = self.cluster();
        // The ledgers of a running cluster would go on in files that have no name any more.
        if ClusterFolder::new(&cluster).is_locked(Member::CentralBank) {
            return Err(FolderError::Running { folder: cluster });
        }
        // A folder of the user that only has this name is none of ours to remove.
        if cluster.join(CLUSTER_CONFIG).exists() {
            fs::remove_dir_all(&cluster).map_err(FileError::of("cannot remove", &cluster))?;
        }
        Ok(())
    }

    fn remove_files(&self, tables: &[&str]) -> Result<(), FolderError> {
        let tables =
            tables.iter().flat_map(|table| [format!("{table}.parquet"), format!("{table}.csv")]);
        for name in FILES.map(str::to_owned).into_iter().chain(tables) {
            let path = self.0.join(name);
            // Which tables the earlier run wrote depends on its options, so one that is not there
            // is no error.
            if path.exists() {
                fs::remove_file(&path).map_err(FileError::of("cannot remove", &path))?;
            }
        }
        Ok(())
    }

    /// Writes where treasurers outside reach the run.
    pub fn write_treasury(&self, address: SocketAddr) -> Result<(), FolderError> {
        let path = self.0.join(TREASURY);
        fs::write(&path, format!("{address}\n")).map_err(FileError::of("cannot write", &path))?;
        Ok(())
    }

    /// Lists the rows of a file of payments that were left out; without such rows there is no list.
    pub fn write_rejected(&self, rows: &[BadRow]) -> Result<(), FolderError> {
        if rows.is_empty() {
            return Ok(());
        }
        let path = self.0.join(REJECTED);
        rejected_csv(&path, rows).map_err(FileError::of("cannot write", &path))?;
        Ok(())
    }
}

fn rejected_csv(path: &Path, rows: &[BadRow]) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record(["line", "reason", "row"])?;
    for row in rows {
        writer.write_record([&row.line.to_string(), &row.reason, &row.text])?;
    }
    Ok(writer.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_replaced_only_when_asked_for_and_nothing_else_is_touched() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("results");
        let prepare = |replace| RunFolder::prepare(&path, replace, &["wallets"]);
        prepare(false).unwrap();
        for name in ["digest", "wallets.csv", "others.csv", "notes"] {
            fs::write(path.join(name), "x").unwrap();
        }
        let error = prepare(false).unwrap_err();
        assert_eq!((error.exit_code(), path.join("digest").exists()), (2, true));
        prepare(true).unwrap();
        let mut left: Vec<_> =
            fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["notes", "others.csv"]);
    }

    #[test]
    fn a_list_of_rejected_rows_that_cannot_be_written_is_named() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::prepare(parent.path(), false, &[]).unwrap();
        let path = parent.path().join(REJECTED);
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        folder.write_rejected(&[]).unwrap();
        let row = BadRow { line: 2, reason: "no amount".to_owned(), text: "a,b".to_owned() };
        let error = folder.write_rejected(&[row]).unwrap_err();
        let expected = format!("cannot write {}: ", path.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert_eq!(error.exit_code(), 3);
    }
}
