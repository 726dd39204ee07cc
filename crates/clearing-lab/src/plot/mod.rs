//! Figures that draw themselves as SVG, without a script: panels beside each other in a page, or all
//! of them in one picture.

mod bars;
mod columns;
mod data;
mod heat;
mod picture;
mod scale;
mod time;

#[cfg(test)]
mod tests;

use std::path::Path;

use serde::Serialize;

use crate::files::{FileError, create_folder, write_text};
use crate::page::escape;

pub(crate) use bars::Bars;
pub(crate) use columns::{Column, Columns};
pub(crate) use data::{Data, Kind};
pub(crate) use heat::Heat;
pub(crate) use picture::Look;
pub(crate) use scale::Unit;
pub(crate) use time::{Line, Span, TimePanel};

/// What is free between panels.
const GAP: f64 = 16.0;

/// Some panels with what they show in common.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// What its files are called.
    pub(crate) name: String,
    /// What it shows.
    pub(crate) caption: String,
    /// What each look stands for.
    pub(crate) key: Vec<(Look, String)>,
    pub(crate) panels: Vec<Panel>,
    /// The same as a table.
    pub(crate) data: Data,
}

/// The table of a figure, for the page that offers it.
#[derive(Debug, Serialize)]
pub(crate) struct Named<'a> {
    name: &'a str,
    table: &'a Data,
}

/// One picture of a figure.
#[derive(Clone, Debug)]
pub(crate) enum Panel {
    /// Values over time.
    Time(TimePanel),
    /// A distribution.
    Columns(Columns),
    /// Level bars by name.
    Bars(Bars),
    /// Values by row and column.
    Heat(Heat),
}

impl Panel {
    /// Its width and height.
    fn size(&self) -> (f64, f64) {
        match self {
            Self::Time(panel) => panel.size(),
            Self::Columns(_) => columns::SIZE,
            Self::Bars(panel) => panel.size(),
            Self::Heat(panel) => panel.size(),
        }
    }

    fn draw(&self) -> String {
        match self {
            Self::Time(panel) => panel.draw(),
            Self::Columns(panel) => panel.draw(),
            Self::Bars(panel) => panel.draw(),
            Self::Heat(panel) => panel.draw(),
        }
    }
}

impl Figure {
    /// A figure that shows nothing.
    pub(crate) fn nothing(name: &str) -> Self {
        let (name, key, panels) = (name.to_owned(), Vec::new(), Vec::new());
        Self { name, caption: String::new(), key, panels, data: Data::default() }
    }

    /// Its table with its name.
    pub(crate) fn named_data(&self) -> Named<'_> {
        Named { name: &self.name, table: &self.data }
    }

    /// The figure for a page, whose style lays out the panels; nothing without panels.
    pub(crate) fn html(&self) -> String {
        let Some(first) = self.panels.first() else { return String::new() };
        let panels = self.panels.iter().map(|panel| {
            let (width, height) = panel.size();
            let drawn = panel.draw();
            format!(
                "<svg viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\">{drawn}</svg>\n"
            )
        });
        let key = self.key.iter().map(|(look, name)| {
            let sample = picture::sample(*look);
            let name = escape(name);
            format!("<span><svg width=\"22\" height=\"12\">{sample}</svg>{name}</span>\n")
        });
        let (name, caption) = (escape(&self.name), escape(&self.caption));
        let layout = match self.panels.len() {
            _ if first.size().0 > time::SIZE.0 => " wide",
            ..=4 => " few",
            _ => "",
        };
        format!(
            "<figure>\n<figcaption>{caption}</figcaption>\n<div class=\"key\">\n{}</div>\n\
             <div class=\"chart panels{layout}\" data-figure=\"{name}\" role=\"img\" aria-label=\"{caption}\">\n{}</div>\n\
             </figure>\n",
            key.collect::<String>(),
            panels.collect::<String>(),
        )
    }

    /// All panels below the key as one picture, in the colours of paper.
    fn svg(&self) -> String {
        let first = self.panels.first().map_or((0.0, 0.0), Panel::size);
        let across = match first.0 {
            width if width > 500.0 => 1,
            width if width > 300.0 => 2,
            _ => self.panels.len().clamp(1, 4),
        };
        let width = across as f64 * (first.0 + GAP);
        let (key, key_height) = picture::key(&self.key, width);
        let mut top = key_height;
        let mut body = key;
        for row in self.panels.chunks(across) {
            for (place, panel) in row.iter().enumerate() {
                let left = place as f64 * (first.0 + GAP);
                let (left, top, drawn) = (picture::short(left), picture::short(top), panel.draw());
                body += &format!("<g transform=\"translate({left} {top})\">{drawn}</g>\n");
            }
            top += row.iter().map(|panel| panel.size().1).fold(0.0, f64::max) + GAP;
        }
        let (width, height, title) =
            (picture::short(width), picture::short(top), escape(&self.caption));
        // What is free between panels is shared out to both sides.
        let left = picture::short(-GAP / 2.0);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"{left} 0 {width} {height}\" font-family=\"sans-serif\">\n<title>{title}</title>\n\
             <rect x=\"{left}\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n"
        )
    }
}

/// Writes each figure into a folder, as NAME.svg and its data as NAME.csv.
pub(crate) fn write_figures(figures: &[Figure], folder: &Path) -> Result<(), FileError> {
    create_folder(folder)?;
    for figure in figures {
        write_text(&folder.join(format!("{}.svg", figure.name)), &figure.svg())?;
        write_text(&folder.join(format!("{}.csv", figure.name)), &figure.data.csv())?;
    }
    Ok(())
}
