//! The command line as it is seen from outside.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use yard_cli::files;
use yard_contract::{
    Artifact as _, CategoryShare, Document, DriftMeasure, DriftReport, DriftSubject, Finite,
    Profile, Run, Sha256, Task, Verdict,
};
use yard_model::specimen;

const CONFIG: &str = "\
features:
  psi: {warning: 0.1, fail: 0.25}
  ks: {warning: 0.1, fail: 0.2}
  missing: {warning: 0.05, fail: 0.2}
  new_categories: {warning: 0.01, fail: 0.05}
score:
  psi: {warning: 0.1, fail: 0.25}
  ks: {warning: 0.1, fail: 0.2}
target:
  psi: {warning: 0.05, fail: 0.2}
";

/// The cases in `cmd/`.
#[test]
fn commands() {
    trycmd::TestCases::new()
        .env("CLICOLOR_FORCE", "0")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env("TRAINYARD_TEST_PANIC", "false")
        .case("tests/cmd/*.trycmd")
        .run();
}

fn finite(value: f64) -> Finite {
    Finite::new(value).unwrap()
}

/// Row by row the same for everybody: a number in [0, 1).
fn uniform(row: u64, salt: u64) -> f64 {
    let mut z = (row * 31 + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn logistic(margin: f64) -> f64 {
    1.0 / (1.0 + (-margin).exp())
}

/// Amounts from 0 to 1000, one region in five missing, outcomes by the specimen's own formula.
fn rows(count: u64, shift: f64, seed: u64, labelled: bool) -> String {
    let mut text = "id,amount,region".to_owned();
    text.push_str(if labelled { ",defaulted\n" } else { "\n" });
    for row in 0..count {
        let amount = 1000.0 * uniform(row, seed) + shift;
        let region = match uniform(row, seed + 1) {
            draw if draw < 0.4 => "north",
            draw if draw < 0.8 => "south",
            _ => "",
        };
        write!(text, "{row},{amount:.3},{region}").unwrap();
        if labelled {
            let south = f64::from(u8::from(region == "south"));
            let p = logistic(0.01 * amount + south - 2.0);
            let yes = uniform(row, seed + 2) < p;
            text.push_str(if yes { ",yes" } else { ",no" });
        }
        text.push('\n');
    }
    text
}

struct Case(TempDir);

impl Case {
    /// The specimen with a profile of uniform amounts.
    fn new(table: &str, config: &str) -> Self {
        let case = Self(tempfile::tempdir().unwrap());
        let mut files = specimen::files();
        let place = |files: &[(&str, Vec<u8>)], name| {
            files.iter().position(|(file, _)| *file == name).unwrap()
        };
        let at = place(&files, "profile.json");
        let mut profile = Document::<Profile>::parse(&files[at].1).unwrap();
        describe(&mut profile.body);
        files[at].1 = profile.to_bytes();
        let sha256 = Sha256::of(&files[at].1);
        let size = files[at].1.len() as u64;
        let at = place(&files, "run.json");
        let mut run = Document::<Run>::parse(&files[at].1).unwrap();
        for file in &mut run.body.files {
            if file.path == "profile.json" {
                (file.sha256, file.size) = (sha256, size);
            }
        }
        files[at].1 = run.to_bytes();
        for (name, bytes) in files {
            case.put(&format!("model/{name}"), &bytes);
        }
        case.put("fresh.csv", table.as_bytes());
        case.put("configs/drift.yaml", config.as_bytes());
        case
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        files::write(&self.0.path().join(name), bytes).unwrap();
    }

    fn run(&self, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drift-check"));
        for (flag, value) in [("--package", "model"), ("--data", "fresh.csv")] {
            if !more.contains(&flag) {
                command.args([flag, value]);
            }
        }
        command.args(more);
        command.current_dir(self.0.path()).env_clear();
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        child.unwrap().wait_with_output().unwrap()
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.0.path().join("out").join(name)).ok()
    }

    fn judged(&self, code: i32) -> DriftReport {
        let output = self.run(&["--format", "json"]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let bytes = fs::read(self.0.path().join("out/drift-report.json")).unwrap();
        assert_eq!(output.stdout, bytes);
        Document::<DriftReport>::parse(&bytes).unwrap().body
    }

    /// Exit code 2 with this text, and not a trace of an output.
    fn refused(&self, more: &[&str], told: &str) {
        let output = self.run(more);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(told), "{told}: {stderr}");
        assert!(
            !self.0.path().join("out").exists(),
            "something was left: {told}"
        );
    }
}

/// What training would have seen: uniform amounts, four regions in five known.
fn describe(profile: &mut Profile) {
    const ROWS: u64 = 20_000;
    profile.rows = ROWS;
    let amount = &mut profile.features[0];
    amount.edges = (0..=20).map(|bin| finite(f64::from(bin) * 50.0)).collect();
    amount.counts = vec![ROWS / 20; 20];
    let region = &mut profile.features[1];
    region.missing_share = finite(0.2);
    region.categories = ["north", "south"]
        .map(|name| CategoryShare {
            value: name.to_owned(),
            count: ROWS * 2 / 5,
        })
        .into();
    let mut scores: Vec<f64> = (0..ROWS)
        .map(|row| {
            let south = if row % 5 < 2 { 1.0 } else { 0.0 };
            logistic(0.01 * (row / 5) as f64 / 4.0 + south - 2.0)
        })
        .collect();
    scores.sort_by(f64::total_cmp);
    let expected: f64 = scores.iter().sum();
    let positives = (0..ROWS).filter(|row| (*row as f64) < expected).count() as u64;
    profile.target.categories = [("yes", positives), ("no", ROWS - positives)]
        .map(|(value, count)| CategoryShare {
            value: value.to_owned(),
            count,
        })
        .into();
    let score = &mut profile.scores[0];
    score.edges = (0..=20_usize)
        .map(|bin| finite(scores[(scores.len() - 1) * bin / 20]))
        .collect();
    score.counts = vec![ROWS / 20; 20];
}

#[test]
fn unchanged_rows_pass_and_every_form_of_the_report_is_there() {
    let case = Case::new(&rows(3000, 0.0, 1, true), CONFIG);
    let report = case.judged(0);
    assert_eq!((report.rows, report.labelled_rows), (3000, 3000));
    // Two distances of the amount, one of the region, missing twice, new categories, score, target.
    assert_eq!(report.checks.len(), 9);
    assert!(
        case.read("drift-report.md")
            .unwrap()
            .starts_with("## ✅ Pass: Drift")
    );
    assert!(case.read("drift-report.html").unwrap().contains("<svg"));
    let junit = case.read("drift-report.junit.xml").unwrap();
    assert_eq!(junit.matches("<testcase").count(), 9);
    let metrics = case.read("drift-report.metrics.txt").unwrap();
    assert!(metrics.ends_with("# EOF\n") && metrics.contains("trainyard_drift_rows 3000"));
}

#[test]
fn a_shift_of_a_column_is_named_with_what_it_does_to_the_score() {
    let case = Case::new(&rows(3000, 300.0, 1, false), CONFIG);
    let report = case.judged(1);
    let failed: Vec<(DriftSubject, &str, DriftMeasure)> = report
        .checks
        .iter()
        .filter(|check| check.verdict == Verdict::Fail)
        .map(|check| (check.about, check.name.as_str(), check.measure))
        .collect();
    assert!(failed.contains(&(DriftSubject::Feature, "amount", DriftMeasure::Psi)));
    assert!(failed.contains(&(DriftSubject::Score, "score", DriftMeasure::Ks)));
    assert!(failed.iter().all(|(_, name, _)| *name != "region"));
    let human = case.run(&[]);
    let text = String::from_utf8(human.stdout).unwrap();
    assert!(
        text.starts_with("fail: ") && text.contains("psi amount: "),
        "{text}"
    );
    let (features, _) = CONFIG.split_once("score:").unwrap();
    let lenient = format!("{features}  severity: warning\n");
    let case = Case::new(&rows(3000, 300.0, 1, false), &lenient);
    assert_eq!(case.judged(4).verdict, Verdict::Warning);
}

#[test]
fn new_categories_and_missing_cells_are_found_by_name() {
    let table = rows(3000, 0.0, 1, false);
    let table = table.replace(",north\n", ",\"west|`@all`\"\n");
    let report = Case::new(&table, CONFIG).judged(1);
    let new = report
        .checks
        .iter()
        .find(|check| check.measure == DriftMeasure::NewCategories)
        .unwrap();
    assert_eq!(new.verdict, Verdict::Fail);
    assert!(new.message.contains("west|`@all`"), "{}", new.message);
    let table = rows(3000, 0.0, 1, false).replace(",south\n", ",NA\n");
    let report = Case::new(&table, CONFIG).judged(1);
    let missing = report
        .checks
        .iter()
        .find(|check| check.measure == DriftMeasure::Missing && check.name == "region")
        .unwrap();
    assert_eq!(
        (missing.verdict, missing.before),
        (Verdict::Fail, Some(finite(0.2)))
    );
}

#[test]
fn few_rows_never_pass() {
    let case = Case::new(&rows(60, 0.0, 1, false), CONFIG);
    let report = case.judged(4);
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(
        report
            .checks
            .iter()
            .all(|check| check.verdict != Verdict::Fail)
    );
    let gone = rows(1000, 0.0, 1, false)
        .lines()
        .map(|line| match line.split(',').collect::<Vec<_>>()[..] {
            [id, "amount", region] => format!("{id},amount,{region}\n"),
            [id, _, region] => format!("{id},,{region}\n"),
            _ => unreachable!(),
        })
        .collect::<String>();
    let no_missing = CONFIG.replace("  missing: {warning: 0.05, fail: 0.2}\n", "");
    let report = Case::new(&gone, &no_missing).judged(1);
    let psi = &report.checks[0];
    assert_eq!((psi.verdict, psi.value), (Verdict::Inconclusive, None));
}

/// The outcome no longer follows the formula: every other one is turned round.
#[test]
fn a_model_that_became_worse_is_found_where_outcomes_are_known() {
    let config = "accuracy: {auc_drop: {warning: 0.02, fail: 0.05}, log_loss_rise: {warning: 0.1, fail: 0.25}}\n";
    let evaluation = |auc: f64, model: &str| {
        format!(
            r#"{{"kind":"evaluation","version":"1.1","produced_by":{{"tool":"t","version":"0"}},"inputs":[],
            "model_sha256":"{model}","holdout_sha256":"{model}","rows":1,"primary":"auc","metrics":{{
            "auc":{{"value":{auc},"low":{},"high":{},"interval":"delong 95%"}},
            "log_loss":{{"value":0.36,"low":0.34,"high":0.38,"interval":"bootstrap 95%"}}}},
            "by_task":{{"task":"binary","positives":1,"threshold":0.5,
            "confusion":{{"true_positives":1,"false_positives":0,"true_negatives":0,"false_negatives":0}},
            "curves":{{"roc":[],"precision_recall":[],"gain":[],"reliability":[],"scores":[]}}}},
            "baselines":[],"slices":[]}}"#,
            auc - 0.01,
            auc + 0.01
        )
    };
    let table = rows(3000, 0.0, 1, true);
    let turned: String = table
        .lines()
        .enumerate()
        .map(|(line, text)| match (line % 3, text.rsplit_once(',')) {
            (1, Some((rest, "yes"))) => format!("{rest},no\n"),
            (1, Some((rest, "no"))) => format!("{rest},yes\n"),
            _ => format!("{text}\n"),
        })
        .collect();
    let model = Sha256::of(&specimen::files()[0].1).to_string();
    for (table, code) in [(&table, 0), (&turned, 1)] {
        let case = Case::new(table, config);
        case.put("evaluation.json", evaluation(0.91, &model).as_bytes());
        let output = case.run(&["--evaluation", "evaluation.json"]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    }
    let case = Case::new(&table, config);
    case.refused(&[], "there is no evaluation to hold the model to");
    let other = model.replace(|c: char| c.is_ascii_digit(), "f");
    case.put("evaluation.json", evaluation(0.91, &other).as_bytes());
    case.refused(&["--evaluation", "evaluation.json"], "of another model");
    // Without a single outcome there is nothing to hold it to, and a pass would be one from nothing.
    let case = Case::new(&rows(3000, 0.0, 1, false), config);
    assert_eq!(case.judged(4).checks.len(), 0);
}

/// The specimens of the other tasks, whose profiles hold four rows: what is compared is of interest.
#[test]
fn models_of_several_classes_and_of_a_number_are_checked_too() {
    for (task, target, values, scores, ours, not_ours) in [
        (
            Task::Multiclass,
            "band",
            ["high", "low", ""],
            ["high", "low", "mid"].as_slice(),
            "log_loss_rise",
            "auc_drop",
        ),
        (
            Task::Regression,
            "loss",
            ["1.5", "-0.5", ""],
            ["score"].as_slice(),
            "error_rise",
            "log_loss_rise",
        ),
    ] {
        let case = Case::new("", CONFIG);
        for (name, bytes) in specimen::files_of(task) {
            case.put(&format!("model/{name}"), &bytes);
        }
        let mut table = format!("amount,region,{target}\n");
        for row in 0..600_usize {
            writeln!(table, "{row},north,{}", values[row % 3]).unwrap();
        }
        case.put("fresh.csv", table.as_bytes());
        let output = case.run(&["--format", "json"]);
        let report = Document::<DriftReport>::parse(&output.stdout).unwrap().body;
        assert_eq!((report.rows, report.labelled_rows), (600, 400));
        let mut found: Vec<&str> = report
            .checks
            .iter()
            .filter(|check| check.about == DriftSubject::Score && check.measure == DriftMeasure::Ks)
            .map(|check| check.name.as_str())
            .collect();
        found.sort_unstable();
        assert_eq!(found, scores);
        let of_target = |check: &&yard_contract::DriftCheck| check.about == DriftSubject::Target;
        assert_eq!(report.checks.iter().filter(of_target).count(), 1);
        let model = Sha256::of(&specimen::files_of(task)[0].1).to_string();
        let evaluation = format!(
            r#"{{"kind":"evaluation","version":"1.1","produced_by":{{"tool":"t","version":"0"}},"inputs":[],
            "model_sha256":"{model}","holdout_sha256":"{model}","rows":1,"primary":"log_loss","metrics":{{
            "mae":{{"value":0.01,"low":0.009,"high":0.011,"interval":"bootstrap 95%"}},
            "log_loss":{{"value":0.01,"low":0.009,"high":0.011,"interval":"bootstrap 95%"}}}},
            "by_task":{{"task":"regression","mean":0,"sd":1,"points":[],"residuals":[]}},
            "baselines":[],"slices":[]}}"#
        );
        fs::remove_dir_all(case.0.path().join("out")).unwrap();
        case.put("evaluation.json", evaluation.as_bytes());
        let config =
            |key| format!("accuracy: {{{key}: {{warning: 0.1, fail: 0.2}}, min_rows: 100}}\n");
        let more = ["--evaluation", "evaluation.json"];
        case.put("configs/drift.yaml", config(not_ours).as_bytes());
        case.refused(&more, "is not for what this model answers");
        case.put("configs/drift.yaml", config(ours).as_bytes());
        assert_eq!(case.run(&more).status.code(), Some(1));
    }
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let good = rows(600, 0.0, 1, true);
    for (table, config, told) in [
        ("", CONFIG, "cannot be compared"),
        ("id,amount,region\n", CONFIG, "no rows"),
        ("id,amount\n1,2\n", CONFIG, "region"),
        ("id,amount,region\n1,many,north\n", CONFIG, "many"),
        (
            "amount,region,defaulted\n1,north,perhaps\n",
            CONFIG,
            "is no value of the target `defaulted`",
        ),
        (&good, "level: 0.01\n", "the configuration judges nothing"),
        (
            &good,
            "level: 2\nscore: {psi: {warning: 1, fail: 2}}\n",
            "`level` is 2",
        ),
        (
            &good,
            "score: {psi: {warning: 2, fail: 1}}\n",
            "`score.psi` is 2 and 1",
        ),
        (&good, "scores: {}\n", "did you mean `score`?"),
        (
            &good,
            "features: {ignore: [nobody], psi: {warning: 1, fail: 1}}\n",
            "names `nobody`",
        ),
    ] {
        Case::new(table, config).refused(&[], told);
    }
    let case = Case::new(&good, CONFIG);
    case.refused(&["--package", "nowhere"], "nowhere");
    case.put("model/profile.json", b"{}");
    case.refused(&[], "profile.json");
    assert_eq!(Profile::KIND, "profile");
    let panic = Command::new(env!("CARGO_BIN_EXE_drift-check"))
        .args(["schema", "--test-panic"])
        .output()
        .unwrap();
    assert_eq!(panic.status.code(), Some(101));
}
