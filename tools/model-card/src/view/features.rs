//! What the model looks at.

use serde::Serialize;
use yard_contract::{FeatureType, Finite, Profile, Run, Signature};

/// The most features that a card shows; `signature.json` has all of them.
const SHOWN: usize = 50;

/// The features, those that contribute most first.
#[derive(Serialize)]
pub(crate) struct Features {
    rows: Vec<Row>,
    more: usize,
    numbers: usize,
    categories: usize,
    /// How many have missing cells in the training rows.
    with_missing: usize,
    /// The one that misses most.
    most_missing: Option<Missing>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    r#type: FeatureType,
    share: Option<Finite>,
    missing_share: Option<Finite>,
    min: Option<Finite>,
    max: Option<Finite>,
    categories: usize,
}

#[derive(Serialize)]
struct Missing {
    name: String,
    share: Finite,
}

pub(crate) fn of(signature: &Signature, profile: &Profile, run: &Run) -> Features {
    let place = |name: &str| {
        run.importance
            .iter()
            .position(|entry| entry.feature == name)
    };
    let missing = |name: &str| {
        let feature = profile.features.iter().find(|feature| feature.name == name);
        feature.map(|feature| feature.missing_share)
    };
    let mut rows: Vec<Row> = signature
        .features
        .iter()
        .map(|feature| Row {
            share: place(&feature.name).map(|place| run.importance[place].share),
            missing_share: missing(&feature.name),
            name: feature.name.clone(),
            r#type: feature.r#type,
            min: feature.min,
            max: feature.max,
            categories: feature.categories.len(),
        })
        .collect();
    // Features of no importance come last, in the signature's order.
    rows.sort_by_key(|row| place(&row.name).unwrap_or(usize::MAX));
    let numbers = rows
        .iter()
        .filter(|row| row.r#type == FeatureType::Number)
        .count();
    let lacking = profile
        .features
        .iter()
        .filter(|feature| feature.missing_share > Finite::ZERO);
    let most = lacking.clone().reduce(|most, next| {
        if next.missing_share > most.missing_share {
            next
        } else {
            most
        }
    });
    Features {
        numbers,
        categories: rows.len() - numbers,
        with_missing: lacking.count(),
        most_missing: most.map(|feature| Missing {
            name: feature.name.clone(),
            share: feature.missing_share,
        }),
        more: rows.len().saturating_sub(SHOWN),
        rows: {
            rows.truncate(SHOWN);
            rows
        },
    }
}
