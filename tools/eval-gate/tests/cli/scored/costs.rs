//! What wrong decisions cost, and the threshold that costs least.

use std::fmt::Write as _;
use std::fs;

use yard_contract::Verdict;

use super::files::{Folder, binary, classes, normal, numbers};
use crate::project::stderr;

const CLASSES: &str = "\
at_most: {expected_cost: 1.2}
champion: {margins: {expected_cost: 0.3}}
slices: {by: [[region]], min_rows: 100, at_most: 1.2}
costs:
  classes:
    a: {b: 1, c: 5}
    b: {a: 2, c: 1}
    c: {a: 9, b: 0.5, c: 0.25}
";

/// The mean cost of the most probable class, from the file itself.
fn by_hand(text: &str, region: &str) -> f64 {
    let price = |label: &str, called: &str| match (label, called) {
        ("c", "a") => 9.0,
        ("a", "c") => 5.0,
        ("b", "a") => 2.0,
        ("c", "b") => 0.5,
        ("c", "c") => 0.25,
        (label, called) if label == called => 0.0,
        _ => 1.0,
    };
    let (mut sum, mut rows) = (0.0, 0.0);
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        if !cells[5].contains(region) {
            continue;
        }
        let of = |class: usize| cells[2 + class].parse::<f64>().unwrap();
        let called = (1..3).fold(
            0,
            |best, class| if of(class) > of(best) { class } else { best },
        );
        sum += price(cells[1], ["a", "b", "c"][called]);
        rows += 1.0;
    }
    sum / rows
}

#[test]
fn classes_are_priced_in_rules_against_the_champion_and_in_slices() {
    let (new, old) = (classes(2000, 1.6), classes(2000, 1.2));
    let folder = Folder::new(CLASSES, &new, &old);
    let output = folder.compare();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let evaluation = folder.evaluation();
    let found = &evaluation.metrics["expected_cost"];
    assert!((found.value.get() - by_hand(&new, "")).abs() < 1e-12);
    assert!(found.low < Some(found.value) && Some(found.value) < found.high);
    let comparison = evaluation.comparison.as_ref().unwrap();
    let theirs = comparison.champion_metrics["expected_cost"].value.get();
    assert!((theirs - by_hand(&old, "")).abs() < 1e-12);
    let difference = &comparison.differences["expected_cost"].difference;
    assert!((difference.value.get() - (found.value.get() - theirs)).abs() < 1e-12);
    for slice in &evaluation.slices {
        let found = &slice.metrics["expected_cost"];
        let by_hand = by_hand(&new, &slice.columns["region"]);
        assert!((found.value.get() - by_hand).abs() < 1e-12);
        assert!(found.low < Some(found.value) && Some(found.value) < found.high);
    }
    // Always calling the first class, which the prior does of three equal ones or nearly so.
    assert!(
        evaluation.baselines[0]
            .metrics
            .contains_key("expected_cost")
    );

    let folder = Folder::new(CLASSES, &classes(2000, 0.2), &old);
    assert_eq!(folder.compare().status.code(), Some(1));
    let broken = folder.verdict().rules.into_iter();
    let broken = broken.filter(|rule| rule.verdict == Verdict::Fail);
    let ids: Vec<String> = broken.map(|rule| rule.id).collect();
    for id in ["at_most.expected_cost", "champion.expected_cost"] {
        assert!(ids.iter().any(|found| found == id), "{ids:?}");
    }
}

#[test]
fn costs_that_are_not_the_models_are_refused() {
    let rule = "at_most: {expected_cost: 1}\nchampion: {margins: {log_loss: 1}}\n";
    let several = classes(200, 1.6);
    for (costs, said, hint) in [
        (
            "costs: {classes: {a: {b: 1, c: 1}, b: {a: 1, c: 1}, c: {a: 1}}}",
            "`costs.classes` has no cost of `c` called `b`",
            "what calling it each other one costs",
        ),
        (
            "costs: {classes: {a: {b: 1, c: 1, d: 1}, b: {a: 1, c: 1}, c: {a: 1, b: 1}}}",
            "`costs.classes` names `d`, and the classes are `a`, `b`, `c`",
            "what calling it each other one costs",
        ),
        (
            "costs: {classes: {a: {b: 1, c: -2}, b: {a: 1, c: 1}, c: {a: 1, b: 1}}}",
            "`costs` is -2 for `a` called `c`, but must be 0 or more",
            "",
        ),
        ("costs: {classes: {a: {b: .inf}}}", "gate.yaml", ""),
        (
            "costs: {false_positive: 1, false_negative: 5}",
            "`costs` are not those of a model that predicts one of several classes",
            "costs: {classes:",
        ),
        (
            "costs: {false_positive: 1}",
            "`costs` must have `false_positive` and `false_negative`, or else `classes`",
            "say what wrong decisions cost",
        ),
        (
            "",
            "the rule `at_most.expected_cost` needs `costs`",
            "where there are several",
        ),
    ] {
        let folder = Folder::new(&format!("{rule}{costs}\n"), &several, &several);
        folder.refuses(said);
        assert!(stderr(&folder.compare()).contains(hint), "{costs}");
    }

    let matrix = "costs: {classes: {0: {1: 5}, 1: {0: 1}}}\n";
    let two = binary(400, 0.5);
    let folder = Folder::new(&format!("{rule}{matrix}"), &two, &two);
    folder.refuses("`costs` are not those of a model that predicts one of two classes");
    assert!(stderr(&folder.compare()).contains("costs: {false_positive:"));

    let number = numbers(400, 1.0);
    for costs in ["", matrix] {
        let config =
            format!("at_most: {{expected_cost: 1}}\nchampion: {{margins: {{rmse: 1}}}}\n{costs}");
        let folder = Folder::new(&config, &number, &number);
        folder.refuses("a model that predicts a number");
        assert!(
            stderr(&folder.compare()).contains("limit `rmse`, `mae` or `pinball`"),
            "{costs}"
        );
    }
}

/// Where the cheapest threshold lies: on the same draws as all else, in the evidence and in both reports.
#[test]
fn the_cheapest_threshold_has_an_interval() {
    let config = "at_least: {auc: 0.7}\ncosts: {false_positive: 1, false_negative: 3}\n";
    let first = ["--predictions", "new.csv", "--first-model", "a test"];
    for more in ["", "cluster: customer\n", "weight: w\n"] {
        let folder = Folder::new(&format!("{config}{more}"), &binary(4000, 0.3), "");
        let output = folder.gate(&first);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let evaluation = folder.evaluation();
        let cheapest = evaluation.binary().unwrap().cheapest.clone().unwrap();
        let interval = cheapest.interval.unwrap();
        let (low, high) = (interval.low.unwrap(), interval.high.unwrap());
        assert!(Some(low) <= cheapest.threshold && cheapest.threshold <= Some(high));
        // A calibrated model's is that of the costs, 1 / (1 + 3); the noise of this one moves it little.
        assert!(
            (0.1..0.25).contains(&low.get()) && (0.25..0.5).contains(&high.get()),
            "{low} {high}"
        );
        let clustered = more.starts_with("cluster");
        let method = if clustered {
            "clustered percentile bootstrap 95%"
        } else {
            "percentile bootstrap 95%"
        };
        assert_eq!(interval.method, method);
        let words = format!("it may be {low:.4} to {high:.4}");
        for report in ["report.md", "report.html"] {
            let text = fs::read_to_string(folder.0.path().join("out").join(report)).unwrap();
            assert!(text.contains(&words), "{report}");
        }
    }
    // Against a champion it is the same: the draws are.
    let alone = Folder::new(config, &binary(4000, 0.3), "");
    alone.gate(&first);
    let both = Folder::new(
        &format!("{config}champion: {{margins: {{auc: 0.1}}}}\n"),
        &binary(4000, 0.3),
        &binary(4000, 0.4),
    );
    both.compare();
    let of = |folder: &Folder| folder.evaluation().binary().unwrap().cheapest.clone();
    assert_eq!(of(&alone), of(&both));
}

#[test]
fn what_no_row_reaches_is_no_threshold_and_few_rows_tell_of_none() {
    let first = ["--predictions", "new.csv", "--first-model", "a test"];
    let dear = "at_least: {auc: 0.1}\ncosts: {false_positive: 1000, false_negative: 1}\n";
    // The highest score is of a negative row, so that every threshold has a price.
    let rows = binary(1500, 3.0) + "none,0,1.0,north,1,none\n";
    let folder = Folder::new(dear, &rows, "");
    folder.gate(&first);
    let cheapest = folder
        .evaluation()
        .binary()
        .unwrap()
        .cheapest
        .clone()
        .unwrap();
    assert_eq!(cheapest.threshold, None);
    assert_eq!(cheapest.interval.unwrap().high, None);
    let report = fs::read_to_string(folder.0.path().join("out/report.md")).unwrap();
    assert!(
        report.contains("On these rows calling no row positive would cost least"),
        "{report}"
    );

    let mut few = "id,label,score\n".to_owned();
    for row in 0..300 {
        let positive = row < 8;
        let score = 1.0 / (1.0 + (-(normal(row, 1) + if positive { 2.0 } else { 0.0 })).exp());
        writeln!(few, "{row},{},{score:.6}", u8::from(positive)).unwrap();
    }
    let folder = Folder::new(
        "at_least: {auc: 0.1}\ncosts: {false_positive: 1, false_negative: 9}\n",
        &few,
        "",
    );
    folder.gate(&first);
    let cheapest = folder
        .evaluation()
        .binary()
        .unwrap()
        .cheapest
        .clone()
        .unwrap();
    assert!(cheapest.threshold.is_some() && cheapest.interval.is_none());
    let report = fs::read_to_string(folder.0.path().join("out/report.md")).unwrap();
    assert!(
        report.contains("too few to tell where it lies on others"),
        "{report}"
    );
}
