//! How sure the calibration line is where rows are weighted or hang together.

use yard_stats::binary::{CalibrationFit, Scored};
use yard_stats::distribution::student_t_quantile;
use yard_stats::interval::{Confidence, Interval};

use super::super::metric::Metric;

/// Probabilities are kept this far from 0 and 1, as the fit does.
const CLIP: f64 = f64::EPSILON;

/// The sandwich interval: H⁻¹ (Σ s·sᵀ) H⁻¹ · g/(g − 1), with H the information matrix, s the gradient of each
/// of g independent units (entities, or rows), weights and all, and Student's t for g − 1 degrees of freedom.
///
/// K.-Y. Liang, S. L. Zeger, "Longitudinal data analysis using generalized linear models", Biometrika 1986.
pub(super) fn interval(
    metric: Metric,
    scored: Scored<'_>,
    line: &CalibrationFit,
    clusters: Option<&[u32]>,
    confidence: Confidence,
) -> Option<(Interval, &'static str)> {
    let (intercept, slope) = (line.intercept.value, line.slope.value);
    let units = match clusters {
        Some(clusters) => clusters.iter().max().map_or(0, |&last| last as usize + 1),
        None => scored.rows(),
    };
    let mut gradients = vec![[0.0; 2]; units];
    let mut information = [0.0; 3];
    for (row, (&label, &score)) in scored.labels().iter().zip(scored.scores()).enumerate() {
        let weight = scored.weights().map_or(1.0, |weights| weights[row]);
        let p = score.clamp(CLIP, 1.0 - CLIP);
        let x = libm::log(p / (1.0 - p));
        let fitted = 1.0 / (1.0 + libm::exp(-(intercept + slope * x)));
        let gap = weight * (f64::from(u8::from(label)) - fitted);
        let unit = &mut gradients[clusters.map_or(row, |clusters| clusters[row] as usize)];
        unit[0] += gap;
        unit[1] += gap * x;
        let spread = weight * fitted * (1.0 - fitted);
        information[0] += spread;
        information[1] += spread * x;
        information[2] += spread * x * x;
    }
    let [aa, ab, bb] = information;
    let determinant = aa * bb - ab * ab;
    let inverse = match metric {
        Metric::CalibrationIntercept => [bb / determinant, -ab / determinant],
        Metric::CalibrationSlope => [-ab / determinant, aa / determinant],
        _ => return None,
    };
    let of_unit = |s: &[f64; 2]| inverse[0] * s[0] + inverse[1] * s[1];
    let squares: f64 = gradients.iter().map(|s| of_unit(s) * of_unit(s)).sum();
    let freedom = units as f64 - 1.0;
    let error = (squares * units as f64 / freedom).sqrt();
    if !(error.is_finite() && freedom >= 1.0) {
        return None;
    }
    let tail = 0.5 * (1.0 - confidence.level());
    let reach = -student_t_quantile(tail, freedom) * error;
    let value = match metric {
        Metric::CalibrationIntercept => intercept,
        _ => slope,
    };
    let ends = Interval {
        lower: value - reach,
        upper: value + reach,
    };
    Some((ends, "sandwich"))
}
