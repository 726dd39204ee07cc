//! Figures that draw themselves as SVG, without a script: panels beside each other in a page, or all
//! of them in one picture.

mod columns;
mod picture;
mod scale;
mod time;

#[cfg(test)]
mod tests;

use crate::page::escape;

pub(crate) use columns::{Column, Columns};
pub(crate) use picture::Look;
pub(crate) use scale::Unit;
pub(crate) use time::{Line, Span, TimePanel};

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
}

/// One picture of a figure.
#[derive(Clone, Debug)]
pub(crate) enum Panel {
    /// Values over time.
    Time(TimePanel),
    /// A distribution.
    Columns(Columns),
}

impl Panel {
    /// Its width and height.
    const fn size(&self) -> (f64, f64) {
        match self {
            Self::Time(_) => time::SIZE,
            Self::Columns(_) => columns::SIZE,
        }
    }

    fn draw(&self) -> String {
        match self {
            Self::Time(panel) => panel.draw(),
            Self::Columns(panel) => panel.draw(),
        }
    }
}

impl Figure {
    /// A figure that shows nothing.
    pub(crate) fn nothing(name: &str) -> Self {
        Self { name: name.to_owned(), caption: String::new(), key: Vec::new(), panels: Vec::new() }
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
        let wide = if first.size().0 > time::SIZE.0 { " wide" } else { "" };
        format!(
            "<figure>\n<figcaption>{caption}</figcaption>\n<div class=\"key\">\n{}</div>\n\
             <div class=\"chart panels{wide}\" data-figure=\"{name}\" role=\"img\" aria-label=\"{caption}\">\n{}</div>\n\
             </figure>\n",
            key.collect::<String>(),
            panels.collect::<String>(),
        )
    }
}
