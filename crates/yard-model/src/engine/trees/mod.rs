//! Tree ensembles: read from attributes, laid out flat, walked row by row or split by blocks of rows.

mod build;
mod forest;
mod operator;
mod split;
mod walk;

pub(super) use operator::{classifier, regressor};
