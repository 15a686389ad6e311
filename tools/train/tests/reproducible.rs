//! One sha256 of `model.onnx`, whatever the machine does: threads, folders, locales, clocks, the
//! processor's instructions.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use yard_contract::Sha256;

fn table(rows: u32) -> String {
    let mut text = "income,age,region,joined,late,spent\n".to_owned();
    for row in 0..rows {
        let income = 1000 + (row * 7919) % 4000;
        let age = if row % 9 == 0 {
            String::new()
        } else {
            (20 + (row * 31) % 50).to_string()
        };
        let region = format!("r{}", row * 17 % 23);
        let joined = format!("20{:02}-{:02}-{:02}", row % 24, 1 + row % 12, 1 + row % 28);
        let late = if (row * 6151) % 100 < (5000 - income) / 50 {
            "yes"
        } else {
            "no"
        };
        writeln!(
            text,
            "{income},{age},{region},{joined},{late},{}",
            income / 3 + row % 40
        )
        .unwrap();
    }
    text
}

const FEATURES: &str = "\
features: {numbers: [income, age], categories: [region, joined]}
preparation:
  impute: mean
  indicator: true
  columns:
    region: {target_mean: true}
    joined: {date: {written: iso, parts: [year, month, weekday]}}
split: {method: random, holdout_share: 0.2}
seed: 11
gradient_boosting: {rounds: 30, max_leaves: 7, row_sample: 0.8, column_sample: 0.8, early_stopping: {rounds: 20}}
random_forest: {trees: 10}
";

/// What a processor may have and a cheaper one lacks; glibc then picks other kernels.
const MASKED: &str = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-FMA,-FMA4,-AVX,-SSE4_2,-ERMS";

/// Twenty runs of each algorithm.
fn assert_one_digest(target: &str, algorithm: &str) {
    let rows = table(1500);
    let config = format!("{target}{FEATURES}algorithm: {algorithm}\n");
    let mut digests: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut runs = 0;
    for threads in ["1", "2"] {
        for (locale, zone, epoch) in [
            ("C", "UTC", "0"),
            ("de_DE.UTF-8", "Asia/Kathmandu", "1700000000"),
            ("tr_TR.UTF-8", "America/St_Johns", "4102444800"),
            ("ja_JP.eucJP", "Pacific/Apia", "1"),
            ("", "", ""),
        ] {
            for tunables in ["", MASKED] {
                let folder = tempfile::Builder::new()
                    .prefix(&format!("yard {runs} ä"))
                    .tempdir()
                    .unwrap();
                let at = |name: &str| folder.path().join(name);
                yard_cli::files::write(&at("data.csv"), rows.as_bytes()).unwrap();
                yard_cli::files::write(&at("configs/train.yaml"), config.as_bytes()).unwrap();
                let mut command = Command::new(env!("CARGO_BIN_EXE_train"));
                command.current_dir(folder.path()).env_clear();
                command.args(["--data", "data.csv", "--threads", threads]);
                let variables = [
                    ("LANG", locale),
                    ("LC_ALL", locale),
                    ("TZ", zone),
                    ("SOURCE_DATE_EPOCH", epoch),
                    ("GLIBC_TUNABLES", tunables),
                ];
                command.envs(variables.into_iter().filter(|(_, value)| !value.is_empty()));
                let output = command.output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.code(), Some(0), "{algorithm}: {said}");
                let model = fs::read(at("out/model/model.onnx")).unwrap();
                let run = fs::read(at("out/model/run.json")).unwrap();
                let digest = format!("{} {}", Sha256::of(&model), Sha256::of(&run));
                let how = format!("{threads} threads, {locale}, {zone}, {tunables}");
                digests.entry(digest).or_default().push(how);
                runs += 1;
            }
        }
    }
    assert_eq!(runs, 20);
    assert_eq!(digests.len(), 1, "{algorithm}: {digests:#?}");
}

const LATE: &str = "target: {column: late, positive: \"yes\"}\n";
const SPENT: &str = "task: regression\ntarget: {column: spent}\n";

#[test]
fn twenty_runs_of_boosting_have_one_digest() {
    assert_one_digest(LATE, "gradient-boosting");
}

#[test]
fn twenty_runs_of_a_forest_have_one_digest() {
    assert_one_digest(SPENT, "random-forest");
}

#[test]
fn twenty_runs_of_linear_models_have_one_digest() {
    assert_one_digest(LATE, "logistic-regression");
    assert_one_digest(SPENT, "linear-regression");
}
