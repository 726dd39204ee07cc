//! A panel of cells whose tone tells their value.

use super::picture::{Anchor, Picture, fitting, short};

const LEFT: f64 = 190.0;
const TOP: f64 = 34.0;
const CELL: f64 = 52.0;
const CELL_SMALL: f64 = 14.0;
const HEIGHT: f64 = 22.0;
/// More columns have no room for their numbers.
const COLUMNS_TOLD_MAX: usize = 14;
/// Where columns are many, one in so many has room for its name.
const NAMED: usize = 4;
const NAME_LETTERS: usize = 30;
/// The tones of the least, of zero and of the largest value.
const TONES: [[f64; 3]; 3] = [[191.0, 115.0, 45.0], [248.0, 249.0, 251.0], [38.0, 88.0, 145.0]];

/// Values by row and column.
#[derive(Clone, Debug)]
pub(crate) struct Heat {
    /// What a cell tells.
    pub(crate) title: String,
    pub(crate) rows: Vec<String>,
    pub(crate) columns: Vec<String>,
    /// Row by row; a cell that is missing is left free.
    pub(crate) cells: Vec<Vec<Option<f64>>>,
}

impl Heat {
    fn is_told(&self) -> bool {
        self.columns.len() <= COLUMNS_TOLD_MAX
    }

    fn cell_width(&self) -> f64 {
        if self.is_told() { CELL } else { CELL_SMALL }
    }

    pub(super) fn size(&self) -> (f64, f64) {
        let width = LEFT + self.columns.len() as f64 * self.cell_width() + 10.0;
        (width.max(320.0), TOP + self.rows.len() as f64 * HEIGHT + 8.0)
    }

    pub(super) fn draw(&self) -> String {
        let mut picture = Picture::default();
        picture.title((0.0, 12.0), &self.title);
        let width = self.cell_width();
        let every = if self.is_told() { 1 } else { NAMED };
        for (column, name) in self.columns.iter().enumerate().step_by(every) {
            let at = LEFT + (column as f64 + 0.5) * width;
            picture.label((at, TOP - 6.0), Anchor::Middle, &fitting(name, 8));
        }
        let values = || self.cells.iter().flatten().flatten().copied();
        let most = values().map(f64::abs).fold(0.0, f64::max);
        for (row, (name, cells)) in self.rows.iter().zip(&self.cells).enumerate() {
            let top = TOP + row as f64 * HEIGHT;
            let name = fitting(name, NAME_LETTERS);
            picture.label((LEFT - 8.0, top + HEIGHT / 2.0 + 3.5), Anchor::End, &name);
            for (column, value) in cells.iter().enumerate() {
                let Some(value) = value else { continue };
                let left = LEFT + column as f64 * width;
                let tone = if most > 0.0 { value / most } else { 0.0 };
                let area = format!(
                    "M{} {}h{}v{}h-{2}Z",
                    short(left),
                    short(top),
                    short(width - 1.0),
                    HEIGHT - 1.0
                );
                picture.tone(&area, &colour(tone));
                if self.is_told() {
                    let at = (left + width / 2.0, top + HEIGHT / 2.0 + 3.0);
                    picture.over(at, &digits(*value), tone.abs() > 0.6);
                }
            }
        }
        picture.done()
    }
}

/// The tone of a part of the largest value, of whose sign there are two colours.
fn colour(part: f64) -> String {
    let end = if part < 0.0 { TONES[0] } else { TONES[2] };
    let share = part.abs().min(1.0);
    let mixed = std::array::from_fn::<u8, 3, _>(|place| {
        (TONES[1][place] + share * (end[place] - TONES[1][place])).round() as u8
    });
    let [red, green, blue] = mixed;
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Three digits that tell.
fn digits(value: f64) -> String {
    let text = match value.abs() {
        0.0 => return "0".to_owned(),
        size if size >= 100.0 => format!("{size:.0}"),
        size if size >= 10.0 => format!("{size:.1}"),
        size => format!("{size:.2}"),
    };
    if value < 0.0 { format!("\u{2212}{text}") } else { text }
}
