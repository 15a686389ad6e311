//! Losses that are a mean over rows.

use super::Scored;
use super::scored::Row;
use crate::{Metric, Undefined, sum::Sum};

/// How near to 0 or 1 a probability may come before its logarithm is taken: 2⁻⁵², the spacing of
/// float64 at 1, as scikit-learn clips float64 probabilities.
pub(super) const CLIP: f64 = f64::EPSILON;

/// Mean negative log-likelihood, −mean(y·ln p + (1 − y)·ln(1 − p)), in nats per row.
///
/// Probabilities are clipped to [2⁻⁵², 1 − 2⁻⁵²], so one confident error costs at most 36.05.
/// Undefined where a score is not a probability. O(n).
pub fn log_loss(scored: Scored<'_>) -> Metric {
    mean_loss(scored, |row| log_loss_of(row.label, row.score))
}

/// The log-loss of one row.
#[inline]
pub(crate) fn log_loss_of(label: bool, score: f64) -> f64 {
    // The complement is taken before clipping, against 1 − p: what scikit-learn 1.9 does.
    let likelihood = if label { score } else { 1.0 - score };
    -libm::log(likelihood.clamp(CLIP, 1.0 - CLIP))
}

/// Brier score, mean((p − y)²): 0 is perfect, 0.25 is a coin.
///
/// Undefined where a score is not a probability. O(n).
pub fn brier(scored: Scored<'_>) -> Metric {
    mean_loss(scored, |row| brier_of(row.label, row.score))
}

/// The squared error of one row's probability.
#[inline]
pub(crate) fn brier_of(label: bool, score: f64) -> f64 {
    let error = score - f64::from(u8::from(label));
    error * error
}

/// The weighted mean of a loss, for scores that are probabilities.
fn mean_loss(scored: Scored<'_>, loss: impl Fn(Row) -> f64) -> Metric {
    probabilities(scored)?;
    let (mut losses, mut weights) = (Sum::default(), Sum::default());
    for row in scored.weighted_rows() {
        losses.add(row.weight * loss(row));
        weights.add(row.weight);
    }
    Ok(losses.value() / weights.value())
}

/// Fails at the first score outside [0, 1], rows of weight 0 included.
pub(super) fn probabilities(scored: Scored<'_>) -> Metric<()> {
    let inside = 0.0..=1.0;
    match scored
        .scores()
        .iter()
        .position(|score| !inside.contains(score))
    {
        Some(row) => Err(Undefined::NotProbability { row }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coin_costs_ln_2_and_a_quarter() {
        let scored = Scored::new(&[true, false], &[0.5, 0.5], None).unwrap();
        assert_eq!(log_loss(scored), Ok(core::f64::consts::LN_2));
        assert_eq!(brier(scored), Ok(0.25));
    }

    #[test]
    fn certainty_is_clipped() {
        let scored = Scored::new(&[true, false], &[0.0, 1.0], None).unwrap();
        assert!((log_loss(scored).unwrap() - 52.0 * core::f64::consts::LN_2).abs() < 1e-12);
    }

    #[test]
    fn one_class_is_enough() {
        let scored = Scored::new(&[true], &[0.25], None).unwrap();
        assert_eq!(brier(scored), Ok(0.5625));
    }

    #[test]
    fn a_margin_is_not_a_probability() {
        let scored = Scored::new(&[true, false], &[0.5, -0.1], None).unwrap();
        assert_eq!(log_loss(scored), Err(Undefined::NotProbability { row: 1 }));
    }
}
