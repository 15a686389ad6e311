//! Rows whose outcome is known: how good the model is on them, with a standard error.

use yard_contract::{Estimate, Evaluation};
use yard_stats::binary::{Ranked, Scored};
use yard_stats::distribution::normal_cdf;
use yard_stats::interval::Confidence;
use yard_stats::paired::delong;
use yard_stats::sum::Sum;

use crate::error::DriftError;

/// A figure with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) value: f64,
    pub(crate) error: f64,
}

/// The area under the ROC curve with `DeLong`'s standard error; nothing where a class is missing.
pub(crate) fn auc(labels: &[bool], scores: &[f64]) -> Result<Option<Figure>, DriftError> {
    let ranked = Ranked::new(Scored::new(labels, scores, None)?)?;
    Ok(delong(&ranked).ok().map(|auc| Figure {
        value: auc.value,
        error: auc.standard_error(),
    }))
}

/// The mean of a loss that every row has, with the standard error of a mean; nothing for fewer than
/// two rows.
pub(crate) fn mean(losses: &[f64]) -> Option<Figure> {
    let count = losses.len() as f64;
    if losses.len() < 2 {
        return None;
    }
    let value = losses.iter().copied().collect::<Sum>().value() / count;
    let squares = losses.iter().map(|loss| (loss - value) * (loss - value));
    let variance = squares.collect::<Sum>().value() / (count - 1.0);
    Some(Figure {
        value,
        error: (variance / count).sqrt(),
    })
}

/// The log-loss of one row whose own class got this probability; clipped as the evaluation clips it.
pub(crate) fn log_loss(likelihood: f64) -> f64 {
    -libm::log(likelihood.clamp(f64::EPSILON, 1.0 - f64::EPSILON))
}

/// What the evaluation found, its standard error read back from its interval.
pub(crate) fn promised(
    evaluation: &Evaluation,
    metric: &'static str,
) -> Result<Figure, DriftError> {
    let found = evaluation.metrics.get(metric).and_then(figure);
    found.ok_or(DriftError::NoMetric(metric))
}

fn figure(estimate: &Estimate) -> Option<Figure> {
    let (low, high) = (estimate.low?, estimate.high?);
    // `delong 95%`: the method, then the level.
    let level = estimate.interval.as_ref()?.rsplit(' ').next()?;
    let level: f64 = level.strip_suffix('%')?.parse().ok()?;
    let z = Confidence::new(level / 100.0).ok()?.z();
    Some(Figure {
        value: estimate.value.get(),
        error: (high.get() - low.get()) / (2.0 * z),
    })
}

/// One-sided p-value of "it is no larger now": the two were measured on different rows, so their
/// errors add up.
pub(crate) fn p_rise(before: Figure, now: Figure) -> f64 {
    let error = (before.error * before.error + now.error * now.error).sqrt();
    let rise = now.value - before.value;
    if error > 0.0 {
        normal_cdf(-rise / error)
    } else if rise > 0.0 {
        0.0
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yard_contract::Finite;

    #[test]
    fn an_interval_gives_its_standard_error_back() {
        let finite = |value| Finite::new(value).unwrap();
        let estimate = Estimate {
            value: finite(0.8),
            low: Some(finite(0.8 - 1.959_963_984_540_054 * 0.01)),
            high: Some(finite(0.8 + 1.959_963_984_540_054 * 0.01)),
            interval: Some("delong 95%".to_owned()),
        };
        let found = figure(&estimate).unwrap();
        assert!((found.error - 0.01).abs() < 1e-12);
        let bare = Estimate {
            interval: None,
            ..estimate
        };
        assert_eq!(figure(&bare), None);
    }

    #[test]
    fn a_rise_by_two_errors_is_a_surprise_in_one_direction() {
        let at = |value| Figure { value, error: 0.01 };
        let sigma = 0.01 * core::f64::consts::SQRT_2;
        let p = p_rise(at(0.5), at(0.5 + 2.0 * sigma));
        assert!((p - 0.022_750_131_948_179_2).abs() < 1e-9, "{p}");
        assert!(p_rise(at(0.5), at(0.4)) > 0.99);
        let mean = mean(&[1.0, 2.0, 3.0]).unwrap();
        assert!(
            (mean.value - 2.0).abs() < 1e-15 && (mean.error - (1.0_f64 / 3.0).sqrt()).abs() < 1e-15
        );
    }
}
