//! The command line as it is seen from outside.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod forge;
mod hostile;
mod pipelines;
mod retrain;

use std::fs;
use std::process::{Command, Output};

use serde_json::json;
use tempfile::TempDir;
use yard_cli::files;

use crate::forge::{Forge, Kept, ME, State};

/// The cases in `cmd/`.
#[test]
fn commands() {
    trycmd::TestCases::new()
        .env("CLICOLOR_FORCE", "0")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env("TRAINYARD_TEST_PANIC", "false")
        .env("GITHUB_STEP_SUMMARY", "")
        .case("tests/cmd/*.trycmd")
        .run();
}

/// Which forge the job runs on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum On {
    Nothing,
    GitLab,
    GitHub,
}

pub(crate) struct Case(pub(crate) TempDir);

impl Case {
    pub(crate) fn new() -> Self {
        let case = Self(tempfile::tempdir().unwrap());
        case.put("gate.json", &gate("fail", "auc is too low"));
        case
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        files::write(&self.0.path().join(name), text.as_bytes()).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    pub(crate) fn run(&self, on: On, url: &str, run: &str, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_forge-report"));
        command.args(more).current_dir(self.0.path()).env_clear();
        match on {
            On::Nothing => &mut command,
            On::GitLab => command
                .env("CI_API_V4_URL", format!("{url}/api/v4"))
                .env("CI_PROJECT_ID", "42")
                .env("CI_MERGE_REQUEST_IID", "5")
                .env("CI_JOB_TOKEN", "glcbt-canary")
                .env("CI_JOB_URL", "https://gitlab.example/-/jobs/9")
                .env("CI_PIPELINE_IID", run)
                .env("GITLAB_TOKEN", "glpat-canary"),
            On::GitHub => command
                .env("GITHUB_ACTIONS", "true")
                .env("GITHUB_API_URL", url)
                .env("GITHUB_SERVER_URL", "https://github.example")
                .env("GITHUB_REPOSITORY", "o/r")
                .env("GITHUB_REF", "refs/pull/5/merge")
                .env("GITHUB_RUN_ID", "99")
                .env("GITHUB_RUN_NUMBER", run)
                .env("GITHUB_TOKEN", "ghs-canary"),
        };
        let output = command.output().unwrap();
        for stream in [&output.stdout, &output.stderr] {
            assert!(
                !String::from_utf8_lossy(stream).contains("canary"),
                "{output:?}"
            );
        }
        output
    }

    /// Keeps the comment, and gives what was said.
    fn comment(&self, on: On, forge: &Forge, run: &str) -> (i32, String) {
        let output = self.run(on, &forge.url, run, &["gate.json", "--comment"]);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        (output.status.code().unwrap(), said)
    }
}

/// A gate of one rule.
pub(crate) fn gate(verdict: &str, message: &str) -> String {
    json!({
        "kind": "gate", "version": "1.1",
        "produced_by": { "tool": "eval-gate", "version": "0.1.0" }, "inputs": [],
        "verdict": verdict, "summary": format!("the model may not replace the champion: {message}"),
        "model_sha256": "00".repeat(32), "champion": { "first_model": "none" },
        "rules": [{ "id": "floor.auc", "verdict": verdict, "observed": 0.5, "limit": 0.7, "message": message }],
    })
    .to_string()
}

/// A comment of somebody.
fn kept(id: u64, author: &str, body: &str) -> Kept {
    Kept {
        id,
        author: author.to_owned(),
        body: body.to_owned(),
        system: false,
    }
}

fn me(on: On) -> String {
    match on {
        On::GitHub => ME.1.to_owned(),
        _ => ME.0.to_string(),
    }
}

const MARKER: &str = "<!-- trainyard:report:default:run:";

#[test]
fn a_report_is_a_page_a_summary_annotations_and_links() {
    let case = Case::new();
    case.put("summary.md", "before\n");
    let more = [
        "gate.json",
        "--summary",
        "summary.md",
        "--annotations",
        "out/links.json",
        "--link",
        "report=out/report.html",
        "--format",
        "github",
    ];
    let output = case.run(On::GitLab, "http://127.0.0.1:9", "1", &more);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(stdout, "::error title=Gate%3A floor.auc::auc is too low\n");
    let page = case.read("out/forge-report.md");
    assert!(page.starts_with("## ❌ Fail: Model pipeline\n"), "{page}");
    let link = "https://gitlab.example/-/jobs/9/artifacts/file/out/report.html";
    assert!(page.contains(&format!("[report]({link})")), "{page}");
    assert!(case.read("out/links.json").contains(link));
    assert_eq!(case.read("summary.md"), format!("before\n\n{page}\n"));
}

#[test]
fn one_comment_is_created_then_updated_then_left_alone() {
    for on in [On::GitLab, On::GitHub] {
        let forge = Forge::start(State {
            busy: 1,
            ..State::default()
        });
        let case = Case::new();
        let (code, said) = case.comment(on, &forge, "1");
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("is new"), "{said}");
        let (_, said) = case.comment(on, &forge, "1");
        assert!(said.contains("says so already"), "{said}");
        case.put("gate.json", &gate("pass", "auc is high enough"));
        let (_, said) = case.comment(on, &forge, "2");
        assert!(said.contains("is up to date"), "{said}");
        let comments = forge.comments();
        assert_eq!(comments.len(), 1, "{comments:?}");
        assert!(
            comments[0]
                .body
                .starts_with(&format!("{MARKER}2 -->\n## ✅ Pass"))
        );
        // What an older, slower run has to say comes too late.
        case.put("gate.json", &gate("fail", "old news"));
        let (code, said) = case.comment(on, &forge, "1");
        assert!(code == 0 && said.contains("newer run"), "{said}");
        assert!(!forge.comments()[0].body.contains("old news"));
        assert_eq!(forge.count("POST /api") + forge.count("POST /repos"), 1);
        let token = match on {
            On::GitHub => "Bearer ghs-canary",
            _ => "glpat-canary",
        };
        let state = forge.state.lock().unwrap();
        assert!(state.requests.iter().all(|(_, sent)| sent == token));
    }
}

#[test]
fn only_its_own_comment_is_touched_wherever_it_is_in_the_listing() {
    for on in [On::GitLab, On::GitHub] {
        let marker = format!("{MARKER}1 -->\n");
        let mut comments: Vec<Kept> = (1..=230).map(|id| kept(id, "3", "talk")).collect();
        // Somebody who writes our marker, we who write something else, a quotation of ours, and
        // another report of ours.
        comments.push(kept(231, "3", &format!("{marker}mine!")));
        comments.push(kept(232, &me(on), "by hand"));
        comments.push(kept(233, &me(on), &format!("> {marker}")));
        comments.push(kept(234, &me(on), &marker.replace("default", "other")));
        comments.push(kept(235, &me(on), &format!("{marker}old")));
        let forge = Forge::start(State {
            comments: comments.clone(),
            ..State::default()
        });
        let (code, said) = Case::new().comment(on, &forge, "2");
        assert_eq!(code, 0, "{said}");
        let after = forge.comments();
        assert_eq!(after.len(), comments.len());
        for (before, after) in comments.iter().zip(&after) {
            assert_eq!(before.body != after.body, before.id == 235, "{after:?}");
        }
        assert!(after.last().unwrap().body.contains("auc is too low"));
    }
}

#[test]
fn two_jobs_at_once_leave_one_comment() {
    for on in [On::GitLab, On::GitHub] {
        let rival = kept(500, &me(on), &format!("{MARKER}1 -->\ntheirs"));
        let forge = Forge::start(State {
            rival: Some(rival),
            ..State::default()
        });
        let (code, said) = Case::new().comment(on, &forge, "1");
        assert_eq!(code, 0, "{said}");
        let comments = forge.comments();
        assert_eq!(comments.len(), 1, "{comments:?}");
        assert!(comments[0].id == 500 && comments[0].body.contains("auc is too low"));

        let forge = Forge::start(State::default());
        let cases: Vec<Case> = (0..6).map(|_| Case::new()).collect();
        std::thread::scope(|scope| {
            for case in &cases {
                scope.spawn(|| assert_eq!(case.comment(on, &forge, "1").0, 0));
            }
        });
        let comments = forge.comments();
        assert_eq!(comments.len(), 1, "{comments:?}");
        // What an earlier accident left is tidied up.
        let left = (1..=3).map(|id| kept(id, &me(on), &format!("{MARKER}1 -->\nold")));
        let forge = Forge::start(State {
            comments: left.collect(),
            ..State::default()
        });
        assert_eq!(Case::new().comment(on, &forge, "2").0, 0);
        assert_eq!(forge.comments().len(), 1);
    }
}

#[test]
fn a_token_that_may_not_write_is_a_note_that_says_what_it_lacks() {
    for (on, told) in [
        (On::GitLab, "the scope `api`"),
        (On::GitHub, "`pull-requests: write`"),
    ] {
        for state in [
            State {
                refuse: Some(403),
                ..State::default()
            },
            State {
                refuse_writes: Some(403),
                ..State::default()
            },
            State {
                refuse: Some(404),
                ..State::default()
            },
        ] {
            let forge = Forge::start(state);
            let (code, said) = Case::new().comment(on, &forge, "1");
            assert!(code == 0 && said.contains(told), "{said}");
            assert!(said.contains("no comment was written"), "{said}");
        }
    }
    let forge = Forge::start(State {
        refuse: Some(401),
        ..State::default()
    });
    let (code, said) = Case::new().comment(On::GitLab, &forge, "1");
    assert!(code == 0 && said.contains("has expired"), "{said}");
    let (code, said) = Case::new().comment(On::Nothing, &forge, "1");
    assert!(
        code == 0 && said.contains("belongs to no merge request"),
        "{said}"
    );
    // Too long for the forge, or locked.
    let forge = Forge::start(State {
        refuse_writes: Some(422),
        ..State::default()
    });
    assert_eq!(Case::new().comment(On::GitLab, &forge, "1").0, 0);
}

#[test]
fn a_dry_run_sends_nothing() {
    let forge = Forge::start(State::default());
    let case = Case::new();
    let more = ["gate.json", "--comment", "--dry-run", "--id", "a b"];
    let output = case.run(On::GitLab, &forge.url, "3", &more);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        stdout.contains("<!-- trainyard:report:ab:run:3 -->"),
        "{stdout}"
    );
    assert!(forge.state.lock().unwrap().requests.is_empty());
}

#[test]
fn a_size_limit_takes_rows_and_never_the_verdict() {
    let case = Case::new();
    let rules: Vec<serde_json::Value> = (0..40)
        .map(|rule| json!({ "id": format!("r{rule}"), "verdict": "fail", "message": "x".repeat(4000) }))
        .collect();
    let mut many: serde_json::Value = serde_json::from_str(&gate("fail", "y")).unwrap();
    many["rules"] = rules.into();
    many["summary"] = "z".repeat(100_000).into();
    let mut names = Vec::new();
    for number in 0..30 {
        let name = format!("{number}.json");
        case.put(&name, &many.to_string());
        names.push(name);
    }
    let forge = Forge::start(State::default());
    let mut more: Vec<&str> = names.iter().map(String::as_str).collect();
    more.push("--comment");
    let output = case.run(On::GitHub, &forge.url, "1", &more);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let body = &forge.comments()[0].body;
    assert!(body.encode_utf16().count() < 65_536);
    assert!(body.contains("## ❌ Fail: Model pipeline"));
    assert!(body.contains("not shown here") || body.contains("left out"));
}

#[test]
fn any_artifact_can_be_shown_and_what_is_none_is_refused() {
    let case = Case::new();
    case.put(
        "run.json",
        r#"{"kind":"run","version":"9.0","produced_by":{"tool":"train","version":"1"},"inputs":[],"seed":42}"#,
    );
    let output = case.run(On::Nothing, "", "", &["run.json", "--format", "markdown"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        stdout.starts_with("## ℹ️ Note") && stdout.contains("`42`"),
        "{stdout}"
    );
    for (text, told) in [
        ("", "cannot use `bad.json`"),
        ("{}", "cannot use `bad.json`"),
        ("[1]", "cannot use `bad.json`"),
        (&gate("perhaps", "x"), "cannot use `bad.json`"),
        (&gate("pass", "x").replace("1.1", "2.0"), "version"),
    ] {
        case.put("bad.json", text);
        let output = case.run(On::Nothing, "", "", &["gate.json", "bad.json"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(told), "{told}: {stderr}");
    }
    for link in ["x", "=a", "a=", "a=/etc", "a=../x"] {
        let output = case.run(On::Nothing, "", "", &["gate.json", "--link", link]);
        assert_eq!(output.status.code(), Some(2), "{link}");
    }
    let nowhere = case.run(On::GitLab, "http://127.0.0.1:1", "1", &["missing.json"]);
    assert_eq!(nowhere.status.code(), Some(2));
    let panic = case.run(On::Nothing, "", "", &["gate.json", "--test-panic"]);
    assert_eq!(panic.status.code(), Some(101));
}
