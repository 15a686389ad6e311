//! What models lean on, and how their answers follow their features.

use std::fmt::Write as _;
use std::process::Output;

use yard_contract::{
    ContributionMethod, ContributionScale, Dependence, Document, ExplainedSide, Explanation,
    MeanContribution, Scalar, ShuffledFeature,
};

use super::{CONFIG, Project, several, stderr, table};

/// Rows whose `planted` decides nearly all, `less` a little, and `same` and `noise` nothing. Every
/// seventh `planted` is missing.
fn planted(rows: u32) -> String {
    let mut text = "planted,less,noise,same,colour,late,spent,class\n".to_owned();
    for row in 0..rows {
        let strength = row * 7919 % 400;
        let less = row * 31 % 50;
        let cell = if row % 7 == 0 {
            String::new()
        } else {
            strength.to_string()
        };
        let known = if row % 7 == 0 { 0 } else { strength };
        let spent = 2 * known + less;
        let late = if spent > 380 + row * 17 % 60 {
            "yes"
        } else {
            "no"
        };
        let colour = ["red", "green", "blue"][(row * 13 % 3) as usize];
        let class = ["low", "middle", "high"][(spent / 290).min(2) as usize];
        let noise = row * 104_729 % 97;
        writeln!(
            text,
            "{cell},{less},{noise},5,{colour},{late},{spent},{class}"
        )
        .unwrap();
    }
    text
}

const FEATURES: &str = "\
features: {numbers: [noise, less, same, planted], categories: [colour]}
split: {method: random, holdout_share: 0.4}
seed: 5
gradient_boosting: {rounds: 40, max_leaves: 6, min_rows_in_leaf: 5}
random_forest: {trees: 20}
";

const TASKS: [(&str, &str); 3] = [
    ("binary", "target: {column: late, positive: \"yes\"}\n"),
    ("multiclass", "target: {column: class}\n"),
    ("regression", "target: {column: spent}\n"),
];

fn config(task: &str, target: &str, algorithm: &str) -> String {
    format!("task: {task}\n{target}{FEATURES}algorithm: {algorithm}\n")
}

fn succeeded(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
}

impl Project {
    fn explanation(&self) -> Explanation {
        let bytes = self.file("out/explanation.json");
        Document::<Explanation>::parse(&bytes).unwrap().body
    }

    fn explained(&self, more: &[&str]) -> Explanation {
        succeeded(&self.train(&[&["--explanation", "out/explanation.json"], more].concat()));
        self.explanation()
    }
}

fn total(feature: &MeanContribution) -> f64 {
    feature.mean_absolute.iter().map(|mean| mean.get()).sum()
}

fn shuffled<'a>(explanation: &'a Explanation, name: &str) -> &'a ShuffledFeature {
    let mut features = explanation.permutation.features.iter();
    features.find(|feature| feature.feature == name).unwrap()
}

fn curve<'a>(explanation: &'a Explanation, name: &str) -> &'a Dependence {
    let mut curves = explanation.dependence.iter();
    curves.find(|curve| curve.feature == name).unwrap()
}

#[test]
fn what_was_planted_comes_first_and_what_says_nothing_last() {
    let data = planted(1000);
    for (task, target) in TASKS {
        for algorithm in ["gradient-boosting", "random-forest", "logistic-regression"] {
            let algorithm = match (task, algorithm) {
                ("regression", "logistic-regression") => "linear-regression",
                _ => algorithm,
            };
            let project = Project::new(&data, &config(task, target, algorithm));
            let explanation = project.explained(&[]);
            let case = format!("{task} by {algorithm}: {:?}", explanation.permutation);
            assert_eq!(explanation.rows.side, ExplainedSide::HeldOut);
            assert_eq!((explanation.rows.all, explanation.rows.used), (400, 400));
            let of = &explanation.permutation;
            assert_eq!(of.features.len(), 5, "{case}");
            assert_eq!(of.features[0].feature, "planted", "{case}");
            let first = &of.features[0];
            let second = &of.features[1];
            assert!(
                first.loss.mean.get() > 2.0 * second.loss.mean.get(),
                "{case}"
            );
            assert!(first.score.unwrap().mean.get() > 0.1, "{case}");
            let same = shuffled(&explanation, "same");
            let costs = [same.loss, same.score.unwrap()];
            assert!(
                costs
                    .iter()
                    .all(|cost| cost.mean.get().abs() + cost.sd.get() <= 0.0),
                "{case}"
            );
            let noise = shuffled(&explanation, "noise");
            assert!(
                noise.loss.mean.get().abs() < 0.1 * first.loss.mean.get(),
                "{case}"
            );

            let contributions = explanation.contributions.as_ref().unwrap();
            assert_eq!(contributions.features.len(), 5, "{case}");
            assert_eq!(contributions.features[0].feature, "planted", "{case}");
            assert_eq!(contributions.rows, 400, "{case}");
            assert!(contributions.largest_gap.get() < 1e-5, "{case}");
            let outputs = if task == "multiclass" { 3 } else { 1 };
            assert_eq!(contributions.expected.len(), outputs, "{case}");
            let of_same = contributions.features.iter().find(|f| f.feature == "same");
            assert!(total(of_same.unwrap()) <= 0.0, "{case}");
            let linear = algorithm.ends_with("regression");
            let method = if linear {
                ContributionMethod::Linear
            } else {
                ContributionMethod::TreeShap
            };
            assert_eq!(contributions.method, method, "{case}");
            assert_eq!(explanation.gain.is_empty(), linear, "{case}");

            assert_eq!(explanation.dependence[0].feature, "planted", "{case}");
            assert!(
                explanation
                    .dependence
                    .iter()
                    .all(|curve| curve.feature != "same"),
                "{case}"
            );
            let points = &explanation.dependence[0].points;
            assert_eq!(points.last().unwrap().value, Scalar::Null, "{case}");
            assert!(
                points.iter().all(|point| point.answers.len() == outputs),
                "{case}"
            );
            // What was planted moves the answer a long way; a share of it, of probabilities.
            let means = points.iter().map(|point| point.answers[0].mean.get());
            let (low, high) = means.fold((f64::MAX, f64::MIN), |(l, h), m| (l.min(m), h.max(m)));
            let far = if task == "regression" { 250.0 } else { 0.3 };
            assert!(high - low > far, "{case}");
        }
    }
}

#[test]
fn a_monotone_model_has_monotone_curves() {
    let text = config("binary", TASKS[0].1, "gradient-boosting").replace(
        "{rounds: 40,",
        "{monotone: {planted: increasing, less: increasing}, rounds: 40,",
    );
    let explanation = Project::new(&planted(1000), &text).explained(&[]);
    for name in ["planted", "less"] {
        let points = &curve(&explanation, name).points;
        let numbers = points.iter().filter(|point| point.value != Scalar::Null);
        let answers: Vec<_> = numbers.map(|point| point.answers[0]).collect();
        assert!(answers.len() > 10, "{name}");
        for pair in answers.windows(2) {
            // Of the mean and of the rows' own curves.
            assert!(pair[0].mean <= pair[1].mean, "{name}: {answers:?}");
            assert!(
                pair[0].low <= pair[1].low && pair[0].high <= pair[1].high,
                "{name}"
            );
        }
        assert!(answers[0].mean < answers[answers.len() - 1].mean, "{name}");
    }
}

#[test]
fn the_same_explanation_on_any_number_of_threads() {
    // More rows are held out than one thread takes at a time.
    let data = planted(5600);
    for (place, (task, target)) in TASKS.into_iter().enumerate() {
        let algorithm = ["gradient-boosting", "gradient-boosting", "random-forest"][place];
        let text = config(task, target, algorithm);
        let of = |threads: &str, rows: &str| {
            let project = Project::new(&data, &text);
            project.explained(&["--threads", threads, "--explanation-rows", rows]);
            project.file("out/explanation.json")
        };
        assert_eq!(
            of("1", "100000"),
            of("2", "100000"),
            "{task} by {algorithm}"
        );
        assert_eq!(of("1", "300"), of("3", "300"), "{task} by {algorithm}");
        assert_ne!(of("2", "300"), of("2", "100000"));
    }
}

#[test]
fn many_rows_are_a_seeded_draw_of_a_stated_number() {
    let text = config("binary", TASKS[0].1, "gradient-boosting");
    let project = Project::new(&planted(1000), &text);
    let model = |project: &Project| project.file("out/model/model.onnx");
    succeeded(&project.train(&[]));
    let alone = model(&project);
    let explanation =
        project.explained(&["--explanation-rows", "120", "--explanation-repeats", "3"]);
    assert_eq!((explanation.rows.all, explanation.rows.used), (400, 120));
    assert_eq!(explanation.permutation.repeats, 3);
    assert_eq!(explanation.contributions.unwrap().rows, 120);
    // To be asked changes no model.
    assert_eq!(model(&project), alone);
    let whole = project.explained(&["--explanation-rows", "100000"]);
    assert_eq!((whole.rows.all, whole.rows.used), (400, 400));
    assert_ne!(
        whole.permutation.loss_before,
        explanation.permutation.loss_before
    );
}

#[test]
fn contributions_of_a_line_are_its_slope_times_the_distance_from_the_mean() {
    let mut data = "x,y\n".to_owned();
    for row in 0..400_u32 {
        let x = row * 7919 % 101;
        writeln!(data, "{x},{}", 3 * x + 7).unwrap();
    }
    let text = "task: regression\ntarget: {column: y}\nfeatures: {numbers: [x]}\n\
                split: {method: random, holdout_share: 0.5}\nalgorithm: linear-regression\nseed: 1\n\
                linear_regression: {l2: 0.0}\n";
    let project = Project::new(&data, text);
    let explanation = project.explained(&[]);
    let cells = |text: &str| -> Vec<f64> {
        let lines = text.lines().skip(1);
        lines
            .map(|line| line.split(',').next().unwrap().parse().unwrap())
            .collect()
    };
    let all = cells(&data);
    let held_out = cells(&String::from_utf8(project.file("out/holdout.csv")).unwrap());
    let (sum, count) = (all.iter().sum::<f64>(), all.len() as f64);
    let out = held_out.len() as f64;
    let mean = (sum - held_out.iter().sum::<f64>()) / (count - out);
    let size = held_out.iter().map(|x| 3.0 * (x - mean).abs()).sum::<f64>() / out;
    let contributions = explanation.contributions.unwrap();
    assert_eq!(contributions.scale, ContributionScale::Value);
    let found = total(&contributions.features[0]);
    assert!((found / size - 1.0).abs() < 1e-5, "{found} {size}");
    let expected = contributions.expected[0].get();
    assert!((expected - (3.0 * mean + 7.0)).abs() < 1e-3, "{expected}");
}

#[test]
fn of_an_adopted_graph_there_are_shuffles_and_curves_and_the_reason_for_no_more() {
    let project = Project::new(&table(400), CONFIG);
    succeeded(&project.train(&[]));
    let adopt = |target: &str, classes: &str| {
        project
            .command()
            .args(["adopt", "out/model/model.onnx", "--data", "data.csv"])
            .args([
                "--target",
                target,
                "--positive",
                "yes",
                "--classes",
                classes,
            ])
            .args(["--exclude", "id,month", "--model", "adopted"])
            .args(["--explanation", "out/explanation.json"])
            .output()
            .unwrap()
    };
    succeeded(&adopt("late", "no,yes"));
    let explanation = project.explanation();
    assert_eq!(explanation.rows.side, ExplainedSide::Table);
    assert_eq!((explanation.rows.all, explanation.rows.used), (400, 400));
    assert!(explanation.contributions.is_none() && explanation.gain.is_empty());
    let reason = explanation.no_contributions.as_deref().unwrap();
    assert!(reason.contains("only its graph is known"), "{reason}");
    assert_eq!(explanation.permutation.features[0].feature, "income");
    assert_eq!(explanation.answers, ["yes"]);
    // Classes that the table writes in another way are no outcomes.
    let output = adopt("late", "NO,yes");
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(
        said.contains("the target `late` is `no`, which is no class"),
        "{said}"
    );
    assert!(said.contains("--classes"), "{said}");
}

#[test]
fn of_a_command_the_graph_is_explained_on_the_rows_held_out() {
    let text = CONFIG.replace("gradient-boosting\n", "command\n");
    let project = Project::new(&table(400), CONFIG);
    succeeded(&project.train(&[]));
    let at = |name: &str| project.0.path().join(name);
    yard_cli::files::write(&at("fitted.onnx"), &project.file("out/model/model.onnx")).unwrap();
    yard_cli::files::write(&at("configs/train.yaml"), text.as_bytes()).unwrap();
    let run = |more: &[&str]| {
        let script = "cp fitted.onnx \"$TRAINYARD_OUT/model.onnx\"";
        project
            .command()
            .env("PATH", "/usr/bin:/bin")
            .args(["run", "--data", "data.csv", "--classes", "no,yes"])
            .args(["--explanation", "out/explanation.json"])
            .args(more)
            .args(["--", "sh", "-c", script])
            .output()
            .unwrap()
    };
    succeeded(&run(&[]));
    let explanation = project.explanation();
    assert_eq!(explanation.rows.side, ExplainedSide::HeldOut);
    let split: serde_json::Value = serde_json::from_slice(&project.file("out/split.json")).unwrap();
    assert_eq!(split["holdout"]["rows"], explanation.rows.all);
    assert!(explanation.no_contributions.is_some());
    let output = run(&["--expect", "scores"]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("`--explanation` asks a graph"), "{said}");
}

#[test]
fn quantiles_are_judged_by_their_own_loss() {
    let text = several("regression", "income", "gradient-boosting").replace(
        "{rounds: 20,",
        "{objective: {quantile: {level: 0.9}}, rounds: 20,",
    );
    let explanation = Project::new(&table(400), &text).explained(&[]);
    assert_eq!(explanation.permutation.loss, "pinball");
    assert_eq!(explanation.permutation.score, "r2");
    assert_eq!(
        explanation.contributions.unwrap().scale,
        ContributionScale::Value
    );
}
