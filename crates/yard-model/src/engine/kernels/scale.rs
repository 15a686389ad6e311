//! Preparation of numbers: scaling, imputation, normalisation, thresholds.

use super::super::Kernel;
use super::super::value::{Cell, Columns};
use super::arithmetic::column;
use super::{Arg, Args, Compiled, Type};
use crate::graph::{Element, NodeView};
use crate::{ModelError, RunError};

/// A list of one value for all columns or one each.
fn per_column<T: Copy>(
    node: &NodeView<'_>,
    name: &str,
    values: &[T],
    width: usize,
) -> Result<Vec<T>, ModelError> {
    match values {
        [value] => Ok(vec![*value; width]),
        values if values.len() == width => Ok(values.to_vec()),
        values => Err(node.fail(format!(
            "`{name}` has {} values for {width} columns",
            values.len()
        ))),
    }
}

#[derive(Debug)]
struct Scaler {
    offset: Vec<f32>,
    scale: Vec<f32>,
}

/// `Scaler`: `(x - offset) * scale`.
pub(super) fn scaler(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(1..=1)?;
    let (_, width) = args.numbers(0)?;
    let list = |name: &str, default: f32| -> Result<Vec<f32>, ModelError> {
        per_column(node, name, node.floats(name)?.unwrap_or(&[default]), width)
    };
    let kernel = Scaler {
        offset: list("offset", 0.0)?,
        scale: list("scale", 1.0)?,
    };
    let shape = args.rows(0)?.shape.clone();
    Ok(Compiled::unary(
        kernel,
        Type {
            element: Element::F32,
            shape,
        },
    ))
}

impl Kernel for Scaler {
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        let columns = args[0].iter().zip(self.offset.iter().zip(&self.scale)).map(
            |(column, (&offset, &scale))| Cell::F32(column.to_f32().map(|x| (x - offset) * scale)),
        );
        Ok(vec![columns.collect()])
    }
}

/// What a missing cell is, and what takes its place in each column.
#[derive(Debug)]
enum Imputer {
    F32 { missing: f32, values: Vec<f32> },
    I64 { missing: i64, values: Vec<i64> },
}

/// `Imputer`.
pub(super) fn imputer(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(1..=1)?;
    let (element, width) = args.numbers(0)?;
    let kernel = match (
        element,
        node.floats("imputed_value_floats")?,
        node.ints("imputed_value_int64s")?,
    ) {
        (Element::F32, Some(values), None) => Imputer::F32 {
            missing: node.float("replaced_value_float")?.unwrap_or(0.0),
            values: per_column(node, "imputed_value_floats", values, width)?,
        },
        (Element::I64, None, Some(values)) => Imputer::I64 {
            missing: node.int("replaced_value_int64")?.unwrap_or(0),
            values: per_column(node, "imputed_value_int64s", values, width)?,
        },
        _ => return Err(node.fail(format!("expected one list of values of type {element}"))),
    };
    Ok(Compiled::unary(kernel, args.rows(0)?.clone()))
}

impl Kernel for Imputer {
    #[expect(clippy::float_cmp, reason = "the operator replaces exactly one value")]
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        let columns = match self {
            Self::F32 { missing, values } => args[0]
                .iter()
                .zip(values)
                .map(|(column, &value)| {
                    Cell::F32(if missing.is_nan() {
                        column.f32().map(|x| if x.is_nan() { value } else { x })
                    } else {
                        column.f32().map(|x| if x == *missing { value } else { x })
                    })
                })
                .collect(),
            Self::I64 { missing, values } => args[0]
                .iter()
                .zip(values)
                .map(|(column, &value)| {
                    Cell::I64(column.i64().map(|x| if x == *missing { value } else { x }))
                })
                .collect(),
        };
        Ok(vec![columns])
    }
}

#[derive(Clone, Copy, Debug)]
enum Norm {
    Max,
    L1,
    L2,
}

/// `Normalizer`: every row divided by its maximum, its sum of magnitudes, or its length.
pub(super) fn normalizer(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(1..=1)?;
    let (_, width) = args.numbers(0)?;
    let norm = match node.string("norm")?.unwrap_or("MAX") {
        "MAX" => Norm::Max,
        "L1" => Norm::L1,
        "L2" => Norm::L2,
        other => return Err(node.fail(format!("norm `{other}`"))),
    };
    Ok(Compiled::unary(norm, Type::matrix(Element::F32, width)))
}

impl Kernel for Norm {
    fn run<'a>(&'a self, args: &[&Columns<'a>], rows: usize) -> Result<Vec<Columns<'a>>, RunError> {
        let cells: Vec<_> = args[0].iter().map(Cell::to_f32).collect();
        let mut out: Vec<Vec<f32>> = cells.iter().map(|_| Vec::with_capacity(rows)).collect();
        for row in 0..rows {
            let values = cells.iter().map(|cells| cells.get(row));
            let size = match self {
                Self::Max => values.fold(f32::NEG_INFINITY, f32::max),
                Self::L1 => values.map(f32::abs).sum(),
                Self::L2 => values.map(|x| x * x).sum::<f32>().sqrt(),
            };
            // A row of zeros has no direction: it stays as it is.
            let divisor = if size == 0.0 { 1.0 } else { size };
            for (out, cells) in out.iter_mut().zip(&cells) {
                out.push(cells.get(row) / divisor);
            }
        }
        Ok(vec![out.into_iter().map(column).collect()])
    }
}

#[derive(Debug)]
struct Binarizer {
    threshold: f32,
}

/// `Binarizer`: 1 above the threshold, else 0.
pub(super) fn binarizer(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(1..=1)?;
    args.floats(0)?;
    let threshold = node.float("threshold")?.unwrap_or(0.0);
    Ok(Compiled::unary(
        Binarizer { threshold },
        args.rows(0)?.clone(),
    ))
}

impl Kernel for Binarizer {
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        let columns = args[0].iter().map(|column| {
            Cell::F32(
                column
                    .f32()
                    .map(|x| if x > self.threshold { 1.0 } else { 0.0 }),
            )
        });
        Ok(vec![columns.collect()])
    }
}
