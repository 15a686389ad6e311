//! What the rows of each slice of a partition add up to, and how surely it is worse than the rest.

use super::{Losses, Search, WeakSlice};
use crate::distribution::student_t_tail;
use crate::sum::Sum;

/// The rows in the order of their entities, and what all of them add up to.
pub(super) struct Tally<'a> {
    losses: &'a Losses<'a>,
    /// Subtracted from every loss, so that squares lose nothing.
    centre: f64,
    all: Moments,
    /// Rows by entity, where there are entities: their order, and where each entity begins.
    entities: Option<(Vec<u32>, Vec<usize>)>,
    units: usize,
}

/// Sums over rows: of one, of the weight w, of w·l; and over units (entities, or rows) of the squares and the
/// product of their sums of w and w·l.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    rows: usize,
    units: usize,
    weight: Sum,
    loss: Sum,
    weight_squared: Sum,
    product: Sum,
    loss_squared: Sum,
}

impl Moments {
    fn unit(&mut self, rows: usize, weight: f64, loss: f64) {
        self.rows += rows;
        self.units += usize::from(weight > 0.0);
        self.weight.add(weight);
        self.loss.add(loss);
        self.weight_squared.add(weight * weight);
        self.product.add(weight * loss);
        self.loss_squared.add(loss * loss);
    }

    /// Σ (loss − mean·weight)² over units.
    fn squares(&self, mean: f64) -> f64 {
        let cross = 2.0 * mean * self.product.value();
        (self.loss_squared.value() - cross + mean * mean * self.weight_squared.value()).max(0.0)
    }
}

impl<'a> Tally<'a> {
    pub(super) fn new(losses: &'a Losses<'a>) -> Self {
        let rows = losses.values.len();
        let weight = |row: usize| losses.weights.map_or(1.0, |weights| weights[row]);
        let total = (0..rows).map(weight).collect::<Sum>().value();
        let sum = (0..rows).map(|row| weight(row) * losses.values[row]);
        let entities = losses.clusters.map(by_entity);
        let mut tally = Self {
            losses,
            centre: sum.collect::<Sum>().value() / total,
            all: Moments::default(),
            entities,
            units: 0,
        };
        let mut all = Moments::default();
        tally.each_unit(|rows| {
            let (mut weight, mut loss) = (0.0, 0.0);
            for &row in rows {
                let (w, l) = tally.row(row as usize);
                weight += w;
                loss += w * l;
            }
            all.unit(rows.len(), weight, loss);
        });
        tally.units = all.units;
        tally.all = all;
        tally
    }

    /// A row's weight and centred loss.
    fn row(&self, row: usize) -> (f64, f64) {
        let weight = self.losses.weights.map_or(1.0, |weights| weights[row]);
        (weight, self.losses.values[row] - self.centre)
    }

    fn each_unit(&self, mut visit: impl FnMut(&[u32])) {
        match &self.entities {
            Some((order, starts)) => {
                for pair in starts.windows(2) {
                    visit(&order[pair[0]..pair[1]]);
                }
            }
            None => {
                for row in 0..self.losses.values.len() {
                    visit(&[row as u32]);
                }
            }
        }
    }

    /// Every value with enough rows, inside and outside. `key` numbers a row's value below `cells`.
    pub(super) fn slices(
        &self,
        key: impl Fn(usize) -> usize,
        cells: usize,
        search: Search,
    ) -> Vec<(usize, WeakSlice)> {
        // The parts of units inside each value; and of the units that reach into it, the parts outside, and
        // the products of both.
        let mut inside = vec![Moments::default(); cells];
        let mut beyond = vec![Beyond::default(); if self.entities.is_some() { cells } else { 0 }];
        let mut parts: Vec<(usize, usize, f64, f64)> = Vec::new();
        self.each_unit(|rows| {
            if let [row] = rows {
                let row = *row as usize;
                let (weight, loss) = self.row(row);
                inside[key(row)].unit(1, weight, weight * loss);
                return;
            }
            parts.clear();
            for &row in rows {
                let (weight, loss) = self.row(row as usize);
                parts.push((key(row as usize), 1, weight, weight * loss));
            }
            parts.sort_by_key(|part| part.0);
            parts.dedup_by(|next, first| {
                let same = next.0 == first.0;
                if same {
                    first.1 += next.1;
                    first.2 += next.2;
                    first.3 += next.3;
                }
                same
            });
            let weight: f64 = parts.iter().map(|part| part.2).sum();
            let loss: f64 = parts.iter().map(|part| part.3).sum();
            for &(value, count, own_weight, own_loss) in &parts {
                inside[value].unit(count, own_weight, own_loss);
                if parts.len() > 1 {
                    let other = (weight - own_weight, loss - own_loss);
                    beyond[value].add((own_weight, own_loss), other);
                }
            }
        });
        let values = inside.into_iter().enumerate();
        let compare = |(value, inside): (usize, Moments)| {
            let beyond = beyond.get(value).copied().unwrap_or_default();
            Some((value, self.compare(&inside, &beyond, search)?))
        };
        values.filter_map(compare).collect()
    }

    fn compare(&self, inside: &Moments, beyond: &Beyond, search: Search) -> Option<WeakSlice> {
        let outside = self.all.rows - inside.rows;
        if inside.rows < search.min_rows.max(2) || outside < 2 {
            return None;
        }
        let weights = (
            inside.weight.value(),
            self.all.weight.value() - inside.weight.value(),
        );
        if !(weights.0 > 0.0 && weights.1 > 0.0) {
            return None;
        }
        let mean = inside.loss.value() / weights.0;
        let rest = (self.all.loss.value() - inside.loss.value()) / weights.1;
        let plain = self.losses.weights.is_none() && self.entities.is_none();
        let (variance, freedom) = if plain {
            self.welch(inside, (mean, rest))
        } else {
            // Units that lie wholly outside, and those on both sides.
            let units = self.units - inside.units + beyond.units;
            let fewer = inside.units.min(units);
            if fewer < 2 {
                return None;
            }
            let own = inside.squares(mean) / (weights.0 * weights.0);
            let others = self.outside(inside, beyond, rest) / (weights.1 * weights.1);
            let shared = beyond.product(mean, rest) / (weights.0 * weights.1);
            let units = self.units as f64;
            let variance = (own + others - 2.0 * shared).max(0.0) * units / (units - 1.0);
            (variance, (fewer - 1) as f64)
        };
        let p_value = if variance > 0.0 {
            student_t_tail((mean - rest) / variance.sqrt(), freedom)
        } else {
            f64::from(u8::from(mean <= rest))
        };
        Some(WeakSlice {
            parts: Vec::new(),
            rows: inside.rows,
            mean: mean + self.centre,
            rest: rest + self.centre,
            p_value,
            adjusted: p_value,
        })
    }

    /// Variance of the difference of two means, and its degrees of freedom.
    fn welch(&self, inside: &Moments, (mean, rest): (f64, f64)) -> (f64, f64) {
        let of = |rows: usize, squares: f64, mean: f64| {
            let n = rows as f64;
            let variance = (squares / n - mean * mean).max(0.0) / (n - 1.0);
            (variance, variance * variance / (n - 1.0))
        };
        let squares = inside.loss_squared.value();
        let one = of(inside.rows, squares, mean);
        let outside = self.all.rows - inside.rows;
        let other = of(outside, self.all.loss_squared.value() - squares, rest);
        let spread = one.0 + other.0;
        (spread, spread * spread / (one.1 + other.1))
    }

    /// Σ (loss − rest·weight)² over units, of their parts outside: all units as they are, but those that
    /// reach into the slice without what they have there.
    fn outside(&self, inside: &Moments, beyond: &Beyond, rest: f64) -> f64 {
        let whole = |all: Sum, own: Sum, crossed: f64| all.value() - own.value() - 2.0 * crossed;
        let loss_squared = whole(
            self.all.loss_squared,
            inside.loss_squared,
            beyond.loss_loss.value(),
        );
        let weight_squared = whole(
            self.all.weight_squared,
            inside.weight_squared,
            beyond.weight_weight.value(),
        );
        let crossed = 0.5 * (beyond.weight_loss.value() + beyond.loss_weight.value());
        let product = whole(self.all.product, inside.product, crossed);
        (loss_squared - 2.0 * rest * product + rest * rest * weight_squared).max(0.0)
    }
}

/// Products of what units have inside a slice and outside it.
#[derive(Clone, Copy, Debug, Default)]
struct Beyond {
    units: usize,
    weight_weight: Sum,
    weight_loss: Sum,
    loss_weight: Sum,
    loss_loss: Sum,
}

impl Beyond {
    fn add(&mut self, (weight, loss): (f64, f64), (other_weight, other_loss): (f64, f64)) {
        self.units += usize::from(weight > 0.0 && other_weight > 0.0);
        self.weight_weight.add(weight * other_weight);
        self.weight_loss.add(weight * other_loss);
        self.loss_weight.add(loss * other_weight);
        self.loss_loss.add(loss * other_loss);
    }

    /// Σ (loss − mean·weight inside)·(loss − rest·weight outside).
    fn product(&self, mean: f64, rest: f64) -> f64 {
        self.loss_loss.value() - rest * self.loss_weight.value() - mean * self.weight_loss.value()
            + mean * rest * self.weight_weight.value()
    }
}

/// Row numbers by entity, and where each entity begins in them.
fn by_entity(clusters: &[u32]) -> (Vec<u32>, Vec<usize>) {
    let count = clusters.iter().max().map_or(0, |&last| last as usize + 1);
    let mut starts = vec![0; count + 1];
    for &cluster in clusters {
        starts[cluster as usize + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut next = starts.clone();
    let mut order = vec![0; clusters.len()];
    for (row, &cluster) in clusters.iter().enumerate() {
        order[next[cluster as usize]] = row as u32;
        next[cluster as usize] += 1;
    }
    (order, starts)
}
