//! A panel of a distribution: a column for each stretch of an axis whose stretches are of one width.

use super::picture::{Anchor, Look, Picture, short};
use super::scale::{Scale, axis, told};

pub(super) const SIZE: (f64, f64) = (480.0, 220.0);
const LEFT: f64 = 40.0;
const RIGHT: f64 = 456.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 180.0;

/// A distribution.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    pub(crate) title: String,
    /// What is said of what is not drawn.
    pub(crate) note: String,
    /// What the axis across tells.
    pub(crate) axis: String,
    /// The place of its colour.
    pub(crate) place: usize,
    /// A height that the axis reaches, too.
    pub(crate) reaches: f64,
    pub(crate) columns: Vec<Column>,
    /// What stands at the end of the last column.
    pub(crate) end: String,
}

/// A column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// What stands where it begins.
    pub(crate) from: String,
    /// Its height, in percent.
    pub(crate) percent: f64,
}

impl Columns {
    pub(super) fn draw(&self) -> String {
        let mut picture = Picture::default();
        picture.title((0.0, 12.0), &self.title);
        picture.label((0.0, 28.0), Anchor::Start, &self.note);
        let most = self.columns.iter().map(|column| column.percent).fold(self.reaches, f64::max);
        let (values, ticks) = axis(0.0, most, 4.0);
        let y = Scale { values, places: (BOTTOM, TOP) };
        for value in ticks {
            picture.rule(&format!("M{LEFT} {}H{RIGHT}", short(y.at(value))));
            picture.label((LEFT - 4.0, y.at(value) + 3.5), Anchor::End, &told(value));
        }
        let count = self.columns.len().max(1) as f64;
        let x = Scale { values: (0.0, count), places: (LEFT, RIGHT) };
        let edges = self.columns.iter().map(|column| &column.from).chain([&self.end]);
        for (place, label) in edges.enumerate() {
            let at = x.at(place as f64);
            picture.rule(&format!("M{} {BOTTOM}v4", short(at)));
            picture.label((at, BOTTOM + 16.0), Anchor::Middle, label);
        }
        for (place, column) in self.columns.iter().enumerate().filter(|(_, one)| one.percent > 0.0)
        {
            let (from, to) = (x.at(place as f64 + 0.08), x.at(place as f64 + 0.92));
            let top = y.at(column.percent);
            let area = format!("M{} {BOTTOM}V{}H{}V{BOTTOM}Z", short(from), short(top), short(to));
            picture.path(&area, Look::Bar(self.place));
            picture.label(
                ((from + to) / 2.0, top - 4.0),
                Anchor::Middle,
                &few_digits(column.percent),
            );
        }
        picture.label(((LEFT + RIGHT) / 2.0, BOTTOM + 34.0), Anchor::Middle, &self.axis);
        picture.done()
    }
}

/// Two digits that tell.
fn few_digits(percent: f64) -> String {
    match percent {
        percent if percent < 0.01 => "<0.01".to_owned(),
        percent if percent < 1.0 => format!("{percent:.2}"),
        percent => format!("{percent:.1}"),
    }
}
