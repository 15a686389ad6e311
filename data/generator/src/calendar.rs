//! Days and months of the proleptic Gregorian calendar: no clock, no time zone.

use std::fmt;

/// A day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

/// A calendar month, counted from year 0 (`year * 12 + month - 1`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(pub i64);

impl Day {
    /// The day of a date; `month` and `day` count from 1.
    ///
    /// Years are taken from March on, so that the leap day is a year's last; 719,468 is the day
    /// number of 0000-03-01 before 1970-01-01.
    pub const fn of(year: i64, month: i64, day: i64) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let since_march = (month + 9) % 12;
        let days = (153 * since_march + 2) / 5 + day - 1;
        Self(year * 365 + year / 4 - year / 100 + year / 400 + days - 719_468)
    }

    /// The month that the day lies in.
    pub const fn month(self) -> Month {
        // A first guess from the mean length of a month is never late by more than one.
        let mut month = Month((self.0 + 719_528) * 4_800 / 146_097);
        while month.first().0 > self.0 {
            month = Month(month.0 - 1);
        }
        while Month(month.0 + 1).first().0 <= self.0 {
            month = Month(month.0 + 1);
        }
        month
    }
}

impl Month {
    /// The month of a year; `month` counts from 1.
    pub const fn of(year: i64, month: i64) -> Self {
        Self(year * 12 + month - 1)
    }

    /// The month's first day.
    pub const fn first(self) -> Day {
        Day::of(self.0 / 12, self.0 % 12 + 1, 1)
    }

    /// How many days the month has.
    pub const fn days(self) -> i64 {
        Self(self.0 + 1).first().0 - self.first().0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let month = self.month();
        write!(f, "{month}-{:02}", self.0 - month.first().0 + 1)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0 / 12, self.0 % 12 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates() {
        assert_eq!(Day::of(1970, 1, 1), Day(0));
        assert_eq!(Day::of(2000, 3, 1), Day(11_017));
        assert_eq!(Day::of(2024, 2, 29).to_string(), "2024-02-29");
        assert_eq!(Month::of(2024, 2).days(), 29);
        assert_eq!(Month::of(2025, 2).days(), 28);
        assert_eq!(Day::of(2025, 12, 31).month(), Month::of(2025, 12));
    }

    #[test]
    fn every_day_of_a_century_reads_back() {
        for day in Day::of(1930, 1, 1).0..Day::of(2030, 1, 1).0 {
            let month = Day(day).month();
            let of_month = day - month.first().0 + 1;
            assert_eq!(Day::of(month.0 / 12, month.0 % 12 + 1, of_month), Day(day));
            assert!((1..=month.days()).contains(&of_month));
        }
    }
}
