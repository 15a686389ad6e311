//! Histogram gradient boosting: the same bits on any number of threads, on any machine.
//!
//! Give [`fit`](fit()) columns of `f32` (NaN is missing) or of category codes, labels and [`Params`];
//! it returns an [`Ensemble`] of binary trees: a base score and the value of a row's leaf in each tree
//! sum to the row's margin, or to one margin a class.
//!
//! Three invariants, each held by tests:
//!
//! - **Exact thresholds.** A split of numbers is `x <= t` in `f32`, `t` lying between two adjacent values of the
//!   training column, and the training rows were divided by that very comparison. A runtime that
//!   compares in `f32` sends every row to the same leaf.
//! - **Exact sums.** Base score and leaf values are multiples of one power of two, bounded so that the
//!   `f32` sum of any of them in any order is exact. A runtime that adds in an order of its own gets
//!   the same margin, bit for bit.
//! - **Exact histograms.** Gradients are summed as integers, so neither threads, nor the order of rows,
//!   nor subtraction of siblings can change a split.
//!
//! Deliberately absent: files, formats, time, logging, class probabilities (the caller knows what a
//! margin is for), feature names and any state between rounds other than the trees: from them a
//! checkpoint ([`RoundReport::checkpoint`]) is made, and [`resume`] goes on as if nothing had been.
//!
//! ```
//! use std::ops::ControlFlow;
//! use yard_boost::{Dataset, Features, Objective, Params, fit};
//!
//! let x: Vec<f32> = (0..1000u16).map(f32::from).collect();
//! let labels: Vec<f32> = x.iter().map(|&x| if x < 300.0 { 0.0 } else { 1.0 }).collect();
//! let columns = [x.as_slice()];
//! let features = Features::new(&columns)?;
//! let params = Params { rounds: 20, ..Params::new(Objective::Logistic) };
//! let fit = fit(&Dataset::new(features, &labels)?, None, &params, &mut |_| ControlFlow::Continue(()))?;
//! let margins = fit.ensemble.predict_margins(features)?;
//! assert!(margins[299] < 0.0 && margins[300] > 0.0);
//! # Ok::<(), yard_boost::BoostError>(())
//! ```
#![warn(missing_docs)]
#![expect(
    clippy::float_cmp,
    reason = "equality of bits is what this crate promises"
)]

mod bins;
mod checkpoint;
mod coding;
mod data;
mod error;
mod export;
mod fingerprint;
mod fit;
mod gradient;
mod grid;
mod grow;
mod grown;
mod held_out;
mod histogram;
mod importance;
mod links;
mod matrix;
mod objective;
mod params;
mod partition;
mod progress;
mod radix;
mod sample;
mod shap;
mod site;
mod split;
mod tree;
mod walk;

pub use data::{CATEGORY_LIMIT, Column, Dataset, Features, MAX_ROWS, MISSING_CATEGORY};
pub use error::BoostError;
pub use fit::{Fit, RoundLoss, RoundReport, Stop, fit, resume};
pub use importance::Importance;
pub use links::Link;
pub use params::{Categories, Growth, Monotone, Objective, Params};
pub use tree::{Cover, Ensemble, Node, Test, Tree};
