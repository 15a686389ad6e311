//! What was known about an application on its day: the point-in-time aggregates.
//!
//! The rule is one: a row counts if it had been *reported* by day 0, and only with what was known
//! of it by then. A payment that came later is an unpaid instalment, late since its due day.

use crate::history::{Credit, Instalment, Loan, Snapshot};

/// Aggregates of the bureau's credits and their snapshots; none where the bureau knew nobody.
///
/// Shares are in thousandths, days are offsets (negative: before the application).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BureauView {
    /// Credits known.
    pub credits: i64,
    /// Of these, active.
    pub active: i64,
    /// Owed in all.
    pub debt: i64,
    /// Owed as a share of the limits of the active credits; none without an active one.
    pub debt_to_limit: Option<i64>,
    /// Longest time overdue or written off, in days.
    pub overdue_days_max: i64,
    /// Day of the newest contract.
    pub newest: i64,
    /// Day of the oldest contract.
    pub oldest: i64,
    /// Mean balance-to-limit share of the last 183 days.
    pub utilisation: Option<i64>,
    /// Mean share of the last 122 days minus the mean of the time before.
    pub utilisation_change: Option<i64>,
    /// Longest time past due in any snapshot.
    pub past_due_max: Option<i64>,
}

impl BureauView {
    /// The view on day 0.
    pub fn on_day_zero<'a>(credits: impl Iterator<Item = &'a Credit>) -> Option<Self> {
        let known: Vec<&Credit> = credits.filter(|credit| credit.reported <= 0).collect();
        let active: Vec<&&Credit> = known
            .iter()
            .filter(|credit| credit.status == "active")
            .collect();
        let limits: i64 = active.iter().map(|credit| credit.limit).sum();
        let owed: i64 = active.iter().map(|credit| credit.debt).sum();
        let months: Vec<(&Credit, &Snapshot)> = known
            .iter()
            .flat_map(|credit| {
                credit
                    .snapshots
                    .iter()
                    .map(move |snapshot| (*credit, snapshot))
            })
            .filter(|(_, snapshot)| snapshot.reported <= 0)
            .collect();
        let usage = |days: std::ops::Range<i64>| {
            mean(
                months
                    .iter()
                    .filter(|(_, snapshot)| days.contains(&-snapshot.day))
                    .map(|(credit, snapshot)| thousandths(snapshot.balance, credit.limit)),
            )
        };
        Some(Self {
            credits: count(&known),
            active: count(&active),
            debt: known.iter().map(|credit| credit.debt).sum(),
            debt_to_limit: (limits > 0).then(|| thousandths(owed, limits)),
            overdue_days_max: known.iter().map(|credit| credit.days_overdue).max()?,
            newest: known.iter().map(|credit| credit.opened).max()?,
            oldest: known.iter().map(|credit| credit.opened).min()?,
            utilisation: usage(0..184),
            utilisation_change: usage(0..123)
                .zip(usage(123..400))
                .map(|(now, before)| now - before),
            past_due_max: months
                .iter()
                .map(|(_, snapshot)| snapshot.days_past_due)
                .max(),
        })
    }
}

/// Aggregates of the loans with us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnView {
    /// Earlier applications with us.
    pub loans: i64,
    /// Share of them that we refused; none without one.
    pub refused_share: Option<i64>,
    /// Day of our last decision; none without one.
    pub last_decision: Option<i64>,
    /// Share of the instalments due that were paid late or not at all; none without an instalment.
    pub late_share: Option<i64>,
    /// Longest delay of an instalment, in days, as of day 0.
    pub days_late_max: Option<i64>,
    /// Share of the amounts due that had not been paid.
    pub unpaid_share: Option<i64>,
}

impl OwnView {
    /// The view on day 0.
    pub fn on_day_zero(loans: &[Loan]) -> Self {
        let refused = loans.iter().filter(|loan| loan.status == "refused").count();
        let instalments: Vec<&Instalment> =
            loans.iter().flat_map(|loan| &loan.instalments).collect();
        let any = (!instalments.is_empty()).then_some(());
        let late = instalments
            .iter()
            .filter(|instalment| delay(instalment) > 0)
            .count();
        let due: i64 = instalments
            .iter()
            .map(|instalment| instalment.amount_due)
            .sum();
        let paid: i64 = instalments
            .iter()
            .filter(|i| i.paid.is_some_and(|day| day <= 0))
            .map(|i| i.amount_paid)
            .sum();
        Self {
            loans: count(loans),
            refused_share: (!loans.is_empty()).then(|| thousandths(whole(refused), count(loans))),
            last_decision: loans.iter().map(|loan| loan.decided).max(),
            late_share: any.map(|()| thousandths(whole(late), count(&instalments))),
            days_late_max: instalments.iter().map(|instalment| delay(instalment)).max(),
            unpaid_share: any.map(|()| thousandths(due - paid, due)),
        }
    }
}

/// Days late as known on day 0, never negative.
fn delay(instalment: &Instalment) -> i64 {
    let settled = instalment.paid.map_or(0, |day| day.min(0));
    (settled - instalment.due).max(0)
}

/// `part` of `all` in thousandths, half a thousandth rounded up; `all` must be positive.
fn thousandths(part: i64, all: i64) -> i64 {
    (2_000 * part + all).div_euclid(2 * all)
}

fn mean(values: impl Iterator<Item = i64>) -> Option<i64> {
    let (sum, n) = values.fold((0, 0), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| (2 * sum + n).div_euclid(2 * n))
}

fn count<T>(rows: &[T]) -> i64 {
    whole(rows.len())
}

fn whole(n: usize) -> i64 {
    i64::try_from(n).expect("a person has fewer records than i64 counts")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::Product;

    fn credit(opened: i64, reported: i64, debt: i64) -> Credit {
        let snapshot = |day, lag, balance| Snapshot {
            day,
            reported: day + lag,
            balance,
            days_past_due: -day / 10,
        };
        Credit {
            kind: "card",
            opened,
            reported,
            status: "active",
            limit: 1_000,
            debt,
            days_overdue: 3,
            overdue: 1,
            snapshots: vec![
                snapshot(-2, 5, 999),
                snapshot(-40, 5, 600),
                snapshot(-130, 5, 200),
            ],
        }
    }

    #[test]
    fn a_credit_reported_after_the_day_is_unknown() {
        let rows = [credit(-400, -3, 300), credit(-20, 9, 5_000)];
        let view = BureauView::on_day_zero(rows.iter()).unwrap();
        assert_eq!((view.credits, view.debt, view.newest), (1, 300, -400));
        assert_eq!(BureauView::on_day_zero(rows[1..].iter()), None);
    }

    #[test]
    fn a_snapshot_reported_after_the_day_is_unknown() {
        let view = BureauView::on_day_zero([credit(-400, -3, 300)].iter()).unwrap();
        assert_eq!(view.utilisation, Some(400));
        assert_eq!(view.utilisation_change, Some(400));
        assert_eq!(view.past_due_max, Some(13));
    }

    #[test]
    fn a_payment_after_the_day_is_not_yet_made() {
        let paid = |number, due, paid| Instalment {
            number,
            due,
            paid,
            amount_due: 100,
            amount_paid: 100,
        };
        let loan = Loan {
            product: Product::CashLoan,
            decided: -100,
            status: "approved",
            requested: 300,
            granted: Some(300),
            term: 3,
            instalments: vec![
                paid(1, -70, Some(-71)),
                paid(2, -40, Some(-38)),
                paid(3, -10, Some(4)),
            ],
        };
        let view = OwnView::on_day_zero(&[loan]);
        assert_eq!(
            (view.late_share, view.days_late_max, view.unpaid_share),
            (Some(667), Some(10), Some(333))
        );
    }

    #[test]
    fn shares_round_half_up() {
        assert_eq!(thousandths(1, 3), 333);
        assert_eq!(thousandths(1, 2_000), 1);
        assert_eq!(mean([1, 2].into_iter()), Some(2));
        assert_eq!(mean(std::iter::empty()), None);
    }
}
