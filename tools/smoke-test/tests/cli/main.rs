//! The command line as it is seen from outside, against a server that can be told to fail.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod fake;

use std::process::{Command, Output, Stdio};

use fake::{Fake, Fault};
use yard_cli::files;
use yard_contract::{Document, Measurement, SmokeReport, Verdict};
use yard_model::specimen;

const CONFIG: &str = "latency: {requests: 30, warm_up: 2, p50_ms: 1000, p99_ms: 2000}\n";

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

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in specimen::files() {
            files::write(&folder.path().join("model").join(name), &bytes).unwrap();
        }
        files::write(&folder.path().join("configs/smoke.yaml"), config.as_bytes()).unwrap();
        Self { folder }
    }

    fn run(&self, url: &str, more: &[&str], stdout: Stdio) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smoke-test"));
        command
            .args(["--url", url, "--package", "model"])
            .args(more);
        command.current_dir(self.folder.path()).env_clear();
        let child = command.stdout(stdout).stderr(Stdio::piped()).spawn();
        child.unwrap().wait_with_output().unwrap()
    }

    fn report(&self) -> Option<Document<SmokeReport>> {
        let bytes = std::fs::read(self.folder.path().join("out/smoke-report.json")).ok()?;
        Some(Document::parse(&bytes).unwrap())
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join("out").join(name)).unwrap()
    }
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn a_server_that_is_right_passes_with_the_same_report_every_time() {
    let server = Fake::start(Fault::None);
    let case = Case::new(CONFIG);
    let output = case.run(&server.url, &["--format", "json"], Stdio::piped());
    assert_eq!(code(&output), Some(0), "{output:?}");
    let first = case.read("smoke-report.json");
    assert_eq!(output.stdout, first);
    let report = case.report().unwrap().body;
    let names: Vec<&str> = report
        .checks
        .iter()
        .map(|check| check.id.as_str())
        .collect();
    let all = "live ready identity golden-single golden-batch invalid-request metrics latency";
    assert_eq!(names.join(" "), all);
    assert_eq!((report.verdict, report.golden_rows), (Verdict::Pass, 4));
    let measured = Document::<Measurement>::parse(&case.read("smoke-measurement.json")).unwrap();
    assert!(measured.body.milliseconds["p99"] >= measured.body.milliseconds["p50"]);

    case.run(&server.url, &[], Stdio::null());
    assert!(
        case.read("smoke-report.json") == first,
        "the report depends on something else"
    );
}

#[test]
fn each_fault_is_found_by_its_own_check() {
    for (fault, check, message) in [
        (Fault::Dying, "live", "`/health/live` answers 500"),
        (Fault::NotReady, "ready", "`/health/ready` answers 503"),
        (Fault::OtherModel, "identity", "and the package holds"),
        (
            Fault::Drifted,
            "golden-single",
            "not reproduced: largest difference 1.0e-3 (row",
        ),
        (Fault::OtherClass, "golden-single", "means class `"),
        (Fault::BatchReversed, "golden-batch", "not reproduced"),
        (
            Fault::BatchShort,
            "golden-batch",
            "3 predictions for 4 rows",
        ),
        (
            Fault::Crashing,
            "invalid-request",
            "is answered with 500, not 400",
        ),
        (
            Fault::Accepting,
            "invalid-request",
            "is answered with 200, not 400",
        ),
        (Fault::Silent, "invalid-request", "without a JSON error"),
        (
            Fault::BadMetrics,
            "metrics",
            "`/metrics`: line 2: not a sample",
        ),
        (
            Fault::NotCounting,
            "metrics",
            "grew by 0 while 8 rows were sent",
        ),
    ] {
        let server = Fake::start(fault);
        let case = Case::new(CONFIG);
        let output = case.run(&server.url, &["--wait", "0"], Stdio::piped());
        assert_eq!(code(&output), Some(1), "{fault:?}: {output:?}");
        let report = case.report().unwrap().body;
        assert_eq!(report.verdict, Verdict::Fail);
        let found = report
            .checks
            .iter()
            .find(|found| found.id == check)
            .unwrap();
        assert_eq!(found.verdict, Verdict::Fail, "{fault:?}: {report:?}");
        assert!(
            found.message.contains(message),
            "{fault:?}: {}",
            found.message
        );
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(stdout.contains(message), "{fault:?}: {stdout}");
    }
}

#[test]
fn a_budget_that_is_not_kept_fails_without_a_time_in_the_report() {
    let server = Fake::start(Fault::None);
    let case = Case::new("latency: {requests: 5, p50_ms: 0.000001, p99_ms: 1000}\n");
    assert_eq!(code(&case.run(&server.url, &[], Stdio::null())), Some(1));
    let report = case.report().unwrap().body;
    let last = report.checks.last().unwrap();
    assert_eq!(
        (last.id.as_str(), last.message.as_str()),
        (
            "latency",
            "5 requests: p50 above 0.000001 ms; the measurement has the times"
        )
    );
}

#[test]
fn metrics_may_be_out_of_reach() {
    let server = Fake::start(Fault::NotCounting);
    for (metrics, expected) in [("off", 7), ("valid", 8)] {
        let case = Case::new(&format!("metrics: {metrics}\n{CONFIG}"));
        assert_eq!(code(&case.run(&server.url, &[], Stdio::null())), Some(0));
        assert_eq!(case.report().unwrap().body.checks.len(), expected);
    }
}

#[test]
fn nobody_there_is_a_reason_to_try_again_and_no_verdict() {
    let case = Case::new(CONFIG);
    // Nothing listens on a port that was just given back.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let output = case.run(&format!("http://{free}"), &["--wait", "0"], Stdio::piped());
    assert_eq!(code(&output), Some(3), "{output:?}");
    assert!(case.report().is_none());
}

#[test]
fn what_cannot_be_asked_is_2() {
    let url = "http://127.0.0.1:9";
    for (config, more, url, told) in [
        (
            "latency: {requests: 0, p50_ms: 1, p99_ms: 1}",
            &[][..],
            url,
            "`latency.requests` is 0",
        ),
        (
            "latency: {requests: 1, p50_ms: 0, p99_ms: 1}",
            &[],
            url,
            "`latency.p50_ms` is 0",
        ),
        (
            "latency: {request: 1, p50_ms: 1, p99_ms: 1}",
            &[],
            url,
            "did you mean `requests`?",
        ),
        (
            CONFIG,
            &["--config", "absent.yaml"],
            url,
            "failed to read `absent.yaml`",
        ),
        (
            CONFIG,
            &[],
            "ftp://127.0.0.1",
            "its scheme is neither https nor http",
        ),
        (CONFIG, &[], "not a url", "it is not a URL"),
    ] {
        let case = Case::new(config);
        let output = case.run(url, more, Stdio::piped());
        let stderr = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!(code(&output), Some(2), "{stderr}");
        assert!(stderr.contains(told), "{told}: {stderr}");
        assert!(case.report().is_none());
    }
    let case = Case::new(CONFIG);
    let path = case.folder.path().join("model/golden.json");
    let golden = std::fs::read_to_string(&path)
        .unwrap()
        .replace("250.5", "250.6");
    files::write(&path, golden.as_bytes()).unwrap();
    let output = case.run(url, &[], Stdio::piped());
    assert_eq!(code(&output), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("`golden.json` is not what")
    );
}

#[test]
fn a_closed_stdout_keeps_the_verdict_and_the_evidence() {
    let server = Fake::start(Fault::NotReady);
    let case = Case::new(CONFIG);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = case.run(&server.url, &["--wait", "0"], writer.into());
    assert_eq!(code(&output), Some(1), "{output:?}");
    assert!(case.report().is_some());
}

#[test]
fn the_example_configuration_is_valid_and_names_its_schema() {
    let text = include_str!("../../../../configs/smoke.yaml");
    let first = "# yaml-language-server: $schema=../tools/smoke-test/smoke.schema.json\n";
    assert!(text.starts_with(first));
    let server = Fake::start(Fault::None);
    let case = Case::new(text);
    let output = case.run(&server.url, &["--print-plan"], Stdio::piped());
    assert_eq!(code(&output), Some(0), "{output:?}");
}

#[test]
fn a_panic_is_101() {
    let case = Case::new(CONFIG);
    let output = case.run("http://127.0.0.1:9", &["--test-panic"], Stdio::piped());
    assert_eq!(code(&output), Some(101));
}
