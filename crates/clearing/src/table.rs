//! Plain tables, with columns as wide as their widest cell and two spaces apart.

/// Formats rows under a header; the columns named in `right` are aligned to the right.
pub(crate) fn table(header: &[&str], right: &[usize], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([header[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
    let mut text = String::new();
    for row in std::iter::once(&header).chain(rows) {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if right.contains(&column) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        // Spaces at the end of a line would show in every diff of two outputs.
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            vec!["ICBC".to_owned(), "7".to_owned()],
            vec!["central-bank".to_owned(), "7100".to_owned()],
        ];
        insta::assert_snapshot!(super::table(&["process", "port"], &[1], &rows), @r"
        process       port
        ICBC             7
        central-bank  7100
        ");
    }
}
