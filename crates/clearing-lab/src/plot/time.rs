//! A panel of values that step over the time of a run.

use std::fmt::Write as _;

use clearing_domain::money::{BusinessDate, DAY_MS};

use super::picture::{Anchor, Look, Picture, fitting, short};
use super::scale::{Scale, Unit, axis, told};

pub(super) const SIZE: (f64, f64) = (240.0, 150.0);
const WIDE: (f64, f64) = (720.0, 260.0);
/// Where what is drawn begins and ends.
const LEFT: f64 = 52.0;
const TOP: f64 = 22.0;
/// What is free beside and below.
const FREE: (f64, f64) = (15.0, 24.0);
/// How many letters of a title fit beside the unit.
const TITLE_LETTERS: usize = 15;

/// The time that a run takes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    /// Midnight of the first day as if Shanghai were at UTC, in milliseconds.
    pub(crate) midnight_ms: i64,
    /// Its end in seconds since then.
    pub(crate) end_s: i64,
}

/// A value that steps: seconds since midnight of the first day, and fen.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) look: Look,
    pub(crate) points: Vec<[i64; 2]>,
}

/// Values over time.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimePanel {
    pub(crate) title: String,
    pub(crate) span: Span,
    /// In what values are told.
    pub(crate) unit: Unit,
    pub(crate) lines: Vec<Line>,
    /// Whether it has the width of a page.
    pub(crate) is_wide: bool,
    /// A value that the axis reaches, too.
    pub(crate) reaches: Option<i64>,
    /// A value that is marked over all of the time.
    pub(crate) level: Option<i64>,
    /// Spans marked below the axis.
    pub(crate) strip: Vec<(i64, i64)>,
    /// A point that is marked.
    pub(crate) point: Option<[i64; 2]>,
    /// Times marked by upright lines.
    pub(crate) uprights: Vec<(i64, Look)>,
    /// Spans marked by areas.
    pub(crate) faults: Vec<(i64, i64)>,
}

impl TimePanel {
    pub(super) const fn size(&self) -> (f64, f64) {
        if self.is_wide { WIDE } else { SIZE }
    }

    /// Where what is drawn ends, to the right and below.
    const fn ends(&self) -> (f64, f64) {
        (self.size().0 - FREE.0, self.size().1 - FREE.1)
    }

    pub(super) fn draw(&self) -> String {
        let mut picture = Picture::default();
        let (right, bottom) = self.ends();
        let (values, ticks) = self.values();
        let y = Scale { values, places: (bottom, TOP) };
        let x = Scale { values: (0.0, self.span.end_s.max(1) as f64), places: (LEFT, right) };
        picture.title((0.0, 12.0), &fitting(&self.title, TITLE_LETTERS));
        picture.label((right, 12.0), Anchor::End, self.unit.name);
        for value in ticks {
            picture.rule(&format!("M{LEFT} {0}H{right}", short(y.at(value))));
            picture.label((LEFT - 4.0, y.at(value) + 3.5), Anchor::End, &told(value));
        }
        for (seconds, label, anchor) in self.times() {
            let at = x.at(seconds as f64);
            picture.rule(&format!("M{} {bottom}v4", short(at)));
            picture.label((at, bottom + 19.0), anchor, &label);
        }
        self.draw_marks(&mut picture, &x);
        let value = |fen: i64| y.at(fen as f64 / self.unit.fen);
        let base = y.at(values.0.max(0.0).min(values.1));
        for line in &self.lines {
            let steps = steps(&line.points, |seconds| x.at(seconds as f64), value);
            picture.path(&closed(steps, line, base, &x), line.look);
        }
        if let Some(level) = self.level {
            picture.path(&format!("M{LEFT} {}H{right}", short(value(level))), Look::Level);
        }
        if let Some([seconds, fen]) = self.point {
            picture.circle((x.at(seconds as f64), value(fen)), Look::Point);
        }
        picture.done()
    }

    /// The least and the largest value, and those that the axis tells.
    fn values(&self) -> ((f64, f64), Vec<f64>) {
        let values = self.lines.iter().flat_map(|line| &line.points).map(|[_, fen]| *fen);
        let values: Vec<_> = values.chain(self.level).chain(self.reaches).chain([0]).collect();
        let of = |fen: Option<&i64>| fen.copied().unwrap_or_default() as f64 / self.unit.fen;
        axis(of(values.iter().min()), of(values.iter().max()), if self.is_wide { 5.0 } else { 3.0 })
    }

    /// Faults, changes and cut-offs behind the lines, and what is marked below them.
    fn draw_marks(&self, picture: &mut Picture, x: &Scale) {
        let bottom = self.ends().1;
        let edge = |seconds: i64| x.at(seconds.clamp(0, self.span.end_s) as f64);
        for (from, to) in &self.faults {
            // A moment, too, has a width that is seen.
            let (from, to) = (edge(*from), edge(*to).max(edge(*from) + 1.0));
            let area = format!("M{} {TOP}H{}V{bottom}H{0}Z", short(from), short(to));
            picture.path(&area, Look::Fault);
        }
        for (seconds, look) in &self.uprights {
            picture.path(&format!("M{} {TOP}V{bottom}", short(edge(*seconds))), *look);
        }
        let mut strip = String::new();
        let mut last = f64::MIN;
        for (from, to) in &self.strip {
            let (from, to) = (edge(*from).max(last), edge(*to).max(edge(*from) + 1.0));
            if to - last >= 0.5 {
                let _ = write!(
                    strip,
                    "M{} {}h{}v3h-{2}Z",
                    short(from),
                    short(bottom + 1.0),
                    short(to - from)
                );
                last = to;
            }
        }
        picture.path(&strip, Look::Strip);
    }

    /// The times that the axis tells, and where their labels stand at them.
    fn times(&self) -> Vec<(i64, String, Anchor)> {
        const DAY_S: i64 = DAY_MS / 1000;
        let days = self.span.end_s.div_euclid(DAY_S);
        let label = |seconds: i64| {
            if days <= 1 {
                return format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
            }
            let since = (self.span.midnight_ms / 1000 + seconds).div_euclid(DAY_S);
            let (year, month, day) =
                BusinessDate::from_days(i32::try_from(since).unwrap_or_default()).ymd();
            if days > 300 { format!("{year}-{month:02}") } else { format!("{month:02}-{day:02}") }
        };
        let hours = if self.is_wide { 2 } else { 6 };
        let labels = if self.is_wide { 12 } else { 4 };
        let step =
            if days <= 1 { hours * 3600 } else { DAY_S * (days as u64).div_ceil(labels) as i64 };
        let end = if days <= 1 { DAY_S.max(self.span.end_s) } else { self.span.end_s };
        (0..=end / step)
            .map(|place| place * step)
            .filter(|seconds| *seconds <= self.span.end_s)
            .map(|seconds| {
                // The name of a month is longer than what is free beside the axis.
                let is_cut = days > 300 && self.span.end_s - seconds < step / 3;
                let anchor = if is_cut { Anchor::End } else { Anchor::Middle };
                (seconds, label(seconds), anchor)
            })
            .collect()
    }
}

/// A path of steps. Of what lies within half a unit of the width its least and its largest value are
/// drawn, so that a long line is a short path without losing a peak.
fn steps(points: &[[i64; 2]], x: impl Fn(i64) -> f64, y: impl Fn(i64) -> f64) -> String {
    let mut path = String::new();
    let mut rest =
        points.iter().map(|[seconds, fen]| ((x(*seconds) * 2.0).round() / 2.0, *fen)).peekable();
    let mut last = None;
    while let Some((at, first)) = rest.next() {
        let (mut least, mut most, mut end) = (first, first, first);
        while let Some((_, fen)) = rest.next_if(|(next, _)| *next == at) {
            (least, most, end) = (least.min(fen), most.max(fen), fen);
        }
        let start = if last.is_none() {
            format!("M{} {}", short(at), short(y(first)))
        } else {
            format!("H{}", short(at))
        };
        path.push_str(&start);
        for fen in [least, most, end] {
            if last != Some(fen) {
                let _ = write!(path, "V{}", short(y(fen)));
                last = Some(fen);
            }
        }
    }
    path
}

/// An area goes back along its base.
fn closed(path: String, line: &Line, base: f64, x: &Scale) -> String {
    let ends = line.points.first().zip(line.points.last());
    match (line.look, ends) {
        (Look::Area(_), Some(([first, _], _))) => {
            format!("{path}V{}H{}Z", short(base), short(x.at(*first as f64)))
        }
        _ => path,
    }
}
