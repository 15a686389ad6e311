//! Numbers as text: fixed decimals, thousands, per cent. The same value gives the same bytes.

/// `value` with `decimals` places, no negative zero, `n/a` where it is not finite; from 10^15 on
/// in powers of ten, as no reader counts so many digits.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "n/a".to_owned();
    }
    if value.abs() >= 1e15 {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|c| c == '0' || c == '.') => digits.to_owned(),
        _ => text,
    }
}

/// As [`fixed`], with a sign before positive values too: for differences.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let is_positive = value > 0.0 && text.chars().any(|c| ('1'..='9').contains(&c));
    if is_positive && value.is_finite() {
        format!("+{text}")
    } else {
        text
    }
}

/// A share between 0 and 1 as per cent: `percent(0.0812, 1)` is `8.1%`.
pub fn percent(share: f64, decimals: usize) -> String {
    if share.is_finite() {
        format!("{}%", fixed(share * 100.0, decimals))
    } else {
        fixed(share, decimals)
    }
}

/// A count with its thousands set apart: `30,000`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The decimals of a number that is shown with `most` of them where it is below 10, and with one less for each
/// digit more before the point: of an error in currency, fractions of a cent tell nobody anything.
pub fn decimals(size: f64, most: usize) -> usize {
    let before = [10.0, 100.0, 1e3, 1e4, 1e5, 1e6];
    let digits = before.iter().filter(|&&power| size.abs() >= power).count();
    most.saturating_sub(digits)
}

/// A point and its interval: `0.781 (0.765 to 0.797)`.
pub fn interval(value: f64, low: f64, high: f64, decimals: usize) -> String {
    format!(
        "{} ({} to {})",
        fixed(value, decimals),
        fixed(low, decimals),
        fixed(high, decimals)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(fixed(-0.0001, 3), "0.000");
        assert_eq!(fixed(-0.0, 0), "0");
        assert_eq!(fixed(-1.25, 1), "-1.2");
        assert_eq!(signed(0.000_01, 3), "0.000");
        assert_eq!(signed(0.5, 1), "+0.5");
    }

    #[test]
    fn what_is_not_finite_says_so() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(
                (fixed(value, 2), signed(value, 2), percent(value, 2)),
                ("n/a".into(), "n/a".into(), "n/a".into())
            );
        }
    }

    #[test]
    fn large_numbers_have_few_decimals() {
        let shown = [0.5, -9.9, 10.0, 123.4, 50_104.159, 4e9].map(|size| decimals(size, 4));
        assert_eq!(shown, [4, 4, 3, 2, 0, 0]);
        assert_eq!(decimals(1234.0, 2), 0);
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(percent(0.0812, 1), "8.1%");
        assert_eq!(interval(0.781, 0.765, 0.797, 2), "0.78 (0.77 to 0.80)");
    }
}
