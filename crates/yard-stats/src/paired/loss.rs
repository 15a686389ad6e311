//! Differences of losses that are a mean over rows: the paired t interval.

use super::{Pair, Studentised};
use crate::binary::{all_finite, all_usable, brier_of, log_loss_of, same_length};
use crate::distribution::student_t_two_sided;
use crate::interval::{Confidence, Interval};
use crate::sum::Sum;
use crate::support::{Parts, freedom};
use crate::{InputError, Metric, Undefined};

/// A loss with a value for each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Negative log-likelihood, as in [`crate::binary::log_loss`].
    LogLoss,
    /// Squared error of the probability, as in [`crate::binary::brier`].
    Brier,
}

/// A (weighted) mean of row differences, with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanDifference {
    /// The mean: challenger − champion.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Independent units: rows, or clusters.
    pub units: f64,
    /// The same with what small and skewed samples ask for: what intervals and decisions are read from.
    pub studentised: Studentised,
}

/// The difference of a mean loss on the same rows: negative where the challenger is better. O(n), and
/// 8 bytes a cluster.
///
/// Undefined where a score is not a probability, or with fewer than two rows (or clusters).
pub fn loss_difference(
    pair: &Pair<'_>,
    loss: Loss,
    clusters: Option<&[u32]>,
) -> Result<Metric<MeanDifference>, InputError> {
    let (one, other) = (pair.challenger().scored(), pair.champion().scored());
    let outside = |score: &f64| !(0.0..=1.0).contains(score);
    for scores in [one.scores(), other.scores()] {
        if let Some(row) = scores.iter().position(outside) {
            return Ok(Err(Undefined::NotProbability { row }));
        }
    }
    let of = match loss {
        Loss::LogLoss => log_loss_of,
        Loss::Brier => brier_of,
    };
    let difference = |row: usize| {
        let label = one.labels()[row];
        of(label, one.scores()[row]) - of(label, other.scores()[row])
    };
    mean_of(one.rows(), difference, one.weights(), clusters)
}

/// The mean of `challenger` − `champion`, row by row: for any loss (of a regression, of several
/// classes) with a value for each row. O(n), and 8 bytes a cluster.
///
/// The variance of a weighted mean is that of a ratio (linearised): Σ (w·(d − mean))² / (Σw)², times
/// g/(g − 1) for g independent units. With clusters the w·(d − mean) are added up within each first.
///
/// Undefined with fewer than two units. Fails when lengths differ or a value is not finite.
pub fn mean_difference(
    challenger: &[f64],
    champion: &[f64],
    weights: Option<&[f64]>,
    clusters: Option<&[u32]>,
) -> Result<Metric<MeanDifference>, InputError> {
    if challenger.is_empty() {
        return Err(InputError::Empty);
    }
    same_length("champion loss", challenger.len(), champion.len())?;
    all_finite("loss", challenger)?;
    all_finite("champion loss", champion)?;
    if let Some(weights) = weights {
        same_length("weight", challenger.len(), weights.len())?;
        all_usable("weight", weights)?;
    }
    let difference = |row: usize| challenger[row] - champion[row];
    mean_of(challenger.len(), difference, weights, clusters)
}

fn mean_of(
    rows: usize,
    difference: impl Fn(usize) -> f64,
    weights: Option<&[f64]>,
    clusters: Option<&[u32]>,
) -> Result<Metric<MeanDifference>, InputError> {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let (mut sum, mut total) = (Sum::default(), Sum::default());
    for row in 0..rows {
        sum.add(weight(row) * difference(row));
        total.add(weight(row));
    }
    let (mean, total) = (sum.value() / total.value(), total.value());
    let parts = (0..rows).map(|row| (row, weight(row) * (difference(row) - mean)));
    let parts = match clusters {
        None => {
            let units = (0..rows).filter(|&row| weight(row) > 0.0).count();
            Moments::of(units, parts.map(|(_, part)| part))
        }
        Some(clusters) => {
            same_length("cluster", rows, clusters.len())?;
            let count = clusters.iter().max().map_or(0, |&last| last as usize + 1);
            let mut of_clusters = vec![(0.0, false); count];
            for (row, part) in parts {
                let cluster = &mut of_clusters[clusters[row] as usize];
                cluster.0 += part;
                cluster.1 |= weight(row) > 0.0;
            }
            let units = of_clusters.iter().filter(|(_, used)| *used).count();
            Moments::of(units, of_clusters.iter().map(|(part, _)| *part))
        }
    };
    Ok(parts.difference(mean, total))
}

/// Sums of powers of what the units add to the mean, times the weight of all rows.
struct Moments {
    units: usize,
    powers: [Sum; 3],
}

impl Moments {
    fn of(units: usize, parts: impl Iterator<Item = f64>) -> Self {
        let mut powers = [Sum::default(); 3];
        for part in parts {
            let square = part * part;
            for (sum, power) in powers
                .iter_mut()
                .zip([square, square * part, square * square])
            {
                sum.add(power);
            }
        }
        Self { units, powers }
    }

    fn difference(&self, mean: f64, total: f64) -> Metric<MeanDifference> {
        if self.units < 2 {
            return Err(Undefined::TooFewRows);
        }
        let units = self.units as f64;
        let [squares, cubes, fourths] = self.powers.map(Sum::value);
        let standard_error = (squares / (total * total) * (units / (units - 1.0))).sqrt();
        let parts = Parts {
            units: self.units,
            groups: self.units,
            squares,
            cubes,
            fourths,
        };
        let varies = squares > 0.0;
        Ok(MeanDifference {
            value: mean,
            standard_error,
            units,
            studentised: Studentised {
                value: mean,
                standard_error,
                // Every row differs by the same: nothing to learn from others.
                freedom: freedom(&[parts]).unwrap_or(f64::INFINITY),
                skewness: if varies {
                    cubes
                        / (total * total * total)
                        / (standard_error * standard_error * standard_error)
                } else {
                    0.0
                },
            },
        })
    }
}

impl MeanDifference {
    /// The paired t-test as published: two-sided p-value of "the means are equal", by Student's t with
    /// units − 1 degrees of freedom. Undefined when the differences do not vary. O(1).
    pub fn published_p_value(&self) -> Metric {
        if self.standard_error > 0.0 {
            let t = self.value / self.standard_error;
            Ok(student_t_two_sided(t, self.units - 1.0))
        } else {
            Err(Undefined::NoVariance)
        }
    }

    /// Whether the rows can carry a decision about the difference: ask before any of the p-values below,
    /// and answer "inconclusive" on [`Undefined::TooFewInformative`]. O(1).
    pub fn enough(&self) -> Metric<()> {
        self.studentised.enough()
    }

    /// The interval that agrees with the p-values below. O(1).
    pub fn interval(&self, confidence: Confidence) -> Interval {
        self.studentised.interval(confidence)
    }

    /// Two-sided p-value of "the means are equal". O(1).
    pub fn p_value(&self) -> f64 {
        self.studentised.p_value()
    }

    /// One-sided p-value of "the true difference is at least `value`": small when it is below. A loss is
    /// shown not to be worse by a margin when the p-value at the margin is below the level. O(1).
    pub fn p_at_least(&self, value: f64) -> f64 {
        self.studentised.p_at_least(value)
    }

    /// One-sided p-value of "the true difference is at most `value`": small when it is above. O(1).
    pub fn p_at_most(&self, value: f64) -> f64 {
        self.studentised.p_at_most(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_paired_t_test() {
        // scipy 1.17.1, ttest_rel.
        let one = [1.0, 2.5, 3.0, 4.5, 5.0];
        let other = [1.5, 2.0, 4.0, 4.0, 7.0];
        let found = mean_difference(&one, &other, None, None).unwrap().unwrap();
        assert!((found.value / found.standard_error - T).abs() < 1e-14);
        assert!((found.published_p_value().unwrap() - P).abs() < 1e-14);
        let ends = found.interval(Confidence::P95);
        assert!((found.p_at_least(ends.upper) - 0.025).abs() < 1e-12);
        assert!((found.p_at_most(ends.lower) - 0.025).abs() < 1e-12);
    }

    const T: f64 = -1.054_092_553_389_459_8;
    const P: f64 = 0.351_301_002_963_259_7;

    #[test]
    fn copies_of_a_row_in_one_cluster_add_nothing() {
        let one = [1.0, 2.5, 3.0, 4.5];
        let other = [1.5, 2.0, 4.0, 4.25];
        let rows = mean_difference(&one, &other, None, None).unwrap().unwrap();
        let clusters: Vec<u32> = (0..12).map(|row| row % 4).collect();
        let (three_one, three_other) = (one.repeat(3), other.repeat(3));
        let clustered = mean_difference(&three_one, &three_other, None, Some(&clusters));
        let clustered = clustered.unwrap().unwrap();
        assert_eq!(rows.units, clustered.units);
        assert!((rows.standard_error - clustered.standard_error).abs() < 1e-15);
        let weighted = mean_difference(&one, &other, Some(&[2.0; 4]), None)
            .unwrap()
            .unwrap();
        assert!((rows.standard_error - weighted.standard_error).abs() < 1e-15);
    }

    #[test]
    fn losses_are_those_of_the_metrics() {
        use crate::binary::{brier, log_loss};
        let labels = [true, false, true, false, true];
        let (one, other) = ([0.9, 0.2, 0.6, 0.4, 0.7], [0.8, 0.3, 0.4, 0.4, 0.9]);
        let pair = Pair::new(&labels, &one, &other, None).unwrap();
        let scored = [pair.challenger().scored(), pair.champion().scored()];
        for (loss, metric) in [
            (
                Loss::LogLoss,
                scored.map(|scored| log_loss(scored).unwrap()),
            ),
            (Loss::Brier, scored.map(|scored| brier(scored).unwrap())),
        ] {
            let found = loss_difference(&pair, loss, None).unwrap().unwrap();
            assert!((found.value - (metric[0] - metric[1])).abs() < 1e-15);
        }
        let margins = Pair::new(&labels, &one, &[0.8, 0.3, 1.4, 0.4, 0.9], None).unwrap();
        let refused = loss_difference(&margins, Loss::Brier, None).unwrap();
        assert_eq!(refused, Err(Undefined::NotProbability { row: 2 }));
    }

    #[test]
    fn one_row_has_no_error() {
        let one = mean_difference(&[1.0], &[2.0], None, None).unwrap();
        assert_eq!(one, Err(Undefined::TooFewRows));
        assert!(mean_difference(&[1.0, 2.0], &[2.0], None, None).is_err());
    }
}
