//! The folder of a process: its ledger and the lock that keeps a second process out.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::NodeError;
use crate::private;

/// The name of the central bank's folder in the folder of a cluster.
pub const CENTRAL_BANK_FOLDER: &str = "central-bank";

/// How long others who only ask may hold the lock.
const ASKED_MAX: Duration = Duration::from_millis(500);

/// The folder of a process, locked while this value lives.
#[derive(Debug)]
pub struct DataDir {
    root: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Creates the folder when it does not exist and locks it.
    pub fn lock(root: &Path) -> Result<Self, NodeError> {
        let folder = || root.to_owned();
        let failed = |source| NodeError::Folder { folder: folder(), source };
        private::create_folder(root).map_err(failed)?;
        // The lock is on a file of its own: SQLite locks the ledger itself, and closing a second
        // descriptor of that file would drop its locks. The system drops this one at any end of the
        // process, so a kill leaves nothing to clean up.
        let lock = private::append(&root.join("lock")).map_err(failed)?;
        match take(&lock) {
            Ok(()) => Ok(Self { root: root.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(NodeError::Locked { folder: folder() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Removes the file with the id of this process, which the starter of the process wrote.
    fn remove_pid(&self) {
        let path = self.root.join("pid");
        let own =
            fs::read_to_string(&path).is_ok_and(|pid| pid.trim() == std::process::id().to_string());
        // A newer process may have replaced the file already; its id must stay.
        if own {
            // An error cannot be reported any more; the free lock shows that the process has ended.
            let _ = fs::remove_file(path);
        }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file of the ledger.
    pub fn ledger(&self) -> PathBuf {
        ledger_path(&self.root)
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        self.remove_pid();
    }
}

/// Takes the lock. Whoever asks whether a process runs holds it for a moment, which must not refuse
/// a process that starts in that moment; another process holds it for good.
fn take(lock: &File) -> Result<(), TryLockError> {
    let begun = Instant::now();
    loop {
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) if begun.elapsed() < ASKED_MAX => {
                std::thread::sleep(ASKED_MAX / 100);
            }
            taken => return taken,
        }
    }
}

/// The file of the ledger in the folder of a process.
pub fn ledger_path(root: &Path) -> PathBuf {
    root.join("ledger.db")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_refused_until_the_first_ends() {
        let directory = tempfile::tempdir().unwrap();
        let first = DataDir::lock(directory.path()).unwrap();
        let refused = DataDir::lock(directory.path()).unwrap_err();
        assert!(refused.to_string().starts_with("another process serves from "), "{refused}");
        drop(first);
        DataDir::lock(directory.path()).unwrap();
    }

    #[test]
    fn who_asks_whether_a_process_runs_keeps_none_from_starting() {
        let directory = tempfile::tempdir().unwrap();
        drop(DataDir::lock(directory.path()).unwrap());
        for _ in 0..20 {
            let asking = File::open(directory.path().join("lock")).unwrap();
            asking.try_lock_shared().unwrap();
            let root = directory.path().to_owned();
            let starting = std::thread::spawn(move || DataDir::lock(&root).map(drop));
            std::thread::yield_now();
            drop(asking);
            starting.join().unwrap().unwrap();
        }
    }
}
