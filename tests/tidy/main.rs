//! What the documents promise of the code: sizes, directions of imports, and a name in a document
//! for whatever a reader may look for.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod circles;
mod directions;
mod names;
mod sizes;

use std::fs;
use std::path::{Path, PathBuf};

/// The top of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The files below a folder that end so, by their path from the top, in order.
fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            // What programs leave is not the project's.
            let is_left = ["target", "node_modules", "__pycache__"]
                .contains(&entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() && !is_left {
                folders.push(entry.path());
            } else if entry.path().to_string_lossy().ends_with(ending) {
                found.push(entry.path().strip_prefix(root()).unwrap().display().to_string());
            }
        }
    }
    assert!(!found.is_empty(), "nothing in {folder} ends with {ending}");
    found.sort();
    found
}

/// A file by its path from the top.
fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails with one line for each finding.
#[track_caller]
fn assert_none(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}
