//! How good a model is on rows that it has not seen.

use std::collections::BTreeMap;

use yard_contract::{
    Baseline, Confusion, CurvePoint, Curves, Evaluation, Finite, Flips, HistogramBin,
    ReliabilityBin,
};
use yard_stats::binary::{self, Ranked, Reliability, Scored};
use yard_table::{Column, Table};

use super::compare::compare;
use super::flips::{self, Decider};
use super::metric::{self, CALIBRATION_BINS};
use super::replicas::{Draws, Side};
use super::slices::Cutter;
use crate::error::GateError;
use crate::input::{Scores, Subject};
use crate::plan::Plan;
use crate::policy::FlipsConfig;

/// Points of a curve that is drawn.
const CURVE_POINTS: usize = 200;
/// Bins of the scores' histogram.
const SCORE_BINS: usize = 25;

/// Evaluates a model, and compares it with the champion where there is one.
pub(crate) fn evaluate(subject: &Subject, plan: &Plan) -> Result<Evaluation, GateError> {
    let (holdout, model, champion) = (&subject.holdout, &subject.model, subject.champion.as_ref());
    let (config, confidence) = (&plan.config, plan.confidence);
    let labels = &holdout.labels;
    let threshold = model.threshold;
    let draws = Draws::new(config.bootstrap, holdout.clusters.as_deref());
    let ranked = Ranked::new(Scored::new(labels, &model.probabilities, None)?)?;
    let (metrics, comparison) = if let Some(champion) = champion {
        let (metrics, comparison) = compare(
            labels,
            model,
            champion,
            draws,
            &config.margins(),
            confidence,
        )?;
        (metrics, Some(comparison))
    } else {
        let replicas = draws.of(&ranked, threshold.get())?;
        let alone = Some((&replicas, Side::Challenger));
        let metrics = metric::all(&ranked, threshold.get(), confidence, alone);
        (metrics, None)
    };
    let (slices, weakest) = match &config.slices {
        Some(slices) => {
            let cutter = Cutter {
                holdout,
                model,
                champion,
                config: slices,
                draws,
                confidence,
            };
            (cutter.cut()?, cutter.weakest()?)
        }
        None => (Vec::new(), Vec::new()),
    };
    let release = match &subject.release {
        Some(release) => {
            let margins = config.release_margins();
            Some(compare(labels, model, release, draws, &margins, confidence)?.1)
        }
        None => None,
    };
    Ok(Evaluation {
        model_sha256: model.sha256,
        rows: labels.len() as u64,
        positives: positives(labels),
        threshold,
        metrics: metrics.estimates,
        undefined: metrics.undefined,
        confusion: confusion(&ranked, threshold.get()),
        baselines: baselines(labels, &holdout.features)?,
        slices,
        weakest,
        comparison,
        release,
        flips: champion.map(|champion| flips(subject, champion, &config.flips)),
        curves: curves(&ranked)?,
    })
}

/// The rows that the champion decides differently.
fn flips(subject: &Subject, champion: &Scores, config: &FlipsConfig) -> Flips {
    let shown = |row: usize| {
        let value = |name: &String| {
            let column = subject.holdout.slices.category(name)?;
            Some((name.clone(), column.text(row).to_owned()))
        };
        let columns = config.show.iter().filter_map(value).collect();
        (subject.holdout.name(row), columns)
    };
    flips::flips(
        Decider::of(&subject.model),
        Decider::of(champion),
        config.rows as usize,
        shown,
    )
}

pub(crate) fn positives(labels: &[bool]) -> u64 {
    labels.iter().filter(|label| **label).count() as u64
}

fn confusion(ranked: &Ranked<'_>, threshold: f64) -> Confusion {
    let cells = binary::Confusion::at(ranked.scored(), threshold);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts of rows"
    )]
    let count = |cell: f64| cell as u64;
    Confusion {
        true_positives: count(cells.true_positives),
        false_positives: count(cells.false_positives),
        true_negatives: count(cells.true_negatives),
        false_negatives: count(cells.false_negatives),
    }
}

/// What always answering the share of positives reaches, and the single number that ranks best.
fn baselines(labels: &[bool], features: &Table) -> Result<Vec<Baseline>, GateError> {
    let share = positives(labels) as f64 / labels.len() as f64;
    let prior = vec![share; labels.len()];
    let scored = Scored::new(labels, &prior, None)?;
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
    for (name, column) in features.columns() {
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
        let Ok(auc) = Ranked::new(Scored::new(labels, &scores, None)?)?.auc() else {
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

fn curves(ranked: &Ranked<'_>) -> Result<Curves, GateError> {
    let point = |x: f64, y: f64| {
        Some(CurvePoint {
            x: Finite::new(x)?,
            y: Finite::new(y)?,
        })
    };
    let table = Reliability::new(ranked.scored(), CALIBRATION_BINS)?;
    let reliability = table.bins.iter().filter_map(|bin| {
        Some(ReliabilityBin {
            predicted: Finite::new(bin.mean_score?)?,
            observed: Finite::new(bin.observed_rate?)?,
            rows: bin.rows as u64,
        })
    });
    let steps = std::num::NonZeroUsize::new(50).unwrap_or(std::num::NonZeroUsize::MIN);
    let gain = ranked.gains(steps)?;
    Ok(Curves {
        roc: ranked
            .roc_curve(CURVE_POINTS)?
            .iter()
            .filter_map(|p| point(p.false_positive_rate, p.true_positive_rate))
            .collect(),
        precision_recall: ranked
            .pr_curve(CURVE_POINTS)?
            .iter()
            .filter_map(|p| point(p.recall, p.precision))
            .collect(),
        gain: std::iter::once(point(0.0, 0.0))
            .chain(gain.iter().map(|depth| point(depth.share, depth.recall)))
            .flatten()
            .collect(),
        reliability: reliability.collect(),
        scores: histogram(ranked),
    })
}

/// Rows per class in bins of equal width between the lowest and the highest score.
fn histogram(ranked: &Ranked<'_>) -> Vec<HistogramBin> {
    let scored = ranked.scored();
    let lowest = scored
        .scores()
        .iter()
        .copied()
        .fold(f64::INFINITY, f64::min);
    let highest = scored
        .scores()
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    let width = (highest - lowest) / SCORE_BINS as f64;
    let mut counts = vec![(0_u64, 0_u64); SCORE_BINS];
    for (label, score) in scored.labels().iter().zip(scored.scores()) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a bin's number"
        )]
        let bin = if width > 0.0 {
            ((score - lowest) / width) as usize
        } else {
            0
        };
        let count = &mut counts[bin.min(SCORE_BINS - 1)];
        if *label { count.1 += 1 } else { count.0 += 1 }
    }
    let edge = |bin: usize| Finite::new(lowest + width * bin as f64);
    let bins = counts
        .into_iter()
        .enumerate()
        .filter_map(|(bin, (negatives, positives))| {
            Some(HistogramBin {
                from: edge(bin)?,
                to: edge(bin + 1)?,
                negatives,
                positives,
            })
        });
    bins.collect()
}
