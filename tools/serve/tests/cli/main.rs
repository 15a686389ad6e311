//! The command line and the server as they are seen from outside.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod client;
mod ending;
mod http;
mod slow;
mod tasks;

use std::process::Stdio;

use client::Case;
use yard_cli::files;
use yard_model::specimen;

/// The cases in `cmd/`.
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
fn a_changed_byte_is_refused_before_a_port_opens() {
    for (name, mut bytes) in specimen::files() {
        let case = Case::new();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        files::write(&case.path("model").join(name), &bytes).unwrap();
        let output = case.fails(&[]);
        assert!(output.contains("cannot be served"), "{name}: {output}");
        assert!(!case.path("port").exists(), "{name}");
    }
}

#[test]
fn a_model_that_does_not_reproduce_its_golden_rows_is_refused() {
    use yard_contract::{Document, Finite, Golden, Run, Sha256};
    let case = Case::new();
    let at = |name: &str| case.path("model").join(name);
    let read = |name: &str| std::fs::read(at(name)).unwrap();
    let mut golden = Document::<Golden>::parse(&read("golden.json")).unwrap();
    golden.body.rows[2].answer = vec![Finite::new(0.5).unwrap()];
    files::write(&at("golden.json"), &golden.to_bytes()).unwrap();
    let mut run = Document::<Run>::parse(&read("run.json")).unwrap();
    for file in &mut run.body.files {
        if file.path == "golden.json" {
            file.sha256 = Sha256::of(&golden.to_bytes());
        }
    }
    files::write(&at("run.json"), &run.to_bytes()).unwrap();
    let output = case.fails(&[]);
    assert!(
        output.contains("does not reproduce golden row 2"),
        "{output}"
    );
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let case = Case::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = case.fails(&["--listen", &address]);
    assert!(
        output.contains(&format!("cannot listen at {address}")),
        "{output}"
    );
    assert!(output.contains("port 0"), "{output}");
    let output = case.fails(&["--listen", "no address"]);
    assert!(output.contains("is no address to listen at"), "{output}");
}

#[test]
fn a_closed_stderr_and_stdout_change_nothing() {
    let case = Case::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let server = case.start_with(&[], |command| {
        command.stdout(Stdio::null()).stderr(writer);
    });
    assert_eq!(server.get("/health/ready").status, 200);
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn a_read_only_folder_is_enough() {
    let case = Case::new();
    let server = case.start(&[]);
    assert_eq!(server.get("/").status, 200);
    let names = case.names();
    drop(server);
    assert_eq!(names, ["model", "port"]);
}

#[test]
fn a_panic_is_101() {
    let case = Case::new();
    let output = case.command(&["--test-panic"]).output().unwrap();
    assert_eq!(output.status.code(), Some(101));
    assert!(!case.path("port").exists());
}
