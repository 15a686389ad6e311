//! What few units ask of an interval that is read from replicates.

use crate::distribution::{normal_cdf, student_t_quantile, student_t_tail};
use crate::interval::Confidence;
use crate::sum::Sum;
use crate::support::{Parts, freedom};

/// The statistic with each group of a stratum left out in turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeftOut<'a> {
    pub(super) values: &'a [f64],
    /// Units in the stratum, which may be more than groups.
    pub(super) units: usize,
}

/// What a small number of units asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Small {
    /// Degrees of freedom that the quantiles are widened by.
    pub(super) freedom: f64,
    /// Degrees of freedom that a decision hangs on: 0 where nothing varies, or the
    /// statistic hangs on one group.
    pub(super) informative: f64,
    /// How much too narrow replicates are spread.
    stretch: f64,
}

/// Beyond so many degrees of freedom Student's t is normal to five digits.
const NORMAL: f64 = 1e5;

impl Small {
    pub(super) fn new(left_out: &[LeftOut<'_>]) -> Self {
        let units: Vec<usize> = left_out.iter().map(|stratum| stratum.units).collect();
        let of_units = Self::of_units(&units);
        if of_units.freedom.is_nan() {
            return of_units;
        }
        let strata = left_out.iter().filter(|stratum| stratum.units > 0);
        let strata: Vec<Parts> = strata
            .map(|stratum| Parts::of(stratum.units, parts(stratum.values)))
            .collect();
        let all: f64 = strata.iter().map(|stratum| stratum.squares).sum();
        if let Some(freedom) = freedom(&strata) {
            let grown: f64 = strata.iter().map(Parts::variance).sum();
            return Self {
                freedom,
                informative: freedom,
                stretch: (grown / all).sqrt(),
            };
        }
        // Nothing varies, or something is undefined: nothing is decided on it.
        Self {
            informative: 0.0,
            ..of_units
        }
    }

    /// As if all came from the smallest stratum that has units.
    pub(super) fn of_units(strata: &[usize]) -> Self {
        let fewest = strata.iter().filter(|&&units| units > 0).min();
        let freedom = match fewest {
            Some(&units) if units > 1 => units as f64 - 1.0,
            _ => f64::NAN,
        };
        Self {
            freedom,
            informative: if freedom.is_nan() { 0.0 } else { freedom },
            stretch: (1.0 + 1.0 / freedom).sqrt(),
        }
    }

    pub(super) fn widen(self, confidence: Confidence) -> f64 {
        if self.freedom > NORMAL {
            return confidence.z();
        }
        let tail = 0.5 * (1.0 - confidence.level());
        -student_t_quantile(tail, self.freedom) * self.stretch
    }

    /// The one-sided level that [`Small::widen`] takes to `z`.
    pub(super) fn tail(self, z: f64) -> f64 {
        if self.freedom > NORMAL {
            normal_cdf(z)
        } else {
            student_t_tail(-z / self.stretch, self.freedom)
        }
    }
}

/// Σ U³ / (6 (Σ U²)^1.5) over what each group of units adds to the statistic; `None` where a statistic
/// without one group is undefined or none of them matters.
pub(super) fn acceleration(left_out: &[LeftOut<'_>]) -> Option<f64> {
    let (mut cubes, mut squares) = (Sum::default(), Sum::default());
    for part in left_out.iter().flat_map(|stratum| parts(stratum.values)) {
        cubes.add(part * part * part);
        squares.add(part * part);
    }
    let spread = squares.value() * squares.value().sqrt();
    let found = cubes.value() / (6.0 * spread);
    (spread > 0.0 && found.is_finite()).then_some(found)
}

/// What each group of a stratum adds to the statistic.
fn parts(values: &[f64]) -> impl Iterator<Item = f64> {
    let groups = values.len() as f64;
    let mean = values.iter().copied().collect::<Sum>().value() / groups;
    let alone = values.len() < 2;
    let parts = values
        .iter()
        .map(move |value| (mean - value) * (groups - 1.0) / groups);
    parts.filter(move |_| !alone)
}
