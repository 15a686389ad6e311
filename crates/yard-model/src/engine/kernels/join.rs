//! Columns put together and taken apart; nothing is copied.

use super::super::Kernel;
use super::super::value::{Cell, Cells, Columns, TextCells};
use super::{Arg, Args, Compiled, Type, axis};
use crate::graph::{Constant, Data, Element, NodeView, Shape};
use crate::{ModelError, RunError};

/// Groups of `widths[argument]` columns, taken in turn from every argument, `times` over.
#[derive(Debug)]
struct Concat {
    widths: Vec<usize>,
    times: usize,
}

/// `Concat` along any axis but the rows.
pub(super) fn concat(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(1..=usize::MAX)?;
    let fail = |reason: String| node.fail(reason);
    let first = (0..args.len())
        .find_map(|at| {
            if let Arg::Rows(kind) = args.at(at) {
                Some(kind)
            } else {
                None
            }
        })
        .ok_or_else(|| node.fail("all inputs are constants"))?;
    let rank = first.shape.tail().map_err(fail)?.len() + 1;
    let along = axis(node, node.int("axis")?.unwrap_or(1), rank)?;
    if along == 0 {
        return Err(node.fail("joins rows, which must stay apart"));
    }
    let mut tail = first.shape.tail().map_err(fail)?.to_vec();
    tail[along - 1] = 0;
    let mut widths = Vec::with_capacity(args.len());
    for at in 0..args.len() {
        let kind = args.rows(at)?;
        let own = kind.shape.tail().map_err(fail)?;
        let fits = own.len() + 1 == rank
            && (0..own.len()).all(|dim| dim == along - 1 || own[dim] == tail[dim])
            && kind.element == first.element;
        if !fits {
            return Err(node.fail(format!(
                "input {at} of {} {} does not fit",
                kind.element, kind.shape
            )));
        }
        tail[along - 1] += own[along - 1];
        widths.push(own[along - 1..].iter().product());
    }
    let times = tail[..along - 1].iter().product();
    let shape = Shape::Rows(tail).check().map_err(fail)?;
    let element = first.element;
    Ok(Compiled::all(
        Concat { widths, times },
        args.len(),
        Type { element, shape },
    ))
}

impl Kernel for Concat {
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        let mut columns = Vec::with_capacity(self.times * self.widths.iter().sum::<usize>());
        for time in 0..self.times {
            for (argument, &width) in args.iter().zip(&self.widths) {
                columns.extend_from_slice(&argument[time * width..(time + 1) * width]);
            }
        }
        Ok(vec![columns])
    }
}

/// `FeatureVectorizer`: numbers of any type become one matrix of floats.
pub(super) fn feature_vectorizer(
    node: &NodeView<'_>,
    args: &[Arg<'_>],
) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(1..=usize::MAX)?;
    let declared = node.ints("inputdimensions")?;
    if declared.is_some_and(|declared| declared.len() != args.len()) {
        return Err(node.fail("`inputdimensions` must name every input"));
    }
    let mut total = 0;
    for at in 0..args.len() {
        let (_, width) = args.numbers(at)?;
        if declared.is_some_and(|declared| usize::try_from(declared[at]) != Ok(width)) {
            return Err(node.fail(format!(
                "input {at} has {width} columns, another number is declared"
            )));
        }
        total += width;
    }
    let shape = Shape::matrix(total)
        .check()
        .map_err(|reason| node.fail(reason))?;
    Ok(Compiled::all(
        FeatureVectorizer,
        args.len(),
        Type {
            element: Element::F32,
            shape,
        },
    ))
}

#[derive(Debug)]
struct FeatureVectorizer;

impl Kernel for FeatureVectorizer {
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        let columns = args
            .iter()
            .flat_map(|columns| columns.iter().map(|column| Cell::F32(column.to_f32())));
        Ok(vec![columns.collect()])
    }
}

/// Columns by position.
#[derive(Debug)]
struct Select {
    positions: Vec<usize>,
}

impl Kernel for Select {
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        Ok(vec![
            self.positions
                .iter()
                .map(|&at| args[0][at].clone())
                .collect(),
        ])
    }
}

/// Positions within `width`, counted from the end where negative.
fn positions(node: &NodeView<'_>, indices: &[i64], width: usize) -> Result<Vec<usize>, ModelError> {
    indices
        .iter()
        .map(|&index| axis(node, index, width))
        .collect()
}

/// `ArrayFeatureExtractor`: columns by constant indices, or constants by an index a row.
pub(super) fn array_feature_extractor(
    node: &NodeView<'_>,
    args: &[Arg<'_>],
) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(2..=2)?;
    if let (Arg::Constant(list), Arg::Rows(index)) = (args.at(0), args.at(1)) {
        return look_up(node, list, index);
    }
    let kind = args.rows(0)?;
    let width = kind.shape.columns().map_err(|reason| node.fail(reason))?;
    let indices = args.integers(1)?.ok_or_else(|| node.fail("no indices"))?;
    let positions = positions(node, indices, width)?;
    let shape = Shape::matrix(positions.len())
        .check()
        .map_err(|reason| node.fail(reason))?;
    Ok(Compiled::unary(
        Select { positions },
        Type {
            element: kind.element,
            shape,
        },
    ))
}

/// `Gather` of columns by constant indices.
pub(super) fn gather(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(2..=2)?;
    let kind = args.rows(0)?;
    let [width] = *kind.shape.tail().map_err(|reason| node.fail(reason))? else {
        return Err(node.fail(format!("expected a matrix, found {}", kind.shape)));
    };
    if axis(node, node.int("axis")?.unwrap_or(0), 2)? != 1 {
        return Err(node.fail("selects rows, which must stay apart"));
    }
    let indices = args.constant(1)?.ok_or_else(|| node.fail("no indices"))?;
    let positions = positions(
        node,
        indices.integers().map_err(|reason| node.fail(reason))?,
        width,
    )?;
    let shape = match indices.dims[..] {
        [] => Shape::Rows(Vec::new()),
        [count] => Shape::matrix(count),
        _ => return Err(node.fail("indices of more than one dimension")),
    };
    let shape = shape.check().map_err(|reason| node.fail(reason))?;
    Ok(Compiled::unary(
        Select { positions },
        Type {
            element: kind.element,
            shape,
        },
    ))
}

/// A list of constants that is indexed row by row.
#[derive(Debug)]
struct LookUp {
    list: Data,
}

fn look_up(node: &NodeView<'_>, list: &Constant, index: &Type) -> Result<Compiled, ModelError> {
    let flat = matches!(list.dims[..], [_] | [1, _]);
    if !flat || list.data.len() == 0 || u32::try_from(list.data.len()).is_err() {
        return Err(node.fail("expected a list to take from"));
    }
    if index.element != Element::I64 || index.shape.width() != 1 {
        return Err(node.fail("expected one int64 index a row"));
    }
    let output = Type {
        element: list.element(),
        shape: Shape::Across,
    };
    Ok(Compiled {
        kernel: Box::new(LookUp {
            list: list.data.clone(),
        }),
        reads: vec![1],
        outputs: vec![output],
    })
}

impl Kernel for LookUp {
    fn run<'a>(&'a self, args: &[&Columns<'a>], rows: usize) -> Result<Vec<Columns<'a>>, RunError> {
        let indices = args[0][0].i64();
        let count = self.list.len();
        let mut codes = Vec::with_capacity(rows);
        for row in 0..rows {
            let index = indices.get(row);
            match u32::try_from(index) {
                Ok(code) if (code as usize) < count => codes.push(code),
                _ => {
                    return Err(RunError::Value {
                        node: "ArrayFeatureExtractor",
                        reason: format!("index {index} into a list of {count}"),
                    });
                }
            }
        }
        let codes = Cells::from(codes);
        Ok(vec![vec![match &self.list {
            Data::F32(list) => Cell::F32(codes.map(|at| list[at as usize])),
            Data::F64(list) => Cell::F64(codes.map(|at| list[at as usize])),
            Data::I64(list) => Cell::I64(codes.map(|at| list[at as usize])),
            Data::Bool(list) => Cell::Bool(codes.map(|at| list[at as usize])),
            Data::Text(levels) => Cell::Text(TextCells { levels, codes }),
        }]])
    }
}
