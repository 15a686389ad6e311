//! Splits of columns without order: some levels against the others.
//!
//! A column's few levels are tried one against the rest. Many are put in the order of their mean gradients, in
//! which the best two-sided split of a convex loss is a cut (Fisher, *On grouping for maximum
//! homogeneity*, 1958); the means are drawn to 0 by [`Categories::smoothing`] so that levels of few
//! rows do not stand at the ends by chance, and the ends are taken a level at a time from either side.
//!
//! Missing values are a level like any other here. The side that is written down as a set is the one
//! of fewer levels; a level never seen belongs to the other.
//!
//! [`Categories::smoothing`]: crate::Categories::smoothing

use super::{Candidate, CodeSet, Search, Sides, Split, to_float};
use crate::gradient::Packed;

/// A level that rows of the node have.
#[derive(Clone, Copy)]
struct Level {
    code: u8,
    sums: Packed,
    rows: u64,
    /// Smoothed mean gradient.
    key: f64,
}

impl Search<'_> {
    /// Tries one column's levels. `cells` and `counts` end with the missing cell.
    pub(super) fn levels(
        &self,
        column: u32,
        cells: &[Packed],
        counts: Option<&[Packed]>,
        best: &mut Candidate,
    ) {
        let smoothing = self.categories.smoothing * self.packing.hessian_scale();
        let level = |(code, &sums): (u8, &Packed)| Level {
            code,
            sums,
            rows: counts.map_or(0, |counts| counts[usize::from(code)]),
            key: self.packing.gradient(sums) as f64
                / (to_float(self.packing.hessian(sums)) + smoothing),
        };
        let levels: Vec<Level> = (0..=u8::MAX)
            .zip(cells)
            .filter(|cell| self.packing.hessian(*cell.1) > 0)
            .map(level)
            .collect();
        if levels.len() < 2 {
            return;
        }
        let before = best.score;
        // By the column's levels, not the node's: what is left of many levels deep in a tree would
        // otherwise escape the caution that ordered splits are made with.
        if cells.len() - 1 <= self.categories.one_against_rest.max(2) {
            for level in &levels {
                self.offer(column, &[*level], level.sums, self.lambda, 0.0, best);
            }
        } else {
            self.ordered(column, levels, counts.is_some(), best);
        }
        if best.score > before {
            self.name_the_set(cells, best);
        }
    }

    /// Takes levels from both ends of their order.
    fn ordered(&self, column: u32, mut levels: Vec<Level>, counted: bool, best: &mut Candidate) {
        let settings = self.categories;
        let per_row = self.hessian as f64 / self.rows as f64;
        let rows_of = |level: &Level| {
            if counted {
                level.rows as f64
            } else {
                to_float(self.packing.hessian(level.sums)) / per_row
            }
        };
        // A level of a few rows has an end of its own by chance; it stays with the rest.
        levels.retain(|level| rows_of(level) >= settings.smoothing.max(1.0));
        levels.sort_unstable_by(|a, b| a.key.total_cmp(&b.key).then(a.code.cmp(&b.code)));
        let lambda = self.lambda + settings.lambda_l2 * self.packing.hessian_scale();
        let most = settings.max_members.min(levels.len().div_ceil(2));
        let group = settings.min_rows_per_group as f64;
        for _ in 0..2 {
            let (mut sums, mut rows, mut since) = (0u64, 0.0, 0.0);
            for taken in 1..=most {
                let level = &levels[taken - 1];
                sums = sums.wrapping_add(level.sums);
                rows += rows_of(level);
                since += rows_of(level);
                // Fewer cuts between larger groups: less to choose from by chance.
                if since < group {
                    continue;
                }
                if self.rows as f64 - rows < group {
                    break;
                }
                since = 0.0;
                let members = &levels[..taken];
                self.offer(column, members, sums, lambda, settings.lambda_l2, best);
            }
            levels.reverse();
        }
    }

    fn offer(
        &self,
        column: u32,
        members: &[Level],
        left: Packed,
        lambda: f64,
        smoothing: f64,
        best: &mut Candidate,
    ) {
        let hessian = self.packing.hessian(left);
        let other_hessian = self.hessian.saturating_sub(hessian);
        if hessian < self.floor.hessian || other_hessian < self.floor.hessian {
            return;
        }
        let rows: u64 = members.iter().map(|level| level.rows).sum();
        if rows > 0 && (rows < self.floor.rows || self.rows - rows < self.floor.rows) {
            return;
        }
        let gradient = self.packing.gradient(left) as f64;
        let [a, b] = [
            self.side(gradient, to_float(hessian) + lambda),
            self.side(self.gradient - gradient, to_float(other_hessian) + lambda),
        ];
        let score = a.score + b.score;
        if score > best.score {
            let mut set = CodeSet::default();
            for level in members {
                set.insert(level.code);
            }
            best.score = score;
            best.split = Some(Split {
                column,
                sides: Sides::Members(set),
                gain: 0.0,
                left,
                smoothing,
            });
        }
    }

    /// Lets the set that goes left be the side of fewer levels.
    fn name_the_set(&self, cells: &[Packed], best: &mut Candidate) {
        let Some(split) = &mut best.split else {
            return;
        };
        let Sides::Members(set) = split.sides else {
            return;
        };
        let (mut members, mut others) = (0, 0);
        let mut complement = CodeSet::default();
        for (code, &cell) in (0..=u8::MAX).zip(cells) {
            if set.holds(code) {
                members += 1;
            } else if cell != 0 {
                others += 1;
                complement.insert(code);
            }
        }
        if others < members {
            split.sides = Sides::Members(complement);
            split.left = self.total.wrapping_sub(split.left);
        }
    }
}
