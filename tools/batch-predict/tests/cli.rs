//! The command line as it is seen from outside.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use yard_cli::files;
use yard_contract::{BatchReport, Document, ScoreSummary, Sha256, Task};
use yard_model::specimen;

const TABLE: &str = "id,amount,region\n1,0,north\n2,250.5,south\n3,NA,\n";

/// The cases in `cmd/`; `cmd/readme.md` is the tool's README.
#[test]
fn commands() {
    trycmd::TestCases::new()
        .env("CLICOLOR_FORCE", "0")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env("TRAINYARD_TEST_PANIC", "false")
        .case("tests/cmd/*.trycmd")
        .case("tests/cmd/*.md")
        .run();
}

#[test]
fn the_committed_model_is_the_specimen() {
    for (name, bytes) in specimen::files() {
        let path = Path::new("tests/cmd/readme.in/model").join(name);
        assert!(
            fs::read(&path).unwrap() == bytes,
            "{name} is stale: run the example `specimen`"
        );
    }
}

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new(table: &[u8]) -> Self {
        Self::of(Task::Binary, table)
    }

    fn of(task: Task, table: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in specimen::files_of(task) {
            files::write(&folder.path().join("model").join(name), &bytes).unwrap();
        }
        files::write(&folder.path().join("new.csv"), table).unwrap();
        Self { folder }
    }

    fn run(&self, more: &[&str], stdout: Stdio) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_batch-predict"));
        for (flag, value) in [("--package", "model"), ("--data", "new.csv")] {
            if !more.contains(&flag) {
                command.args([flag, value]);
            }
        }
        command.args(more);
        command.current_dir(self.folder.path()).env_clear();
        let child = command.stdout(stdout).stderr(Stdio::piped()).spawn();
        child.unwrap().wait_with_output().unwrap()
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.folder.path().join(name)).ok()
    }

    /// Exit code 2 with this text, and not a trace of an output.
    fn refused(&self, more: &[&str], told: &str) {
        let output = self.run(more, Stdio::piped());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(told), "{told}: {stderr}");
        let out = self.folder.path().join("out");
        let left = fs::read_dir(out).map_or(0, Iterator::count);
        assert_eq!(left, 0, "something was left: {told}");
    }
}

#[test]
fn scores_are_those_of_the_formula_and_the_report_knows_them() {
    let case = Case::new(TABLE.as_bytes());
    let output = case.run(&["--format", "json"], Stdio::piped());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let scored = case.read("out/scored.csv").unwrap();
    let text = String::from_utf8(scored.clone()).unwrap();
    assert_eq!(
        text,
        "id,probability,class\n1,0.11920292,no\n2,0.818319,yes\n3,0.26894143,no\n"
    );
    let report = case.read("out/batch-report.json").unwrap();
    assert_eq!(output.stdout, report);
    let report = Document::<BatchReport>::parse(&report).unwrap();
    assert_eq!(report.body.output_sha256, Sha256::of(&scored));
    assert_eq!(report.body.rows, 3);
    assert!(matches!(
        report.body.scores,
        ScoreSummary::Binary { positives: 1, .. }
    ));
    let table = report.header.input("table").unwrap();
    assert_eq!(table.sha256, Sha256::of(TABLE.as_bytes()));
    assert!(report.header.input("model").is_some());
}

#[test]
fn the_bytes_do_not_depend_on_the_threads() {
    use std::fmt::Write as _;
    let mut table = "region;id;amount\n".to_owned();
    for row in 0..100_000 {
        let region = ["north", "south", "\"we;st\"", ""][row % 4];
        writeln!(table, "{region};\"{row}, of many\";{}.25", row % 1000).unwrap();
    }
    let case = Case::new(table.as_bytes());
    for threads in ["1", "2", "5"] {
        let name = format!("{threads}.csv");
        let output = case.run(
            &["--threads", threads, "--keep", "all", "--out", &name],
            Stdio::null(),
        );
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let first = case.read("1.csv").unwrap();
    assert!(first == case.read("2.csv").unwrap() && first == case.read("5.csv").unwrap());
    let lines = first.split(|byte| *byte == b'\n').count();
    assert_eq!(lines, 100_002);
    assert!(first.starts_with(b"region,id,amount,probability,class\nnorth,\"0, of many\",0.25,"));
}

#[test]
fn columns_are_chosen() {
    let case = Case::new(TABLE.as_bytes());
    for (options, header) in [
        (&["--keep", "none"][..], "probability,class\n0.11"),
        (&["--keep", "ids"], "id,probability,class\n1,0.11"),
        (
            &["--id", "region,id"],
            "region,id,probability,class\nnorth,1,0.11",
        ),
    ] {
        let output = case.run(options, Stdio::null());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let text = String::from_utf8(case.read("out/scored.csv").unwrap()).unwrap();
        assert!(text.starts_with(header), "{text}");
    }
}

#[test]
fn what_cannot_be_scored_is_named_and_nothing_is_written() {
    for (table, told) in [
        (&b""[..], "the table is empty"),
        (b"id,amount,region\n", "has a header and no rows"),
        (b"id,amount\n1,2\n", "there is no column `region`"),
        (b"id,Amount,region\n1,2,x\n", "did you mean `Amount`?"),
        (
            b"amount,region\n1,x\n2\n",
            "line 3: 1 fields where the header has 2",
        ),
        (
            b"amount,region\n1,x\nmuch,x\n",
            "line 3, column `amount`: `much` is not a number",
        ),
        (b"amount,region\n1,x\n1e39,x\n", "line 3, column `amount`"),
        (
            b"amount,region\n1,\"x\n2,y\n",
            "line 2: the quote that opens here is never closed",
        ),
        (
            b"amount,region\n1,\xff\n",
            "line 2: the bytes are not UTF-8",
        ),
        (
            b"amount,region,amount\n1,x,2\n",
            "two columns are called `amount`",
        ),
        (
            b"amount,region,class\n1,x,2\n",
            "the table has a column `class`",
        ),
    ] {
        Case::new(table).refused(&[], told);
    }
    let case = Case::new(TABLE.as_bytes());
    case.refused(&["--id", "name"], "there is no column `name`");
    case.refused(&["--data", "absent.csv"], "failed to read `absent.csv`");
    case.refused(&["--package", "absent"], "failed to open `absent`");
    case.refused(&["--package", "new.csv"], "not a gzip file");
    case.refused(&["--out", "new.csv"], "would overwrite the table");
    assert_eq!(case.read("new.csv").unwrap(), TABLE.as_bytes());
    case.refused(
        &["--out", "a/b", "--report", "a/b"],
        "scores and report cannot both be",
    );
    // The last row of a long table: the blocks before it were scored already.
    let long = format!("amount,region\n{}x,south\n", "1,north\n".repeat(70_000));
    Case::new(long.as_bytes()).refused(&[], "line 70002, column `amount`: `x` is not a number");
}

#[test]
fn a_changed_byte_in_any_file_of_the_model_is_refused() {
    for (name, mut bytes) in specimen::files() {
        let case = Case::new(TABLE.as_bytes());
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        files::write(&case.folder.path().join("model").join(name), &bytes).unwrap();
        case.refused(&[], "`model` cannot be used");
    }
}

#[test]
fn a_full_disk_leaves_nothing_and_a_closed_stdout_changes_nothing() {
    let case = Case::new(TABLE.as_bytes());
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = case.run(&[], writer.into());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(case.read("out/scored.csv").is_some());
    if Path::new("/dev/full").exists() {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = case.run(&[], full.into());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}

#[test]
fn a_panic_is_101_and_writes_nothing() {
    let case = Case::new(TABLE.as_bytes());
    let output = case.run(&["--test-panic"], Stdio::piped());
    assert_eq!(output.status.code(), Some(101));
    assert!(case.read("out/scored.csv").is_none());
}

#[test]
fn every_kind_of_question_has_its_columns_and_its_sums() {
    for (task, text, said) in [
        (
            Task::Multiclass,
            "id,probability_high,probability_low,probability_mid,prediction\n\
             1,0.01587624,0.86681336,0.11731043,low\n\
             2,0.7865909,0.03877238,0.17463677,high\n\
             3,0.09003057,0.66524094,0.24472848,low\n",
            "3 rows scored, low 2, high 1, mid 0\n",
        ),
        (
            Task::Regression,
            "id,prediction\n1,-2\n2,1.505\n3,-1\n",
            "3 rows scored, mean -0.4983, from -2.0000 to 1.5050\n",
        ),
    ] {
        let case = Case::of(task, TABLE.as_bytes());
        let output = case.run(&[], Stdio::piped());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let scored = case.read("out/scored.csv").unwrap();
        assert_eq!(String::from_utf8(scored).unwrap(), text);
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(stdout.starts_with(said), "{stdout}");
        let report = case.read("out/batch-report.json").unwrap();
        let report = Document::<BatchReport>::parse(&report).unwrap();
        let is_several = matches!(report.body.scores, ScoreSummary::Multiclass { .. });
        assert_eq!(is_several, task == Task::Multiclass);
    }
    let table = "id,amount,region,prediction\n1,0,north,9\n";
    Case::of(Task::Regression, table.as_bytes()).refused(&["--keep", "all"], "`prediction`");
}
