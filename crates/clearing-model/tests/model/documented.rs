//! The counts of states that the documents tell.

/// Checks that the document on the model tells how many states a configuration has.
#[track_caller]
pub(crate) fn assert_documented(name: &str, states: usize) {
    let row = format!("| {name} | {} |", in_groups(states));
    let document = include_str!("../../../../docs/model.md");
    assert!(document.contains(&row), "docs/model.md lacks {row:?}");
}

/// A number with its digits in groups of three.
fn in_groups(number: usize) -> String {
    let digits = number.to_string();
    let (first, rest) = digits.split_at((digits.len() - 1) % 3 + 1);
    let groups = rest.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group));
    groups.fold(first.to_owned(), |text, group| format!("{text},{group}"))
}
