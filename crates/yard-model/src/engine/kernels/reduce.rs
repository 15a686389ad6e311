//! Across the columns of a row: sums, extremes, softmax.

use super::super::Kernel;
use super::super::value::{Cell, Cells, Columns};
use super::arithmetic::column;
use super::{Arg, Args, Compiled, Type, axis};
use crate::graph::{Element, NodeView};
use crate::{ModelError, RunError};

/// Refuses an axis other than the columns of a matrix, and gives the output's type.
fn along_columns(
    node: &NodeView<'_>,
    args: Args<'_, '_>,
    at: i64,
    element: Element,
) -> Result<Type, ModelError> {
    let tail = args
        .rows(0)?
        .shape
        .tail()
        .map_err(|reason| node.fail(reason))?;
    if tail.len() != 1 || axis(node, at, 2)? != 1 {
        return Err(node.fail("only axis 1 of a matrix is supported"));
    }
    let keep = node.int("keepdims")?.unwrap_or(1) != 0;
    Ok(if keep {
        Type::matrix(element, 1)
    } else {
        Type::vector(element)
    })
}

#[derive(Clone, Copy, Debug)]
enum Reduce {
    Sum,
    Mean,
    Max,
    Min,
}

/// `ReduceSum`, `ReduceMean`, `ReduceMax`, `ReduceMin` over the columns.
pub(super) fn reduce(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let (operator, input_since) = match node.operator() {
        "ReduceSum" => (Reduce::Sum, 13),
        "ReduceMean" => (Reduce::Mean, 18),
        "ReduceMax" => (Reduce::Max, 18),
        _ => (Reduce::Min, 18),
    };
    let args = Args::new(node, args).expect(1..=2)?;
    args.floats(0)?;
    let axes = if node.version < input_since {
        node.ints("axes")?
    } else {
        args.integers(1)?
    };
    let Some(&[at]) = axes else {
        return Err(node.fail("expected one axis"));
    };
    Ok(Compiled::unary(
        operator,
        along_columns(node, args, at, Element::F32)?,
    ))
}

impl Kernel for Reduce {
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        let mut total = args[0][0].f32().clone();
        for next in &args[0][1..] {
            total = match self {
                Self::Sum | Self::Mean => total.zip(next.f32(), |a, b| a + b),
                Self::Max => total.zip(next.f32(), |a, b| if a >= b || a.is_nan() { a } else { b }),
                Self::Min => total.zip(next.f32(), |a, b| if a <= b || a.is_nan() { a } else { b }),
            };
        }
        if matches!(self, Self::Mean) {
            let count = args[0].len() as f32;
            total = total.map(|sum| sum / count);
        }
        Ok(vec![vec![Cell::F32(total)]])
    }
}

#[derive(Debug)]
struct ArgMax {
    last: bool,
}

/// `ArgMax` over the columns.
pub(super) fn arg_max(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(1..=1)?;
    args.floats(0)?;
    let last = node.int("select_last_index")?.unwrap_or(0) != 0;
    let output = along_columns(node, args, node.int("axis")?.unwrap_or(0), Element::I64)?;
    Ok(Compiled::unary(ArgMax { last }, output))
}

impl Kernel for ArgMax {
    fn run<'a>(&'a self, args: &[&Columns<'a>], rows: usize) -> Result<Vec<Columns<'a>>, RunError> {
        let mut best: Vec<f32> = (0..rows).map(|row| args[0][0].f32().get(row)).collect();
        let mut at = vec![0_i64; rows];
        for (position, column) in (0..).zip(args[0]).skip(1) {
            let cells = column.f32();
            for row in 0..rows {
                let value = cells.get(row);
                if value > best[row] || self.last && value >= best[row] {
                    best[row] = value;
                    at[row] = position;
                }
            }
        }
        Ok(vec![vec![Cell::I64(Cells::from(at))]])
    }
}

#[derive(Debug)]
struct Softmax;

/// `Softmax` over the columns.
pub(super) fn softmax(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(1..=1)?;
    let width = args.floats(0)?;
    let at = node
        .int("axis")?
        .unwrap_or(if node.version < 13 { 1 } else { -1 });
    along_columns(node, args, at, Element::F32)?;
    Ok(Compiled::unary(Softmax, Type::matrix(Element::F32, width)))
}

impl Kernel for Softmax {
    fn run<'a>(&'a self, args: &[&Columns<'a>], rows: usize) -> Result<Vec<Columns<'a>>, RunError> {
        let mut out: Vec<Vec<f32>> = args[0].iter().map(|_| Vec::with_capacity(rows)).collect();
        let mut values = vec![0.0; out.len()];
        for row in 0..rows {
            for (value, column) in values.iter_mut().zip(args[0]) {
                *value = column.f32().get(row);
            }
            super::post::softmax(&mut values);
            for (out, &value) in out.iter_mut().zip(&values) {
                out.push(value);
            }
        }
        Ok(vec![out.into_iter().map(column).collect()])
    }
}
