//! An exponential for vector registers.

/// `e^x` within 2e-7 of its value, for `x` held to -43..43, from additions and multiplications alone:
/// the same bits on every machine, and in vector registers, which `libm::expf` is not.
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
}
