//! Nodes of a tree that is being grown.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::gradient::{Packed, Packing};
use crate::histogram::Histogram;
use crate::params::{Monotone, Params};
use crate::split::{Bounds, Split};

/// A node under construction.
pub(crate) struct Site {
    pub(crate) total: Packed,
    pub(crate) rows: Range<usize>,
    pub(crate) depth: usize,
    pub(crate) split: Option<Split>,
    /// The left child, once split; the right one follows it.
    pub(crate) left: Option<usize>,
    /// Between which values those of its leaves must lie, before the learning rate.
    pub(crate) bounds: Bounds,
    /// Added to the hessian sum when its value is found.
    pub(crate) smoothing: f64,
    /// Columns that splits above it used; kept only where interactions are constrained.
    pub(crate) used: BTreeSet<u32>,
}

/// A leaf that could be split, waiting for its turn.
pub(crate) struct Open {
    pub(crate) site: usize,
    pub(crate) histogram: Histogram,
    pub(crate) split: Split,
    /// Whether the split's row counts were counted, not estimated.
    pub(crate) counted: bool,
}

impl Site {
    pub(crate) fn root(total: Packed, rows: usize) -> Self {
        Self {
            total,
            rows: 0..rows,
            depth: 0,
            split: None,
            left: None,
            bounds: Bounds::NONE,
            smoothing: 0.0,
            used: BTreeSet::new(),
        }
    }

    /// The two children that a split makes, `left` rows going left.
    pub(crate) fn children(
        &self,
        split: &Split,
        left: usize,
        packing: &Packing,
        params: &Params,
    ) -> [Self; 2] {
        let middle = self.rows.start + left;
        let mut used = self.used.clone();
        if !params.interactions.is_empty() {
            used.insert(split.column);
        }
        let child = |total, rows| Self {
            total,
            rows,
            depth: self.depth + 1,
            split: None,
            left: None,
            bounds: self.bounds,
            smoothing: split.smoothing,
            used: used.clone(),
        };
        let mut children = [
            child(split.left, self.rows.start..middle),
            child(self.total.wrapping_sub(split.left), middle..self.rows.end),
        ];
        // No leaf on one side may pass any on the other: both stay on their side of the middle.
        if let Some(direction) = params.monotone.get(&split.column) {
            let [low, high] = [&children[0], &children[1]].map(|c| c.step(packing, params));
            let middle = f64::midpoint(low, high);
            let [left, right] = &mut children;
            match direction {
                Monotone::Increasing => {
                    left.bounds.high = middle;
                    right.bounds.low = middle;
                }
                Monotone::Decreasing => {
                    left.bounds.low = middle;
                    right.bounds.high = middle;
                }
            }
        }
        children
    }

    /// The node's hessian sum.
    pub(crate) fn hessian(&self, packing: &Packing) -> f64 {
        packing.hessian(self.total) as f64 / packing.hessian_scale()
    }

    /// The Newton step of the node's rows, within its bounds; before the learning rate.
    pub(crate) fn step(&self, packing: &Packing, params: &Params) -> f64 {
        let gradient = packing.gradient(self.total) as f64;
        let weight = self.hessian(packing) + params.lambda_l2 + self.smoothing;
        let step = if gradient != 0.0 && weight > 0.0 {
            let gradient = gradient / packing.gradient_scale();
            let pull = (gradient.abs() - params.lambda_l1).max(0.0);
            -pull.copysign(gradient) / weight
        } else {
            0.0
        };
        step.clamp(self.bounds.low, self.bounds.high)
    }

    /// Those of `columns` that the node may split on.
    pub(crate) fn allowed(&self, columns: &[u32], params: &Params) -> Option<Vec<u32>> {
        if params.interactions.is_empty() || self.used.is_empty() {
            return None;
        }
        let groups: Vec<&Vec<u32>> = params
            .interactions
            .iter()
            .filter(|group| self.used.iter().all(|column| group.contains(column)))
            .collect();
        let may = |column: &u32| {
            groups.iter().any(|group| group.contains(column))
                || (self.used.len() == 1 && self.used.contains(column))
        };
        Some(columns.iter().copied().filter(may).collect())
    }
}
