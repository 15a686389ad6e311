//! Shapes as this engine sees them: a table of rows, each row a small fixed tensor.

use std::fmt;

use super::MAX_WIDTH;

/// The shape of a value that has one entry a row.
///
/// Every supported operator treats rows independently, so the row count never appears: `[N, 3]` is
/// `Rows([3])`, `[N]` is `Rows([])`. `[1, N]` is what selecting labels by index yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `[N, ...]` with the dimensions after the first.
    Rows(Vec<usize>),
    /// `[1, N]`.
    Across,
}

impl Shape {
    /// `[N, width]`.
    pub(crate) fn matrix(width: usize) -> Self {
        Self::Rows(vec![width])
    }

    /// Elements a row.
    pub(crate) fn width(&self) -> usize {
        match self {
            Self::Rows(tail) => tail.iter().product(),
            Self::Across => 1,
        }
    }

    /// The dimensions after the row dimension, where rows come first.
    pub(crate) fn tail(&self) -> Result<&[usize], String> {
        match self {
            Self::Rows(tail) => Ok(tail),
            Self::Across => {
                Err("a value of shape [1, N] is only understood by Reshape and Cast".to_owned())
            }
        }
    }

    /// `K` of `[N, K]`, with `[N]` read as `[N, 1]`.
    pub(crate) fn columns(&self) -> Result<usize, String> {
        match self.tail()? {
            [] => Ok(1),
            [width] => Ok(*width),
            _ => Err(format!("expected a matrix, found {self}")),
        }
    }

    /// Refuses what would make rows wider than the limit; call before anything is allocated by width.
    pub(crate) fn check(self) -> Result<Self, String> {
        let width = match &self {
            Self::Rows(tail) => tail
                .iter()
                .try_fold(1_usize, |product, &size| product.checked_mul(size)),
            Self::Across => Some(1),
        };
        match width {
            Some(0) => Err("a dimension of size 0".to_owned()),
            Some(width) if width <= MAX_WIDTH => Ok(self),
            _ => Err(format!("{self} is wider than {MAX_WIDTH} elements a row")),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(tail) => {
                f.write_str("[N")?;
                for size in tail {
                    write!(f, ", {size}")?;
                }
                f.write_str("]")
            }
            Self::Across => f.write_str("[1, N]"),
        }
    }
}
