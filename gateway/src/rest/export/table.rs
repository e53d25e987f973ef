//! Rows of CSV as RFC 4180 has them, safe to open in a spreadsheet.

use std::borrow::Cow;

use csv::{Terminator, Writer, WriterBuilder};

/// Builds a part of a file in memory.
pub(super) struct Table(Writer<Vec<u8>>);

impl Table {
    /// Without a row.
    pub(super) fn new() -> Self {
        Self(WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new()))
    }

    /// With the names of the columns.
    pub(super) fn with_header(names: &[&str]) -> Self {
        let mut table = Self::new();
        table.row(names);
        table
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: &[impl AsRef<str>]) {
        let cells = cells.iter().map(|cell| safe(cell.as_ref()).into_owned());
        // Memory does not fail, and all rows of a table have as many cells as its header.
        if let Err(error) = self.0.write_record(cells) {
            tracing::error!(%error, "a row of an export is left out");
        }
    }

    /// What was built.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap_or_default()
    }
}

/// A cell that no spreadsheet takes for a formula
/// (<https://owasp.org/www-community/attacks/CSV_Injection>): an apostrophe makes it text.
fn safe(cell: &str) -> Cow<'_, str> {
    let first = cell.chars().next();
    // Spreadsheets also know the full-width forms.
    let starts_formula = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
    );
    if starts_formula { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(cells: &[&str]) -> String {
        let mut table = Table::new();
        table.row(cells);
        String::from_utf8(table.into_bytes()).unwrap()
    }

    #[test]
    fn s26_formulas_become_text() {
        for start in ["=", "+", "-", "@", "\t", "\0", "＝", "＋", "－", "＠"] {
            let cell = format!("{start}cmd|' /C calc'!A0");
            assert_eq!(csv(&[&cell, "x"]), format!("'{cell},x\r\n"), "{start:?}");
        }
        assert_eq!(csv(&["\r=1", "\n=1"]), "\"'\r=1\",\"'\n=1\"\r\n");
    }

    #[test]
    fn s26_quotes_commas_and_line_breaks_stay_in_their_cell() {
        assert_eq!(csv(&["a,b", "say \"hi\"", "x\r\ny", "", "a=b"]), "\"a,b\",\"say \"\"hi\"\"\",\"x\r\ny\",,a=b\r\n");
    }
}
