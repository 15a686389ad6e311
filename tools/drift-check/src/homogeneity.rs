//! Are two rows of counts from one distribution? Chi-square for all bins together, a binomial tail
//! for one share.

use yard_stats::distribution::{binomial_at_least, binomial_at_most, chi_square_tail};
use yard_stats::sum::Sum;

/// Rows that every bin is expected to have, then and now, for the chi-square law to hold.
const EXPECTED: f64 = 5.0;

/// Puts neighbouring bins together until each is expected to hold five rows on either side. Where
/// bins have no order, the rarest become neighbours first.
pub(crate) fn pooled(before: &[f64], now: &[f64], is_ordered: bool) -> (Vec<f64>, Vec<f64>) {
    let (n, m): (f64, f64) = (before.iter().sum(), now.iter().sum());
    let mut pairs: Vec<(f64, f64)> = before.iter().copied().zip(now.iter().copied()).collect();
    if !is_ordered {
        pairs.sort_by(|a, b| (b.0 + b.1).total_cmp(&(a.0 + a.1)));
    }
    let enough = |bin: (f64, f64)| (bin.0 + bin.1) * n.min(m) >= EXPECTED * (n + m);
    let mut bins: Vec<(f64, f64)> = Vec::new();
    let mut open = (0.0, 0.0);
    for pair in pairs {
        open = (open.0 + pair.0, open.1 + pair.1);
        if enough(open) {
            bins.push(open);
            open = (0.0, 0.0);
        }
    }
    match bins.last_mut() {
        Some(last) => *last = (last.0 + open.0, last.1 + open.1),
        None => bins.push(open),
    }
    bins.into_iter().unzip()
}

/// Pearson's chi-square of homogeneity over bins that were pooled, and its p-value with one degree
/// of freedom fewer than bins. One bin tells nothing: the p-value is 1.
///
/// The profile's edges are quantiles of the training rows and not fixed in advance. Given them, the
/// fresh rows fall into the bins with shares that are random themselves, to the same order as the
/// counts of the profile would have been: the law is the same, as the simulation in `tests/` shows.
pub(crate) fn chi_square(before: &[f64], now: &[f64]) -> (f64, f64) {
    let (n, m): (f64, f64) = (before.iter().sum(), now.iter().sum());
    let (up, down) = ((m / n).sqrt(), (n / m).sqrt());
    let terms = before.iter().zip(now).map(|(r, c)| {
        let gap = up * r - down * c;
        gap * gap / (r + c)
    });
    let statistic = terms.collect::<Sum>().value();
    if before.len() < 2 {
        return (0.0, 1.0);
    }
    let freedom = (before.len() - 1) as f64;
    (statistic, chi_square_tail(statistic, freedom))
}

/// Two-sided p-value of "the share of hits did not change": given all hits, each is as likely to be
/// among the fresh rows as any row is. Exact for rare hits and cautious otherwise, so the rarer of
/// hits and misses is counted.
pub(crate) fn same_share(before: (u64, u64), now: (u64, u64)) -> f64 {
    let hits = before.0 + now.0;
    let rows = before.1 + now.1;
    if 2 * hits > rows {
        return same_share((before.1 - before.0, before.1), (now.1 - now.0, now.1));
    }
    let share = now.1 as f64 / rows as f64;
    let tail = binomial_at_least(now.0, hits, share).min(binomial_at_most(now.0, hits, share));
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Figures of scipy 1.17's `chi2_contingency([before, now], correction=False)`.
    #[test]
    fn chi_square_is_scipys() {
        let (statistic, p) = chi_square(&[50.0, 30.0, 20.0], &[40.0, 30.0, 30.0]);
        assert!(
            (statistic - 3.111_111_111_111_111).abs() < 1e-12,
            "{statistic}"
        );
        assert!((p - 0.211_072_087_791_090_3).abs() < 1e-12, "{p}");
        let (statistic, p) = chi_square(&[500.0, 300.0, 200.0, 7.0], &[40.0, 31.0, 35.0, 9.0]);
        assert!(
            (statistic - 47.337_263_319_010_866).abs() < 1e-9,
            "{statistic}"
        );
        assert!((p - 2.946_357_908_060_113_4e-10).abs() < 1e-20, "{p}");
    }

    #[test]
    fn thin_bins_are_put_together_and_no_row_is_lost() {
        let before = [100.0, 2.0, 1.0, 50.0, 1.0];
        let now = [90.0, 1.0, 1.0, 60.0, 0.0];
        for is_ordered in [true, false] {
            let (b, n) = pooled(&before, &now, is_ordered);
            assert_eq!(
                (b.iter().sum::<f64>(), n.iter().sum::<f64>()),
                (154.0, 152.0)
            );
            assert_eq!(b.len(), 2);
        }
        let (b, n) = pooled(&[1.0, 1.0], &[1.0, 0.0], true);
        assert_eq!(
            (b.as_slice(), n.as_slice()),
            ([2.0].as_slice(), [1.0].as_slice())
        );
        assert!((chi_square(&b, &n).1 - 1.0).abs() < 1e-15);
    }

    #[test]
    fn an_unchanged_share_is_no_surprise_and_a_new_one_is() {
        assert!(same_share((0, 1000), (0, 1000)) > 0.99);
        assert!(same_share((50, 1000), (52, 1000)) > 0.8);
        assert!(same_share((950, 1000), (948, 1000)) > 0.8);
        assert!(same_share((0, 1000), (20, 1000)) < 1e-5);
        assert!(same_share((20, 1000), (0, 1000)) < 1e-5);
    }
}
