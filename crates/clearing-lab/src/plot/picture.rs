//! What all panels draw with. Colours are attributes, so that a picture needs no style; their classes
//! let the style of a dark page replace them.

use std::fmt::Write as _;

use crate::page::escape;

/// What is written in.
pub(super) const INK: &str = "#1b2430";
/// What is written beside.
pub(super) const SOFT: &str = "#55606e";
/// Axes and lines behind.
pub(super) const RULE: &str = "#d5dbe2";
/// Quiet colours whose brightness differs, for paper without colour.
const COLOURS: [&str; 6] = ["#2b5d94", "#c7833f", "#4d8f73", "#7c4d79", "#9a8b3c", "#5d6873"];
/// What tells lines apart without colours.
const DASHES: [&str; 6] = ["", "5 2.5", "1.5 2", "8 2 1.5 2", "3 3", "10 3"];

/// How something is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// A line of the colour of this place.
    Line(usize),
    /// A filled area of the colour of this place.
    Area(usize),
    /// A column of the colour of this place.
    Bar(usize),
    /// A strip below the axis.
    Strip,
    /// A dashed level line.
    Level,
    /// A point.
    Point,
    /// An upright line where something changes.
    Change,
    /// A dotted upright line at a cut-off.
    CutOff,
    /// An area while something is broken.
    Fault,
}

impl Look {
    /// The attributes of what is drawn so.
    pub(super) fn attributes(self) -> String {
        let colour = |place: usize| (COLOURS[place % COLOURS.len()], place % COLOURS.len());
        match self {
            Self::Line(place) => {
                let (colour, class) = colour(place);
                let dash = DASHES[class];
                let dash = if dash.is_empty() {
                    String::new()
                } else {
                    format!(" stroke-dasharray=\"{dash}\"")
                };
                format!(
                    "class=\"s{class}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.4\" stroke-linejoin=\"round\"{dash}"
                )
            }
            Self::Area(place) => {
                let (colour, class) = colour(place);
                format!("class=\"f{class}\" fill=\"{colour}\" fill-opacity=\"0.3\"")
            }
            Self::Bar(place) => {
                let (colour, class) = colour(place);
                format!("class=\"f{class}\" fill=\"{colour}\" fill-opacity=\"0.8\"")
            }
            Self::Strip | Self::Point => format!("class=\"strip\" fill=\"{INK}\""),
            Self::Level => {
                format!(
                    "class=\"soft-line\" stroke=\"{SOFT}\" stroke-dasharray=\"4 3\" fill=\"none\""
                )
            }
            Self::Change => {
                format!(
                    "class=\"ink-line\" stroke=\"{INK}\" stroke-dasharray=\"6 2\" fill=\"none\""
                )
            }
            Self::CutOff => {
                format!(
                    "class=\"soft-line\" stroke=\"{SOFT}\" stroke-dasharray=\"1 2\" fill=\"none\""
                )
            }
            Self::Fault => "class=\"fault\" fill=\"#b3261e\" fill-opacity=\"0.14\"".to_owned(),
        }
    }
}

/// What a look is like, 22 by 12.
pub(super) fn sample(look: Look) -> String {
    let attributes = look.attributes();
    match look {
        Look::Line(_) | Look::Level => format!("<path d=\"M0 6H22\" {attributes}/>"),
        Look::Area(_) | Look::Bar(_) | Look::Fault => {
            format!("<path d=\"M0 1H22V11H0Z\" {attributes}/>")
        }
        Look::Strip => format!("<path d=\"M0 4H22V8H0Z\" {attributes}/>"),
        Look::Point => format!("<circle cx=\"11\" cy=\"6\" r=\"2.5\" {attributes}/>"),
        Look::Change | Look::CutOff => format!("<path d=\"M11 0V12\" {attributes}/>"),
    }
}

/// What each look stands for, in rows of a width, and how high they are.
pub(super) fn key(entries: &[(Look, String)], width: f64) -> (String, f64) {
    const ROW: f64 = 20.0;
    let (mut x, mut y, mut text) = (0.0, 14.0, String::new());
    for (look, name) in entries {
        // No font is asked here: a letter is about so wide.
        let length = 42.0 + name.chars().count() as f64 * 6.2;
        if x > 0.0 && x + length > width {
            (x, y) = (0.0, y + ROW);
        }
        let (left, above, sample) = (short(x), short(y - 10.0), sample(*look));
        let _ = writeln!(
            text,
            "<g transform=\"translate({left} {above})\">{sample}</g><text x=\"{}\" y=\"{}\" font-size=\"11\" fill=\"{INK}\">{}</text>",
            short(x + 28.0),
            short(y),
            escape(name)
        );
        x += length;
    }
    (text, if entries.is_empty() { 4.0 } else { y + 14.0 })
}

/// Where a text stands at its point.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A picture that is being drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture(String);

impl Picture {
    /// Adds a path. A path without a place to begin is none.
    pub(super) fn path(&mut self, path: &str, look: Look) {
        if !path.is_empty() {
            let _ = write!(self.0, "<path d=\"{path}\" {}/>", look.attributes());
        }
    }

    pub(super) fn circle(&mut self, (x, y): (f64, f64), look: Look) {
        let _ = write!(
            self.0,
            "<circle cx=\"{}\" cy=\"{}\" r=\"2.5\" {}/>",
            short(x),
            short(y),
            look.attributes()
        );
    }

    /// An area of a tone of its own.
    pub(super) fn tone(&mut self, path: &str, colour: &str) {
        let _ = write!(self.0, "<path d=\"{path}\" fill=\"{colour}\"/>");
    }

    /// A number over a tone, which may be dark.
    pub(super) fn over(&mut self, at: (f64, f64), text: &str, is_dark: bool) {
        let colour = if is_dark { "#ffffff" } else { INK };
        self.text(at, Anchor::Middle, text, &format!("fill=\"{colour}\" font-size=\"10\""));
    }

    /// A line of an axis or behind what is drawn.
    pub(super) fn rule(&mut self, path: &str) {
        let _ =
            write!(self.0, "<path class=\"rule\" d=\"{path}\" fill=\"none\" stroke=\"{RULE}\"/>");
    }

    /// A text beside what is drawn.
    pub(super) fn label(&mut self, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        self.text(
            (x, y),
            anchor,
            text,
            &format!("class=\"soft\" fill=\"{SOFT}\" font-size=\"10.5\""),
        );
    }

    /// What a panel is called.
    pub(super) fn title(&mut self, (x, y): (f64, f64), text: &str) {
        let look = format!("class=\"ink\" fill=\"{INK}\" font-size=\"12\" font-weight=\"600\"");
        self.text((x, y), Anchor::Start, text, &look);
    }

    fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, text: &str, look: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, y, text) = (short(x), short(y), escape(text));
        let _ = write!(
            self.0,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" {look}>{text}</text>"
        );
    }

    pub(super) fn done(self) -> String {
        self.0
    }
}

/// A length with one decimal at most.
pub(super) fn short(length: f64) -> String {
    let tenths = (length * 10.0).round() / 10.0;
    // A length that rounds to zero from below would be written as -0.
    format!("{}", tenths + 0.0)
}

/// The beginning of a text that has no room.
pub(super) fn fitting(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}
