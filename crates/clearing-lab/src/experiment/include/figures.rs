//! The figures that a scenario speaks of, as figures of the experiment that it is a part of.

use super::Place;

/// Figures of a whole run that are no sums over payments: a part has none of its own.
const OF_THE_RUN: [&str; 3] = ["settled", "unsettled", "treasury_waits"];
/// What has no name of the script after it.
const NAMELESS: [&str; 2] = ["refused", "operator"];

/// A figure of a scenario as one of its part.
pub(super) fn renamed(figure: &str, place: &Place) -> String {
    let name = &place.name;
    if place.background {
        // What is drawn is measured by the experiment itself.
        return figure.to_owned();
    }
    match figure.split_once('.') {
        None if OF_THE_RUN.contains(&figure) => figure.to_owned(),
        None => format!("part.{name}.{figure}"),
        Some((kind, _)) if NAMELESS.contains(&kind) => format!("part.{name}.{figure}"),
        Some((kind, rest)) => format!("{kind}.{name}.{rest}"),
    }
}

/// A text with figures in braces.
pub(super) fn in_text(text: &str, place: &Place) -> String {
    let mut pieces = text.split('{');
    let first = pieces.next().unwrap_or_default().to_owned();
    let piece = |piece: &str| match piece.split_once('}') {
        Some((figure, after)) => format!("{{{}}}{after}", renamed(figure, place)),
        None => format!("{{{piece}"),
    };
    first + &pieces.map(piece).collect::<String>()
}
