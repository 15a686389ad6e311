//! `TreeEnsembleRegressor` and `TreeEnsembleClassifier`.

use super::build::{WeightNames, build};
use super::forest::{Forest, Leaves};
use super::split::{Block, Splitter};
use crate::engine::kernels::{Arg, Args, Compiled, Labels, Post, Type, arg_max};
use crate::engine::value::{Cell, Cells, Columns};
use crate::engine::{BLOCK, Kernel};
use crate::graph::{Element, NodeView, Shape};
use crate::{ModelError, RunError};

/// From this many rows on, splitting blocks is faster than walking row by row.
const ENOUGH_TO_SPLIT: usize = 48;

/// The raw sums of an ensemble, target by target.
fn sums(forest: &Forest, args: &Columns<'_>, rows: usize) -> Vec<Vec<f32>> {
    let columns: Vec<Cells<'_, f32>> = args.iter().map(Cell::to_f32).collect();
    if rows >= ENOUGH_TO_SPLIT {
        split(forest, &columns, rows)
    } else {
        walk(forest, &columns, rows)
    }
}

fn walk(forest: &Forest, columns: &[Cells<'_, f32>], rows: usize) -> Vec<Vec<f32>> {
    let mut out = vec![vec![0.0; rows]; forest.targets];
    let mut x = vec![0.0; forest.features];
    let mut sums = vec![0.0; forest.targets];
    for row in 0..rows {
        for (x, column) in x.iter_mut().zip(columns) {
            *x = column.get(row);
        }
        sums.fill(0.0);
        forest.walk(&x, &mut sums);
        for (out, &sum) in out.iter_mut().zip(&sums) {
            out[row] = sum;
        }
    }
    out
}

fn split(forest: &Forest, columns: &[Cells<'_, f32>], rows: usize) -> Vec<Vec<f32>> {
    // Columns that are not a whole block in memory are copied into one.
    let copies: Vec<Option<Box<[f32; BLOCK]>>> = columns
        .iter()
        .map(|column| match column.slice() {
            Some(cells) if cells.len() == BLOCK => None,
            Some(cells) => {
                let mut copy = Box::new([0.0; BLOCK]);
                copy[..rows].copy_from_slice(cells);
                Some(copy)
            }
            None => Some(Box::new([column.get(0); BLOCK])),
        })
        .collect();
    let whole: Vec<&[f32; BLOCK]> = columns
        .iter()
        .zip(&copies)
        .filter_map(|(column, copy)| copy.as_deref().or_else(|| column.slice()?.try_into().ok()))
        .collect();
    let missing = whole
        .iter()
        .map(|column| column[..rows].iter().any(|x| x.is_nan()))
        .collect();
    let block = Block {
        columns: whole,
        missing,
        rows,
    };
    let mut sums: Vec<Box<[f32; BLOCK]>> = (0..forest.targets)
        .map(|_| Box::new([0.0; BLOCK]))
        .collect();
    Splitter::new().add(forest, &block, &mut sums);
    sums.into_iter().map(|sums| sums[..rows].to_vec()).collect()
}

/// How the trees' values become one.
#[derive(Clone, Copy, Debug)]
enum Aggregate {
    Sum,
    /// Divided by the number of trees.
    Average(f32),
}

#[derive(Debug)]
struct Regressor {
    forest: Forest,
    aggregate: Aggregate,
    base: Vec<f32>,
    post: Post,
}

/// `TreeEnsembleRegressor`, summing or averaging.
pub(in super::super) fn regressor(
    node: &NodeView<'_>,
    args: &[Arg<'_>],
) -> Result<Compiled, ModelError> {
    let (_, features) = Args::new(node, args).expect(1..=1)?.numbers(0)?;
    let targets = usize::try_from(node.int("n_targets")?.unwrap_or(1)).unwrap_or(0);
    let shape = Shape::matrix(targets)
        .check()
        .map_err(|reason| node.fail(reason))?;
    let names = WeightNames {
        trees: "target_treeids",
        nodes: "target_nodeids",
        ids: "target_ids",
        weights: "target_weights",
    };
    let forest = build(node, &names, features, targets)?;
    let aggregate = match node.string("aggregate_function")?.unwrap_or("SUM") {
        "SUM" => Aggregate::Sum,
        "AVERAGE" => Aggregate::Average(forest.roots.len() as f32),
        other => return Err(node.fail(format!("aggregate function `{other}` is not supported"))),
    };
    let base = match node.floats("base_values")? {
        None | Some([]) => vec![0.0; targets],
        Some(values) if values.len() == targets => values.to_vec(),
        Some(values) => {
            return Err(node.fail(format!(
                "{} base values for {targets} targets",
                values.len()
            )));
        }
    };
    let post = Post::read(node)?;
    Ok(Compiled::unary(
        Regressor {
            forest,
            aggregate,
            base,
            post,
        },
        Type {
            element: Element::F32,
            shape,
        },
    ))
}

impl Kernel for Regressor {
    fn run<'a>(&'a self, args: &[&Columns<'a>], rows: usize) -> Result<Vec<Columns<'a>>, RunError> {
        let mut sums = sums(&self.forest, args[0], rows);
        for (sums, &base) in sums.iter_mut().zip(&self.base) {
            for sum in sums.iter_mut() {
                if let Aggregate::Average(trees) = self.aggregate {
                    *sum /= trees;
                }
                *sum += base;
            }
        }
        self.post.apply_columns(&mut sums, rows);
        Ok(vec![
            sums.into_iter()
                .map(|sums| Cell::F32(Cells::from(sums)))
                .collect(),
        ])
    }
}

/// How scores become the scores of all classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shapes {
    /// A score per class.
    Each,
    /// One score for two classes, a probability: the other is `1 - score`.
    Probability,
    /// One score for two classes, a margin: the other is `-score`.
    Margin,
}

#[derive(Debug)]
struct Classifier {
    forest: Forest,
    base: Vec<f32>,
    labels: Labels,
    post: Post,
    shapes: Shapes,
}

/// `TreeEnsembleClassifier`.
///
/// Two classes whose leaves all serve one class id are one score; whether it is a probability or a margin is
/// told, as ONNX Runtime tells it, by whether all weights are non-negative.
pub(in super::super) fn classifier(
    node: &NodeView<'_>,
    args: &[Arg<'_>],
) -> Result<Compiled, ModelError> {
    let (_, features) = Args::new(node, args).expect(1..=1)?.numbers(0)?;
    let labels = Labels::read(node, "classlabels_strings", "classlabels_int64s")?;
    let classes = labels.len();
    let shape = Shape::matrix(classes)
        .check()
        .map_err(|reason| node.fail(reason))?;
    let names = WeightNames {
        trees: "class_treeids",
        nodes: "class_nodeids",
        ids: "class_ids",
        weights: "class_weights",
    };
    let mut forest = build(node, &names, features, classes)?;
    let ids = node.ints("class_ids")?.unwrap_or_default();
    let weights = node.floats("class_weights")?.unwrap_or_default();
    let single = ids
        .first()
        .is_some_and(|first| ids.iter().all(|id| id == first));
    let given = node.floats("base_values")?.unwrap_or_default();
    let (shapes, base) = if classes == 2 && single {
        forest.one_target();
        let base = match *given {
            [] => 0.0,
            // Both bases belong to the one score: ONNX Runtime takes the second.
            [base] | [_, base] => base,
            _ => return Err(node.fail(format!("{} base values for 2 classes", given.len()))),
        };
        let probability = weights.iter().all(|&weight| weight >= 0.0);
        (
            if probability {
                Shapes::Probability
            } else {
                Shapes::Margin
            },
            vec![base],
        )
    } else if given.is_empty() {
        (Shapes::Each, vec![0.0; classes])
    } else if given.len() == classes {
        (Shapes::Each, given.to_vec())
    } else {
        return Err(node.fail(format!("{} base values for {classes} classes", given.len())));
    };
    let outputs = vec![
        Type::vector(labels.element()),
        Type {
            element: Element::F32,
            shape,
        },
    ];
    let kernel = Classifier {
        forest,
        base,
        labels,
        post: Post::read(node)?,
        shapes,
    };
    Ok(Compiled {
        kernel: Box::new(kernel),
        reads: vec![0],
        outputs,
    })
}

impl Forest {
    /// Makes the only target that is used the first and only one.
    fn one_target(&mut self) {
        self.targets = 1;
        match &mut self.leaves {
            Leaves::One { targets, .. } => targets.fill(0),
            Leaves::Many { entries, .. } => entries.iter_mut().for_each(|entry| entry.0 = 0),
        }
    }
}

impl Kernel for Classifier {
    fn run<'a>(&'a self, args: &[&Columns<'a>], rows: usize) -> Result<Vec<Columns<'a>>, RunError> {
        let mut scores = sums(&self.forest, args[0], rows);
        for (scores, &base) in scores.iter_mut().zip(&self.base) {
            for score in scores.iter_mut() {
                *score += base;
            }
        }
        let cut = if self.shapes == Shapes::Probability {
            0.5
        } else {
            0.0
        };
        let classes: Vec<u32> = match self.shapes {
            Shapes::Each => arg_max(&scores, rows),
            _ => scores[0]
                .iter()
                .map(|&score| u32::from(score > cut))
                .collect(),
        };
        match self.shapes {
            Shapes::Each => {}
            Shapes::Probability => {
                scores.insert(0, scores[0].iter().map(|score| 1.0 - score).collect());
            }
            Shapes::Margin => {
                scores.insert(0, scores[0].iter().map(|score| -score).collect());
            }
        }
        self.post.apply_columns(&mut scores, rows);
        let scores = scores
            .into_iter()
            .map(|scores| Cell::F32(Cells::from(scores)))
            .collect();
        Ok(vec![vec![self.labels.column(classes)], scores])
    }
}
