//! What a person asks for, when and through whom.

use crate::calendar::{Day, Month};
use crate::dice::{Dice, Topic, nearest, sigmoid};
use crate::person::Person;

/// The month in which the world changed for a while: a campaign through a partner's app.
pub const DRIFT_MONTH: Month = Month::of(2025, 9);
/// The channel that exists in [`DRIFT_MONTH`] only.
pub const CAMPAIGN_CHANNEL: &str = "partner_app";
/// First and last month of the applications with a known outcome.
pub const MONTHS: (Month, Month) = (Month::of(2024, 1), Month::of(2025, 12));
/// The month of the applications that wait for a score.
pub const FRESH_MONTH: Month = Month::of(2026, 1);

/// The product applied for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Cash for any purpose.
    CashLoan,
    /// A revolving card; the amount is its limit, the term the year until its renewal.
    CreditCard,
    /// Goods paid in instalments, agreed at the till.
    PointOfSale,
    /// A car as collateral.
    CarLoan,
}

impl Product {
    /// The name in the tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CashLoan => "cash_loan",
            Self::CreditCard => "credit_card",
            Self::PointOfSale => "point_of_sale",
            Self::CarLoan => "car_loan",
        }
    }

    /// Median amount, in whole currency units.
    pub const fn median_amount(self) -> f64 {
        match self {
            Self::CashLoan => 6_000.0,
            Self::CreditCard => 2_600.0,
            Self::PointOfSale => 1_300.0,
            Self::CarLoan => 15_500.0,
        }
    }

    /// A term in months that the lender offers.
    pub fn draw_term(self, dice: &mut Dice) -> i64 {
        match self {
            Self::CashLoan => dice.pick(&[(12, 2), (24, 4), (36, 4), (48, 2), (60, 2)]),
            Self::CreditCard => 12,
            Self::PointOfSale => dice.pick(&[(6, 3), (12, 5), (18, 2), (24, 2)]),
            Self::CarLoan => dice.pick(&[(36, 2), (48, 3), (60, 4), (72, 2), (84, 1)]),
        }
    }

    /// The monthly payment of an amount over a term: the annuity formula at the product's yearly
    /// rate; a twentieth of the limit for a card.
    pub fn annuity(self, amount: i64, months: i64) -> i64 {
        let yearly = match self {
            Self::CashLoan => 0.139,
            Self::CreditCard => return (amount / 20).max(1),
            Self::PointOfSale => 0.119,
            Self::CarLoan => 0.079,
        };
        let monthly = yearly / 12.0;
        let discounted = 1.0 - libm::pow(1.0 + monthly, -(months as f64));
        nearest(amount as f64 * monthly / discounted, 1).max(1)
    }
}

/// One application, as it stood on its day.
#[derive(Clone, Debug)]
pub struct Application {
    /// The application's id.
    pub id: i64,
    /// The applicant's id; a few appear twice.
    pub applicant: i64,
    /// The day that all offsets count from.
    pub date: Day,
    /// The product applied for.
    pub product: Product,
    /// Through whom.
    pub channel: &'static str,
    /// Amount or limit applied for.
    pub amount: i64,
    /// Months to pay it back.
    pub term: i64,
    /// What that costs a month.
    pub annuity: i64,
    /// Declared net income a month.
    pub income: i64,
    /// A second person signs.
    pub co_applicant: bool,
    /// An outside agency's score in thousandths, high is good; none where it did not answer.
    pub external_score: Option<i64>,
}

impl Application {
    /// The application of that number by `person`, in a month of its own or in the one given.
    pub fn draw(
        seed: u64,
        number: u64,
        ids: (i64, i64),
        person: &Person,
        month: Option<Month>,
    ) -> Self {
        let mut dice = Dice::new(seed, number, Topic::Application);
        let drawn = Month(MONTHS.0.0 + dice.below(MONTHS.1.0 - MONTHS.0.0 + 1));
        let month = month.unwrap_or(drawn);
        let date = Day(month.first().0 + dice.below(month.days()));
        let drifted = month == DRIFT_MONTH;
        let product = dice.pick(&[
            (Product::CashLoan, if drifted { 22 } else { 38 }),
            (Product::CreditCard, if drifted { 42 } else { 21 }),
            (Product::PointOfSale, 25),
            (Product::CarLoan, if drifted { 9 } else { 16 }),
        ]);
        let channel = dice.pick(&[
            ("web", if drifted { 27 } else { 40 }),
            ("branch", if drifted { 13 } else { 30 }),
            ("broker", if drifted { 11 } else { 18 }),
            ("phone", if drifted { 4 } else { 12 }),
            (CAMPAIGN_CHANNEL, if drifted { 45 } else { 0 }),
        ]);
        let temper = &person.temper;
        let size = 0.45 * dice.normal() + 0.15 * temper.burden;
        let amount = nearest(product.median_amount() * libm::exp(size), 50).clamp(200, 80_000);
        let term = product.draw_term(&mut dice);
        let wages = if drifted { -0.30 } else { 0.0 } + 0.05 * dice.normal();
        let opinion =
            sigmoid(0.45 * temper.discipline - 0.30 * temper.burden + 0.70 * dice.normal());
        // The agency answers less often about those who do badly: what is missing says something.
        let silence =
            sigmoid(-1.9 - 0.55 * temper.discipline + if channel == "branch" { 0.5 } else { 0.0 });
        Self {
            id: ids.0,
            applicant: ids.1,
            date,
            product,
            channel,
            amount,
            term,
            annuity: product.annuity(amount, term),
            income: nearest(person.income as f64 * libm::exp(wages), 10).max(200),
            co_applicant: dice.chance(0.17),
            external_score: (!dice.chance(silence)).then_some(nearest(1_000.0 * opinion, 1)),
        }
    }
}
