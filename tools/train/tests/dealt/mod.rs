//! How rows are dealt out: to the holdout, to folds, and aside for early stopping.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;
use yard_contract::Sha256;

use super::{CONFIG, Project, stderr};

/// Customers with several rows each, in twelve months, some of which the table itself puts aside.
fn visits(rows: u32) -> String {
    let mut text = "customer,month,side,income,region,late\n".to_owned();
    for row in 0..rows {
        let customer = (row * 7919) % (rows / 5);
        let month = 1 + row * 12 / rows;
        let side = if customer.is_multiple_of(4) {
            "test"
        } else {
            "fit"
        };
        let income = 1000 + (customer * 613) % 4000;
        let region = ["north", "south", "east"][(customer % 3) as usize];
        let late = if (row * 6151) % 100 < (5000 - income) / 50 {
            "yes"
        } else {
            "no"
        };
        writeln!(
            text,
            "c{customer},2024-{month:02},{side},{income},{region},{late}"
        )
        .unwrap();
    }
    text
}

fn config(split: &str, more: &str) -> String {
    CONFIG
        .replace("numbers: [income, age]", "numbers: [income]")
        .replace("split: {method: stratified, holdout_share: 0.25}", split)
        .replace("cross_validation: {folds: 3}\n", more)
}

fn column(csv: &str, place: usize) -> Vec<String> {
    let rows = csv.lines().skip(1);
    rows.map(|row| row.split(',').nth(place).unwrap().to_owned())
        .collect()
}

fn json(project: &Project, name: &str) -> Value {
    serde_json::from_slice(&project.file(name)).unwrap()
}

fn fitted(config: &str) -> Project {
    let project = Project::new(&visits(1200), config);
    let output = project.train(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    project
}

fn digest(ids: &BTreeSet<String>) -> String {
    Sha256::of(lines(ids).as_bytes()).to_string()
}

fn lines(ids: &BTreeSet<String>) -> String {
    let mut lines = String::new();
    for id in ids {
        writeln!(lines, "{id}").unwrap();
    }
    lines
}

#[test]
fn a_group_is_on_one_side_and_the_digests_prove_it() {
    let split = "split: {method: group, column: customer, holdout_share: 0.25}";
    let project = fitted(&config(split, "cross_validation: {folds: 4}\n"));
    let table = visits(1200);
    let holdout = String::from_utf8(project.file("out/holdout.csv")).unwrap();
    let out: BTreeSet<String> = column(&holdout, 0).into_iter().collect();
    let all: BTreeSet<String> = column(&table, 0).into_iter().collect();
    let inside: BTreeSet<String> = all.difference(&out).cloned().collect();
    let rows_of_out = column(&table, 0)
        .into_iter()
        .filter(|id| out.contains(id))
        .count();
    assert_eq!(rows_of_out, holdout.lines().count() - 1);
    assert!((250..=350).contains(&rows_of_out), "{rows_of_out}");

    let proof = json(&project, "out/split.json");
    assert_eq!(
        (&proof["method"], &proof["column"]),
        (&"group".into(), &"customer".into())
    );
    for (side, ids) in [("train", &inside), ("holdout", &out)] {
        assert_eq!(proof[side]["ids"], ids.len(), "{side}");
        assert_eq!(proof[side]["ids_sha256"], digest(ids).as_str(), "{side}");
    }
    let cv = &json(&project, "out/model/run.json")["cross_validation"];
    assert_eq!(
        (&cv["method"], &cv["column"]),
        (&"group".into(), &"customer".into())
    );
    assert_eq!(cv["values"].as_array().unwrap().len(), 4);
}

#[test]
fn a_column_or_a_file_of_ids_says_what_is_held_out() {
    let by_column = "split: {method: given, column: side, held_out: [test]}";
    let of_column = fitted(&config(by_column, ""));
    let holdout = String::from_utf8(of_column.file("out/holdout.csv")).unwrap();
    assert!(column(&holdout, 2).iter().all(|side| side == "test"));
    let ids: BTreeSet<String> = column(&holdout, 0).into_iter().collect();

    let by_file = "split: {method: given, column: customer, held_out_file: configs/ids.txt}";
    let project = Project::new(&visits(1200), &config(by_file, ""));
    let place = project.0.path().join("configs/ids.txt");
    let lines = lines(&ids);
    yard_cli::files::write(&place, lines.as_bytes()).unwrap();
    let output = project.train(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(project.file("out/holdout.csv") == of_column.file("out/holdout.csv"));
    let same = "out/model/model.onnx";
    assert!(project.file(same) == of_column.file(same));
    let proof = json(&project, "out/split.json");
    assert_eq!(proof["holdout"]["ids_sha256"], digest(&ids).as_str());
    let inputs = proof["inputs"].as_array().unwrap();
    assert!(
        inputs.iter().any(|input| input["kind"] == "ids"),
        "{inputs:?}"
    );

    yard_cli::files::write(&place, format!("{lines}c99999\n").as_bytes()).unwrap();
    let output = project.train(&[]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(
        said.contains("`c99999` is the `customer` of no row"),
        "{said}"
    );
}

#[test]
fn folds_ask_what_the_holdout_asks() {
    let by_time = "split: {method: time, column: month, from: 2024-11}";
    for (split, more, method) in [
        (by_time, "{folds: 3}", "time"),
        (
            by_time,
            "{folds: 3, method: group, column: customer}",
            "group",
        ),
        (by_time, "{folds: 3, method: stratified}", "stratified"),
        (
            "split: {method: random, holdout_share: 0.2}",
            "{folds: 3}",
            "stratified",
        ),
        (
            "split: {method: random, holdout_share: 0.2}",
            "{folds: 3, method: random}",
            "random",
        ),
        (
            "split: {method: random, holdout_share: 0.2}",
            "{folds: 3, method: time, column: month}",
            "time",
        ),
    ] {
        let project = fitted(&config(split, &format!("cross_validation: {more}\n")));
        let cv = &json(&project, "out/model/run.json")["cross_validation"];
        assert_eq!(cv["method"], method, "{split} {more}");
    }
    for (split, more, reason) in [
        (
            "split: {method: random, holdout_share: 0.2}",
            "{folds: 3, method: group}",
            "`cross_validation.column` is missing",
        ),
        (by_time, "{folds: 12}", "12 folds need 13"),
        (
            by_time,
            "{folds: 3, method: stratified, column: month}",
            "absent where rows are dealt out by no column",
        ),
        (
            "split: {method: group, column: region, holdout_share: 0.2}",
            "{folds: 5}",
            "of 2 different groups; 5 are needed",
        ),
        (
            "split: {method: given, column: side}",
            "{folds: 3}",
            "`split.held_out` is missing",
        ),
        (
            "split: {method: given, column: side, held_out: [tset]}",
            "{folds: 3}",
            "no row of the table has one of the values",
        ),
        (
            "split: {method: random, holdout_share: 0.2, held_out: [a]}",
            "{folds: 3}",
            "absent where `split.method` is not `given`",
        ),
    ] {
        let config = config(split, &format!("cross_validation: {more}\n"));
        let output = Project::new(&visits(1200), &config).train(&[]);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{reason}: {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains(reason),
            "{reason}: {}",
            stderr(&output)
        );
    }
}

/// A column of names that mean nothing must not be believed because every row had a part in it.
#[test]
fn names_of_few_rows_are_told_out_of_fold() {
    let mut table = "shop,income,late\n".to_owned();
    for row in 0..2000_u32 {
        let income = 1000 + (row * 7919) % 4000;
        let late = if (row * 6151) % 100 < (5000 - income) / 50 {
            "yes"
        } else {
            "no"
        };
        writeln!(
            table,
            "s{},{income},{late}",
            row.wrapping_mul(2_654_435_761) % 400
        )
        .unwrap();
    }
    let mean = |categories: &str| {
        let features = "numbers: [income], categories: [shop]";
        let config = config(
            "split: {method: random, holdout_share: 0.2}",
            "cross_validation: {folds: 4}\n",
        )
        .replace("numbers: [income], categories: [region]", features)
        .replace("{rounds: 20", &format!("{{{categories}rounds: 60"));
        let project = Project::new(&table, &config);
        let output = project.train(&[]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let run = json(&project, "out/model/run.json");
        let coded = run["parameters"]["preparation.shop.code"].clone();
        (run["cross_validation"]["mean"].as_f64().unwrap(), coded)
    };
    let (unsaid, coded) = mean("");
    let (ranked, uncoded) = mean("categories: ranked, ");
    assert_eq!((coded, uncoded), ("target_mean".into(), Value::Null));
    assert!(unsaid > ranked + 0.02, "{unsaid} {ranked}");
}

#[test]
fn early_stopping_keeps_the_best_round_and_any_thread_or_interruption_the_same_bytes() {
    let stopping = "early_stopping: {rounds: 5, share: 0.2}, rounds: 400, learning_rate: 0.3, growth: depth, lambda_l1: 0.5, min_gain: 0.01, min_hessian_in_leaf: 0.1, category_splits: {max_levels: 8}";
    for split in [
        "split: {method: time, column: month, from: 2024-11}",
        "split: {method: group, column: customer, holdout_share: 0.2}",
        "split: {method: stratified, holdout_share: 0.2}",
    ] {
        let config = config(split, "").replace("rounds: 20", stopping);
        let project = fitted(&config);
        let run = json(&project, "out/model/run.json");
        let history = run["history"].as_array().unwrap();
        let loss = |round: &Value| round["validation_loss"].as_f64().unwrap();
        let best = history.iter().map(loss).fold(f64::INFINITY, f64::min);
        let kept = run["parameters"]["rounds_kept"].as_u64().unwrap();
        assert!(
            kept > 0 && history.len() < 400,
            "{split}: {kept} of {}",
            history.len()
        );
        assert!((loss(&history[usize::try_from(kept - 1).unwrap()]) - best).abs() < 1e-15);
        let (rows, aside) = (
            run["rows"].as_f64().unwrap(),
            run["validation_rows"].as_f64().unwrap(),
        );
        assert!(
            (0.1..0.35).contains(&(aside / rows)),
            "{split}: {aside} of {rows}"
        );
        assert_eq!(run["parameters"]["growth"], "depth");
        assert_eq!(run["parameters"]["lambda_l1"], 0.5);
        assert_eq!(run["parameters"]["early_stopping.rounds"], 5.0);

        let first = project.file("out/model/run.json");
        let more = [
            "--threads",
            "3",
            "--checkpoint",
            "kept",
            "--checkpoint-rounds",
            "1",
        ];
        assert_eq!(project.train(&more).status.code(), Some(0));
        assert!(project.file("out/model/run.json") == first, "{split}");
    }
}
