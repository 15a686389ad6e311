//! One table as CSV bytes: whole numbers, thousandths with three decimals, empty for missing.

use crate::error::WorldError;

/// A table under construction; every row must have as many fields as the header.
#[derive(Debug)]
pub struct Sheet {
    name: &'static str,
    writer: csv::Writer<Vec<u8>>,
    text: String,
}

impl Sheet {
    /// A table with its header.
    pub fn new(name: &'static str, header: &[&str]) -> Result<Self, WorldError> {
        let mut sheet = Self {
            name,
            writer: csv::Writer::from_writer(Vec::new()),
            text: String::new(),
        };
        for column in header {
            sheet.text(column)?;
        }
        sheet.end()?;
        Ok(sheet)
    }

    /// Adds a text field.
    pub fn text(&mut self, value: &str) -> Result<&mut Self, WorldError> {
        self.writer
            .write_field(value)
            .map_err(|source| WorldError::Table {
                table: self.name,
                source,
            })?;
        Ok(self)
    }

    /// Adds whatever displays: a date, a whole number.
    pub fn shown(&mut self, value: impl std::fmt::Display) -> Result<&mut Self, WorldError> {
        use std::fmt::Write as _;
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        write!(text, "{value}").expect("a String takes every write");
        self.text(&text)?;
        self.text = text;
        Ok(self)
    }

    /// Adds a whole number, or an empty field.
    pub fn option(&mut self, value: Option<i64>) -> Result<&mut Self, WorldError> {
        match value {
            Some(value) => self.shown(value),
            None => self.text(""),
        }
    }

    /// Adds thousandths as a decimal with three places, or an empty field.
    pub fn decimal(&mut self, thousandths: Option<i64>) -> Result<&mut Self, WorldError> {
        match thousandths {
            Some(value) => {
                let (sign, size) = (if value < 0 { "-" } else { "" }, value.abs());
                self.shown(format_args!("{sign}{}.{:03}", size / 1_000, size % 1_000))
            }
            None => self.text(""),
        }
    }

    /// Ends the row.
    pub fn end(&mut self) -> Result<(), WorldError> {
        let none: [&[u8]; 0] = [];
        self.writer
            .write_record(none)
            .map_err(|source| WorldError::Table {
                table: self.name,
                source,
            })
    }

    /// The finished file.
    pub fn finish(self) -> Result<File, WorldError> {
        let Self { name, writer, .. } = self;
        let bytes = writer.into_inner().map_err(|error| WorldError::Table {
            table: name,
            source: error.into_error().into(),
        })?;
        Ok(File { name, bytes })
    }
}

/// A file of the world: its name and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Name without a folder.
    pub name: &'static str,
    /// Content.
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_one_form() {
        let mut sheet = Sheet::new("t.csv", &["a", "b", "c", "d"]).unwrap();
        sheet
            .shown(-7)
            .unwrap()
            .option(None)
            .unwrap()
            .decimal(Some(-42))
            .unwrap()
            .text("x,y")
            .unwrap();
        sheet.end().unwrap();
        assert_eq!(
            sheet.finish().unwrap().bytes,
            b"a,b,c,d\n-7,,-0.042,\"x,y\"\n"
        );
    }

    #[test]
    fn a_short_row_is_an_error() {
        let mut sheet = Sheet::new("t.csv", &["a", "b"]).unwrap();
        sheet.text("1").unwrap();
        assert!(sheet.end().is_err());
    }
}
