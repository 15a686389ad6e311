//! How good a model is on rows that it has not seen: metrics, comparison, slices, curves.

mod compare;
mod evaluate;
mod flips;
mod metric;
mod replicas;
pub(crate) mod slices;

pub(crate) use evaluate::evaluate;
pub(crate) use metric::{Metric, estimate};
