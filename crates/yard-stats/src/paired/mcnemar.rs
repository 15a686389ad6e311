//! `McNemar`'s test: at a fixed operating point, which model is right more often?

use super::Pair;
use super::loss::{MeanDifference, mean_difference};
use crate::distribution::{binomial_at_least, chi_square_tail};
use crate::interval::{Confidence, Interval};
use crate::{InputError, Metric, Undefined};

/// On how many rows only one of the two models decides rightly. Rows on which both are right, or both
/// wrong, say nothing about which is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discordant {
    /// Rows that only the challenger decides rightly.
    pub challenger_only: u64,
    /// Rows that only the champion decides rightly.
    pub champion_only: u64,
    /// All rows.
    pub rows: u64,
}

/// Below this many discordant rows [`Discordant::p_value`] is exact.
const FEW: u64 = 25;

impl Discordant {
    /// Counts rows at each model's threshold (positive at or above it). One pass. O(n).
    ///
    /// Undefined with weights ([`Undefined::Weighted`]).
    pub fn at(pair: &Pair<'_>, challenger: f64, champion: f64) -> Metric<Self> {
        if pair.challenger().scored().weights().is_some() {
            return Err(Undefined::Weighted);
        }
        Ok(Self::counted(pair, challenger, champion))
    }

    /// The same counts of rows, whatever these weigh: to be shown, not tested. Rows that are weighted or
    /// hang together are tested by [`decision_difference`]. O(n).
    pub fn counted(pair: &Pair<'_>, challenger: f64, champion: f64) -> Self {
        let (one, other) = (pair.challenger().scored(), pair.champion().scored());
        let mut counts = Self {
            challenger_only: 0,
            champion_only: 0,
            rows: one.rows() as u64,
        };
        let scores = one.scores().iter().zip(other.scores());
        for (&label, (&first, &second)) in one.labels().iter().zip(scores) {
            let right = (
                (first >= challenger) == label,
                (second >= champion) == label,
            );
            counts.challenger_only += u64::from(right.0 && !right.1);
            counts.champion_only += u64::from(right.1 && !right.0);
        }
        counts
    }

    /// Accuracy of the challenger − accuracy of the champion. O(1).
    pub fn difference(&self) -> f64 {
        (self.challenger_only as f64 - self.champion_only as f64) / self.rows as f64
    }

    /// Standard error of the difference, √(b + c − (b − c)²/n)/n. O(1).
    pub fn standard_error(&self) -> f64 {
        let n = self.rows as f64;
        let (b, c) = (self.challenger_only as f64, self.champion_only as f64);
        (b + c - (b - c) * (b - c) / n).max(0.0).sqrt() / n
    }

    /// The Wald interval of the difference. O(1).
    pub fn interval(&self, confidence: Confidence) -> Interval {
        Interval::around(self.difference(), self.standard_error(), confidence).within(-1.0, 1.0)
    }

    /// Two-sided p-value of "both are right equally often": exact below 25 discordant rows, with
    /// continuity correction from there on. O(1), as exact p-values are of few rows.
    pub fn p_value(&self) -> f64 {
        if self.challenger_only + self.champion_only < FEW {
            self.exact()
        } else {
            self.corrected()
        }
    }

    /// Two-sided, from the binomial distribution with ½: 2·P(X ≥ the larger count), at most 1. O(√(b + c)).
    pub fn exact(&self) -> f64 {
        let larger = self.challenger_only.max(self.champion_only);
        (2.0 * binomial_at_least(larger, self.discordant(), 0.5)).min(1.0)
    }

    /// Two-sided, from (|b − c| − 1)²/(b + c) against χ² with one degree of freedom; 1 without discordant
    /// rows. O(1).
    ///
    /// Q. `McNemar`, Psychometrika 1947; the correction: A. L. Edwards 1948.
    pub fn corrected(&self) -> f64 {
        let discordant = self.discordant() as f64;
        if discordant == 0.0 {
            return 1.0;
        }
        let gap = self.challenger_only.abs_diff(self.champion_only) as f64 - 1.0;
        chi_square_tail(gap * gap / discordant, 1.0)
    }

    /// One-sided exact p-value of "the challenger is right at most as often": small when it is better. O(√(b
    /// + c)).
    pub fn p_not_better(&self) -> f64 {
        binomial_at_least(self.challenger_only, self.discordant(), 0.5)
    }

    /// One-sided exact p-value of "the challenger is right at least as often": small when it is worse. O(√(b
    /// + c)).
    pub fn p_not_worse(&self) -> f64 {
        binomial_at_least(self.champion_only, self.discordant(), 0.5)
    }

    fn discordant(&self) -> u64 {
        self.challenger_only + self.champion_only
    }
}

/// Accuracy of the challenger − accuracy of the champion where rows are weighted or several of them are one
/// entity's: the mean of 1 (only the challenger is right), −1 (only the champion is) and 0, each at its own
/// threshold, with the variance of [`mean_difference`]: squares of the entities' sums. O(n), and 8 bytes a
/// cluster.
///
/// With the entities' sums and no weights, its ratio to the standard error is `McNemar`'s statistic for
/// clustered pairs, but for the factor √((g − 1)/g) and the sums' centring. Z. Yang, X. Sun, J. W. Hardin, "A
/// note on the tests for clustered matched-pair binary data", Biometrical Journal 2010.
///
/// Undefined with fewer than two entities (or rows).
pub fn decision_difference(
    pair: &Pair<'_>,
    challenger: f64,
    champion: f64,
    clusters: Option<&[u32]>,
) -> Result<Metric<MeanDifference>, InputError> {
    let (one, other) = (pair.challenger().scored(), pair.champion().scored());
    let right = |scores: &[f64], threshold: f64| -> Vec<f64> {
        let rows = one.labels().iter().zip(scores);
        rows.map(|(&label, &score)| f64::from(u8::from((score >= threshold) == label)))
            .collect()
    };
    mean_difference(
        &right(one.scores(), challenger),
        &right(other.scores(), champion),
        one.weights(),
        clusters,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row four times as one entity says what the rows once say, and a row of weight 4 does too; taken
    /// for rows of their own they would say twice as much.
    #[test]
    fn repeated_rows_are_no_evidence_of_their_own() {
        let rows = 60_u32;
        let labels: Vec<bool> = (0..rows).map(|row| row % 3 == 0).collect();
        let score = |salt: u32| -> Vec<f64> {
            let of = |row: u32| f64::from((row + 1).wrapping_mul(salt) >> 8) / 16_777_216.0;
            (0..rows).map(of).collect()
        };
        let (one, other) = (score(2_654_435_761), score(1_597_334_677));
        let four =
            |values: &[f64]| -> Vec<f64> { values.iter().flat_map(|value| [*value; 4]).collect() };
        let pair = Pair::new(&labels, &one, &other, None).unwrap();
        let once = decision_difference(&pair, 0.5, 0.5, None).unwrap().unwrap();
        let counts = Discordant::at(&pair, 0.5, 0.5).unwrap();
        assert!((once.value - counts.difference()).abs() < 1e-15);
        let (many, more) = (four(&one), four(&other));
        let repeated: Vec<bool> = labels.iter().flat_map(|label| [*label; 4]).collect();
        let pair = Pair::new(&repeated, &many, &more, None).unwrap();
        let entities: Vec<u32> = (0..4 * rows).map(|row| row / 4).collect();
        let clustered = decision_difference(&pair, 0.5, 0.5, Some(&entities));
        let clustered = clustered.unwrap().unwrap();
        let naive = decision_difference(&pair, 0.5, 0.5, None).unwrap().unwrap();
        assert!((clustered.standard_error - once.standard_error).abs() < 1e-12);
        assert!(naive.standard_error < 0.51 * once.standard_error);
        let weights = vec![4.0; rows as usize];
        let pair = Pair::new(&labels, &one, &other, Some(&weights)).unwrap();
        let weighted = decision_difference(&pair, 0.5, 0.5, None).unwrap().unwrap();
        assert!((weighted.standard_error - once.standard_error).abs() < 1e-12);
        assert_eq!(Discordant::counted(&pair, 0.5, 0.5), counts);
        assert!(Discordant::at(&pair, 0.5, 0.5).is_err());
    }

    fn of(challenger_only: u64, champion_only: u64) -> Discordant {
        Discordant {
            challenger_only,
            champion_only,
            rows: 1000,
        }
    }

    // statsmodels' mcnemar by its formulas: 2·binom.cdf(min, n, ½), chi2.sf((|b−c|−1)²/(b+c), 1); scipy
    // 1.17.1.
    #[test]
    fn p_values_are_known() {
        let close = |found: f64, expected: f64| {
            assert!(
                (found / expected - 1.0).abs() < 1e-12,
                "{found} is not {expected}"
            );
        };
        close(of(3, 12).exact(), EXACT_3_12);
        close(of(3, 12).corrected(), CORRECTED_3_12);
        close(of(59, 121).exact(), EXACT_59_121);
        close(of(59, 121).corrected(), CORRECTED_59_121);
        assert_eq!(of(3, 12).p_value(), of(12, 3).exact());
        assert_eq!(of(59, 121).p_value(), of(121, 59).corrected());
        assert_eq!((of(0, 0).exact(), of(0, 0).corrected()), (1.0, 1.0));
        assert_eq!(of(4, 4).exact(), 1.0);
        assert!(of(3, 12).p_not_worse() < 0.02 && of(3, 12).p_not_better() > 0.99);
    }

    const EXACT_3_12: f64 = 0.035_156_25;
    const CORRECTED_3_12: f64 = 0.038_867_103_812_417_31;
    const EXACT_59_121: f64 = 4.434_449_263_755_164_5e-6;
    const CORRECTED_59_121: f64 = 5.450_094_825_427_117e-6;

    #[test]
    fn rows_are_compared_at_each_models_threshold() {
        let labels = [true, true, false, false, true];
        let pair = Pair::new(
            &labels,
            &[0.9, 0.2, 0.1, 0.7, 0.5],
            &[0.5, 0.9, 0.1, 0.2, 0.1],
            None,
        );
        let found = Discordant::at(&pair.unwrap(), 0.5, 0.6).unwrap();
        assert_eq!(
            (found.challenger_only, found.champion_only, found.rows),
            (2, 2, 5)
        );
        assert_eq!(found.difference(), 0.0);
        assert!((found.standard_error() - 0.4).abs() < 1e-15);
    }
}
