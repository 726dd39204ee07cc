//! Tells the program the commit it is built from, for the results of runs.

use std::process::Command;

fn main() {
    // The log of HEAD changes with every commit; without a repository nothing is watched.
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../../.git/logs/HEAD");
    let commit = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output();
    let commit = commit.ok().filter(|output| output.status.success());
    if let Some(commit) = commit.and_then(|output| String::from_utf8(output.stdout).ok()) {
        println!("cargo:rustc-env=CLEARING_COMMIT={}", commit.trim());
    }
}
