//! From data to pixels, and the round numbers along an axis.

/// A straight map from `low..high` to `from..to` pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// A scale over `low..high`; where these are equal or not finite, it is widened around them.
    pub(super) fn new(low: f64, high: f64, from: f64, to: f64) -> Self {
        // Widths must stay finite too.
        let (low, high) = (low.clamp(-1e150, 1e150), high.clamp(-1e150, 1e150));
        let (low, high) = match (low.is_finite(), high.is_finite()) {
            (true, true) if low < high => (low, high),
            (true, _) => {
                let room = (low.abs() * 0.05).max(1e-6);
                (low - room, low + room)
            }
            _ => (0.0, 1.0),
        };
        Self {
            low,
            high,
            from,
            to,
        }
    }

    /// A scale whose ends are round numbers around `values`.
    pub(super) fn around(values: impl IntoIterator<Item = f64>, from: f64, to: f64) -> Self {
        let (low, high) = extent(values).unwrap_or((0.0, 1.0));
        let rough = Self::new(low, high, from, to);
        let ticks = rough.ticks(5);
        let step = if ticks.len() > 1 {
            ticks[1].value - ticks[0].value
        } else {
            rough.high - rough.low
        };
        let ends = (
            (rough.low / step + 1e-9).floor() * step,
            (rough.high / step - 1e-9).ceil() * step,
        );
        Self::new(ends.0, ends.1, from, to)
    }

    /// Where `value` lies; values outside stop at the ends.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.from + share * (self.to - self.from)
    }

    pub(super) fn holds(&self, value: f64) -> bool {
        value >= self.low && value <= self.high
    }

    /// About `wanted` round values between the ends, with as many decimals as their step needs.
    pub(super) fn ticks(&self, wanted: u32) -> Vec<Tick> {
        let (digit, exponent) = round_step((self.high - self.low) / f64::from(wanted.max(1)));
        let step = decimal(f64::from(digit), exponent);
        let first = (self.low / step - 1e-6).ceil();
        let decimals = usize::try_from(-exponent).unwrap_or(0);
        let mut ticks = Vec::new();
        for at in 0..=2 * wanted + 4 {
            // Through decimal text, so that the tenth tick is 0.1 and not 0.1 plus dust.
            let value = decimal((first + f64::from(at)) * f64::from(digit), exponent);
            if value > self.high + step * 1e-6 {
                break;
            }
            ticks.push(Tick {
                value,
                label: label(value, decimals, self.low.abs().max(self.high.abs())),
            });
        }
        ticks
    }
}

/// A tick's text; in powers of ten where it would be longer than an axis has room for.
fn label(value: f64, decimals: usize, largest: f64) -> String {
    let text = if decimals > 6 || largest >= 1e7 {
        format!("{value:e}").replace("0e0", "0")
    } else {
        crate::number::fixed(value, decimals)
    };
    text.replace('-', "−")
}

/// One mark of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

/// The smallest and the largest of the finite values.
pub(super) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .into_iter()
        .filter(|value| value.is_finite())
        .fold(None, |seen, value| match seen {
            None => Some((value, value)),
            Some((low, high)) => Some((low.min(value), high.max(value))),
        })
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `rough`.
fn round_step(rough: f64) -> (u8, i32) {
    let rough = if rough.is_finite() && rough > 0.0 {
        rough
    } else {
        1.0
    };
    let mut exponent = 0;
    while decimal(1.0, exponent) > rough && exponent > -300 {
        exponent -= 1;
    }
    while decimal(1.0, exponent + 1) <= rough && exponent < 300 {
        exponent += 1;
    }
    let rough = rough * (1.0 - 1e-9);
    match [2, 5]
        .into_iter()
        .find(|&digit| decimal(f64::from(digit), exponent) >= rough)
    {
        _ if decimal(1.0, exponent) >= rough => (1, exponent),
        Some(digit) => (digit, exponent),
        None => (1, exponent + 1),
    }
}

/// `digits` times ten to `exponent`, correctly rounded.
fn decimal(digits: f64, exponent: i32) -> f64 {
    format!("{digits}e{exponent}").parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(low: f64, high: f64) -> Vec<String> {
        Scale::new(low, high, 0.0, 100.0)
            .ticks(5)
            .into_iter()
            .map(|tick| tick.label)
            .collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(0.0, 1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(0.683, 0.794), ["0.70", "0.75"]);
        assert_eq!(labels(-3.0, 7.0), ["−2", "0", "2", "4", "6"]);
        assert_eq!(labels(0.0, 120_000.0), ["0", "50000", "100000"]);
        assert_eq!(labels(0.0, 5e7), ["0", "1e7", "2e7", "3e7", "4e7", "5e7"]);
        assert_eq!(labels(0.0, 2e-8), ["0", "5e−9", "1e−8", "1.5e−8", "2e−8"]);
    }

    proptest! {
        #[test]
        fn any_range_has_ticks_inside_it(low in -1e9..1e9_f64, width in 1e-6..1e9_f64) {
            let scale = Scale::around([low, low + width], 0.0, 100.0);
            let ticks = scale.ticks(5);
            prop_assert!(ticks.len() >= 2 && ticks.len() <= 14, "{ticks:?}");
            prop_assert!(ticks.windows(2).all(|pair| pair[0].value < pair[1].value));
            prop_assert!(scale.at(low) >= 0.0 && scale.at(low) < scale.at(low + width) && scale.at(low + width) <= 100.0);
        }
    }

    #[test]
    fn nothing_and_one_value_still_make_a_scale() {
        for scale in [
            Scale::around([], 0.0, 1.0),
            Scale::around([0.5], 0.0, 1.0),
            Scale::around([f64::NAN], 0.0, 1.0),
        ] {
            assert!(scale.low < scale.high);
            assert!(!scale.ticks(5).is_empty());
        }
    }
}
