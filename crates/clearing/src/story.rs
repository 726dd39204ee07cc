//! Scenarios as text for a person: paragraphs, and what an experiment claims of its run.

use clearing_lab::results::{AssertionSummary, Summary};
use terminal_size::{Width, terminal_size};

use crate::failure::Failure;

/// The width of lines where there is no terminal, and the most on a wide one: longer lines are hard
/// to read.
const WIDTH: usize = 80;
const WIDTH_MAX: usize = 100;

/// How wide lines may be.
pub(crate) fn width() -> usize {
    terminal_size().map_or(WIDTH, |(Width(width), _)| usize::from(width).min(WIDTH_MAX))
}

/// A text in lines of a width, each after an indent.
pub(crate) fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let room = width.saturating_sub(indent.len());
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| format!("{indent}{line}\n")).collect()
}

/// The claims of an experiment, a line each.
pub(crate) fn assertions(all: &[AssertionSummary]) -> String {
    let line = |one: &AssertionSummary| {
        let verdict = if one.ok { "ok" } else { "FAILED" };
        format!("{verdict:<7} {}\n", claim(one))
    };
    all.iter().map(line).collect()
}

/// A claim with what was found; of one that fails also what is expected.
pub(crate) fn claim(one: &AssertionSummary) -> String {
    let AssertionSummary { that, figure, found, expected, ok, .. } = one;
    let relation = match (one.relation.as_str(), ok) {
        ("at_least", true) => "at least ",
        ("at_most", true) => "at most ",
        ("at_least", false) => "not at least ",
        ("at_most", false) => "not at most ",
        (_, true) => "as is ",
        (_, false) => "not ",
    };
    let sentence = if that.is_empty() { String::new() } else { format!("{that}: ") };
    if *ok && !that.is_empty() {
        return format!("{sentence}{found}");
    }
    format!("{sentence}{figure} is {found}, {relation}{expected}")
}

/// Fails when the run is not what its experiment claims; the sentence names the first claim.
pub(crate) fn check_assertions(summary: &Summary) -> Result<(), Failure> {
    let failed: Vec<_> = summary.assertions.iter().filter(|one| !one.ok).collect();
    let Some(first) = failed.first() else { return Ok(()) };
    let (count, all) = (failed.len(), summary.assertions.len());
    Err(Failure::check(format!("{count} of {all} assertions failed: {}", claim(first))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_between_words() {
        let text = wrapped("one two  three\nfour", 11, "  ");
        assert_eq!(text, "  one two\n  three\n  four\n");
    }

    #[test]
    fn a_claim_that_fails_names_both_values() {
        let mut one = AssertionSummary {
            that: "every bill is paid".to_owned(),
            figure: "completed".to_owned(),
            found: "11".to_owned(),
            relation: "equals".to_owned(),
            expected: "12".to_owned(),
            ok: false,
        };
        assert_eq!(claim(&one), "every bill is paid: completed is 11, not 12");
        one.ok = true;
        assert_eq!(claim(&one), "every bill is paid: 11");
        one.that.clear();
        one.relation = "at_most".to_owned();
        assert_eq!(claim(&one), "completed is 11, at most 12");
    }
}
