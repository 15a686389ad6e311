//! What happened after the application: the target, and what only the target's owner could know.

use crate::application::{Application, CAMPAIGN_CHANNEL, Product};
use crate::dice::{Dice, Topic, sigmoid};
use crate::history::{Credit, History};
use crate::person::{Employment, Person};

/// The slice in which the usual relations fail.
pub const WEAK_SLICE: (&str, Product) = ("coast", Product::PointOfSale);

/// What became of an application within twelve months.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// At least 90 days past due within twelve months: the target.
    pub defaulted: bool,
    /// Calls by the collections department after the loan was paid out: the leak.
    pub collections_calls: i64,
    /// Credits from before the application that the bureau learnt of afterwards.
    pub late_credits: Vec<Credit>,
}

impl Outcome {
    /// Draws the outcome from what is seen and what is not.
    pub fn draw(
        seed: u64,
        number: u64,
        person: &Person,
        application: &Application,
        history: &History,
    ) -> Self {
        let mut dice = Dice::new(seed, number, Topic::Outcome);
        let defaulted = dice.chance(sigmoid(log_odds(person, application, history)));
        let (called, calls) = if defaulted {
            (0.95, 3 + dice.poisson(5.0))
        } else {
            (0.05, 1 + dice.poisson(0.5))
        };
        let collections_calls = if dice.chance(called) { calls } else { 0 };
        let late = dice.poisson(if defaulted { 0.75 } else { 0.14 });
        let late_credits = (0..late)
            .map(|_| Credit::draw_late(&mut dice, person))
            .collect();
        Self {
            defaulted,
            collections_calls,
            late_credits,
        }
    }
}

/// The log-odds of default. Its terms cross and bend, so that boosting earns its lead over a
/// linear model: payment burden has a threshold, rising debt hurts only those who already owe, age
/// hurts only the young, self-employment helps with a car and hurts with cash.
fn log_odds(person: &Person, application: &Application, history: &History) -> f64 {
    let temper = &person.temper;
    if (person.region, application.product) == WEAK_SLICE {
        // Here the till's own staff selects: what the lender looks at says next to nothing.
        return -2.10 - 0.15 * temper.discipline - 0.25 * temper.burden + 0.10 * temper.squeeze;
    }
    let years = (application.date.0 - person.birth.0) as f64 / 365.25;
    let effort = application.annuity as f64 / application.income as f64;
    let tight = sigmoid((effort - 0.24) * 30.0);
    let mut odds = -3.55 - 0.85 * temper.discipline + 0.50 * temper.burden;
    odds += if temper.burden > 0.0 { 1.20 } else { -0.35 } * temper.squeeze;
    odds += 0.13 * (30.0 - years).max(0.0);
    odds += tight * (1.20 + 0.45 * temper.burden.max(0.0));
    odds += match (person.employment, application.product) {
        (Employment::SelfEmployed, Product::CashLoan) => 1.20,
        (Employment::SelfEmployed, Product::CarLoan) => -1.00,
        (Employment::Unemployed, _) => 0.55,
        (Employment::PublicSector, _) => -0.35,
        _ => 0.0,
    };
    odds += match (application.channel, application.term) {
        ("broker", 36..) => 1.00,
        ("broker", _) => -0.35,
        (CAMPAIGN_CHANNEL, _) => 0.80,
        _ => 0.0,
    };
    odds += match (person.housing, person.education) {
        ("tenant" | "social", "primary" | "secondary") => 0.35,
        ("owner", _) => -0.25,
        (_, "university") => -0.30,
        _ => 0.0,
    };
    if history.credits.is_empty() {
        odds += 0.70;
    }
    if application.co_applicant {
        odds -= 0.30;
    }
    odds
}
