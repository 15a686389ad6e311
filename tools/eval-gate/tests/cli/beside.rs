//! What is judged beside the comparison with the champion: looks, releases, seeds, other tools' reports,
//! people's decisions.

use std::fs;
use std::process::{Command, Output};

use yard_contract::{
    Artifact, DataReport, Document, Finite, Input, Ledger, Measurement, Override, Producer,
    RuleResult, Run, Sha256, SmokeReport, Verdict,
};

use crate::project::{FIRST, Project, model, stderr};

const MARGIN: &str = "champion: {auc_margin: 0.02}\n";
const CHAMPION: [&str; 2] = ["--champion", "champion"];

impl Project {
    fn with_champion(rows: u64, weight: f32, champion: f32, config: &str) -> Self {
        let project = Self::new(rows, weight, config);
        model(&project.0.path().join("champion"), champion);
        project
    }

    /// Runs, expects an exit code, answers the rules' outcomes.
    fn judged(&self, more: &[&[&str]], code: i32) -> Vec<RuleResult> {
        let output = self.gate(&more.concat());
        let found = output.status.code();
        assert_eq!(found, Some(code), "{}", stderr(&output));
        self.verdict().rules
    }

    /// Runs, expects that nothing could be judged, and for a reason.
    fn refused(&self, more: &[&[&str]], reason: &str) {
        fs::remove_file(self.0.path().join("out/gate.json")).unwrap_or_default();
        let output = self.gate(&more.concat());
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{reason}: {said}");
        assert!(said.contains(reason), "{reason}: {said}");
        assert!(self.file("out/gate.json").is_empty(), "{reason}");
    }

    fn plan(&self, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eval-gate"));
        let folder = self.0.path();
        command.current_dir(folder).env_clear().arg("plan");
        command.args(more).output().unwrap()
    }

    fn ledger(&self) -> Ledger {
        let bytes = self.file("ledger.json");
        Document::<Ledger>::parse(&bytes).unwrap().body
    }

    fn artifact<T: Artifact>(&self, name: &str, inputs: Vec<Input>, body: T) {
        let bytes = Document::new(Producer::new("test", "0"), inputs, body).to_bytes();
        self.put(name, std::str::from_utf8(&bytes).unwrap());
    }
}

fn rule<'a>(rules: &'a [RuleResult], id: &str) -> &'a RuleResult {
    let found = rules.iter().find(|rule| rule.id == id);
    found.unwrap_or_else(|| panic!("no rule {id}"))
}

const BOOK: [&str; 4] = ["--ledger", "ledger.json", "--ledger-out", "ledger.json"];
const NEW_BOOK: [&str; 4] = [
    "--new-ledger",
    "the first one",
    "--ledger-out",
    "ledger.json",
];

#[test]
fn looks_share_the_level_a_rerun_is_none_and_the_last_one_says_so() {
    let config = format!("{MARGIN}looks: {{planned: 2}}\n");
    let project = Project::with_champion(6000, 1.0, 0.9, &config);
    let rules = project.judged(&[&CHAMPION, &NEW_BOOK], 0);
    let first = (project.file("out/gate.json"), project.file("ledger.json"));
    assert_eq!(project.ledger().begun, "the first one");
    let look = project.verdict().look.unwrap();
    assert_eq!((look.number, look.planned), (1, Some(2)));
    assert_eq!((look.level.get(), look.left.get()), (0.025, 0.025));
    assert_eq!(Some(look.confidence), Finite::new(0.975));
    assert!(rule(&rules, "looks").message.starts_with("look 1 of 2"));
    let interval = project.evaluation().metrics["auc"].interval.clone();
    assert_eq!(interval.as_deref(), Some("delong 97.5%"));

    // The same candidate again: the same bytes, and no new look.
    project.judged(&[&CHAMPION, &BOOK], 0);
    assert!((project.file("out/gate.json"), project.file("ledger.json")) == first);

    model(&project.0.path().join("model"), 1.1);
    let rules = project.judged(&[&CHAMPION, &BOOK], 0);
    assert!(
        rule(&rules, "looks")
            .message
            .contains("rotate the holdout before the next")
    );
    assert_eq!(project.ledger().looks.len(), 2);

    // A third has nothing left, whatever it shows; a fork that only reads leaves the ledger alone.
    model(&project.0.path().join("model"), 1.2);
    let ledger = project.file("ledger.json");
    let rules = project.judged(&[&CHAMPION, &["--ledger", "ledger.json"]], 1);
    assert_eq!(rule(&rules, "looks").verdict, Verdict::Fail);
    assert_eq!(rule(&rules, "champion.auc").verdict, Verdict::Pass);
    assert!(project.file("ledger.json") == ledger);
    project.put(
        "configs/gate.yaml",
        &config.replace("planned: 2", "planned: 2, exhausted: warning"),
    );
    project.judged(&[&CHAMPION, &BOOK], 4);
    assert_eq!(project.ledger().looks[2].level, Finite::ZERO);

    // Other rows are another budget.
    project.put("holdout.csv", &crate::project::holdout(6001));
    project.judged(&[&CHAMPION, &BOOK], 0);
    assert_eq!(project.verdict().look.unwrap().number, 1);
}

#[test]
fn what_is_sure_enough_for_one_look_is_not_for_five_hundred() {
    let config = "at_least: {auc: 0.74, f1: 0.6}\n";
    let project = Project::new(700, 1.0, config);
    let alone = project.judged(&[&FIRST], 0);
    project.put(
        "configs/gate.yaml",
        &format!("{config}looks: {{planned: 500}}\n"),
    );
    let shared = project.judged(&[&FIRST, &NEW_BOOK], 4);
    let output = project
        .plan(&["--rows", "700", "--positives", "350", "--format", "json"])
        .stdout;
    let plan: serde_json::Value = serde_json::from_slice(&output).unwrap();
    assert_eq!(plan["confidence"].to_string(), "0.9999");
    for id in ["at_least.auc", "at_least.f1"] {
        assert!(rule(&shared, id).bound < rule(&alone, id).bound, "{id}");
    }
    assert_eq!(rule(&shared, "at_least.auc").verdict, Verdict::Inconclusive);
}

#[test]
fn a_ledger_that_is_missing_foreign_or_contradicts_itself_is_refused() {
    let config = format!("{MARGIN}looks: {{planned: 2}}\n");
    let project = Project::with_champion(600, 1.0, 0.9, &config);
    project.refused(&[&CHAMPION], "no ledger is given");
    project.refused(
        &[&CHAMPION, &["--new-ledger", " "]],
        "`--new-ledger` needs a reason",
    );
    project.refused(&[&CHAMPION, &BOOK], "failed to read `ledger.json`");
    let output = project.gate(&[&CHAMPION[..], &NEW_BOOK].concat());
    assert!(output.status.code().is_some_and(|code| code != 2));
    let text = String::from_utf8(project.file("ledger.json")).unwrap();
    for (spoilt, reason) in [
        (String::new(), "not a JSON artifact"),
        (text[..text.len() / 2].to_owned(), "not a JSON artifact"),
        (
            text.replace("\"ledger\"", "\"gate\""),
            "expected an artifact of kind `ledger`",
        ),
        (
            text.replace("\"1.0\"", "\"2.0\""),
            "cannot be read by this version",
        ),
        (
            text.replace("\"looks\"", "\"lokks\""),
            "malformed `ledger` artifact",
        ),
        (
            text.replace("\"number\": 1", "\"number\": 2"),
            "numbers its looks with gaps",
        ),
        (
            text.replace("\"level\": 0.025", "\"level\": -1"),
            "spends a level that is none",
        ),
    ] {
        assert_ne!(spoilt, text, "{reason}");
        project.put("ledger.json", &spoilt);
        project.refused(&[&CHAMPION, &BOOK], reason);
    }
    // A later minor version may say more than this one reads.
    project.put(
        "ledger.json",
        &text.replace("\"1.0\"", "\"1.7\", \"added_later\": 1"),
    );
    assert_ne!(
        project.gate(&[&CHAMPION[..], &BOOK].concat()).status.code(),
        Some(2)
    );
    for looks in [
        "{planned: 0}",
        "{planned: 501}",
        "{}",
        "{planned: 3, spend: endless}",
    ] {
        project.put("configs/gate.yaml", &format!("{MARGIN}looks: {looks}\n"));
        project.refused(&[&CHAMPION, &NEW_BOOK], "`looks.planned` is");
    }
}

/// Each merge may lose a little; the ledger adds up how much all of them did.
#[test]
fn small_losses_since_the_last_release_add_up() {
    let config = "champion: {auc_margin: 0.02}\nrelease: {cumulative: {auc: 0.02}}\n";
    let project = Project::with_champion(20_000, 1.0, 1.0, config);
    let place = |name: &str| project.0.path().join(name);
    model(&place("release"), 1.0);
    let release = ["--release-champion", "release"];
    let mut codes = Vec::new();
    let mut ledger = NEW_BOOK;
    for weight in [0.85, 0.75, 0.68, 0.62, 0.57, 0.53] {
        model(&place("model"), weight);
        let output = project.gate(&[&CHAMPION[..], &release, &ledger].concat());
        codes.push(output.status.code().unwrap());
        let rules = project.verdict().rules;
        assert_eq!(
            rule(&rules, "champion.auc").verdict,
            Verdict::Pass,
            "{weight}"
        );
        // It is merged: the next is held against it.
        model(&place("champion"), weight);
        ledger = BOOK;
    }
    assert_eq!(codes[0], 0, "{codes:?}");
    assert_eq!(*codes.last().unwrap(), 1, "{codes:?}");
    let gate = project.verdict();
    let chain = &gate.chains[0];
    assert_eq!((chain.metric.as_str(), chain.links.len()), ("auc", 6));
    for pair in chain.links.windows(2) {
        assert_eq!(pair[0].candidate_sha256, pair[1].champion_sha256);
    }
    // On the same rows the steps add up to the difference from the release itself.
    let apart = project.evaluation().release.unwrap().difference.value.get();
    assert!((chain.total.value.get() - apart).abs() < 1e-12);
    assert_eq!(
        gate.release.unwrap().sha256,
        Some(chain.links[0].champion_sha256)
    );

    // Release what is merged, and the sum starts anew.
    model(&place("release"), 0.53);
    model(&place("model"), 0.52);
    project.judged(&[&CHAMPION, &release, &BOOK], 0);
    assert_eq!(project.verdict().chains[0].links.len(), 1);

    // A path that misses the release is no evidence that little was lost.
    model(&place("release"), 0.123);
    project.refused(
        &[&CHAMPION, &release, &BOOK],
        "the merges since the release",
    );
    project.judged(&[&CHAMPION, &["--first-release", "not yet"], &BOOK], 1);
    assert_eq!(project.verdict().chains[0].links.len(), 7);
}

#[test]
fn the_last_release_is_a_champion_of_its_own() {
    let config = "champion: {auc_margin: 0.5}\nrelease: {margins: {auc: 0.01}}\n";
    let project = Project::with_champion(6000, 0.9, 0.9, config);
    let release = ["--release-champion", "release"];
    for (weight, rows, code) in [(0.95, 6000, 0), (0.5, 6000, 0), (0.9, 80, 0), (1.0, 80, 4)] {
        project.put("holdout.csv", &crate::project::holdout(rows));
        model(&project.0.path().join("release"), weight);
        let rules = project.judged(&[&CHAMPION, &release], code);
        assert!(
            rule(&rules, "release.auc")
                .message
                .contains("the last release's")
        );
    }
    project.put("holdout.csv", &crate::project::holdout(6000));
    model(&project.0.path().join("model"), 0.4);
    model(&project.0.path().join("release"), 1.0);
    let rules = project.judged(&[&CHAMPION, &release], 1);
    assert_eq!(rule(&rules, "champion.auc").verdict, Verdict::Pass);
    assert_eq!(rule(&rules, "release.auc").verdict, Verdict::Fail);

    project.refused(&[&CHAMPION], "no release is given");
    project.refused(
        &[&CHAMPION, &["--first-release", ""]],
        "`--first-release` needs a reason",
    );
    project.put("configs/gate.yaml", MARGIN);
    project.refused(&[&CHAMPION, &release], "no `release` rule");
    project.put(
        "configs/gate.yaml",
        "at_least: {auc: 0.5}\nrelease: {margins: {auc: 1}}\n",
    );
    project.refused(&[&FIRST], "`release.margins.auc` is 1");
    project.put(
        "configs/gate.yaml",
        "at_least: {auc: 0.5}\nrelease: {margins: {auc: 0.1}}\n",
    );
    project.refused(
        &[&FIRST, &release],
        "a first model cannot have a release before it",
    );
    project.judged(&[&FIRST], 0);
    let release = project.verdict().release.unwrap();
    assert_eq!(release.first_release.as_deref(), Some("no release yet"));
}

#[test]
fn what_seeds_do_to_a_metric_widens_the_difference() {
    let project = Project::with_champion(6000, 1.0, 0.9, MARGIN);
    let alone = project.judged(&[&CHAMPION], 0);
    let named = ["a.json", "b.json", "c.json"];
    let retrains = ["--retrains", "a.json", "b.json", "c.json"];
    let put = |values: [f64; 3]| {
        for (name, value) in named.iter().zip(values) {
            project.put(name, &format!("{{\"auc\": {value}, \"f1\": 0.5}}\n"));
        }
    };
    put([0.8, 0.8, 0.8]);
    let calm = project.judged(&[&CHAMPION, &retrains], 0);
    let bound = |rules: &[RuleResult]| rule(rules, "champion.auc").bound.unwrap().get();
    assert!((bound(&calm) - bound(&alone)).abs() < 1e-12);
    put([0.79, 0.80, 0.81]);
    let wild = project.judged(&[&CHAMPION, &retrains], 4);
    assert!(bound(&wild) < bound(&alone) - 0.01);
    let noise = project.verdict().seed_noise.unwrap();
    assert_eq!(noise.retrains, 3);
    assert!((noise.deviations["auc"].value.get() - 0.01).abs() < 1e-12);

    project.refused(
        &[&CHAMPION, &["--retrains", "a.json"]],
        "one retrain says nothing",
    );
    project.refused(
        &[&CHAMPION, &["--retrains", "a.json", "a.json"]],
        "is given twice",
    );
    project.put("b.json", "{\"f1\": 0.5}");
    project.refused(&[&CHAMPION, &retrains], "the retrain `b.json` has no `auc`");
    project.put("b.json", "{\"auc\": null}");
    project.refused(&[&CHAMPION, &retrains], "cannot use `b.json`");
    // An evaluation says which rows it is about.
    project.put("holdout.csv", &crate::project::holdout(5000));
    project.judged(&[&CHAMPION], 0);
    fs::rename(
        project.0.path().join("out/evaluation.json"),
        project.0.path().join("b.json"),
    )
    .unwrap();
    project.judged(&[&CHAMPION, &retrains], 4);
    project.put("holdout.csv", &crate::project::holdout(6000));
    project.refused(&[&CHAMPION, &retrains], "`b.json` is about another holdout");
}

fn smoke(verdict: Verdict, model: &[u8]) -> SmokeReport {
    SmokeReport {
        verdict,
        model_sha256: Some(Sha256::of(model)),
        golden_rows: 1,
        checks: Vec::new(),
    }
}

#[test]
fn what_other_tools_found_is_judged_and_never_missing() {
    let config = "rules:\n  model_bytes: {at_most: 5000}\n  \
                  measured: {smoke-test.milliseconds.p99: {at_most: 5}}\n  \
                  reports: {smoke-report: warning, drift-report: pass}\n";
    let project = Project::new(200, 1.0, config);
    let evidence = ["--evidence", "smoke.json", "drift.json", "times.json"];
    let onnx = project.file("model/model.onnx");
    let measure = |p99: f64| {
        let body = Measurement {
            of: "smoke-test".to_owned(),
            seconds: [].into(),
            milliseconds: [("p99".to_owned(), Finite::new(p99).unwrap())].into(),
            bytes: [].into(),
        };
        project.artifact("times.json", Vec::new(), body);
    };
    let drift = |verdict: &str| {
        let text = format!(
            "{{\"kind\": \"drift-report\", \"version\": \"1.0\", \"produced_by\": {{\"tool\": \"t\", \
             \"version\": \"1\"}}, \"inputs\": [], \"verdict\": \"{verdict}\"}}"
        );
        project.put("drift.json", &text);
    };
    measure(4.8125);
    drift("pass");
    project.artifact("smoke.json", Vec::new(), smoke(Verdict::Warning, &onnx));
    project.judged(&[&FIRST, &evidence], 0);
    let gate = String::from_utf8(project.file("out/gate.json")).unwrap();
    // What a clock measured is for people; what enters a package says only that it keeps to the limit.
    assert!(!gate.contains("4.8125"), "{gate}");
    assert!(
        String::from_utf8(project.file("out/report.html"))
            .unwrap()
            .contains("4.8125")
    );
    assert!(gate.contains("drift-report") && gate.contains("smoke-report"));

    for (measured, drifted, code, broken) in [
        (5.1, "pass", 1, "measured.smoke-test.milliseconds.p99"),
        (4.0, "warning", 1, "reports.drift-report"),
        (4.0, "inconclusive", 4, "reports.drift-report"),
    ] {
        measure(measured);
        drift(drifted);
        let rules = project.judged(&[&FIRST, &evidence], code);
        assert!(rule(&rules, broken).verdict > Verdict::Warning);
    }
    drift("pass");
    for missing in 0..3 {
        let mut given = evidence.to_vec();
        given.remove(1 + missing);
        project.refused(&[&FIRST, &given], "needs ");
    }
    drift("fine");
    project.refused(
        &[&FIRST, &evidence],
        "is a `drift-report` without a verdict",
    );
    drift("pass");
    project.artifact(
        "smoke.json",
        Vec::new(),
        smoke(Verdict::Pass, b"another model"),
    );
    project.refused(&[&FIRST, &evidence], "`smoke.json` is about another model");
    project.put("smoke.json", "");
    project.refused(&[&FIRST, &evidence], "cannot use `smoke.json`");
    let twice = ["--evidence", "times.json", "times.json"];
    project.refused(&[&FIRST, &twice], "was measured twice");

    project.put("configs/gate.yaml", "rules: {model_bytes: {at_most: 10}}\n");
    let rules = project.judged(&[&FIRST], 1);
    assert_eq!(
        rule(&rules, "model_bytes").observed,
        Finite::new(onnx.len() as f64)
    );
    for wrong in ["{}", "{at_least: 2, at_most: 1}"] {
        project.put(
            "configs/gate.yaml",
            &format!("rules: {{model_bytes: {wrong}}}\n"),
        );
        project.refused(&[&FIRST], "has no limit, or limits that cross");
    }
}

#[test]
fn an_override_is_a_warning_on_the_record_and_no_more() {
    let config = "at_least: {auc: 0.99}\nslices: {by: [[group]], min_rows: 50, min_positives: 10, \
                  auc_at_least: 0.6}\n";
    let project = Project::new(6000, 1.0, config);
    let slice = "slices.auc_at_least group=c=noise, as is known";
    let author = ["--override-author", "ada"];
    project.judged(&[&FIRST, &["--override", slice], &author], 1);
    let both = [
        "--override",
        slice,
        "--override",
        "at_least.auc=the audit is on Monday",
    ];
    project.judged(&[&FIRST, &both, &author], 4);
    let gate = project.verdict();
    assert_eq!(gate.verdict, Verdict::Warning);
    assert!(
        gate.summary
            .contains("people decided so: 2 rules are overridden")
    );
    let shown: Vec<(&str, &str, &str, Verdict)> = gate
        .overrides
        .iter()
        .map(
            |Override {
                 rule,
                 verdict,
                 reason,
                 author,
                 ..
             }| { (rule.as_str(), reason.as_str(), author.as_str(), *verdict) },
        )
        .collect();
    let expected = [
        (
            "slices.auc_at_least group=c",
            "noise, as is known",
            "ada",
            Verdict::Fail,
        ),
        (
            "at_least.auc",
            "the audit is on Monday",
            "ada",
            Verdict::Fail,
        ),
    ];
    assert_eq!(shown, expected);
    let report = String::from_utf8(project.file("out/report.md")).unwrap();
    assert!(report.contains("the audit is on Monday") && report.contains("ada"));

    // The forge's own variable names who it was.
    let mut command = project.command(&[&FIRST[..], &both].concat());
    let status = command.env("GITLAB_USER_LOGIN", "grace").status().unwrap();
    assert_eq!(status.code(), Some(4));
    assert_eq!(project.verdict().overrides[0].author, "grace");
    project.refused(&[&FIRST, &both], "nobody is named");
    project.refused(
        &[&FIRST, &["--override", "at_least.acu=x"], &author],
        "no rule `at_least.acu`",
    );
    project.refused(
        &[&FIRST, &["--override", "at_least.auc"], &author],
        "no rule",
    );

    // What could not be judged stays so.
    project.put(
        "configs/gate.yaml",
        "at_least: {auc: 0.5}\nrules: {reports: {data-report: pass}}\n",
    );
    let wish = ["--override", "reports.data-report=never mind"];
    project.refused(
        &[&FIRST, &wish, &author],
        "needs an artifact of kind `data-report`",
    );
}

#[test]
fn overrides_in_a_file_end() {
    let project = Project::new(6000, 1.0, "at_least: {auc: 0.99}\n");
    let file = ["--overrides-file", "overrides.yaml"];
    let on = |day: &'static str| [file[0], file[1], "--today", day];
    let put = |more: &str| {
        let text = format!(
            "overrides:\n- rule: at_least.auc\n  reason: until the new data\n  author: ada\n  {more}\n"
        );
        project.put("overrides.yaml", &text);
    };
    put("expires: 2026-03-31");
    project.judged(&[&FIRST, &on("2026-03-31")], 4);
    assert_eq!(
        project.verdict().overrides[0].expires.as_deref(),
        Some("2026-03-31")
    );
    project.refused(
        &[&FIRST, &on("2026-04-01")],
        "the override of `at_least.auc` has expired",
    );
    project.refused(&[&FIRST, &on("today")], "`--today` is today");
    project.refused(&[&FIRST, &file], "nothing says which day it is");
    let mut command = project.command(&[&FIRST[..], &file].concat());
    command.env("CI_PIPELINE_CREATED_AT", "2026-03-30T23:59:59Z");
    assert_eq!(command.status().unwrap().code(), Some(4));
    // Only the pipeline's day counts, not what it is called.
    let mut command = project.command(&[&FIRST[..], &file].concat());
    command.env("CI_PIPELINE_CREATED_AT", "soon");
    assert_eq!(command.status().unwrap().code(), Some(2));

    put(&format!(
        "candidate: {}",
        Sha256::of(&project.file("model/model.onnx"))
    ));
    project.judged(&[&FIRST, &file], 4);
    put(&format!("candidate: {}", Sha256::of(b"another model")));
    project.judged(&[&FIRST, &file], 1);
    put("severity: low");
    project.refused(&[&FIRST, &file], "unknown field `severity`");
    put("");
    project.refused(&[&FIRST, &file], "counts for every model and for ever");
    project.put("overrides.yaml", "");
    project.refused(&[&FIRST, &file], "the file is empty");
}

#[test]
fn the_rows_that_flipped_most_are_listed_and_a_private_column_is_never_shown() {
    let project = Project::with_champion(600, 1.0, 0.5, &MARGIN.replace("0.02", "0.5"));
    project.judged(&[&CHAMPION], 0);
    let flips = project.evaluation().flips.unwrap();
    assert_eq!(flips.listed.len(), 10);
    assert!(flips.to_positive + flips.to_negative > 10);
    let mut last = f64::INFINITY;
    for flip in &flips.listed {
        assert!((flip.challenger.get() >= 0.5) != (flip.champion.get() >= 0.5));
        let change = (flip.challenger.get() - flip.champion.get()).abs();
        assert!(change <= last && flip.columns.is_empty() && flip.row.starts_with("line "));
        last = change;
    }
    let config = MARGIN.replace("0.02", "0.5");
    project.put(
        "configs/gate.yaml",
        &format!("{config}flips: {{rows: 3, show: [group, y]}}\n"),
    );
    project.judged(&[&CHAMPION], 0);
    let listed = project.evaluation().flips.unwrap().listed;
    assert_eq!(listed.len(), 3);
    let names: Vec<&String> = listed[0].columns.keys().collect();
    assert_eq!(names, ["group", "y"]);

    let private = format!("{config}flips: {{show: [group]}}\nprivate: [group]\n");
    project.put("configs/gate.yaml", &private);
    project.refused(&[&CHAMPION], "`group` is private");
    project.put(
        "configs/gate.yaml",
        &format!("{config}flips: {{show: [colour]}}\n"),
    );
    project.refused(&[&CHAMPION], "there is no column `colour`");
    project.put(
        "configs/gate.yaml",
        &format!("{config}flips: {{rows: 101}}\n"),
    );
    project.refused(&[&CHAMPION], "`flips.rows` is 101");
}

/// What a forge reads says the same as `gate.json`, names the line that asks, and cannot be forged.
#[test]
fn forges_get_findings_figures_and_annotations() {
    let config = "# policy\nat_least:\n  auc: 0.7\n  f1: 0.99\nchampion: {auc_margin: 0.5}\n\
                  slices: {by: [[group]], min_rows: 5, min_positives: 2, auc_at_least: 0.75}\n";
    let project = Project::with_champion(6000, 1.0, 0.9, config);
    let holdout = String::from_utf8(project.file("holdout.csv")).unwrap();
    project.put("holdout.csv", &holdout.replace(",c,", ",::error::%0A c,"));
    let rules = project.judged(&[&CHAMPION], 1);
    let broken: Vec<&RuleResult> = rules
        .iter()
        .filter(|rule| rule.verdict != Verdict::Pass)
        .collect();
    assert_eq!(broken.len(), 2);

    let findings: serde_json::Value =
        serde_json::from_slice(&project.file("out/gate.codequality.json")).unwrap();
    let findings = findings.as_array().unwrap();
    assert_eq!(findings.len(), 2);
    let f1 = &findings[0];
    assert_eq!(f1["location"]["path"], "configs/gate.yaml");
    assert_eq!(f1["location"]["lines"]["begin"], 4);
    assert_eq!(f1["severity"], "blocker");
    assert!(
        f1["description"]
            .as_str()
            .unwrap()
            .starts_with("at_least.f1: ")
    );
    assert_eq!(findings[1]["location"]["lines"]["begin"], 6);

    let annotations = String::from_utf8(project.file("out/gate.annotations.txt")).unwrap();
    let lines: Vec<&str> = annotations.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("::error file=configs/gate.yaml,line=4,title=Model gate%2C"));
    assert!(
        lines[1].contains("%3A%3Aerror%3A%3A%250A c"),
        "{}",
        lines[1]
    );

    let figures = String::from_utf8(project.file("out/gate.openmetrics.txt")).unwrap();
    let auc = project.evaluation().metrics["auc"].value.get();
    for line in [
        "gate_rules{verdict=\"fail\"} 2",
        "gate_rows 6000",
        &format!("gate_metric{{metric=\"auc\"}} {auc:.6}"),
    ] {
        assert!(
            figures.lines().any(|found| found == line),
            "{line}: {figures}"
        );
    }
    assert!(figures.contains("gate_difference{metric=\"auc\",against=\"champion\"} "));
    assert!(figures.ends_with("# EOF\n"));

    for (format, file) in [
        ("code-quality", "gate.codequality.json"),
        ("github", "gate.annotations.txt"),
        ("openmetrics", "gate.openmetrics.txt"),
        ("markdown", "report.md"),
        ("junit", "gate.junit.xml"),
    ] {
        let output = project.gate(&[&CHAMPION[..], &["--format", format]].concat());
        let file = project.file(&format!("out/{file}"));
        if format == "markdown" {
            // The file's lineage lists the model's and the champion's files too.
            assert!(output.stdout.starts_with(&file[..200]), "{format}");
        } else {
            assert!(output.stdout == file, "{format}");
        }
    }

    // What a person has decided is for information, whatever holds is no finding.
    let wish = [
        "--override",
        "at_least.f1=the audit is on Monday",
        "--override-author",
        "ada",
    ];
    project.judged(&[&CHAMPION, &wish], 1);
    let findings = String::from_utf8(project.file("out/gate.codequality.json")).unwrap();
    assert!(findings.contains("\"info\"") && findings.contains("\"blocker\""));
    let annotations = String::from_utf8(project.file("out/gate.annotations.txt")).unwrap();
    assert!(annotations.contains("::notice file=configs/gate.yaml,line=4,"));
    project.put("configs/gate.yaml", "at_least: {auc: 0.5}\n");
    project.judged(&[&FIRST], 0);
    assert_eq!(project.file("out/gate.codequality.json"), b"[]\n");
    assert!(project.file("out/gate.annotations.txt").is_empty());
}

/// The tool writes two dozen files; a crash leaves all of them or none.
#[test]
fn the_evidence_appears_together() {
    let project = Project::new(600, 1.0, "at_least: {auc: 0.5}\n");
    fs::create_dir_all(project.0.path().join("out/report.html")).unwrap();
    project.refused(&[&FIRST], "failed to write `out/report.html`");
    let left: Vec<_> = fs::read_dir(project.0.path().join("out"))
        .unwrap()
        .collect();
    // The folder in the way, and the empty one for the charts.
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_data_report_of_another_table_is_no_evidence() {
    let config = "at_least: {auc: 0.5}\nrules: {reports: {data-report: pass}}\n";
    let project = Project::new(600, 1.0, config);
    let table = |bytes: &[u8]| vec![Input::new("table", "data.csv", Sha256::of(bytes))];
    let run = Document::<Run>::parse(&project.file("model/run.json")).unwrap();
    project.artifact("model/run.json", table(b"trained on"), run.body);
    let report = |verdict: Verdict| DataReport {
        verdict,
        rows: 600,
        unreadable_rows: 0,
        columns: Vec::new(),
        broken: Vec::new(),
        findings: Vec::new(),
    };
    let evidence = ["--evidence", "data-report.json"];
    for (verdict, code) in [
        (Verdict::Pass, 0),
        (Verdict::Warning, 1),
        (Verdict::Fail, 1),
    ] {
        project.artifact("data-report.json", table(b"trained on"), report(verdict));
        project.judged(&[&FIRST, &evidence], code);
    }
    project.artifact("data-report.json", table(b"another"), report(Verdict::Pass));
    project.refused(
        &[&FIRST, &evidence],
        "`data-report.json` is about another table",
    );
}
