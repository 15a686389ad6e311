//! Searching: the same winner whoever tries what, and nothing but training rows.

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::{CONFIG, Project, stderr, table};

const RANDOM: &str = "\
method: random
trials: 8
seed: 3
parameters:
  gradient_boosting.learning_rate: {log_uniform: [0.02, 0.4]}
  gradient_boosting.max_leaves: {whole: [2, 9]}
  gradient_boosting.min_rows_in_leaf: {log_whole: [1, 40]}
  class_weight: {values: [null, balanced]}
";

fn halving(resource: &str) -> String {
    RANDOM
        .replace("method: random", "method: halving")
        .replace("trials: 8", "trials: 14")
        + &format!("halving: {{brackets: 4, rungs: 3, factor: 2, resource: {resource}}}\n")
}

const GRID: &str = "\
method: grid
parameters:
  algorithm: {values: [gradient-boosting, logistic-regression]}
  logistic_regression.l2: {values: [0.1, 10]}
  gradient_boosting.max_leaves: {values: [3, 6]}
";

fn project(search: &str) -> Project {
    let project = Project::new(&table(400), CONFIG);
    let place = project.0.path().join("configs/search.yaml");
    yard_cli::files::write(&place, search.as_bytes()).unwrap();
    project
}

impl Project {
    fn search(&self, words: &str) -> Output {
        let mut command = self.command();
        command.args(["search", "--data", "data.csv"]);
        command.args(words.split_whitespace()).output().unwrap()
    }

    fn merge(&self, words: &str) -> Output {
        let mut command = self.command();
        command.args(["search", "merge"]);
        command.args(words.split_whitespace()).output().unwrap()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.file(name)).unwrap()
    }
}

#[track_caller]
fn passed(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
}

#[track_caller]
fn refused(output: &Output, said: &str) {
    assert_eq!(output.status.code(), Some(2), "{}", stderr(output));
    assert!(stderr(output).contains(said), "{}", stderr(output));
}

#[test]
fn a_search_in_shards_ends_in_the_bytes_of_a_search_in_one_go() {
    for search in [
        RANDOM.to_owned(),
        GRID.to_owned(),
        halving("rounds"),
        halving("rows"),
    ] {
        let project = project(&search);
        passed(&project.search("--config-out whole.yaml --out whole.json"));
        let (whole, config) = (project.file("whole.json"), project.file("whole.yaml"));
        for count in [1, 2, 3, 7] {
            let mut names = String::new();
            // The order in which shards are run and given does not matter.
            for index in (0..count).rev() {
                let name = format!("shard-{index}.json ");
                passed(&project.search(&format!(
                    "--shard {index}/{count} --threads {} --out {name}",
                    1 + index % 2
                )));
                names.push_str(&name);
            }
            passed(&project.merge(&format!(
                "{names} --out merged.json --config-out merged.yaml"
            )));
            assert!(project.file("merged.json") == whole, "{count}: {search}");
            assert!(project.file("merged.yaml") == config, "{count}: {search}");
        }
    }
}

#[test]
fn the_winners_configuration_fits_to_what_the_leaderboard_says() {
    for search in [RANDOM.to_owned(), halving("rounds")] {
        let project = project(&search);
        let output = project.search("--config-out best.yaml --measurement time.json");
        passed(&output);
        let board = project.json("out/leaderboard.json");
        passed(&project.train(&["--config", "best.yaml"]));
        let run = project.json("out/model/run.json");
        assert_eq!(run["cross_validation"]["mean"], board["winner"]["mean"]);
        let split = project.json("out/split.json");
        assert_eq!(board["rows_sha256"], split["train"]["rows_sha256"]);
        assert_eq!(board["rows"], split["train"]["rows"]);
        assert!(board["winner"]["ahead"]["mean"].as_f64().unwrap() >= 0.0);
        // The configuration as it stands is trial 0, judged as `train` judges it.
        passed(&project.train(&[]));
        let run = project.json("out/model/run.json");
        let base = &board["trials"][0]["rungs"][0];
        assert_eq!(run["cross_validation"]["mean"], base["mean"]);
        assert!(project.json("time.json")["seconds"]["trial-0"].is_number());
    }
}

/// Cells of rows that are held out can be anything: no trial looks at them.
#[test]
fn no_trial_sees_a_row_that_is_held_out() {
    let search = project(RANDOM);
    passed(&search.search(""));
    passed(&search.train(&[]));
    let holdout = String::from_utf8(search.file("out/holdout.csv")).unwrap();
    let held_out: Vec<&str> = holdout.lines().skip(1).collect();
    let whole = table(400);
    let changed = whole.lines().map(|line| {
        let mut cells: Vec<&str> = line.split(',').collect();
        if held_out.contains(&line) {
            (cells[1], cells[2]) = ("-99999", "77777");
        }
        cells.join(",") + "\n"
    });
    let changed: String = changed.collect();
    assert_ne!(changed, whole);
    let other = project(RANDOM);
    yard_cli::files::write(&other.0.path().join("data.csv"), changed.as_bytes()).unwrap();
    passed(&other.search(""));
    let (one, two) = (
        search.json("out/leaderboard.json"),
        other.json("out/leaderboard.json"),
    );
    assert_ne!(one["inputs"], two["inputs"]);
    for same in ["rows_sha256", "trials", "winner"] {
        assert_eq!(one[same], two[same], "{same}");
    }
}

#[test]
fn shards_of_other_searches_and_those_missing_or_given_twice_are_refused() {
    let project = project(RANDOM);
    for index in 0..3 {
        passed(&project.search(&format!("--shard {index}/3 --out s{index}.json")));
    }
    passed(&project.search("--shard 0/2 --out half.json"));
    passed(&project.search("--shard 2/3 --max-seconds 900 --out hasty.json"));
    refused(&project.merge("s0.json s2.json"), "shard 1 of 3 is missing");
    refused(
        &project.merge("s0.json s1.json s1.json s2.json"),
        "shard 1 of 3 is given twice",
    );
    refused(
        &project.merge("s0.json s1.json half.json"),
        "the numbers of shards differ",
    );
    refused(
        &project.merge("s0.json s1.json hasty.json"),
        "the budgets differ",
    );
    // What somebody wrote into a shard that its trials are not.
    let mut board = project.json("s1.json");
    board["trials"][0]["trial"] = 2.into();
    let place = project.0.path().join("forged.json");
    yard_cli::files::write(&place, board.to_string().as_bytes()).unwrap();
    refused(
        &project.merge("s0.json forged.json s2.json"),
        "trial 2 is another shard's",
    );
    board["trials"].as_array_mut().unwrap().remove(0);
    yard_cli::files::write(&place, board.to_string().as_bytes()).unwrap();
    refused(
        &project.merge("s0.json forged.json s2.json"),
        "trial 1 is in none of the files",
    );

    let search = project.0.path().join("configs/search.yaml");
    yard_cli::files::write(&search, RANDOM.replace("seed: 3", "seed: 4").as_bytes()).unwrap();
    passed(&project.search("--shard 2/3 --out other.json"));
    refused(
        &project.merge("s0.json s1.json other.json"),
        "the inputs' digests differ",
    );
    let config = project.0.path().join("configs/train.yaml");
    yard_cli::files::write(&config, (CONFIG.to_owned() + "# a word\n").as_bytes()).unwrap();
    let other = project.merge("s0.json s1.json s2.json --config-out best.yaml");
    refused(
        &other,
        "is not the configuration that the search started from",
    );
    assert!(project.file("out/leaderboard.json").is_empty());
}

#[test]
fn configurations_that_cannot_be_searched_are_refused_before_the_first_fit() {
    for (from, to, said) in [
        ("trials: 8\n", "", "`trials` is absent"),
        ("trials: 8", "trails: 8", "unknown field `trails`"),
        (
            "whole: [2, 9]",
            "whole: [9, 2]",
            "`parameters.gradient_boosting.max_leaves` must hold the lower number first",
        ),
        ("log_uniform: [0.02", "log_uniform: [0", "above 0"),
        (
            "method: random",
            "method: grid",
            "must hold `values` where `method` is `grid`",
        ),
        (
            "gradient_boosting.max_leaves",
            "gradient_boosting.leaves",
            "`leaves` is none of",
        ),
        ("gradient_boosting.max_leaves", "seed", "only what is in"),
        ("[null, balanced]", "[unbalanced]", "is no configuration"),
        ("[null, balanced]", "[]", "at least one value"),
        (
            "class_weight: {values: [null, balanced]}",
            "algorithm: {values: [linear-regression]}",
            "cannot be fitted",
        ),
    ] {
        let search = RANDOM.replace(from, to);
        assert_ne!(search, RANDOM);
        refused(&project(&search).search(""), said);
    }
    let linear = halving("rounds").replace(
        "class_weight: {values: [null, balanced]}",
        "algorithm: {values: [logistic-regression]}",
    );
    refused(&project(&linear).search(""), "has no rounds to halve");
    let project = project(RANDOM);
    refused(
        &project.search("--shard 0/2 --config-out best.yaml"),
        "a shard has no winner",
    );
    refused(&project.search("--shard 2/2"), "expected I/N");
    let place = project.0.path().join("configs/train.yaml");
    let config = CONFIG.replace("cross_validation: {folds: 3}\n", "");
    yard_cli::files::write(&place, config.as_bytes()).unwrap();
    refused(&project.search(""), "`cross_validation` is missing");
}

/// A trial that cannot be fitted is told and loses; time that is up is told, too.
#[test]
fn what_failed_and_what_was_skipped_stand_in_the_leaderboard() {
    let failing = project(&RANDOM.replace("[0.02, 0.4]", "[0.5, 4]"));
    passed(&failing.search(""));
    let board = failing.json("out/leaderboard.json");
    let trials = board["trials"].as_array().unwrap();
    let failed: Vec<&Value> = trials
        .iter()
        .filter(|trial| trial["outcome"] == "failed")
        .collect();
    assert!(!failed.is_empty() && failed.len() < trials.len());
    assert!(
        failed[0]["reason"]
            .as_str()
            .unwrap()
            .contains("learning_rate")
    );

    let hasty = project(RANDOM);
    refused(
        &hasty.search("--max-seconds 0"),
        "no trial was judged in full",
    );
    assert!(hasty.file("out/leaderboard.json").is_empty());
    passed(&hasty.search("--max-seconds 0 --shard 1/2 --out skipped.json"));
    let board = hasty.json("skipped.json");
    assert_eq!(board["budget_seconds"], 0);
    let trials = board["trials"].as_array().unwrap();
    assert!(trials.iter().all(|trial| trial["outcome"] == "skipped"));
    refused(&hasty.merge("skipped.json"), "shard 0 of 2 is missing");
}

/// How many moments are tried.
#[expect(
    clippy::disallowed_methods,
    reason = "how long tests take is no option of the tool"
)]
fn moments() -> usize {
    match std::env::var_os("TRAINYARD_SOAK") {
        Some(_) => 100,
        None => 5,
    }
}

const KEPT: &str = "--checkpoint kept --checkpoint-rounds 7 --config-out best.yaml";

/// How many bytes are kept so far.
fn kept(project: &Project) -> u64 {
    let entries = fs::read_dir(project.0.path().join("kept"));
    let entries = entries.into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some(entry.metadata().ok()?.len()))
        .sum()
}

/// Sends a signal after so many polls of a search that has begun; answers the exit code, if any.
fn killed_after(project: &Project, trials: usize, signal: &str) -> Option<i32> {
    let mut command = project.command();
    command.args(["search", "--data", "data.csv"]);
    command.args(KEPT.split_whitespace());
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while known(project) < trials && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    let mut kill = Command::new("kill");
    let _ = kill
        .args([signal, &child.id().to_string()])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    child.wait().unwrap().code()
}

/// How many judgements of trials are kept.
fn known(project: &Project) -> usize {
    let entries = fs::read_dir(project.0.path().join("kept"));
    let mut places = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let place = places.find(|path| path.to_string_lossy().ends_with(".search.checkpoint"));
    let bytes = place
        .and_then(|place| fs::read(place).ok())
        .unwrap_or_default();
    let text = String::from_utf8(bytes).unwrap();
    text.matches("\"share\"").count()
}

#[test]
fn a_search_that_is_killed_and_gone_on_with_ends_in_the_same_bytes() {
    let project = project(&halving("rounds"));
    passed(&project.search("--config-out best.yaml"));
    let names = ["out/leaderboard.json", "best.yaml"];
    let expected = names.map(|name| project.file(name));
    let all = String::from_utf8_lossy(&expected[0])
        .matches("\"share\"")
        .count();
    let (mut saved, mut resumed) = (0, 0);
    for moment in 0..moments() {
        fs::remove_dir_all(project.0.path().join("out")).unwrap();
        let signal = if moment % 2 == 0 { "-TERM" } else { "-KILL" };
        let after = moment * all / moments();
        if killed_after(&project, after, signal) == Some(75) {
            assert!(project.file("out/leaderboard.json").is_empty());
            saved += 1;
        }
        let begun = known(&project);
        let end = project.search(KEPT);
        passed(&end);
        assert_eq!(
            stderr(&end).contains("went on from"),
            begun > 0,
            "{}",
            stderr(&end)
        );
        resumed += usize::from(begun > 0);
        assert!(
            names.map(|name| project.file(name)) == expected,
            "{signal} after {after}"
        );
        assert_eq!(kept(&project), 0, "nothing is left to go on with");
    }
    assert!(saved > 0 && resumed > 0, "{saved} {resumed}");
}

#[test]
fn a_damaged_state_is_told_and_not_gone_on_from() {
    let project = project(RANDOM);
    passed(&project.search("--config-out best.yaml"));
    let expected = project.file("out/leaderboard.json");
    while killed_after(&project, 3, "-KILL").is_some() {}
    let entries = fs::read_dir(project.0.path().join("kept"))
        .unwrap()
        .flatten();
    for entry in entries.map(|entry| entry.path()) {
        let mut bytes = fs::read(&entry).unwrap();
        let middle = bytes.len() / 2;
        // What a kill kept from being put in place may be empty.
        if let Some(byte) = bytes.get_mut(middle) {
            *byte ^= 1;
            yard_cli::files::write(&entry, &bytes).unwrap();
        }
    }
    let end = project.search(KEPT);
    passed(&end);
    assert!(stderr(&end).contains("is of no use"), "{}", stderr(&end));
    assert!(project.file("out/leaderboard.json") == expected);
}
