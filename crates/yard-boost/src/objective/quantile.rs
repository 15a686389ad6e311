//! Quantiles of weighted values.

/// A value that counts as often as its weight says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Weighted {
    pub(crate) value: f64,
    pub(crate) weight: f64,
}

/// The value below which `level` of the weight lies; the mean of two neighbours where the weight
/// divides between them exactly (for weights of 1 the median as everybody takes it). Reorders the
/// values; 0 if there are none or none has weight. The order of the values does not matter.
pub(crate) fn quantile(values: &mut [Weighted], level: f64) -> f64 {
    values
        .sort_unstable_by(|a, b| (a.value.total_cmp(&b.value)).then(a.weight.total_cmp(&b.weight)));
    let total: f64 = values.iter().map(|v| v.weight).sum();
    let wanted = level * total;
    let mut known = values.iter().filter(|v| v.weight > 0.0);
    let (mut below, mut last) = (0.0, 0.0);
    while let Some(next) = known.next() {
        below += next.weight;
        last = next.value;
        if below > wanted {
            return next.value;
        }
        if below == wanted {
            return known
                .next()
                .map_or(last, |after| f64::midpoint(last, after.value));
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(f64, f64)], level: f64) -> f64 {
        let weighted = |&(value, weight)| Weighted { value, weight };
        quantile(&mut pairs.iter().map(weighted).collect::<Vec<_>>(), level)
    }

    #[test]
    fn the_median_and_others() {
        let four = [(4.0, 1.0), (1.0, 1.0), (3.0, 1.0), (2.0, 1.0)];
        assert_eq!(of(&four, 0.5), 2.5);
        assert_eq!(of(&four[..3], 0.5), 3.0);
        assert_eq!(of(&four, 0.9), 4.0);
        assert_eq!(of(&four, 0.25), 1.5);
        assert_eq!(of(&[(7.0, 0.3)], 0.1), 7.0);
    }

    #[test]
    fn weights_are_repetitions() {
        assert_eq!(of(&[(1.0, 3.0), (2.0, 1.0), (9.0, 0.0)], 0.5), 1.0);
        assert_eq!(of(&[(1.0, 2.0), (2.0, 1.0), (3.0, 1.0)], 0.5), 1.5);
        assert_eq!(of(&[(1.0, 0.0), (2.0, 1.0)], 0.5), 2.0);
        assert_eq!(of(&[], 0.5), 0.0);
    }
}
