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
    let text = text.trim_ascii();
    let last = text.bytes().last().ok_or(NumberError::NotANumber)?;
    let plain = last.is_ascii_digit() || last == b'.';
    match text.parse::<f64>() {
        Ok(value) if plain && value.abs() <= f64::from(f32::MAX) => Ok(value),
        Ok(_) if plain => Err(NumberError::TooLarge),
        _ => Err(NumberError::NotANumber),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
