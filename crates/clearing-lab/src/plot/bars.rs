//! A panel of level bars: some for each name.

use super::picture::{Anchor, Look, Picture, fitting, short};
use super::scale::{Scale, axis, told};

const WIDTH: f64 = 720.0;
const LEFT: f64 = 170.0;
const RIGHT: f64 = 700.0;
const TOP: f64 = 36.0;
const NAME_LETTERS: usize = 26;
/// How high a bar is, and what is free between names.
const BAR: f64 = 9.0;
const GAP: f64 = 7.0;

/// Bars by name.
#[derive(Clone, Debug)]
pub(crate) struct Bars {
    /// What the axis tells.
    pub(crate) axis: String,
    /// A name, and the length of each of its bars.
    pub(crate) rows: Vec<(String, Vec<f64>)>,
}

impl Bars {
    fn row_height(&self) -> f64 {
        let most = self.rows.iter().map(|(_, bars)| bars.len()).max().unwrap_or(1);
        most as f64 * BAR + GAP
    }

    pub(super) fn size(&self) -> (f64, f64) {
        (WIDTH, TOP + self.rows.len() as f64 * self.row_height() + 6.0)
    }

    pub(super) fn draw(&self) -> String {
        let mut picture = Picture::default();
        let bars = || self.rows.iter().flat_map(|(_, bars)| bars).copied();
        let (values, ticks) = axis(bars().fold(0.0, f64::min), bars().fold(0.0, f64::max), 5.0);
        let x = Scale { values, places: (LEFT, RIGHT) };
        let bottom = self.size().1 - 4.0;
        for value in ticks {
            picture.rule(&format!("M{} {}V{}", short(x.at(value)), TOP - 4.0, short(bottom)));
            picture.label((x.at(value), TOP - 8.0), Anchor::Middle, &told(value));
        }
        picture.label(((LEFT + RIGHT) / 2.0, 11.0), Anchor::Middle, &self.axis);
        for (row, (name, bars)) in self.rows.iter().enumerate() {
            let top = TOP + row as f64 * self.row_height();
            let middle = top + bars.len() as f64 * BAR / 2.0;
            picture.label((LEFT - 8.0, middle + 3.5), Anchor::End, &fitting(name, NAME_LETTERS));
            for (place, value) in bars.iter().enumerate() {
                let (from, to) = (x.at(0.0), x.at(*value));
                let top = top + place as f64 * BAR;
                let bar =
                    format!("M{} {}H{}v{}H{0}Z", short(from), short(top), short(to), BAR - 1.0);
                picture.path(&bar, Look::Bar(place));
            }
        }
        picture.done()
    }
}
