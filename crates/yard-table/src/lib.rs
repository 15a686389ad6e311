//! Tables as Trainyard reads them: CSV bytes to rows that know their place, and rows to typed
//! columns.
//!
//! [`Rows`] walks a file in memory once and gives each row's cells, line and raw bytes; the split
//! stands on it. [`RowStream`] does the same for a file of any length; `data-check` stands on it.
//! [`Table`] holds chosen columns: numbers in single precision with `NaN` for a
//! missing cell, because that is what the model's graph takes, and categories as codes into a list
//! of levels.
//!
//! Invariants:
//! - Every error names line and column.
//! - A number is rounded to single precision once, from the decimal text, here and nowhere else:
//!   training, evaluation, batch and serving see the same bits.
//!
//! It opens no files and knows no model.
//!
//! ```
//! use yard_table::{ColumnKind, ColumnSpec, Layout, Table};
//!
//! let csv = b"id,amount,region\n1,12.5,north\n2,,south\n";
//! let specs = [
//!     ColumnSpec::new("amount", ColumnKind::Number),
//!     ColumnSpec::new("region", ColumnKind::Category),
//! ];
//! let table = Table::read(csv, &Layout::sniff(csv), &specs).unwrap();
//! assert_eq!(table.rows(), 2);
//! assert!(table.number("amount").unwrap()[1].is_nan());
//! ```
#![warn(missing_docs)]

mod cell;
mod error;
mod header;
mod layout;
mod row;
mod rows;
mod split;
mod stream;
mod table;

pub use cell::{NumberError, parse_number};
pub use error::TableError;
pub use layout::Layout;
pub use row::Row;
pub use rows::Rows;
pub use stream::{RowStream, StreamError};
pub use table::{Categories, Column, ColumnKind, ColumnSpec, Table};
