//! How the training rows are distributed: what drift is measured against later.

use yard_contract::{Answer, CategoryShare, FeatureProfile, Finite, Profile, Signature};
use yard_model::Answers;
use yard_table::{Categories, Column, Table};

use crate::data::Training;
use crate::target::Target;

/// Bins of a numeric column. Twenty equal shares are what a population-stability index is usually
/// taken over, at most.
const BINS: usize = 20;

/// The profile of the features and of the model's answers on the same rows.
pub(crate) fn of(training: &Training, signature: &Signature, answers: &Answers) -> Profile {
    Profile {
        rows: training.target.rows() as u64,
        target: target(&signature.target, &training.target),
        features: features(&training.table),
        scores: scores(signature, answers),
    }
}

/// The same from a table of features and one that holds the target.
pub(crate) fn assembled(
    table: &Table,
    target: &Table,
    signature: &Signature,
    answers: &Answers,
) -> Profile {
    let name = signature.target.as_str();
    Profile {
        rows: table.rows() as u64,
        target: target
            .column(name)
            .map_or_else(|| numbers(name, &[]), |values| column(name, values)),
        features: features(table),
        scores: scores(signature, answers),
    }
}

fn features(table: &Table) -> Vec<FeatureProfile> {
    let columns = table.columns();
    columns.map(|(name, values)| column(name, values)).collect()
}

fn column(name: &str, values: &Column) -> FeatureProfile {
    match values {
        Column::Number(values) => numbers(name, values),
        Column::Category(values) => categories(name, values),
    }
}

fn target(name: &str, target: &Target) -> FeatureProfile {
    match target {
        Target::Regression(values) => {
            #[expect(clippy::cast_possible_truncation, reason = "as models answer")]
            let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
            numbers(name, &values)
        }
        Target::Binary { .. } | Target::Multiclass { .. } => FeatureProfile {
            name: name.to_owned(),
            missing_share: Finite::ZERO,
            mean: None,
            sd: None,
            edges: Vec::new(),
            counts: Vec::new(),
            categories: target.shares(),
        },
    }
}

fn scores(signature: &Signature, answers: &Answers) -> Vec<FeatureProfile> {
    match &signature.answer {
        Answer::Multiclass(several) => {
            let classes = several.classes.iter().enumerate();
            let of_class = |(place, class): (usize, &String)| {
                numbers(class, &answers.column(place).collect::<Vec<f32>>())
            };
            classes.map(of_class).collect()
        }
        Answer::Binary(_) | Answer::Regression(_) => vec![numbers("score", answers.values())],
    }
}

fn numbers(name: &str, values: &[f32]) -> FeatureProfile {
    let mut present: Vec<f32> = values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    present.sort_unstable_by(f32::total_cmp);
    let count = present.len() as f64;
    let mean = present.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
    let squares = present
        .iter()
        .map(|value| (f64::from(*value) - mean) * (f64::from(*value) - mean));
    let sd = (squares.sum::<f64>() / (count - 1.0)).sqrt();
    let edges = edges(&present);
    let counts = counts(&present, &edges);
    FeatureProfile {
        name: name.to_owned(),
        missing_share: share(values.len() - present.len(), values.len()),
        mean: Finite::new(mean),
        sd: if present.len() > 1 {
            Finite::new(sd)
        } else {
            None
        },
        edges: edges
            .iter()
            .filter_map(|edge| Finite::new(f64::from(*edge)))
            .collect(),
        counts,
        categories: Vec::new(),
    }
}

/// The values at equal shares of the sorted rows, each once.
fn edges(sorted: &[f32]) -> Vec<f32> {
    let Some(last) = sorted.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut edges: Vec<f32> = (0..=BINS)
        .map(|bin| sorted[last * bin / BINS] + 0.0)
        .collect();
    edges.dedup_by(|a, b| a.to_bits() == b.to_bits());
    edges
}

/// Sorted rows per bin; a bin holds its right edge, and the first its left edge too.
fn counts(sorted: &[f32], edges: &[f32]) -> Vec<u64> {
    let mut from = 0;
    let ends = edges
        .iter()
        .skip(1)
        .map(|edge| sorted.partition_point(|value| value <= edge));
    let counts = ends.map(|end| {
        let count = end - from;
        from = end;
        count as u64
    });
    counts.collect()
}

fn categories(name: &str, column: &Categories) -> FeatureProfile {
    let mut counts = vec![0_u64; column.levels.len()];
    for &code in &column.codes {
        counts[code as usize] += 1;
    }
    let rows = column.codes.len();
    let found = column
        .levels
        .iter()
        .zip(&counts)
        .filter(|(_, count)| **count > 0);
    let (missing, present): (Vec<_>, Vec<_>) = found.partition(|(level, _)| level.is_empty());
    let mut categories: Vec<CategoryShare> = present
        .into_iter()
        .map(|(level, count)| CategoryShare {
            value: level.clone(),
            count: *count,
        })
        .collect();
    categories.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    let missing = missing.first().map_or(0, |(_, count)| **count);
    FeatureProfile {
        name: name.to_owned(),
        missing_share: share(usize::try_from(missing).unwrap_or(rows), rows),
        mean: None,
        sd: None,
        edges: Vec::new(),
        counts: Vec::new(),
        categories,
    }
}

fn share(part: usize, whole: usize) -> Finite {
    Finite::new(part as f64 / whole as f64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_hold_equal_shares_and_every_present_row_once() {
        let values: Vec<f32> = (0..200_u16).map(f32::from).chain([f32::NAN; 50]).collect();
        let profile = numbers("x", &values);
        assert_eq!(profile.counts.len(), BINS);
        assert_eq!(profile.counts.iter().sum::<u64>(), 200);
        assert_eq!(profile.missing_share, Finite::new(0.2).unwrap());
        assert_eq!(profile.edges.first().map(|edge| edge.get()), Some(0.0));
        assert_eq!(profile.edges.last().map(|edge| edge.get()), Some(199.0));
    }

    #[test]
    fn degenerate_columns_have_a_profile_too() {
        let constant = numbers("x", &[3.0; 10]);
        assert_eq!((constant.edges.len(), constant.counts.len()), (1, 0));
        let missing = numbers("x", &[f32::NAN; 10]);
        assert_eq!(
            (missing.mean, missing.sd, missing.edges.len()),
            (None, None, 0)
        );
        assert_eq!(numbers("x", &[1.0]).sd, None);
    }

    #[test]
    fn categories_stand_in_order_of_their_rows() {
        let column: Categories = ["b", "a", "", "b"].map(str::to_owned).into_iter().collect();
        let profile = categories("x", &column);
        let shown: Vec<_> = profile
            .categories
            .iter()
            .map(|c| (c.value.as_str(), c.count))
            .collect();
        assert_eq!(shown, [("b", 2), ("a", 1)]);
        assert_eq!(profile.missing_share, Finite::new(0.25).unwrap());
    }
}
