//! Several tests at once, and several looks at the same rows.
//!
//! Two questions about slices need two answers. *Is no slice harmed?* Every slice must show it on its
//! own: [`intersection_union`], no correction. *Is some slice worse?* The more slices are asked, the
//! more seem worse by chance: [`holm`] (or [`benjamini_hochberg`], where a share of false alarms is
//! tolerable).
//!
//! The functions take p-values in [0, 1] in any order and return adjusted ones in the same order: reject
//! where the adjusted value is at or below the level.

use crate::InputError;
use crate::planning::between_0_and_1;

/// The p-value of "at least one of these hypotheses holds": the largest of them. 1 for none. O(m) for m
/// hypotheses.
///
/// Rejecting it shows all the alternatives at once, at the level of a single test.
///
/// R. L. Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics 1982.
pub fn intersection_union(p_values: &[f64]) -> f64 {
    p_values.iter().copied().reduce(f64::max).unwrap_or(1.0)
}

/// Bonferroni: each times their number. Bounds the chance of any false rejection. O(m).
pub fn bonferroni(p_values: &[f64]) -> Vec<f64> {
    let count = p_values.len() as f64;
    p_values.iter().map(|p| (p * count).min(1.0)).collect()
}

/// Holm's step-down method: the same guarantee as [`bonferroni`], and never rejects less. O(m log m).
///
/// S. Holm, "A simple sequentially rejective multiple test procedure", 1979.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let order = ascending(p_values);
    let count = order.len();
    let mut adjusted = vec![0.0; count];
    let mut reached = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        reached = reached.max((p_values[index] * (count - rank) as f64).min(1.0));
        adjusted[index] = reached;
    }
    adjusted
}

/// Benjamini and Hochberg's step-up method: bounds the expected share of false rejections among the
/// rejections, for independent (or positively dependent) tests. O(m log m).
///
/// Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate", 1995.
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let order = ascending(p_values);
    let count = order.len();
    let mut adjusted = vec![0.0; count];
    let mut reached = 1.0_f64;
    for (rank, index) in order.into_iter().enumerate().rev() {
        reached = reached.min(p_values[index] * count as f64 / (rank + 1) as f64);
        adjusted[index] = reached;
    }
    adjusted
}

fn ascending(p_values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    order
}

/// How a level is spent over repeated looks at one frozen holdout.
///
/// Each look spends its part, whatever it finds; the chance of any false pass in all looks together
/// stays at the level (the union bound), also when what is looked at depends on earlier looks' verdicts
/// only through pass or fail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spending {
    /// The same part for each of so many looks; nothing is left after the last.
    Even {
        /// How many looks are planned.
        looks: u64,
    },
    /// level / (k·(k + 1)) for the k-th look: an endless series that adds up to the level
    /// (1/2 + 1/6 + 1/12 + …). For looks whose number nobody knows.
    ///
    /// A spending sequence in the sense of J. Tian, A. Ramdas, "Online control of the familywise error
    /// rate", 2021.
    Endless,
}

impl Spending {
    /// The level of the `look`-th look (from 1) where `level` is to be held over all of them; 0 when
    /// nothing is left, so that nothing can be shown any more. O(1).
    ///
    /// Fails with [`InputError::Share`] unless 0 < `level` < 1.
    pub fn level_of(self, look: u64, level: f64) -> Result<f64, InputError> {
        between_0_and_1("level", level)?;
        Ok(match self {
            Self::Even { looks } if (1..=looks).contains(&look) => level / looks as f64,
            Self::Endless if look > 0 => level / (look as f64 * (look as f64 + 1.0)),
            Self::Even { .. } | Self::Endless => 0.0,
        })
    }

    /// What is left of `level` after so many looks. O(1).
    ///
    /// Fails with [`InputError::Share`] unless 0 < `level` < 1.
    pub fn left_after(self, looks_taken: u64, level: f64) -> Result<f64, InputError> {
        between_0_and_1("level", level)?;
        Ok(match self {
            Self::Even { looks } if looks > 0 => {
                level * looks.saturating_sub(looks_taken) as f64 / looks as f64
            }
            Self::Even { .. } => 0.0,
            Self::Endless => level / (looks_taken as f64 + 1.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P_VALUES: [f64; 5] = [0.01, 0.04, 0.03, 0.005, 0.5];

    fn near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected).abs() < 1e-15,
                "{found} is not {expected}"
            );
        }
    }

    // By hand; R's p.adjust gives the same.
    #[test]
    fn adjusted_values_are_known() {
        near(&bonferroni(&P_VALUES), &[0.05, 0.2, 0.15, 0.025, 1.0]);
        near(&holm(&P_VALUES), &[0.04, 0.09, 0.09, 0.025, 0.5]);
        near(
            &benjamini_hochberg(&P_VALUES),
            &[0.025, 0.05, 0.05, 0.025, 0.5],
        );
        assert_eq!(intersection_union(&P_VALUES), 0.5);
    }

    #[test]
    fn of_nothing_nothing_follows() {
        assert!(holm(&[]).is_empty() && benjamini_hochberg(&[]).is_empty());
        assert_eq!(intersection_union(&[]), 1.0);
    }

    #[test]
    fn looks_never_spend_more_than_the_level() {
        for spending in [Spending::Even { looks: 20 }, Spending::Endless] {
            let mut left = 0.05;
            for look in 1..=50 {
                left -= spending.level_of(look, 0.05).unwrap();
                assert!((left - spending.left_after(look, 0.05).unwrap()).abs() < 1e-15);
                assert!(left > -1e-15);
            }
        }
        assert_eq!(Spending::Even { looks: 2 }.level_of(3, 0.05), Ok(0.0));
        assert_eq!(Spending::Endless.level_of(0, 0.05), Ok(0.0));
        assert!(Spending::Endless.level_of(1, 1.0).is_err());
    }
}
