//! The command line as it is seen from outside.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod bring;
mod dealt;
mod explained;
mod interruption;
mod leaks;
mod parity;
mod search;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const CONFIG: &str = "\
target: {column: late, positive: \"yes\"}
features: {numbers: [income, age], categories: [region]}
split: {method: stratified, holdout_share: 0.25}
algorithm: gradient-boosting
seed: 7
cross_validation: {folds: 3}
gradient_boosting: {rounds: 20, max_leaves: 4, min_rows_in_leaf: 5}
";

/// Rows in which income and region matter; every ninth age is missing.
fn table(rows: u32) -> String {
    let mut text = "id,income,age,region,month,late\n".to_owned();
    for row in 0..rows {
        let income = 1000 + (row * 7919) % 4000;
        let age = if row % 9 == 0 {
            String::new()
        } else {
            (20 + (row * 31) % 50).to_string()
        };
        let region = ["north", "south", "east"][(row * 17 % 3) as usize];
        let risk = (5000 - income) / 50 + if row * 17 % 3 == 1 { 25 } else { 0 };
        let late = if (row * 6151) % 100 < risk {
            "yes"
        } else {
            "no"
        };
        let month = 1 + row * 12 / rows;
        writeln!(text, "{row},{income},{age},{region},2024-{month:02},{late}").unwrap();
    }
    text
}

/// A configuration of another task on the same table.
fn several(task: &str, target: &str, algorithm: &str) -> String {
    format!(
        "task: {task}\ntarget: {{column: {target}}}\nfeatures: {{numbers: [age, id], categories: [late]}}\n\
         split: {{method: random, holdout_share: 0.25}}\nalgorithm: {algorithm}\nseed: 7\n\
         gradient_boosting: {{rounds: 20, max_leaves: 4, min_rows_in_leaf: 5}}\n"
    )
}

struct Project(TempDir);

impl Project {
    fn new(data: &str, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        yard_cli::files::write(&folder.path().join("data.csv"), data.as_bytes()).unwrap();
        yard_cli::files::write(&folder.path().join("configs/train.yaml"), config.as_bytes())
            .unwrap();
        Self(folder)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_train"));
        command.current_dir(self.0.path()).env_clear();
        command
    }

    fn train(&self, more: &[&str]) -> Output {
        self.command()
            .args(["--data", "data.csv"])
            .args(more)
            .output()
            .unwrap()
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join(name)).unwrap_or_default()
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

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

#[test]
fn the_committed_schema_is_current() {
    for (name, schema) in [
        ("train.schema.json", train::schema()),
        ("search.schema.json", train::search_schema()),
    ] {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let committed = fs::read_to_string(place).unwrap_or_default();
        assert!(committed == schema, "{name} is stale: run `make bless`");
    }
}

#[test]
fn the_same_bytes_on_any_number_of_threads_and_in_any_folder() {
    for algorithm in ["gradient-boosting", "logistic-regression"] {
        let config = CONFIG.replace("gradient-boosting", algorithm);
        let mut runs = Vec::new();
        for threads in ["1", "2", "5"] {
            let project = Project::new(&table(800), &config);
            let output = project.train(&["--threads", threads]);
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
            let files =
                yard_model::file::ALL.map(|name| project.file(&format!("out/model/{name}")));
            runs.push((
                files,
                project.file("out/holdout.csv"),
                project.file("out/split.json"),
            ));
        }
        assert!(
            runs.windows(2).all(|pair| pair[0] == pair[1]),
            "{algorithm}"
        );
        assert!(runs[0].0.iter().all(|file| !file.is_empty()));
    }
}

#[test]
fn the_model_folder_loads_and_reproduces_its_golden_rows() {
    let project = Project::new(&table(800), CONFIG);
    project.train(&[]);
    let folder = project.0.path().join("out/model");
    let package = yard_package::Package::open(&folder, &yard_package::Limits::default()).unwrap();
    let model = yard_model::Model::load(&package, "out/model").unwrap();
    let rows: Vec<_> = model
        .golden
        .rows
        .iter()
        .map(|row| row.features.clone())
        .collect();
    let answers = model.predictor.predict_rows(&rows).unwrap();
    for (answer, row) in answers.rows().zip(&model.golden.rows) {
        assert!(row.difference(answer).unwrap() <= 1e-12);
    }
    assert!(model.run.cross_validation.unwrap().mean.get() > 0.6);
    assert!(
        model.run.importance[0].feature == "income",
        "{:?}",
        model.run.importance
    );
}

#[test]
fn a_time_split_holds_out_what_comes_later() {
    let config = CONFIG.replace(
        "split: {method: stratified, holdout_share: 0.25}",
        "split: {method: time, column: month, from: 2024-10}",
    );
    let project = Project::new(&table(800), &config);
    let output = project.train(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let holdout = String::from_utf8(project.file("out/holdout.csv")).unwrap();
    let months: Vec<&str> = holdout
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(4).unwrap())
        .collect();
    assert!(
        !months.is_empty() && months.iter().all(|month| *month >= "2024-10"),
        "{months:?}"
    );
    assert!(holdout.starts_with("id,income,age,region,month,late\n"));
}

#[test]
fn what_cannot_be_fitted_is_exit_2_with_a_reason_and_leaves_no_model() {
    let good = table(200);
    let one_class = good.replace(",yes\n", ",no\n");
    let three = good.replacen(",no\n", ",maybe\n", 1);
    let text = good.replacen("\n1,", "\n1,much", 1);
    let ragged = good.replacen("\n5,", "\n5,5,", 1);
    let unlabelled = good.replacen(",no\n", ",\n", 1);
    let header = "id,income,age,region,month,late\n".to_owned();
    let cases: [(&str, &str, &str); 30] = [
        ("", CONFIG, "the table is empty"),
        (&header, CONFIG, "the table has a header and no rows"),
        (&one_class, CONFIG, "needs two values, `yes` and one other"),
        (&three, CONFIG, "needs two values"),
        (&text, CONFIG, "line 3, column `income`"),
        (&ragged, CONFIG, "line 7: 7 fields where the header has 6"),
        (&unlabelled, CONFIG, "the target `late` is missing"),
        (
            &good,
            &CONFIG.replace(", positive: \"yes\"", ""),
            "`target.positive` is missing",
        ),
        (
            &good,
            &format!("task: multiclass\n{CONFIG}"),
            "`target.positive` is given",
        ),
        (
            &good,
            &several("multiclass", "region", "linear-regression"),
            "`linear-regression` cannot be fitted where `task` is `multiclass`",
        ),
        (
            &good,
            &several("multiclass", "region", "gradient-boosting")
                .replace("{rounds", "{categories: ranked, rounds"),
            "`gradient_boosting.categories` is ranked",
        ),
        (
            &good,
            &CONFIG.replace("{rounds", "{objective: absolute, rounds"),
            "`gradient_boosting.objective` is given",
        ),
        (
            &good,
            &several("regression", "income", "gradient-boosting")
                .replace("{rounds", "{objective: {quantile: {level: 1.0}}, rounds"),
            "`level` is 1, but must be above 0 and below 1",
        ),
        (
            &good,
            &several("regression", "income", "gradient-boosting")
                .replace("{rounds", "{objective: {quantile: {levle: 0.5}}, rounds"),
            "unknown field `levle`",
        ),
        (
            &good,
            &CONFIG.replace("{rounds", "{monotone: {region: increasing}, rounds"),
            "`gradient_boosting.monotone` is given for `region`",
        ),
        (
            &good,
            &CONFIG.replace("{rounds", "{interactions: [[age, month]], rounds"),
            "`gradient_boosting.interactions` is given for `month`",
        ),
        (
            &good,
            &several("regression", "income", "linear-regression").replace("random", "stratified"),
            "`split.method` is stratified",
        ),
        (
            &good,
            &several("regression", "region", "linear-regression"),
            "the target `region` is `north`, not a number",
        ),
        (
            &good,
            &format!(
                "weight_column: region\n{}",
                several("regression", "income", "linear-regression")
            ),
            "the weight is `",
        ),
        (
            &good,
            &format!("class_weight: {{by_class: {{maybe: 2}}}}\n{CONFIG}"),
            "`class_weight` names the class `maybe`",
        ),
        (
            &good,
            &format!("class_weight: {{by_class: {{\"no\": 0}}}}\n{CONFIG}"),
            "have the weight 0",
        ),
        (
            &good,
            &CONFIG.replace("income", "incom"),
            "there is no column `incom`",
        ),
        (
            &good,
            &CONFIG.replace("seed:", "sede:"),
            "configs/train.yaml:5:1: unknown field `sede`",
        ),
        (
            &good,
            &CONFIG.replace("0.25", "1.5"),
            "`split.holdout_share` is 1.5",
        ),
        (
            &good,
            &CONFIG.replace("0.25", ".nan"),
            "configs/train.yaml:3:",
        ),
        (
            &good,
            &CONFIG.replace("folds: 3", "folds: 1"),
            "`cross_validation.folds` is 1",
        ),
        (
            &good,
            &CONFIG.replace("folds: 3", "folds: 150"),
            "folds need as many rows of each class",
        ),
        (
            &good,
            &CONFIG.replace("max_leaves: 4", "max_leaves: 1"),
            "gradient boosting failed",
        ),
        (
            &good,
            &CONFIG.replace("[income, age]", "[income, income]"),
            "`income` is named twice",
        ),
        (
            &good,
            &CONFIG.replace("[income, age]", "[income, late]"),
            "`late` is named twice",
        ),
    ];
    for (data, config, reason) in cases {
        let project = Project::new(data, config);
        let output = project.train(&[]);
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
        assert!(project.file("out/model/run.json").is_empty(), "{reason}");
    }
}

#[test]
fn a_missing_file_and_no_file_are_told_apart() {
    let project = Project::new("", CONFIG);
    let missing = project
        .command()
        .args(["--data", "nowhere.csv"])
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(2));
    assert!(
        stderr(&missing).contains("failed to read `nowhere.csv`"),
        "{}",
        stderr(&missing)
    );
    let nothing = project.command().output().unwrap();
    assert_eq!(nothing.status.code(), Some(2), "{}", stderr(&nothing));
    assert!(stderr(&nothing).contains("--data"), "{}", stderr(&nothing));
}

#[test]
fn a_closed_stdout_changes_nothing_and_a_full_one_is_an_error() {
    let project = Project::new(&table(300), CONFIG);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = |stdout: Stdio| {
        let mut command = project.command();
        command
            .args(["--data", "data.csv"])
            .stdout(stdout)
            .stderr(Stdio::null());
        command.status().unwrap().code()
    };
    assert_eq!(status(writer.into()), Some(0));
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    assert_eq!(status(full.into()), Some(2));
}

#[test]
fn a_panic_is_101() {
    let project = Project::new(&table(300), CONFIG);
    assert_eq!(project.train(&["--test-panic"]).status.code(), Some(101));
}

#[test]
fn json_on_stdout_is_the_run() {
    let project = Project::new(&table(300), CONFIG);
    let output = project.train(&["--format", "json"]);
    assert_eq!(output.stdout, project.file("out/model/run.json"));
}

#[test]
fn a_drafted_configuration_fits_and_leaves_out_what_is_no_feature() {
    let mut data = String::from("id,constant,note,income,leak,bought\n");
    for row in 0..400_u32 {
        let income = (row * 7919) % 1000;
        let bought = (row * 6151) % 1000 < income;
        let leak = u32::from(bought) * 3 + row % 2;
        let bought = u32::from(bought);
        writeln!(data, "{row},x,text {row},{income},{leak},{bought}").unwrap();
    }
    let project = Project::new(&data, "");
    let init = |more: &[&str]| {
        let mut command = project.command();
        command.args([
            "init",
            "--data",
            "data.csv",
            "--target",
            "bought",
            "--positive",
            "1",
        ]);
        command
            .args(["--out", "configs/drafted.yaml"])
            .args(more)
            .output()
            .unwrap()
    };
    let output = init(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("`leak` alone ranks the target"),
        "{}",
        stderr(&output)
    );
    let drafted = String::from_utf8(project.file("configs/drafted.yaml")).unwrap();
    let features = drafted.split("split:").next().unwrap();
    assert!(features.contains("- \"income\""), "{drafted}");
    assert!(!drafted.contains("$schema"), "none lies there: {drafted}");
    for name in ["id", "constant", "note", "leak"] {
        assert!(
            features.contains(&format!("# left out: \"{name}\"")),
            "{drafted}"
        );
    }
    assert_eq!(
        init(&[]).status.code(),
        Some(2),
        "an existing file is not overwritten"
    );
    assert_eq!(init(&["--force"]).status.code(), Some(0));
    let output = project.train(&["--config", "configs/drafted.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn what_an_adopted_model_was_adopted_with_is_recorded() {
    let project = Project::new(&table(400), CONFIG);
    assert_eq!(project.train(&[]).status.code(), Some(0));
    let run = |more: &[&str]| {
        let mut command = project.command();
        let words = "adopt out/model/model.onnx --data data.csv --target late --positive yes --model out/again";
        command.args(words.split(' ')).args(more);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let run: serde_json::Value =
            serde_json::from_slice(&project.file("out/again/run.json")).unwrap();
        run["parameters"].clone()
    };
    let words = "--classes no,yes --exclude id,month --missing NA,- --threshold 0.25";
    let known = run(&words.split(' ').collect::<Vec<_>>());
    for (name, said) in [
        ("classes", "no,yes"),
        ("exclude", "id,month"),
        ("missing", "NA,-"),
        ("positive", "yes"),
    ] {
        assert_eq!(known[name], said, "{name}");
    }
    assert_eq!(known["threshold"], 0.25);
    assert!(known["features"].is_null(), "none were named: {known}");
    let words = ["--features", "income,age,region", "--classes", "no,yes"];
    assert_eq!(run(&words)["features"], "income,age,region");
}

/// Every task and algorithm: a folder that loads, golden rows that it reproduces, a cross-validation
/// that beats the trivial models, and the same bytes on any number of threads.
#[test]
fn every_task_gives_a_model_that_is_better_than_trivial_ones() {
    // Age follows the region, so that both can be told from it.
    let mut data = String::from("id,age,late,weight,region,spend\n");
    for row in 0..600_u32 {
        let age = 20 + (row * 31) % 60;
        let noise = (row * 7919) % 17;
        let region = ["north", "south, \"deep\"", "ost"][((age + noise) / 33).min(2) as usize];
        let late = if (row * 13) % 7 < 2 { "yes" } else { "no" };
        let spend = 100 * age + 500 * u32::from(late == "yes") + noise;
        let weight = ["1", "0.5", "0"][(row % 3) as usize];
        writeln!(
            data,
            "{row},{age},{late},{weight},\"{}\",{spend}",
            region.replace('"', "\"\"")
        )
        .unwrap();
    }
    for (task, target, algorithm, weights) in [
        ("multiclass", "region", "logistic-regression", ""),
        (
            "multiclass",
            "region",
            "logistic-regression",
            "class_weight: balanced\nweight_column: weight\n",
        ),
        ("regression", "spend", "linear-regression", ""),
        (
            "regression",
            "spend",
            "linear-regression",
            "weight_column: weight\nlinear_regression: {l1: 2.0, l2: 0.5}\n",
        ),
        (
            "regression",
            "spend",
            "gradient-boosting",
            "weight_column: weight\n",
        ),
        (
            "multiclass",
            "region",
            "gradient-boosting",
            "class_weight: balanced\nweight_column: weight\n",
        ),
        (
            "regression",
            "spend",
            "gradient-boosting",
            "objective: poisson",
        ),
        (
            "regression",
            "spend",
            "gradient-boosting",
            "objective: absolute",
        ),
        (
            "regression",
            "spend",
            "gradient-boosting",
            "objective: {huber: {delta: 200}}",
        ),
        (
            "regression",
            "spend",
            "gradient-boosting",
            "objective: {quantile: {level: 0.6}}",
        ),
    ] {
        let (objective, weights) = match weights.strip_prefix("objective") {
            Some(_) => (weights, ""),
            None => ("rounds: 20", weights),
        };
        let config = several(task, target, algorithm).replace("rounds: 20", objective);
        let config = format!("{config}cross_validation: {{folds: 3}}\n{weights}");
        let project = Project::new(&data, &config);
        let output = project.train(&["--threads", "1"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let folder = project.0.path().join("out/model");
        let package =
            yard_package::Package::open(&folder, &yard_package::Limits::default()).unwrap();
        let model = yard_model::Model::load(&package, "out/model").unwrap();
        let signature = model.predictor.signature();
        assert_eq!(signature.task().as_str(), task);
        let rows = model.golden.rows.iter().map(|row| row.features.clone());
        let answers = model
            .predictor
            .predict_rows(&rows.collect::<Vec<_>>())
            .unwrap();
        for (answer, row) in answers.rows().zip(&model.golden.rows) {
            assert!(row.difference(answer).unwrap() <= 1e-12);
        }
        let validated = model.run.cross_validation.unwrap();
        let metric = match (task, objective) {
            ("multiclass", _) => "log_loss",
            (_, "objective: absolute" | "objective: {quantile: {level: 0.6}}") => "pinball_loss",
            _ => "rmse",
        };
        assert_eq!(validated.metric, metric);
        let ours = validated.mean;
        let names: Vec<&str> = model.run.trivial.iter().map(|t| t.name.as_str()).collect();
        assert_eq!(names, ["prior", "best-feature"]);
        let [prior, single] = [0, 1].map(|place| model.run.trivial[place].mean);
        assert!(
            ours < prior && single < prior,
            "{task} {ours} {single} {prior}"
        );
        assert_eq!(
            model.run.trivial[1].feature.as_deref(),
            Some("age"),
            "{task}"
        );
        let first = project.file("out/model/run.json");
        assert_eq!(project.train(&["--threads", "3"]).status.code(), Some(0));
        assert!(
            project.file("out/model/run.json") == first,
            "{task} {algorithm}"
        );
    }
}

/// Rows in which the risk falls with income but for bumps, which a limited fit does not follow.
#[test]
fn limits_of_columns_hold_and_rounds_are_told() {
    let config = CONFIG.replace(
        "{rounds: 20, max_leaves: 4",
        "{monotone: {income: decreasing}, interactions: [[income], [age, region]], rounds: 40, max_leaves: 8",
    );
    let project = Project::new(&table(800), &config);
    let output = project.train(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let folder = project.0.path().join("out/model");
    let package = yard_package::Package::open(&folder, &yard_package::Limits::default()).unwrap();
    let model = yard_model::Model::load(&package, "out/model").unwrap();
    let run = &model.run;
    assert_eq!(
        run.parameters["monotone.income"],
        yard_contract::Scalar::from("decreasing")
    );
    let losses: Vec<f64> = run.history.iter().map(|r| r.train_loss.get()).collect();
    assert_eq!(losses.len(), 40);
    assert!(
        losses.windows(2).all(|pair| pair[1] < pair[0]),
        "{losses:?}"
    );

    let score = |income: u32, age: u32, region: &str| {
        let row = [
            (
                "income".to_owned(),
                yard_contract::Scalar::number(f64::from(income)),
            ),
            (
                "age".to_owned(),
                yard_contract::Scalar::number(f64::from(age)),
            ),
            ("region".to_owned(), yard_contract::Scalar::from(region)),
        ];
        let answers = model.predictor.predict_rows(&[row.into()]).unwrap();
        f64::from(answers.values()[0])
    };
    let odds = |p: f64| libm::log(p / (1.0 - p));
    for income in (1000..5000).step_by(50) {
        for (age, region) in [(20, "north"), (44, "south"), (68, "east")] {
            let [here, next] = [income, income + 50].map(|x| score(x, age, region));
            assert!(next <= here, "{income} {age} {region}");
            // Columns that do not meet add up.
            let sum = odds(score(1000, age, region)) + odds(score(income, 20, "north"));
            let apart = odds(here) + odds(score(1000, 20, "north"));
            assert!((sum - apart).abs() < 1e-4, "{income} {age} {region}");
        }
    }
}

#[test]
fn a_model_is_exported_as_it_is_or_not_at_all() {
    let config = CONFIG.replace("{rounds", "{categories: native, rounds");
    let project = Project::new(&table(800), &config);
    assert_eq!(project.train(&[]).status.code(), Some(0));
    let export = |to: &str| {
        let mut command = project.command();
        command.args(["export", "--data", "data.csv", "--to", to]);
        command
            .args(["--out", &format!("out/{to}")])
            .output()
            .unwrap()
    };
    for (to, begins) in [("lightgbm", "tree\nversion=v4\n"), ("xgboost", "{")] {
        let output = export(to);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(
            project
                .file(&format!("out/{to}"))
                .starts_with(begins.as_bytes())
        );
        let legend: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let region = &legend["columns"][2];
        assert_eq!(
            (&region["name"], &region["kind"]),
            (&"region".into(), &"category".into())
        );
        assert_eq!(region["codes"]["south"], 2.0);
    }

    // The graph is the folder's, with the table and without.
    let onnx = project.file("out/model/model.onnx");
    let alone = |out: &str| {
        let mut command = project.command();
        command.args(["export", "--to", "onnx", "--out", out]);
        command.output().unwrap()
    };
    for with_table in [false, true] {
        let output = if with_table {
            export("onnx")
        } else {
            alone("out/onnx")
        };
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(String::from_utf8_lossy(&output.stdout).starts_with("out/onnx: "));
        assert!(project.file("out/onnx") == onnx);
        fs::remove_file(project.0.path().join("out/onnx")).unwrap();
    }
    let missing = project
        .command()
        .args(["export", "--to", "xgboost", "--out", "x"])
        .output();
    let missing = missing.unwrap();
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("--data"), "{}", stderr(&missing));

    let place = project.0.path().join("configs/train.yaml");
    let other = config
        .replace("seed: 7", "seed: 8")
        .replace("max_leaves: 4", "max_leaves: 5");
    yard_cli::files::write(&place, other.as_bytes()).unwrap();
    fs::remove_file(project.0.path().join("out/xgboost")).unwrap();
    let output = export("xgboost");
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(
        said.contains("is not what this table and this configuration give"),
        "{said}"
    );
    assert!(project.file("out/xgboost").is_empty());
    assert_eq!(export("onnx").status.code(), Some(2));
    let model = project.0.path().join("out/model/model.onnx");
    yard_cli::files::write(&model, &[&onnx[..], b"\0"].concat()).unwrap();
    let altered = alone("out/onnx");
    assert_eq!(altered.status.code(), Some(2));
    assert!(
        stderr(&altered).contains("is not the model that `run.json` beside it tells of"),
        "{}",
        stderr(&altered)
    );
    assert!(project.file("out/onnx").is_empty());
    yard_cli::files::write(&model, &onnx).unwrap();
    let linear = CONFIG.replace("gradient-boosting", "logistic-regression");
    yard_cli::files::write(&place, linear.as_bytes()).unwrap();
    let output = export("xgboost");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("grows no trees"),
        "{}",
        stderr(&output)
    );
}
