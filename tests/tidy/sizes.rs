//! Files, functions and protos stay small enough to be read whole.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::{assert_none, files, read};

/// The most lines of a file, of a proto, and of a function.
const FILE_LINES_MAX: usize = 500;
const PROTO_LINES_MAX: usize = 450;
const FUNCTION_LINES_MAX: usize = 70;
/// Nine functions in ten are no longer.
const FUNCTION_LINES_USUAL: usize = 40;
/// Two files in three are no longer.
const FILE_LINES_USUAL: usize = 200;

fn sources() -> Vec<String> {
    [files("crates", ".rs"), files("tests", ".rs")].concat()
}

/// Collects the functions of a file with their lines.
#[derive(Default)]
struct Functions(Vec<(String, usize)>);

impl Functions {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let lines = block.span().end().line - signature.span().start().line + 1;
        self.0.push((signature.ident.to_string(), lines));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }
}

fn functions(path: &str) -> Vec<(String, usize)> {
    let mut functions = Functions::default();
    functions.visit_file(
        &syn::parse_file(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}")),
    );
    functions.0
}

#[test]
fn no_file_is_longer_than_a_reader_bears_and_most_are_short() {
    let lines: Vec<_> =
        sources().into_iter().map(|path| (read(&path).lines().count(), path)).collect();
    let long = lines.iter().filter(|(lines, _)| *lines > FILE_LINES_MAX);
    assert_none(
        "files of too many lines",
        &long.map(|(lines, path)| format!("{path}: {lines}")).collect::<Vec<_>>(),
    );
    let usual = lines.iter().filter(|(lines, _)| *lines <= FILE_LINES_USUAL).count();
    assert!(
        usual * 3 >= lines.len() * 2,
        "only {usual} of {} files have {FILE_LINES_USUAL} lines",
        lines.len()
    );
}

#[test]
fn no_function_is_longer_than_a_reader_bears_and_most_are_short() {
    let named = |path: String| {
        functions(&path).into_iter().map(move |(name, lines)| (lines, format!("{path}: {name}")))
    };
    let all: Vec<_> = sources().into_iter().flat_map(named).collect();
    let long = all.iter().filter(|(lines, _)| *lines > FUNCTION_LINES_MAX);
    assert_none(
        "functions of too many lines",
        &long.map(|(lines, at)| format!("{at}: {lines}")).collect::<Vec<_>>(),
    );
    let usual = all.iter().filter(|(lines, _)| *lines <= FUNCTION_LINES_USUAL).count();
    assert!(
        usual * 10 >= all.len() * 9,
        "only {usual} of {} functions have {FUNCTION_LINES_USUAL} lines",
        all.len()
    );
}

#[test]
fn no_proto_is_longer_than_a_reader_bears() {
    let lines =
        files("proto", ".proto").into_iter().map(|path| (read(&path).lines().count(), path));
    let long = lines.filter(|(lines, _)| *lines > PROTO_LINES_MAX);
    assert_none(
        "protos of too many lines",
        &long.map(|(lines, path)| format!("{path}: {lines}")).collect::<Vec<_>>(),
    );
}

#[test]
fn the_documents_that_everybody_reads_stay_short() {
    for (path, most) in [("README.md", 150), ("ARCHITECTURE.md", 200)] {
        let lines = read(path).lines().count();
        assert!(lines <= most, "{path} has {lines} lines, more than {most}");
    }
}
