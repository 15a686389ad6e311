//! The compensated sum that every metric adds with.

/// A running sum that carries what rounding would drop (Neumaier's variant of Kahan's method).
///
/// The error is about one unit in the last place plus n·2⁻¹⁰⁶ relative to the sum of magnitudes, so
/// a million weights add up as exactly as ten. The order of addition is the caller's, and fixed.
///
/// A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974.
///
/// ```
/// use yard_stats::sum::Sum;
/// let total: Sum = [1.0, 1e100, 1.0, -1e100].into_iter().collect();
/// assert_eq!(total.value(), 2.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    /// Adds one term. O(1).
    #[inline]
    pub fn add(&mut self, term: f64) {
        let total = self.total + term;
        self.lost += if self.total.abs() >= term.abs() {
            (self.total - total) + term
        } else {
            (term - total) + self.total
        };
        self.total = total;
    }

    /// The sum so far, rounded once. O(1).
    #[inline]
    pub fn value(self) -> f64 {
        self.total + self.lost
    }
}

impl Extend<f64> for Sum {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, terms: I) {
        for term in terms {
            self.add(term);
        }
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = Self::default();
        sum.extend(terms);
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_what_rounding_drops() {
        let tenths: Sum = std::iter::repeat_n(0.1, 1_000_000).collect();
        assert_eq!(tenths.value(), 100_000.0);
    }

    #[test]
    fn of_nothing_is_zero() {
        assert_eq!(Sum::default().value(), 0.0);
    }
}
