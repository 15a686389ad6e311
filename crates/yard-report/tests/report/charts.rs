//! Every chart: well-formed, inside its frame, small, the same each time, and as it was drawn before.

use proptest::prelude::*;
use roxmltree::Document as Xml;
use yard_report::chart::{
    Calibration, CalibrationBin, ChampionChallenger, Chart, Confusion, Curve, DependenceCell,
    DependencePanel, DependencePoint, Dumbbell, DumbbellRow, Gain, History, Importance, Lift, Mark,
    MetricInterval, PairedMetric, PartialDependence, PrecisionRecall, Psi, Reference, Reliability,
    Roc, ScoreHistogram, Shuffle, Shuffles, Slice, SliceForest, SliceStatus, Theme,
};
use yard_report::document::Status;

use crate::gallery;

fn assert_sound(name: &str, svg: &str) {
    let xml = Xml::parse(svg).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(svg.len() < 30_000, "{name} has {} bytes", svg.len());
    assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{name}");
    let root = xml.root_element();
    assert_eq!(root.attribute("role"), Some("img"), "{name}");
    for part in ["title", "desc"] {
        assert!(
            root.children().any(|node| node.tag_name().name() == part),
            "{name}"
        );
    }
    let frame: Vec<f64> = root
        .attribute("viewBox")
        .unwrap()
        .split(' ')
        .map(|side| side.parse().unwrap())
        .collect();
    for node in root.descendants() {
        assert!(
            node.attribute("id").is_none(),
            "{name}: identifiers would meet in a page"
        );
        for (attribute, limit) in [
            ("x", frame[2]),
            ("cx", frame[2]),
            ("y", frame[3]),
            ("cy", frame[3]),
        ] {
            if let Some(at) = node.attribute(attribute) {
                let at: f64 = at.parse().unwrap();
                assert!(
                    (-1.0..=limit + 1.0).contains(&at),
                    "{name}: {attribute} is {at}, the frame {frame:?}"
                );
            }
        }
    }
}

#[test]
fn the_gallery_is_sound() {
    for (name, svg, _) in gallery::all().into_iter().chain(gallery::empty()) {
        assert_sound(name, &svg);
    }
    let twice: Vec<_> = [gallery::all(), gallery::all()]
        .into_iter()
        .map(|all| all.into_iter().map(|entry| entry.1).collect::<Vec<_>>())
        .collect();
    assert_eq!(twice[0], twice[1]);
}

/// One element a line, for people who read the difference.
fn lines(chart: &impl Chart) -> String {
    assert_sound(chart.title(), &chart.svg(Theme::Auto));
    chart.svg(Theme::Page).replace("><", ">\n<")
}

fn curve(label: &str, points: &[(f64, f64)]) -> Curve {
    Curve {
        label: label.to_owned(),
        figure: "AUC 0.8".to_owned(),
        points: points.to_vec(),
    }
}

#[test]
fn curves_are_drawn_as_before() {
    let curves = vec![
        curve("new", &[(0.0, 0.0), (0.1, 0.6), (1.0, 1.0)]),
        curve("old", &[(0.0, 0.0), (0.3, 0.6), (1.0, 1.0)]),
    ];
    let mark = Some(Mark {
        label: "threshold".to_owned(),
        at: (0.1, 0.6),
    });
    insta::assert_snapshot!(
        "roc",
        lines(&Roc {
            title: "ROC".to_owned(),
            curves: curves.clone(),
            operating_point: mark.clone()
        })
    );
    let recall = PrecisionRecall {
        title: "PR".to_owned(),
        curves: curves.clone(),
        base_rate: 0.1,
        operating_point: mark,
    };
    insta::assert_snapshot!("precision_recall", lines(&recall));
    insta::assert_snapshot!(
        "gain",
        lines(&Gain {
            title: "Gain".to_owned(),
            curves: curves.clone(),
            base_rate: 0.1
        })
    );
    insta::assert_snapshot!(
        "lift",
        lines(&Lift {
            title: "Lift".to_owned(),
            curves
        })
    );
    let history = History {
        title: "Loss".to_owned(),
        metric: "log-loss".to_owned(),
        train: vec![0.6, 0.4, 0.3],
        valid: vec![0.6, 0.5, 0.52],
        best_round: Some(2),
    };
    insta::assert_snapshot!("history", lines(&history));
}

#[test]
fn bins_are_drawn_as_before() {
    let bin = |predicted, observed, count| CalibrationBin {
        predicted,
        observed,
        low: observed - 0.01,
        high: observed + 0.01,
        count,
    };
    let series = Calibration {
        label: "new".to_owned(),
        figure: "ECE 0.01".to_owned(),
        bins: vec![bin(0.05, 0.04, 90), bin(0.2, 0.25, 10)],
    };
    insta::assert_snapshot!(
        "reliability",
        lines(&Reliability {
            title: "Reliability".to_owned(),
            series: vec![series]
        })
    );
    let histogram = ScoreHistogram {
        title: "Scores".to_owned(),
        labels: ["no".to_owned(), "yes".to_owned()],
        edges: vec![0.0, 0.5, 1.0],
        counts: [vec![8, 2], vec![1, 3]],
        threshold: Some(0.5),
    };
    insta::assert_snapshot!("score_histogram", lines(&histogram));
    let confusion = Confusion {
        title: "Confusion".to_owned(),
        labels: vec!["no".to_owned(), "yes".to_owned()],
        counts: vec![vec![8, 2], vec![1, 3]],
    };
    insta::assert_snapshot!("confusion", lines(&confusion));
}

#[test]
fn rows_are_drawn_as_before() {
    let slice = |label: &str, value, status| Slice {
        label: label.to_owned(),
        rows: 1_000,
        value,
        low: value - 0.05,
        high: value + 0.05,
        status,
    };
    let forest = SliceForest {
        title: "Slices".to_owned(),
        metric: "AUC".to_owned(),
        higher_is_better: true,
        overall: (0.8, 0.78, 0.82),
        slices: vec![
            slice("a < 1", 0.7, SliceStatus::Harmed),
            slice("a >= 1", 0.81, SliceStatus::Fine),
        ],
    };
    insta::assert_snapshot!("slice_forest", lines(&forest));
    let metric = PairedMetric {
        label: "AUC".to_owned(),
        champion: 0.77,
        challenger: 0.78,
        low: 0.002,
        high: 0.018,
        margin: Some(0.005),
        higher_is_better: true,
        status: Status::Pass,
    };
    insta::assert_snapshot!(
        "champion_challenger",
        lines(&ChampionChallenger {
            title: "Change".to_owned(),
            metrics: vec![metric]
        })
    );
    let row = DumbbellRow {
        label: "a < 1".to_owned(),
        champion: 0.7,
        challenger: 0.72,
    };
    insta::assert_snapshot!(
        "dumbbell",
        lines(&Dumbbell {
            title: "Both".to_owned(),
            metric: "AUC".to_owned(),
            rows: vec![row]
        })
    );
    let reference = |label: &str, value| Reference {
        label: label.to_owned(),
        value,
    };
    let strip = MetricInterval {
        metric: "AUC".to_owned(),
        value: 0.78,
        low: 0.76,
        high: 0.8,
        status: Status::Pass,
        references: vec![reference("floor", 0.75), reference("champion", 0.77)],
    };
    insta::assert_snapshot!("metric_interval", lines(&strip));
    let features = vec![("a".to_owned(), 0.04), ("b".to_owned(), 0.01)];
    insta::assert_snapshot!(
        "importance",
        lines(&Importance {
            title: "Features".to_owned(),
            measure: "gain".to_owned(),
            features: features.clone()
        })
    );
    insta::assert_snapshot!(
        "psi",
        lines(&Psi {
            title: "Drift".to_owned(),
            columns: features,
            ..Psi::default()
        })
    );
}

#[test]
fn explanations_are_drawn_as_before() {
    let shuffle = |label: &str, mean, sd| Shuffle {
        label: label.to_owned(),
        mean,
        sd,
    };
    let shuffles = Shuffles {
        title: "Shuffled".to_owned(),
        measure: "log loss added".to_owned(),
        features: vec![shuffle("a", 0.04, 0.005), shuffle("b", -0.01, 0.002)],
    };
    insta::assert_snapshot!("shuffles", lines(&shuffles));
    let point = |cell, mean: f64| DependencePoint {
        cell,
        answers: vec![(mean, mean / 2.0, mean * 2.0)],
    };
    let panel = |feature: &str, points: &[DependencePoint]| DependencePanel {
        feature: feature.to_owned(),
        points: points.to_vec(),
    };
    let dependence = PartialDependence {
        title: "Followed".to_owned(),
        answer: "probability of yes".to_owned(),
        curves: vec!["yes".to_owned()],
        panels: vec![
            panel(
                "a",
                &[
                    point(DependenceCell::Number(0.0), 0.1),
                    point(DependenceCell::Number(5.0), 0.3),
                    point(DependenceCell::Missing, 0.2),
                ],
            ),
            panel(
                "b",
                &[
                    point(DependenceCell::Category("red".to_owned()), 0.1),
                    point(DependenceCell::Category("green".to_owned()), 0.2),
                ],
            ),
        ],
    };
    insta::assert_snapshot!("dependence", lines(&dependence));
}

/// Many panels of the same numbers, by turns as numbers and as categories.
fn dependence_of(label: &str, values: &[(f64, f64, f64)], curves: usize) -> PartialDependence {
    let panel = |place: usize| {
        let cell = |value: f64| match place % 3 {
            0 => DependenceCell::Number(value),
            _ => DependenceCell::Category(label.to_owned()),
        };
        let points = values.iter().map(|&(mean, low, high)| DependencePoint {
            cell: cell(mean),
            answers: vec![(mean, low, high); curves],
        });
        let missing = DependencePoint {
            cell: DependenceCell::Missing,
            answers: Vec::new(),
        };
        DependencePanel {
            feature: label.to_owned(),
            points: points.chain([missing]).collect(),
        }
    };
    PartialDependence {
        title: label.to_owned(),
        answer: label.to_owned(),
        curves: vec![label.to_owned(); curves],
        panels: (0..12).map(panel).collect(),
    }
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![4 => -2.0..2.0_f64, 1 => any::<f64>(), 1 => Just(0.0), 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_data_makes_a_sound_chart(
        label in any::<String>(),
        values in proptest::collection::vec((number(), number(), number()), 0..40),
        counts in proptest::collection::vec(any::<u32>(), 0..9),
    ) {
        let title = label.clone();
        let points: Vec<_> = values.iter().map(|value| (value.0, value.1)).collect();
        let curves = vec![Curve { label: label.clone(), figure: label.clone(), points }; 5];
        let first = values.first().copied().unwrap_or((0.5, 0.4, 0.6));
        let mark = Some(Mark { label: label.clone(), at: (first.0, first.1) });
        let charts: Vec<Box<dyn Chart>> = vec![
            Box::new(Roc { title: title.clone(), curves: curves.clone(), operating_point: mark.clone() }),
            Box::new(PrecisionRecall { title: title.clone(), curves: curves.clone(), base_rate: first.2, operating_point: mark }),
            Box::new(Gain { title: title.clone(), curves: curves.clone(), base_rate: first.2 }),
            Box::new(Lift { title: title.clone(), curves }),
            Box::new(History { title: title.clone(), metric: label.clone(), train: values.iter().map(|v| v.0).collect(), valid: values.iter().map(|v| v.1).collect(), best_round: Some(counts.len()) }),
            Box::new(SliceForest {
                title: title.clone(),
                metric: label.clone(),
                higher_is_better: first.0 > 0.5,
                overall: first,
                slices: values.iter().map(|v| Slice { label: label.clone(), rows: 1, value: v.0, low: v.1, high: v.2, status: SliceStatus::TooSmall }).collect(),
            }),
            Box::new(ChampionChallenger {
                title: title.clone(),
                metrics: values.iter().map(|v| PairedMetric { label: label.clone(), champion: v.0, challenger: v.1, low: v.2, high: v.0, margin: Some(v.1), higher_is_better: v.2 > 0.0, status: Status::Warn }).collect(),
            }),
            Box::new(Dumbbell { title: title.clone(), metric: label.clone(), rows: values.iter().map(|v| DumbbellRow { label: label.clone(), champion: v.0, challenger: v.1 }).collect() }),
            Box::new(Reliability {
                title: title.clone(),
                series: vec![Calibration { label: label.clone(), figure: label.clone(), bins: values.iter().map(|v| CalibrationBin { predicted: v.0, observed: v.1, low: v.2, high: v.0, count: 3 }).collect() }],
            }),
            Box::new(ScoreHistogram {
                title: title.clone(),
                labels: [label.clone(), label.clone()],
                edges: values.iter().map(|v| v.0).collect(),
                counts: [counts.iter().map(|&c| c.into()).collect(), counts.iter().rev().map(|&c| c.into()).collect()],
                threshold: Some(first.1),
            }),
            Box::new(Confusion { title: title.clone(), labels: vec![label.clone(); counts.len()], counts: vec![counts.iter().map(|&c| c.into()).collect(); counts.len() / 2] }),
            Box::new(MetricInterval {
                metric: title.clone(),
                value: first.0,
                low: first.1,
                high: first.2,
                status: Status::Inconclusive,
                references: values.iter().take(6).map(|v| Reference { label: label.clone(), value: v.0 }).collect(),
            }),
            Box::new(Importance { title: title.clone(), measure: label.clone(), features: values.iter().map(|v| (label.clone(), v.0)).collect() }),
            Box::new(Shuffles { title: title.clone(), measure: label.clone(), features: values.iter().map(|v| Shuffle { label: label.clone(), mean: v.0, sd: v.1 }).collect() }),
            Box::new(dependence_of(&label, &values, 1)),
            Box::new(dependence_of(&label, &values, 6)),
            Box::new(Psi { title, columns: values.iter().map(|v| (label.clone(), v.0)).collect(), ..Psi::default() }),
        ];
        for (at, chart) in charts.iter().enumerate() {
            let svg = chart.svg(Theme::Light);
            prop_assert_eq!(&svg, &chart.svg(Theme::Light));
            assert_sound(&format!("chart {at}"), &svg);
            let _ = chart.table();
        }
    }
}

/// Of a loss the weakest slice is the highest; one without an interval says so, and none is drawn of it.
#[test]
fn a_forest_of_losses_names_the_highest_and_draws_no_interval_that_is_not_there() {
    let slice = |label: &str, value, half: f64| Slice {
        label: label.to_owned(),
        rows: 500,
        value,
        low: value - half,
        high: value + half,
        status: SliceStatus::Fine,
    };
    let forest = SliceForest {
        title: "log-loss by slice".to_owned(),
        metric: "log-loss".to_owned(),
        higher_is_better: false,
        overall: (0.186, 0.164, 0.212),
        slices: vec![
            slice("size=middle", 0.254, 0.03),
            slice("size=small", 0.111, f64::NAN),
        ],
    };
    assert!(
        forest
            .description()
            .contains("the weakest of 2 slices is size=middle: 0.254")
    );
    let picture = forest.svg(Theme::Page);
    assert!(picture.contains("0.111 (no interval)"), "{picture}");
    assert_eq!(
        picture.matches("class=\"s0\"").count(),
        3,
        "one line with two ends"
    );
}

/// Names of classes that are wider than their column run upwards, whole.
#[test]
fn long_names_of_classes_are_not_cut() {
    let names = [
        "BARBUNYA", "BOMBAY", "CALI", "DERMASON", "HOROZ", "SEKER", "SIRA",
    ];
    let many = Confusion {
        title: "Confusion".to_owned(),
        labels: names.map(str::to_owned).to_vec(),
        counts: vec![vec![1; 7]; 7],
    };
    let picture = many.svg(Theme::Page);
    assert!(!picture.contains('…'), "{picture}");
    assert_eq!(picture.matches("rotate(-90)").count(), 7);
    let few = Confusion {
        labels: vec!["no".to_owned(), "yes".to_owned()],
        counts: vec![vec![9, 1], vec![2, 8]],
        ..many
    };
    assert!(!few.svg(Theme::Page).contains("rotate"));
}
