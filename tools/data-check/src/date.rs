//! ISO 8601 dates.

/// A date `YYYY-MM-DD`, perhaps followed by `T` or a blank, `HH:MM` or `HH:MM:SS` with an optional
/// fraction, and `Z` or an offset. The answer is the number that the date's digits form
/// (20240131), which has the calendar's order; time and offset are checked and play no part in it.
pub(crate) fn parse_date(text: &str) -> Option<f64> {
    let (date, time) = text.as_bytes().split_at_checked(10)?;
    let [year @ .., b'-', m1, m2, b'-', d1, d2] = date else {
        return None;
    };
    let (year, month, day) = (digits(year)?, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?);
    let known = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    let date = f64::from(year * 10_000 + month * 100 + day);
    (known && (time.is_empty() || is_time(time))).then_some(date)
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |number: u32, digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        Some(number * 10 + digit)
    })
}

const fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

fn is_time(text: &[u8]) -> bool {
    let [b'T' | b't' | b' ', rest @ ..] = text else {
        return false;
    };
    let Some(rest) = clock(rest) else {
        return false;
    };
    let rest = match rest {
        [b':', s1, s2, rest @ ..] if digits(&[*s1, *s2]).is_some_and(|second| second <= 60) => {
            fraction(rest)
        }
        _ => Some(rest),
    };
    match rest {
        Some([] | [b'Z' | b'z']) => true,
        Some([b'+' | b'-', offset @ ..]) => {
            clock(offset).is_some_and(<[u8]>::is_empty)
                || (offset.len() == 2 && digits(offset).is_some_and(|hours| hours < 24))
        }
        _ => false,
    }
}

/// What follows `HH:MM`.
fn clock(text: &[u8]) -> Option<&[u8]> {
    let [h1, h2, b':', m1, m2, rest @ ..] = text else {
        return None;
    };
    let known = digits(&[*h1, *h2])? < 24 && digits(&[*m1, *m2])? < 60;
    known.then_some(rest)
}

/// What follows an optional fraction of a second.
fn fraction(text: &[u8]) -> Option<&[u8]> {
    let [b'.', rest @ ..] = text else {
        return Some(text);
    };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (length > 0).then(|| &rest[length..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_the_calendar_and_nothing_else() {
        for text in [
            "2024-02-29",
            "2000-02-29",
            "0001-01-01",
            "2024-01-31T23:59",
            "2024-01-31 23:59:60.123Z",
            "2024-01-31T00:00:00+05:30",
            "2024-01-31T00:00:00-05",
        ] {
            assert!(parse_date(text).is_some(), "{text}");
        }
        for text in [
            "",
            "2024",
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-04-31",
            "2024-1-1",
            "20240131",
            "31.01.2024",
            "2024-01-31T",
            "2024-01-31T24:00",
            "2024-01-31T12:00:00.",
            "2024-01-31T12:00+24:00",
            "2024-01-31x",
            "2024-01-3é",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn the_order_is_the_calendars() {
        assert!(parse_date("2023-12-31T23:00") < parse_date("2024-01-01"));
    }
}
