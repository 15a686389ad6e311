//! How good a model is on rows that it has not seen: metrics, comparison, slices, groups, curves.

mod binary;
mod estimate;
mod fairness;
mod metric;
mod numbers;
mod reweighed;
mod several;
mod single;
mod slices;
mod task;

pub(crate) use binary::rival_curves;
pub(crate) use estimate::estimate;
pub(crate) use metric::{Direction, Metric};

use std::collections::BTreeSet;

use yard_contract::Evaluation;

use self::slices::Cutter;
use self::task::{MeasuredTask, Rival};
use crate::config::GateConfig;
use crate::error::GateError;
use crate::input::{Subject, Truth};
use crate::plan::Plan;

/// The columns that slices and groups are cut by, and those that are shown with a row.
pub(crate) fn columns(config: &GateConfig) -> BTreeSet<String> {
    let slices = config
        .slices
        .iter()
        .flat_map(|slices| slices.by.iter().flatten().chain(&slices.search));
    let groups = config.fairness.iter().flat_map(|groups| &groups.by);
    let shown = &config.flips.show;
    slices.chain(groups).chain(shown).cloned().collect()
}

/// Evaluates a model, and compares it with the champion, and with the last release, where there is one.
pub(crate) fn evaluate(subject: &Subject, plan: &Plan) -> Result<Evaluation, GateError> {
    if let Some(costs) = &plan.config.costs {
        costs.fit(&subject.holdout.truth)?;
    }
    let task: Box<dyn MeasuredTask + '_> = match &subject.holdout.truth {
        Truth::Binary { labels, .. } => Box::new(binary::Binary::new(labels, subject, plan)),
        Truth::Multiclass { labels, classes } => {
            Box::new(several::Several::new(labels, classes, subject, plan)?)
        }
        Truth::Regression { targets } => Box::new(numbers::Numbers::new(targets, subject, plan)?),
    };
    let config = &plan.config;
    let (metrics, comparison) = match &subject.champion {
        Some(champion) => {
            let margins = config.margins();
            let (metrics, comparison) = task.against(Rival::champion(champion, &margins))?;
            (metrics, Some(comparison))
        }
        None => (task.alone()?, None),
    };
    let release = match &subject.release {
        Some(release) => {
            let margins = config.release_margins();
            Some(task.against(Rival::release(release, &margins))?.1)
        }
        None => None,
    };
    let flips = match (&subject.holdout.truth, &subject.champion) {
        (Truth::Binary { .. }, Some(champion)) => Some(binary::flips(subject, champion, config)),
        _ => None,
    };
    let (slices, weakest) = match &config.slices {
        Some(slices) => {
            let cutter = Cutter {
                holdout: &subject.holdout,
                task: task.as_ref(),
                config: slices,
                champion: subject.champion.is_some(),
                private: &config.private,
            };
            (cutter.cut()?, cutter.weakest()?)
        }
        None => (Vec::new(), Vec::new()),
    };
    let fairness = match (&config.fairness, &subject.holdout.truth) {
        (Some(groups), Truth::Binary { labels, .. }) => {
            fairness::gaps(subject, plan, groups, labels)?
        }
        _ => Vec::new(),
    };
    let by_task = task.by_task(&metrics)?;
    Ok(Evaluation {
        model_sha256: subject.model.sha256,
        holdout_sha256: subject.holdout.sha256,
        rows: subject.holdout.truth.rows() as u64,
        primary: task.primary().as_str().to_owned(),
        metrics: metrics.estimates,
        undefined: metrics.undefined,
        by_task,
        baselines: task.baselines()?,
        slices,
        fairness,
        weakest,
        comparison,
        release,
        flips,
    })
}
