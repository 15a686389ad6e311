//! How far a found answer lies from a golden one.

use crate::{Finite, GoldenRow};

impl GoldenRow {
    /// The largest difference from an answer of the same length, in units of `max(1, |x|)` of the
    /// recorded number `x`; `None` where the lengths differ.
    pub fn difference(&self, found: &[f32]) -> Option<f64> {
        let one = |(recorded, found): (&Finite, &f32)| {
            let recorded = recorded.get();
            let difference = (f64::from(*found) - recorded).abs() / recorded.abs().max(1.0);
            // What is no number is as wrong as can be; a maximum would pass over it.
            if difference.is_nan() {
                f64::INFINITY
            } else {
                difference
            }
        };
        (found.len() == self.answer.len())
            .then(|| self.answer.iter().zip(found).map(one).fold(0.0, f64::max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_may_differ_by_more_and_what_is_no_number_by_nothing() {
        let row = GoldenRow {
            features: [].into(),
            answer: [0.5, -2000.0].map(|x| Finite::new(x).unwrap()).into(),
        };
        assert_eq!(row.difference(&[0.5, -2000.0]), Some(0.0));
        assert_eq!(row.difference(&[0.75, -2000.0]), Some(0.25));
        assert_eq!(row.difference(&[0.5, -1000.0]), Some(0.5));
        assert_eq!(row.difference(&[f32::NAN, -2000.0]), Some(f64::INFINITY));
        assert_eq!(row.difference(&[0.5]), None);
    }
}
