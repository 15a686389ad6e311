//! Worlds whose true values are known: binormal scores.

use std::num::NonZeroU32;
use yard_stats::binary::Ranked;
use yard_stats::bootstrap::{Design, Plan, Rate, Resampler, Statistic};
use yard_stats::distribution::{normal_cdf, normal_quantile};
use yard_stats::interval::{Confidence, Interval};
use yard_stats::paired::{Pair, delong, delong_difference};

/// One cell of the grid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    /// Rows of a holdout.
    pub(crate) rows: usize,
    /// Chance of a positive row.
    pub(crate) prevalence: f64,
    /// The champion's true AUC.
    pub(crate) auc: f64,
    /// The challenger's, minus the champion's.
    pub(crate) difference: f64,
    /// Correlation of both scores within a class.
    pub(crate) correlation: f64,
}

/// How often each interval held the truth, and how often a gate at 5 % passed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Holdouts with two rows of each class.
    pub(crate) holdouts: u32,
    /// Logit interval of the champion's AUC.
    pub(crate) logit: u32,
    /// DeLong interval of the difference.
    pub(crate) delong: u32,
    /// Corrected bootstrap interval of the difference of areas, stratified.
    pub(crate) bca: u32,
    /// Corrected bootstrap interval of the difference of accuracies, unstratified.
    pub(crate) accuracy: u32,
    /// DeLong's one-sided p-value at minus the true loss is below 5 %.
    pub(crate) passed_by_delong: u32,
    /// The bootstrap's.
    pub(crate) passed_by_bootstrap: u32,
}

/// Both models select at or above it.
const THRESHOLD: f64 = 0.5;

/// `SplitMix64`, the state being the number of the draw.
pub(crate) struct Noise(u64);

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
    /// AUC = Φ(shift/√2) where positives are shifted and both classes have variance 1.
    fn shifts(&self) -> [f64; 2] {
        [self.auc + self.difference, self.auc]
            .map(|auc| normal_quantile(auc).unwrap_or(f64::NAN) * core::f64::consts::SQRT_2)
    }

    fn true_accuracy_difference(&self) -> f64 {
        let [challenger, champion] = self
            .shifts()
            .map(|shift| self.prevalence * normal_cdf(shift - THRESHOLD));
        challenger - champion // what both do on negatives is the same
    }

    /// Draws `holdouts` and counts. Nothing depends on anything but the arguments.
    pub(crate) fn simulate(&self, holdouts: u32, replicates: NonZeroU32) -> anyhow::Result<Counts> {
        let mut counts = Counts::default();
        let shifts = self.shifts();
        let shared = self.correlation.sqrt();
        let own = (1.0 - self.correlation).sqrt();
        for holdout in 0..holdouts {
            let mut noise = Noise(u64::from(holdout) << 32);
            let (mut labels, mut challenger, mut champion) = (vec![], vec![], vec![]);
            for _ in 0..self.rows {
                let positive = noise.unit() < self.prevalence;
                let common = shared * noise.normal();
                let shift = |by: f64| if positive { by } else { 0.0 };
                labels.push(positive);
                challenger.push(common + own * noise.normal() + shift(shifts[0]));
                champion.push(common + own * noise.normal() + shift(shifts[1]));
            }
            let pair = Pair::new(&labels, &challenger, &champion, None)?;
            let Ok(difference) = delong_difference(&pair) else {
                continue;
            };
            counts.holdouts += 1;
            counts.count(self, &pair, (holdout.into(), replicates))?;
            let ends = difference.interval(Confidence::P95);
            counts.delong += u32::from(ends.contains(self.difference));
            counts.passed_by_delong += u32::from(difference.p_at_most(self.difference) < 0.05);
        }
        Ok(counts)
    }
}

impl Counts {
    fn count(
        &mut self,
        world: &World,
        pair: &Pair<'_>,
        (seed, replicates): (u64, NonZeroU32),
    ) -> anyhow::Result<()> {
        let champion: &Ranked<'_> = pair.champion();
        // A separated sample has no logit interval; it holds the truth as [area, 1] would.
        let logit = delong(champion)?.logit_interval(Confidence::P95);
        let logit = logit.unwrap_or(Interval {
            lower: 0.0,
            upper: 1.0,
        });
        self.logit += u32::from(logit.contains(world.auc));
        let plan = |design| Plan {
            replicates,
            seed,
            design,
        };
        let areas = Resampler::of_pair(pair, &[Statistic::Auc], &plan(Design::Stratified))?.run();
        let areas = areas.difference(0)?;
        self.bca += u32::from(areas.bca(Confidence::P95)?.contains(world.difference));
        self.passed_by_bootstrap += u32::from(areas.p_at_most(world.difference)? < 0.05);
        let accuracy = Statistic::At {
            rate: Rate::Accuracy,
            challenger: THRESHOLD,
            champion: THRESHOLD,
        };
        let accuracies = Resampler::of_pair(pair, &[accuracy], &plan(Design::Unstratified))?.run();
        let ends = accuracies.difference(0)?.bca(Confidence::P95)?;
        self.accuracy += u32::from(ends.contains(world.true_accuracy_difference()));
        Ok(())
    }
}

/// The grid: sizes, base rates and areas; the challenger is worse by exactly what is to be ruled out.
pub(crate) fn grid(sizes: &[usize]) -> Vec<World> {
    let mut worlds = Vec::new();
    for &rows in sizes {
        for prevalence in [0.1, 0.3, 0.5] {
            for auc in [0.65, 0.77, 0.9] {
                worlds.push(World {
                    rows,
                    prevalence,
                    auc,
                    difference: -0.02,
                    correlation: 0.8,
                });
            }
        }
    }
    worlds
}
