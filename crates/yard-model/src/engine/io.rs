//! What a caller gives to a session and gets back.

use std::ops::Range;

use super::Cell;
use super::value::{Cells, TextCells};
use crate::RunError;
use crate::graph::{Element, Port};

/// A column of input, one cell a row.
#[derive(Clone, Copy, Debug)]
pub enum Column<'a> {
    /// 32-bit floats; a missing number is NaN.
    F32(&'a [f32]),
    /// 64-bit floats.
    F64(&'a [f64]),
    /// Integers.
    I64(&'a [i64]),
    /// Flags.
    Bool(&'a [bool]),
    /// Text by dictionary: `codes[row]` is a position in `levels`. A missing text is a level of its own, "".
    Text {
        /// The distinct texts; a text that is there twice is harmless.
        levels: &'a [String],
        /// One code a row.
        codes: &'a [u32],
    },
}

impl<'a> Column<'a> {
    fn element(&self) -> Element {
        match self {
            Self::F32(_) => Element::F32,
            Self::F64(_) => Element::F64,
            Self::I64(_) => Element::I64,
            Self::Bool(_) => Element::Bool,
            Self::Text { .. } => Element::Text,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::F32(cells) => cells.len(),
            Self::F64(cells) => cells.len(),
            Self::I64(cells) => cells.len(),
            Self::Bool(cells) => cells.len(),
            Self::Text { codes, .. } => codes.len(),
        }
    }

    /// Some of the rows.
    #[must_use]
    pub fn slice(&self, rows: Range<usize>) -> Self {
        match *self {
            Self::F32(cells) => Self::F32(&cells[rows]),
            Self::F64(cells) => Self::F64(&cells[rows]),
            Self::I64(cells) => Self::I64(&cells[rows]),
            Self::Bool(cells) => Self::Bool(&cells[rows]),
            Self::Text { levels, codes } => Self::Text {
                levels,
                codes: &codes[rows],
            },
        }
    }

    /// Some of the rows, as the engine's columns.
    pub(super) fn rows(&self, rows: Range<usize>) -> Cell<'a> {
        match self {
            Self::F32(cells) => Cell::F32(Cells::Borrowed(&cells[rows])),
            Self::F64(cells) => Cell::F64(Cells::Borrowed(&cells[rows])),
            Self::I64(cells) => Cell::I64(Cells::Borrowed(&cells[rows])),
            Self::Bool(cells) => Cell::Bool(Cells::Borrowed(&cells[rows])),
            Self::Text { levels, codes } => Cell::Text(TextCells {
                levels,
                codes: Cells::Borrowed(&codes[rows]),
            }),
        }
    }
}

/// The input columns of a run.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    pub(super) rows: usize,
    pub(super) columns: Vec<Column<'a>>,
}

impl<'a> Inputs<'a> {
    /// Columns in the order of [`Session::inputs`](crate::Session::inputs); an input of shape `[N, 3]` takes
    /// three of them.
    pub fn new(rows: usize, columns: Vec<Column<'a>>) -> Self {
        Self { rows, columns }
    }

    /// Checks number, types, lengths and codes, so that no step has to.
    pub(super) fn check(&self, ports: &[Port]) -> Result<(), RunError> {
        let expected = ports.iter().map(Port::width).sum();
        if self.columns.len() != expected {
            return Err(RunError::Columns {
                found: self.columns.len(),
                expected,
            });
        }
        let mut columns = self.columns.iter();
        for port in ports {
            for column in columns.by_ref().take(port.width()) {
                self.check_column(port, column)
                    .map_err(|reason| RunError::Column {
                        name: port.name.clone(),
                        reason,
                    })?;
            }
        }
        Ok(())
    }

    fn check_column(&self, port: &Port, column: &Column<'_>) -> Result<(), String> {
        if column.element() != port.element {
            return Err(format!(
                "a column of {}, the model takes {}",
                column.element(),
                port.element
            ));
        }
        if column.len() != self.rows {
            return Err(format!("{} cells for {} rows", column.len(), self.rows));
        }
        if let Column::Text { levels, codes } = column
            && let Some(&code) = codes.iter().max()
            && code as usize >= levels.len()
        {
            return Err(format!("code {code}, there are {} levels", levels.len()));
        }
        Ok(())
    }
}

/// One column of a result.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputColumn {
    /// 32-bit floats.
    F32(Vec<f32>),
    /// 64-bit floats.
    F64(Vec<f64>),
    /// Integers.
    I64(Vec<i64>),
    /// Flags.
    Bool(Vec<bool>),
    /// Text.
    Text(Vec<String>),
}

/// One output of the model: as many columns as it has elements a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The output's name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<OutputColumn>,
}

/// All outputs of a run, in the order of [`Session::outputs`](crate::Session::outputs).
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs {
    outputs: Vec<Output>,
}

impl Outputs {
    pub(super) fn empty(ports: &[Port], rows: usize) -> Self {
        let column = |element| match element {
            Element::F32 => OutputColumn::F32(Vec::with_capacity(rows)),
            Element::F64 => OutputColumn::F64(Vec::with_capacity(rows)),
            Element::I64 => OutputColumn::I64(Vec::with_capacity(rows)),
            Element::Bool => OutputColumn::Bool(Vec::with_capacity(rows)),
            Element::Text => OutputColumn::Text(Vec::with_capacity(rows)),
        };
        let outputs = ports
            .iter()
            .map(|port| Output {
                name: port.name.clone(),
                columns: (0..port.width()).map(|_| column(port.element)).collect(),
            })
            .collect();
        Self { outputs }
    }

    pub(super) fn append(&mut self, at: usize, columns: &[Cell<'_>], rows: usize) {
        for (out, column) in self.outputs[at].columns.iter_mut().zip(columns) {
            match (out, column) {
                (OutputColumn::F32(out), Cell::F32(cells)) => cells.append(rows, out),
                (OutputColumn::F64(out), Cell::F64(cells)) => cells.append(rows, out),
                (OutputColumn::I64(out), Cell::I64(cells)) => cells.append(rows, out),
                (OutputColumn::Bool(out), Cell::Bool(cells)) => cells.append(rows, out),
                (OutputColumn::Text(out), Cell::Text(cells)) => {
                    out.extend((0..rows).map(|row| cells.get(row).to_owned()));
                }
                _ => unreachable!("the compiler checked the types of the outputs"),
            }
        }
    }

    /// All outputs.
    pub fn all(&self) -> &[Output] {
        &self.outputs
    }

    /// The output of that name.
    pub fn get(&self, name: &str) -> Option<&Output> {
        self.outputs.iter().find(|output| output.name == name)
    }

    /// A column of 32-bit floats of the output of that name; `None` if there is no such output, column, or type.
    pub fn numbers(&self, name: &str, column: usize) -> Option<&[f32]> {
        match self.get(name)?.columns.get(column)? {
            OutputColumn::F32(cells) => Some(cells),
            _ => None,
        }
    }
}
