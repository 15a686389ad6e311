//! Binomial and Poisson point probabilities to full precision, whatever their size.
//!
//! C. Loader, "Fast and accurate computation of binomial probabilities", 2000: the logarithm is split
//! into Stirling's error and deviance terms, each of which is small where the probability is not.

use core::f64::consts::TAU;

/// ln n! − ln(√(2πn)·(n/e)ⁿ), for n > 0.
fn stirling_error(n: f64) -> f64 {
    if n < 16.0 {
        return libm::lgamma(n + 1.0) - (n + 0.5) * libm::log(n) + n - 0.5 * libm::log(TAU);
    }
    let m = n * n;
    let mut series = 1.0 / 1188.0;
    for next in [1.0 / 1680.0, 1.0 / 1260.0, 1.0 / 360.0, 1.0 / 12.0] {
        series = next - series / m;
    }
    series / n
}

/// x·ln(x/m) + m − x, without cancellation where x is near m.
fn deviance(x: f64, m: f64) -> f64 {
    let gap = x - m;
    if gap.abs() >= 0.1 * (x + m) {
        return if x == 0.0 {
            m
        } else {
            x * libm::log(x / m) - gap
        };
    }
    // With v = (x − m)/(x + m): (x − m)·v + 2x·(v³/3 + v⁵/5 + …).
    let v = gap / (x + m);
    let mut sum = gap * v;
    let mut power = 2.0 * x * v;
    for odd in (3..1000).step_by(2) {
        power *= v * v;
        let next = sum + power / f64::from(odd);
        if (next - sum).abs() <= sum.abs() * f64::EPSILON * 0.1 {
            break;
        }
        sum = next;
    }
    sum
}

/// Γ(a+b+1)/(Γ(a+1)Γ(b+1))·xᵃ·yᵇ with x + y = 1 and a, b > 0: the binomial probability of a in a + b.
pub(super) fn binomial(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 || y <= 0.0 {
        return 0.0;
    }
    let n = a + b;
    let exponent = stirling_error(n)
        - stirling_error(a)
        - stirling_error(b)
        - deviance(a, n * x)
        - deviance(b, n * y);
    libm::exp(exponent) * (n / (TAU * a * b)).sqrt()
}

/// mᵏ·e⁻ᵐ/Γ(k+1) with k, m > 0: the Poisson probability of k at mean m.
pub(super) fn poisson(k: f64, m: f64) -> f64 {
    libm::exp(-stirling_error(k) - deviance(k, m)) / (TAU * k).sqrt()
}
