//! Training again starts where drift asks for it, and not too often.

use crate::forge::{Forge, State};
use crate::{Case, On};

const HOUR: u64 = 3600;

fn report(verdict: &str) -> String {
    serde_json::json!({
        "kind": "drift-report", "version": "1.0",
        "produced_by": { "tool": "drift-check", "version": "0.1.0" }, "inputs": [],
        "verdict": verdict, "summary": "2 of 9 checks show drift",
        "model_sha256": "00".repeat(32), "rows": 1, "labelled_rows": 0, "reference_rows": 1,
        "level": 0.01, "checks": [],
    })
    .to_string()
}

/// Asks for training again, and gives the exit code and what was said.
fn asked(on: On, forge: &Forge, verdict: &str, more: &[&str]) -> (i32, String) {
    let case = Case::new();
    case.put("drift.json", &report(verdict));
    let mut words = vec!["retrain", "drift.json", "--every-hours", "6"];
    if !more.contains(&"--name") {
        words.extend(["--name", "credit"]);
    }
    words.extend(more);
    let output = case.run(on, &forge.url, "1", &words);
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(said).unwrap(),
    )
}

fn at(forge: &Forge, hour: u64, ended: usize) {
    let mut state = forge.state.lock().unwrap();
    (state.pipelines.now, state.pipelines.ended) = (hour * HOUR, ended);
}

fn started(forge: &Forge) -> usize {
    forge.state.lock().unwrap().pipelines.started.len()
}

#[test]
fn drift_starts_one_pipeline_in_a_while_and_none_while_one_runs() {
    for on in [On::GitLab, On::GitHub] {
        let forge = Forge::start(State::default());
        at(&forge, 1, 0);
        let (code, said) = asked(on, &forge, "fail", &[]);
        assert!(
            code == 0 && said.contains("retraining of credit: started"),
            "{said}"
        );
        // It ended soon, and nobody trained on anything new since.
        at(&forge, 3, 1);
        let (code, said) = asked(on, &forge, "fail", &[]);
        assert!(
            code == 0 && said.contains("the last one was 2.0 hours ago"),
            "{said}"
        );
        assert_eq!(started(&forge), 1);
        // It still runs after the interval.
        at(&forge, 8, 0);
        let (code, said) = asked(on, &forge, "fail", &[]);
        assert!(code == 0 && said.contains("one is running"), "{said}");
        at(&forge, 8, 1);
        assert!(asked(on, &forge, "fail", &[]).1.contains(": started"));
        assert_eq!(started(&forge), 2);
    }
}

#[test]
fn who_may_not_look_at_pipelines_relies_on_the_interval() {
    let forge = Forge::start(State::default());
    forge.state.lock().unwrap().pipelines.is_hidden = true;
    for (hour, expected) in [(1, 1), (2, 1), (8, 2)] {
        at(&forge, hour, 0);
        assert_eq!(asked(On::GitLab, &forge, "fail", &[]).0, 0);
        assert_eq!(started(&forge), expected);
    }
}

#[test]
fn two_jobs_at_once_start_one_pipeline() {
    let forge = Forge::start(State::default());
    at(&forge, 1, 0);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| assert_eq!(asked(On::GitLab, &forge, "fail", &[]).0, 0));
        }
    });
    assert_eq!(started(&forge), 1);
}

#[test]
fn nothing_starts_without_a_reason_or_leave() {
    for on in [On::GitLab, On::GitHub] {
        let forge = Forge::start(State::default());
        at(&forge, 1, 0);
        for (verdict, more, told) in [
            ("pass", [].as_slice(), "the verdict is pass"),
            ("inconclusive", &[], "the verdict is inconclusive"),
            ("warning", &[], "the verdict is warning"),
            ("fail", &["--dry-run"], "would be started"),
        ] {
            let (code, said) = asked(on, &forge, verdict, more);
            assert!(code == 0 && said.contains(told), "{said}");
        }
        assert!(forge.state.lock().unwrap().requests.is_empty());
        let (_, said) = asked(on, &forge, "warning", &["--on-warning"]);
        assert!(said.contains(": started"), "{said}");

        let forge = Forge::start(State::default());
        forge.state.lock().unwrap().pipelines.is_closed = true;
        at(&forge, 1, 0);
        let (code, said) = asked(on, &forge, "fail", &[]);
        assert!(
            code == 2 && said.contains("no pipeline was started"),
            "{said}"
        );
        let wants = match on {
            On::GitHub => "`contents: write`",
            _ => "Developer role",
        };
        assert!(said.contains(wants), "{said}");
        // The claim is withdrawn, so that it does not stand for a pipeline that never was.
        assert!(forge.state.lock().unwrap().pipelines.records.is_empty());
    }
    let forge = Forge::start(State::default());
    let (code, said) = asked(On::Nothing, &forge, "fail", &[]);
    assert!(
        code == 2 && said.contains("no GitLab or GitHub job"),
        "{said}"
    );
    let (code, said) = asked(On::GitLab, &forge, "fail", &["--name", "../x"]);
    assert!(
        code == 2 && said.contains("`--name` takes letters"),
        "{said}"
    );
}
