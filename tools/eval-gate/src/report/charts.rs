//! An evaluation as charts.

use yard_contract::{CurvePoint, Estimate, Evaluation, Finite, Gate, SliceResult, Verdict};
use yard_report::chart::{
    Calibration, CalibrationBin, ChampionChallenger, Chart as _, Confusion, Curve, Gain, Mark,
    PairedMetric, PrecisionRecall, Reliability, Roc, ScoreHistogram, Slice, SliceForest,
    SliceStatus, Theme,
};
use yard_report::document::Status;
use yard_report::number::interval;
use yard_stats::interval::{Confidence, wilson};

use crate::judge::{champion_rule, harmed_rule, slice_name, slice_rule};
use crate::measure::Metric;

/// Slices that the forest shows: the weakest.
const SLICES_SHOWN: usize = 24;

/// All charts of an evaluation.
pub(crate) struct Charts {
    pub(crate) roc: Roc,
    pub(crate) precision_recall: PrecisionRecall,
    pub(crate) reliability: Reliability,
    pub(crate) scores: ScoreHistogram,
    pub(crate) gain: Gain,
    pub(crate) confusion: Confusion,
    pub(crate) slices: Option<SliceForest>,
    pub(crate) champion: Option<ChampionChallenger>,
}

/// What the charts call the two classes.
pub(crate) struct ClassNames {
    pub(crate) negative: String,
    pub(crate) positive: String,
}

impl Charts {
    pub(crate) fn of(evaluation: &Evaluation, names: &ClassNames, gate: &Gate) -> Self {
        let curves = &evaluation.curves;
        let base_rate = evaluation.positives as f64 / evaluation.rows as f64;
        let confusion = &evaluation.confusion;
        let share = |part: u64, rest: u64| part as f64 / (part + rest).max(1) as f64;
        let recall = share(confusion.true_positives, confusion.false_negatives);
        let fallout = share(confusion.false_positives, confusion.true_negatives);
        let precision = share(confusion.true_positives, confusion.false_positives);
        let threshold = evaluation.threshold.get();
        let mark = |at| {
            Some(Mark {
                label: format!("threshold {threshold}"),
                at,
            })
        };
        let labels = [names.negative.clone(), names.positive.clone()];
        Self {
            roc: Roc {
                title: "ROC curve".to_owned(),
                curves: vec![curve(&curves.roc, figure(evaluation, "auc", "AUC"))],
                operating_point: mark((fallout, recall)),
            },
            precision_recall: PrecisionRecall {
                title: "Precision and recall".to_owned(),
                curves: vec![curve(
                    &curves.precision_recall,
                    figure(evaluation, "pr_auc", "average precision"),
                )],
                base_rate,
                operating_point: mark((recall, precision)),
            },
            reliability: reliability(evaluation),
            scores: ScoreHistogram {
                title: "Scores of the two classes".to_owned(),
                labels: labels.clone(),
                edges: curves
                    .scores
                    .iter()
                    .map(|bin| bin.from.get())
                    .chain(curves.scores.last().map(|bin| bin.to.get()))
                    .collect(),
                counts: [
                    curves.scores.iter().map(|bin| bin.negatives).collect(),
                    curves.scores.iter().map(|bin| bin.positives).collect(),
                ],
                threshold: Some(threshold),
            },
            gain: Gain {
                title: "Cumulative gain".to_owned(),
                curves: vec![curve(&curves.gain, String::new())],
                base_rate,
            },
            confusion: Confusion {
                title: format!("Decisions at the threshold {threshold}"),
                labels: labels.to_vec(),
                counts: vec![
                    vec![confusion.true_negatives, confusion.false_positives],
                    vec![confusion.false_negatives, confusion.true_positives],
                ],
            },
            slices: forest(evaluation, gate),
            champion: champion(evaluation, gate),
        }
    }

    /// File names and standalone pictures.
    pub(crate) fn files(&self) -> Vec<(&'static str, String)> {
        let mut files = vec![
            ("roc.svg", self.roc.svg(Theme::Auto)),
            (
                "precision_recall.svg",
                self.precision_recall.svg(Theme::Auto),
            ),
            ("reliability.svg", self.reliability.svg(Theme::Auto)),
            ("scores.svg", self.scores.svg(Theme::Auto)),
            ("gain.svg", self.gain.svg(Theme::Auto)),
            ("confusion.svg", self.confusion.svg(Theme::Auto)),
        ];
        files.extend(
            self.slices
                .as_ref()
                .map(|chart| ("slices.svg", chart.svg(Theme::Auto))),
        );
        files.extend(
            self.champion
                .as_ref()
                .map(|chart| ("champion.svg", chart.svg(Theme::Auto))),
        );
        files
    }
}

fn curve(points: &[CurvePoint], figure: String) -> Curve {
    let points = points
        .iter()
        .map(|point| (point.x.get(), point.y.get()))
        .collect();
    Curve {
        label: "model".to_owned(),
        figure,
        points,
    }
}

fn figure(evaluation: &Evaluation, metric: &str, name: &str) -> String {
    evaluation
        .metrics
        .get(metric)
        .map_or_else(String::new, |estimate| {
            format!("{name} {}", words(estimate))
        })
}

/// A value with its interval, for people.
pub(crate) fn words(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => interval(estimate.value.get(), low.get(), high.get(), 3),
        _ => format!("{:.3}", estimate.value.get()),
    }
}

fn reliability(evaluation: &Evaluation) -> Reliability {
    let bins = evaluation.curves.reliability.iter().map(|bin| {
        let (predicted, observed) = (bin.predicted.get(), bin.observed.get());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of rows"
        )]
        let positives = (observed * bin.rows as f64).round() as u64;
        let range = wilson(positives, bin.rows, Confidence::P95);
        let (low, high) = range.map_or((observed, observed), |range| (range.lower, range.upper));
        CalibrationBin {
            predicted,
            observed,
            low,
            high,
            count: bin.rows,
        }
    });
    Reliability {
        title: "Reliability".to_owned(),
        series: vec![Calibration {
            label: "model".to_owned(),
            figure: figure(evaluation, "ece", "calibration error"),
            bins: bins.collect(),
        }],
    }
}

fn forest(evaluation: &Evaluation, gate: &Gate) -> Option<SliceForest> {
    let accused = |slice: &SliceResult| {
        let ids = [slice_rule(slice), harmed_rule(slice)];
        gate.rules.iter().any(|rule| ids.contains(&rule.id))
    };
    let ends = |estimate: &Estimate| {
        let value = estimate.value.get();
        let end = |end: Option<Finite>| end.map_or(value, Finite::get);
        (value, end(estimate.low), end(estimate.high))
    };
    let overall = ends(evaluation.metrics.get("auc")?);
    let mut slices: Vec<(&SliceResult, (f64, f64, f64))> = evaluation
        .slices
        .iter()
        .filter_map(|slice| Some((slice, ends(slice.metrics.get("auc")?))))
        .collect();
    if slices.is_empty() {
        return None;
    }
    slices.sort_by(|a, b| {
        b.0.supported
            .cmp(&a.0.supported)
            .then(a.1.0.total_cmp(&b.1.0))
    });
    let shown = slices
        .into_iter()
        .take(SLICES_SHOWN)
        .map(|(slice, (value, low, high))| Slice {
            label: slice_name(slice),
            rows: slice.rows,
            value,
            low,
            high,
            status: match slice.supported {
                false => SliceStatus::TooSmall,
                true if accused(slice) => SliceStatus::Harmed,
                true => SliceStatus::Fine,
            },
        });
    Some(SliceForest {
        title: "AUC by slice".to_owned(),
        metric: "AUC".to_owned(),
        overall,
        slices: shown.collect(),
    })
}

/// The metrics that the policy names, and AUC.
fn champion(evaluation: &Evaluation, gate: &Gate) -> Option<ChampionChallenger> {
    let comparison = evaluation.comparison.as_ref()?;
    let metrics = Metric::ALL.into_iter().filter_map(|metric| {
        let name = metric.as_str();
        let found = comparison.differences.get(name)?;
        if found.margin.is_none() && metric != Metric::Auc {
            return None;
        }
        let id = champion_rule(metric);
        let rule = gate.rules.iter().find(|rule| rule.id == id);
        let end = |end: Option<Finite>| end.unwrap_or(found.difference.value).get();
        Some(PairedMetric {
            label: name.to_owned(),
            champion: comparison.champion_metrics.get(name)?.value.get(),
            challenger: evaluation.metrics.get(name)?.value.get(),
            low: end(found.difference.low),
            high: end(found.difference.high),
            margin: found.margin.map(Finite::get),
            higher_is_better: metric.more_is_better(),
            status: rule.map_or(Status::Pass, |rule| status(rule.verdict)),
        })
    });
    Some(ChampionChallenger {
        title: "Model against champion".to_owned(),
        metrics: metrics.collect(),
    })
}

/// A verdict as reports show it.
pub(crate) const fn status(verdict: Verdict) -> Status {
    match verdict {
        Verdict::Pass => Status::Pass,
        Verdict::Warning => Status::Warn,
        Verdict::Inconclusive => Status::Inconclusive,
        Verdict::Fail => Status::Fail,
    }
}
