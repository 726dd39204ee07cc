//! The folder of a cluster: where its files are and how they read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, TryLockError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clearing_config::ClusterConfig;
use clearing_domain::money::whole_number;
use clearing_node::private;

use super::{ClusterError, Member};

/// The files of a cluster beside the folders of its processes.
const RESERVED: [&str; 3] = ["env", "ready", "config.toml"];

/// What the readiness of a cluster says when nobody watches over its processes.
const DETACHED: &str = ", detached";

/// The addresses of a cluster by member: the central bank first, operators by code.
pub type Addresses = BTreeMap<Member, SocketAddr>;

/// The folder of a cluster: one folder per process, `config.toml`, `env` and `ready`.
#[derive(Clone, Debug)]
pub struct ClusterFolder {
    root: PathBuf,
}

impl ClusterFolder {
    /// Names a folder; nothing is read or written.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The data folder of a process.
    pub fn of(&self, member: Member) -> PathBuf {
        self.root.join(member.to_string())
    }

    /// What a process wrote to its standard error.
    pub fn log(&self, member: Member) -> PathBuf {
        self.of(member).join("log")
    }

    /// The configuration of all processes.
    pub fn config(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// The addresses as a file to source in a shell.
    pub fn env(&self) -> PathBuf {
        self.root.join("env")
    }

    /// Exists while every process has been ready; written last.
    pub fn ready(&self) -> PathBuf {
        self.root.join("ready")
    }

    fn pid_file(&self, member: Member) -> PathBuf {
        self.of(member).join("pid")
    }

    /// Creates the folder of a cluster with its configuration, and takes back an earlier readiness.
    pub(crate) fn prepare(&self, members: &[Member], config: &str) -> Result<(), ClusterError> {
        for member in members {
            if RESERVED.contains(&member.to_string().as_str()) {
                return Err(ClusterError::ReservedCode { code: *member });
            }
        }
        // Before anything is written: a second cluster must not touch the files of one that runs.
        self.refuse_running(members)?;
        for member in members {
            let folder = self.of(*member);
            private::create_folder(&folder)
                .map_err(ClusterError::io("cannot create folder", &folder))?;
        }
        self.withdraw_readiness()?;
        write(&self.config(), config)
    }

    /// Refuses when one of the processes holds the lock of its folder.
    fn refuse_running(&self, members: &[Member]) -> Result<(), ClusterError> {
        match members.iter().find(|member| self.is_locked(**member)) {
            Some(member) => {
                Err(ClusterError::Running { member: *member, folder: self.root.clone() })
            }
            None => Ok(()),
        }
    }

    /// Whether a process serves from the folder of this member now: it holds the lock while it
    /// lives.
    pub fn is_locked(&self, member: Member) -> bool {
        // A lock is let go by the system when its process dies in whatever way; a file with an id
        // is not.
        let Ok(file) = File::open(self.lock(member)) else { return false };
        // Shared, so that two who ask at once do not take each other for a process.
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    pub(crate) fn lock(&self, member: Member) -> PathBuf {
        self.of(member).join("lock")
    }

    pub(crate) fn write_pid(&self, member: Member, pid: u32) -> Result<(), ClusterError> {
        let path = self.pid_file(member);
        private::write_for_now(&path, &format!("{pid}\n"))
            .map_err(ClusterError::io("cannot write", &path))
    }

    /// Removes the file with the id of a process that has ended; one of another process stays.
    pub(crate) fn remove_pid(&self, member: Member, ended: u32) {
        if self.pid(member) == Some(ended) {
            // A file that stays is told from one of a running process by the lock.
            let _ = fs::remove_file(self.pid_file(member));
        }
    }

    /// The process id last written for a member.
    pub fn pid(&self, member: Member) -> Option<u32> {
        whole_number(fs::read_to_string(self.pid_file(member)).ok()?.trim())
    }

    /// Writes the addresses and then the readiness of the whole.
    pub(crate) fn publish(
        &self,
        addresses: &Addresses,
        detached: bool,
    ) -> Result<(), ClusterError> {
        let mut text = String::new();
        for (name, value) in variables(addresses) {
            let _ = writeln!(text, "export {name}={value}");
        }
        // The readiness comes last: whoever waits for it finds the addresses.
        write(&self.env(), &text)?;
        let suffix = if detached { DETACHED } else { "" };
        write(&self.ready(), &format!("{} processes{suffix}\n", addresses.len()))
    }

    /// Whether the cluster was left running: nobody starts a process of it that dies again.
    pub fn is_detached(&self) -> bool {
        fs::read_to_string(self.ready()).is_ok_and(|text| text.trim_end().ends_with(DETACHED))
    }

    /// The central bank and the operators in the order of the roster; none when it cannot be read.
    pub fn roster(&self) -> Vec<Member> {
        let config = fs::read_to_string(self.config()).ok();
        let config = config.and_then(|text| ClusterConfig::from_file_text(&text).ok());
        config.as_ref().map(super::members).unwrap_or_default()
    }

    /// Removes the file that says every process is ready.
    pub(crate) fn withdraw_readiness(&self) -> Result<(), ClusterError> {
        let path = self.ready();
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(ClusterError::Io { what: "cannot remove", path, source: error })
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Reads the addresses that the start of the cluster wrote.
    pub fn addresses(&self) -> Result<Addresses, ClusterError> {
        let path = self.env();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ClusterError::NoCluster { folder: self.root.clone() });
            }
            Err(source) => return Err(ClusterError::Io { what: "cannot read", path, source }),
        };
        let mut addresses = Addresses::new();
        for (index, line) in text.lines().enumerate() {
            let broken = || ClusterError::EnvLine {
                path: path.clone(),
                line: index + 1,
                text: line.to_owned(),
            };
            let assignment = line.strip_prefix("export ").unwrap_or(line);
            let (name, value) = assignment.split_once('=').ok_or_else(broken)?;
            // The same address once more, for programs that want a URL.
            if name.ends_with("_URL") {
                continue;
            }
            let member = Member::from_variable(name).ok_or_else(broken)?;
            addresses.insert(member, value.parse().map_err(|_| broken())?);
        }
        Ok(addresses)
    }
}

/// The environment of a command inside the cluster, as the `env` file has it.
pub fn variables(addresses: &Addresses) -> Vec<(String, String)> {
    let mut variables = Vec::with_capacity(addresses.len() * 2);
    for (member, address) in addresses {
        let name = member.variable();
        variables.push((format!("{name}_URL"), format!("http://{address}")));
        variables.push((name, address.to_string()));
    }
    variables.sort();
    variables
}

fn write(path: &Path, text: &str) -> Result<(), ClusterError> {
    private::write(path, text).map_err(ClusterError::io("cannot write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back_as_published() {
        let directory = tempfile::tempdir().unwrap();
        let folder = ClusterFolder::new(directory.path());
        let addresses = Addresses::from([
            ("ABC".parse().unwrap(), "127.0.0.1:7103".parse().unwrap()),
            (Member::CentralBank, "127.0.0.1:7100".parse().unwrap()),
        ]);
        assert!(matches!(folder.addresses(), Err(ClusterError::NoCluster { .. })));
        folder.publish(&addresses, false).unwrap();
        assert_eq!(folder.addresses().unwrap(), addresses);
        let text = fs::read_to_string(folder.env()).unwrap();
        assert_eq!(
            text,
            "export CENTRAL_BANK=127.0.0.1:7100\nexport CENTRAL_BANK_URL=http://127.0.0.1:7100\n\
             export OPERATOR_ABC=127.0.0.1:7103\nexport OPERATOR_ABC_URL=http://127.0.0.1:7103\n"
        );
        assert!(folder.ready().exists() && !folder.is_detached());
        folder.publish(&addresses, true).unwrap();
        assert!(folder.is_detached());
        folder.withdraw_readiness().unwrap();
        folder.withdraw_readiness().unwrap();
        assert!(!folder.ready().exists());
    }

    #[test]
    fn a_foreign_env_file_is_named_by_line() {
        let directory = tempfile::tempdir().unwrap();
        let folder = ClusterFolder::new(directory.path());
        fs::write(folder.env(), "export CENTRAL_BANK=127.0.0.1:7100\nPATH=/bin\n").unwrap();
        let error = folder.addresses().unwrap_err();
        assert!(matches!(error, ClusterError::EnvLine { line: 2, .. }), "{error}");
    }

    #[test]
    fn a_member_that_holds_its_lock_refuses_a_second_cluster() {
        let directory = tempfile::tempdir().unwrap();
        let folder = ClusterFolder::new(directory.path());
        let members = [Member::CentralBank];
        folder.prepare(&members, "").unwrap();
        let lock = File::create(folder.lock(Member::CentralBank)).unwrap();
        lock.lock().unwrap();
        assert!(matches!(folder.prepare(&members, ""), Err(ClusterError::Running { .. })));
        drop(lock);
        folder.prepare(&members, "").unwrap();
    }

    #[test]
    fn an_operator_cannot_take_the_place_of_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let folder = ClusterFolder::new(directory.path());
        let error = folder.prepare(&["ready".parse().unwrap()], "").unwrap_err();
        assert!(matches!(error, ClusterError::ReservedCode { .. }));
    }
}
