//! Replicates of metrics of one model or of two.

use super::counts::{Count, Counts, LeavingOut};
use super::distribution::Resampled;
use super::marks::Marks;
use super::sampler::{GROUP, Sampler, Shares};
use super::small::LeftOut;
use super::statistic::{Side, Statistic, lanes};
use super::walk::{totals, walk};
use super::{LANES, Plan};
use crate::binary::{Ranked, brier_of, log_loss_of};
use crate::paired::Pair;
use crate::{InputError, Metric};
use std::ops::Range;

/// Log-loss and squared error of both models.
type Losses = [[f64; 2]; 2];

/// Everything that is the same for all replicates.
#[derive(Clone, Debug)]
pub struct Resampler<'a> {
    models: Vec<Model<'a>>,
    statistics: Vec<Statistic>,
    sampler: Sampler<'a>,
    replicates: u32,
    /// By cluster, where rows are clustered and losses are needed.
    losses_of_clusters: Vec<Losses>,
}

#[derive(Clone, Debug)]
struct Model<'a> {
    ranked: &'a Ranked<'a>,
    side: Side,
    marks: Marks,
}

/// What the replicates say about each statistic, in the order in which they were asked for.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    sides: usize,
    estimates: Vec<Metric>,
    /// Whether each statistic's spread is told by groups left out.
    smooth: Vec<bool>,
    /// Replicate by replicate, statistic by statistic, challenger before champion.
    replicates: Vec<f64>,
    /// The same, with one group of units left out in turn.
    left_out: Vec<f64>,
    /// How many of those leave out units of the first stratum.
    first_stratum: usize,
    /// Units of each stratum.
    units: [usize; 2],
    /// Whether both models give every row the same score.
    same_scores: bool,
}

impl<'a> Resampler<'a> {
    /// For the metrics of one model. O(n), and a search in the ranking for each threshold, edge and step.
    ///
    /// Fails when the cluster column is of another length than the labels.
    pub fn of(
        ranked: &'a Ranked<'a>,
        statistics: &[Statistic],
        plan: &Plan<'a>,
    ) -> Result<Self, InputError> {
        Self::new(vec![(ranked, Side::Challenger)], statistics, plan)
    }

    /// For the metrics of two models on the same draws, and their differences. O(n), as [`Resampler::of`].
    ///
    /// Fails when the cluster column is of another length than the labels.
    pub fn of_pair(
        pair: &'a Pair<'a>,
        statistics: &[Statistic],
        plan: &Plan<'a>,
    ) -> Result<Self, InputError> {
        let models = vec![
            (pair.challenger(), Side::Challenger),
            (pair.champion(), Side::Champion),
        ];
        Self::new(models, statistics, plan)
    }

    fn new(
        models: Vec<(&'a Ranked<'a>, Side)>,
        statistics: &[Statistic],
        plan: &Plan<'a>,
    ) -> Result<Self, InputError> {
        let labels = models[0].0.scored().labels();
        let models = models.into_iter().map(|(ranked, side)| Model {
            ranked,
            side,
            marks: Marks::new(statistics, ranked, side),
        });
        let mut resampler = Self {
            models: models.collect(),
            statistics: statistics.to_vec(),
            sampler: Sampler::new(labels, plan)?,
            replicates: plan.replicates.get(),
            losses_of_clusters: Vec::new(),
        };
        if let Some(clusters) = resampler.sampler.clusters()
            && resampler.reads_losses()
        {
            let mut of_clusters = vec![Losses::default(); resampler.sampler.units()];
            for (row, &cluster) in clusters.iter().enumerate() {
                let sum = &mut of_clusters[cluster as usize];
                *sum = plus(*sum, resampler.losses_of_row(row));
            }
            resampler.losses_of_clusters = of_clusters;
        }
        Ok(resampler)
    }

    /// Computes all replicates and what the acceleration needs. O(n·R) for R replicates.
    pub fn run(&self) -> Bootstrap {
        self.collect(self.draw(0..self.replicates))
    }

    /// The statistics of some of the replicates, for [`Resampler::collect`]: compute portions
    /// wherever you like and put them together in order. Portions of multiples of 32 cost least. O(n) a
    /// replicate.
    pub fn draw(&self, replicates: Range<u32>) -> Vec<f64> {
        let mut drawn = Vec::new();
        let mut counts = Counts::new(self.models[0].ranked.scored().rows());
        let mut first = replicates.start;
        while first < replicates.end {
            let group = GROUP.min(replicates.end - first);
            // Whole batches are drawn; of the last, what is wanted is kept.
            let shares = self
                .sampler
                .shares(first, group.next_multiple_of(LANES as u32));
            let losses = self.losses(&shares, first, group);
            for (batch, losses) in losses.chunks(LANES).enumerate() {
                let start = first + (batch * LANES) as u32;
                self.sampler.fill(&shares, start, &mut counts);
                self.read(&counts, losses, &mut drawn);
            }
            first += group;
        }
        drawn
    }

    /// Puts the replicates together, in order, and leaves out groups of units in turn. O(128·n): so many
    /// groups at most.
    pub fn collect(&self, replicates: Vec<f64>) -> Bootstrap {
        let estimates = self.statistics.iter().flat_map(|statistic| {
            let models = self.models.iter();
            models.map(|model| statistic.estimate(model.ranked, model.side))
        });
        Bootstrap {
            sides: self.models.len(),
            estimates: estimates.collect(),
            smooth: self.statistics.iter().map(|of| of.is_smooth()).collect(),
            replicates,
            left_out: self.leave_out(),
            first_stratum: self.sampler.groups()[0],
            units: self.sampler.units_of_strata(),
            same_scores: self.same_scores(),
        }
    }

    /// Reads all statistics of the replicates that `losses` has sums for.
    fn read(&self, counts: &impl Count, losses: &[Losses], drawn: &mut Vec<f64>) {
        let totals = totals(self.models[0].ranked, counts);
        let with_scores = self.statistics.iter().any(|of| of.reads_scores());
        let walks: Vec<_> = self
            .models
            .iter()
            .map(|model| {
                walk(
                    model.ranked,
                    counts,
                    totals,
                    &model.marks.entries,
                    with_scores,
                )
            })
            .collect();
        for (lane, losses) in lanes().zip(losses) {
            for (index, statistic) in self.statistics.iter().enumerate() {
                for ((model, walk), losses) in self.models.iter().zip(&walks).zip(losses) {
                    let at = (&model.marks, index);
                    drawn.push(statistic.read(walk, at, *losses, lane));
                }
            }
        }
    }

    fn same_scores(&self) -> bool {
        let scores = |model: &Model<'a>| model.ranked.scored().scores();
        match &self.models[..] {
            [one, other] => scores(one) == scores(other),
            _ => false,
        }
    }

    fn reads_losses(&self) -> bool {
        self.statistics.iter().any(|of| of.reads_losses())
    }

    /// The sums of losses of a group of replicates. Each row's losses are computed once for all of
    /// them, and its draws are made again rather than kept.
    fn losses(&self, shares: &Shares, first: u32, group: u32) -> Vec<Losses> {
        let mut sums = vec![Losses::default(); group as usize];
        if !self.reads_losses() {
            return sums;
        }
        let mut of_block = Vec::new();
        self.sampler.blocks(|stratum, block, units| {
            of_block.clear();
            of_block.extend(units.iter().map(|&unit| self.losses_of_unit(unit as usize)));
            // The draws name places by a byte: with 256 of them no bound needs checking.
            of_block.resize(256, Losses::default());
            let Ok(losses) = <&[Losses; 256]>::try_from(&of_block[..]) else {
                return; // the length is 256
            };
            for (sum, replicate) in sums.iter_mut().zip(first..) {
                let mut two = [Losses::default(); 2];
                let place = (stratum, block, units.len());
                self.sampler.draws(shares, replicate, place, |hits| {
                    for (turn, &hit) in hits.iter().enumerate() {
                        two[turn % 2] = plus(two[turn % 2], losses[usize::from(hit)]);
                    }
                });
                *sum = plus(*sum, plus(two[0], two[1]));
            }
        });
        sums
    }

    fn losses_of_unit(&self, unit: usize) -> Losses {
        match self.losses_of_clusters.get(unit) {
            Some(losses) => *losses,
            None => self.losses_of_row(unit),
        }
    }

    fn losses_of_row(&self, row: usize) -> Losses {
        let mut losses = Losses::default();
        for (model, losses) in self.models.iter().zip(&mut losses) {
            let scored = model.ranked.scored();
            let (label, score) = (scored.labels()[row], scored.scores()[row]);
            let weight = scored.weights().map_or(1.0, |weights| weights[row]);
            *losses = [
                weight * log_loss_of(label, score),
                weight * brier_of(label, score),
            ];
        }
        losses
    }

    /// The statistics with each group of units left out in turn.
    fn leave_out(&self) -> Vec<f64> {
        let rows = self.models[0].ranked.scored().rows();
        let groups = self.sampler.groups().iter().sum::<usize>();
        let group_of_units = self.sampler.group_of_units();
        let group_of = |row: usize| {
            let unit = self.sampler.clusters().map_or(row, |of| of[row] as usize);
            usize::from(group_of_units[unit])
        };
        let mut of_groups = vec![Losses::default(); groups];
        let mut all = Losses::default();
        if self.reads_losses() {
            for row in 0..rows {
                let losses = self.losses_of_row(row);
                all = plus(all, losses);
                of_groups[group_of(row)] = plus(of_groups[group_of(row)], losses);
            }
        }
        let mut drawn = Vec::new();
        for (batch, of_groups) in of_groups.chunks(LANES).enumerate() {
            let first = batch * LANES;
            let counts = LeavingOut { group_of, first };
            let losses: Vec<Losses> = of_groups.iter().map(|group| minus(all, *group)).collect();
            self.read(&counts, &losses, &mut drawn);
        }
        drawn
    }
}

impl Bootstrap {
    /// Of the challenger's (or the only model's) statistic `index`; undefined where the statistic is. O(R log
    /// R): its R replicates are sorted.
    pub fn challenger(&self, index: usize) -> Metric<Resampled> {
        self.of_side(index, 0)
    }

    /// Of the champion's statistic `index`; the same as the challenger's, if there is only one model. O(R log
    /// R).
    pub fn champion(&self, index: usize) -> Metric<Resampled> {
        self.of_side(index, self.sides - 1)
    }

    /// Of challenger − champion. O(R log R).
    pub fn difference(&self, index: usize) -> Metric<Resampled> {
        let places = [self.sides * index, self.sides * index + self.sides - 1];
        let estimate = self.estimates[places[0]]? - self.estimates[places[1]]?;
        let smooth = self.smooth[index];
        let found = self.resampled(estimate, smooth, |values| {
            values[places[0]] - values[places[1]]
        });
        Ok(if self.same_scores {
            found.of_one_model()
        } else {
            found
        })
    }

    fn of_side(&self, index: usize, side: usize) -> Metric<Resampled> {
        let place = self.sides * index + side;
        let smooth = self.smooth[index];
        Ok(self.resampled(self.estimates[place]?, smooth, |values| values[place]))
    }

    fn resampled(&self, estimate: f64, smooth: bool, of: impl Fn(&[f64]) -> f64) -> Resampled {
        let width = self.estimates.len();
        let replicates = self.replicates.chunks(width).map(&of).collect();
        if !smooth {
            return Resampled::of_units(estimate, replicates, &self.units);
        }
        let left_out: Vec<f64> = self.left_out.chunks(width).map(&of).collect();
        let (first, second) = left_out.split_at(self.first_stratum);
        let strata = [(first, self.units[0]), (second, self.units[1])];
        let strata = strata.map(|(values, units)| LeftOut { values, units });
        Resampled::new(estimate, replicates, &strata)
    }
}

fn plus(mut a: Losses, b: Losses) -> Losses {
    for model in 0..2 {
        for loss in 0..2 {
            a[model][loss] += b[model][loss];
        }
    }
    a
}

fn minus(a: Losses, b: Losses) -> Losses {
    plus(a, b.map(|model| model.map(|loss| -loss)))
}
