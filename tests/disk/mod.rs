//! A disk that a test can stop, fill, break and cut off from power.
//!
//! A library in C, built with gcc and loaded before the process, tells every change of a ledger's
//! files to a journal. From the journal the disk is built again as it was at any moment: after a
//! kill all that was written is there, after a loss of power what was synced, and of the rest a
//! random part.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The size in which a disk writes or does not write.
const SECTOR: usize = 512;

/// A folder in memory where there is one: what a disk keeps is played here, and real syncs only
/// take time.
pub(crate) fn quick_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Builds the library into a folder.
pub(crate) fn build_library(folder: &Path) -> PathBuf {
    let library = folder.join("disk.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/disk/disk.c");
    let mut compiler = Command::new("gcc");
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl");
    assert!(compiler.status().unwrap().success(), "gcc builds the library");
    library
}

/// A change of a file.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) what: What,
    pub(crate) file: String,
    /// When it had happened, by a clock that all processes share.
    pub(crate) time: u64,
}

/// What is done to the file.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Write { at: usize, bytes: Vec<u8> },
    Sync,
    Truncate { length: usize },
    Remove,
    Rename { to: String },
}

/// Reads a journal; what a process was telling when it was killed is left out.
pub(crate) fn read_journal(path: &Path) -> Vec<Change> {
    let bytes = fs::read(path).unwrap();
    let mut rest = &bytes[..];
    let mut changes = Vec::new();
    while let Some((change, after)) = next(rest) {
        changes.push(change);
        rest = after;
    }
    changes
}

fn next(bytes: &[u8]) -> Option<(Change, &[u8])> {
    let (head, rest) = bytes.split_at_checked(32)?;
    let number = |at: usize| u64::from_ne_bytes(head[at..at + 8].try_into().unwrap()) as usize;
    let half = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().unwrap()) as usize;
    let (what, at, length, time) = (half(0), number(8), number(16), number(24) as u64);
    let (file, rest) = rest.split_at_checked(half(4))?;
    let (bytes, rest) = rest.split_at_checked(length)?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let what = match what {
        1 => What::Write { at, bytes: bytes.to_vec() },
        2 => What::Sync,
        3 => What::Truncate { length: at },
        4 => What::Remove,
        _ => What::Rename { to: text(bytes) },
    };
    Some((Change { what, file: text(file), time }, rest))
}

/// A file as it is on the disk, and what was written to it since.
#[derive(Clone, Debug, Default)]
struct Stored {
    synced: Vec<u8>,
    pending: Vec<What>,
}

/// The files of a folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    files: BTreeMap<String, Stored>,
}

impl Disk {
    /// Takes a change; what changes the folder is on disk at once.
    pub(crate) fn apply(&mut self, change: &Change) {
        match &change.what {
            What::Write { .. } | What::Truncate { .. } => {
                self.files
                    .entry(change.file.clone())
                    .or_default()
                    .pending
                    .push(change.what.clone());
            }
            What::Sync => {
                let stored = self.files.entry(change.file.clone()).or_default();
                stored.synced = stored.whole();
                stored.pending.clear();
            }
            What::Remove => {
                self.files.remove(&change.file);
            }
            What::Rename { to } => {
                let stored = self.files.remove(&change.file).unwrap_or_default();
                self.files.insert(to.clone(), stored);
            }
        }
    }

    /// Writes the files as a kill leaves them.
    pub(crate) fn write_all(&self, folder: &Path) {
        self.write(folder, Stored::whole);
    }

    /// Writes the files as a loss of power may leave them.
    pub(crate) fn write_synced(&self, folder: &Path, random: &mut Random) {
        self.write(folder, |stored| stored.torn(random));
    }

    fn write(&self, folder: &Path, mut state: impl FnMut(&Stored) -> Vec<u8>) {
        fs::create_dir_all(folder).unwrap();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ledger.db"))
            {
                fs::remove_file(path).unwrap();
            }
        }
        for (name, stored) in self.files.iter().filter(|(name, _)| name.starts_with("ledger.db")) {
            fs::write(folder.join(name), state(stored)).unwrap();
        }
    }
}

impl Stored {
    fn whole(&self) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        self.pending.iter().for_each(|what| change(&mut bytes, what));
        bytes
    }

    /// Of what is not synced every write may be on the disk, or not, or some of its sectors.
    fn torn(&self, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        for what in &self.pending {
            match (random.below(4), what) {
                (0 | 1, _) => {}
                (2, What::Write { at, bytes: written }) => {
                    for (index, sector) in
                        written.chunks(SECTOR).enumerate().filter(|_| random.below(2) == 0)
                    {
                        change(
                            &mut bytes,
                            &What::Write { at: at + index * SECTOR, bytes: sector.to_vec() },
                        );
                    }
                }
                _ => change(&mut bytes, what),
            }
        }
        bytes
    }
}

fn change(file: &mut Vec<u8>, what: &What) {
    match what {
        What::Write { at, bytes } => {
            let end = at + bytes.len();
            file.resize(file.len().max(end), 0);
            file[*at..end].copy_from_slice(bytes);
        }
        What::Truncate { length } => file.resize(*length, 0),
        What::Sync | What::Remove | What::Rename { .. } => {}
    }
}

/// Numbers that a seed fixes.
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
