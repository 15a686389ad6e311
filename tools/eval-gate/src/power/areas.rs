//! Rules on AUC, by Hanley and `McNeil`'s variance.

use yard_stats::interval::Confidence;
use yard_stats::planning::{AucHoldout, NonInferiority};

use super::{Case, POWER, RuleOutlook, level, whole};
use crate::error::GateError;

/// A floor of AUC, with a model whose AUC is as expected, and one that is at the floor.
pub(super) fn floor(
    rule: String,
    holdout: AucHoldout,
    limit: f64,
    confidence: Confidence,
) -> Result<RuleOutlook, GateError> {
    let test = NonInferiority::new(0.0, level(confidence))?;
    let case = |auc: f64| -> Result<(f64, Case), GateError> {
        let error = AucHoldout { auc, ..holdout }.variance()?.sqrt();
        let truth = format!("AUC {auc}");
        Ok((error, Case::new(truth, test, auc - limit, error)))
    };
    let (standard_error, expected) = case(holdout.auc)?;
    let now = (holdout.rows, holdout.rows * holdout.prevalence);
    let needed = test.needed(holdout.auc - limit, standard_error, now, POWER)?;
    let mut cases = vec![expected];
    if limit > 0.0 && limit < 1.0 {
        cases.push(case(limit)?.1);
    }
    Ok(RuleOutlook {
        rule,
        limit,
        standard_error,
        cases,
        rows_needed: needed.map(|needed| whole(needed.rows)),
        positives_needed: needed.map(|needed| whole(needed.positives)),
    })
}

/// A margin against the champion, with a model that is equal, one that is at the margin, and one that is
/// worse by twice as much.
pub(super) fn champion(
    rule: String,
    holdout: AucHoldout,
    margin: f64,
    confidence: Confidence,
) -> Result<RuleOutlook, GateError> {
    let test = NonInferiority::new(margin, level(confidence))?;
    let standard_error = holdout.standard_error()?;
    let needed = holdout.needed(test, 0.0, POWER)?;
    let mut cases = vec![Case::new("equal".to_owned(), test, 0.0, standard_error)];
    for (worse, words) in [
        (0.5, "half the margin"),
        (1.0, "the margin"),
        (2.0, "twice the margin"),
    ] {
        if margin > 0.0 {
            let truth = format!("worse by {words}");
            cases.push(Case::new(truth, test, -worse * margin, standard_error));
        }
    }
    Ok(RuleOutlook {
        rule,
        limit: -margin,
        standard_error,
        cases,
        rows_needed: needed.map(|needed| whole(needed.rows)),
        positives_needed: needed.map(|needed| whole(needed.positives)),
    })
}
