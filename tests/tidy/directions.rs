//! Who may know whom: crates from the program down to the rules, inside the rules no tier the other,
//! and inside the lab no stage of a run a later one.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};

use super::{assert_none, files, read};

/// The crates from low to high; those of one row do not know each other.
const CRATES: &[&[&str]] = &[
    &["clearing-domain"],
    &["clearing-api", "clearing-card", "clearing-config", "clearing-model"],
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
            "details", "hash_key", "ledger", "link", "lockstep", "merchant", "money", "netting",
            "reason", "regime", "region", "row", "seal", "slots",
        ],
    ),
    ("details", &["money"]),
    ("hash_key", &[]),
    ("indicators", &["money", "netting"]),
    ("ledger", &["money", "seal"]),
    ("link", &["details", "merchant", "money", "reason", "seal"]),
    ("lockstep", &["money"]),
    ("merchant", &["region", "row"]),
    ("money", &[]),
    ("netting", &["money"]),
    (
        "operator",
        &[
            "details", "hash_key", "ledger", "link", "lockstep", "merchant", "money", "reason",
            "regime", "region", "row", "seal", "slots",
        ],
    ),
    ("reason", &["money"]),
    ("regime", &[]),
    ("region", &["money", "row"]),
    ("row", &["details", "link", "money", "netting", "reason"]),
    ("seal", &["hash_key", "money"]),
    ("slots", &[]),
];

/// What each module of the lab may take from others: a stage of a run from those before it.
const LAB_MODULES: &[Module] = &[
    ("engine", &["experiment", "workload"]),
    ("experiment", &["payment_list", "scenarios"]),
    ("files", &[]),
    ("folder", &["files", "payment_list"]),
    ("indicators", &["payment_list"]),
    ("page", &[]),
    ("payment_list", &[]),
    ("plot", &["files", "page", "text"]),
    ("report", &["files", "folder", "page", "plot", "results", "table", "text"]),
    ("resolve", &["engine", "experiment", "payment_list", "workload"]),
    ("results", &["engine", "experiment", "files", "folder", "table", "text", "workload"]),
    ("scenarios", &[]),
    ("stress", &["experiment", "files", "page", "report", "results", "sweep", "table", "text"]),
    ("sweep", &["engine", "experiment", "files", "page", "results", "table", "workload"]),
    ("table", &["files"]),
    ("text", &[]),
    ("treasury", &["engine", "experiment"]),
    ("workload", &["experiment", "payment_list"]),
];

/// What the root of the rules offers under a shorter name.
const ROOT: &[(&str, &str)] = &[
    ("Details", "details"),
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

/// Collects the modules of the crate that every path and import names, by `crate` or by as many
/// `super` as lead to the top.
struct Taken {
    names: BTreeSet<String>,
    /// How many modules the present code lies in.
    depth: usize,
    /// Whether what is for tests counts, too.
    in_tests: bool,
}

impl Taken {
    /// The names in a file of a crate by its path below `src`.
    fn of(path: &str, text: &str, in_tests: bool) -> BTreeSet<String> {
        let module = path.trim_end_matches(".rs").trim_end_matches("/mod");
        let depth = if module == "lib" { 0 } else { module.split('/').count() };
        let mut taken = Self { names: BTreeSet::new(), depth, in_tests };
        taken.visit_file(&syn::parse_file(text).unwrap());
        taken.names
    }

    /// How many modules lie above what a name leads to from there; nothing when it leads into one.
    fn above(name: &syn::Ident, from: usize, is_first: bool) -> Option<usize> {
        match name.to_string().as_str() {
            "crate" if is_first => Some(0),
            "self" if is_first => Some(from),
            "super" => from.checked_sub(1),
            _ => None,
        }
    }

    /// Adds what a tree names, which begins so many modules below the top.
    fn add(&mut self, tree: &syn::UseTree, from: usize, is_first: bool) {
        let name = match tree {
            syn::UseTree::Path(path) => match Self::above(&path.ident, from, is_first) {
                Some(above) => return self.add(&path.tree, above, false),
                None => path.ident.to_string(),
            },
            syn::UseTree::Name(item) => item.ident.to_string(),
            syn::UseTree::Rename(item) => item.ident.to_string(),
            syn::UseTree::Glob(_) => "*".to_owned(),
            syn::UseTree::Group(group) => {
                return group.items.iter().for_each(|item| self.add(item, from, is_first));
            }
        };
        // A name with no way to the top before it is that of a crate or of something near by.
        if from == 0 && !is_first {
            self.names.insert(name);
        }
    }

    fn counts(&self, attributes: &[syn::Attribute]) -> bool {
        self.in_tests || !is_for_tests(attributes)
    }
}

impl<'ast> Visit<'ast> for Taken {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if self.counts(&item.attrs) {
            self.add(&item.tree, self.depth, true);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if self.counts(&item.attrs) {
            self.depth += 1;
            visit::visit_item_mod(self, item);
            self.depth -= 1;
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut from = self.depth;
        for (place, segment) in path.segments.iter().enumerate() {
            match Self::above(&segment.ident, from, place == 0) {
                Some(above) => from = above,
                None => {
                    if from == 0 && place > 0 {
                        self.names.insert(segment.ident.to_string());
                    }
                    break;
                }
            }
        }
        visit::visit_path(self, path);
    }
}

#[test]
fn what_is_taken_is_found_by_every_way_to_the_top() {
    let text = "
        use crate::a;
        use super::{super::{b, c::{d as e, f}}, high};
        use super::near;
        use self::own::super_thing;
        fn f(x: super::super::g::X) -> crate::h::Y { super::near(near::x) }
        mod inner { use super::super::super::{i, self}; use super::super::near; }
        #[cfg(test)] mod tests { use super::super::super::only_in_tests; }
    ";
    let found = |path: &str, text: &str, in_tests| {
        Taken::of(path, text, in_tests).into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(found("one/two.rs", text, false), "a b c g h i self");
    assert_eq!(found("one/two/mod.rs", text, true), "a b c g h i only_in_tests self");
    // The same path leads to the top from one place and not from another.
    let text = "use super::j; mod inner { use super::k; use super::super::l; }";
    assert_eq!(found("one.rs", text, false), "j l");
    assert_eq!(found("one/two.rs", text, false), "");
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
        let below = &path[folder.len()..];
        let module = below.split(['/', '.']).next().unwrap().to_owned();
        let found = Taken::of(below, &read(&path), in_tests);
        taken.entry(module).or_default().extend(found);
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
