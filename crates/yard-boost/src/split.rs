//! The best split of a node.

use rayon::prelude::*;

use crate::gradient::{Packed, Packing};
use crate::matrix::Binning;
use crate::params::Params;

/// A split is worth something only above this share of the node's own score, which is what rounding
/// in `f64` can make up.
const NOISE: f64 = 1e-12;

/// Columns searched one after the other. Groups are searched in parallel, and fixed, since a group's
/// winner is compared with the others by its rounded score.
const GROUP: usize = 64;

/// Rows whose code is at most `bin` go left, and missing ones where `missing_left` says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    pub(crate) column: u32,
    pub(crate) bin: u8,
    pub(crate) missing_left: bool,
    /// In units of the loss.
    pub(crate) gain: f64,
    /// Sums of the rows that go left.
    pub(crate) left: Packed,
}

impl Split {
    /// Which way a code goes in a column with this missing code.
    #[inline]
    pub(crate) fn sends_left(&self, code: u8, missing: u8) -> bool {
        code <= self.bin || (self.missing_left && code == missing)
    }

    /// The same as a table by code: one load instead of comparisons, for whoever asks for many rows.
    pub(crate) fn sides(&self, missing: u8) -> [bool; 256] {
        let mut sides = [false; 256];
        for (code, side) in (0..=u8::MAX).zip(&mut sides) {
            *side = self.sends_left(code, missing);
        }
        sides
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
            let counts = node.counts.map(|counts| &counts[range.clone()]);
            search.column(column, &node.histogram[range], counts, &mut best);
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

/// Everything that is the same for all candidates of a node. Scores are in packed units:
/// `g^2 / (h + lambda)`, summed over the two sides.
struct Search<'a> {
    packing: &'a Packing,
    rows: u64,
    gradient: f64,
    hessian: u64,
    lambda: f64,
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
    fn new(node: Node<'_>, packing: &'a Packing, params: &Params) -> Option<Self> {
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
        let lambda = params.lambda_l2 * packing.hessian_scale();
        let own = gradient * gradient / (hessian as f64 + lambda);
        let unit = packing.hessian_scale() / packing.gradient_scale() / packing.gradient_scale();
        Some(Self {
            packing,
            rows,
            gradient,
            hessian,
            lambda,
            floor: Floor {
                hessian: least.max(1),
                rows: least_rows,
            },
            own,
            least: own * (1.0 + NOISE) + params.min_gain / unit,
            unit,
        })
    }

    /// Tries every cut of one column, with missing rows on the right and, if there are any, on the
    /// left. `cells` and `counts` end with the missing cell.
    fn column(
        &self,
        column: u32,
        cells: &[Packed],
        counts: Option<&[Packed]>,
        best: &mut Candidate,
    ) {
        let Some((&missing, values)) = cells.split_last() else {
            return;
        };
        let counts = counts.and_then(<[Packed]>::split_last);
        // Without missing rows the last cut has nothing on its right.
        let cuts = if missing == 0 {
            values.len() - 1
        } else {
            values.len()
        };
        let before = best.score;
        self.walk(
            column,
            false,
            (0, 0),
            &values[..cuts],
            counts.map(|c| c.1),
            best,
        );
        if missing != 0 {
            let start = (missing, counts.map_or(0, |c| *c.0));
            let values = &values[..values.len() - 1];
            self.walk(column, true, start, values, counts.map(|c| c.1), best);
        } else if best.score > before
            && let Some(split) = &mut best.split
        {
            // Nothing was missing here to learn from: follow the heavier side.
            split.missing_left = 2 * self.packing.hessian(split.left) >= self.hessian;
        }
    }

    fn walk(
        &self,
        column: u32,
        missing_left: bool,
        start: (Packed, u64),
        values: &[Packed],
        counts: Option<&[Packed]>,
        best: &mut Candidate,
    ) {
        let (mut left, mut rows) = start;
        let most = self.hessian.saturating_sub(self.floor.hessian);
        for (bin, &cell) in values.iter().enumerate() {
            if let Some(counts) = counts {
                rows += counts[bin];
            }
            if cell == 0 {
                continue; // the same two sides as one bin before
            }
            left = left.wrapping_add(cell);
            let hessian = self.packing.hessian(left);
            if hessian < self.floor.hessian {
                continue;
            }
            if hessian > most {
                break;
            }
            if counts.is_some() && (rows < self.floor.rows || self.rows - rows < self.floor.rows) {
                continue;
            }
            let gradient = self.packing.gradient(left) as f64;
            let other = self.gradient - gradient;
            let weight = to_float(hessian) + self.lambda;
            let other_weight = to_float(self.hessian - hessian) + self.lambda;
            // Two fractions on one denominator, compared without dividing.
            let numerator = gradient * gradient * other_weight + other * other * weight;
            let denominator = weight * other_weight;
            if numerator > best.score * denominator {
                best.score = numerator / denominator;
                best.split = Some(Split {
                    column,
                    bin: u8::try_from(bin).unwrap_or(u8::MAX),
                    missing_left,
                    gain: 0.0,
                    left,
                });
            }
        }
    }
}

/// A hessian sum, which is below 2^63, through the signed conversion: that is one instruction on every
/// target, and the unsigned one several.
#[inline]
fn to_float(hessian: u64) -> f64 {
    hessian.cast_signed() as f64
}
