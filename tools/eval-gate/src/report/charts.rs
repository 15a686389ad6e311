//! An evaluation as charts.

use yard_contract::{
    BinaryEvaluation, ByTask, ClassesEvaluation, CurvePoint, Curves, Estimate, Evaluation, Finite,
    Gate, NumbersEvaluation, ReliabilityBin, SliceResult, Verdict,
};
use yard_report::chart::{
    Calibration, CalibrationBin, ChampionChallenger, Chart, Confusion, Curve, Gain, Lift, Mark,
    PairedMetric, PrecisionRecall, PredictedActual, Reliability, Residuals, Roc, ScoreHistogram,
    Slice, SliceForest, SliceStatus, Theme,
};
use yard_report::document::Status;
use yard_report::number::{decimals, fixed, interval};
use yard_stats::interval::{Confidence, wilson};

use super::tables::name;
use crate::input::{Subject, Truth};
use crate::judge::{champion_rule, harmed_rule, slice_name, slice_rule};
use crate::measure::{Metric, rival_curves};

/// Slices that the forest shows: the weakest.
const SLICES_SHOWN: usize = 24;

/// All charts of an evaluation.
pub(crate) struct Charts {
    /// Those of its task, by file name.
    pub(crate) of_task: Vec<(&'static str, Box<dyn Chart>)>,
    pub(crate) slices: Option<SliceForest>,
    pub(crate) champion: Option<ChampionChallenger>,
}

impl Charts {
    pub(crate) fn of(evaluation: &Evaluation, subject: &Subject, gate: &Gate) -> Self {
        let holdout = &subject.holdout;
        let of_task = match (&evaluation.by_task, &holdout.truth) {
            (ByTask::Binary(of), Truth::Binary { classes, .. }) => {
                let named = |class: &str| format!("{} = {class}", holdout.target);
                let labels = [named(&classes.negative), named(&classes.positive)];
                binary(evaluation, of, rival_curves(subject).as_ref(), &labels)
            }
            (ByTask::Multiclass(of), _) => several(of),
            (ByTask::Regression(of), _) => numbers(evaluation, of),
            (ByTask::Binary(_), _) => Vec::new(),
        };
        Self {
            of_task,
            slices: forest(evaluation, gate),
            champion: champion(evaluation, gate),
        }
    }

    /// File names and standalone pictures.
    pub(crate) fn files(&self) -> Vec<(&'static str, String)> {
        let of_task = self.of_task.iter();
        let mut files: Vec<_> = of_task
            .map(|(name, chart)| (*name, chart.svg(Theme::Auto)))
            .collect();
        let slices = self.slices.as_ref();
        files.extend(slices.map(|chart| ("slices.svg", chart.svg(Theme::Auto))));
        let champion = self.champion.as_ref();
        files.extend(champion.map(|chart| ("champion.svg", chart.svg(Theme::Auto))));
        files
    }
}

fn binary(
    evaluation: &Evaluation,
    of: &BinaryEvaluation,
    champion: Option<&Curves>,
    labels: &[String; 2],
) -> Vec<(&'static str, Box<dyn Chart>)> {
    let curves = &of.curves;
    let base_rate = of.positives as f64 / evaluation.rows as f64;
    let confusion = &of.confusion;
    let share = |part: u64, rest: u64| part as f64 / (part + rest).max(1) as f64;
    let recall = share(confusion.true_positives, confusion.false_negatives);
    let fallout = share(confusion.false_positives, confusion.true_negatives);
    let precision = share(confusion.true_positives, confusion.false_positives);
    let threshold = of.threshold.get();
    let mark = |at| {
        Some(Mark {
            label: format!("threshold {threshold}"),
            at,
        })
    };
    let both = |of: fn(&Curves) -> &Vec<CurvePoint>, metric: &str, title: &str| -> Vec<Curve> {
        let theirs =
            |curves: &Curves| curve("champion", of(curves), champions(evaluation, metric, title));
        let ours = curve(
            name(evaluation),
            of(curves),
            figure(evaluation, metric, title),
        );
        std::iter::once(ours).chain(champion.map(theirs)).collect()
    };
    let roc = Roc {
        title: "ROC curve".to_owned(),
        curves: both(|curves| &curves.roc, "auc", "AUC"),
        operating_point: mark((fallout, recall)),
    };
    let precision_recall = PrecisionRecall {
        title: "Precision and recall".to_owned(),
        curves: both(|curves| &curves.precision_recall, "pr_auc", "AP"),
        base_rate,
        operating_point: mark((recall, precision)),
    };
    let edges = curves.scores.iter().map(|bin| bin.from.get());
    let scores = ScoreHistogram {
        title: "Scores of the two classes".to_owned(),
        labels: labels.clone(),
        edges: edges
            .chain(curves.scores.last().map(|bin| bin.to.get()))
            .collect(),
        counts: [
            curves.scores.iter().map(|bin| bin.negatives).collect(),
            curves.scores.iter().map(|bin| bin.positives).collect(),
        ],
        threshold: Some(threshold),
    };
    let gain = Gain {
        title: "Cumulative gain".to_owned(),
        curves: both(|curves| &curves.gain, "", ""),
        base_rate,
    };
    let lift = Lift {
        title: "Lift".to_owned(),
        curves: both(|curves| &curves.gain, "", "")
            .into_iter()
            .map(lift_of)
            .collect(),
    };
    let decisions = Confusion {
        title: format!("Decisions at the threshold {threshold}"),
        labels: labels.to_vec(),
        counts: vec![
            vec![confusion.true_negatives, confusion.false_positives],
            vec![confusion.false_negatives, confusion.true_positives],
        ],
    };
    vec![
        ("roc.svg", Box::new(roc)),
        ("precision_recall.svg", Box::new(precision_recall)),
        (
            "reliability.svg",
            Box::new(reliability(evaluation, curves, champion)),
        ),
        ("scores.svg", Box::new(scores)),
        ("gain.svg", Box::new(gain)),
        ("lift.svg", Box::new(lift)),
        ("confusion.svg", Box::new(decisions)),
    ]
}

fn several(of: &ClassesEvaluation) -> Vec<(&'static str, Box<dyn Chart>)> {
    let confusion = Confusion {
        title: "Most probable against actual class".to_owned(),
        labels: of.classes.clone(),
        counts: of.confusion.clone(),
    };
    vec![("confusion.svg", Box::new(confusion))]
}

fn numbers(evaluation: &Evaluation, of: &NumbersEvaluation) -> Vec<(&'static str, Box<dyn Chart>)> {
    let predicted = PredictedActual {
        title: "Predicted against actual".to_owned(),
        figure: figure(evaluation, "rmse", "RMSE"),
        rows: evaluation.rows,
        points: of
            .points
            .iter()
            .map(|point| (point.x.get(), point.y.get()))
            .collect(),
    };
    let edges = of.residuals.iter().map(|bin| bin.from.get());
    let residuals = Residuals {
        title: "Residuals".to_owned(),
        edges: edges
            .chain(of.residuals.last().map(|bin| bin.to.get()))
            .collect(),
        counts: of.residuals.iter().map(|bin| bin.rows).collect(),
    };
    vec![
        ("predicted.svg", Box::new(predicted)),
        ("residuals.svg", Box::new(residuals)),
    ]
}

fn curve(label: &str, points: &[CurvePoint], figure: String) -> Curve {
    let points = points
        .iter()
        .map(|point| (point.x.get(), point.y.get()))
        .collect();
    Curve {
        label: label.to_owned(),
        figure,
        points,
    }
}

/// A gain curve as how many times more positives than by chance it finds.
fn lift_of(gain: Curve) -> Curve {
    let points = gain.points.iter().filter(|(x, _)| *x > 0.0);
    Curve {
        points: points.map(|(x, y)| (*x, y / x)).collect(),
        ..gain
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

/// The champion's figure.
fn champions(evaluation: &Evaluation, metric: &str, name: &str) -> String {
    let comparison = evaluation.comparison.as_ref();
    let found = comparison.and_then(|comparison| comparison.champion_metrics.get(metric));
    found.map_or_else(String::new, |estimate| {
        format!("{name} {}", words(estimate))
    })
}

/// A value with its interval, for people.
pub(crate) fn words(estimate: &Estimate) -> String {
    let value = estimate.value.get();
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => {
            let (low, high) = (low.get(), high.get());
            let size = value.abs().max(low.abs()).max(high.abs());
            interval(value, low, high, decimals(size, 3))
        }
        _ => fixed(value, decimals(value, 3)),
    }
}

fn reliability(evaluation: &Evaluation, curves: &Curves, champion: Option<&Curves>) -> Reliability {
    let series = |label: &str, curves: &Curves, figure| Calibration {
        label: label.to_owned(),
        figure,
        bins: curves.reliability.iter().map(calibration_bin).collect(),
    };
    let title = "ECE";
    let ours = series(name(evaluation), curves, figure(evaluation, "ece", title));
    let theirs = |curves| series("champion", curves, champions(evaluation, "ece", title));
    Reliability {
        title: "Reliability".to_owned(),
        series: std::iter::once(ours).chain(champion.map(theirs)).collect(),
    }
}

fn calibration_bin(bin: &ReliabilityBin) -> CalibrationBin {
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
}

fn forest(evaluation: &Evaluation, gate: &Gate) -> Option<SliceForest> {
    let accused = |slice: &SliceResult| {
        let ids = [slice_rule(evaluation, slice), harmed_rule(slice)];
        gate.rules.iter().any(|rule| ids.contains(&rule.id))
    };
    let ends = |estimate: &Estimate| {
        let value = estimate.value.get();
        // Where the rows carry no interval none is drawn.
        let end = |end: Option<Finite>| end.map_or(f64::NAN, Finite::get);
        (value, end(estimate.low), end(estimate.high))
    };
    let primary = evaluation.primary.as_str();
    let metric = Metric::named(primary)?;
    let overall = ends(evaluation.metrics.get(primary)?);
    let mut slices: Vec<(&SliceResult, (f64, f64, f64))> = evaluation
        .slices
        .iter()
        .filter_map(|slice| Some((slice, ends(slice.metrics.get(primary)?))))
        .collect();
    if slices.is_empty() {
        return None;
    }
    slices.sort_by(|a, b| {
        b.0.supported
            .cmp(&a.0.supported)
            .then(if metric.more_is_better() {
                a.1.0.total_cmp(&b.1.0)
            } else {
                b.1.0.total_cmp(&a.1.0)
            })
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
        title: format!("{} by slice", metric.title()),
        metric: metric.title().to_owned(),
        higher_is_better: metric.more_is_better(),
        overall,
        slices: shown.collect(),
    })
}

/// The metrics that the policy names, and the primary one.
fn champion(evaluation: &Evaluation, gate: &Gate) -> Option<ChampionChallenger> {
    let comparison = evaluation.comparison.as_ref()?;
    let metrics = Metric::ALL.into_iter().filter_map(|metric| {
        let name = metric.as_str();
        let found = comparison.differences.get(name)?;
        if found.margin.is_none() && name != comparison.metric {
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
        title: "Challenger against champion".to_owned(),
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
