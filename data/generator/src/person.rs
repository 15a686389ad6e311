//! Who applies: what the lender sees of a person, and what it never sees.

use crate::calendar::Day;
use crate::dice::{Dice, Topic, nearest, sigmoid};

/// How a person earns a living.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Employment {
    /// Employed by a company.
    Salaried,
    /// Employed by the state.
    PublicSector,
    /// Own business.
    SelfEmployed,
    /// Retired.
    Pensioner,
    /// In education.
    Student,
    /// Without work.
    Unemployed,
}

impl Employment {
    /// The name in the tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Salaried => "salaried",
            Self::PublicSector => "public_sector",
            Self::SelfEmployed => "self_employed",
            Self::Pensioner => "pensioner",
            Self::Student => "student",
            Self::Unemployed => "unemployed",
        }
    }

    const fn has_employer(self) -> bool {
        matches!(
            self,
            Self::Salaried | Self::PublicSector | Self::SelfEmployed
        )
    }
}

/// What drives behaviour and outcome and is in no table: each standard normal.
#[derive(Clone, Copy, Debug)]
pub struct Temper {
    /// Pays on time.
    pub discipline: f64,
    /// Owes much for what is earned.
    pub burden: f64,
    /// Has lived on credit more and more in the last months.
    pub squeeze: f64,
}

/// A person, as of 2024-01-01.
#[derive(Clone, Debug)]
pub struct Person {
    /// Day of birth.
    pub birth: Day,
    /// Where the person lives.
    pub region: &'static str,
    /// Highest completed education.
    pub education: &'static str,
    /// How the person earns a living.
    pub employment: Employment,
    /// First day of the current job; none without one.
    pub employed_since: Option<Day>,
    /// How the person lives.
    pub housing: &'static str,
    /// First day at the current address.
    pub address_since: Day,
    /// People the person provides for.
    pub dependants: i64,
    /// Net income a month, in whole currency units.
    pub income: i64,
    /// What nobody sees.
    pub temper: Temper,
}

const REGIONS: [(&str, i64); 6] = [
    ("capital", 24),
    ("north", 18),
    ("coast", 17),
    ("east", 16),
    ("west", 14),
    ("south", 11),
];

impl Person {
    /// The applicant of that number.
    pub fn draw(seed: u64, number: u64) -> Self {
        let mut dice = Dice::new(seed, number, Topic::Person);
        let temper = Temper {
            discipline: dice.normal(),
            burden: dice.normal(),
            squeeze: dice.normal(),
        };
        let base = Day::of(2024, 1, 1);
        // A sum of two uniforms: most applicants are between 25 and 55.
        let age = 7_000 + dice.below(10_500) + dice.below(8_500);
        let region = dice.pick(&REGIONS);
        let education = dice.pick(&[
            ("primary", 9),
            ("secondary", 42),
            ("vocational", 27),
            ("university", 22),
        ]);
        let employment = Self::draw_employment(&mut dice, age);
        let tenure =
            nearest(1_400.0 * libm::exp(0.9 * dice.normal()), 1).clamp(30, (age - 6_400).max(31));
        let address = nearest(2_200.0 * libm::exp(0.8 * dice.normal()), 1).clamp(10, age);
        let housing = if age < 9_500 {
            dice.pick(&[
                ("with_parents", 40),
                ("tenant", 48),
                ("mortgage", 6),
                ("owner", 3),
                ("social", 3),
            ])
        } else {
            dice.pick(&[
                ("with_parents", 3),
                ("tenant", 34),
                ("mortgage", 27),
                ("owner", 30),
                ("social", 6),
            ])
        };
        let dependants = if age < 8_500 {
            dice.below(2)
        } else {
            dice.poisson(0.9).min(6)
        };
        let median = match employment {
            Employment::Salaried => 2_300.0,
            Employment::PublicSector => 2_150.0,
            Employment::SelfEmployed => 2_600.0,
            Employment::Pensioner => 1_350.0,
            Employment::Student => 800.0,
            Employment::Unemployed => 900.0,
        };
        let schooling = match education {
            "university" => 0.32,
            "vocational" => 0.08,
            "primary" => -0.18,
            _ => 0.0,
        };
        let shape = schooling - 0.10 * temper.burden + 0.36 * dice.normal();
        Self {
            birth: Day(base.0 - age),
            region,
            education,
            employment,
            employed_since: employment.has_employer().then_some(Day(base.0 - tenure)),
            housing,
            address_since: Day(base.0 - address),
            dependants,
            income: nearest(median * libm::exp(shape), 10).max(300),
            temper,
        }
    }

    fn draw_employment(dice: &mut Dice, age: i64) -> Employment {
        let retired = sigmoid((age as f64 - 23_000.0) / 500.0);
        if dice.chance(retired) {
            return Employment::Pensioner;
        }
        let student = if age < 9_500 { 16 } else { 0 };
        dice.pick(&[
            (Employment::Salaried, 58),
            (Employment::PublicSector, 15),
            (Employment::SelfEmployed, 17),
            (Employment::Unemployed, 6),
            (Employment::Student, student),
        ])
    }
}
