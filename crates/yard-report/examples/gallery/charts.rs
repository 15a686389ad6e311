//! Made-up numbers with the shape of real ones: no clock, no random source.

use yard_report::chart::{
    Calibration, CalibrationBin, ChampionChallenger, Chart, Confusion, Curve, DependenceCell,
    DependencePanel, DependencePoint, Dumbbell, DumbbellRow, Gain, History, Importance, Lift, Mark,
    MetricInterval, PairedMetric, PartialDependence, PrecisionRecall, Psi, Reference, Reliability,
    Roc, ScoreHistogram, Shuffle, Shuffles, Slice, SliceForest, SliceStatus, Theme,
};
use yard_report::document::{Figure, Status};

use super::Entry;

fn entry(name: &'static str, chart: &impl Chart) -> Entry {
    (name, chart.svg(Theme::Auto), Figure::of(chart))
}

/// A steeper curve for a smaller `bend`, with a wobble as samples have it.
fn curve(label: &str, figure: &str, bend: f64, y: impl Fn(f64, f64) -> f64) -> Curve {
    let points = (0..=5000_u32).map(|step| {
        let x = f64::from(step) / 5000.0;
        let wobble = f64::from(step.wrapping_mul(2_654_435_761) >> 24) / 255.0 - 0.5;
        let bent = (x / (x + bend * (1.0 - x))).clamp(0.0, 1.0);
        (
            x,
            y(x, (bent + 0.006 * wobble * x * (1.0 - x)).clamp(0.0, 1.0)),
        )
    });
    Curve {
        label: label.to_owned(),
        figure: figure.to_owned(),
        points: points.collect(),
    }
}

fn both(y: impl Fn(f64, f64) -> f64, figures: [&str; 2]) -> Vec<Curve> {
    vec![
        curve("challenger", figures[0], 0.18, &y),
        curve("champion", figures[1], 0.24, &y),
    ]
}

fn forest() -> SliceForest {
    let slice = |label: &str, rows, value: f64, half: f64, status| Slice {
        label: label.to_owned(),
        rows,
        value,
        low: value - half,
        high: value + half,
        status,
    };
    SliceForest {
        title: "AUC per slice".to_owned(),
        metric: "AUC".to_owned(),
        higher_is_better: true,
        overall: (0.781, 0.765, 0.797),
        slices: vec![
            slice(
                "employment = less than 1 year",
                1_204,
                0.702,
                0.031,
                SliceStatus::Harmed,
            ),
            slice("age < 25", 2_911, 0.764, 0.022, SliceStatus::Fine),
            slice(
                "region = north & income_type = \"commercial associate\" & age < 25",
                88,
                0.74,
                0.09,
                SliceStatus::TooSmall,
            ),
            slice(
                "income_type = pensioner",
                5_312,
                0.79,
                0.018,
                SliceStatus::Fine,
            ),
            slice("channel = broker", 12_020, 0.785, 0.012, SliceStatus::Fine),
        ],
    }
}

fn paired() -> ChampionChallenger {
    let metric =
        |label: &str, pair: (f64, f64), ends: (f64, f64), margin, higher_is_better, status| {
            PairedMetric {
                label: label.to_owned(),
                champion: pair.0,
                challenger: pair.1,
                low: ends.0,
                high: ends.1,
                margin,
                higher_is_better,
                status,
            }
        };
    ChampionChallenger {
        title: "Challenger minus champion".to_owned(),
        metrics: vec![
            metric(
                "AUC",
                (0.771, 0.781),
                (0.002, 0.018),
                Some(0.005),
                true,
                Status::Pass,
            ),
            metric(
                "log-loss",
                (0.2412, 0.2461),
                (0.0012, 0.0086),
                Some(0.001),
                false,
                Status::Fail,
            ),
            metric(
                "expected cost per application",
                (41.2, 40.9),
                (-2.1, 1.5),
                Some(1.0),
                false,
                Status::Inconclusive,
            ),
            metric(
                "recall at 5%",
                (0.31, 0.32),
                (-0.01, 0.03),
                None,
                true,
                Status::Note,
            ),
        ],
    }
}

fn reliability() -> Reliability {
    let series = |label: &str, figure: &str, tilt: f64| Calibration {
        label: label.to_owned(),
        figure: figure.to_owned(),
        bins: (0..10_u32)
            .map(|bin| {
                let predicted = 0.01 + f64::from(bin) * 0.045;
                let observed = predicted * tilt + 0.004;
                let half = 0.004 + f64::from(bin) * 0.006;
                CalibrationBin {
                    predicted,
                    observed,
                    low: observed - half,
                    high: observed + half,
                    count: 9_000 / u64::from(bin * bin + 1),
                }
            })
            .collect(),
    };
    Reliability {
        title: "Reliability".to_owned(),
        series: vec![
            series("challenger", "ECE 0.008", 0.96),
            series("champion", "ECE 0.021", 0.82),
        ],
    }
}

fn histogram() -> ScoreHistogram {
    // In hundredths of a bin, so that whole numbers do.
    let bump = |bin: u64, peak: u64, width: u64| {
        let away = (bin * 100).abs_diff(peak * 100) / width;
        9_000 * 10_000 / (10_000 + away * away)
    };
    ScoreHistogram {
        title: "Scores of the two classes".to_owned(),
        labels: ["repaid".to_owned(), "defaulted".to_owned()],
        edges: (0..=30).map(|edge| f64::from(edge) / 30.0).collect(),
        counts: [
            (0..30).map(|bin| bump(bin, 3, 2)).collect(),
            (0..30).map(|bin| bump(bin, 9, 5) / 11).collect(),
        ],
        threshold: Some(0.21),
    }
}

fn history() -> History {
    let loss = |round: u32, floor: f64, rise: f64| {
        let round = f64::from(round);
        floor + 0.45 / (1.0 + round / 14.0) + rise * round
    };
    History {
        title: "Training".to_owned(),
        metric: "log-loss".to_owned(),
        train: (1..=200).map(|round| loss(round, 0.18, 0.0)).collect(),
        valid: (1..=200).map(|round| loss(round, 0.21, 0.000_22)).collect(),
        best_round: Some(155),
    }
}

fn pairs(names: &[(&str, f64)]) -> Vec<(String, f64)> {
    names
        .iter()
        .map(|(name, value)| ((*name).to_owned(), *value))
        .collect()
}

const NAMES: [(&str, f64); 8] = [
    ("external_score_2", 0.0412),
    (
        "bureau_active_credit_sum_overdue_mean_over_last_24_months",
        0.0307,
    ),
    ("days_employed", 0.0221),
    ("amount_credit / amount_annuity", 0.0153),
    ("年齢", 0.0099),
    ("income_type", 0.0051),
    ("<script>alert(1)</script>", 0.0012),
    ("region", -0.0002),
];

/// Every chart with data.
pub(crate) fn all() -> Vec<Entry> {
    let auc = ["AUC 0.781 (0.765 to 0.797)", "AUC 0.771 (0.754 to 0.788)"];
    let mark = |at| {
        Some(Mark {
            label: "threshold 0.21".to_owned(),
            at,
        })
    };
    let roc = Roc {
        title: "ROC".to_owned(),
        curves: both(|_, bent| bent, auc),
        operating_point: mark((0.22, 0.61)),
    };
    let precision =
        |recall: f64, bent: f64| 0.08 + 0.62 * (1.0 - recall) * (1.0 - recall) * (0.6 + 0.4 * bent);
    let references = [
        ("champion", 0.771),
        ("floor", 0.75),
        ("best single feature", 0.741),
        ("prior", 0.5),
    ];
    vec![
        entry("roc", &roc),
        entry(
            "precision_recall",
            &PrecisionRecall {
                title: "Precision and recall".to_owned(),
                curves: both(
                    precision,
                    ["AP 0.291 (0.264 to 0.318)", "AP 0.273 (0.247 to 0.301)"],
                ),
                base_rate: 0.081,
                operating_point: mark((0.61, 0.17)),
            },
        ),
        entry("champion_challenger", &paired()),
        entry("slice_forest", &forest()),
        entry("reliability", &reliability()),
        entry("score_histogram", &histogram()),
        entry(
            "gain",
            &Gain {
                title: "Cumulative gain".to_owned(),
                curves: both(|_, bent| bent, ["", ""]),
                base_rate: 0.081,
            },
        ),
        entry(
            "lift",
            &Lift {
                title: "Lift".to_owned(),
                curves: both(|x, bent| if x > 0.002 { bent / x } else { 5.3 }, ["", ""]),
            },
        ),
        entry(
            "confusion",
            &Confusion {
                title: "Confusion at threshold 0.21".to_owned(),
                labels: vec!["repaid".to_owned(), "defaulted".to_owned()],
                counts: vec![vec![4_312, 1_203], vec![190, 295]],
            },
        ),
        entry(
            "confusion_many",
            &Confusion {
                title: "Confusion of five classes".to_owned(),
                labels: ["none", "mild", "moderate", "severe", "proliferative"]
                    .map(str::to_owned)
                    .to_vec(),
                counts: vec![
                    vec![1_204, 88, 12, 0, 1],
                    vec![140, 310, 77, 9, 0],
                    vec![18, 92, 401, 60, 4],
                    vec![1, 4, 80, 122, 31],
                    vec![0, 1, 9, 44, 86],
                ],
            },
        ),
        entry(
            "dumbbell",
            &Dumbbell {
                title: "AUC of both models per slice".to_owned(),
                metric: "AUC".to_owned(),
                rows: [
                    ("age < 25", 0.751, 0.764),
                    ("employment = less than 1 year", 0.763, 0.702),
                    ("channel = broker", 0.785, 0.785),
                ]
                .map(|(label, champion, challenger)| DumbbellRow {
                    label: label.to_owned(),
                    champion,
                    challenger,
                })
                .to_vec(),
            },
        ),
        entry(
            "metric_interval",
            &MetricInterval {
                metric: "AUC".to_owned(),
                value: 0.781,
                low: 0.765,
                high: 0.797,
                status: Status::Pass,
                references: references
                    .map(|(label, value)| Reference {
                        label: label.to_owned(),
                        value,
                    })
                    .to_vec(),
            },
        ),
        entry("history", &history()),
        entry(
            "importance",
            &Importance {
                title: "Feature importance".to_owned(),
                measure: "AUC lost when shuffled".to_owned(),
                features: pairs(&NAMES),
            },
        ),
        entry("shuffles", &shuffles()),
        entry("dependence", &dependence(&["yes"])),
        entry(
            "dependence_of_classes",
            &dependence(&["low", "middle", "high", "extreme", "other"]),
        ),
        entry(
            "psi",
            &Psi {
                title: "Drift of the columns".to_owned(),
                columns: pairs(&[
                    ("external_score_2", 0.312),
                    ("age", 0.141),
                    ("amount_credit", 0.03),
                    ("region", 0.0),
                    ("broken", f64::NAN),
                ]),
                ..Psi::default()
            },
        ),
    ]
}

fn shuffles() -> Shuffles {
    let feature = |label: &str, mean, sd| Shuffle {
        label: label.to_owned(),
        mean,
        sd,
    };
    Shuffles {
        title: "What shuffling a feature costs".to_owned(),
        measure: "log loss added".to_owned(),
        features: vec![
            feature("external_score_2", 0.0412, 0.0021),
            feature("age", 0.0172, 0.0034),
            feature(
                "share_of_instalments_paid_late_in_twelve_months",
                0.0031,
                0.0005,
            ),
            feature("region", 0.0, 0.0),
            feature("shoe_size", -0.0007, 0.0011),
            feature("broken", f64::NAN, f64::NAN),
        ],
    }
}

fn dependence(curves: &[&str]) -> PartialDependence {
    let answers = |at: f64| -> Vec<(f64, f64, f64)> {
        let curve = |place: usize| {
            let mean = 0.1 + 0.3 * at / (1.0 + 0.7 * place as f64);
            (mean, mean * 0.4, (mean * 1.7).min(1.0))
        };
        (0..curves.len()).map(curve).collect()
    };
    let point = |cell: DependenceCell, at: f64| DependencePoint {
        cell,
        answers: answers(at),
    };
    let number = |feature: &str, low: f64, high: f64, bend: f64, missing: bool| {
        let points = (0..19_u32).map(|step| {
            let share = f64::from(step) / 18.0;
            let value = low + (high - low) * share * share;
            point(
                DependenceCell::Number(value),
                share / (share + bend * (1.0 - share)),
            )
        });
        let missing = missing.then(|| point(DependenceCell::Missing, 0.8));
        DependencePanel {
            feature: feature.to_owned(),
            points: points.chain(missing).collect(),
        }
    };
    let category = |feature: &str, levels: &[&str]| {
        let points = (0_u32..).zip(levels).map(|(at, level)| {
            let cell = match *level {
                "" => DependenceCell::Missing,
                level => DependenceCell::Category(level.to_owned()),
            };
            point(cell, f64::from(at) / 5.0)
        });
        DependencePanel {
            feature: feature.to_owned(),
            points: points.collect(),
        }
    };
    PartialDependence {
        title: "How the answer follows the features".to_owned(),
        answer: "probability of default = yes".to_owned(),
        curves: curves.iter().map(|&curve| curve.to_owned()).collect(),
        panels: vec![
            number("external_score_2", 0.02, 0.86, 0.3, true),
            category(
                "income_type",
                &[
                    "working",
                    "pensioner",
                    "commercial associate, not registered",
                    "",
                ],
            ),
            number("amount_credit", 45_000.0, 4_050_000.0, 2.0, false),
            number(
                "share_of_instalments_paid_late_in_twelve_months",
                0.0,
                1.0,
                1.0,
                false,
            ),
            category("region", &["north", "south"]),
        ],
    }
}

/// Every chart without data.
pub(crate) fn empty() -> Vec<Entry> {
    let title = || "Nothing".to_owned();
    vec![
        entry(
            "no_roc",
            &Roc {
                title: title(),
                ..Roc::default()
            },
        ),
        entry(
            "no_reliability",
            &Reliability {
                title: title(),
                ..Reliability::default()
            },
        ),
        entry(
            "no_score_histogram",
            &ScoreHistogram {
                title: title(),
                ..ScoreHistogram::default()
            },
        ),
        entry(
            "no_confusion",
            &Confusion {
                title: title(),
                ..Confusion::default()
            },
        ),
        entry(
            "no_slice_forest",
            &SliceForest {
                title: title(),
                ..SliceForest::default()
            },
        ),
        entry(
            "no_champion_challenger",
            &ChampionChallenger {
                title: title(),
                ..ChampionChallenger::default()
            },
        ),
        entry(
            "no_history",
            &History {
                title: title(),
                ..History::default()
            },
        ),
        entry(
            "no_importance",
            &Importance {
                title: title(),
                ..Importance::default()
            },
        ),
        entry(
            "no_shuffles",
            &Shuffles {
                title: title(),
                ..Shuffles::default()
            },
        ),
        entry(
            "no_dependence",
            &PartialDependence {
                title: title(),
                ..PartialDependence::default()
            },
        ),
        entry(
            "no_psi",
            &Psi {
                title: title(),
                ..Psi::default()
            },
        ),
        entry(
            "one_round",
            &History {
                title: title(),
                metric: "log-loss".to_owned(),
                train: vec![0.3],
                valid: vec![],
                best_round: Some(1),
            },
        ),
        entry(
            "one_point",
            &Roc {
                title: title(),
                curves: vec![Curve {
                    label: "one point".to_owned(),
                    figure: String::new(),
                    points: vec![(0.3, 0.7)],
                }],
                operating_point: None,
            },
        ),
    ]
}
