//! Calibration as a logistic regression of the outcome on the log-odds of the score.

use super::Scored;
use super::pointwise::{CLIP, probabilities};
use super::scored::Row;
use crate::interval::Estimate;
use crate::{Metric, Undefined, sum::Sum};

/// Cox's calibration line: logit P(y = 1) = intercept + slope · logit(p).
///
/// A perfectly calibrated model has slope 1 and intercept 0; a slope below 1 means overconfidence
/// (overfitting), an intercept above 0 that events are more frequent than predicted.
///
/// Maximum likelihood by Newton's method; standard errors from the inverse information matrix with
/// weights taken as repeats. Probabilities are clipped as in [`super::log_loss`]. O(n) a step, three to
/// eight steps; a long table is fitted to a sample first and takes three.
///
/// D. R. Cox, "Two further applications of a model for binary regression", Biometrika 1958.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationFit {
    /// Intercept of the line.
    pub intercept: Estimate,
    /// Slope of the line.
    pub slope: Estimate,
    /// Intercept with the slope held at 1: calibration in the large.
    pub in_the_large: Estimate,
}

/// Newton steps before giving up; a fit that has a maximum takes about six.
const MAX_STEPS: usize = 100;
/// A step this small, relative to the parameters, is the last.
const SETTLED: f64 = 1e-12;
/// So is a step of this many standard errors: what it leaves is the square of that. Where the
/// likelihood is nearly flat, rounding keeps steps from becoming small in themselves.
const NEGLIGIBLE: f64 = 1e-7;
/// Where the likelihood is nearly flat a step may be this much too long.
const SHORTEST: f64 = 1e-30;
/// Rows of the sample that a long fit starts from.
const SAMPLE: usize = 1 << 15;

impl CalibrationFit {
    /// Fits the line. O(n) a Newton step, of which there are seldom ten and never more than 100; a long table
    /// starts from a fit of 32,768 of its rows.
    ///
    /// Undefined where a score is not a probability, a class is missing, all scores are equal, or
    /// the scores separate the classes (no finite maximum).
    pub fn new(scored: Scored<'_>) -> Metric<Self> {
        probabilities(scored)?;
        let centre = centre_if_fittable(scored)?;
        let line = fit(scored, |row| [1.0, log_odds(row) - centre], |_| 0.0)?;
        let shift = fit(scored, |_| [1.0, 0.0], log_odds)?;
        // Back from the centred line: intercept = a − slope·centre.
        let [[aa, ab], [_, bb]] = line.covariance;
        let variance = aa - 2.0 * centre * ab + centre * centre * bb;
        Ok(Self {
            intercept: Estimate {
                value: line.at[0] - line.at[1] * centre,
                standard_error: variance.max(0.0).sqrt(),
            },
            slope: Estimate {
                value: line.at[1],
                standard_error: bb.sqrt(),
            },
            in_the_large: Estimate {
                value: shift.at[0],
                standard_error: shift.covariance[0][0].sqrt(),
            },
        })
    }
}

fn log_odds(row: &Row) -> f64 {
    let p = row.score.clamp(CLIP, 1.0 - CLIP);
    libm::log(p / (1.0 - p)) // the quotient's rounding is an absolute error of 1e-16 in the odds
}

/// The mean log-odds, where a maximum of the likelihood exists: one predictor separates the classes
/// exactly when their ranges meet in at most one point (Albert and Anderson 1984).
fn centre_if_fittable(scored: Scored<'_>) -> Metric<f64> {
    let mut ranges = [(f64::INFINITY, f64::NEG_INFINITY); 2];
    let (mut sum, mut weight) = (Sum::default(), Sum::default());
    for row in scored.weighted_rows() {
        let x = log_odds(&row);
        let (low, high) = &mut ranges[usize::from(row.label)];
        *low = low.min(x);
        *high = high.max(x);
        sum.add(row.weight * x);
        weight.add(row.weight);
    }
    let [(low_negative, high_negative), (low_positive, high_positive)] = ranges;
    if low_positive > high_positive {
        Err(Undefined::NoPositives)
    } else if low_negative > high_negative {
        Err(Undefined::NoNegatives)
    } else if low_negative.min(low_positive) >= high_negative.max(high_positive) {
        Err(Undefined::ConstantScore)
    } else if low_positive >= high_negative || low_negative >= high_positive {
        Err(Undefined::Separated)
    } else {
        Ok(sum.value() / weight.value())
    }
}

struct Fit {
    at: [f64; 2],
    covariance: [[f64; 2]; 2],
}

/// Maximises the likelihood of logit P = offset + at · x. A second component of x that is always 0
/// takes no part.
///
/// A long table is fitted to an even sample of its rows first, which leaves two or three passes over
/// all of them. The sample only chooses where to start: the maximum is unique.
fn fit(
    scored: Scored<'_>,
    x: impl Fn(&Row) -> [f64; 2],
    offset: impl Fn(&Row) -> f64,
) -> Metric<Fit> {
    // From probabilities of one half, where the information matrix is best conditioned.
    let start = [0.0, 0.0];
    let likelihood = |at, stride| Likelihood::at(scored, stride, at, &x, &offset);
    let stride = scored.rows().div_ceil(SAMPLE);
    let sampled = if stride > 1 {
        newton(start, |at| likelihood(at, stride)).map_or(start, |fit| fit.at)
    } else {
        start
    };
    let all = |at| likelihood(at, 1);
    let mut fit = newton(sampled, all).or_else(|_| newton(start, all))?;
    if stride == 1 {
        // In a long table the last step, within a ten millionth of a small standard error, leaves the
        // information as it was; a short one may curve within its standard error, and costs nothing.
        fit.covariance = all(fit.at).covariance();
    }
    Ok(fit)
}

/// Newton's method, halving steps that do not lower the loss.
fn newton(mut at: [f64; 2], likelihood: impl Fn([f64; 2]) -> Likelihood) -> Metric<Fit> {
    let mut before = likelihood(at);
    for _ in 0..MAX_STEPS {
        let step = before.newton_step();
        let size = step[0].abs() + step[1].abs();
        if !size.is_finite() {
            return Err(Undefined::NotConverged);
        }
        let settled = size <= SETTLED * (1.0 + at[0].abs() + at[1].abs())
            || -before.along(step) <= NEGLIGIBLE * NEGLIGIBLE;
        if settled {
            return Ok(Fit {
                at: [at[0] + step[0], at[1] + step[1]],
                covariance: before.covariance(),
            });
        }
        let mut part = 1.0;
        (at, before) = loop {
            let next = [at[0] + part * step[0], at[1] + part * step[1]];
            let after = likelihood(next);
            // Rounding may make a good last step look level.
            if after.loss <= before.loss * (1.0 + SETTLED) {
                break (next, after);
            }
            part *= 0.5;
            if part < SHORTEST {
                return Err(Undefined::NotConverged);
            }
        };
    }
    Err(Undefined::NotConverged)
}

/// Negative log-likelihood, its gradient, and its Hessian [aa, ab, bb].
struct Likelihood {
    loss: f64,
    gradient: [f64; 2],
    hessian: [f64; 3],
}

impl Likelihood {
    /// Over every `stride`-th row.
    fn at(
        scored: Scored<'_>,
        stride: usize,
        at: [f64; 2],
        x: impl Fn(&Row) -> [f64; 2],
        offset: impl Fn(&Row) -> f64,
    ) -> Self {
        let mut totals = [Sum::default(); 6];
        let mut block = Block::new();
        for row in scored.weighted_rows().step_by(stride) {
            let [a, b] = x(&row);
            block.add(&row, offset(&row) + at[0] * a + at[1] * b, [a, b]);
            if block.rows == BLOCK {
                block.close(&mut totals);
                block = Block::new();
            }
        }
        block.close(&mut totals);
        let [loss, a, b, aa, ab, bb] = totals.map(Sum::value);
        Self {
            loss,
            gradient: [a, b],
            hessian: [aa, ab, bb],
        }
    }

    /// gradient · step; for a Newton step, minus the square of its length in standard errors.
    fn along(&self, step: [f64; 2]) -> f64 {
        self.gradient[0] * step[0] + self.gradient[1] * step[1]
    }

    fn covariance(&self) -> [[f64; 2]; 2] {
        let [aa, ab, bb] = self.hessian;
        if bb == 0.0 {
            return [[1.0 / aa, 0.0], [0.0, 0.0]];
        }
        let determinant = aa * bb - ab * ab;
        [
            [bb / determinant, -ab / determinant],
            [-ab / determinant, aa / determinant],
        ]
    }

    fn newton_step(&self) -> [f64; 2] {
        let [a, b] = self.gradient;
        self.covariance()
            .map(|[left, right]| -(left * a + right * b))
    }
}

/// Rows whose terms are added plainly; blocks are added with compensation. A product of so many factors
/// between 1 and 2 stays far from overflow.
const BLOCK: u32 = 256;

/// The terms of some consecutive rows: loss, gradient (two) and Hessian (three).
struct Block {
    rows: u32,
    sums: [f64; 6],
    /// Π (1 + e) of the rows of weight 1: one logarithm a block in place of one a row.
    factors: f64,
}

impl Block {
    fn new() -> Self {
        Self {
            rows: 0,
            sums: [0.0; 6],
            factors: 1.0,
        }
    }

    #[inline]
    fn add(&mut self, row: &Row, odds: f64, [a, b]: [f64; 2]) {
        // e = exp(−|odds|) never overflows: P = 1/(1+e) or e/(1+e).
        let e = libm::exp(-odds.abs());
        let near = 1.0 / (1.0 + e);
        let p = if odds >= 0.0 { near } else { e * near };
        let against = if row.label { -odds } else { odds };
        let mut loss = against.max(0.0);
        #[expect(clippy::float_cmp, reason = "what an unweighted row has is exactly 1")]
        if row.weight == 1.0 {
            self.factors *= 1.0 + e;
        } else {
            loss += libm::log1p(e);
        }
        let error = row.weight * (p - f64::from(u8::from(row.label)));
        let spread = row.weight * e * near * near;
        let terms = [
            row.weight * loss,
            error * a,
            error * b,
            spread * a * a,
            spread * a * b,
            spread * b * b,
        ];
        for (sum, term) in self.sums.iter_mut().zip(terms) {
            *sum += term;
        }
        self.rows += 1;
    }

    fn close(self, totals: &mut [Sum; 6]) {
        for (total, sum) in totals.iter_mut().zip(self.sums) {
            total.add(sum);
        }
        totals[0].add(libm::log(self.factors));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(labels: &[bool], scores: &[f64]) -> Metric<CalibrationFit> {
        CalibrationFit::new(Scored::new(labels, scores, None).unwrap())
    }

    #[test]
    fn frequencies_that_match_have_slope_one() {
        // 1 of 4 at 0.25 and 3 of 4 at 0.75: calibrated to the letter.
        let labels = [true, false, false, false, true, true, true, false];
        let scores = [0.25, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.75];
        let fit = fit(&labels, &scores).unwrap();
        assert!((fit.slope.value - 1.0).abs() < 1e-14);
        assert!(fit.intercept.value.abs() < 1e-14);
        assert!(fit.in_the_large.value.abs() < 1e-14);
        // Each group gives the log-odds variance 1/(4·3/16) = 4/3; the slope is their difference
        // over 2·ln 3.
        let expected = (8.0_f64 / 3.0).sqrt() / (2.0 * libm::log(3.0));
        assert!((fit.slope.standard_error - expected).abs() < 1e-14);
    }

    #[test]
    fn certain_errors_do_not_throw_the_fit_off() {
        // A full Newton step from slope 1 overshoots into where every probability is 0 or 1.
        let labels = [false, false, true, true, false, true, false, true];
        let scores = [1.0, 1.0, 0.9, 0.7, 0.9, 0.4, 0.0, 0.6];
        let fit = fit(&labels, &scores).unwrap();
        assert!(fit.slope.value.abs() < 1.0, "{fit:?}");
        assert!(fit.slope.standard_error.is_finite());
    }

    #[test]
    fn what_has_no_maximum_is_undefined_by_name() {
        let perfect = fit(&[false, false, true], &[0.1, 0.2, 0.9]);
        assert_eq!(perfect, Err(Undefined::Separated));
        let touching = fit(&[false, false, true, true], &[0.1, 0.5, 0.5, 0.9]);
        assert_eq!(touching, Err(Undefined::Separated));
        assert_eq!(
            fit(&[false, true], &[0.4; 2]),
            Err(Undefined::ConstantScore)
        );
        assert_eq!(fit(&[true, true], &[0.4, 0.5]), Err(Undefined::NoNegatives));
    }
}
