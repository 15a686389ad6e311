//! Exponentials and a logarithm for vector registers.
//!
//! Of additions, multiplications, divisions and choices alone: the same bits on every machine, and loops
//! over them run in vector registers, which those over the functions of `libm` do not.

/// `e^x` within 2e-7 of its value, for `x` held to -43..43.
#[inline]
pub(super) fn exp(x: f32) -> f32 {
    const SHIFTER: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to an integer
    const LN2_HIGH: f32 = 0.693_359_4; // 355 / 512: products with small integers are exact
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-43.0, 43.0);
    let shifted = x * std::f32::consts::LOG2_E + SHIFTER;
    let power = shifted - SHIFTER;
    let r = (x - power * LN2_HIGH) - power * LN2_LOW; // |r| <= ln 2 / 2
    let series = 1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5040.0));
    let series = 0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * series));
    let series = 1.0 + r * (1.0 + r * series);
    let exponent = shifted
        .to_bits()
        .wrapping_sub(SHIFTER.to_bits())
        .wrapping_add(127)
        << 23;
    series * f32::from_bits(exponent)
}

/// `e^x` within 1e-13 of its value, for `x` held to -700..700.
#[inline]
pub(super) fn exp_f64(x: f64) -> f64 {
    const SHIFTER: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52: adding it rounds to an integer
    const LN2_HIGH: f64 = 0.693_147_180_369_123_8; // 32 bits: products with small integers are exact
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let x = x.clamp(-700.0, 700.0);
    let shifted = x * std::f64::consts::LOG2_E + SHIFTER;
    let power = shifted - SHIFTER;
    let r = (x - power * LN2_HIGH) - power * LN2_LOW; // |r| <= ln 2 / 2
    // Even and odd powers apart: two chains of half the length.
    let q = r * r;
    let even = 1.0 / 720.0 + q * (1.0 / 40_320.0 + q * (1.0 / 3_628_800.0));
    let even = 1.0 + q * (0.5 + q * (1.0 / 24.0 + q * even));
    let odd = 1.0 / 5040.0 + q * (1.0 / 362_880.0 + q * (1.0 / 39_916_800.0));
    let odd = 1.0 + q * (1.0 / 6.0 + q * (1.0 / 120.0 + q * odd));
    let series = even + r * odd;
    let exponent = shifted
        .to_bits()
        .wrapping_sub(SHIFTER.to_bits())
        .wrapping_add(1023)
        << 52;
    series * f64::from_bits(exponent)
}

/// `log(1 + t)` within 2e-15 of its value, for `t` in 0..=1.
///
/// With `s = (u - 1) / (u + 1)`, `log u = 2 (s + s^3/3 + s^5/5 + ...)`, of `u = 1 + t` or, from the root of
/// 2 on, of its half, so that `|s|` is at most 0.172 and ten terms are enough.
#[inline]
pub(super) fn log_1p(t: f64) -> f64 {
    // 1 where it is the half, else 0, of the sign of a difference: a choice would be a branch.
    let sign = (std::f64::consts::SQRT_2 - 1.0 - t).to_bits() >> 63;
    let half = f64::from_bits(1.0_f64.to_bits() & sign.wrapping_neg());
    let halved = half * std::f64::consts::LN_2;
    // Both sides of the fraction doubled for the half; `t` itself stands where `u - 1` would have rounded.
    let (above, below) = (t - half, t + 2.0 + half);
    let s = above / below;
    let z = s * s;
    let y = z * z;
    let even = 1.0 / 5.0 + y * (1.0 / 9.0 + y * (1.0 / 13.0 + y * (1.0 / 17.0)));
    let odd = 1.0 / 7.0 + y * (1.0 / 11.0 + y * (1.0 / 15.0 + y * (1.0 / 19.0)));
    let series = 1.0 + z * ((1.0 / 3.0 + y * odd) + z * even);
    halved + 2.0 * s * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_libm() {
        for i in -30_000..=30_000i16 {
            let x = f32::from(i) * 1.4e-3;
            let expected = libm::exp(f64::from(x));
            assert!((f64::from(exp(x)) / expected - 1.0).abs() < 2e-7, "{x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(1e30).is_finite() && exp(-1e30) > 0.0);
    }

    #[test]
    fn exp_f64_agrees_with_libm() {
        for i in -30_000..=30_000i16 {
            let x = f64::from(i) * 2.3e-2;
            assert!((exp_f64(x) / libm::exp(x) - 1.0).abs() < 1e-13, "{x}");
        }
        assert_eq!(exp_f64(0.0), 1.0);
        assert!(exp_f64(f64::MAX).is_finite() && exp_f64(f64::MIN) > 0.0);
    }

    #[test]
    fn log_1p_agrees_with_libm() {
        for i in 0..=30_000u16 {
            let t = f64::from(i) / 30_000.0;
            for t in [t, t * t * t * 1e-3] {
                let expected = libm::log1p(t);
                assert!((log_1p(t) - expected).abs() <= 2e-15 * expected, "{t}");
            }
        }
        assert_eq!(log_1p(0.0), 0.0);
    }
}
