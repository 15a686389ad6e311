//! Random numbers by counter: what a replicate draws depends on the seed and on its own number only,
//! not on which thread came to it, or when.

/// The odd constant of `SplitMix64`, 2⁶⁴ over the golden ratio.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// One stretch of the sequence that a seed names.
///
/// `SplitMix64` (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014): the n-th number is a bijective mix of
/// seed + n·[`STEP`], so stretches that start far enough apart never meet.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    state: u64,
}

impl Stream {
    /// The stretch of a block of units: 2¹⁶ numbers. `stratum` is 0 or 1, `block` below 2²⁴ and
    /// `replicate` below 2²².
    pub(super) fn of_block(seed: u64, replicate: u32, stratum: usize, block: usize) -> Self {
        Self::at(
            seed,
            replicate,
            (stratum as u64) << 40 | (block as u64) << 16,
        )
    }

    /// The stretch that decides how many units each block gets: 2⁴⁰ numbers.
    pub(super) fn of_totals(seed: u64, replicate: u32, stratum: usize) -> Self {
        Self::at(seed, replicate, 1 << 41 | (stratum as u64) << 40)
    }

    fn at(seed: u64, replicate: u32, place: u64) -> Self {
        let index = u64::from(replicate) << 42 | place;
        Self {
            state: mix(seed).wrapping_add(index.wrapping_mul(STEP)),
        }
    }

    /// 64 random bits.
    #[inline]
    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// A number below `bound`, uniform to 2⁻⁶⁴ · `bound`.
    #[inline]
    pub(super) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// A real in [0, 1), a multiple of 2⁻⁵³.
    #[inline]
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }
}

/// The output function of `SplitMix64`.
#[inline]
pub(super) fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_splitmix() {
        // The first outputs of the reference implementation for the state 1234567.
        let mut stream = Stream { state: 1_234_567 };
        assert_eq!(stream.next(), 6_457_827_717_110_365_317);
        assert_eq!(stream.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn bounds_hold() {
        let mut stream = Stream::of_block(7, 0, 1, 3);
        assert!((0..1000).all(|_| stream.below(3) < 3));
        assert!((0..1000).all(|_| (0.0..1.0).contains(&stream.unit())));
    }
}
