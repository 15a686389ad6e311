//! How much the rows can carry: degrees of freedom, and the point below which nothing is decided.
//!
//! A standard error is itself an estimate. Ten thousand rows of which three change their place say as
//! little about a difference as three rows do, and then no interval that leans on the standard error
//! keeps its promise. The number that tells is the degrees of freedom ν of the variance V, matched to
//! the variance of V (F. E. Satterthwaite, Biometrics Bulletin 1946), with the units' own fourth moments
//! in place of a normal distribution's:
//!
//! ```text
//! ν = 2V² / Var(V),   Var(V) = Σ V_s² (κ_s − 1)/n_s   over strata s with n_s units of kurtosis κ_s
//! ```
//!
//! For normal units of one stratum that is n; where k units of many make all the difference, 2k. It is
//! never taken above Welch's number, which κ = 3 gives.
//!
//! Simulated over sizes, base rates and areas (the table is in the crate's README), intervals and levels
//! hold where ν is [`NEEDED`] or more. Below that the `enough` of an estimate answers
//! [`Undefined::TooFewInformative`], and whoever decides has to answer "inconclusive".

use crate::{Metric, Undefined};

/// Degrees of freedom that a decision needs: about ten rows of the rarer kind that matter.
pub const NEEDED: f64 = 20.0;

/// Moments of what the units of one stratum add to an estimate, centred: their squares add up to its
/// variance (but for n/(n − 1)).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts {
    /// Independent units.
    pub(crate) units: usize,
    /// Groups of units that the moments were taken over; as many as units where each is its own.
    pub(crate) groups: usize,
    pub(crate) squares: f64,
    pub(crate) cubes: f64,
    pub(crate) fourths: f64,
}

impl Parts {
    /// Of centred parts, one a group.
    pub(crate) fn of(units: usize, parts: impl Iterator<Item = f64>) -> Self {
        let mut of = Self {
            units,
            ..Self::default()
        };
        parts.for_each(|part| of.add(part));
        of
    }

    /// Adds a group.
    #[inline]
    pub(crate) fn add(&mut self, part: f64) {
        let square = part * part;
        self.groups += 1;
        self.squares += square;
        self.cubes += square * part;
        self.fourths += square * square;
    }

    /// Of parts that are `scale` times as large.
    pub(crate) fn scaled(mut self, scale: f64) -> Self {
        let square = scale * scale;
        self.squares *= square;
        self.cubes *= square * scale;
        self.fourths *= square * square;
        self
    }

    /// What the stratum adds to the variance.
    pub(crate) fn variance(&self) -> f64 {
        let units = self.units as f64;
        self.squares * units / (units - 1.0)
    }

    /// (κ − 1)/n of the units: a sum of m independent ones has an m-th of their excess kurtosis.
    fn relative_variance(&self) -> f64 {
        if self.squares <= 0.0 {
            return 0.0;
        }
        let excess = self.fourths / (self.squares * self.squares) - 3.0 / self.groups as f64;
        (2.0 / self.units as f64 + excess).max(0.0)
    }
}

/// Degrees of freedom of the variance that the strata add up to; `None` where nothing varies.
pub(crate) fn freedom(strata: &[Parts]) -> Option<f64> {
    let (mut all, mut welch, mut fourth) = (0.0, 0.0, 0.0);
    for stratum in strata.iter().filter(|stratum| stratum.units > 1) {
        let variance = stratum.variance();
        all += variance;
        welch += variance * variance / (stratum.units as f64 - 1.0);
        fourth += variance * variance * stratum.relative_variance();
    }
    (all > 0.0 && all.is_finite()).then(|| all * all / welch.max(0.5 * fourth))
}

/// Whether so many degrees of freedom carry a decision.
pub(crate) fn enough(freedom: f64) -> Metric<()> {
    if freedom >= NEEDED {
        Ok(())
    } else {
        Err(Undefined::TooFewInformative {
            found: freedom,
            needed: NEEDED,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn centred(values: impl Iterator<Item = f64> + Clone) -> Parts {
        let units = values.clone().count();
        let mean = values.clone().sum::<f64>() / units as f64;
        Parts::of(units, values.map(move |value| value - mean))
    }

    #[test]
    fn rare_units_count_for_themselves() {
        let rare = centred((0..10_000).map(|unit| f64::from(u8::from(unit % 1000 == 0))));
        let found = freedom(&[rare]).unwrap();
        assert!((found - 20.0).abs() < 0.2, "{found}");
        // Ten of 500 groups of 20 units.
        let grouped = (0..500).map(|group| f64::from(u8::from(group % 50 == 0)));
        let grouped = Parts {
            units: 10_000,
            ..centred(grouped)
        };
        let found = freedom(&[grouped]).unwrap();
        // 2/(2/10,000 + (κ − 3)/500), where one in fifty has the kurtosis 48.02.
        assert!((found - 22.163).abs() < 1e-3, "{found}");
    }

    #[test]
    fn flat_units_count_as_welch_says() {
        let flat = centred((0..100).map(f64::from));
        assert!((freedom(&[flat]).unwrap() - 99.0).abs() < 1e-9);
        let two = freedom(&[flat, flat]).unwrap();
        assert!((two - 198.0).abs() < 1e-9, "{two}");
        assert_eq!(freedom(&[centred([1.0, 1.0].into_iter())]), None);
    }
}
