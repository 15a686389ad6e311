//! What the charts of a model of two classes show.

use std::num::NonZeroUsize;

use yard_contract::{Confusion, CurvePoint, Curves, Finite, HistogramBin, ReliabilityBin};
use yard_stats::binary::{self, Ranked, Reliability, Scored};

use super::values::CALIBRATION_BINS;
use crate::error::GateError;
use crate::input::{Subject, Truth};

/// Points of a curve that is drawn.
const CURVE_POINTS: usize = 200;
/// Bins of the scores' histogram.
const SCORE_BINS: usize = 25;
/// Steps of the cumulative gain.
const GAIN_STEPS: NonZeroUsize = NonZeroUsize::new(50).unwrap();

pub(super) fn confusion(ranked: &Ranked<'_>, threshold: f64) -> Confusion {
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

pub(super) fn curves(ranked: &Ranked<'_>) -> Result<Curves, GateError> {
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
    let gain = ranked.gains(GAIN_STEPS)?;
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

/// The same of the champion, to be drawn beside the model's; `None` without one, or where there are not two
/// classes.
pub(crate) fn rival_curves(subject: &Subject) -> Option<Curves> {
    let champion = subject.champion.as_ref()?;
    let Truth::Binary { labels, .. } = &subject.holdout.truth else {
        return None;
    };
    let scored = Scored::new(labels, &champion.values, None).ok()?;
    curves(&Ranked::new(scored).ok()?).ok()
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
