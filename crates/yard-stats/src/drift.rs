//! How far apart two distributions are.
//!
//! Between counts over the same bins (or categories): [`Shares`]. Between two samples of a
//! continuous value: [`ks_two_sample`].

use crate::InputError;
use crate::binary::ascending_key;
use crate::binary::{all_finite, all_usable, same_length};
use crate::distribution::kolmogorov_tail;
use crate::sum::Sum;

/// A reference and a current distribution over the same bins, as shares that add up to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Shares {
    pairs: Vec<(f64, f64)>,
}

impl Shares {
    /// From counts (or weights) per bin. O(bins).
    ///
    /// Fails when there is no bin, the lengths differ, a count is negative or not finite, or one
    /// side adds up to nothing.
    pub fn new(reference: &[f64], current: &[f64]) -> Result<Self, InputError> {
        if reference.is_empty() {
            return Err(InputError::Empty);
        }
        same_length("current", reference.len(), current.len())?;
        let before = all_usable("reference", reference)?;
        let after = all_usable("current", current)?;
        let shares = reference.iter().zip(current);
        Ok(Self {
            pairs: shares.map(|(r, c)| (r / before, c / after)).collect(),
        })
    }

    /// Population stability index, Σ (c − r)·ln(c / r), in nats; symmetric, 0 when equal. O(bins).
    ///
    /// A share of 0 is replaced by `floor` (an empty bin would otherwise be infinitely far); 0.0001
    /// is usual. Shares above 0 stay as they are. By convention below 0.1 is stable and above 0.25
    /// has shifted, but its size grows with the number of bins and shrinks with the number of rows.
    ///
    /// Fails with [`InputError::Floor`] unless 0 < `floor` < 1.
    pub fn population_stability(&self, floor: f64) -> Result<f64, InputError> {
        if !(floor > 0.0 && floor < 1.0) {
            return Err(InputError::Floor { floor });
        }
        let fill = |share: f64| if share > 0.0 { share } else { floor };
        Ok(self.total(|r, c| {
            let (r, c) = (fill(r), fill(c));
            (c - r) * libm::log(c / r)
        }))
    }

    /// Jensen–Shannon distance: the square root of the mean divergence (in bits) of both from their
    /// average. In [0, 1], a metric, and finite with empty bins. O(bins). D. M. Endres, J. E. Schindelin, "A
    /// new metric for probability distributions", 2003.
    pub fn jensen_shannon(&self) -> f64 {
        let lean = |share: f64, middle: f64| {
            if share > 0.0 {
                share * libm::log2(share / middle)
            } else {
                0.0
            }
        };
        let divergence = self.total(|r, c| {
            let middle = 0.5 * (r + c);
            0.5 * (lean(r, middle) + lean(c, middle))
        });
        divergence.clamp(0.0, 1.0).sqrt()
    }

    /// Hellinger distance, √(½ Σ (√c − √r)²). In [0, 1]. O(bins).
    pub fn hellinger(&self) -> f64 {
        let squared = self.total(|r, c| {
            let gap = c.sqrt() - r.sqrt();
            0.5 * gap * gap
        });
        squared.min(1.0).sqrt()
    }

    /// Total variation, ½ Σ |c − r|: the share of rows that would have to move. In [0, 1]. O(bins).
    pub fn total_variation(&self) -> f64 {
        self.total(|r, c| 0.5 * (c - r).abs()).min(1.0)
    }

    /// The largest |c − r| of a single bin. In [0, 1]. O(bins).
    pub fn largest_change(&self) -> f64 {
        let changes = self.pairs.iter().map(|(r, c)| (c - r).abs());
        changes.fold(0.0, f64::max)
    }

    /// Kolmogorov–Smirnov distance between the cumulative shares, for bins in ascending order. At
    /// most the distance between the samples that were binned. In [0, 1]. O(bins).
    pub fn kolmogorov_smirnov(&self) -> f64 {
        let mut gap = Sum::default();
        let mut largest = 0.0_f64;
        for (r, c) in &self.pairs {
            gap.add(*c);
            gap.add(-r);
            largest = largest.max(gap.value().abs());
        }
        largest.min(1.0)
    }

    fn total(&self, term: impl Fn(f64, f64) -> f64) -> f64 {
        let terms = self.pairs.iter().map(|&(r, c)| term(r, c));
        terms.collect::<Sum>().value()
    }
}

/// The two-sample Kolmogorov–Smirnov test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KsTest {
    /// max over x of |F₁(x) − F₂(x)|, in [0, 1].
    pub statistic: f64,
    /// Its large-sample two-sided p-value, Kolmogorov's tail at √(n₁n₂/(n₁+n₂))·D.
    ///
    /// For continuous values; ties make it conservative. With many rows tiny shifts are
    /// significant: judge the statistic, use this to rule out noise.
    pub p_value: f64,
}

/// How far apart two samples of a continuous value are. O(n log n), 8 bytes a value.
///
/// Fails when a sample is empty or holds a value that is not finite.
pub fn ks_two_sample(reference: &[f64], current: &[f64]) -> Result<KsTest, InputError> {
    if reference.is_empty() || current.is_empty() {
        return Err(InputError::Empty);
    }
    all_finite("reference", reference)?;
    all_finite("current", current)?;
    let before = sorted_keys(reference);
    let after = sorted_keys(current);
    let (n, m) = (before.len() as u64, after.len() as u64);
    let (mut i, mut j) = (0, 0);
    let mut largest = 0_u128; // of |i·m − j·n|, exact
    while i < before.len() && j < after.len() {
        let value = before[i].min(after[j]);
        i += before[i..].iter().take_while(|&&key| key == value).count();
        j += after[j..].iter().take_while(|&&key| key == value).count();
        let left = i as u128 * u128::from(m);
        let right = j as u128 * u128::from(n);
        largest = largest.max(left.abs_diff(right));
    }
    let (n, m) = (n as f64, m as f64);
    let statistic = largest as f64 / (n * m);
    Ok(KsTest {
        statistic,
        p_value: kolmogorov_tail((n * m / (n + m)).sqrt() * statistic),
    })
}

fn sorted_keys(values: &[f64]) -> Vec<u64> {
    let mut keys: Vec<u64> = values.iter().map(|&value| ascending_key(value)).collect();
    keys.sort_unstable();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shares_are_at_distance_zero() {
        let shares = Shares::new(&[1.0, 2.0, 1.0], &[10.0, 20.0, 10.0]).unwrap();
        assert_eq!(shares.population_stability(1e-4), Ok(0.0));
        assert_eq!(shares.jensen_shannon(), 0.0);
        assert_eq!(shares.hellinger(), 0.0);
        assert_eq!(shares.total_variation(), 0.0);
        assert_eq!(shares.kolmogorov_smirnov(), 0.0);
    }

    #[test]
    fn disjoint_shares_are_at_distance_one() {
        let shares = Shares::new(&[3.0, 0.0], &[0.0, 5.0]).unwrap();
        assert_eq!(shares.jensen_shannon(), 1.0);
        assert_eq!(shares.hellinger(), 1.0);
        assert_eq!(shares.total_variation(), 1.0);
        assert_eq!(shares.largest_change(), 1.0);
        assert_eq!(shares.kolmogorov_smirnov(), 1.0);
        let psi = shares.population_stability(1e-4).unwrap();
        assert!((psi - 2.0 * 0.9999 * libm::log(1e4)).abs() < 1e-12);
    }

    #[test]
    fn distances_by_hand() {
        let shares = Shares::new(&[50.0, 30.0, 20.0], &[40.0, 30.0, 30.0]).unwrap();
        let psi = shares.population_stability(1e-4).unwrap();
        assert!((psi - 0.1 * libm::log(0.5 / 0.4) - 0.1 * libm::log(1.5)).abs() < 1e-15);
        assert!((shares.total_variation() - 0.1).abs() < 1e-15);
        assert!((shares.kolmogorov_smirnov() - 0.1).abs() < 1e-15);
    }

    #[test]
    fn input_is_checked() {
        assert_eq!(
            Shares::new(&[1.0, 1.0], &[0.0, 0.0]),
            Err(InputError::NoTotal { column: "current" })
        );
        assert_eq!(
            Shares::new(&[1.0, -1.0], &[1.0, 1.0]),
            Err(InputError::Negative {
                column: "reference",
                row: 1
            })
        );
        let shares = Shares::new(&[1.0], &[1.0]).unwrap();
        assert!(shares.population_stability(0.0).is_err());
        assert_eq!(ks_two_sample(&[], &[1.0]), Err(InputError::Empty));
    }

    #[test]
    fn ks_takes_ties_together() {
        let test = ks_two_sample(&[1.0, 2.0, 2.0, 3.0], &[2.0, 3.0, 3.0, 4.0]).unwrap();
        assert_eq!(test.statistic, 0.5);
        let same = ks_two_sample(&[0.0, 1.0], &[1.0, -0.0]).unwrap();
        assert_eq!((same.statistic, same.p_value), (0.0, 1.0));
    }
}
