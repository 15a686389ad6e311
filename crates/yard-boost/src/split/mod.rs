//! The best split of a node.

mod category;
mod number;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::coding::Coding;
use crate::gradient::{Packed, Packing};
use crate::matrix::Binning;
use crate::params::{Categories, Monotone, Params};

/// A split is worth something only above this share of the node's own score, which is what rounding
/// in `f64` can make up.
const NOISE: f64 = 1e-12;

/// Columns searched one after the other. Groups are searched in parallel, and fixed, since a group's
/// winner is compared with the others by its rounded score.
const GROUP: usize = 64;

/// Which codes of a column go left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Sides {
    /// Codes up to `bin`, and missing ones where `missing_left` says.
    UpTo { bin: u8, missing_left: bool },
    /// These codes, the missing one among them or not.
    Members(CodeSet),
}

/// A set of codes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct CodeSet([u64; 4]);

impl CodeSet {
    pub(crate) fn insert(&mut self, code: u8) {
        self.0[usize::from(code >> 6)] |= 1 << (code & 63);
    }

    pub(crate) fn holds(&self, code: u8) -> bool {
        self.0[usize::from(code >> 6)] >> (code & 63) & 1 == 1
    }
}

/// A node's rows divided by one column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    pub(crate) column: u32,
    pub(crate) sides: Sides,
    /// In units of the loss.
    pub(crate) gain: f64,
    /// Sums of the rows that go left.
    pub(crate) left: Packed,
    /// Added to the hessians of both children when their values are found.
    pub(crate) smoothing: f64,
}

impl Split {
    /// Which way a code goes in a column with this missing code.
    #[inline]
    pub(crate) fn sends_left(&self, code: u8, missing: u8) -> bool {
        match &self.sides {
            Sides::UpTo { bin, missing_left } => code <= *bin || (*missing_left && code == missing),
            Sides::Members(set) => set.holds(code),
        }
    }

    /// The same as a table by code: one load instead of comparisons, for whoever asks for many rows.
    pub(crate) fn table(&self, missing: u8) -> [bool; 256] {
        let mut table = [false; 256];
        for (code, side) in (0..=u8::MAX).zip(&mut table) {
            *side = self.sends_left(code, missing);
        }
        table
    }
}

/// A node as the search sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) histogram: &'a [Packed],
    /// Row counts by cell, if the split must be sure of them.
    pub(crate) counts: Option<&'a [Packed]>,
    pub(crate) total: Packed,
    pub(crate) rows: usize,
    /// Between which values those of its leaves must lie, before the learning rate.
    pub(crate) bounds: Bounds,
}

/// An interval of leaf values, before the learning rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Bounds {
    pub(crate) const NONE: Self = Self {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
    };
}

/// What a split must leave on either side, in hessian units or rows.
#[derive(Debug, Clone, Copy)]
struct Floor {
    hessian: u64,
    rows: u64,
}

/// The split of largest gain among `columns` (ascending); of equals the first column, lowest bin,
/// missing right. None if nothing gains more than `min_gain`.
pub(crate) fn best(
    node: Node<'_>,
    binning: &Binning,
    columns: &[u32],
    packing: &Packing,
    params: &Params,
) -> Option<Split> {
    let search = Search::new(node, packing, params)?;
    let search_group = |columns: &[u32]| {
        let mut best = Candidate {
            score: search.least,
            split: None,
        };
        for &column in columns {
            let range = binning.range(column as usize);
            let cells = &node.histogram[range.clone()];
            let counts = node.counts.map(|counts| &counts[range]);
            match &binning.columns()[column as usize] {
                Coding::Numbers(_) => search.numbers(column, cells, counts, &mut best),
                Coding::Levels(_) => search.levels(column, cells, counts, &mut best),
            }
        }
        best
    };
    let best = if columns.len() <= GROUP {
        search_group(columns)
    } else {
        let groups: Vec<Candidate> = columns.par_chunks(GROUP).map(search_group).collect();
        groups
            .into_iter()
            .reduce(|a, b| if b.score > a.score { b } else { a })?
    };
    let mut split = best.split?;
    split.gain = (best.score - search.own) * search.unit;
    Some(split)
}

struct Candidate {
    score: f64,
    split: Option<Split>,
}

/// Everything that is the same for all candidates of a node. Scores are in packed units: the loss
/// that a side's best value saves, `g^2 / (h + lambda)` where nothing binds, summed over the sides.
struct Search<'a> {
    packing: &'a Packing,
    total: Packed,
    rows: u64,
    gradient: f64,
    hessian: u64,
    lambda: f64,
    /// What the absolute value of a gradient sum loses.
    shrink: f64,
    /// Bounds of values, in gradient units per hessian unit.
    bounds: Bounds,
    monotone: &'a BTreeMap<u32, Monotone>,
    categories: &'a Categories,
    floor: Floor,
    /// Score of the unsplit node.
    own: f64,
    /// Score that a split must exceed.
    least: f64,
    /// Units of the loss per unit of score.
    unit: f64,
}

impl<'a> Search<'a> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a hessian threshold above every sum saturates, and then refuses every split"
    )]
    fn new(node: Node<'_>, packing: &'a Packing, params: &'a Params) -> Option<Self> {
        let hessian = packing.hessian(node.total);
        let gradient = packing.gradient(node.total) as f64;
        if hessian == 0
            || packing.gradient_scale() == 0.0
            || node.rows < 2 * params.min_rows_in_leaf
        {
            return None;
        }
        let (rows, least_rows) = (node.rows as u64, params.min_rows_in_leaf as u64);
        let mut least = libm::ceil(params.min_hessian_in_leaf * packing.hessian_scale()) as u64;
        if node.counts.is_none() {
            // A side's rows are estimated as the node's, shared out by hessian.
            let per_row = hessian as f64 / node.rows as f64;
            let estimate = libm::ceil((least_rows as f64 - 0.5) * per_row) as u64;
            least = least.max(if packing.counts_rows() {
                least_rows
            } else {
                estimate
            });
        }
        let value_unit = packing.gradient_scale() / packing.hessian_scale();
        let unit = packing.hessian_scale() / packing.gradient_scale() / packing.gradient_scale();
        let mut search = Self {
            packing,
            total: node.total,
            rows,
            gradient,
            hessian,
            lambda: params.lambda_l2 * packing.hessian_scale(),
            shrink: params.lambda_l1 * packing.gradient_scale(),
            bounds: Bounds {
                low: node.bounds.low * value_unit,
                high: node.bounds.high * value_unit,
            },
            monotone: &params.monotone,
            categories: &params.categories,
            floor: Floor {
                hessian: least.max(1),
                rows: least_rows,
            },
            own: 0.0,
            least: 0.0,
            unit,
        };
        search.own = search.side(gradient, hessian as f64 + search.lambda).score;
        search.least = search.own * (1.0 + NOISE) + params.min_gain / unit;
        Some(search)
    }

    /// Whether a side's score is no more than `g^2 / (h + lambda)`.
    fn is_plain(&self) -> bool {
        self.shrink == 0.0 && self.bounds == Bounds::NONE && self.monotone.is_empty()
    }

    /// The best value of a side within the node's bounds, and what it saves.
    #[inline]
    fn side(&self, gradient: f64, weight: f64) -> Side {
        let pull = (gradient.abs() - self.shrink).max(0.0).copysign(gradient);
        let value = (-pull / weight).clamp(self.bounds.low, self.bounds.high);
        Side {
            value,
            score: -value * (2.0 * pull + weight * value),
        }
    }
}

/// One child of a split.
#[derive(Debug, Clone, Copy)]
struct Side {
    value: f64,
    score: f64,
}

/// A hessian sum, which is below 2^63, through the signed conversion: that is one instruction on every
/// target, and the unsigned one several.
#[inline]
fn to_float(hessian: u64) -> f64 {
    hessian.cast_signed() as f64
}
