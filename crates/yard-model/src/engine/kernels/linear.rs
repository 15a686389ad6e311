//! Weighted sums: matrix products and the linear models of `ai.onnx.ml`.

use super::super::Kernel;
use super::super::value::Columns;
use super::arithmetic::column;
use super::{Arg, Args, Compiled, Labels, Post, Type, arg_max};
use crate::graph::{Constant, Element, NodeView, Shape};
use crate::{ModelError, RunError};

/// `x * weights + bias`, summed in double precision and rounded once.
#[derive(Debug)]
struct Affine {
    /// One list of a weight per input column for every output column.
    weights: Vec<Vec<f64>>,
    bias: Vec<f64>,
}

impl Affine {
    /// The columns before rounding.
    fn sums(&self, args: &Columns<'_>, rows: usize) -> Vec<Vec<f64>> {
        let mut out: Vec<Vec<f64>> = self.bias.iter().map(|&bias| vec![bias; rows]).collect();
        for (at, column) in args.iter().enumerate() {
            let cells = column.to_f32();
            for (out, weights) in out.iter_mut().zip(&self.weights) {
                let weight = weights[at];
                if let Some(cells) = cells.slice() {
                    for (sum, &cell) in out.iter_mut().zip(cells) {
                        *sum += f64::from(cell) * weight;
                    }
                } else {
                    let term = f64::from(cells.get(0)) * weight;
                    for sum in out.iter_mut() {
                        *sum += term;
                    }
                }
            }
        }
        out
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the sums are rounded to float once, at the end"
)]
fn round(sums: Vec<f64>) -> Vec<f32> {
    sums.into_iter().map(|sum| sum as f32).collect()
}

impl Kernel for Affine {
    fn run<'a>(&'a self, args: &[&Columns<'a>], rows: usize) -> Result<Vec<Columns<'a>>, RunError> {
        Ok(vec![
            self.sums(args[0], rows)
                .into_iter()
                .map(|sums| column(round(sums)))
                .collect(),
        ])
    }
}

/// The constant matrix of a product with `inputs` rows, as one list per output column.
fn matrix(
    node: &NodeView<'_>,
    constant: &Constant,
    inputs: usize,
    transposed: bool,
    factor: f64,
) -> Result<Vec<Vec<f64>>, ModelError> {
    let values = constant.reals().map_err(|reason| node.fail(reason))?;
    if constant.element() != Element::F32 {
        return Err(node.fail("weights must be float"));
    }
    let [rows, columns] = constant.dims[..] else {
        return Err(node.fail("weights must be a matrix"));
    };
    let (from, to) = if transposed {
        (columns, rows)
    } else {
        (rows, columns)
    };
    if from != inputs {
        return Err(node.fail(format!(
            "weights for {from} columns, the input has {inputs}"
        )));
    }
    let at = |input: usize, output: usize| {
        if transposed {
            output * columns + input
        } else {
            input * columns + output
        }
    };
    Ok((0..to)
        .map(|output| {
            (0..from)
                .map(|input| values[at(input, output)] * factor)
                .collect()
        })
        .collect())
}

/// `Gemm` of rows and constants.
pub(super) fn gemm(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(2..=3)?;
    let inputs = args.floats(0)?;
    if node.int("transA")?.unwrap_or(0) != 0 {
        return Err(node.fail("`transA` would mix rows"));
    }
    let alpha = f64::from(node.float("alpha")?.unwrap_or(1.0));
    let beta = f64::from(node.float("beta")?.unwrap_or(1.0));
    let constant = args.constant(1)?.ok_or_else(|| node.fail("no weights"))?;
    let weights = matrix(
        node,
        constant,
        inputs,
        node.int("transB")?.unwrap_or(0) != 0,
        alpha,
    )?;
    let width = weights.len();
    let bias = match args.constant(2)? {
        None => vec![0.0; width],
        Some(constant) => {
            constant
                .beside_rows(2)
                .map_err(|reason| node.fail(reason))?;
            let values = constant.reals().map_err(|reason| node.fail(reason))?;
            match values[..] {
                [value] => vec![value * beta; width],
                _ if values.len() == width => values.iter().map(|value| value * beta).collect(),
                _ => return Err(node.fail(format!("{} biases for {width} columns", values.len()))),
            }
        }
    };
    affine(node, weights, bias)
}

/// `MatMul` of rows and a constant matrix.
pub(super) fn matmul(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let args = Args::new(node, args).expect(2..=2)?;
    let inputs = args.floats(0)?;
    let constant = args.constant(1)?.ok_or_else(|| node.fail("no weights"))?;
    let weights = matrix(node, constant, inputs, false, 1.0)?;
    let bias = vec![0.0; weights.len()];
    affine(node, weights, bias)
}

fn affine(
    node: &NodeView<'_>,
    weights: Vec<Vec<f64>>,
    bias: Vec<f64>,
) -> Result<Compiled, ModelError> {
    let shape = Shape::matrix(weights.len())
        .check()
        .map_err(|reason| node.fail(reason))?;
    Ok(Compiled::unary(
        Affine { weights, bias },
        Type {
            element: Element::F32,
            shape,
        },
    ))
}

/// The `coefficients` and `intercepts` of a linear model, target by target.
fn coefficients(node: &NodeView<'_>, targets: usize, inputs: usize) -> Result<Affine, ModelError> {
    let list = node
        .floats("coefficients")?
        .ok_or_else(|| node.fail("no coefficients"))?;
    if targets == 0 || targets.checked_mul(inputs) != Some(list.len()) {
        return Err(node.fail(format!(
            "{} coefficients for {inputs} columns, {targets} targets",
            list.len()
        )));
    }
    let weights = list
        .chunks(inputs)
        .map(|row| row.iter().map(|&weight| f64::from(weight)).collect())
        .collect();
    let bias = match node.floats("intercepts")? {
        None | Some([]) => vec![0.0; targets],
        Some(values) if values.len() == targets => {
            values.iter().map(|&value| f64::from(value)).collect()
        }
        Some(values) => {
            return Err(node.fail(format!("{} intercepts for {targets} targets", values.len())));
        }
    };
    Ok(Affine { weights, bias })
}

#[derive(Debug)]
struct Regressor {
    model: Affine,
    post: Post,
}

/// `LinearRegressor`.
pub(super) fn regressor(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let (_, inputs) = Args::new(node, args).expect(1..=1)?.numbers(0)?;
    let targets = usize::try_from(node.int("targets")?.unwrap_or(1)).unwrap_or(0);
    let model = coefficients(node, targets, inputs)?;
    let shape = Shape::matrix(targets)
        .check()
        .map_err(|reason| node.fail(reason))?;
    Ok(Compiled::unary(
        Regressor {
            model,
            post: Post::read(node)?,
        },
        Type {
            element: Element::F32,
            shape,
        },
    ))
}

impl Kernel for Regressor {
    fn run<'a>(&'a self, args: &[&Columns<'a>], rows: usize) -> Result<Vec<Columns<'a>>, RunError> {
        let mut scores: Vec<Vec<f32>> = self
            .model
            .sums(args[0], rows)
            .into_iter()
            .map(round)
            .collect();
        self.post.apply_columns(&mut scores, rows);
        Ok(vec![scores.into_iter().map(column).collect()])
    }
}

#[derive(Debug)]
struct Classifier {
    model: Affine,
    post: Post,
    labels: Labels,
}

/// `LinearClassifier`: a score per class, or one score for two classes.
pub(super) fn classifier(node: &NodeView<'_>, args: &[Arg<'_>]) -> Result<Compiled, ModelError> {
    let (_, inputs) = Args::new(node, args).expect(1..=1)?.numbers(0)?;
    let labels = Labels::read(node, "classlabels_strings", "classlabels_ints")?;
    let list = node.floats("coefficients")?.map_or(0, <[f32]>::len);
    let targets = list.checked_div(inputs).unwrap_or(0);
    if targets != labels.len() && (targets, labels.len()) != (1, 2) {
        return Err(node.fail(format!(
            "{targets} rows of coefficients for {} classes",
            labels.len()
        )));
    }
    let model = coefficients(node, targets, inputs)?;
    let kinds = vec![
        Type::vector(labels.element()),
        Type::matrix(Element::F32, labels.len()),
    ];
    let kernel = Classifier {
        model,
        post: Post::read(node)?,
        labels,
    };
    Ok(Compiled {
        kernel: Box::new(kernel),
        reads: vec![0],
        outputs: kinds,
    })
}

impl Kernel for Classifier {
    fn run<'a>(&'a self, args: &[&Columns<'a>], rows: usize) -> Result<Vec<Columns<'a>>, RunError> {
        let mut scores: Vec<Vec<f32>> = self
            .model
            .sums(args[0], rows)
            .into_iter()
            .map(round)
            .collect();
        let classes;
        if scores.len() == self.labels.len() {
            classes = arg_max(&scores, rows);
            self.post.apply_columns(&mut scores, rows);
        } else {
            classes = scores[0]
                .iter()
                .map(|&score| u32::from(score > 0.0))
                .collect();
            let other = match self.post {
                Post::Logistic => |score: f32| -score,
                _ => |score: f32| 1.0 - score,
            };
            let opposite = scores[0].iter().map(|&score| other(score)).collect();
            scores.insert(0, opposite);
            self.post.apply_columns(&mut scores, rows);
        }
        Ok(vec![
            vec![self.labels.column(classes)],
            scores.into_iter().map(column).collect(),
        ])
    }
}
