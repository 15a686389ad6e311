//! Resampling: how much would this number move on other rows of the same kind?
//!
//! A replicate draws as many rows as there are, with replacement, and computes every metric of one or
//! two models on that draw; both models see the same draw, so their difference is paired. The metrics
//! come from each model's order, which is sorted once: a replicate is a walk over it with each row
//! counted as often as it was drawn.
//!
//! ```
//! use std::num::NonZeroU32;
//! use yard_stats::bootstrap::{Design, Plan, Resampler, Statistic};
//! use yard_stats::interval::Confidence;
//! use yard_stats::paired::Pair;
//!
//! let labels: Vec<bool> = (0..200).map(|row| row % 4 == 0).collect();
//! let challenger: Vec<f64> = (0..200).map(|row| f64::from(row * 37 % 200 + 90 * i32::from(row % 4 == 0))).collect();
//! let champion: Vec<f64> = (0..200).map(|row| f64::from(row * 73 % 200 + 60 * i32::from(row % 4 == 0))).collect();
//! let pair = Pair::new(&labels, &challenger, &champion, None)?;
//! let plan = Plan { replicates: NonZeroU32::new(500).unwrap(), seed: 1, design: Design::Stratified };
//! let bootstrap = Resampler::of_pair(&pair, &[Statistic::Auc, Statistic::KolmogorovSmirnov], &plan)?.run();
//! let difference = bootstrap.difference(0).unwrap();
//! assert!(difference.bca(Confidence::P95).unwrap().contains(difference.estimate()));
//! # Ok::<(), yard_stats::InputError>(())
//! ```
//!
//! # What it costs
//! Four replicates are walked at once. With n rows, R replicates and two models: O(n·R) time (about
//! 12 s for 1,000,000 rows and 1,000 replicates), 2 bytes a row of memory beside the rankings (plus
//! 34 bytes a cluster, where rows are clustered).
//!
//! # What it promises
//! The numbers a replicate draws depend on the seed and the replicate's number alone. So replicates
//! can be computed in any portions, on any number of threads ([`Resampler::draw`]), to the same bits.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rows fit 30 bits, blocks hold 256 units, and places in a table are not negative"
)]

mod counts;
mod distribution;
mod marks;
mod multinomial;
mod random;
mod resampler;
mod rows;
mod sampler;
mod small;
mod statistic;
mod walk;

pub use distribution::Resampled;
pub use resampler::{Bootstrap, Resampler};
pub use rows::resample;
pub use statistic::{Rate, Statistic};

use std::num::NonZeroU32;

/// Replicates that are walked together: as many counts as fit 16 bits.
const LANES: usize = 4;

/// Bits of a count.
const BITS: u32 = 4;

/// How to resample.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// How many replicates: at least 1,000 for an interval at 95 %, 2,000 and more where a decision
    /// hangs on it. At most 2²² are different.
    pub replicates: NonZeroU32,
    /// Any number; the same seed gives the same draws.
    pub seed: u64,
    /// What is drawn.
    pub design: Design<'a>,
}

/// What a replicate draws. Every design treats what it draws as independent.
#[derive(Clone, Copy, Debug)]
pub enum Design<'a> {
    /// Positive rows from the positives and negative rows from the negatives, so that every replicate
    /// has as many of each as there are.
    ///
    /// Right for differences and for metrics that do not depend on the share of positives (AUC, Gini,
    /// KS, recall); how a metric that does (average precision, log-loss, accuracy) would move with that
    /// share is left out, so its own interval says "at this share".
    Stratified,
    /// Rows from all rows: the share of positives varies as it would in new data.
    Unstratified,
    /// Whole clusters, each with all its rows: where an entity has several rows, which are then not
    /// independent. Clusters with a positive row are drawn from those, the others from the others.
    ///
    /// Holds the cluster number of each row; numbers run from 0 without gaps (a number without rows
    /// is a cluster without rows, and is drawn as such).
    Clustered(&'a [u32]),
}
