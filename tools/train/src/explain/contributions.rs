//! What features add to the scores of rows, in the mean of its size.

use yard_boost::Objective;
use yard_contract::{
    ContributionMethod, ContributionScale, Finite, MeanContribution, MeanContributions,
};
use yard_table::Table;

use super::finite;
use crate::error::TrainError;
use crate::native::{Contributions, Native};
use crate::target::Target;

/// Rows that are enough: the mean of a size settles soon, and a deep forest takes its time.
const ROWS: usize = 1_000;
/// How far a row's contributions may add up beside its score, in units of the largest of 1, the score
/// and the parts of the sum: parts that cancel leave their own rounding.
const TOLERANCE: f64 = 1e-5;

/// The mean sizes of the features' contributions.
///
/// # Panics
/// Where a row's contributions do not add up to its score: they explain another model then, which is
/// a defect of ours, and no card must show them.
pub(super) fn mean(
    native: &Native,
    table: &Table,
    target: &Target,
) -> Result<MeanContributions, TrainError> {
    let step = table.rows().div_ceil(ROWS).max(1);
    let rows: Vec<usize> = (0..table.rows()).step_by(step).collect();
    let table = table.take(&rows);
    let found = native.contributions(&table)?;
    let gap = largest_gap(&found, &native.scores(&table)?);
    assert!(
        gap <= TOLERANCE,
        "contributions add up {gap:e} beside their scores"
    );
    let (outputs, width) = (found.outputs, found.features.len());
    let mut sums = vec![0.0; outputs * width];
    for row in found.values.chunks(outputs * width) {
        sums.iter_mut()
            .zip(row)
            .for_each(|(sum, value)| *sum += value.abs());
    }
    let size = |sum: f64| finite(sum / rows.len() as f64, "contribution");
    let mut features = Vec::with_capacity(width);
    for (place, feature) in found.features.iter().enumerate() {
        let of_outputs = (0..outputs).map(|output| size(sums[output * width + place]));
        features.push(MeanContribution {
            feature: feature.clone(),
            mean_absolute: of_outputs.collect::<Result<Vec<Finite>, _>>()?,
        });
    }
    features.sort_by(|a, b| total(b).total_cmp(&total(a)));
    let expected = found.expected.iter();
    Ok(MeanContributions {
        method: match native {
            Native::Boosted(_) | Native::Bagged(_) => ContributionMethod::TreeShap,
            Native::Linear(_) => ContributionMethod::Linear,
        },
        scale: scale(native, target),
        rows: rows.len() as u64,
        expected: expected
            .map(|score| finite(*score, "expected score"))
            .collect::<Result<Vec<Finite>, _>>()?,
        features,
        largest_gap: finite(gap, "gap")?,
    })
}

/// All of an answer's numbers together.
fn total(feature: &MeanContribution) -> f64 {
    feature.mean_absolute.iter().map(|mean| mean.get()).sum()
}

/// How far the sums lie beside the scores at most; infinite where one is no number.
fn largest_gap(found: &Contributions, scores: &[f64]) -> f64 {
    let width = found.features.len();
    if width == 0 || found.values.len() != scores.len() * width {
        return if scores.is_empty() {
            0.0
        } else {
            f64::INFINITY
        };
    }
    let expected = found.expected.iter().cycle();
    let of_rows = found.values.chunks(width).zip(expected).zip(scores);
    let gaps = of_rows.map(|((own, expected), score)| {
        let sum = expected + own.iter().sum::<f64>();
        let parts = own
            .iter()
            .fold(expected.abs(), |most, part| most.max(part.abs()));
        let gap = (sum - score).abs() / score.abs().max(parts).max(1.0);
        if gap.is_nan() { f64::INFINITY } else { gap }
    });
    gaps.fold(0.0, f64::max)
}

fn scale(native: &Native, target: &Target) -> ContributionScale {
    let is_poisson = matches!(native, Native::Boosted(forest)
        if forest.ensemble.objective() == Objective::Poisson);
    match (target, native) {
        (Target::Regression(_), _) if is_poisson => ContributionScale::LogValue,
        (Target::Regression(_), _) => ContributionScale::Value,
        (_, Native::Bagged(_)) => ContributionScale::Probability,
        (Target::Binary { .. }, _) => ContributionScale::LogOdds,
        (Target::Multiclass { .. }, _) => ContributionScale::ClassScores,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_beside_its_score_is_seen() {
        let found = |values: &[f64]| Contributions {
            features: vec!["a".to_owned(), "b".to_owned()],
            outputs: 1,
            values: values.to_vec(),
            expected: vec![0.5],
        };
        assert!(largest_gap(&found(&[1.0, 2.0, 0.0, 0.0]), &[3.5, 0.5]) <= 0.0);
        assert!((largest_gap(&found(&[1.0, 2.0]), &[7.0]) - 0.5).abs() < 1e-12);
        assert!(largest_gap(&found(&[f64::NAN, 2.0]), &[7.0]).is_infinite());
        assert!(largest_gap(&found(&[1.0, 2.0]), &[7.0, 8.0]).is_infinite());
    }
}
