//! A ledger file before every write and sync: killed there, full there, broken there, cut off from
//! power there. Each time it opens again, and every batch that was acknowledged is in it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[allow(dead_code, reason = "other tests use the rest of it")]
#[path = "../../../../tests/disk/mod.rs"]
mod disk;
mod driver;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus};

use clearing_node::store::{FileTexts, LedgerFile, Reader, StoreError, seals};
use driver::{BATCHES, KIND, chain_of, fill, log_pages};
use tempfile::TempDir;

use disk::{Change, Disk, Random, What, build_library, quick_folder, read_journal};

/// Runs the driver on a folder, in a process of its own with the library before its disk.
fn drive(library: &Path, folder: &Path, variables: &[(&str, &str)]) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "driver::drives_a_ledger", "--nocapture", "--test-threads=1"]);
    command.env("LD_PRELOAD", library).env("DISK_LAZY", "1").env(driver::FOLDER, folder);
    command.envs(variables.iter().copied());
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    command.status().unwrap()
}

/// The last batch that was acknowledged, and whether trouble was told and went again.
fn acknowledged(folder: &Path) -> (u64, bool, bool) {
    let text = fs::read_to_string(folder.join("acknowledged")).unwrap_or_default();
    let last = text.lines().filter_map(|line| line.parse().ok()).max().unwrap_or_default();
    (last, text.contains("trouble"), text.contains("recovered"))
}

/// The ledger reads, holds at least so many batches without a gap, and takes another.
#[track_caller]
fn assert_whole(folder: &Path, least: u64, when: &str) {
    let path = folder.join("ledger.db");
    let read = || -> Result<u64, StoreError> {
        let reader = Reader::open(&path, &KIND)?;
        let seals = seals(&reader.connection).map_err(|error| reader.failed(error))?;
        let last = seals.len() as u64;
        assert!(seals.iter().map(|seal| seal.batch).eq(1..=last), "{when}: batches are missing");
        assert_eq!(driver::rows(&reader.connection), driver::rows_of(last), "{when}");
        Ok(last)
    };
    let open = || LedgerFile::open(&path, &KIND, &FileTexts::default(), log_pages());
    if !path.exists() {
        assert_eq!(least, 0, "{when}: the ledger is gone");
        drop(open().unwrap_or_else(|error| panic!("{when}: {error}")));
    }
    let last = read().unwrap_or_else(|error| panic!("{when}: {error}"));
    assert!(last >= least, "{when}: batch {least} was acknowledged, {last} are there");
    let mut file = open().unwrap_or_else(|error| panic!("{when}: {error}"));
    file.commit(chain_of(last + 1), true, |transaction| fill(transaction, last + 1)).unwrap();
    drop(file);
    assert_eq!(read().unwrap_or_else(|error| panic!("{when}: {error}")), last + 1, "{when}");
}

/// A ledger from its first byte on, told to a journal.
fn recorded(variables: &[(&str, &str)]) -> (TempDir, Vec<Change>) {
    let directory = quick_folder();
    let library = build_library(directory.path());
    let (folder, journal) = (directory.path().join("run"), directory.path().join("journal"));
    fs::create_dir(&folder).unwrap();
    let variables = [variables, &[("DISK_JOURNAL", journal.to_str().unwrap())]].concat();
    let status = drive(&library, &folder, &variables);
    assert!(status.success(), "{status}");
    let changes = read_journal(&journal);
    (directory, changes)
}

/// One whose log is moved again and again. How often depends on how the threads take turns.
fn recorded_with_checkpoints() -> (TempDir, Vec<Change>) {
    for _ in 0..100 {
        let (directory, changes) = recorded(&[]);
        let moved = changes
            .iter()
            .filter(|change| change.file == "ledger.db" && matches!(change.what, What::Sync));
        if moved.count() > 5 {
            return (directory, changes);
        }
    }
    panic!("the log is hardly ever moved");
}

/// Follows what was acknowledged.
fn note(change: &Change, least: &mut u64) {
    if let (What::Write { bytes, .. }, "acknowledged") = (&change.what, change.file.as_str()) {
        *least = String::from_utf8_lossy(bytes).trim().parse().unwrap_or(*least);
    }
}

#[test]
fn a_process_killed_before_any_write_opens_again() {
    let (directory, changes) = recorded_with_checkpoints();
    let (mut disk, mut least) = (Disk::default(), 0);
    for (index, change) in changes.iter().enumerate() {
        let folder = directory.path().join("again");
        disk.write_all(&folder);
        assert_whole(
            &folder,
            least,
            &format!("killed before change {index}, {:?} of {}", kind(change), change.file),
        );
        disk.apply(change);
        note(change, &mut least);
    }
    assert_eq!(least, BATCHES);
}

#[test]
fn a_loss_of_power_at_any_write_leaves_what_was_acknowledged() {
    let (directory, changes) = recorded_with_checkpoints();
    lose_power_everywhere(directory.path(), &changes);
}

#[test]
fn a_reply_that_changes_nothing_takes_to_disk_what_it_speaks_of() {
    let (directory, changes) = recorded(&[(driver::LONG_LOG, "1")]);
    lose_power_everywhere(directory.path(), &changes);
}

/// Cuts the power before each change; what was acknowledged is there each time.
fn lose_power_everywhere(directory: &Path, changes: &[Change]) {
    let (mut disk, mut least, mut random) = (Disk::default(), 0, Random(7));
    for (index, change) in changes.iter().enumerate() {
        let folder = directory.join("again");
        disk.write_synced(&folder, &mut random);
        assert_whole(
            &folder,
            least,
            &format!("power lost before change {index} of {}", change.file),
        );
        disk.apply(change);
        note(change, &mut least);
    }
}

fn kind(change: &Change) -> std::mem::Discriminant<What> {
    std::mem::discriminant(&change.what)
}

/// Lets each change fail in this way, then makes room again.
fn fails_everywhere(fault: &str, until_the_end: bool) {
    let directory = quick_folder();
    let library = build_library(directory.path());
    let (mut ended, mut troubled, mut recovered) = (0, 0, 0);
    for at in 1.. {
        let folder = directory.path().join(at.to_string());
        fs::create_dir(&folder).unwrap();
        let at_text = at.to_string();
        let mut variables = vec![("DISK_FAULT", fault), ("DISK_AT", &at_text)];
        if until_the_end {
            variables.extend([("DISK_UNTIL", "1000000"), (driver::STAYS, "1")]);
        }
        let status = drive(&library, &folder, &variables);
        let (least, trouble, well) = acknowledged(&folder);
        let when = format!("{fault} at change {at}");
        // A failed commit ends the process in order; a failed checkpoint does not.
        assert!(matches!(status.code(), Some(0 | 3)), "{when}: {status}");
        ended += u32::from(!status.success());
        troubled += u32::from(trouble);
        recovered += u32::from(well);
        assert!(least == BATCHES || !status.success(), "{when}: {least} batches");
        assert_whole(&folder, least, &when);
        let went_through = least == BATCHES && !trouble;
        fs::remove_dir_all(&folder).unwrap();
        // Past the last change nothing fails any more.
        if went_through && at > driver::CHANGES_LEAST {
            break;
        }
    }
    if fault != "short" {
        assert!(ended > 20, "{ended} processes ended with the sentence of the failed commit");
        assert!(troubled > 5, "{troubled} processes told of the failed checkpoint");
        assert!(
            until_the_end || recovered == troubled,
            "{recovered} of {troubled} told that it is well again"
        );
    }
}

#[test]
fn a_disk_that_is_full_at_any_write_loses_nothing() {
    fails_everywhere("full", true);
}

#[test]
fn a_write_that_fails_once_loses_nothing() {
    fails_everywhere("broken", false);
}

#[test]
fn a_write_that_is_cut_short_loses_nothing() {
    fails_everywhere("short", false);
}
