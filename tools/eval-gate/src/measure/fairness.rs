//! How far apart groups of rows are treated: a rate of each, and how surely the extremes differ.

use std::num::NonZeroU32;

use yard_contract::{Estimate, GroupGap, GroupRate as Rated};
use yard_stats::Metric as Value;
use yard_stats::binary::{Confusion, Scored};
use yard_stats::bootstrap::{Design, Plan as Draws, Resampled, resample};
use yard_stats::fairness::{Against, GroupDecisions};
use yard_stats::interval::{Confidence, Interval, wilson};

use super::estimate::estimate;
use super::slices::shown;
use crate::config::{FairnessConfig, GroupRate};
use crate::error::GateError;
use crate::input::Subject;
use crate::plan::Plan;

/// What the groups of a column are cut from.
struct Groups<'a> {
    subject: &'a Subject,
    plan: &'a Plan,
    labels: &'a [bool],
    /// The group of each row.
    codes: Vec<u32>,
    names: Vec<String>,
    rows: Vec<u64>,
}

/// Every rate of every column that the policy names.
pub(super) fn gaps(
    subject: &Subject,
    plan: &Plan,
    config: &FairnessConfig,
    labels: &[bool],
) -> Result<Vec<GroupGap>, GateError> {
    let mut gaps = Vec::new();
    for column in &config.by {
        let Some(categories) = subject.holdout.slices.get(column) else {
            continue;
        };
        let mut rows = vec![0; categories.levels.len()];
        for code in &categories.codes {
            rows[*code as usize] += 1;
        }
        let groups = Groups {
            subject,
            plan,
            labels,
            codes: categories.codes.clone(),
            names: categories.levels.iter().map(|level| shown(level)).collect(),
            rows,
        };
        for rate in &config.metrics {
            gaps.push(groups.gap(column, *rate, config.min_rows)?);
        }
    }
    Ok(gaps)
}

impl Groups<'_> {
    fn gap(&self, column: &str, rate: GroupRate, least: u64) -> Result<GroupGap, GateError> {
        let confidence = self.plan.confidence;
        let weights = self.subject.holdout.weights.as_deref();
        let values = self.values(weights, rate)?;
        let judged = |group: &usize| self.rows[*group] >= least && values[*group].is_ok();
        let (judged, small): (Vec<usize>, Vec<usize>) = (0..self.names.len()).partition(judged);
        if judged.len() < 2 {
            return Err(GateError::UndefinedMetric {
                rule: format!("fairness {} {column}", rate.as_str()),
                reason: format!(
                    "{} of {} groups have the rows to be judged",
                    judged.len(),
                    self.names.len()
                ),
            });
        }
        let drawn = self.drawn(rate)?;
        let at = |group: usize, confidence: Confidence| match &drawn {
            Some(drawn) => {
                let resampled = &drawn[group];
                resampled
                    .enough()
                    .and_then(|()| resampled.bca(confidence))
                    .ok()
            }
            None => self.wilson(group, rate, confidence),
        };
        let method = if drawn.is_some() {
            "bootstrap"
        } else {
            "wilson"
        };
        let rates: Vec<f64> = judged
            .iter()
            .filter_map(|&group| values[group].ok())
            .collect();
        // The upper end of the difference holds for the pair that truly differs most, whichever it is; the
        // lower end is the best of all pairs, so that their number has to be accounted for. With the ratio
        // it is the other way round.
        let pairs = (judged.len() * (judged.len() - 1)) as f64;
        let careful = Confidence::new(1.0 - (1.0 - confidence.level()) / pairs)?;
        let ends = |confidence| -> Option<Vec<Interval>> {
            judged.iter().map(|&group| at(group, confidence)).collect()
        };
        let (plain, adjusted) = (ends(confidence), ends(careful));
        let both = plain.as_ref().zip(adjusted.as_ref());
        let over_pairs = |of: fn((f64, Interval), (f64, Interval)) -> f64, ends: &[Interval]| {
            let one = |place: usize| (rates[place], ends[place]);
            let places = 0..rates.len();
            let pairs = places
                .clone()
                .flat_map(move |a| places.clone().map(move |b| (a, b)));
            let pairs = pairs.filter(|(a, b)| a != b);
            pairs.map(|(a, b)| of(one(a), one(b))).collect::<Vec<f64>>()
        };
        let largest = |found: Vec<f64>| found.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let smallest = |found: Vec<f64>| found.into_iter().fold(f64::INFINITY, f64::min);
        let difference = both.map(|(plain, adjusted)| Interval {
            lower: largest(over_pairs(difference_low, adjusted)).max(0.0),
            upper: largest(over_pairs(difference_high, plain)).min(1.0),
        });
        let ratio = both.map(|(plain, adjusted)| Interval {
            lower: smallest(over_pairs(ratio_low, plain)).max(0.0),
            upper: smallest(over_pairs(ratio_high, adjusted)).min(1.0),
        });
        let metric = yard_stats::fairness::GroupMetric {
            overall: Ok(0.0),
            groups: rates.iter().map(|rate| Ok(*rate)).collect(),
        };
        let told =
            |value: f64, ends: Option<Interval>, confidence| -> Result<Estimate, GateError> {
                estimate(value, ends.map(|ends| (ends, "mover")), confidence)
                    .ok_or(GateError::NotFinite)
            };
        let groups = judged.iter().map(|&group| Rated {
            value: self.names[group].clone(),
            rows: self.rows[group],
            rate: values[group].ok().and_then(|rate| {
                estimate(
                    rate,
                    at(group, confidence).map(|ends| (ends, method)),
                    confidence,
                )
            }),
        });
        Ok(GroupGap {
            column: column.to_owned(),
            rate: rate.as_str().to_owned(),
            groups: groups.collect(),
            too_small: small
                .iter()
                .map(|&group| self.names[group].clone())
                .collect(),
            difference: told(metric.difference(Against::Groups)?, difference, confidence)?,
            ratio: told(metric.ratio(Against::Groups)?, ratio, confidence)?,
        })
    }

    /// The rate of each group.
    fn values(&self, weights: Option<&[f64]>, rate: GroupRate) -> Result<Vec<Value>, GateError> {
        let scored = Scored::new(self.labels, &self.subject.model.values, weights)?;
        let threshold = self.subject.model.threshold.get();
        let decisions = GroupDecisions::at(scored, &self.codes, threshold)?;
        Ok(decisions.metric(|confusion| rate.of(confusion)).groups)
    }

    /// Draws of every group's rate, where rows are weighted or hang together.
    fn drawn(&self, rate: GroupRate) -> Result<Option<Vec<Resampled>>, GateError> {
        let holdout = &self.subject.holdout;
        let (own, clusters) = (holdout.weights.as_deref(), holdout.clusters.as_deref());
        if own.is_none() && clusters.is_none() {
            return Ok(None);
        }
        let bootstrap = self.plan.config.bootstrap;
        let plan = Draws {
            replicates: NonZeroU32::new(bootstrap.replicates).unwrap_or(NonZeroU32::MIN),
            seed: bootstrap.seed,
            design: clusters.map_or(Design::Stratified, Design::Clustered),
        };
        let mut weights = vec![0.0; self.labels.len()];
        let drawn = resample(self.labels, self.names.len(), &plan, |counts, found| {
            for (row, weight) in weights.iter_mut().enumerate() {
                *weight = counts[row] * own.map_or(1.0, |own| own[row]);
            }
            let values = self.values(Some(&weights), rate).unwrap_or_default();
            for (slot, value) in found.iter_mut().zip(values) {
                *slot = value.unwrap_or(f64::NAN);
            }
        })?;
        Ok(Some(drawn))
    }

    fn wilson(&self, group: usize, rate: GroupRate, confidence: Confidence) -> Option<Interval> {
        let scored = Scored::new(self.labels, &self.subject.model.values, None).ok()?;
        let threshold = self.subject.model.threshold.get();
        let decisions = GroupDecisions::at(scored, &self.codes, threshold).ok()?;
        let (part, whole) = rate.parts(&decisions.groups()[group]);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "counts of rows"
        )]
        let (part, whole) = (part as u64, whole as u64);
        wilson(part, whole, confidence).ok()
    }
}

impl GroupRate {
    /// The name in configurations and artifacts.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::SelectionRate => "selection_rate",
            Self::TruePositiveRate => "true_positive_rate",
            Self::FalsePositiveRate => "false_positive_rate",
            Self::FalseNegativeRate => "false_negative_rate",
            Self::TrueNegativeRate => "true_negative_rate",
            Self::Accuracy => "accuracy",
            Self::Precision => "precision",
        }
    }

    /// The rows that count, and those they are a part of.
    fn parts(self, of: &Confusion) -> (f64, f64) {
        match self {
            Self::SelectionRate => (of.predicted_positives(), of.total()),
            Self::TruePositiveRate => (of.true_positives, of.positives()),
            Self::FalsePositiveRate => (of.false_positives, of.negatives()),
            Self::FalseNegativeRate => (of.false_negatives, of.positives()),
            Self::TrueNegativeRate => (of.true_negatives, of.negatives()),
            Self::Accuracy => (of.true_positives + of.true_negatives, of.total()),
            Self::Precision => (of.true_positives, of.predicted_positives()),
        }
    }

    fn of(self, confusion: &Confusion) -> Value {
        let (part, whole) = self.parts(confusion);
        if whole > 0.0 {
            Ok(part / whole)
        } else {
            Err(yard_stats::Undefined::NoPredictedPositives)
        }
    }
}

/// The lower end of p − q from their own intervals.
///
/// R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
/// Medicine 1998, method 10; for any two intervals: G. Y. Zou, A. Donner, "Construction of confidence limits
/// about effect measures" (MOVER), Statistics in Medicine 2008.
fn difference_low((p, of_p): (f64, Interval), (q, of_q): (f64, Interval)) -> f64 {
    p - q - libm::hypot(p - of_p.lower, of_q.upper - q)
}

fn difference_high((p, of_p): (f64, Interval), (q, of_q): (f64, Interval)) -> f64 {
    p - q + libm::hypot(of_p.upper - p, q - of_q.lower)
}

/// The lower end of p / q: where p − θq would no longer be above 0 by the same method.
///
/// A. Donner, G. Y. Zou, "Closed-form confidence intervals for functions of the normal mean and standard
/// deviation", Statistical Methods in Medical Research 2012. Where q may be so near 0 that the quadratic has
/// no root, the ends of both intervals are divided, which is wider.
fn ratio_low((p, of_p): (f64, Interval), (q, of_q): (f64, Interval)) -> f64 {
    let (l, u) = (of_p.lower, of_q.upper);
    let (a, b, c) = (u * (2.0 * q - u), p * q, l * (2.0 * p - l));
    let root = b * b - a * c;
    if a > 0.0 && root >= 0.0 {
        (b - root.sqrt()) / a
    } else {
        l / u.max(f64::MIN_POSITIVE)
    }
}

fn ratio_high((p, of_p): (f64, Interval), (q, of_q): (f64, Interval)) -> f64 {
    let (u, l) = (of_p.upper, of_q.lower);
    let (a, b, c) = (l * (2.0 * q - l), p * q, u * (2.0 * p - u));
    let root = b * b - a * c;
    if a > 0.0 && root >= 0.0 {
        (b + root.sqrt()) / a
    } else {
        u / l.max(f64::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe's example (a) of 1998: 56/70 and 48/80, method 10: 0.0524 to 0.3339.
    #[test]
    fn the_difference_is_newcombes() {
        let one = |part, whole| {
            let ends = wilson(part, whole, Confidence::P95).unwrap();
            (part as f64 / whole as f64, ends)
        };
        let (p, q) = (one(56, 70), one(48, 80));
        assert!((difference_low(p, q) - 0.0524).abs() < 5e-5);
        assert!((difference_high(p, q) - 0.3339).abs() < 5e-5);
        // The ratio's ends are where the difference's would touch 0.
        for theta in [ratio_low(p, q), ratio_high(p, q)] {
            let scaled = Interval {
                lower: theta * q.1.lower,
                upper: theta * q.1.upper,
            };
            let q = (theta * q.0, scaled);
            let ends = [difference_low(p, q), difference_high(p, q)];
            assert!(ends.iter().any(|end| end.abs() < 1e-12), "{ends:?}");
        }
    }
}
