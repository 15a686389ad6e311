//! Worlds whose true values are known: binormal scores.

use std::num::NonZeroU32;
use yard_stats::bootstrap::{Design, Plan, Rate, Resampler, Statistic};
use yard_stats::distribution::{normal_cdf, normal_quantile};
use yard_stats::interval::Confidence;
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

/// How often a kind of interval could be given, and how often it then held the truth.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Claim {
    holdouts: u32,
    made: u32,
    held: u32,
}

/// What a world's holdouts said.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    holdouts: u32,
    /// Logit interval of the champion's AUC.
    logit: Claim,
    /// DeLong interval of the difference.
    delong: Claim,
    /// Corrected bootstrap interval of the difference of areas, stratified.
    bca: Claim,
    /// Corrected bootstrap interval of the difference of accuracies, unstratified.
    accuracy: Claim,
    /// Decidable, and the one-sided p-value at minus the true loss is below 5 %: DeLong's, the bootstrap's.
    passed: [u32; 2],
}

impl Claim {
    fn count(&mut self, enough: bool, holds: bool) {
        self.holdouts += 1;
        self.made += u32::from(enough);
        self.held += u32::from(enough && holds);
    }

    /// Share of holdouts on which the interval is given.
    pub(crate) fn decidable(&self) -> f64 {
        f64::from(self.made) / f64::from(self.holdouts.max(1))
    }

    /// Where nine holdouts in ten carry the interval, it must cover in 93-97 % of them; in any world the
    /// intervals that are given must not miss the truth in more than 7 % of all holdouts. Both within 2.576
    /// standard errors of what was counted.
    fn holds(&self) -> bool {
        let (all, made) = (f64::from(self.holdouts), f64::from(self.made));
        let missed = f64::from(self.made - self.held) / all;
        let error = |share: f64, of: f64| 2.576 * (share * (1.0 - share) / of).sqrt();
        let seldom = missed <= 0.07 + error(0.07, all);
        if self.decidable() < 0.9 {
            return seldom;
        }
        let covers = f64::from(self.held) / made;
        seldom && covers >= 0.93 - error(0.93, made) && covers <= 0.97 + error(0.97, made)
    }
}

impl std::fmt::Display for Claim {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.decidable() < 0.9 {
            let missed = f64::from(self.made - self.held) / f64::from(self.holdouts.max(1));
            return write!(to, "(misses {missed:.3})");
        }
        write!(to, "{:.3}", f64::from(self.held) / f64::from(self.made))
    }
}

impl Counts {
    /// Logit, DeLong, bootstrap, accuracy.
    pub(crate) fn claims(&self) -> [Claim; 4] {
        [self.logit, self.delong, self.bca, self.accuracy]
    }

    /// Shares of DeLong's and the bootstrap's false passes.
    pub(crate) fn false_passes(&self) -> [f64; 2] {
        self.passed
            .map(|count| f64::from(count) / f64::from(self.holdouts))
    }

    /// The promises that are broken: coverage as in [`Claim::holds`]; false passes whose 99 % Monte-Carlo
    /// interval lies above 5 %.
    pub(crate) fn broken(&self) -> Vec<&'static str> {
        let limit = 0.05 + 2.576 * (0.05 * 0.95 / f64::from(self.holdouts)).sqrt();
        let [delong, bootstrap] = self.false_passes().map(|share| share <= limit);
        [
            ("logit coverage", self.logit.holds()),
            ("DeLong coverage", self.delong.holds()),
            ("BCa coverage", self.bca.holds()),
            ("accuracy coverage", self.accuracy.holds()),
            ("DeLong passes", delong),
            ("bootstrap passes", bootstrap),
        ]
        .into_iter()
        .filter_map(|(promise, holds)| (!holds).then_some(promise))
        .collect()
    }
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
                continue; // fewer than two rows of a class
            };
            counts.holdouts += 1;
            counts.count(self, &pair, (holdout.into(), replicates))?;
            let enough = difference.enough().is_ok();
            let ends = difference.interval(Confidence::P95);
            counts.delong.count(enough, ends.contains(self.difference));
            let passes = difference.p_at_most(self.difference) < 0.05;
            counts.passed[0] += u32::from(enough && passes);
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
        let area = delong(pair.champion())?;
        let holds = area
            .logit_interval(Confidence::P95)
            .is_ok_and(|ends| ends.contains(world.auc));
        self.logit.count(area.enough().is_ok(), holds);
        let plan = |design| Plan {
            replicates,
            seed,
            design,
        };
        let areas = Resampler::of_pair(pair, &[Statistic::Auc], &plan(Design::Stratified))?.run();
        let areas = areas.difference(0)?;
        let enough = areas.enough().is_ok();
        let holds = areas.bca(Confidence::P95)?.contains(world.difference);
        self.bca.count(enough, holds);
        let passes = areas.p_at_most(world.difference)? < 0.05;
        self.passed[1] += u32::from(enough && passes);
        let accuracy = Statistic::At {
            rate: Rate::Accuracy,
            challenger: THRESHOLD,
            champion: THRESHOLD,
        };
        let accuracies = Resampler::of_pair(pair, &[accuracy], &plan(Design::Unstratified))?.run();
        let accuracies = accuracies.difference(0)?;
        let ends = accuracies.bca(Confidence::P95)?;
        let holds = ends.contains(world.true_accuracy_difference());
        self.accuracy.count(accuracies.enough().is_ok(), holds);
        Ok(())
    }
}

/// The grid: sizes, base rates and areas; the challenger is worse by exactly what is to be ruled out.
pub(crate) fn grid() -> Vec<World> {
    let mut worlds = Vec::new();
    for rows in [200, 500, 2000] {
        for prevalence in [0.1, 0.3, 0.5] {
            for auc in [0.65, 0.77, 0.9, 0.97] {
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
