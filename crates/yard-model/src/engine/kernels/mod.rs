//! The operators: each file holds a family, each operator a function that compiles its node.

mod arithmetic;
mod encode;
mod join;
mod labels;
mod linear;
mod logic;
mod post;
mod quantized;
mod reduce;
mod reshape;
mod scale;

pub(super) use labels::{Labels, arg_max};
pub(super) use post::Post;
pub(super) use quantized::{cast_constant, dequantize};

use super::Kernel;
use super::trees;
use super::value::{Cell, Columns};
use crate::ModelError;
use crate::graph::{Constant, Element, NodeView, Shape};

/// Element type and shape of a value that has one entry a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Type {
    pub(super) element: Element,
    pub(super) shape: Shape,
}

impl Type {
    /// `[N, width]`.
    pub(super) fn matrix(element: Element, width: usize) -> Self {
        Self {
            element,
            shape: Shape::matrix(width),
        }
    }

    /// `[N]`.
    pub(super) fn vector(element: Element) -> Self {
        Self {
            element,
            shape: Shape::Rows(Vec::new()),
        }
    }
}

/// An argument of a node while it is compiled.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arg<'m> {
    /// Left out.
    Absent,
    /// Known now.
    Constant(&'m Constant),
    /// Known row by row.
    Rows(&'m Type),
}

/// A compiled node: which of its arguments the kernel wants when it runs, and what it yields.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) kernel: Box<dyn Kernel>,
    pub(super) reads: Vec<usize>,
    pub(super) outputs: Vec<Type>,
}

impl Compiled {
    /// A kernel of one argument and one result.
    pub(super) fn unary(kernel: impl Kernel + 'static, output: Type) -> Self {
        Self {
            kernel: Box::new(kernel),
            reads: vec![0],
            outputs: vec![output],
        }
    }

    /// A kernel that reads all arguments and has one result.
    pub(super) fn all(kernel: impl Kernel + 'static, count: usize, output: Type) -> Self {
        Self {
            kernel: Box::new(kernel),
            reads: (0..count).collect(),
            outputs: vec![output],
        }
    }
}

/// The arguments of a node, with errors that name it.
#[derive(Clone, Copy)]
pub(super) struct Args<'v, 'm> {
    node: &'v NodeView<'m>,
    args: &'v [Arg<'v>],
}

impl<'v, 'm> Args<'v, 'm> {
    pub(super) fn new(node: &'v NodeView<'m>, args: &'v [Arg<'v>]) -> Self {
        Self { node, args }
    }

    pub(super) fn len(self) -> usize {
        self.args.len()
    }

    pub(super) fn at(self, at: usize) -> Arg<'v> {
        self.args.get(at).copied().unwrap_or(Arg::Absent)
    }

    /// Refuses a number of arguments outside a range.
    pub(super) fn expect(self, range: std::ops::RangeInclusive<usize>) -> Result<Self, ModelError> {
        if range.contains(&self.args.len()) {
            Ok(self)
        } else {
            Err(self.node.fail(format!("{} inputs", self.args.len())))
        }
    }

    /// The argument at a position, which must vary by row.
    pub(super) fn rows(self, at: usize) -> Result<&'v Type, ModelError> {
        match self.at(at) {
            Arg::Rows(kind) => Ok(kind),
            Arg::Constant(_) => Err(self
                .node
                .fail(format!("input {at} is a constant, expected rows"))),
            Arg::Absent => Err(self.node.fail(format!("input {at} is missing"))),
        }
    }

    /// A matrix `[N, K]` (or `[N]`, read as one column) of numbers: its element type and `K`.
    pub(super) fn numbers(self, at: usize) -> Result<(Element, usize), ModelError> {
        let kind = self.rows(at)?;
        if kind.element == Element::Text {
            return Err(self
                .node
                .fail(format!("input {at} is text, expected numbers")));
        }
        let width = kind
            .shape
            .columns()
            .map_err(|reason| self.node.fail(reason))?;
        Ok((kind.element, width))
    }

    /// As [`Args::numbers`], of 32-bit floats only.
    pub(super) fn floats(self, at: usize) -> Result<usize, ModelError> {
        match self.numbers(at)? {
            (Element::F32, width) => Ok(width),
            (element, _) => Err(self
                .node
                .fail(format!("input {at} is {element}, expected float"))),
        }
    }

    /// A constant argument, or none.
    pub(super) fn constant(self, at: usize) -> Result<Option<&'v Constant>, ModelError> {
        match self.at(at) {
            Arg::Constant(constant) => Ok(Some(constant)),
            Arg::Absent => Ok(None),
            Arg::Rows(_) => Err(self.node.fail(format!("input {at} must be a constant"))),
        }
    }

    /// The integers of a constant argument, or none.
    pub(super) fn integers(self, at: usize) -> Result<Option<&'v [i64]>, ModelError> {
        self.constant(at)?
            .map(|constant| constant.integers().map_err(|reason| self.node.fail(reason)))
            .transpose()
    }
}

/// Compiles a node of one operator.
pub(super) type Make = fn(&NodeView<'_>, &[Arg<'_>]) -> Result<Compiled, ModelError>;

/// The operator of that name.
pub(super) fn find(domain: &str, operator: &str) -> Option<Make> {
    let make: Make = match (domain, operator) {
        ("ai.onnx.ml", _) => return find_ml(operator),
        ("", "Add" | "Sub" | "Mul" | "Div" | "Min" | "Max") => arithmetic::binary,
        (
            "",
            "Abs" | "Ceil" | "Exp" | "Floor" | "Log" | "Neg" | "Reciprocal" | "Relu" | "Sigmoid"
            | "Sqrt" | "Tanh",
        ) => arithmetic::unary,
        ("", "Clip") => arithmetic::clip,
        ("", "And" | "Or" | "Xor") => logic::binary,
        ("", "Not") => logic::not,
        ("", "IsNaN") => logic::is_nan,
        ("", "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual" | "Equal") => logic::compare,
        ("", "Where") => logic::choose,
        ("", "Cast") => reshape::cast,
        ("", "Identity") => reshape::identity,
        ("", "Reshape") => reshape::reshape,
        ("", "Flatten") => reshape::flatten,
        ("", "Squeeze") => reshape::squeeze,
        ("", "Unsqueeze") => reshape::unsqueeze,
        ("", "Concat") => join::concat,
        ("", "Gather") => join::gather,
        ("", "Gemm") => linear::gemm,
        ("", "MatMul") => linear::matmul,
        ("", "Softmax") => reduce::softmax,
        ("", "ArgMax") => reduce::arg_max,
        ("", "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin") => reduce::reduce,
        _ => return None,
    };
    Some(make)
}

fn find_ml(operator: &str) -> Option<Make> {
    Some(match operator {
        "ArrayFeatureExtractor" => join::array_feature_extractor,
        "Binarizer" => scale::binarizer,
        "FeatureVectorizer" => join::feature_vectorizer,
        "Imputer" => scale::imputer,
        "LabelEncoder" => encode::label_encoder,
        "LinearClassifier" => linear::classifier,
        "LinearRegressor" => linear::regressor,
        "Normalizer" => scale::normalizer,
        "OneHotEncoder" => encode::one_hot,
        "Scaler" => scale::scaler,
        "TreeEnsembleClassifier" => trees::classifier,
        "TreeEnsembleRegressor" => trees::regressor,
        _ => return None,
    })
}

/// The axis counted from the front, for a value of `rank` dimensions.
fn axis(node: &NodeView<'_>, axis: i64, rank: usize) -> Result<usize, ModelError> {
    let signed = i64::try_from(rank).unwrap_or(i64::MAX);
    let counted = if axis < 0 {
        axis.saturating_add(signed)
    } else {
        axis
    };
    usize::try_from(counted)
        .ok()
        .filter(|&counted| counted < rank)
        .ok_or_else(|| node.fail(format!("axis {axis} of a value of {rank} dimensions")))
}

/// The shape that two values have together: equal, or one of them of width 1.
///
/// Both must have the same number of dimensions, or one must be a plain constant; longer tails must be equal.
fn broadcast(left: &Shape, right: &Shape) -> Result<Shape, String> {
    let (a, b) = (left.tail()?, right.tail()?);
    if a == b || right.width() == 1 && b.len() <= a.len() {
        Ok(left.clone())
    } else if left.width() == 1 && a.len() <= b.len() {
        Ok(right.clone())
    } else {
        Err(format!("shapes {left} and {right} do not fit together"))
    }
}

/// The types of arguments of an element-wise operator, constants beside rows, and their common shape.
fn elementwise(
    node: &NodeView<'_>,
    args: Args<'_, '_>,
) -> Result<(Vec<Element>, Shape), ModelError> {
    let mut rank = None;
    for at in 0..args.len() {
        if let Arg::Rows(kind) = args.at(at) {
            let tail = kind.shape.tail().map_err(|reason| node.fail(reason))?;
            if rank.is_some_and(|rank| rank != tail.len() + 1) {
                return Err(node.fail("inputs of different rank"));
            }
            rank = Some(tail.len() + 1);
        }
    }
    let rank = rank.ok_or_else(|| node.fail("all inputs are constants"))?;
    let mut elements = Vec::new();
    let mut shape = Shape::Rows(vec![1; rank - 1]);
    for at in 0..args.len() {
        let (element, own) = match args.at(at) {
            Arg::Rows(kind) => (kind.element, kind.shape.clone()),
            Arg::Constant(constant) => (
                constant.element(),
                constant
                    .beside_rows(rank)
                    .map_err(|reason| node.fail(reason))?,
            ),
            Arg::Absent => return Err(node.fail(format!("input {at} is missing"))),
        };
        elements.push(element);
        shape = broadcast(&shape, &own).map_err(|reason| node.fail(reason))?;
    }
    Ok((elements, shape))
}

/// The column beside column `at` of the result: its own, or the only one.
fn beside<'c, 'a>(columns: &'c Columns<'a>, at: usize) -> &'c Cell<'a> {
    if columns.len() == 1 {
        &columns[0]
    } else {
        &columns[at]
    }
}
