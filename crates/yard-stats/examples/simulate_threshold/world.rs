//! Worlds whose cheapest threshold is known: calibrated scores.

use std::num::NonZeroU32;
use yard_stats::binary::{Ranked, Scored};
use yard_stats::bootstrap::{Design, Plan, Resampler, Statistic};
use yard_stats::interval::Confidence;

/// One cell of the grid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    /// Rows of a holdout.
    pub(crate) rows: usize,
    /// Mean of the rows' log-odds, whose standard deviation is 1.5.
    pub(crate) centre: f64,
    /// Cost of a false negative, that of a false positive being 1.
    pub(crate) false_negative: f64,
}

/// What a world's holdouts said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    holdouts: u32,
    given: u32,
    held: u32,
    open: u32,
    positives: usize,
    widths: Vec<f64>,
}

impl Counts {
    /// Share of holdouts whose rarer class carries an interval.
    pub(crate) fn given(&self) -> f64 {
        f64::from(self.given) / f64::from(self.holdouts.max(1))
    }

    /// Share of the given intervals that hold the truth.
    pub(crate) fn covers(&self) -> f64 {
        f64::from(self.held) / f64::from(self.given.max(1))
    }

    /// Share of the given intervals with an open end.
    pub(crate) fn open(&self) -> f64 {
        f64::from(self.open) / f64::from(self.given.max(1))
    }

    /// Share of positive rows, over all holdouts.
    pub(crate) fn rate(&self, world: &World) -> f64 {
        self.positives as f64 / f64::from(self.holdouts.max(1)) / world.rows as f64
    }

    /// Median width of the given intervals.
    pub(crate) fn width(&self) -> f64 {
        let mut widths = self.widths.clone();
        widths.sort_by(f64::total_cmp);
        widths.get(widths.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// `SplitMix64`, the state being the number of the draw.
struct Noise(u64);

impl Noise {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Standard normal, by Box and Muller's method.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        radius * libm::cos(core::f64::consts::TAU * self.unit())
    }
}

impl World {
    /// A row of chance p costs 1 − p where it is called positive, and p times the cost of a false negative
    /// where it is not.
    pub(crate) fn threshold(&self) -> f64 {
        1.0 / (1.0 + self.false_negative)
    }

    /// Draws `holdouts` and counts. Nothing depends on anything but the arguments.
    pub(crate) fn simulate(&self, holdouts: u32, replicates: NonZeroU32) -> anyhow::Result<Counts> {
        let statistic = Statistic::CheapestThreshold {
            false_positive: 1.0,
            false_negative: self.false_negative,
        };
        let mut counts = Counts::default();
        for holdout in 0..holdouts {
            let mut noise = Noise(u64::from(holdout) << 32);
            let (mut labels, mut scores) = (vec![], vec![]);
            for _ in 0..self.rows {
                let chance = 1.0 / (1.0 + libm::exp(-(self.centre + 1.5 * noise.normal())));
                labels.push(noise.unit() < chance);
                scores.push(chance);
            }
            counts.holdouts += 1;
            counts.positives += labels.iter().filter(|label| **label).count();
            let ranked = Ranked::new(Scored::new(&labels, &scores, None)?)?;
            let plan = Plan {
                replicates,
                seed: holdout.into(),
                design: Design::Stratified,
            };
            let found = Resampler::of(&ranked, &[statistic], &plan)?.run();
            let found = found.challenger(0)?;
            if found.enough().is_ok() {
                let ends = ranked.opened(found.percentile(Confidence::P95)?);
                let truth = self.threshold();
                let holds = ends.lower.is_none_or(|end| end <= truth)
                    && ends.upper.is_none_or(|end| truth <= end);
                counts.given += 1;
                counts.held += u32::from(holds);
                counts.open += u32::from(ends.lower.is_none() || ends.upper.is_none());
                let (lower, upper) = (ends.lower.unwrap_or(0.0), ends.upper.unwrap_or(1.0));
                counts.widths.push(upper - lower);
            }
        }
        Ok(counts)
    }
}

/// The grid: sizes, base rates, and costs.
pub(crate) fn grid() -> Vec<World> {
    let mut worlds = Vec::new();
    for rows in [500, 2000] {
        for centre in [-3.0, -1.0] {
            for false_negative in [1.0, 5.0, 20.0] {
                worlds.push(World {
                    rows,
                    centre,
                    false_negative,
                });
            }
        }
    }
    worlds
}
