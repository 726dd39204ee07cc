//! The figures that a scenario speaks of, as figures of the experiment that it is a part of.

use crate::experiment::script::Days;

use super::Place;

/// Figures of a whole run that are no sums over payments: a part has none of its own.
const OF_THE_RUN: [&str; 3] = ["settled", "unsettled", "treasury_waits"];
/// What has no name of the script after it.
const NAMELESS: [&str; 2] = ["refused", "operator"];
/// What is counted of a whole run alone.
const WHOLE: [&str; 4] = ["days", "by", "part", "participant"];

/// A figure of a scenario as one of its part, which is counted on the days of the experiment.
pub(super) fn renamed(figure: &str, place: &Place) -> Result<String, String> {
    let name = &place.name;
    let pieces: Vec<_> = figure.split('.').collect();
    match pieces[..] {
        // What is drawn is measured by the experiment itself.
        ["days", days, of] if place.background => {
            Ok(format!("days.{}.{of}", later(days, figure, place)?))
        }
        _ if place.background => Ok(figure.to_owned()),
        [whole] if OF_THE_RUN.contains(&whole) => Ok(whole.to_owned()),
        [kind, ..] if WHOLE.contains(&kind) => {
            Err(format!("{figure:?} is counted of a whole run, and not of a part"))
        }
        ["series", series, days, of] if Days::named(days).is_some() => {
            Ok(format!("series.{name}.{series}.{}.{of}", later(days, figure, place)?))
        }
        [_] => Ok(format!("part.{name}.{figure}")),
        [kind, ..] if NAMELESS.contains(&kind) => Ok(format!("part.{name}.{figure}")),
        [kind, ref rest @ ..] => Ok(format!("{kind}.{name}.{}", rest.join("."))),
        [] => Ok(String::new()),
    }
}

/// Days of the scenario as days of the experiment.
fn later(days: &str, figure: &str, place: &Place) -> Result<Days, String> {
    let days = Days::named(days).and_then(|days| days.later(place.after));
    days.ok_or_else(|| format!("{figure:?} has no days of a run"))
}

/// A text with figures in braces.
pub(super) fn in_text(text: &str, place: &Place) -> Result<String, String> {
    let mut pieces = text.split('{');
    let first = pieces.next().unwrap_or_default().to_owned();
    let piece = |piece: &str| match piece.split_once('}') {
        Some((figure, after)) => Ok(format!("{{{}}}{after}", renamed(figure, place)?)),
        None => Ok(format!("{{{piece}")),
    };
    Ok(first + &pieces.map(piece).collect::<Result<String, String>>()?)
}
