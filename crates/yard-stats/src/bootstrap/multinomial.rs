//! How often each of n units is drawn when n are drawn with replacement.
//!
//! Units stand in blocks of 256. A replicate first learns how many draws fall into each block, then
//! throws that many random bytes at the block's counters: one byte a draw, all of it in the first
//! level cache. Both steps are exact, so the counts are those of n independent uniform draws.
//!
//! Block totals: independent Poisson numbers with a mean a little below the block's size add up to
//! some m; given m, they are multinomial with m draws. If m ≤ n, the missing n − m draws are made one
//! by one, which leaves a multinomial with n draws; if m > n (3 in 100,000), all is drawn anew.

use super::random::Stream;

/// Units of a block: as many as a byte can name.
pub(super) const BLOCK: usize = 256;

/// Standard deviations between the mean of the Poisson total and n.
const HEADROOM: f64 = 4.0;

/// Draws the totals of a stratum's blocks.
#[derive(Clone, Debug)]
pub(super) struct Totals {
    units: usize,
    full: Poisson,
    rest: Poisson,
}

impl Totals {
    pub(super) fn new(units: usize) -> Self {
        let n = units as f64;
        let rate = (1.0 - HEADROOM / n.sqrt()).max(0.0);
        Self {
            units,
            full: Poisson::new(rate * BLOCK as f64),
            rest: Poisson::new(rate * (units % BLOCK) as f64),
        }
    }

    /// Number of blocks, the last of which may be short.
    pub(super) fn blocks(&self) -> usize {
        self.units.div_ceil(BLOCK)
    }

    /// Fills one number a block; they add up to the number of units.
    pub(super) fn draw(&self, mut stream: Stream, totals: &mut [u16]) {
        if let [only] = totals {
            *only = self.units as u16; // at most 256
            return;
        }
        let short = !self.units.is_multiple_of(BLOCK);
        let missing = loop {
            let mut drawn = 0_usize;
            let full = totals.len() - usize::from(short);
            for (block, total) in totals.iter_mut().enumerate() {
                let table = if block < full { &self.full } else { &self.rest };
                *total = table.draw(&mut stream);
                drawn += usize::from(*total);
            }
            if let Some(missing) = self.units.checked_sub(drawn) {
                break missing;
            }
        };
        for _ in 0..missing {
            totals[stream.below(self.units) / BLOCK] += 1;
        }
    }
}

/// Makes `draws` uniform draws from a block of `size` units (1 to 256) and passes them to `hit`, up
/// to eight at a time.
#[inline]
pub(super) fn throw(mut stream: Stream, draws: u16, size: usize, mut hit: impl FnMut(&[u8])) {
    let mut left = draws;
    if size == BLOCK {
        while left >= 8 {
            hit(&stream.next().to_le_bytes());
            left -= 8;
        }
        hit(&stream.next().to_le_bytes()[..left.into()]);
        return;
    }
    // A byte that names no unit is thrown away; the mask keeps that below one in two.
    let mask = (size.next_power_of_two() - 1) as u8;
    while left > 0 {
        for byte in stream.next().to_le_bytes() {
            let unit = byte & mask;
            if usize::from(unit) < size && left > 0 {
                hit(&[unit]);
                left -= 1;
            }
        }
    }
}

/// Poisson numbers by table: one random number and one comparison each.
///
/// A. J. Walker's alias method (1977), set up as M. D. Vose did (1991).
#[derive(Clone, Debug)]
struct Poisson {
    /// Keeps its own index below the threshold, and gives the other above it.
    slots: Vec<(f64, u16)>,
}

impl Poisson {
    /// For a mean of at most 256; what lies beyond the table has a probability below 1e-30.
    fn new(mean: f64) -> Self {
        let reach = mean + 16.0 * mean.sqrt() + 48.0;
        let size = (reach as usize).next_power_of_two();
        let log_mean = libm::log(mean);
        let probability = |k: usize| {
            if mean == 0.0 {
                return f64::from(u8::from(k == 0));
            }
            let k = k as f64;
            libm::exp(k * log_mean - mean - libm::lgamma(k + 1.0))
        };
        let mut shares: Vec<f64> = (0..size).map(|k| probability(k) * size as f64).collect();
        let mut slots: Vec<(f64, u16)> = (0..size).map(|k| (1.0, k as u16)).collect();
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) =
            (0..size).partition(|&k| shares[k] < 1.0);
        while let (Some(small), Some(&large)) = (poor.pop(), rich.last()) {
            slots[small] = (shares[small], large as u16);
            shares[large] -= 1.0 - shares[small];
            if shares[large] < 1.0 {
                rich.pop();
                poor.push(large);
            }
        }
        Self { slots }
    }

    #[inline]
    fn draw(&self, stream: &mut Stream) -> u16 {
        let place = stream.unit() * self.slots.len() as f64; // a power of two: exact
        let slot = place as usize;
        let (threshold, other) = self.slots[slot];
        if place - (slot as f64) < threshold {
            slot as u16
        } else {
            other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(units: usize, replicate: u32) -> Vec<u32> {
        let totals = Totals::new(units);
        let mut per_block = vec![0; totals.blocks()];
        totals.draw(Stream::of_totals(3, replicate, 0), &mut per_block);
        let mut counts = vec![0; units];
        for (block, draws) in per_block.into_iter().enumerate() {
            let size = BLOCK.min(units - block * BLOCK);
            let stream = Stream::of_block(3, replicate, 0, block);
            throw(stream, draws, size, |units| {
                for &unit in units {
                    counts[block * BLOCK + usize::from(unit)] += 1;
                }
            });
        }
        counts
    }

    #[test]
    fn every_replicate_draws_as_many_as_there_are() {
        for units in [1, 2, 3, 255, 256, 257, 300, 512, 5000] {
            for replicate in 0..20 {
                assert_eq!(counts(units, replicate).iter().sum::<u32>() as usize, units);
            }
        }
    }

    /// Counts, their squares and their products have the moments of a multinomial, within five
    /// standard errors.
    #[test]
    fn moments_are_the_multinomials() {
        for units in [3_usize, 200, 300, 600] {
            let n = units as f64;
            let replicates = 20_000;
            let (mut square, mut near, mut far) = (0.0, 0.0, 0.0);
            for replicate in 0..replicates {
                let drawn = counts(units, replicate);
                let of = |unit: usize| f64::from(drawn[unit]) - 1.0;
                square += of(0) * of(0);
                near += of(0) * of(1);
                far += of(0) * of(units - 1);
            }
            let mean = |sum: f64| sum / f64::from(replicates);
            let error = 5.0 * 2.0 / f64::from(replicates).sqrt();
            assert!((mean(square) - (1.0 - 1.0 / n)).abs() < error, "{units}");
            assert!((mean(near) + 1.0 / n).abs() < error, "{units}");
            assert!((mean(far) + 1.0 / n).abs() < error, "{units}");
        }
    }

    #[test]
    fn the_table_is_poissons() {
        let table = Poisson::new(3.5);
        let size = table.slots.len();
        let mut found = vec![0.0; size];
        for (k, &(threshold, other)) in table.slots.iter().enumerate() {
            found[k] += threshold / size as f64;
            found[usize::from(other)] += (1.0 - threshold) / size as f64;
        }
        // P(0) = e^-3.5, P(4) = 3.5^4/24 e^-3.5.
        assert!((found[0] - 0.030_197_383_422_318_5).abs() < 1e-15);
        assert!(
            (found[4] - 0.188_812_285_408_819_6).abs() < 1e-14,
            "{}",
            found[4]
        );
        assert_eq!(Poisson::new(0.0).draw(&mut Stream::of_totals(1, 1, 1)), 0);
    }
}
