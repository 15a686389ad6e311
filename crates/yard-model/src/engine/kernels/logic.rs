//! Comparisons, flags and choices.

use super::super::Kernel;
use super::super::value::{Cell, Cells, Columns};
use super::{Arg, Args, Compiled, Type, beside, elementwise};
use crate::graph::{Element, NodeView};
use crate::{ModelError, RunError};

#[derive(Clone, Copy, Debug)]
enum Compare {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
}

/// The comparisons; of texts only `Equal`.
pub(super) fn compare(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let operator = match node.operator() {
        "Less" => Compare::Less,
        "LessOrEqual" => Compare::LessOrEqual,
        "Greater" => Compare::Greater,
        "GreaterOrEqual" => Compare::GreaterOrEqual,
        _ => Compare::Equal,
    };
    let (elements, shape) = elementwise(node, Args::new(node, args).expect(2..=2)?)?;
    match (elements[0], operator) {
        _ if elements[0] != elements[1] => Err(node.fail("inputs of different types")),
        (Element::Bool | Element::Text, operator) if !matches!(operator, Compare::Equal) => {
            Err(node.fail(format!("not defined for {}", elements[0])))
        }
        _ => Ok(Compiled::all(
            operator,
            2,
            Type {
                element: Element::Bool,
                shape,
            },
        )),
    }
}

impl Kernel for Compare {
    fn run<'a>(&'a self, args: &[&Columns<'a>], rows: usize) -> Result<Vec<Columns<'a>>, RunError> {
        let width = args[0].len().max(args[1].len());
        let columns = (0..width)
            .map(|at| Cell::Bool(self.apply(beside(args[0], at), beside(args[1], at), rows)))
            .collect();
        Ok(vec![columns])
    }
}

impl Compare {
    #[expect(
        clippy::float_cmp,
        reason = "the operator is defined as exact equality"
    )]
    fn apply(self, left: &Cell<'_>, right: &Cell<'_>, rows: usize) -> Cells<'static, bool> {
        match (left, right) {
            (Cell::F32(left), Cell::F32(right)) => match self {
                Self::Less => left.zip(right, |a, b| a < b),
                Self::LessOrEqual => left.zip(right, |a, b| a <= b),
                Self::Greater => left.zip(right, |a, b| a > b),
                Self::GreaterOrEqual => left.zip(right, |a, b| a >= b),
                Self::Equal => left.zip(right, |a, b| a == b),
            },
            (Cell::F64(left), Cell::F64(right)) => match self {
                Self::Less => left.zip(right, |a, b| a < b),
                Self::LessOrEqual => left.zip(right, |a, b| a <= b),
                Self::Greater => left.zip(right, |a, b| a > b),
                Self::GreaterOrEqual => left.zip(right, |a, b| a >= b),
                Self::Equal => left.zip(right, |a, b| a == b),
            },
            (Cell::I64(left), Cell::I64(right)) => match self {
                Self::Less => left.zip(right, |a, b| a < b),
                Self::LessOrEqual => left.zip(right, |a, b| a <= b),
                Self::Greater => left.zip(right, |a, b| a > b),
                Self::GreaterOrEqual => left.zip(right, |a, b| a >= b),
                Self::Equal => left.zip(right, |a, b| a == b),
            },
            (Cell::Bool(left), Cell::Bool(right)) => left.zip(right, |a, b| a == b),
            (Cell::Text(left), Cell::Text(right)) => match (&left.codes, &right.codes) {
                (_, Cells::Every(_)) => left.map(|text| text == right.get(0)),
                (Cells::Every(_), _) => right.map(|text| text == left.get(0)),
                _ => (0..rows)
                    .map(|row| left.get(row) == right.get(row))
                    .collect::<Vec<_>>()
                    .into(),
            },
            _ => unreachable!("the compiler checked that both sides have the same type"),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Binary {
    And,
    Or,
    Xor,
}

/// `And`, `Or`, `Xor`.
pub(super) fn binary(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let operator = match node.operator() {
        "And" => Binary::And,
        "Or" => Binary::Or,
        _ => Binary::Xor,
    };
    let (elements, shape) = elementwise(node, Args::new(node, args).expect(2..=2)?)?;
    if elements.iter().any(|&element| element != Element::Bool) {
        return Err(node.fail("expected flags"));
    }
    Ok(Compiled::all(
        operator,
        2,
        Type {
            element: Element::Bool,
            shape,
        },
    ))
}

impl Kernel for Binary {
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        let width = args[0].len().max(args[1].len());
        let columns = (0..width)
            .map(|at| {
                let (left, right) = (beside(args[0], at).bool(), beside(args[1], at).bool());
                Cell::Bool(match self {
                    Self::And => left.zip(right, |a, b| a & b),
                    Self::Or => left.zip(right, |a, b| a | b),
                    Self::Xor => left.zip(right, |a, b| a ^ b),
                })
            })
            .collect();
        Ok(vec![columns])
    }
}

#[derive(Debug)]
struct Not;

/// `Not`.
pub(super) fn not(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let kind = Args::new(node, args).expect(1..=1)?.rows(0)?;
    if kind.element != Element::Bool {
        return Err(node.fail("expected flags"));
    }
    Ok(Compiled::unary(Not, kind.clone()))
}

impl Kernel for Not {
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        Ok(vec![
            args[0]
                .iter()
                .map(|column| Cell::Bool(column.bool().map(|flag| !flag)))
                .collect(),
        ])
    }
}

#[derive(Debug)]
struct IsNan;

/// `IsNaN`.
pub(super) fn is_nan(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let kind = Args::new(node, args).expect(1..=1)?.rows(0)?;
    if !matches!(kind.element, Element::F32 | Element::F64) {
        return Err(node.fail(format!("not defined for {}", kind.element)));
    }
    Ok(Compiled::unary(
        IsNan,
        Type {
            element: Element::Bool,
            shape: kind.shape.clone(),
        },
    ))
}

impl Kernel for IsNan {
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        let columns = args[0].iter().map(|column| {
            Cell::Bool(match column {
                Cell::F64(cells) => cells.map(f64::is_nan),
                other => other.f32().map(f32::is_nan),
            })
        });
        Ok(vec![columns.collect()])
    }
}

#[derive(Debug)]
struct Choose;

/// `Where`, of numbers or flags.
pub(super) fn choose(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let (elements, shape) = elementwise(node, Args::new(node, args).expect(3..=3)?)?;
    match elements[..] {
        [Element::Bool, yes, no] if yes == no && yes != Element::Text => Ok(Compiled::all(
            Choose,
            3,
            Type {
                element: yes,
                shape,
            },
        )),
        _ => Err(node.fail("expected flags and two inputs of one numeric type")),
    }
}

impl Kernel for Choose {
    fn run<'a>(&'a self, args: &[&Columns<'a>], rows: usize) -> Result<Vec<Columns<'a>>, RunError> {
        let width = args.iter().map(|columns| columns.len()).max().unwrap_or(0);
        let columns = (0..width)
            .map(|at| {
                let flags = beside(args[0], at).bool();
                match (beside(args[1], at), beside(args[2], at)) {
                    (Cell::F32(yes), Cell::F32(no)) => Cell::F32(pick(flags, yes, no, rows)),
                    (Cell::F64(yes), Cell::F64(no)) => Cell::F64(pick(flags, yes, no, rows)),
                    (Cell::I64(yes), Cell::I64(no)) => Cell::I64(pick(flags, yes, no, rows)),
                    (Cell::Bool(yes), Cell::Bool(no)) => Cell::Bool(pick(flags, yes, no, rows)),
                    _ => unreachable!("the compiler checked that both choices have the same type"),
                }
            })
            .collect();
        Ok(vec![columns])
    }
}

fn pick<T: Copy>(
    flags: &Cells<'_, bool>,
    yes: &Cells<'_, T>,
    no: &Cells<'_, T>,
    rows: usize,
) -> Cells<'static, T> {
    let choose = |row| {
        if flags.get(row) {
            yes.get(row)
        } else {
            no.get(row)
        }
    };
    if flags.slice().is_none() && yes.slice().is_none() && no.slice().is_none() {
        return Cells::Every(choose(0));
    }
    (0..rows).map(choose).collect::<Vec<_>>().into()
}
