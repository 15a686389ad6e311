//! What trivial models reach on the same rows.

use std::collections::BTreeMap;

use yard_contract::{Baseline, Finite};
use yard_stats::binary::{self, Ranked, Scored};
use yard_table::{Column, Table};

use crate::error::GateError;

/// What always answering the share of positives reaches, and the single number that ranks best.
pub(super) fn baselines(
    labels: &[bool],
    weights: Option<&[f64]>,
    features: Option<&Table>,
) -> Result<Vec<Baseline>, GateError> {
    let any = vec![0.5; labels.len()];
    let share = Ranked::new(Scored::new(labels, &any, weights)?)?.prevalence();
    let prior = vec![share; labels.len()];
    let scored = Scored::new(labels, &prior, weights)?;
    let named = |pairs: &[(&str, Result<f64, yard_stats::Undefined>)]| {
        let found = pairs
            .iter()
            .filter_map(|(name, value)| Some(((*name).to_owned(), Finite::new((*value).ok()?)?)));
        found.collect::<BTreeMap<String, Finite>>()
    };
    let mut baselines = vec![Baseline {
        name: "prior".to_owned(),
        metrics: named(&[
            ("auc", Ranked::new(scored)?.auc()),
            ("log_loss", binary::log_loss(scored)),
            ("brier", binary::brier(scored)),
        ]),
    }];
    let mut best: Option<(f64, &str)> = None;
    for (name, column) in features.into_iter().flat_map(Table::columns) {
        let Column::Number(values) = column else {
            continue;
        };
        // Missing cells rank lowest; the direction is the better one.
        let scores: Vec<f64> = values
            .iter()
            .map(|value| {
                if value.is_nan() {
                    f64::MIN
                } else {
                    f64::from(*value)
                }
            })
            .collect();
        let Ok(auc) = Ranked::new(Scored::new(labels, &scores, weights)?)?.auc() else {
            continue;
        };
        let auc = auc.max(1.0 - auc);
        if best.is_none_or(|(known, _)| auc > known) {
            best = Some((auc, name));
        }
    }
    if let Some((auc, name)) = best {
        baselines.push(Baseline {
            name: format!("single feature: {name}"),
            metrics: named(&[("auc", Ok(auc))]),
        });
    }
    Ok(baselines)
}
