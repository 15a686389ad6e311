//! The past of an applicant: credits elsewhere, loans with us, how they were paid.
//!
//! All offsets are days relative to the application: -30 is a month before it, 5 is five days after.

use crate::application::{Application, Product};
use crate::dice::{Dice, Topic, nearest, sigmoid};
use crate::person::Person;

/// A credit at another lender, as the bureau has it.
#[derive(Clone, Debug)]
pub struct Credit {
    /// Kind of credit.
    pub kind: &'static str,
    /// Day of the contract.
    pub opened: i64,
    /// Day the bureau learnt of this row; positive where that was after the application.
    pub reported: i64,
    /// `active`, `closed` or `written_off`.
    pub status: &'static str,
    /// Amount or limit granted.
    pub limit: i64,
    /// Still owed.
    pub debt: i64,
    /// Days that the oldest unpaid bill is overdue.
    pub days_overdue: i64,
    /// Amount overdue.
    pub overdue: i64,
    /// Month-end states of an active credit, newest first.
    pub snapshots: Vec<Snapshot>,
}

/// The state of a credit at the end of one month.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Day of the state.
    pub day: i64,
    /// Day the bureau learnt it.
    pub reported: i64,
    /// Amount owed.
    pub balance: i64,
    /// Days past due.
    pub days_past_due: i64,
}

/// An earlier application with us and what became of it.
#[derive(Clone, Debug)]
pub struct Loan {
    /// The product.
    pub product: Product,
    /// Day of our decision.
    pub decided: i64,
    /// `approved`, `refused` or `cancelled`.
    pub status: &'static str,
    /// Amount asked for.
    pub requested: i64,
    /// Amount granted; none unless approved.
    pub granted: Option<i64>,
    /// Months to pay it back.
    pub term: i64,
    /// The last dozen instalments due before the application, oldest first.
    pub instalments: Vec<Instalment>,
}

/// One instalment of a loan with us.
#[derive(Clone, Debug)]
pub struct Instalment {
    /// Number within the loan, from 1.
    pub number: i64,
    /// Day due, always negative.
    pub due: i64,
    /// Day paid; positive where it came after the application, none where it never came.
    pub paid: Option<i64>,
    /// Amount due.
    pub amount_due: i64,
    /// Amount paid.
    pub amount_paid: i64,
}

/// Everything that happened before an application.
#[derive(Clone, Debug)]
pub struct History {
    /// Credits at other lenders; none at all is a thin file.
    pub credits: Vec<Credit>,
    /// Earlier applications with us.
    pub loans: Vec<Loan>,
}

impl History {
    /// The past of `person` as of `application`.
    pub fn draw(seed: u64, number: u64, person: &Person, application: &Application) -> Self {
        let mut dice = Dice::new(seed, number, Topic::History);
        let temper = &person.temper;
        let age = application.date.0 - person.birth.0;
        let thin = sigmoid(-1.9 + (11_000.0 - age as f64).max(0.0) / 1_500.0);
        let credits = if dice.chance(thin) {
            0
        } else {
            1 + dice.poisson(1.9 * libm::exp(0.18 * temper.burden)).min(11)
        };
        let loans = if dice.chance(0.38) {
            0
        } else {
            1 + dice.poisson(0.8).min(4)
        };
        Self {
            credits: (0..credits)
                .map(|_| Credit::draw(&mut dice, person, age))
                .collect(),
            loans: (0..loans).map(|_| Loan::draw(&mut dice, person)).collect(),
        }
    }
}

impl Credit {
    fn draw(dice: &mut Dice, person: &Person, age: i64) -> Self {
        let temper = &person.temper;
        let oldest = (age - 6_600).clamp(120, 4_000);
        let opened = -30 - dice.below(oldest - 30);
        let recent = (1_200.0 + opened as f64) / 600.0;
        let active = dice.chance(sigmoid(
            0.2 + 0.35 * temper.burden + 0.7 * recent.clamp(-2.0, 2.0),
        ));
        let mut credit = Self::blank(dice, opened);
        if active {
            credit.reported = (-1 - dice.below(40)).max(opened + 1);
            credit.live(dice, person);
        } else {
            credit.reported = (opened + 90 + dice.below(700))
                .min(-2 - dice.below(20))
                .max(opened + 1);
            if dice.chance(sigmoid(-4.0 - 1.0 * temper.discipline)) {
                credit.status = "written_off";
                credit.debt = nearest(credit.limit as f64 * (0.2 + 0.6 * dice.uniform()), 1);
                credit.days_overdue = 180 + dice.below(900);
                credit.overdue = credit.debt;
            }
        }
        credit
    }

    /// A credit taken shortly before the application that the bureau learnt of only afterwards.
    /// Those who went on to default hid more of them: see [`crate::outcome`].
    pub fn draw_late(dice: &mut Dice, person: &Person) -> Self {
        let opened = -10 - dice.below(170);
        let mut credit = Self::blank(dice, opened);
        credit.reported = 1 + dice.below(120);
        credit.live(dice, person);
        for snapshot in &mut credit.snapshots {
            snapshot.reported = credit.reported;
        }
        credit
    }

    fn blank(dice: &mut Dice, opened: i64) -> Self {
        let (kind, median) = dice.pick(&[
            (("card", 1_900.0), 40),
            (("cash", 4_200.0), 38),
            (("car", 12_000.0), 14),
            (("mortgage", 95_000.0), 8),
        ]);
        let limit = nearest(median * libm::exp(0.5 * dice.normal()), 50).max(200);
        Self {
            kind,
            opened,
            reported: opened,
            status: "closed",
            limit,
            debt: 0,
            days_overdue: 0,
            overdue: 0,
            snapshots: Vec::new(),
        }
    }

    /// Gives an open credit its state and the months that led to it.
    fn live(&mut self, dice: &mut Dice, person: &Person) {
        let temper = &person.temper;
        self.status = "active";
        let level = -0.5 + 0.95 * temper.burden + 0.5 * dice.normal();
        let slope = 0.50 * temper.squeeze;
        let slip = sigmoid(-3.3 - 1.05 * temper.discipline + 0.25 * temper.burden);
        let phase = 1 + dice.below(28);
        let mut past_due = 0;
        let mut months = Vec::with_capacity(12);
        for back in (0..12).rev() {
            let day = -(30 * back + phase);
            if day <= self.opened {
                continue;
            }
            let usage = sigmoid(level + slope * (5.0 - back as f64) / 2.5 + 0.25 * dice.normal());
            past_due = match past_due {
                0 if dice.chance(slip) => 1 + dice.below(29),
                0 => 0,
                late if dice.chance(0.45) => (late + 30).min(180),
                _ => 0,
            };
            months.push(Snapshot {
                day,
                reported: day + 1 + dice.below(8),
                balance: nearest(self.limit as f64 * usage, 1),
                days_past_due: past_due,
            });
        }
        months.reverse();
        self.snapshots = months;
        self.debt = self
            .snapshots
            .first()
            .map_or(self.limit / 2, |newest| newest.balance);
        self.days_overdue = past_due;
        self.overdue = if past_due > 0 {
            (self.debt / 10).max(1)
        } else {
            0
        };
    }
}

impl Loan {
    fn draw(dice: &mut Dice, person: &Person) -> Self {
        let temper = &person.temper;
        let product = dice.pick(&[
            (Product::CashLoan, 40),
            (Product::CreditCard, 15),
            (Product::PointOfSale, 38),
            (Product::CarLoan, 7),
        ]);
        let decided = -60 - dice.below(2_200);
        let requested = nearest(
            product.median_amount() * libm::exp(0.45 * dice.normal()),
            50,
        )
        .max(200);
        let term = product.draw_term(dice);
        let refused = sigmoid(-1.5 - 0.55 * temper.discipline + 0.45 * temper.burden);
        let status = if dice.chance(refused) {
            "refused"
        } else if dice.chance(0.09) {
            "cancelled"
        } else {
            "approved"
        };
        let granted = (status == "approved").then_some(requested);
        let instalments = granted.map_or_else(Vec::new, |amount| {
            let due = product.annuity(amount, term);
            let before = (-1 - decided) / 30;
            let last = term.min(before);
            (1.max(last - 11)..=last)
                .map(|number| Instalment::draw(dice, person, number, decided + 30 * number, due))
                .collect()
        });
        Self {
            product,
            decided,
            status,
            requested,
            granted,
            term,
            instalments,
        }
    }
}

impl Instalment {
    fn draw(dice: &mut Dice, person: &Person, number: i64, due: i64, amount_due: i64) -> Self {
        let temper = &person.temper;
        let late = sigmoid(-2.2 - 0.95 * temper.discipline);
        let short = sigmoid(-3.6 - 0.5 * temper.discipline + 0.6 * temper.burden);
        if !dice.chance(late) {
            let amount_paid = if dice.chance(short) {
                amount_due * (3 + dice.below(6)) / 10
            } else {
                amount_due
            };
            return Self {
                number,
                due,
                paid: Some(due - dice.below(6)),
                amount_due,
                amount_paid,
            };
        }
        if dice.chance(0.04) {
            return Self {
                number,
                due,
                paid: None,
                amount_due,
                amount_paid: 0,
            };
        }
        let delay = 1 + nearest(-14.0 * libm::log(1.0 - dice.uniform()), 1).min(150);
        Self {
            number,
            due,
            paid: Some(due + delay),
            amount_due,
            amount_paid: amount_due,
        }
    }
}
