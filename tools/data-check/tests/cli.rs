//! The command line as it is seen from outside.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Command, Output, Stdio};

/// The cases in `cmd/`, each in a folder of its own; `cmd/readme.md` is the tool's README.
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

fn run(data: &[u8], config: &str, more: &[&str], stdout: Stdio) -> (Output, String) {
    let folder = tempfile::tempdir().unwrap();
    yard_cli::files::write(&folder.path().join("data.csv"), data).unwrap();
    yard_cli::files::write(&folder.path().join("configs/data.yaml"), config.as_bytes()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_data-check"));
    command.args(["--data", "data.csv"]).args(more);
    command.current_dir(folder.path()).env_clear();
    let output = command.stdout(stdout).stderr(Stdio::piped()).spawn();
    let output = output.unwrap().wait_with_output().unwrap();
    let report = std::fs::read_to_string(folder.path().join("out/data-report.json"));
    (output, report.unwrap_or_default())
}

const CONFIG: &str = "columns: [{name: a, type: integer}]";

#[test]
fn a_closed_stdout_keeps_the_verdict_and_the_evidence() {
    for format in ["human", "json"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (output, report) = run(b"a\nx\n", CONFIG, &["--format", format], writer.into());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
        assert!(report.contains("\"verdict\": \"fail\""));
    }
}

#[test]
fn a_full_stdout_is_no_verdict_but_the_evidence_is_there() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        return;
    };
    let (output, report) = run(b"a\n1\n", CONFIG, &[], full.into());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(report.contains("\"verdict\": \"pass\""));
}

#[test]
fn json_on_stdout_is_the_file() {
    let (output, report) = run(b"a\n1\nx\n", CONFIG, &["--format", "json"], Stdio::piped());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), report);
}

#[test]
fn a_panic_is_101_and_writes_nothing() {
    let (output, report) = run(b"a\n1\n", CONFIG, &["--test-panic"], Stdio::piped());
    assert_eq!((output.status.code(), report.as_str()), (Some(101), ""));
}

/// A million broken cells: exact counts, few findings, a report of a few kilobytes.
#[test]
fn a_million_findings_are_counted_and_few_are_listed() {
    let data = format!("a\n{}", "x\n".repeat(1_000_000));
    let (output, report) = run(
        data.as_bytes(),
        CONFIG,
        &["--max-findings", "3"],
        Stdio::piped(),
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(report.contains("\"count\": 1000000"), "{report}");
    assert_eq!(report.matches("is not an integer").count(), 3);
}
