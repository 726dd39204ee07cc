//! Tables of a report.

use std::fmt::Write as _;

use crate::page::escape;

/// A table with a caption; the first column names the row, the others are numbers unless they are
/// told to be text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) header: Vec<String>,
    /// The places of columns of text beside the first.
    pub(crate) text: &'static [usize],
    pub(crate) rows: Vec<Vec<String>>,
}

/// The cells of a row or a header.
pub(crate) fn cells<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

impl Table {
    /// The table as HTML; nothing without rows. It can be scrolled with the keyboard where it is
    /// too wide.
    pub(crate) fn html(&self) -> String {
        // A heading above nothing is worse than nothing.
        if self.rows.is_empty() {
            return String::new();
        }
        let caption = escape(&self.caption);
        let mut html = format!(
            "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\"><table>\n<caption>{caption}</caption>\n<thead><tr>"
        );
        for (place, cell) in self.header.iter().enumerate() {
            let _ = write!(html, "<th scope=\"col\"{}>{}</th>", self.class(place), escape(cell));
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        for row in &self.rows {
            html.push_str("<tr>");
            for (place, cell) in row.iter().enumerate() {
                let (cell, class) = (escape(cell), self.class(place));
                let _ = match place {
                    0 => write!(html, "<th scope=\"row\">{cell}</th>"),
                    _ => write!(html, "<td{class}>{cell}</td>"),
                };
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody>\n</table></div>\n");
        html
    }

    fn class(&self, place: usize) -> &'static str {
        if place == 0 || self.text.contains(&place) { "" } else { " class=\"number\"" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_caption_and_headers_of_columns_and_rows() {
        let table = Table {
            caption: "Payments <refused>".to_owned(),
            header: cells(["reason", "payments"]),
            text: &[],
            rows: vec![cells(["DAILY_LIMIT", "134"])],
        };
        insta::assert_snapshot!(table.html(), @r#"
        <div class="scroll" role="region" tabindex="0" aria-label="Payments &lt;refused&gt;"><table>
        <caption>Payments &lt;refused&gt;</caption>
        <thead><tr><th scope="col">reason</th><th scope="col" class="number">payments</th></tr></thead>
        <tbody>
        <tr><th scope="row">DAILY_LIMIT</th><td class="number">134</td></tr>
        </tbody>
        </table></div>
        "#);
        assert_eq!(Table::default().html(), "");
    }
}
