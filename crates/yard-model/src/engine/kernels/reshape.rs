//! Changes of type and of shape; rows stay rows.

use super::super::Kernel;
use super::super::value::{Cell, Columns};
use super::{Arg, Args, Compiled, Type, axis};
use crate::graph::{Element, NodeView, Shape};
use crate::{ModelError, RunError};

/// The columns as they are, under another shape.
#[derive(Debug)]
struct Keep;

impl Kernel for Keep {
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        Ok(vec![args[0].clone()])
    }
}

/// `Identity`.
pub(super) fn identity(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let kind = Args::new(node, args).expect(1..=1)?.rows(0)?;
    Ok(Compiled::unary(Keep, kind.clone()))
}

#[derive(Debug)]
struct Cast {
    to: Element,
}

/// `Cast` between numbers and flags.
pub(super) fn cast(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let kind = Args::new(node, args).expect(1..=1)?.rows(0)?;
    let to = node.int("to")?.ok_or_else(|| node.fail("no `to`"))?;
    let to = i32::try_from(to)
        .map_err(|_| format!("element type {to}"))
        .and_then(Element::from_onnx)
        .map_err(|reason| node.fail(reason))?;
    let output = Type {
        element: to,
        shape: kind.shape.clone(),
    };
    if kind.element == to {
        return Ok(Compiled::unary(Keep, output));
    }
    if to == Element::Text || kind.element == Element::Text {
        return Err(node.fail("conversion from or to text is not supported"));
    }
    Ok(Compiled::unary(Cast { to }, output))
}

impl Kernel for Cast {
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        Ok(vec![
            args[0].iter().map(|column| self.apply(column)).collect(),
        ])
    }
}

impl Cast {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast to an integer drops the fraction by definition"
    )]
    fn apply<'a>(&self, column: &Cell<'a>) -> Cell<'a> {
        match self.to {
            Element::F32 => Cell::F32(column.to_f32()),
            Element::F64 => Cell::F64(match column {
                Cell::I64(cells) => cells.map(|value| value as f64),
                Cell::Bool(cells) => cells.map(|value| if value { 1.0 } else { 0.0 }),
                other => other.f32().map(f64::from),
            }),
            Element::I64 => Cell::I64(match column {
                Cell::F64(cells) => cells.map(|value| value as i64),
                Cell::Bool(cells) => cells.map(i64::from),
                other => other.f32().map(|value| value as i64),
            }),
            Element::Bool => Cell::Bool(match column {
                Cell::F64(cells) => cells.map(|value| value != 0.0),
                Cell::I64(cells) => cells.map(|value| value != 0),
                other => other.f32().map(|value| value != 0.0),
            }),
            Element::Text => unreachable!("the compiler refuses casts to text"),
        }
    }
}

/// `Reshape` to a constant shape that keeps the rows.
pub(super) fn reshape(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(2..=2)?;
    let kind = args.rows(0)?;
    let target = args.integers(1)?.ok_or_else(|| node.fail("no shape"))?;
    if node.int("allowzero")?.unwrap_or(0) != 0 {
        return Err(node.fail("`allowzero` is not supported"));
    }
    let Some((&first, rest)) = target.split_first() else {
        return Err(node.fail("a scalar is not a table of rows"));
    };
    let own: &[usize] = match &kind.shape {
        Shape::Rows(tail) => tail,
        Shape::Across => &[],
    };
    let width = kind.shape.width();
    // 0 keeps a dimension, -1 takes what is left over. With -1 first the rest must be the whole row.
    let keeps_rows = first == -1 || first == 0 && kind.shape != Shape::Across;
    if !keeps_rows || rest.len() > 3 {
        return Err(node.fail(format!("shape {target:?} does not keep the rows")));
    }
    let mut tail = Vec::with_capacity(rest.len());
    let mut open = None;
    for (at, &size) in rest.iter().enumerate() {
        tail.push(match size {
            0 if kind.shape != Shape::Across && at < own.len() => own[at],
            -1 if first != -1 && open.is_none() => {
                open = Some(at);
                1
            }
            size => usize::try_from(size)
                .ok()
                .filter(|&size| size > 0 && size <= width)
                .ok_or_else(|| {
                    node.fail(format!("shape {target:?} does not fit rows of {width}"))
                })?,
        });
    }
    let known: usize = tail
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size))
        .unwrap_or(0);
    if let Some(at) = open
        && known > 0
    {
        tail[at] = width / known;
    }
    if tail
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size))
        != Some(width)
    {
        return Err(node.fail(format!("shape {target:?} does not keep rows of {width}")));
    }
    Ok(Compiled::unary(
        Keep,
        Type {
            element: kind.element,
            shape: Shape::Rows(tail),
        },
    ))
}

/// `Flatten` after the row dimension.
pub(super) fn flatten(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let kind = Args::new(node, args).expect(1..=1)?.rows(0)?;
    let rank = kind.shape.tail().map_err(|reason| node.fail(reason))?.len() + 1;
    let at = node.int("axis")?.unwrap_or(1);
    if rank < 2 || axis(node, at, rank)? != 1 {
        return Err(node.fail(format!(
            "axis {at} of {} does not keep the rows",
            kind.shape
        )));
    }
    Ok(Compiled::unary(
        Keep,
        Type::matrix(kind.element, kind.shape.width()),
    ))
}

/// The axes of `Squeeze` and `Unsqueeze`: an input from version 13, an attribute before.
fn axes<'v>(node: &'v NodeView<'_>, args: Args<'v, '_>) -> Result<Option<&'v [i64]>, ModelError> {
    if node.version < 13 {
        node.ints("axes")
    } else {
        args.integers(1)
    }
}

/// `Squeeze` of dimensions that are 1.
pub(super) fn squeeze(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(1..=2)?;
    let kind = args.rows(0)?;
    let tail = kind.shape.tail().map_err(|reason| node.fail(reason))?;
    let given = axes(node, args)?
        .ok_or_else(|| node.fail("without axes the result depends on the number of rows"))?;
    let mut drop = vec![false; tail.len() + 1];
    for &at in given {
        drop[axis(node, at, tail.len() + 1)?] = true;
    }
    if drop[0] {
        return Err(node.fail("squeezes the rows away"));
    }
    if tail
        .iter()
        .zip(&drop[1..])
        .any(|(&size, &drop)| drop && size != 1)
    {
        return Err(node.fail(format!(
            "squeezes a dimension of {} that is not 1",
            kind.shape
        )));
    }
    let tail = tail
        .iter()
        .zip(&drop[1..])
        .filter(|(_, drop)| !**drop)
        .map(|(&size, _)| size)
        .collect();
    Ok(Compiled::unary(
        Keep,
        Type {
            element: kind.element,
            shape: Shape::Rows(tail),
        },
    ))
}

/// `Unsqueeze` after the row dimension.
pub(super) fn unsqueeze(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(1..=2)?;
    let kind = args.rows(0)?;
    let tail = kind.shape.tail().map_err(|reason| node.fail(reason))?;
    let given = axes(node, args)?.ok_or_else(|| node.fail("no axes"))?;
    let rank = tail.len() + 1 + given.len();
    if given.is_empty() || rank > 4 {
        return Err(node.fail(format!("{} axes for {}", given.len(), kind.shape)));
    }
    let mut added = vec![false; rank];
    for &at in given {
        let at = axis(node, at, rank)?;
        if added[at] {
            return Err(node.fail("the same axis twice"));
        }
        added[at] = true;
    }
    if added[0] {
        return Err(node.fail("puts a dimension before the rows"));
    }
    let mut own = tail.iter().copied();
    let tail = added[1..]
        .iter()
        .map(|&added| if added { 1 } else { own.next().unwrap_or(1) })
        .collect();
    Ok(Compiled::unary(
        Keep,
        Type {
            element: kind.element,
            shape: Shape::Rows(tail),
        },
    ))
}
