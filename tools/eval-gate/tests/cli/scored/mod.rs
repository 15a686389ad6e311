//! Files that other tools scored.

mod costs;
mod files;
mod parquet;
mod private;
mod rivals;

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use yard_contract::{ByTask, Verdict};

pub(crate) use self::files::binary;
use self::files::{Folder, classes, numbers, reversed};
use crate::project::{self, stderr};

const BINARY: &str = "\
at_least: {auc: 0.7}
champion: {margins: {auc: 0.02, log_loss: 0.05}}
slices: {by: [[region]], min_rows: 100, auc_at_least: 0.6, champion: {margin: 0.05}}
costs: {false_positive: 1, false_negative: 5}
";

#[test]
fn two_classes_are_judged_in_any_order_of_the_rows() {
    let (new, old) = (binary(4000, 0.3), binary(4000, 0.35));
    let mut digests = Vec::new();
    for (new, old) in [
        (new.clone(), old.clone()),
        (reversed(&new), old.clone()),
        (new, reversed(&old)),
    ] {
        let folder = Folder::new(BINARY, &new, &old);
        let output = folder.compare();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let evaluation = folder.evaluation();
        assert_eq!(evaluation.primary, "auc");
        assert!(evaluation.binary().unwrap().cheapest.is_some());
        for metric in [
            "kappa",
            "recall_at_k",
            "lift_at_k",
            "expected_cost",
            "calibration_slope",
        ] {
            let found = &evaluation.metrics[metric];
            assert!(
                found.low < Some(found.value) && Some(found.value) < found.high,
                "{metric}"
            );
        }
        digests.push((evaluation.holdout_sha256, evaluation.metrics["auc"].value));
    }
    assert!(digests.iter().all(|digest| *digest == digests[0]));
}

#[test]
fn a_worse_model_fails_and_a_small_sample_is_inconclusive() {
    let folder = Folder::new(BINARY, &binary(4000, 3.0), &binary(4000, 0.3));
    assert_eq!(folder.compare().status.code(), Some(1));
    let config = "champion: {margins: {auc: 0.01}}";
    let folder = Folder::new(config, &binary(150, 1.1), &binary(150, 1.0));
    assert_eq!(
        folder.compare().status.code(),
        Some(4),
        "{:?}",
        folder.verdict()
    );
}

#[test]
fn several_classes_and_numbers_are_judged_with_slices_and_charts() {
    let several = "\
at_least: {accuracy: 0.5, auc_macro: 0.7}
champion: {margins: {log_loss: 0.05, f1_macro: 0.05}}
slices: {by: [[region]], min_rows: 100, at_most: 0.9, champion: {margin: 0.1, prove: no_harm}}
";
    let number = "\
at_most: {rmse: 1.2}
at_least: {r2: 0.8}
champion: {margins: {rmse: 0.1, mae: 0.1}}
slices: {by: [[region]], min_rows: 100, at_most: 1.2, champion: {margin: 0.2, prove: no_harm}}
";
    for (config, new, old, worse, primary, chart) in [
        (
            several,
            classes(2000, 1.6),
            classes(2000, 1.5),
            classes(2000, 0.2),
            "log_loss",
            "confusion.svg",
        ),
        (
            number,
            numbers(2000, 1.0),
            numbers(2000, 1.02),
            numbers(2000, 3.0),
            "rmse",
            "residuals.svg",
        ),
    ] {
        let folder = Folder::new(config, &new, &reversed(&old));
        let output = folder.compare();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let evaluation = folder.evaluation();
        assert_eq!(evaluation.primary, primary);
        assert_eq!(evaluation.slices.len(), 2);
        // Outcomes near 0 carry the percentage error, so that it has no interval.
        let metrics = evaluation
            .metrics
            .iter()
            .filter(|(name, _)| *name != "mape");
        for (name, found) in metrics {
            assert!(
                found.low <= Some(found.value) && Some(found.value) <= found.high,
                "{name}"
            );
            assert!(found.low < found.high, "{name}");
        }
        let comparison = evaluation.comparison.unwrap();
        assert_eq!(comparison.differences.len(), evaluation.metrics.len());
        assert!(folder.0.path().join("out/charts").join(chart).exists());
        match evaluation.by_task {
            ByTask::Multiclass(of) => {
                let rows: u64 = of.confusion.iter().flatten().sum();
                assert_eq!((of.classes.len(), rows), (3, 2000));
            }
            ByTask::Regression(of) => {
                assert_eq!(of.residuals.iter().map(|bin| bin.rows).sum::<u64>(), 2000);
            }
            ByTask::Binary(_) => panic!("no model of two classes"),
        }

        let folder = Folder::new(config, &worse, &old);
        assert_eq!(folder.compare().status.code(), Some(1));
        let rules = folder.verdict().rules;
        let broken = |rule: &&yard_contract::RuleResult| rule.verdict == Verdict::Fail;
        let ids: Vec<&str> = rules
            .iter()
            .filter(broken)
            .map(|rule| rule.id.as_str())
            .collect();
        assert!(ids.contains(&"slices.at_most region=north"), "{ids:?}");
        assert!(ids.contains(&"slices.champion region=south"), "{ids:?}");
    }
}

/// A row of weight 2 is two rows for every value; no closed form knows weights.
#[test]
fn weights_are_honoured() {
    let text = binary(1500, 0.5);
    let (header, rows) = text.split_once('\n').unwrap();
    let mut repeated = format!("{header}\n");
    for row in rows.lines() {
        let (id, rest) = row.split_once(',').unwrap();
        let weight: u64 = row.split(',').nth(4).unwrap().parse().unwrap();
        for copy in 0..weight {
            writeln!(repeated, "{id}-{copy},{rest}").unwrap();
        }
    }
    let first = ["--predictions", "new.csv", "--first-model", "a test"];
    let weighted = Folder::new("at_least: {auc: 0.5}\nweight: w\n", &text, "");
    let output = weighted.gate(&first);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let plain = Folder::new("at_least: {auc: 0.5}\n", &repeated, "");
    assert_eq!(plain.gate(&first).status.code(), Some(0));
    let (weighted, plain) = (weighted.evaluation(), plain.evaluation());
    assert_eq!(weighted.metrics.len(), plain.metrics.len());
    for (name, found) in &weighted.metrics {
        let other = plain.metrics[name].value.get();
        assert!(
            (found.value.get() - other).abs() < 1e-9,
            "{name}: {found:?} {other}"
        );
        let method = found.interval.as_deref().unwrap();
        assert!(
            method.starts_with("bootstrap") || method.starts_with("sandwich"),
            "{name}: {method}"
        );
    }
}

/// A champion that only exists as its scores, and the other way round.
#[test]
fn a_model_is_compared_with_a_file_of_scores() {
    let config = "id: row\nchampion: {auc_margin: 0.05}\n";
    let project = project::Project::new(3000, 1.0, config);
    let text = project::holdout(3000);
    let mut holdout = String::new();
    let mut scores = "row,label,score\n".to_owned();
    for (row, line) in text.lines().enumerate() {
        if row == 0 {
            writeln!(holdout, "row,{line}").unwrap();
            continue;
        }
        writeln!(holdout, "r{row},{line}").unwrap();
        let x: f64 = line.split(',').next().unwrap().parse().unwrap();
        let label = line.rsplit(',').next().unwrap();
        writeln!(scores, "r{row},{label}.0,{:.6}", 1.0 / (1.0 + (-x).exp())).unwrap();
    }
    project.put("holdout.csv", &holdout);
    project.put("scores.csv", &reversed(&scores));
    let output = project.gate(&["--champion-predictions", "scores.csv"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let there = project.evaluation();
    let mut command = Command::new(env!("CARGO_BIN_EXE_eval-gate"));
    command.current_dir(project.0.path()).env_clear();
    command.args([
        "--predictions",
        "scores.csv",
        "--champion",
        "model",
        "--holdout",
        "holdout.csv",
    ]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let back = project.evaluation();
    assert_eq!(there.holdout_sha256, back.holdout_sha256);
    assert_eq!(there.comparison.unwrap().champion_sha256, back.model_sha256);
}

#[test]
fn leakage_warns_unless_told_otherwise() {
    let text = binary(1000, 0.3);
    let mut perfect = String::new();
    for (row, line) in text.lines().enumerate() {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        if row > 0 {
            cells[2] = if cells[1] == "1" {
                "0.9".to_owned()
            } else {
                format!("0.{row:04}1")
            };
            cells[2] = if cells[1] == "1" {
                cells[2].clone()
            } else {
                cells[2].replace("0.", "0.0")
            };
        }
        writeln!(perfect, "{}", cells.join(",")).unwrap();
    }
    let first = ["--predictions", "new.csv", "--first-model", "a test"];
    for (config, code) in [
        ("at_least: {accuracy: 0.7}", 4),
        ("at_least: {accuracy: 0.7}\nleakage: {severity: fail}", 1),
        ("at_least: {accuracy: 0.7}\nleakage: {above: 1}", 0),
    ] {
        let folder = Folder::new(config, &perfect, "");
        let output = folder.gate(&first);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{config}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn other_rows_are_named() {
    let (new, old) = (binary(500, 0.3), binary(500, 0.35));
    let cut = |text: &str, id: &str| -> String {
        let kept = text
            .lines()
            .filter(|line| !line.starts_with(&format!("{id},")));
        kept.fold(String::new(), |text, line| text + line + "\n")
    };
    let config = "champion: {auc_margin: 0.1}";
    for (old, words) in [
        (cut(&old, "17"), "1 row is only in `new.csv` (`17`)"),
        (
            cut(&cut(&old, "17"), "18"),
            "2 rows are only in `new.csv` (`17`, `18`)",
        ),
        (
            old.replace("\n17,", "\n9017,"),
            "1 row is only in `old.csv` (`9017`)",
        ),
        (
            old.replace("\n17,", "\n18,"),
            "`old.csv`: 1 values of `id` occur more than once (`18`)",
        ),
        (
            old.replace("\n17,", "\n,"),
            "`old.csv`, line 19, column `id`: empty",
        ),
        (
            old.replace("\n17,0,", "\n17,1,"),
            "another outcome in `old.csv` than in `new.csv` (`17`)",
        ),
        (
            old.replacen(",label,", ",outcome,", 1),
            "there is no column `label`",
        ),
        (old.replacen("id,", "key,", 1), "there is no column `id`"),
    ] {
        Folder::new(config, &new, &old).refuses(words);
    }
    let heavier = old.replace(",south,2,", ",south,3,");
    let weighted = "champion: {auc_margin: 0.1}\nweight: w\n";
    Folder::new(weighted, &new, &heavier).refuses("rows have another weight in `old.csv`");
    let mixed = old.replace(",250\n", ",251\n");
    let clustered = "champion: {auc_margin: 0.1}\ncluster: customer\n";
    if mixed != old {
        Folder::new(clustered, &new, &mixed).refuses("rows have another entity in `old.csv`");
    }
    let other = classes(500, 1.0);
    Folder::new(config, &new, &other).refuses("the champion predicts one of a, b, c");
}

#[test]
fn groups_that_are_treated_apart_break_a_rule() {
    let first = ["--predictions", "new.csv", "--first-model", "a test"];
    // Customers of the south are scored lower for no reason.
    let biased: String = binary(6000, 0.3)
        .lines()
        .enumerate()
        .map(|(row, line)| {
            let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            if row > 0 && cells[3] == "south" {
                let score: f64 = cells[2].parse().unwrap();
                cells[2] = format!("{:.6}", 0.75 * score);
            }
            cells.join(",") + "\n"
        })
        .collect();
    let rule = |limits: &str| {
        format!(
            "fairness: {{by: [region], metrics: [selection_rate, true_positive_rate], {limits}}}\n"
        )
    };
    for (config, text, code) in [
        (
            rule("max_difference: 0.1, min_ratio: 0.7"),
            binary(6000, 0.3),
            0,
        ),
        (rule("max_difference: 0.1"), biased.clone(), 1),
        (rule("min_ratio: 0.8"), biased.clone(), 1),
        (rule("min_ratio: 0.8, severity: warning"), biased.clone(), 4),
        (
            rule("max_difference: 0.1") + "cluster: customer\n",
            biased.clone(),
            1,
        ),
        (rule("max_difference: 0.1"), binary(300, 0.3), 4),
        (
            rule("max_difference: 0.1, min_rows: 100000"),
            biased.clone(),
            2,
        ),
    ] {
        let folder = Folder::new(&config, &text, "");
        let output = folder.gate(&first);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{config}: {}",
            stderr(&output)
        );
        if code == 2 {
            continue;
        }
        for gap in folder.evaluation().fairness {
            let rates: Vec<f64> = (gap.groups.iter())
                .map(|group| group.rate.as_ref().unwrap().value.get())
                .collect();
            let difference = (rates[0] - rates[1]).abs();
            assert!((gap.difference.value.get() - difference).abs() < 1e-12);
            assert!(gap.difference.low <= Some(gap.difference.value));
            assert!(gap.ratio.high >= Some(gap.ratio.value));
        }
    }
    let folder = Folder::new(&rule("max_difference: 0.1"), &numbers(300, 1.0), "");
    assert_eq!(folder.gate(&first).status.code(), Some(2));
}

/// With a handful of positives no interval holds its level, so that nothing is shown.
#[test]
fn too_few_rows_of_a_class_show_nothing() {
    let (new, old) = (binary(60, 0.30), binary(60, 0.31));
    let keep = |text: &str| -> String {
        let mut positives = 0;
        let kept = text.lines().filter(|line| {
            let positive = line.split(',').nth(1) == Some("1");
            positives += u32::from(positive);
            !positive || positives <= 4
        });
        kept.fold(String::new(), |text, line| text + line + "\n")
    };
    let folder = Folder::new(
        "champion: {margins: {auc: 0.5, log_loss: 5}}",
        &keep(&new),
        &keep(&old),
    );
    let output = folder.compare();
    assert_eq!(output.status.code(), Some(4), "{:?}", folder.verdict());
    let rules = folder.verdict().rules;
    let unsettled =
        |rule: &yard_contract::RuleResult| rule.message.contains("too few rows carry it");
    assert!(rules.iter().any(unsettled), "{rules:?}");
}

/// Whatever is removed, empty, foreign, constant or out of range is no verdict, and says what it is.
#[test]
fn what_no_tool_can_have_scored_is_refused_with_a_reason() {
    let (new, old) = (binary(300, 0.3), binary(300, 0.35));
    let column = |place: usize, value: &str| -> String {
        let rows = new.lines().enumerate().map(|(row, line)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if row > 0 {
                cells[place] = value;
            }
            cells.join(",") + "\n"
        });
        rows.collect()
    };
    let header = new.lines().next().unwrap().to_owned() + "\n";
    let first = |cell: &str| new.replacen("\n0,0,0", &format!("\n0,0,{cell}"), 1);
    let config = "champion: {auc_margin: 0.1}";
    for (text, words) in [
        (String::new(), "the table is empty"),
        (header, "a header and no rows"),
        ("PAR1".to_owned(), "cannot read the Parquet file `new.csv`"),
        (
            format!("PAR1{new}PAR1"),
            "cannot read the Parquet file `new.csv`",
        ),
        (column(2, "0.5"), "the model answers every row alike: 0.5"),
        (column(2, "nan"), "`nan` is not a number"),
        (
            column(2, ""),
            "line 2, column `score`: empty, where a probability is needed",
        ),
        (column(2, "1.5"), "1.5, which is no probability"),
        (column(1, "1"), "every row has the same `label`: 1"),
        (column(1, "yes"), "which class of `label` is positive?"),
        (column(1, ""), "line 2, column `label`: empty"),
        (column(0, "7"), "occur more than once (`7`)"),
        (first("x"), "column `score`: `x"),
        (
            new.replacen(",score,", ",margin,", 1),
            "has no column of scores; its columns are",
        ),
        (new.replacen('\n', "\n1,2\n", 1), "line 2: 2 fields"),
    ] {
        if text == new {
            continue;
        }
        Folder::new(config, &text, &old).refuses(words);
        // The champion's file is no better.
        let swapped = words.replace("new.csv", "old.csv");
        let swapped = swapped.replace("the model answers", "the champion answers");
        Folder::new(config, &new, &text).refuses(&swapped);
    }
    let folder = Folder::new(config, &new, &old);
    fs::remove_file(folder.0.path().join("old.csv")).unwrap();
    folder.refuses("failed to read `old.csv`");
}
