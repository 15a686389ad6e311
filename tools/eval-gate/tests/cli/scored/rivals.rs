//! Scores held against scores: the champion's, the last release's, and what earlier looks left.

use std::fmt::Write as _;
use std::fs;

use yard_contract::{Sha256, Verdict};

use super::files::{Folder, binary, classes, numbers, reversed, uniform};
use crate::project::stderr;

/// The last release as scores, for every task; a margin of a number is in its own unit.
#[test]
fn the_last_release_may_be_a_file_of_scores_too() {
    for (metric, margin, new, old, worse) in [
        (
            "auc",
            0.02,
            binary(4000, 0.5),
            binary(4000, 0.55),
            binary(4000, 3.0),
        ),
        (
            "log_loss",
            0.05,
            classes(2000, 2.0),
            classes(2000, 1.9),
            classes(2000, 0.3),
        ),
        (
            "rmse",
            1.5,
            numbers(2000, 3.0),
            numbers(2000, 2.9),
            numbers(2000, 9.0),
        ),
    ] {
        let of = |margin: f64| format!("{{margins: {{{metric}: {margin}}}}}");
        let config = format!("champion: {}\nrelease: {}\n", of(margin), of(margin));
        let folder = Folder::new(&config, &new, &old);
        let files = [
            "--predictions",
            "new.csv",
            "--champion-predictions",
            "old.csv",
            "--release-champion-predictions",
            "release.csv",
        ];
        folder.put("release.csv", &reversed(&old));
        let output = folder.gate(&files);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let evaluation = folder.evaluation();
        let (champion, release) = (evaluation.comparison.unwrap(), evaluation.release.unwrap());
        assert_eq!(champion.differences, release.differences);
        assert_eq!(evaluation.flips.is_some(), metric == "auc");
        let file = fs::read(folder.0.path().join("release.csv")).unwrap();
        assert_eq!(release.champion_sha256, Sha256::of(&file));

        // The champion is long worse than the release was.
        folder.put("new.csv", &worse);
        folder.put("old.csv", &worse);
        let output = folder.gate(&files);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let rules = folder.verdict().rules;
        let verdict = |id: String| rules.iter().find(|rule| rule.id == id).unwrap().verdict;
        assert_eq!(verdict(format!("champion.{metric}")), Verdict::Pass);
        assert_eq!(verdict(format!("release.{metric}")), Verdict::Fail);

        let (_, fewer) = old.trim_end().rsplit_once('\n').unwrap();
        folder.put("release.csv", &old.replace(fewer, "").replace("\n\n", "\n"));
        let output = folder.gate(&files);
        assert_eq!(output.status.code(), Some(2));
        let said = stderr(&output);
        assert!(said.contains("1 row is only in `new.csv`"), "{said}");
    }
}

/// The same rows are the same in whatever file they come: to the ledger, and to retrains.
#[test]
fn looks_and_retrains_know_rows_by_their_identifiers() {
    let config = "champion: {margins: {auc: 0.05}}\nlooks: {planned: 5}\nflips: {show: [region]}\n";
    let text = binary(3000, 0.5);
    let folder = Folder::new(config, &text, &binary(3000, 0.6));
    let both = [
        "--predictions",
        "new.csv",
        "--champion-predictions",
        "old.csv",
        "--ledger-out",
        "ledger.json",
    ];
    let output = folder.gate(&[&both[..], &["--new-ledger", "a test"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let flips = folder.evaluation().flips.unwrap();
    let ids: Vec<&str> = text
        .lines()
        .map(|row| row.split(',').next().unwrap())
        .collect();
    for flip in &flips.listed {
        assert!(ids.contains(&flip.row.as_str()), "{}", flip.row);
        assert!(flip.columns.contains_key("region"));
    }
    let look = ["--ledger", "ledger.json"];
    for (retrain, noise) in [("a.json", 0.5), ("b.json", 0.48)] {
        folder.put("new.csv", &binary(3000, noise));
        let output = folder.gate(&[&both[..4], &look[..]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let place = |name: &str| folder.0.path().join(name);
        fs::copy(place("out/evaluation.json"), place(retrain)).unwrap();
    }

    folder.put("new.csv", &reversed(&binary(3000, 0.45)));
    let more = ["--ledger", "ledger.json", "--retrains", "a.json", "b.json"];
    let output = folder.gate(&[&both[..], &more].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let gate = folder.verdict();
    assert_eq!(gate.look.unwrap().number, 2);
    assert_eq!(gate.seed_noise.unwrap().retrains, 2);

    // Other rows: another budget, and other retrains.
    for file in ["new.csv", "old.csv"] {
        folder.put(file, &binary(2999, 0.45));
    }
    let output = folder.gate(&[&both[..], &more].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("another holdout"),
        "{}",
        stderr(&output)
    );
    let output = folder.gate(&[&both[..], &more[..2]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(folder.verdict().look.unwrap().number, 1);
}

/// Where a handful of rows carries the difference, the sum since the release is not known either.
#[test]
fn a_step_that_shows_nothing_leaves_the_sum_open() {
    let mut few = "id,label,score\n".to_owned();
    let mut other = few.clone();
    for row in 0..40 {
        let label = u8::from(row % 20 == 0);
        writeln!(few, "{row},{label},{:.3}", uniform(row, 5)).unwrap();
        writeln!(other, "{row},{label},{:.3}", uniform(row, 6)).unwrap();
    }
    let config = "champion: {margins: {auc: 0.9}}\nrelease: {cumulative: {auc: 0.9}}\n";
    let folder = Folder::new(config, &few, &other);
    let output = folder.gate(&[
        "--predictions",
        "new.csv",
        "--champion-predictions",
        "old.csv",
        "--first-release",
        "a test",
        "--new-ledger",
        "a test",
    ]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    for rule in folder.verdict().rules {
        assert_eq!(rule.verdict, Verdict::Inconclusive, "{}", rule.id);
    }
}
