//! Where the rows of a file stand, as an editor counts its lines.

use std::borrow::Cow;

/// Lines that end with LF, CRLF or CR, between the rows that a reader finds by their bytes.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

/// A comment between rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comment<'a> {
    pub(super) line: u64,
    pub(super) text: &'a [u8],
}

impl<'a> Lines<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, line: 1 }
    }

    /// Goes from the end of a row over empty lines and comments to the next row; gives its line and
    /// its first byte.
    pub(super) fn row_after(
        &mut self,
        end: usize,
        mut comment: impl FnMut(Comment<'a>),
    ) -> (u64, usize) {
        self.go_to(end);
        loop {
            let start =
                self.at + self.bytes[self.at..].iter().take_while(|byte| is_end(**byte)).count();
            self.go_to(start);
            if self.bytes.get(start) != Some(&b'#') {
                return (self.line, start);
            }
            let length = self.bytes[start..].iter().take_while(|byte| !is_end(**byte)).count();
            comment(Comment { line: self.line, text: &self.bytes[start..start + length] });
            self.go_to(start + length);
        }
    }

    /// Counts the ends of lines up to a byte; CR and LF together are one.
    fn go_to(&mut self, byte: usize) {
        let byte = byte.min(self.bytes.len());
        for place in self.at..byte {
            // Editors count CR LF as one end of a line, and errors must name the line that an
            // editor shows.
            let second = self.bytes[place] == b'\n' && place > 0 && self.bytes[place - 1] == b'\r';
            self.line += u64::from(is_end(self.bytes[place]) && !second);
        }
        self.at = self.at.max(byte);
    }
}

/// The same bytes with every comment outside quotation marks made into empty lines: the reader of
/// rows knows no comment that ends with CR.
pub(super) fn without_comments(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut blank = Cow::Borrowed(bytes);
    let (mut quoted, mut just_closed, mut field_starts, mut line_starts, mut comment) =
        (false, false, true, true, false);
    for (place, byte) in bytes.iter().copied().enumerate() {
        let end = is_end(byte) && !quoted;
        comment = (comment || (line_starts && byte == b'#')) && !end;
        if comment {
            blank.to_mut()[place] = b'\n';
            line_starts = false;
            continue;
        }
        // A mark within quotation marks is doubled, which ends them and begins them again.
        let opens = byte == b'"' && (field_starts || just_closed);
        just_closed = quoted && byte == b'"';
        quoted = if quoted { !just_closed } else { opens };
        field_starts = !quoted && (end || byte == b',');
        line_starts = end;
    }
    blank
}

fn is_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_blank_and_what_is_quoted_is_none() {
        let blank =
            |text: &str| String::from_utf8(without_comments(text.as_bytes()).into_owned()).unwrap();
        assert_eq!(
            blank("#a\"\rb\r\n# c\n\"d\n#d\"\"\n#d\",#e\n#f"),
            "\n\n\n\rb\r\n\n\n\n\n\"d\n#d\"\"\n#d\",#e\n\n\n"
        );
        assert_eq!(blank("a,5\" pipe\"\"\n#c\n"), "a,5\" pipe\"\"\n\n\n\n");
    }

    #[test]
    fn lines_are_those_of_an_editor_however_they_end() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a", "", "# note", "b,\"two", "lines\"", "c"].join(end);
            let (mut lines, mut comments) = (Lines::new(text.as_bytes()), Vec::new());
            let mut row = |row: &str, lines: &mut Lines<'_>, from: usize| {
                let found = lines.row_after(from, |comment| comments.push(comment.line));
                assert!(text[found.1..].starts_with(row), "{text:?}");
                (found.0, found.1 + row.len())
            };
            let (first, end) = row("a", &mut lines, 0);
            let (second, _) = row("b", &mut lines, end);
            let (third, _) = row("c", &mut lines, text.len() - 1);
            assert_eq!(([first, second, third], &comments[..]), ([1, 4, 6], &[3][..]), "{text:?}");
        }
    }
}
