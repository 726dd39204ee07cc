//! The sessions of the documents print what the documents show.

use std::path::Path;

use crate::interop::installed;
use crate::support::{PROGRAM, ROOT};

/// How a block is marked that is such a session; the blocks of a page are one session.
const MARK: &str = "```console session";
/// What separates the outputs of commands.
const SEPARATOR: &str = "----------------";

/// A command and what it prints.
#[derive(Debug, PartialEq)]
struct Step {
    command: String,
    output: String,
}

/// The steps of a page. A command begins with a dollar and goes on while a quote is open.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = page.lines();
    while lines.by_ref().any(|line| line == MARK) {
        for line in lines.by_ref().take_while(|line| *line != "```") {
            let open = steps.last().filter(|step| step.output.is_empty());
            let open = open.is_some_and(|step| step.command.matches('\'').count() % 2 == 1);
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) if !open => {
                    steps.push(Step { command: command.to_owned(), output: String::new() });
                }
                (_, Some(step)) if open => step.command += &format!("\n{line}"),
                (_, Some(step)) => step.output += &format!("{line}\n"),
                (_, None) => panic!("{line:?} comes before any command"),
            }
        }
    }
    steps
}

/// Identities and times differ from run to run.
fn without_chance(text: &str) -> String {
    let word = |word: &str| {
        let inner = word.trim_matches(|end: char| !end.is_ascii_alphanumeric());
        let identity = inner.len() == 36 && inner.matches('-').count() == 4;
        let time = inner.ends_with('Z') && inner.matches(':').count() == 2;
        let this_year = time && !inner.starts_with("2030");
        match (identity, this_year) {
            (true, _) => word.replace(inner, "ID"),
            (_, true) => word.replace(inner, "TIME"),
            _ => word.to_owned(),
        }
    };
    text.split_inclusive(' ').map(word).collect()
}

#[test]
fn commands_and_outputs_are_told_apart() {
    let page = "```console session\n$ one 'a\n  b' c\nx\ny\n$ two\n```\n$ no\n";
    let step =
        |command: &str, output: &str| Step { command: command.into(), output: output.into() };
    assert_eq!(steps(page), [step("one 'a\n  b' c", "x\ny\n"), step("two", "")]);
    let shown =
        "\"id\": \"01a20fd3-7319-7a30-8a6f-1fb47d0cac3b\", \"at\": \"2026-11-27T21:20:21.482Z\"";
    assert_eq!(without_chance(shown), "\"id\": \"ID\", \"at\": \"TIME\"");
}

#[tokio::test]
async fn the_session_of_the_page_on_wallets_prints_what_the_page_shows() {
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/wallets.md")).unwrap();
    let steps = steps(&page);
    assert!(steps.len() > 5, "{steps:?}");
    let path = installed("node_modules/.bin");
    let commands: String =
        steps.iter().map(|step| format!("{}\necho {SEPARATOR}\n", step.command)).collect();
    let program = Path::new(PROGRAM).parent().unwrap();
    let script = format!("PATH={}:{}:$PATH\n{commands}", path.display(), program.display());
    let directory = tempfile::tempdir().unwrap();
    let output = tokio::process::Command::new(PROGRAM)
        .args(["up", "--operators", "3", "--", "bash", "-c", &script])
        .current_dir(directory.path())
        .env("BUF_CACHE_DIR", installed("."))
        .env_remove("CLEARING_DATA_DIR")
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (printed, complaints) = (text(output.stdout), text(output.stderr));
    let found: Vec<_> = printed.split(&format!("{SEPARATOR}\n")).collect();
    assert!(found.len() > steps.len(), "{printed}\n{complaints}");
    for (step, found) in steps.iter().zip(found) {
        assert_eq!(
            without_chance(found),
            without_chance(&step.output),
            "{}\n{found}\n{complaints}",
            step.command
        );
    }
}
