//! Chosen columns of a table, in memory.

use std::collections::BTreeMap;

use crate::cell::parse_number;
use crate::error::TableError;
use crate::layout::Layout;
use crate::row::Row;
use crate::rows::Rows;

/// What a column's cells are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Numbers; a missing cell is `NaN`.
    Number,
    /// Texts of which there are few; a missing cell is the empty text.
    Category,
}

/// A column to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Its name in the header.
    pub name: String,
    /// What its cells are.
    pub kind: ColumnKind,
}

/// A column in memory.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Numbers, `NaN` where missing.
    Number(Vec<f32>),
    /// Categories.
    Category(Categories),
}

/// A column of categories: a code a row into a list of levels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Categories {
    /// The different texts, in order of first occurrence. The empty text is a missing cell.
    pub levels: Vec<String>,
    /// The place of each row's text in `levels`.
    pub codes: Vec<u32>,
    places: BTreeMap<String, u32>,
}

/// Chosen columns of a table, all of the same length.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    names: Vec<String>,
    columns: Vec<Column>,
    lines: Vec<u64>,
}

/// More levels than this is no category but a name or a text.
const MAX_LEVELS: usize = 1 << 24;

impl ColumnSpec {
    /// A column and its kind.
    pub fn new(name: &str, kind: ColumnKind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
        }
    }
}

impl Categories {
    /// Adds a row.
    pub fn push(&mut self, text: &str) {
        // Neighbouring rows often agree, and then the map need not be asked.
        let code = match self.codes.last() {
            Some(&last) if self.levels[last as usize] == text => last,
            _ => self.code_of(text),
        };
        self.codes.push(code);
    }

    fn code_of(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.places.get(text) {
            return code;
        }
        let code = u32::try_from(self.levels.len()).expect("levels are limited to 2^24");
        self.levels.push(text.to_owned());
        self.places.insert(text.to_owned(), code);
        code
    }

    /// A row's text.
    pub fn text(&self, row: usize) -> &str {
        &self.levels[self.codes[row] as usize]
    }
}

impl FromIterator<String> for Categories {
    fn from_iter<I: IntoIterator<Item = String>>(texts: I) -> Self {
        let mut categories = Self::default();
        texts.into_iter().for_each(|text| categories.push(&text));
        categories
    }
}

impl Column {
    fn empty(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Number => Self::Number(Vec::new()),
            ColumnKind::Category => Self::Category(Categories::default()),
        }
    }

    /// The column's rows at these places, in this order.
    #[must_use]
    pub fn take(&self, places: &[usize]) -> Self {
        match self {
            Self::Number(values) => Self::Number(places.iter().map(|&at| values[at]).collect()),
            Self::Category(values) => Self::Category(Categories {
                levels: values.levels.clone(),
                codes: places.iter().map(|&at| values.codes[at]).collect(),
                places: values.places.clone(),
            }),
        }
    }
}

impl Table {
    /// Reads chosen columns. Every row must have as many cells as the header, and there must be at
    /// least one.
    pub fn read(bytes: &[u8], layout: &Layout, specs: &[ColumnSpec]) -> Result<Self, TableError> {
        let mut rows = Rows::new(bytes, layout)?;
        let mut table = Self::with_columns(specs);
        let places = specs.iter().map(|spec| rows.position(&spec.name));
        let places = places.collect::<Result<Vec<_>, _>>()?;
        while let Some(row) = rows.advance_full() {
            table.push(&row?, &places, layout)?;
        }
        if table.lines.is_empty() {
            return Err(TableError::NoRows);
        }
        Ok(table)
    }

    /// A table of these columns without rows.
    pub fn with_columns(specs: &[ColumnSpec]) -> Self {
        Self {
            names: specs.iter().map(|spec| spec.name.clone()).collect(),
            columns: specs.iter().map(|spec| Column::empty(spec.kind)).collect(),
            lines: Vec::new(),
        }
    }

    /// Adds a row whose cell for the i-th column is at `places[i]`.
    pub fn push(
        &mut self,
        row: &Row<'_>,
        places: &[usize],
        layout: &Layout,
    ) -> Result<(), TableError> {
        for ((column, name), &place) in self.columns.iter_mut().zip(&self.names).zip(places) {
            let cell = row.trimmed(place)?;
            let missing = layout.is_missing(cell);
            match column {
                Column::Number(values) if missing => values.push(f32::NAN),
                Column::Number(values) => {
                    let value = parse_number(cell).map_err(|error| TableError::Cell {
                        line: row.line,
                        column: name.clone(),
                        value: cell.chars().take(80).collect(),
                        reason: error.reason(),
                    })?;
                    #[expect(clippy::cast_possible_truncation, reason = "rounded on purpose")]
                    values.push(value as f32);
                }
                Column::Category(values) => {
                    values.push(if missing { "" } else { cell });
                    if values.levels.len() > MAX_LEVELS {
                        let column = name.clone();
                        return Err(TableError::TooManyLevels {
                            column,
                            limit: MAX_LEVELS,
                        });
                    }
                }
            }
        }
        self.lines.push(row.line);
        Ok(())
    }

    /// How many rows the table has.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// The line of the file on which a row starts.
    pub fn line(&self, row: usize) -> u64 {
        self.lines[row]
    }

    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        let place = self.names.iter().position(|known| known == name)?;
        Some(&self.columns[place])
    }

    /// A column of numbers by name.
    pub fn number(&self, name: &str) -> Option<&[f32]> {
        match self.column(name)? {
            Column::Number(values) => Some(values),
            Column::Category(_) => None,
        }
    }

    /// A column of categories by name.
    pub fn category(&self, name: &str) -> Option<&Categories> {
        match self.column(name)? {
            Column::Number(_) => None,
            Column::Category(values) => Some(values),
        }
    }

    /// The names and columns, in the order in which they were asked for.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.names.iter().map(String::as_str).zip(&self.columns)
    }

    /// Puts a column in the place of the one of its name, and answers that one. `None`, and the table
    /// stays as it is, where it has no column of that name, kind and length.
    pub fn replace(&mut self, name: &str, column: Column) -> Option<Column> {
        let place = self.names.iter().position(|known| known == name)?;
        let there = &mut self.columns[place];
        let fits = match (&*there, &column) {
            (Column::Number(old), Column::Number(new)) => old.len() == new.len(),
            (Column::Category(old), Column::Category(new)) => old.codes.len() == new.codes.len(),
            _ => false,
        };
        fits.then(|| std::mem::replace(there, column))
    }

    /// The rows at these places, in this order.
    #[must_use]
    pub fn take(&self, places: &[usize]) -> Self {
        Self {
            names: self.names.clone(),
            columns: self
                .columns
                .iter()
                .map(|column| column.take(places))
                .collect(),
            lines: places.iter().map(|&at| self.lines[at]).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Table, TableError> {
        let specs = [
            ColumnSpec::new("amount", ColumnKind::Number),
            ColumnSpec::new("region", ColumnKind::Category),
        ];
        Table::read(text.as_bytes(), &Layout::sniff(text.as_bytes()), &specs)
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let table = read("region;x;amount\nnorth;;1.5\n;;\nnorth;;-2\n").unwrap();
        assert_eq!(
            table.number("amount").unwrap()[0].to_bits(),
            1.5_f32.to_bits()
        );
        assert!(table.number("amount").unwrap()[1].is_nan());
        let regions = table.category("region").unwrap();
        assert_eq!(regions.levels, ["north", ""]);
        assert_eq!(regions.codes, [0, 1, 0]);
        assert_eq!(
            table.take(&[2]).category("region").unwrap().text(0),
            "north"
        );
        assert_eq!(table.line(2), 4);
    }

    #[test]
    fn what_does_not_fit_is_named_with_line_and_column() {
        let wrong = read("amount,region\n1,a\nmuch,b\n").unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "line 3, column `amount`: `much` is not a number"
        );
        let missing = read("Amount,region\n1,a\n").unwrap_err();
        assert_eq!(missing.hint().as_deref(), Some("did you mean `Amount`?"));
        assert_eq!(read("amount,region\n").unwrap_err(), TableError::NoRows);
        assert_eq!(read("").unwrap_err(), TableError::Empty);
    }

    #[test]
    fn a_column_is_replaced_by_its_like_only() {
        let mut table = read("amount,region\n1,north\n2,south\n").unwrap();
        let old = table
            .replace("amount", Column::Number(vec![3.0, 4.0]))
            .unwrap();
        assert_eq!(old, Column::Number(vec![1.0, 2.0]));
        assert_eq!(table.number("amount"), Some(&[3.0, 4.0][..]));
        for (name, column) in [
            ("amount", Column::Number(vec![5.0])),
            ("region", Column::Number(vec![5.0, 6.0])),
            ("other", Column::Number(vec![5.0, 6.0])),
        ] {
            assert_eq!(table.replace(name, column), None);
        }
        assert_eq!(table.number("amount"), Some(&[3.0, 4.0][..]));
    }
}
