//! What a card says of an explanation.

use yard_contract::{
    AnswerRange, ContributionMethod, ContributionScale, Dependence, DependencePoint, ExplainedRows,
    ExplainedSide, Explanation, Input, MeanContribution, MeanContributions, PermutationImportance,
    Scalar, Sha256, ShuffledFeature, Spread,
};

use crate::line::{Line, finite};

fn spread(mean: f64) -> Spread {
    Spread {
        mean: finite(mean),
        sd: finite(mean.abs() / 10.0),
    }
}

/// An explanation of the line's model, as `train` writes it.
fn explanation(model_sha256: Sha256) -> Explanation {
    let shuffled = |feature: &str, loss: f64| ShuffledFeature {
        feature: feature.to_owned(),
        loss: spread(loss),
        score: Some(spread(loss * 2.0)),
    };
    let point = |value, mean: f64| DependencePoint {
        value,
        answers: vec![AnswerRange {
            mean: finite(mean),
            low: finite(mean / 2.0),
            high: finite(mean * 2.0),
        }],
    };
    let number = |value| Scalar::Number(finite(value));
    let added = |feature: &str, size| MeanContribution {
        feature: feature.to_owned(),
        mean_absolute: vec![finite(size)],
    };
    Explanation {
        model_sha256,
        rows: ExplainedRows {
            side: ExplainedSide::HeldOut,
            all: 7_575,
            used: 5_000,
        },
        seed: 7,
        answers: vec!["1".to_owned()],
        permutation: PermutationImportance {
            repeats: 5,
            loss: "log_loss".to_owned(),
            score: "auc".to_owned(),
            loss_before: finite(0.281_3),
            score_before: Some(finite(0.78)),
            features: vec![
                shuffled("external_score", 0.0412),
                shuffled("income_monthly", 0.0123),
                shuffled("region", 0.0),
            ],
            left_out: 0,
        },
        dependence: vec![
            Dependence {
                feature: "external_score".to_owned(),
                points: vec![
                    point(number(0.1), 0.31),
                    point(number(0.9), 0.04),
                    point(Scalar::Null, 0.2),
                ],
                left_out: 0,
            },
            Dependence {
                feature: "region".to_owned(),
                points: vec![
                    point(Scalar::from("coast"), 0.1),
                    point(Scalar::from("nor|th"), 0.12),
                ],
                left_out: 3,
            },
        ],
        contributions: Some(MeanContributions {
            method: ContributionMethod::TreeShap,
            scale: ContributionScale::LogOdds,
            rows: 1_000,
            expected: vec![finite(-2.2)],
            features: vec![
                added("external_score", 0.51),
                added("income_monthly", 0.2),
                added("region", 0.0),
            ],
            largest_gap: finite(3.1e-15),
        }),
        no_contributions: None,
        gain: Vec::new(),
    }
}

impl Line {
    /// Writes an explanation of the line's table and model.
    pub(crate) fn explain(&self, change: impl FnOnce(&mut Explanation)) {
        let mut body = explanation(self.onnx());
        change(&mut body);
        let inputs = vec![
            Input::new("model", "model.onnx", self.onnx()),
            Input::new("table", "data/training.csv", Sha256::of(b"the table")),
        ];
        self.artifact("out/explanation.json", "train", inputs, body);
    }
}

#[test]
fn what_the_model_leans_on_is_said_and_drawn() {
    let line = Line::new();
    line.explain(|_| ());
    let (code, _, stderr) = line.run(&[]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let card = line.card();
    for said in [
        "The graph was asked about 5,000 rows that were held out, drawn from 7,575 with seed 7; as they are, their Log-loss is 0.2813 and their AUC 0.78. Then",
        "5 times each",
        "| Feature | Log-loss added when shuffled | AUC lost | Mean contribution |\n|---|---:|---:|---:|\n| `external_score` | 0.0412 ± 0.0041 | 0.0824 ± 0.0082 | 0.510 |\n",
        "| `region` | 0.0000 ± 0.0000 | 0.0000 ± 0.0000 | 0.000 |\n\n",
        "Shapley values of 1,000 of the rows, in the mean of their size, in units of log-odds; of every row they and the expectation add up to its score, but for 3e-15 at most.",
        "| Feature | Lowest | at | Highest | at |\n|---|---:|---|---:|---|\n| `external_score` | 0.04 | 0.9 | 0.31 | 0.1 |\n| `region` | 0.1 | `coast` | 0.12 | `nor\\|th` |\n",
        "| explanation | `out/explanation.json` |",
    ] {
        assert!(card.contains(said), "{said}: {card}");
    }
    for (name, said) in [
        ("shuffles", "Log-loss added"),
        ("contributions", "log-odds"),
        ("dependence", "probability of defaulted = 1"),
    ] {
        assert!(card.contains(&format!("](charts/{name}.svg)")), "{card}");
        let svg = line.read(&format!("out/charts/{name}.svg"));
        assert!(svg.starts_with("<svg") && svg.contains(said), "{svg}");
    }
}

#[test]
fn of_a_graph_alone_the_card_says_what_is_not_known() {
    let line = Line::new();
    line.adopt();
    line.explain(|explanation| {
        explanation.rows.side = ExplainedSide::Table;
        explanation.rows.used = 7_575;
        explanation.contributions = None;
        explanation.no_contributions = Some("only its graph is known".to_owned());
        explanation.permutation.score_before = None;
        for feature in &mut explanation.permutation.features {
            feature.score = None;
        }
    });
    let (code, _, stderr) = line.run(&["--explanation", "out/explanation.json"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let card = line.card();
    for said in [
        "The graph was asked about 7,575 rows of the table that came with the model; as they are, their Log-loss is 0.2813. Then",
        "| Feature | Log-loss added when shuffled |\n|---|---:|\n| `external_score` | 0.0412 ± 0.0041 |\n",
        "What each feature adds to a row's score is not known: only its graph is known.",
    ] {
        assert!(card.contains(said), "{said}: {card}");
    }
    for silent in ["Mean contribution", "charts/contributions.svg", "AUC lost"] {
        assert!(!card.contains(silent), "{silent}: {card}");
    }
}

#[test]
fn several_classes_have_a_line_each() {
    let line = Line::new();
    line.explain(|explanation| {
        explanation.answers = ["high", "low"].map(str::to_owned).into();
        for point in explanation
            .dependence
            .iter_mut()
            .flat_map(|it| &mut it.points)
        {
            point.answers.push(point.answers[0]);
        }
        explanation.contributions = None;
        explanation.no_contributions = Some("a test".to_owned());
    });
    let (code, _, stderr) = line.run(&[]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let card = line.card();
    assert!(
        card.contains("| Feature | Class | Lowest | at | Highest | at |\n|---|---|---:|---|---:|---|\n| `external_score` | `high` | 0.04 | 0.9 | 0.31 | 0.1 |\n| `external_score` | `low` | 0.04 |"),
        "{card}"
    );
}
