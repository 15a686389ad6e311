//! How the answers follow one feature, everything else staying as it is in the rows.
//!
//! Friedman, *Greedy function approximation: a gradient boosting machine* (2001), section 8.2, by brute
//! force: every row is asked about with every cell. Beside the mean, the spread of the rows' own curves.

use yard_contract::{
    AnswerRange, Dependence, DependencePoint, Feature, FeatureProfile, FeatureType, Scalar,
};
use yard_model::Answers;
use yard_table::{Categories, Column, Table};

use super::{Model, finite};
use crate::error::TrainError;

/// The most categories of a curve.
const CATEGORIES: usize = 12;

/// The curve of a feature; `None` where it has not two different cells to be asked with. The table is
/// as it was in the end.
pub(super) fn of(
    model: &Model<'_>,
    table: &mut Table,
    name: &str,
) -> Result<Option<Dependence>, TrainError> {
    let features = &model.predictor.signature().features;
    let feature = features.iter().find(|feature| feature.name == name);
    let profile = model.profile.features.iter().find(|own| own.name == name);
    let (Some(feature), Some(profile)) = (feature, profile) else {
        return Ok(None);
    };
    let cells = cells(feature, profile);
    let Some(own) = table.column(name).cloned().filter(|_| cells.len() > 1) else {
        return Ok(None);
    };
    let mut points = Vec::with_capacity(cells.len());
    for value in cells {
        table.replace(name, column(&value, feature.r#type, table.rows()));
        let answers = ranges(&model.predictor.predict(table)?)?;
        points.push(DependencePoint { value, answers });
    }
    table.replace(name, own);
    Ok(Some(Dependence {
        feature: name.to_owned(),
        points,
        left_out: profile.categories.len().saturating_sub(CATEGORIES) as u64,
    }))
}

/// The cells to ask with.
fn cells(feature: &Feature, profile: &FeatureProfile) -> Vec<Scalar> {
    let mut cells: Vec<Scalar> = match feature.r#type {
        FeatureType::Number => inner_quantiles(profile),
        FeatureType::Category => {
            let frequent = profile.categories.iter().take(CATEGORIES);
            frequent
                .map(|share| Scalar::from(share.value.as_str()))
                .collect()
        }
    };
    if feature.nullable {
        cells.push(Scalar::Null);
    }
    cells
}

/// The edges of a profile's bins. The outermost twentieth at either end is left out where three edges
/// stay: one outlier would stretch the axis over nothing.
fn inner_quantiles(profile: &FeatureProfile) -> Vec<Scalar> {
    let rows: u64 = profile.counts.iter().sum();
    let is_outermost = |count: Option<&u64>| count.is_some_and(|count| count * 20 <= rows);
    let (mut from, mut to) = (0, profile.edges.len());
    // A bin may hold one row more than its twentieth.
    if to > 3
        && is_outermost(
            profile
                .counts
                .last()
                .map(|count| count.saturating_sub(1))
                .as_ref(),
        )
    {
        to -= 1;
    }
    if to > 3
        && is_outermost(
            profile
                .counts
                .first()
                .map(|count| count.saturating_sub(1))
                .as_ref(),
        )
    {
        from += 1;
    }
    let edges = profile.edges[from..to].iter();
    edges.map(|edge| Scalar::Number(*edge)).collect()
}

/// The same cell in every row.
fn column(cell: &Scalar, kind: FeatureType, rows: usize) -> Column {
    match (kind, cell) {
        #[expect(clippy::cast_possible_truncation, reason = "edges come from cells")]
        (FeatureType::Number, Scalar::Number(value)) => {
            Column::Number(vec![value.get() as f32; rows])
        }
        (FeatureType::Number, _) => Column::Number(vec![f32::NAN; rows]),
        (FeatureType::Category, cell) => {
            let text = match cell {
                Scalar::Text(text) => text.clone(),
                _ => String::new(),
            };
            let same: Categories = std::iter::repeat_n(text, rows).collect();
            Column::Category(same)
        }
    }
}

/// How the rows' answers lie, one entry for each number of an answer.
fn ranges(answers: &Answers) -> Result<Vec<AnswerRange>, TrainError> {
    let range = |place: usize| {
        let mut values: Vec<f64> = answers.column(place).map(f64::from).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.sort_unstable_by(f64::total_cmp);
        Ok(AnswerRange {
            mean: finite(mean, "mean answer")?,
            low: finite(tenth(&values, 1), "answer")?,
            high: finite(tenth(&values, 9), "answer")?,
        })
    };
    (0..answers.width()).map(range).collect()
}

/// The value at so many tenths of sorted ones, interpolated between neighbours.
fn tenth(sorted: &[f64], tenths: usize) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let (place, rest) = (last * tenths / 10, last * tenths % 10);
    let (below, above) = (sorted[place], sorted[(place + 1).min(last)]);
    below + (above - below) * (rest as f64 / 10.0)
}

#[cfg(test)]
mod tests {
    use yard_contract::Finite;

    use super::*;

    fn edges(edges: &[f64], counts: &[u64]) -> Vec<f64> {
        let profile = FeatureProfile {
            name: "x".to_owned(),
            missing_share: Finite::ZERO,
            mean: None,
            sd: None,
            edges: edges.iter().filter_map(|edge| Finite::new(*edge)).collect(),
            counts: counts.to_vec(),
            categories: Vec::new(),
        };
        let cells = inner_quantiles(&profile);
        let number = |cell: &Scalar| match cell {
            Scalar::Number(value) => value.get(),
            other => panic!("{other:?}"),
        };
        cells.iter().map(number).collect()
    }

    #[test]
    fn outliers_do_not_stretch_the_axis_and_few_values_all_count() {
        let even: Vec<f64> = (0..=20).map(f64::from).collect();
        let inner = edges(&even, &[5; 20]);
        assert_eq!((inner.len(), inner[0], inner[18]), (19, 1.0, 19.0));
        assert_eq!(
            edges(&[0.0, 1.0, 2.0, 3.0], &[50, 25, 25]),
            [0.0, 1.0, 2.0, 3.0]
        );
        assert_eq!(edges(&[0.0, 7.0, 9e9], &[95, 5]), [0.0, 7.0, 9e9]);
        assert_eq!(edges(&[0.0, 7.0, 8.0, 9e9], &[90, 5, 5]), [0.0, 7.0, 8.0]);
        assert_eq!(edges(&[3.0], &[]), [3.0]);
        assert_eq!(edges(&[], &[]), [0.0; 0]);
    }

    #[test]
    fn tenths_are_numpys() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        assert!((tenth(&sorted, 1) - 1.3).abs() < 1e-12);
        assert!((tenth(&sorted, 9) - 6.8).abs() < 1e-12);
        assert!((tenth(&[5.0], 9) - 5.0).abs() < 1e-12);
    }
}
