//! Under what a run was made.

/// What `config.toml` of a run says beside the experiment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunInfo {
    /// The version of the program.
    pub version: String,
    /// The commit it was built from, if known.
    pub commit: Option<String>,
    /// Where it ran.
    pub host: String,
    /// Processes or in-process.
    pub engine: String,
}

/// What the files of a run carry, so that each says which run it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunIdentity {
    /// Follows from the resolved experiment.
    pub id: String,
    /// The text of `config.toml`.
    pub config: String,
    /// Under what the run is made.
    pub info: RunInfo,
}

impl RunInfo {
    /// A run on this host.
    pub fn here(version: &str, commit: Option<&str>, engine: &str) -> Self {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let processors = std::thread::available_parallelism().map_or(0, usize::from);
        let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
        let host = format!("{}, {system} {machine}, {processors} processors", name.trim());
        Self {
            version: version.to_owned(),
            commit: commit.map(str::to_owned),
            host,
            engine: engine.to_owned(),
        }
    }
}
