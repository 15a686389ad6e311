//! One score a row against a yes/no label.
//!
//! [`Scored`] is the validated input. [`Ranked`] sorts it once; AUC, average precision, Gini, KS,
//! curves, gains and cost-optimal thresholds are single passes over that order. What needs no order
//! reads `Scored` directly: [`log_loss`], [`brier`], [`Confusion::at`], [`Reliability`],
//! [`CalibrationFit`].
//!
//! Weights multiply rows: a row of weight 2 counts as two rows, a row of weight 0 is not there.
//! A row is predicted positive when its score is at or above the threshold.

mod calibration;
mod confusion;
mod curve;
mod depth;
mod logistic;
mod order;
mod pointwise;
mod ranked;
mod ranking;
mod scored;

pub use calibration::{Reliability, ReliabilityBin, spiegelhalter};
pub use confusion::{CheapestCut, Confusion, CutInterval};
pub use curve::{PrPoint, RocPoint};
pub use depth::Depth;
pub use logistic::CalibrationFit;
pub use pointwise::{brier, log_loss};
pub use ranked::{Cut, Ranked};
pub use ranking::KolmogorovSmirnov;
pub use scored::Scored;

pub(crate) use order::ascending_key;
pub(crate) use pointwise::{brier_of, log_loss_of};
pub(crate) use ranked::{Entry, count_classes};
pub(crate) use scored::{all_finite, all_usable, same_length};
