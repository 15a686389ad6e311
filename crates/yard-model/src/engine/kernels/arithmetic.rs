//! Element-wise arithmetic.

use super::super::Kernel;
use super::super::value::{Cell, Cells, Columns};
use super::{Arg, Args, Compiled, Type, beside, elementwise};
use crate::graph::{Data, Element, NodeView};
use crate::{ModelError, RunError};

#[derive(Clone, Copy, Debug)]
enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
}

/// `Add`, `Sub`, `Mul`, `Div`, and `Min` and `Max` of two.
pub(super) fn binary(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let operator = match node.operator() {
        "Add" => Binary::Add,
        "Sub" => Binary::Sub,
        "Mul" => Binary::Mul,
        "Div" => Binary::Div,
        "Min" => Binary::Min,
        _ => Binary::Max,
    };
    let args = Args::new(node, args).expect(2..=2)?;
    let (elements, shape) = elementwise(node, args)?;
    let element = match elements[..] {
        [left, right] if left == right => left,
        _ => return Err(node.fail("inputs of different types")),
    };
    // The quotient of integers by zero has no value that every runtime agrees on.
    if element == Element::I64 && matches!(operator, Binary::Div) {
        return Err(node.fail("division of integers is not supported"));
    }
    if matches!(element, Element::Bool | Element::Text) {
        return Err(node.fail(format!("arithmetic on {element}")));
    }
    Ok(Compiled::all(operator, 2, Type { element, shape }))
}

impl Kernel for Binary {
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        let width = args[0].len().max(args[1].len());
        let columns = (0..width)
            .map(|at| self.apply(beside(args[0], at), beside(args[1], at)))
            .collect();
        Ok(vec![columns])
    }
}

impl Binary {
    fn apply(self, left: &Cell<'_>, right: &Cell<'_>) -> Cell<'static> {
        match (left, right) {
            (Cell::F32(left), Cell::F32(right)) => Cell::F32(match self {
                Self::Add => left.zip(right, |a, b| a + b),
                Self::Sub => left.zip(right, |a, b| a - b),
                Self::Mul => left.zip(right, |a, b| a * b),
                Self::Div => left.zip(right, |a, b| a / b),
                Self::Min => left.zip(right, |a, b| if a <= b || a.is_nan() { a } else { b }),
                Self::Max => left.zip(right, |a, b| if a >= b || a.is_nan() { a } else { b }),
            }),
            (Cell::F64(left), Cell::F64(right)) => Cell::F64(match self {
                Self::Add => left.zip(right, |a, b| a + b),
                Self::Sub => left.zip(right, |a, b| a - b),
                Self::Mul => left.zip(right, |a, b| a * b),
                Self::Div => left.zip(right, |a, b| a / b),
                Self::Min => left.zip(right, |a, b| if a <= b || a.is_nan() { a } else { b }),
                Self::Max => left.zip(right, |a, b| if a >= b || a.is_nan() { a } else { b }),
            }),
            (Cell::I64(left), Cell::I64(right)) => Cell::I64(match self {
                Self::Add => left.zip(right, i64::wrapping_add),
                Self::Sub => left.zip(right, i64::wrapping_sub),
                Self::Mul => left.zip(right, i64::wrapping_mul),
                Self::Min => left.zip(right, i64::min),
                Self::Max => left.zip(right, i64::max),
                Self::Div => unreachable!("the compiler refuses division of integers"),
            }),
            _ => unreachable!("the compiler checked that both sides have the same numeric type"),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Unary {
    Abs,
    Ceil,
    Exp,
    Floor,
    Log,
    Neg,
    Reciprocal,
    Relu,
    Sigmoid,
    Sqrt,
    Tanh,
}

/// Functions of one number.
pub(super) fn unary(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let operator = match node.operator() {
        "Abs" => Unary::Abs,
        "Ceil" => Unary::Ceil,
        "Exp" => Unary::Exp,
        "Floor" => Unary::Floor,
        "Log" => Unary::Log,
        "Neg" => Unary::Neg,
        "Reciprocal" => Unary::Reciprocal,
        "Relu" => Unary::Relu,
        "Sigmoid" => Unary::Sigmoid,
        "Sqrt" => Unary::Sqrt,
        _ => Unary::Tanh,
    };
    let kind = Args::new(node, args).expect(1..=1)?.rows(0)?;
    match (kind.element, operator) {
        (Element::F32 | Element::F64, _) | (Element::I64, Unary::Abs | Unary::Neg) => {
            Ok(Compiled::unary(operator, kind.clone()))
        }
        (element, _) => Err(node.fail(format!("not defined for {element}"))),
    }
}

impl Kernel for Unary {
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

impl Unary {
    fn apply(self, column: &Cell<'_>) -> Cell<'static> {
        match column {
            Cell::F32(cells) => Cell::F32(match self {
                Self::Abs => cells.map(f32::abs),
                Self::Ceil => cells.map(f32::ceil),
                Self::Exp => cells.map(libm::expf),
                Self::Floor => cells.map(f32::floor),
                Self::Log => cells.map(libm::logf),
                Self::Neg => cells.map(|x| -x),
                Self::Reciprocal => cells.map(|x| 1.0 / x),
                Self::Relu => cells.map(|x| if x < 0.0 { 0.0 } else { x }),
                Self::Sigmoid => cells.map(sigmoid),
                Self::Sqrt => cells.map(f32::sqrt),
                Self::Tanh => cells.map(libm::tanhf),
            }),
            Cell::F64(cells) => Cell::F64(match self {
                Self::Abs => cells.map(f64::abs),
                Self::Ceil => cells.map(f64::ceil),
                Self::Exp => cells.map(libm::exp),
                Self::Floor => cells.map(f64::floor),
                Self::Log => cells.map(libm::log),
                Self::Neg => cells.map(|x| -x),
                Self::Reciprocal => cells.map(|x| 1.0 / x),
                Self::Relu => cells.map(|x| if x < 0.0 { 0.0 } else { x }),
                Self::Sigmoid => cells.map(|x| 1.0 / (1.0 + libm::exp(-x))),
                Self::Sqrt => cells.map(f64::sqrt),
                Self::Tanh => cells.map(libm::tanh),
            }),
            Cell::I64(cells) => Cell::I64(match self {
                Self::Abs => cells.map(i64::wrapping_abs),
                Self::Neg => cells.map(i64::wrapping_neg),
                _ => unreachable!("the compiler allows only Abs and Neg of integers"),
            }),
            _ => unreachable!("the compiler checked that this column is numeric"),
        }
    }
}

/// `1 / (1 + e^-x)`, rounded once.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the result is a float by definition"
)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    (1.0 / (1.0 + libm::exp(-f64::from(x)))) as f32
}

#[derive(Clone, Copy, Debug)]
struct Clip {
    low: f64,
    high: f64,
}

/// `Clip` of floats to constant bounds, which were attributes before version 11.
pub(super) fn clip(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(1..=3)?;
    let kind = args.rows(0)?;
    if !matches!(kind.element, Element::F32 | Element::F64) {
        return Err(node.fail(format!("not defined for {}", kind.element)));
    }
    let bound = |at: usize, name: &str| -> Result<Option<f64>, ModelError> {
        if node.version < 11 {
            return Ok(node.float(name)?.map(f64::from));
        }
        match args.constant(at)? {
            None => Ok(None),
            Some(constant) => match &constant.data {
                Data::F32(values) if values.len() == 1 => Ok(Some(f64::from(values[0]))),
                Data::F64(values) if values.len() == 1 => Ok(Some(values[0])),
                _ => Err(node.fail("a bound that is not one number")),
            },
        }
    };
    let low = bound(1, "min")?.unwrap_or(f64::NEG_INFINITY);
    let high = bound(2, "max")?.unwrap_or(f64::INFINITY);
    if low.is_nan() || high.is_nan() {
        return Err(node.fail("a bound that is not a number"));
    }
    Ok(Compiled::unary(Clip { low, high }, kind.clone()))
}

impl Kernel for Clip {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "bounds of float columns came from floats"
    )]
    fn run<'a>(
        &'a self,
        args: &[&Columns<'a>],
        _rows: usize,
    ) -> Result<Vec<Columns<'a>>, RunError> {
        let Self { low, high } = *self;
        let narrow = (low as f32, high as f32);
        // The lower bound first: with crossed bounds the upper one wins, as the specification says.
        let clip32 = |x: f32| {
            let raised = if x < narrow.0 { narrow.0 } else { x };
            if raised > narrow.1 { narrow.1 } else { raised }
        };
        let clip64 = |x: f64| {
            let raised = if x < low { low } else { x };
            if raised > high { high } else { raised }
        };
        let columns = args[0].iter().map(|column| match column {
            Cell::F64(cells) => Cell::F64(cells.map(clip64)),
            other => Cell::F32(other.f32().map(clip32)),
        });
        Ok(vec![columns.collect()])
    }
}

/// A column of 32-bit floats.
pub(super) fn column<'a>(cells: Vec<f32>) -> Cell<'a> {
    Cell::F32(Cells::from(cells))
}
