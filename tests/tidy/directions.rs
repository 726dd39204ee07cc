//! Who may know whom: crates from the program down to the rules, inside the rules no tier the other,
//! and inside the lab no stage of a run a later one.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};

use super::{assert_none, files, read};

/// The crates from low to high; those of one row do not know each other.
const CRATES: &[&[&str]] = &[
    &["clearing-domain"],
    &["clearing-api", "clearing-config", "clearing-model"],
    &["clearing-node"],
    &["clearing-operator", "clearing-central-bank"],
    &["clearing-cluster"],
    &["clearing-lab"],
    &["clearing"],
];

/// What each module of the rules may take from others; the root's names count as those of their
/// modules.
const MODULES: &[Module] = &[
    ("audit", &["central_bank", "link", "money", "operator", "regime", "seal"]),
    (
        "central_bank",
        &[
            "hash_key", "ledger", "link", "lockstep", "money", "netting", "reason", "regime",
            "row", "seal", "slots",
        ],
    ),
    ("hash_key", &[]),
    ("indicators", &["money", "netting"]),
    ("ledger", &["money", "seal"]),
    ("link", &["money", "reason", "seal"]),
    ("lockstep", &["money"]),
    ("money", &[]),
    ("netting", &["money"]),
    (
        "operator",
        &[
            "hash_key", "ledger", "link", "lockstep", "money", "reason", "regime", "row", "seal",
            "slots",
        ],
    ),
    ("reason", &["money"]),
    ("regime", &[]),
    ("row", &["link", "money", "netting", "reason"]),
    ("seal", &["hash_key", "money"]),
    ("slots", &[]),
];

/// What each module of the lab may take from others: a stage of a run from those before it.
const LAB_MODULES: &[Module] = &[
    ("engine", &["experiment", "workload"]),
    ("experiment", &["payment_list"]),
    ("files", &[]),
    ("folder", &["files", "payment_list"]),
    ("indicators", &["payment_list"]),
    ("page", &[]),
    ("payment_list", &[]),
    ("report", &["files", "folder", "page", "results", "table"]),
    ("resolve", &["engine", "experiment", "payment_list", "workload"]),
    ("results", &["engine", "experiment", "files", "folder", "table"]),
    ("sweep", &["engine", "experiment", "files", "page", "results", "table", "workload"]),
    ("table", &["files"]),
    ("workload", &["experiment", "payment_list"]),
];

/// What the root of the rules offers under a shorter name.
const ROOT: &[(&str, &str)] = &[
    ("HashKey", "hash_key"),
    ("Ledger", "ledger"),
    ("Lockstep", "lockstep"),
    ("Reason", "reason"),
    ("Regime", "regime"),
];

#[test]
fn a_crate_depends_on_lower_ones_only() {
    let height = |name: &str| CRATES.iter().position(|row| row.contains(&name));
    let mut wrong = Vec::new();
    let manifests = files("crates", "Cargo.toml");
    assert_eq!(manifests.len(), CRATES.concat().len(), "a crate has no place in the order");
    for path in manifests {
        let manifest: toml::Table = read(&path).parse().unwrap();
        let name = manifest["package"]["name"].as_str().unwrap();
        let own = height(name).unwrap_or_else(|| panic!("{name} has no place in the order"));
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
        for dependency in dependencies.into_iter().flat_map(toml::Table::keys) {
            if height(dependency).is_some_and(|other| other >= own) {
                wrong.push(format!("{name} takes {dependency}"));
            }
        }
    }
    assert_none("crates that depend on one beside or above them", &wrong);
}

/// Collects the first name after `crate` of every path and import.
struct Taken {
    names: BTreeSet<String>,
    /// Whether what is for tests counts, too.
    in_tests: bool,
}

impl Taken {
    fn add(&mut self, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => _ = self.names.insert(path.ident.to_string()),
            syn::UseTree::Name(name) => _ = self.names.insert(name.ident.to_string()),
            syn::UseTree::Rename(name) => _ = self.names.insert(name.ident.to_string()),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.add(item)),
            syn::UseTree::Glob(_) => _ = self.names.insert("*".to_owned()),
        }
    }
}

impl<'ast> Visit<'ast> for Taken {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if let syn::UseTree::Path(path) = &item.tree
            && path.ident == "crate"
            && self.counts(&item.attrs)
        {
            self.add(&path.tree);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if self.counts(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut names = path.segments.iter().map(|segment| segment.ident.to_string());
        if names.next().as_deref() == Some("crate") {
            self.names.extend(names.next());
        }
        visit::visit_path(self, path);
    }
}

impl Taken {
    fn counts(&self, attributes: &[syn::Attribute]) -> bool {
        self.in_tests || !is_for_tests(attributes)
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let condition = attribute.meta.require_list().map(|list| list.tokens.to_string());
        attribute.path().is_ident("cfg") && condition.is_ok_and(|text| text == "test")
    })
}

/// A module, and the others that it may take from.
type Module = (&'static str, &'static [&'static str]);

/// Checks what the modules of a crate take from each other against a list of what they may.
#[track_caller]
fn check_modules(
    folder: &str,
    modules: &[Module],
    root: &[(&str, &str)],
    apart: &[&str],
    in_tests: bool,
) {
    let mut taken: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let is_counted =
        |path: &String| in_tests || !(path.ends_with("/tests.rs") || path.contains("/tests/"));
    for path in files(folder, ".rs").into_iter().filter(is_counted) {
        let module = path[folder.len()..].split(['/', '.']).next().unwrap().to_owned();
        let mut found = Taken { names: BTreeSet::new(), in_tests };
        found.visit_file(&syn::parse_file(&read(&path)).unwrap());
        taken.entry(module).or_default().extend(found.names);
    }
    taken.retain(|module, _| !apart.contains(&module.as_str()));
    let listed: BTreeSet<_> = modules.iter().map(|(module, _)| (*module).to_owned()).collect();
    assert_eq!(
        taken.keys().cloned().collect::<BTreeSet<_>>(),
        listed,
        "the modules are those of the list"
    );
    let mut wrong = Vec::new();
    for (module, may) in modules {
        for name in &taken[*module] {
            let other = root
                .iter()
                .find(|(short, _)| short == name)
                .map_or(name.as_str(), |(_, module)| module);
            if other != *module && !may.contains(&other) {
                wrong.push(format!("{module} takes {other}"));
            }
        }
    }
    assert_none("modules that know more than they may", &wrong);
}

#[test]
fn no_tier_and_no_rule_knows_more_than_it_may() {
    check_modules("crates/clearing-domain/src/", MODULES, ROOT, &["lib"], true);
}

#[test]
fn no_stage_of_a_run_knows_a_later_one() {
    check_modules(
        "crates/clearing-lab/src/",
        LAB_MODULES,
        &[],
        &["documents", "lib", "validation"],
        // A test may make what it tests with, however far up that is made.
        false,
    );
    // The list itself must not allow a circle: what a module takes stands in no list below it.
    let may = |module: &str| LAB_MODULES.iter().find(|(name, _)| *name == module).unwrap().1;
    let mut settled: Vec<&str> = Vec::new();
    while settled.len() < LAB_MODULES.len() {
        let next = LAB_MODULES.iter().map(|(name, _)| *name).find(|name| {
            !settled.contains(name) && may(name).iter().all(|lower| settled.contains(lower))
        });
        settled.push(next.expect("a circle of modules"));
    }
}
