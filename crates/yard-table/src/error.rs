/// Why bytes are not the table that was asked for. Lines count from 1; the header is line 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TableError {
    #[error("the table is empty: it has not even a header")]
    Empty,
    #[error("the table has a header and no rows")]
    NoRows,
    #[error("this is {what}, not a CSV table")]
    Foreign {
        what: &'static str,
        hint: &'static str,
    },
    #[error("line {line}: the bytes are not UTF-8; convert the file to UTF-8")]
    Encoding { line: u64 },
    #[error("line 1: two columns are called `{column}`")]
    DuplicateColumn { column: String },
    #[error("line {line}: {found} fields where the header has {expected}")]
    Ragged {
        line: u64,
        found: usize,
        expected: usize,
    },
    #[error("line {line}: the quote that opens here is never closed")]
    OpenQuote { line: u64 },
    #[error("line {line}: the row that starts here is longer than 64 MiB")]
    LongRow { line: u64 },
    #[error("there is no column `{column}`")]
    MissingColumn {
        column: String,
        nearest: Option<String>,
    },
    #[error("line {line}, column `{column}`: `{value}` is {reason}")]
    Cell {
        line: u64,
        column: String,
        value: String,
        reason: &'static str,
    },
    #[error("column `{column}`: more than {limit} different values")]
    TooManyLevels { column: String, limit: usize },
}

impl TableError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::MissingColumn {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean `{nearest}`?")),
            Self::DuplicateColumn { .. } => Some(
                "give each column a name of its own; is the first line a header at all?".to_owned(),
            ),
            Self::Foreign { hint, .. } => Some((*hint).to_owned()),
            Self::OpenQuote { .. } | Self::LongRow { .. } => {
                Some("close the quote, or double it where it belongs to the text".to_owned())
            }
            Self::Cell { reason, .. } if reason.contains("number") => {
                Some("declare the column a category, or list the text under `missing`".to_owned())
            }
            Self::Ragged { .. } | Self::Cell { .. } => {
                Some("`data-check` lists every such place".to_owned())
            }
            _ => None,
        }
    }
}
