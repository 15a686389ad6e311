//! Tables with next to nothing in them, or with far too much: a model whose answers are numbers, or exit
//! code 2 with a reason. Never a panic, never a program that does not end.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// No fit of so little takes so long, not even on a machine with other things to do.
const PATIENCE: Duration = Duration::from_secs(180);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Task {
    Binary,
    Multiclass,
    Regression,
}

const TASKS: [Task; 3] = [Task::Binary, Task::Multiclass, Task::Regression];

impl Task {
    fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Multiclass => "multiclass",
            Self::Regression => "regression",
        }
    }

    fn algorithms(self) -> &'static [&'static str] {
        match self {
            Self::Binary | Self::Multiclass => {
                &["gradient-boosting", "random-forest", "logistic-regression"]
            }
            Self::Regression => &["gradient-boosting", "random-forest", "linear-regression"],
        }
    }

    fn target(self, row: usize) -> String {
        match self {
            Self::Binary => ["no", "yes"][row % 2].to_owned(),
            Self::Multiclass => ["a", "b", "c"][row % 3].to_owned(),
            Self::Regression => format!("{}", row * 7 % 11),
        }
    }

    fn config(self, algorithm: &str, columns: &[String], more: &str) -> String {
        let positive = if self == Self::Binary {
            ", positive: \"yes\""
        } else {
            ""
        };
        let (texts, numbers): (Vec<&String>, Vec<&String>) =
            columns.iter().partition(|name| name.starts_with('t'));
        let list = |names: &[&String]| {
            names
                .iter()
                .map(|n| n.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        format!(
            "task: {}\ntarget: {{column: y{positive}}}\nfeatures: {{numbers: [{}], categories: [{}]}}\n\
             split: {{method: random, holdout_share: 0.3}}\nalgorithm: {algorithm}\nseed: 1\n\
             gradient_boosting: {{rounds: 5, min_rows_in_leaf: 1}}\nrandom_forest: {{trees: 5, min_rows_in_leaf: 1}}\n{more}",
            self.name(),
            list(&numbers),
            list(&texts),
        )
    }
}

/// What came of a fit: its exit code and what it said.
fn fit(case: &str, table: &str, config: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    yard_cli::files::write(&at("data.csv"), table.as_bytes()).unwrap();
    yard_cli::files::write(&at("configs/train.yaml"), config.as_bytes()).unwrap();
    let errors = fs::File::create(at("stderr")).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_train"))
        .current_dir(folder.path())
        .env_clear()
        .args(["--data", "data.csv", "--threads", "2"])
        .args(["--explanation", "out/explanation.json"])
        .stdout(Stdio::null())
        .stderr(errors)
        .spawn()
        .unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{case}: does not end");
        }
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(2));
    };
    let said = fs::read_to_string(at("stderr")).unwrap();
    let code = status.code().unwrap_or(-1);
    match code {
        0 => {
            // The graph was asked about every training row, and refuses to answer what is no number.
            let package =
                yard_package::Package::open(&at("out/model"), &yard_package::Limits::default());
            let model = yard_model::Model::load(&package.unwrap(), "out/model").unwrap();
            assert!(!model.golden.rows.is_empty(), "{case}");
            let run = fs::read_to_string(at("out/model/run.json")).unwrap();
            assert!(!run.contains("null,null"), "{case}");
        }
        2 => {
            assert!(said.contains("error: "), "{case}: {said}");
            assert!(!at("out/model/run.json").exists(), "{case}");
        }
        _ => panic!("{case}: exit code {code}: {said}"),
    }
    (code, said)
}

fn names(count: usize, letter: char) -> Vec<String> {
    (0..count)
        .map(|column| format!("{letter}{column}"))
        .collect()
}

fn table(
    task: Task,
    columns: &[String],
    rows: usize,
    cell: impl Fn(usize, usize) -> String,
) -> String {
    let mut text = format!("{},y\n", columns.join(","));
    for row in 0..rows {
        let cells: Vec<String> = (0..columns.len()).map(|column| cell(row, column)).collect();
        writeln!(text, "{},{}", cells.join(","), task.target(row)).unwrap();
    }
    text
}

/// Runs a case for every task and algorithm; `codes` are the exit codes that it may have.
fn everywhere(
    case: &str,
    columns: &[String],
    codes: &[i32],
    made: impl Fn(Task) -> String,
    more: &str,
) {
    for task in TASKS {
        for algorithm in task.algorithms() {
            let case = format!("{case}, {task:?}, {algorithm}");
            let (code, said) = fit(&case, &made(task), &task.config(algorithm, columns, more));
            assert!(codes.contains(&code), "{case}: exit code {code}: {said}");
        }
    }
}

fn mixed() -> Vec<String> {
    ["n0", "n1", "t0"].map(str::to_owned).to_vec()
}

#[test]
fn none_one_or_two_rows_are_refused() {
    let cell = |row: usize, column: usize| format!("{}", row + column);
    for rows in 0..=2 {
        // A number can be learnt from one row and judged by another.
        let codes: &[i32] = if rows == 2 { &[0, 2] } else { &[2] };
        let made = |task| table(task, &mixed(), rows, cell);
        everywhere(&format!("{rows} rows"), &mixed(), codes, made, "");
        everywhere(
            &format!("{rows} rows"),
            &mixed(),
            &[2],
            made,
            "cross_validation: {folds: 3}\n",
        );
    }
}

#[test]
fn one_class_is_refused_and_one_number_is_answered() {
    for task in TASKS {
        let rows = table(task, &mixed(), 60, |row, column| {
            format!("{}", row * 7 % (5 + column))
        });
        let mut constant = String::new();
        for (line, row) in rows.lines().enumerate() {
            let (cells, _) = row.rsplit_once(',').unwrap();
            let y = if line == 0 {
                "y".to_owned()
            } else {
                task.target(1)
            };
            writeln!(constant, "{cells},{y}").unwrap();
        }
        for algorithm in task.algorithms() {
            let case = format!("one class, {task:?}, {algorithm}");
            let (code, said) = fit(&case, &constant, &task.config(algorithm, &mixed(), ""));
            let expected = if task == Task::Regression { 0 } else { 2 };
            assert_eq!(code, expected, "{case}: {said}");
        }
    }
}

#[test]
fn columns_that_are_missing_throughout_or_constant_say_nothing() {
    for (case, number, text) in [("all missing", "", ""), ("constant", "5", "five")] {
        let cell = |_: usize, column: usize| [number, number, text][column].to_owned();
        let made = |task| table(task, &mixed(), 80, cell);
        everywhere(case, &mixed(), &[0, 2], made, "");
        let more = "preparation: {impute: median, indicator: true, rare_below: 5}\n";
        everywhere(case, &mixed(), &[0, 2], made, more);
    }
}

#[test]
fn numbers_at_the_ends_of_the_scale() {
    let columns = names(2, 'n');
    // What single precision can hold is fitted on, whatever its size.
    for scale in ["1e-300", "1e-45", "1e-38", "3e38"] {
        let cell = |row: usize, column: usize| {
            let sign = if (row * 31 + column).is_multiple_of(3) {
                "-"
            } else {
                ""
            };
            format!("{sign}{scale}")
        };
        everywhere(
            scale,
            &columns,
            &[0],
            |task| table(task, &columns, 80, cell),
            "",
        );
    }
    // What it cannot hold is refused, with line and column.
    let cell = |row: usize, _: usize| if row == 40 { "1e300" } else { "1" }.to_owned();
    for task in TASKS {
        for algorithm in task.algorithms() {
            let rows = table(task, &columns, 80, cell);
            let (code, said) = fit("1e300", &rows, &task.config(algorithm, &columns, ""));
            assert_eq!(code, 2, "{said}");
            assert!(said.contains("line 42, column `n0`"), "{said}");
        }
    }
}

#[test]
fn targets_at_the_ends_of_the_scale() {
    let columns = names(1, 'n');
    for (scale, codes) in [("1e-300", &[0][..]), ("3e38", &[0, 2]), ("1e300", &[2])] {
        let mut rows = "n0,y\n".to_owned();
        for row in 0..80_u32 {
            let sign = if row.is_multiple_of(3) { "-" } else { "" };
            writeln!(rows, "{},{sign}{scale}", row % 9).unwrap();
        }
        for algorithm in Task::Regression.algorithms() {
            let case = format!("target {scale}, {algorithm}");
            let config = Task::Regression.config(algorithm, &columns, "");
            let (code, said) = fit(&case, &rows, &config);
            assert!(codes.contains(&code), "{case}: exit code {code}: {said}");
        }
    }
}

/// Ten thousand columns: trees take them, a linear model says how many it takes.
#[test]
fn ten_thousand_columns() {
    let columns = names(10_000, 'n');
    for task in TASKS {
        let rows = table(task, &columns, 60, |row, column| {
            format!("{}", (row * 31 + column * 7) % 10)
        });
        for algorithm in task.algorithms() {
            let case = format!("10,000 columns, {task:?}, {algorithm}");
            let (code, said) = fit(&case, &rows, &task.config(algorithm, &columns, ""));
            if algorithm.ends_with("regression") {
                assert_eq!(code, 2, "{case}: {said}");
                assert!(said.contains("at most 4000 are possible"), "{case}: {said}");
            } else {
                assert_eq!(code, 0, "{case}: {said}");
            }
        }
    }
}
