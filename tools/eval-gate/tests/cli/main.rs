//! The command line as it is seen from outside.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod beside;
mod faults;
mod power;
mod project;
mod readme;
mod refused;
mod scored;
mod verdicts;

use std::fs;
use std::path::Path;

use crate::project::{CONFIG, FIRST, Project};

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
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("gate.schema.json");
    let committed = fs::read_to_string(place).unwrap_or_default();
    assert!(committed == eval_gate::schema(), "stale: run `make bless`");
}

#[test]
fn json_on_stdout_is_the_file_and_a_second_run_gives_the_same_bytes() {
    let project = Project::new(3000, 1.0, CONFIG);
    let names = [
        "gate.json",
        "evaluation.json",
        "report.html",
        "report.md",
        "gate.junit.xml",
    ];
    let mut runs = Vec::new();
    for _ in 0..2 {
        let output = project.gate(&[&FIRST[..], &["--format", "json"]].concat());
        assert_eq!(output.stdout, project.file("out/gate.json"));
        runs.push(names.map(|name| project.file(&format!("out/{name}"))));
    }
    assert!(runs[0] == runs[1]);
}
