//! One cell's text to one number.

/// Why a text is not a number that a model can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// No decimal number.
    NotANumber,
    /// Not finite in single precision.
    TooLarge,
}

impl NumberError {
    /// The reason in words, to follow "is".
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotANumber => "not a number",
            Self::TooLarge => "a number too large for single precision",
        }
    }
}

/// A decimal number: digits with an optional sign, point and exponent. The words `inf` and `nan`
/// that the standard library would take are no numbers here: a cell is missing only where the
/// layout's list of missing texts says so.
pub fn parse_number(text: &str) -> Result<f64, NumberError> {
    let text = trim_blanks(text);
    if let Some(value) = parse_short(text.as_bytes()) {
        return Ok(value);
    }
    let last = text.bytes().last().ok_or(NumberError::NotANumber)?;
    let plain = last.is_ascii_digit() || last == b'.';
    match text.parse::<f64>() {
        Ok(value) if plain && value.abs() <= f64::from(f32::MAX) => Ok(value),
        Ok(_) if plain => Err(NumberError::TooLarge),
        _ => Err(NumberError::NotANumber),
    }
}

/// A number of at most 15 digits without an exponent, which is nearly every number of a table:
/// its digits and the power of ten are exact in double precision, so one division gives the
/// nearest double, as the general way does (Clinger, "How to read floating point numbers
/// accurately", 1990).
fn parse_short(text: &[u8]) -> Option<f64> {
    const POWERS: [f64; 16] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ];
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let mut number: u64 = 0;
    let mut point = digits.len();
    for (at, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => number = number * 10 + u64::from(byte - b'0'),
            b'.' if point == digits.len() => point = at,
            _ => return None,
        }
    }
    let decimals = digits.len().saturating_sub(point + 1);
    let count = digits.len() - usize::from(point < digits.len());
    if count == 0 || count > 15 {
        return None;
    }
    let value = number as f64 / POWERS[decimals];
    Some(if negative { -value } else { value })
}

/// A cell without the blanks around it.
#[inline]
pub(crate) fn trim_blanks(cell: &str) -> &str {
    let blank = |byte: Option<&u8>| byte.is_some_and(|byte| *byte <= b' ');
    let bytes = cell.as_bytes();
    if blank(bytes.first()) || blank(bytes.last()) {
        cell.trim_ascii()
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_short_way_gives_the_same_bits_as_the_long_one(text in "-?[0-9]{0,9}[.]?[0-9]{0,9}") {
            if let Some(value) = parse_short(text.as_bytes()) {
                prop_assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits());
            } else {
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                prop_assert!(digits == 0 || digits > 15 || text.len() > 16);
            }
        }
    }

    #[test]
    fn decimal_numbers_and_nothing_else() {
        for (text, value) in [("1", 1.0), (" -2.5e3 ", -2500.0), ("+.5", 0.5), ("7.", 7.0)] {
            assert_eq!(parse_number(text), Ok(value), "{text}");
        }
        for text in [
            "",
            " ",
            "nan",
            "NaN",
            "inf",
            "-Infinity",
            "1,5",
            "0x10",
            "1_000",
            "1e",
            "e5",
            "--1",
        ] {
            assert_eq!(parse_number(text), Err(NumberError::NotANumber), "{text}");
        }
        assert_eq!(parse_number("1e39"), Err(NumberError::TooLarge));
        assert_eq!(parse_number("1e999"), Err(NumberError::TooLarge));
    }
}
