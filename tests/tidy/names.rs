//! Whatever a reader may look for is named in a document.

use super::{assert_none, files, read};

#[test]
fn every_script_proto_and_experiment_is_named_in_a_document() {
    let documents = [
        files("docs", ".md"),
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(Into::into).into(),
    ];
    let text: String = documents.concat().iter().map(|path| read(path)).collect();
    let things = [
        files("scripts", ""),
        files("proto", ".proto"),
        files("experiments", ".toml"),
        files("docs", ".md"),
        files("tests", "install.sh"),
    ];
    let unnamed = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        !text.contains(name) && !text.contains(path)
    };
    assert_none(
        "named in no document",
        &things.concat().into_iter().filter(unnamed).collect::<Vec<_>>(),
    );
}

#[test]
fn every_folder_at_the_top_and_every_crate_is_named_in_the_code_map() {
    let map = read("ARCHITECTURE.md");
    let crates = files("crates", "Cargo.toml")
        .into_iter()
        .map(|path| path.split('/').nth(1).unwrap().to_owned());
    let unnamed = crates.filter(|name| !map.contains(&format!("`{name}"))).collect::<Vec<_>>();
    assert_none("not in the code map", &unnamed);
}
