//! What the model leans on, and how its answers follow its features.

use serde::Serialize;
use yard_contract::{
    AnswerRange, Dependence, DependencePoint, ExplainedSide, Explanation, Finite, Scalar, Spread,
};

use crate::metric::{self, Metric};
use crate::pictures;

/// The most features that a card shows; `explanation.json` has all of them.
const SHOWN: usize = 15;

/// An explanation, put in order for the card.
#[derive(Serialize)]
pub(crate) struct Explained {
    /// Whether the rows were held out from the fit.
    held_out: bool,
    rows: u64,
    all: u64,
    seed: u64,
    repeats: u32,
    loss: Metric,
    loss_before: Finite,
    /// Decimals of what shuffles cost.
    loss_decimals: usize,
    /// Absent where these rows leave it undefined.
    score: Option<Score>,
    features: Vec<Row>,
    more: usize,
    contributions: Option<Contributions>,
    no_contributions: Option<String>,
    /// Whether an answer has a number for each class.
    several: bool,
    curves: Vec<Curve>,
}

#[derive(Serialize)]
struct Score {
    metric: Metric,
    before: Finite,
    decimals: usize,
}

/// One feature.
#[derive(Serialize)]
struct Row {
    name: String,
    loss: Spread,
    score: Option<Spread>,
    contribution: Option<f64>,
}

#[derive(Serialize)]
struct Contributions {
    scale: &'static str,
    rows: u64,
    decimals: usize,
    largest_gap: Finite,
}

/// Where a curve is lowest, and where highest.
#[derive(Serialize)]
struct Curve {
    feature: String,
    class: String,
    lowest: End,
    highest: End,
}

#[derive(Serialize)]
struct End {
    mean: Finite,
    text: Option<String>,
    number: Option<Finite>,
}

pub(crate) fn of(explanation: &Explanation) -> Explained {
    let shuffled = &explanation.permutation;
    let contributions = explanation.contributions.as_ref();
    let total = |name: &str| {
        let mut of = contributions?.features.iter();
        Some(pictures::total(of.find(|feature| feature.feature == name)?))
    };
    let rows = shuffled.features.iter().take(SHOWN).map(|feature| Row {
        name: feature.feature.clone(),
        loss: feature.loss,
        score: feature.score,
        contribution: total(&feature.feature),
    });
    let curves = explanation.dependence.iter().flat_map(|dependence| {
        let classes = explanation.answers.iter().enumerate();
        classes.filter_map(|(place, class)| curve(dependence, place, class))
    });
    let costs = shuffled.features.iter().filter_map(|it| it.score);
    Explained {
        held_out: explanation.rows.side == ExplainedSide::HeldOut,
        rows: explanation.rows.used,
        all: explanation.rows.all,
        seed: explanation.seed,
        repeats: shuffled.repeats,
        loss: metric::of(&shuffled.loss),
        loss_before: shuffled.loss_before,
        loss_decimals: decimals(shuffled.features.iter().map(|it| it.loss.mean.get())),
        score: shuffled.score_before.map(|before| Score {
            metric: metric::of(&shuffled.score),
            before,
            decimals: decimals(costs.map(|cost| cost.mean.get())),
        }),
        features: rows.collect(),
        more: shuffled.features.len().saturating_sub(SHOWN)
            + usize::try_from(shuffled.left_out).unwrap_or(0),
        contributions: contributions.map(|it| Contributions {
            scale: it.scale.words(),
            rows: it.rows,
            decimals: decimals(it.features.iter().map(pictures::total)),
            largest_gap: it.largest_gap,
        }),
        no_contributions: explanation.no_contributions.clone(),
        several: explanation.answers.len() > 1,
        curves: curves.collect(),
    }
}

/// The decimals that give the largest of some values three significant digits.
fn decimals(values: impl Iterator<Item = f64>) -> usize {
    let largest = values.map(f64::abs).fold(0.0, f64::max);
    let enough = |decimals: &i32| largest * 10_f64.powi(*decimals) >= 100.0;
    let found = (0..=8).find(enough).filter(|_| largest > 0.0);
    usize::try_from(found.unwrap_or(4)).unwrap_or(4)
}

fn curve(dependence: &Dependence, place: usize, class: &str) -> Option<Curve> {
    let ends = |point: &'_ DependencePoint| -> Option<(AnswerRange, Scalar)> {
        Some((*point.answers.get(place)?, point.value.clone()))
    };
    let points: Vec<(AnswerRange, Scalar)> = dependence.points.iter().filter_map(ends).collect();
    // Of equal ones the first, whichever way.
    let pick = |is_better: fn(Finite, Finite) -> bool| {
        let mut points = points.iter();
        let first = points.next()?;
        let best = points.fold(first, |best, next| {
            if is_better(next.0.mean, best.0.mean) {
                next
            } else {
                best
            }
        });
        Some(end(best))
    };
    Some(Curve {
        feature: dependence.feature.clone(),
        class: class.to_owned(),
        lowest: pick(|next, best| next < best)?,
        highest: pick(|next, best| next > best)?,
    })
}

fn end((answer, cell): &(AnswerRange, Scalar)) -> End {
    End {
        mean: answer.mean,
        text: match cell {
            Scalar::Text(text) => Some(text.clone()),
            _ => None,
        },
        number: match cell {
            Scalar::Number(value) => Some(*value),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_has_three_digits() {
        let of = |values: &[f64]| decimals(values.iter().copied());
        assert_eq!(of(&[0.0176, -0.001]), 4);
        assert_eq!(of(&[0.1, 2.5]), 2);
        assert_eq!(of(&[141.0]), 0);
        assert_eq!(of(&[0.0, 0.0]), 4);
        assert_eq!(of(&[]), 4);
        assert_eq!(of(&[1e-30]), 4);
    }
}
