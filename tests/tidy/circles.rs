//! No circle of files in the ledgers: whoever reads one file needs only those that it names.

use std::collections::{BTreeMap, BTreeSet};

use super::{assert_none, files, read};

/// The files that each file of a ledger names, without those for tests.
fn named(ledger: &str) -> BTreeMap<String, BTreeSet<String>> {
    let folder = format!("crates/clearing-domain/src/{ledger}/");
    let stem = |path: &str| {
        let stem = path.strip_prefix(&folder)?.strip_suffix(".rs")?.to_owned();
        (!stem.contains('/') && stem != "mod").then_some(stem)
    };
    let paths = files(&folder, ".rs");
    let stems: BTreeSet<_> = paths.iter().filter_map(|path| stem(path)).collect();
    let names = |path: &String| {
        let text = read(path);
        let own = text.split("\n#[cfg(test)]").next().unwrap_or_default().to_owned();
        let after = own.split("super::").skip(1).map(|rest| {
            rest.split(|end: char| !end.is_alphanumeric() && end != '_').next().unwrap_or_default()
        });
        let found: BTreeSet<_> =
            after.map(str::to_owned).filter(|name| stems.contains(name)).collect();
        Some((stem(path)?, found))
    };
    paths.iter().filter_map(names).collect()
}

/// Takes away every file that names none of those left; what stays is in a circle, or leads to one.
fn circles(mut named: BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    loop {
        let left: BTreeSet<_> = named.keys().cloned().collect();
        let before = named.len();
        named.retain(|file, names| names.iter().any(|name| name != file && left.contains(name)));
        if named.len() == before {
            return named.into_keys().collect();
        }
    }
}

#[test]
fn a_circle_is_found_and_a_line_is_none() {
    let named = |pairs: &[(&str, &[&str])]| {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        pairs.iter().map(|(file, found)| ((*file).to_owned(), names(found))).collect()
    };
    assert!(circles(named(&[("a", &["b", "a"]), ("b", &["c"]), ("c", &[])])).is_empty());
    let circle = [("a", &["b"][..]), ("b", &["c"]), ("c", &["b"])];
    assert_eq!(circles(named(&circle)), ["a", "b", "c"]);
}

#[test]
fn no_files_of_a_ledger_name_each_other_in_a_circle() {
    for ledger in ["operator", "central_bank"] {
        let named = named(ledger);
        assert!(named.len() > 30, "only {} files of {ledger}", named.len());
        assert_none(&format!("files of {ledger} in a circle"), &circles(named));
    }
}
