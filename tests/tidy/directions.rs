//! Who may know whom: crates from the program down to the rules, and inside the rules no tier the
//! other.

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
const MODULES: &[(&str, &[&str])] = &[
    ("audit", &["central_bank", "link", "money", "operator", "regime", "seal"]),
    (
        "central_bank",
        &[
            "hash_key", "link", "lockstep", "money", "netting", "reason", "regime", "row", "seal",
            "slots",
        ],
    ),
    ("hash_key", &[]),
    ("indicators", &["money", "netting"]),
    ("link", &["money", "reason"]),
    ("lockstep", &["money"]),
    ("money", &[]),
    ("netting", &["money"]),
    (
        "operator",
        &["hash_key", "link", "lockstep", "money", "reason", "regime", "row", "seal", "slots"],
    ),
    ("reason", &["money"]),
    ("regime", &[]),
    ("row", &["link", "money", "netting", "reason"]),
    ("seal", &["hash_key", "money"]),
    ("slots", &[]),
];

/// What the root of the rules offers under a shorter name.
const ROOT: &[(&str, &str)] = &[
    ("HashKey", "hash_key"),
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
#[derive(Default)]
struct Taken(BTreeSet<String>);

impl Taken {
    fn add(&mut self, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => _ = self.0.insert(path.ident.to_string()),
            syn::UseTree::Name(name) => _ = self.0.insert(name.ident.to_string()),
            syn::UseTree::Rename(name) => _ = self.0.insert(name.ident.to_string()),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.add(item)),
            syn::UseTree::Glob(_) => _ = self.0.insert("*".to_owned()),
        }
    }
}

impl<'ast> Visit<'ast> for Taken {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if let syn::UseTree::Path(path) = &item.tree
            && path.ident == "crate"
        {
            self.add(&path.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut names = path.segments.iter().map(|segment| segment.ident.to_string());
        if names.next().as_deref() == Some("crate") {
            self.0.extend(names.next());
        }
        visit::visit_path(self, path);
    }
}

#[test]
fn no_tier_and_no_rule_knows_more_than_it_may() {
    let folder = "crates/clearing-domain/src/";
    let mut taken: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in files(folder, ".rs") {
        let module = path[folder.len()..].split(['/', '.']).next().unwrap().to_owned();
        let mut names = Taken::default();
        names.visit_file(&syn::parse_file(&read(&path)).unwrap());
        taken.entry(module).or_default().extend(names.0);
    }
    taken.remove("lib");
    let listed: BTreeSet<_> = MODULES.iter().map(|(module, _)| (*module).to_owned()).collect();
    assert_eq!(
        taken.keys().cloned().collect::<BTreeSet<_>>(),
        listed,
        "the modules are those of the list"
    );
    let mut wrong = Vec::new();
    for (module, may) in MODULES {
        for name in &taken[*module] {
            let other = ROOT
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
