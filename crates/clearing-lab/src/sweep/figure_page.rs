//! The figures of a sweep as HTML: a chart, a table of means and a table of paired differences for
//! each indicator.

use std::fmt::Write as _;

use super::figure::{Chart, Difference, Figures};
use crate::page::escape;

/// A section for each chart.
pub(super) fn sections(figures: &Figures) -> String {
    figures.charts.iter().enumerate().fold(String::new(), |mut html, (place, chart)| {
        let _ = write!(
            html,
            "<section>\n<h2>{}</h2>\n<figure>\n<figcaption>{}. Lines are means over seeds, bands their 95 % intervals.</figcaption>\n\
             <div class=\"chart\" data-chart=\"{place}\"></div>\n</figure>\n{}{}</section>\n",
            escape(&chart.heading),
            escape(&chart.title),
            means(figures, chart),
            differences(chart)
        );
        html
    })
}

fn opening(caption: &str, header: &[&str], text: usize) -> String {
    let caption = escape(caption);
    let mut html = format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\"><table><caption>{caption}</caption>\n<thead><tr>"
    );
    for (place, cell) in header.iter().enumerate() {
        let class = if place < text { "" } else { " class=\"number\"" };
        let _ = write!(html, "<th scope=\"col\"{class}>{}</th>", escape(cell));
    }
    html + "</tr></thead>\n<tbody>\n"
}

fn means(figures: &Figures, chart: &Chart) -> String {
    let caption = format!("Means over seeds ({}), with half the 95 % interval", chart.unit);
    let names = chart.lines.iter().map(|line| line.name.as_str());
    let header: Vec<_> = std::iter::once(figures.x.as_str()).chain(names).collect();
    let mut html = opening(&caption, &header, 1);
    let mut values: Vec<f64> =
        chart.lines.iter().flat_map(|line| line.points.iter().map(|point| point.0)).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    for x in values {
        let name = figures.categories.as_ref().and_then(|names| names.get(x as usize)).cloned();
        let _ = write!(
            html,
            "<tr><th scope=\"row\">{}</th>",
            escape(&name.unwrap_or_else(|| x.to_string()))
        );
        for line in &chart.lines {
            let point = line.points.iter().find(|point| point.0 == x);
            let cell = point.map_or_else(String::new, |(_, mean, _, high)| {
                with_interval(*mean, high.map(|high| high - mean))
            });
            let _ = write!(html, "<td class=\"number\">{cell}</td>");
        }
        html.push_str("</tr>\n");
    }
    html + "</tbody></table></div>\n"
}

fn differences(chart: &Chart) -> String {
    if chart.differences.is_empty() {
        return String::new();
    }
    let caption = format!(
        "Paired differences ({}): the same seeds at both points, mean difference with half its 95 % interval",
        chart.unit
    );
    let mut html = opening(
        &caption,
        &["where", "of", "less that of", "difference", "clear of zero", "sign test"],
        3,
    );
    for Difference { at, values: [value, other], mean, half_width, sign_test } in &chart.differences
    {
        let clear = half_width
            .map_or("one run", |half_width| if mean.abs() > half_width { "yes" } else { "no" });
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{clear}</td><td class=\"number\">{sign_test:.3}</td></tr>",
            escape(at),
            escape(value),
            escape(other),
            with_interval(*mean, *half_width)
        );
    }
    html + "</tbody></table></div>\n"
}

/// A figure with half the width of its interval, both with four digits of the larger one.
fn with_interval(mean: f64, half_width: Option<f64>) -> String {
    let size = mean.abs().max(half_width.unwrap_or_default());
    // A mean far below its half-width tells nothing; one far below a ten-thousandth tells by its digits.
    let digits = match size {
        size if size >= 1000.0 => 0,
        size if size >= 10.0 => 2,
        size if size > 0.0 => (3 - size.log10().floor() as i32).clamp(4, 12) as usize,
        _ => 4,
    };
    let half_width =
        half_width.map(|half_width| format!(" ± {half_width:.digits$}")).unwrap_or_default();
    format!("{mean:.digits$}{half_width}")
}
