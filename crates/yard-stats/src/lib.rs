//! Metrics, intervals, paired tests and drift distances: pure functions over slices.
//!
//! Rows are ranked once ([`binary::Ranked`]) and every metric is read from that ranking:
//!
//! ```
//! use yard_stats::binary::{Ranked, Scored};
//!
//! let labels = [true, false, true, false];
//! let scores = [0.9, 0.4, 0.4, 0.1];
//! let ranked = Ranked::new(Scored::new(&labels, &scores, None)?)?;
//! assert_eq!(ranked.auc(), Ok(0.875)); // the tied pair counts one half
//! # Ok::<(), yard_stats::InputError>(())
//! ```
//!
//! # The rooms
//! - [`binary`]: a score per row and a yes/no label: ranking, curves, confusion, calibration.
//! - [`multiclass`]: probabilities of several classes; [`regression`]: numbers; [`fairness`]: groups.
//! - [`paired`]: two models on the same rows: is the difference real?
//! - [`bootstrap`]: how far any metric, or the difference of two models, would move on other rows.
//! - [`interval`]: what a number's uncertainty looks like, and intervals for proportions.
//! - [`slices`]: where a model errs more than elsewhere.
//! - [`support`]: whether the rows can carry a decision at all.
//! - [`planning`]: how many rows a decision needs, and what it can tell with those there are.
//! - [`multiple`]: several tests at once, and several looks at the same rows.
//! - [`noise`]: how much of a difference is the training seed.
//! - [`drift`]: how far apart two distributions are.
//! - [`distribution`]: the reference distributions that the tests above need.
//! - [`sum`]: the compensated sum that all of them add with.
//!
//! # Invariants
//! - **Inputs are checked once, at the door.** Constructors refuse what no metric can use (an empty
//!   table, a score that is not finite) with an [`InputError`] that names the row. Behind the door
//!   nothing panics.
//! - **A number is a number.** Where a metric has no value (no positive row, nothing predicted
//!   positive) the answer is [`Undefined`], which says why; never NaN, never a silent 0.
//! - **Same input, same bits**, on every machine: transcendental functions come from `libm`, sums are
//!   compensated and run in a fixed order, nothing depends on a thread count. Where counts allow,
//!   the arithmetic is exact: an unweighted AUC and its DeLong variance are ratios of integers.
//! - **Order of rows does not matter**: ties are treated as ties, not as the order of the file.
//!
//! # What it leaves to others
//! It decides nothing (thresholds and verdicts are policy), reads no file, prints nothing, knows no
//! artifact format and starts no thread.
#![warn(missing_docs)]
#![cfg_attr(
    test,
    expect(clippy::float_cmp, reason = "exactness is what these tests hold")
)]

pub mod binary;
pub mod bootstrap;
pub mod distribution;
pub mod drift;
mod error;
pub mod fairness;
pub mod interval;
pub mod multiclass;
pub mod multiple;
pub mod noise;
pub mod paired;
pub mod planning;
pub mod regression;
pub mod slices;
pub mod sum;
pub mod support;

pub use error::{InputError, Metric, Undefined};
