//! The normal distribution, and Kolmogorov's.

use core::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

/// √(2π).
const SQRT_TAU: f64 = 2.506_628_274_631_000_7;

/// Density of the standard normal distribution. O(1).
pub fn normal_density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x) / SQRT_TAU
}

/// P(Z ≤ x) for a standard normal Z, accurate to about 1e-15 relative in both tails. O(1).
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// P(|Z| ≥ |z|) for a standard normal Z: the two-sided p-value of a z statistic. O(1).
pub fn normal_two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() * FRAC_1_SQRT_2)
}

/// The x with P(Z ≤ x) = `p`: the inverse of [`normal_cdf`], accurate to about 1e-15 relative. O(1).
///
/// 0 gives −∞ and 1 gives ∞; outside [0, 1] (or for NaN) there is no answer.
///
/// The start is the rational approximation 26.2.23 of Abramowitz and Stegun (error below 4.5e-4);
/// each Halley step on the cdf triples the digits, so three leave only rounding.
pub fn normal_quantile(p: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&p) {
        return None;
    }
    if p > 0.5 {
        return normal_quantile(1.0 - p).map(|x| -x); // 1 − p is exact here
    }
    if p == 0.0 {
        return Some(f64::NEG_INFINITY);
    }
    let t = (-2.0 * libm::log(p)).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let mut x = above / below - t;
    for _ in 0..3 {
        // (Φ(x) − p) / φ(x), with φ divided out as an exponential so that deep tails do not underflow.
        let excess = (normal_cdf(x) - p) * SQRT_TAU * libm::exp(0.5 * x * x);
        x -= excess / (1.0 + 0.5 * x * excess);
    }
    Some(x)
}

/// P(X > x) for the Kolmogorov distribution: the large-sample p-value of √n·D. O(1).
///
/// The alternating series converges fast for large x, the theta-function form for small x; they
/// meet at 1 with both below 1e-16 of the limit.
///
/// A. N. Kolmogorov 1933; the two series are Jacobi's theta identity.
pub fn kolmogorov_tail(x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x < 1.0 {
        let pi_over_x = core::f64::consts::PI / x;
        let below: f64 = (0..6)
            .map(|k| f64::from(2 * k + 1) * pi_over_x)
            .map(|odd| libm::exp(-odd * odd / 8.0))
            .sum();
        return 1.0 - below * SQRT_TAU / x;
    }
    let mut tail = 0.0;
    for k in (1..=8).rev() {
        let kx = f64::from(k) * x * SQRT_2;
        let term = libm::exp(-kx * kx);
        tail = term - tail;
    }
    2.0 * tail
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, relative: f64) {
        assert!(
            (found - expected).abs() <= relative * expected.abs(),
            "{found:e} is not {expected:e}"
        );
    }

    // Expected values: mpmath at 50 digits.
    #[test]
    fn normal_cdf_agrees_in_both_tails() {
        close(normal_cdf(-37.0), 5.725_571_222_524_54e-300, 1e-12);
        close(normal_cdf(-8.25), 7.919_726_314_642_477e-17, 1e-14);
        close(normal_cdf(-3.0), 0.001_349_898_031_630_094_5, 2e-15);
        close(normal_cdf(-0.1), 0.460_172_162_722_971, 2e-15);
        close(normal_cdf(0.5), 0.691_462_461_274_013_1, 2e-15);
        close(normal_two_sided(9.0), 2.257_176_811_907_681e-19, 1e-14);
        close(normal_two_sided(-1.959_963_984_540_054), 0.05, 2e-15);
    }

    #[test]
    fn normal_quantile_agrees_in_both_tails() {
        for (p, x) in [
            (1e-300, -37.047_096_299_361_2),
            (1e-20, -9.262_340_089_798_408),
            (1e-5, -4.264_890_793_922_825),
            (0.025, -1.959_963_984_540_054_2),
            (0.3, -0.524_400_512_708_041),
            (0.8, 0.841_621_233_572_914_4),
            (0.975, 1.959_963_984_540_053_9),
        ] {
            close(normal_quantile(p).unwrap(), x, 4e-15);
        }
        assert!(normal_quantile(0.5).unwrap().abs() < 1e-16);
        assert_eq!(normal_quantile(0.0), Some(f64::NEG_INFINITY));
        assert_eq!(normal_quantile(1.0), Some(f64::INFINITY));
        assert_eq!(normal_quantile(1.1), None);
        assert_eq!(normal_quantile(f64::NAN), None);
    }

    #[test]
    fn kolmogorov_series_agree_and_meet() {
        close(1.0 - kolmogorov_tail(0.2), 5.050_407_33e-13, 1e-3);
        close(kolmogorov_tail(0.5), 0.963_945_243_664_875_1, 1e-15);
        close(kolmogorov_tail(0.99), 0.280_873_839_225_548_9, 1e-15);
        close(kolmogorov_tail(1.0), 0.269_999_671_677_354_5, 1e-15);
        close(kolmogorov_tail(1.36), 0.049_485_876_755_377_88, 1e-15);
        close(kolmogorov_tail(2.5), 7.453_306_344_157_342e-6, 1e-14);
        assert_eq!(kolmogorov_tail(0.0), 1.0);
    }
}
