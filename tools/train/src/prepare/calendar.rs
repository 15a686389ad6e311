//! The calendar by exact single-precision arithmetic, the same in the graph as here.
//!
//! Days are counted from 1 January 1970. The parts follow Howard Hinnant's *chrono-compatible low-level
//! date algorithms* (`civil_from_days`), in which every quotient is taken of whole numbers below 2^24 and
//! rounded down: the nearest `f32` of such a quotient never lies across a whole number, so division
//! and floor, which every runtime has, give the exact result.
//!
//! A date as text is looked up among all days of a range of years, because the operator sets that every
//! runtime knows cannot take a text apart. A date as one number, 20240131, is no way out: it is above
//! 2^24, so that single precision has only every other day.

use yard_model::{Arithmetic, BuildError, GraphBuilder, Numbers};

use crate::config::DatePart;

/// What can add, divide and round down: numbers themselves, or a graph that is being written.
pub(crate) trait Calculator {
    type Value: Clone;
    fn floor(&mut self, value: &Self::Value) -> Self::Value;
    fn with(
        &mut self,
        operation: Arithmetic,
        value: &Self::Value,
        constant: f32,
    ) -> Result<Self::Value, BuildError>;
    fn between(
        &mut self,
        operation: Arithmetic,
        left: &Self::Value,
        right: &Self::Value,
    ) -> Result<Self::Value, BuildError>;
}

/// Calculates one number; NaN stays NaN.
pub(crate) struct Plain;

impl Calculator for Plain {
    type Value = f32;

    fn floor(&mut self, value: &f32) -> f32 {
        value.floor()
    }

    fn with(
        &mut self,
        operation: Arithmetic,
        value: &f32,
        constant: f32,
    ) -> Result<f32, BuildError> {
        self.between(operation, value, &constant)
    }

    fn between(&mut self, operation: Arithmetic, a: &f32, b: &f32) -> Result<f32, BuildError> {
        Ok(match operation {
            Arithmetic::Add => a + b,
            Arithmetic::Subtract => a - b,
            Arithmetic::Multiply => a * b,
            Arithmetic::Divide => a / b,
        })
    }
}

impl Calculator for GraphBuilder {
    type Value = Numbers;

    fn floor(&mut self, value: &Numbers) -> Numbers {
        Self::floor(self, value)
    }

    fn with(
        &mut self,
        operation: Arithmetic,
        value: &Numbers,
        constant: f32,
    ) -> Result<Numbers, BuildError> {
        Ok(self.calculate_with(operation, value, constant))
    }

    fn between(
        &mut self,
        operation: Arithmetic,
        left: &Numbers,
        right: &Numbers,
    ) -> Result<Numbers, BuildError> {
        self.calculate(operation, left, right)
    }
}

/// The parts of a day's number, in the order asked for.
pub(crate) fn parts<C: Calculator>(
    calculator: &mut C,
    days: &C::Value,
    wanted: &[DatePart],
) -> Result<Vec<C::Value>, BuildError> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    let c = calculator;
    let whole = c.floor(days);
    // From 1 March 0000 on, in eras of 400 years, so that a leap day is the last of its year.
    let z = c.with(Add, &whole, 719_468.0)?;
    let era = quotient(c, &z, 146_097.0)?;
    let day_of_era = rest(c, &z, &era, 146_097.0)?;
    let fours = quotient(c, &day_of_era, 1_460.0)?;
    let centuries = quotient(c, &day_of_era, 36_524.0)?;
    let last = quotient(c, &day_of_era, 146_096.0)?;
    let sum = c.between(Subtract, &day_of_era, &fours)?;
    let sum = c.between(Add, &sum, &centuries)?;
    let sum = c.between(Subtract, &sum, &last)?;
    let year_of_era = quotient(c, &sum, 365.0)?;
    let by_365 = rest(c, &day_of_era, &year_of_era, 365.0)?;
    let leaps = quotient(c, &year_of_era, 4.0)?;
    let skipped = quotient(c, &year_of_era, 100.0)?;
    let day_of_year = c.between(Subtract, &by_365, &leaps)?;
    let day_of_year = c.between(Add, &day_of_year, &skipped)?;
    let fives = c.with(Multiply, &day_of_year, 5.0)?;
    let fives = c.with(Add, &fives, 2.0)?;
    let march_month = quotient(c, &fives, 153.0)?;
    // 0 from March to December, 1 in the months that belong to the next year.
    let turned = quotient(c, &march_month, 10.0)?;
    wanted
        .iter()
        .map(|part| match part {
            DatePart::Days => Ok(whole.clone()),
            DatePart::Year => {
                let eras = c.with(Multiply, &era, 400.0)?;
                let year = c.between(Add, &year_of_era, &eras)?;
                c.between(Add, &year, &turned)
            }
            DatePart::Month => {
                let twelve = c.with(Multiply, &turned, 12.0)?;
                let month = c.with(Add, &march_month, 3.0)?;
                c.between(Subtract, &month, &twelve)
            }
            DatePart::Day => {
                let before = c.with(Multiply, &march_month, 153.0)?;
                let before = c.with(Add, &before, 2.0)?;
                let before = c.with(Divide, &before, 5.0)?;
                let before = c.floor(&before);
                let day = c.between(Subtract, &day_of_year, &before)?;
                c.with(Add, &day, 1.0)
            }
            DatePart::Weekday => {
                // 1 January 1970 was a Thursday; Monday is 0.
                let from_monday = c.with(Add, &whole, 3.0)?;
                let weeks = quotient(c, &from_monday, 7.0)?;
                rest(c, &from_monday, &weeks, 7.0)
            }
        })
        .collect()
}

fn quotient<C: Calculator>(c: &mut C, value: &C::Value, by: f32) -> Result<C::Value, BuildError> {
    let divided = c.with(Arithmetic::Divide, value, by)?;
    Ok(c.floor(&divided))
}

fn rest<C: Calculator>(
    c: &mut C,
    value: &C::Value,
    quotient: &C::Value,
    by: f32,
) -> Result<C::Value, BuildError> {
    let whole = c.with(Arithmetic::Multiply, quotient, by)?;
    c.between(Arithmetic::Subtract, value, &whole)
}

/// The number of a day from year, month and day, proleptic Gregorian; `None` where there is no such day.
pub(crate) fn days_of(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
    let number = |range: std::ops::Range<usize>| -> Option<i32> {
        let part = text.get(range)?;
        part.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some(())?;
        part.parse().ok()
    };
    if !shaped {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let days = days_from_civil(year, month, day);
    ((1..=12).contains(&month) && day >= 1 && text_of(days) == text).then_some(days)
}

pub(crate) fn days_from_civil(year: i32, month: i32, day: i32) -> i32 {
    let year = year - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The day of a number as an ISO date.
pub(crate) fn text_of(days: i32) -> String {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, turned) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    format!("{:04}-{month:02}-{day:02}", year + era * 400 + turned)
}

/// All days of a range of years, with their numbers.
pub(crate) fn days_of_years(first: i32, last: i32) -> impl Iterator<Item = (String, f32)> {
    let days = days_from_civil(first, 1, 1)..days_from_civil(last + 1, 1, 1);
    days.map(|day| (text_of(day), day as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [DatePart; 5] = [
        DatePart::Days,
        DatePart::Year,
        DatePart::Month,
        DatePart::Day,
        DatePart::Weekday,
    ];

    #[test]
    fn every_day_of_six_centuries_has_its_parts() {
        for day in days_from_civil(1600, 1, 1)..days_from_civil(2200, 1, 1) {
            let found = parts(&mut Plain, &(day as f32), &ALL).unwrap();
            let text = text_of(day);
            let written = format!("{:04}-{:02}-{:02}", found[1], found[2], found[3]);
            assert_eq!(written, text);
            assert_eq!(
                found[4].to_bits(),
                ((day + 3).rem_euclid(7) as f32).to_bits(),
                "{text}"
            );
            assert_eq!(days_of(&text), Some(day));
        }
    }

    #[test]
    fn known_days_and_no_days() {
        assert_eq!(days_of("1970-01-01"), Some(0));
        assert_eq!(days_of("2000-02-29"), Some(11_016));
        assert_eq!(days_of("2024-01-31"), Some(19_753));
        for none in [
            "2023-02-29",
            "2024-13-01",
            "2024-1-31",
            "31.01.2024",
            "2024-01-31T00",
            "",
        ] {
            assert_eq!(days_of(none), None, "{none}");
        }
        let found = parts(&mut Plain, &f32::NAN, &ALL).unwrap();
        assert!(found.iter().all(|part| part.is_nan()));
        assert_eq!(days_of_years(2023, 2024).count(), 731);
    }
}
