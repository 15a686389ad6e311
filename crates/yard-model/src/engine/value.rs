//! Values while a graph runs: columns, borrowed or shared, so that joining and reshaping copy nothing.

use std::rc::Rc;

use crate::graph::{Constant, Data};

/// The cells of one column.
#[derive(Clone, Debug)]
pub(super) enum Cells<'a, T> {
    /// The caller's, or the model's.
    Borrowed(&'a [T]),
    /// Made by a step.
    Shared(Rc<[T]>),
    /// The same in every row.
    Every(T),
}

impl<T: Copy> Cells<'_, T> {
    pub(super) fn get(&self, row: usize) -> T {
        match self {
            Self::Borrowed(cells) => cells[row],
            Self::Shared(cells) => cells[row],
            Self::Every(value) => *value,
        }
    }

    /// The cells in memory, unless they are all one value.
    pub(super) fn slice(&self) -> Option<&[T]> {
        match self {
            Self::Borrowed(cells) => Some(cells),
            Self::Shared(cells) => Some(cells),
            Self::Every(_) => None,
        }
    }

    /// Applies a function to every cell.
    pub(super) fn map<U>(&self, f: impl Fn(T) -> U) -> Cells<'static, U> {
        match self {
            Self::Every(value) => Cells::Every(f(*value)),
            Self::Borrowed(cells) => Cells::Shared(cells.iter().map(|&value| f(value)).collect()),
            Self::Shared(cells) => Cells::Shared(cells.iter().map(|&value| f(value)).collect()),
        }
    }

    /// Applies a function to the cells of two columns, row by row.
    pub(super) fn zip<U: Copy, V>(
        &self,
        other: &Cells<'_, U>,
        f: impl Fn(T, U) -> V,
    ) -> Cells<'static, V> {
        match (self.slice(), other.slice()) {
            (Some(left), Some(right)) => {
                Cells::Shared(left.iter().zip(right).map(|(&a, &b)| f(a, b)).collect())
            }
            (Some(left), None) => {
                let right = other.get(0);
                Cells::Shared(left.iter().map(|&a| f(a, right)).collect())
            }
            (None, Some(right)) => {
                let left = self.get(0);
                Cells::Shared(right.iter().map(|&b| f(left, b)).collect())
            }
            (None, None) => Cells::Every(f(self.get(0), other.get(0))),
        }
    }

    /// Appends the cells to a vector.
    pub(super) fn append(&self, rows: usize, out: &mut Vec<T>) {
        match self.slice() {
            Some(cells) => out.extend_from_slice(cells),
            None => out.resize(out.len() + rows, self.get(0)),
        }
    }
}

impl<T> From<Vec<T>> for Cells<'_, T> {
    fn from(cells: Vec<T>) -> Self {
        Self::Shared(cells.into())
    }
}

/// A column of text: which level each row has.
#[derive(Clone, Debug)]
pub(super) struct TextCells<'a> {
    pub(super) levels: &'a [String],
    pub(super) codes: Cells<'a, u32>,
}

impl<'a> TextCells<'a> {
    /// Looks every row's text up once, or once a level where there are fewer levels than rows.
    pub(super) fn map<U: Copy>(&self, f: impl Fn(&str) -> U) -> Cells<'static, U> {
        let rows = match &self.codes {
            Cells::Every(code) => return Cells::Every(f(&self.levels[*code as usize])),
            codes => codes.slice().map_or(0, <[u32]>::len),
        };
        if self.levels.len() < rows {
            let table: Vec<U> = self.levels.iter().map(|level| f(level)).collect();
            self.codes.map(|code| table[code as usize])
        } else {
            self.codes.map(|code| f(&self.levels[code as usize]))
        }
    }

    pub(super) fn get(&self, row: usize) -> &'a str {
        &self.levels[self.codes.get(row) as usize]
    }
}

/// A column of any type.
#[derive(Clone, Debug)]
pub(super) enum Cell<'a> {
    F32(Cells<'a, f32>),
    F64(Cells<'a, f64>),
    I64(Cells<'a, i64>),
    Bool(Cells<'a, bool>),
    Text(TextCells<'a>),
}

impl<'a> Cell<'a> {
    /// The 32-bit floats that the compiler promised are here.
    pub(super) fn f32(&self) -> &Cells<'a, f32> {
        match self {
            Self::F32(cells) => cells,
            _ => unreachable!("the compiler checked that this column is of type float"),
        }
    }

    /// The integers that the compiler promised are here.
    pub(super) fn i64(&self) -> &Cells<'a, i64> {
        match self {
            Self::I64(cells) => cells,
            _ => unreachable!("the compiler checked that this column is of type int64"),
        }
    }

    /// The flags that the compiler promised are here.
    pub(super) fn bool(&self) -> &Cells<'a, bool> {
        match self {
            Self::Bool(cells) => cells,
            _ => unreachable!("the compiler checked that this column is of type bool"),
        }
    }

    /// A number of any type as the 32-bit float that the ML operators compute with; borrowed if it is one.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the ML operators are defined to narrow to float"
    )]
    pub(super) fn to_f32(&self) -> Cells<'a, f32> {
        match self {
            Self::F32(cells) => cells.clone(),
            Self::F64(cells) => cells.map(|value| value as f32),
            Self::I64(cells) => cells.map(|value| value as f32),
            Self::Bool(cells) => cells.map(|value| if value { 1.0 } else { 0.0 }),
            Self::Text(_) => unreachable!("the compiler checked that this column is numeric"),
        }
    }
}

/// The columns of a value, row-major over its dimensions after the first.
pub(super) type Columns<'a> = Vec<Cell<'a>>;

/// A constant as columns that are the same in every row.
pub(super) fn spread(constant: &Constant) -> Columns<'_> {
    match &constant.data {
        Data::F32(values) => values
            .iter()
            .map(|&value| Cell::F32(Cells::Every(value)))
            .collect(),
        Data::F64(values) => values
            .iter()
            .map(|&value| Cell::F64(Cells::Every(value)))
            .collect(),
        Data::I64(values) => values
            .iter()
            .map(|&value| Cell::I64(Cells::Every(value)))
            .collect(),
        Data::Bool(values) => values
            .iter()
            .map(|&value| Cell::Bool(Cells::Every(value)))
            .collect(),
        Data::Text(levels) => (0_u32..)
            .take(levels.len())
            .map(|code| {
                Cell::Text(TextCells {
                    levels,
                    codes: Cells::Every(code),
                })
            })
            .collect(),
    }
}
