//! Every command of the README that is marked for testing does what it says.

use std::path::Path;

use crate::interop::installed;
use crate::support::{PROGRAM, ROOT, clearing_in};

/// How a block of commands is marked that runs here; the others are for people to try.
const MARK: &str = "```sh test";

/// The marked blocks of a text, in order.
fn marked(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while lines.by_ref().any(|line| line.trim() == MARK) {
        let block: Vec<_> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
        blocks.push(block.join("\n"));
    }
    blocks
}

#[test]
fn only_blocks_with_the_mark_are_taken() {
    let text = "```sh\nno\n```\n\n```sh test\none\ntwo\n```\ntext\n```sh test\nthree\n```\n";
    assert_eq!(marked(text), ["one\ntwo", "three"]);
}

#[test]
fn the_client_in_the_documents_is_the_one_that_is_tested() {
    let read = |name: &str| std::fs::read_to_string(Path::new(ROOT).join(name)).unwrap();
    let client = format!("```python\n{}```\n", read("tests/interop/client.py"));
    assert!(
        read("docs/clients.md").contains(&client),
        "docs/clients.md shows another client than tests/interop/client.py"
    );
}

#[tokio::test]
async fn the_commands_of_the_readme_run_in_order() {
    let text =
        std::fs::read_to_string(Path::new(ROOT).join("README.md")).expect("README.md is there");
    let blocks = marked(&text);
    assert!(!blocks.is_empty(), "README.md marks no block with {MARK}");
    let directory = tempfile::tempdir().unwrap();
    for name in ["experiments", "tests"] {
        std::os::unix::fs::symlink(Path::new(ROOT).join(name), directory.path().join(name))
            .unwrap();
    }
    let folders = [
        Path::new(PROGRAM).parent().unwrap().to_owned(),
        installed("node_modules/.bin"),
        installed("python/bin"),
    ];
    let folders = folders.map(|folder| folder.display().to_string()).join(":");
    // Whoever tries them has tried them before: they work on the second go, too.
    let twice = format!("{0}\n{0}", blocks.join("\n"));
    let script = format!("set -euo pipefail\nPATH={folders}:$PATH\n{twice}\n");
    let output = tokio::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(directory.path())
        .env_remove("CLEARING_DATA_DIR")
        .kill_on_drop(true)
        .output();
    let output = output.await.unwrap();
    // A cluster that a failing command left behind goes, too.
    clearing_in(directory.path(), ["down"]).await;
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{script}\n{}\n{}",
        shown(&output.stdout),
        shown(&output.stderr)
    );
}
