//! The command line as it is seen from outside.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod beside;
mod project;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use yard_contract::Verdict;

use crate::project::{FIRST, Project, holdout, model, stderr};

const CONFIG: &str = "\
at_least: {auc: 0.7}
at_most: {log_loss: 0.65}
champion: {auc_margin: 0.02}
slices: {by: [[group]], min_rows: 50, min_positives: 10, auc_at_least: 0.6}
";

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
fn a_good_first_model_passes_and_says_why_there_was_no_champion() {
    let project = Project::new(
        6000,
        1.0,
        &CONFIG.replace("auc_at_least: 0.6", "auc_at_least: 0.3"),
    );
    let output = project.gate(&FIRST);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let gate = project.verdict();
    assert_eq!(gate.verdict, Verdict::Pass);
    assert_eq!(gate.champion.first_model.as_deref(), Some("no release yet"));
    for name in [
        "metrics.json",
        "report.md",
        "report.html",
        "gate.junit.xml",
        "charts/roc.svg",
    ] {
        assert!(!project.file(&format!("out/{name}")).is_empty(), "{name}");
    }
    let flat: serde_json::Value =
        serde_json::from_slice(&project.file("out/metrics.json")).unwrap();
    assert_eq!(
        flat["auc"].as_f64(),
        Some(project.evaluation().metrics["auc"].value.get())
    );
}

#[test]
fn a_weak_slice_is_named_and_fails() {
    let project = Project::new(6000, 1.0, CONFIG);
    let output = project.gate(&FIRST);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let gate = project.verdict();
    let broken: Vec<&str> = gate
        .rules
        .iter()
        .filter(|rule| rule.verdict == Verdict::Fail)
        .map(|rule| rule.id.as_str())
        .collect();
    assert_eq!(broken, ["slices.auc_at_least group=c"]);
    let warned = Project::new(
        6000,
        1.0,
        &CONFIG.replace("0.6}", "0.6, severity: warning}"),
    );
    assert_eq!(warned.gate(&FIRST).status.code(), Some(4));
}

#[test]
fn a_threshold_above_reach_fails_with_the_evidence_written() {
    let project = Project::new(6000, 1.0, "at_least: {auc: 0.99}");
    assert_eq!(project.gate(&FIRST).status.code(), Some(1));
    assert_eq!(project.verdict().verdict, Verdict::Fail);
    assert!(!project.file("out/report.md").is_empty());
}

#[test]
fn few_rows_are_inconclusive_and_a_strict_policy_takes_that_for_a_failure() {
    let project = Project::new(120, 1.0, "at_least: {auc: 0.75}");
    assert_eq!(project.gate(&FIRST).status.code(), Some(4));
    assert_eq!(project.verdict().verdict, Verdict::Inconclusive);
    let strict = Project::new(120, 1.0, "at_least: {auc: 0.75}\ninconclusive_is: fail\n");
    assert_eq!(strict.gate(&FIRST).status.code(), Some(1));
}

#[test]
fn a_champion_is_compared_on_the_same_rows() {
    let config = "champion: {auc_margin: 0.02}";
    for (rows, weight, code) in [(6000, 1.0, 0), (6000, 0.2, 1), (80, 0.6, 4)] {
        let project = Project::new(rows, weight, config);
        model(&project.0.path().join("champion"), 0.9);
        let output = project.gate(&["--champion", "champion"]);
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        let comparison = project.evaluation().comparison.unwrap();
        let difference = comparison.challenger.get() - comparison.champion.get();
        assert!((comparison.difference.value.get() - difference).abs() < 1e-12);
    }
}

#[test]
fn any_metric_can_have_a_margin_and_a_loss_counts_downwards() {
    let config = "champion: {margins: {auc: 0.02, log_loss: 0.02, f1: 0.05}}";
    let project = Project::new(6000, 1.0, config);
    model(&project.0.path().join("champion"), 0.9);
    let output = project.gate(&["--champion", "champion"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let rules = project.verdict().rules;
    let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["champion.auc", "champion.log_loss", "champion.f1"]);
    let loss = &rules[1];
    assert!(loss.bound.unwrap() <= loss.limit.unwrap() && loss.limit.unwrap().get() > 0.0);
    assert!(rules.iter().all(|rule| rule.p_value.unwrap().get() < 0.025));
    let comparison = project.evaluation().comparison.unwrap();
    assert_eq!(comparison.differences.len(), 13);
    assert!(comparison.decisions.unwrap().challenger_only > 0);

    // The other way round the same loss is a failure.
    let project = Project::new(6000, 0.2, config);
    model(&project.0.path().join("champion"), 1.0);
    assert_eq!(
        project.gate(&["--champion", "champion"]).status.code(),
        Some(1)
    );
    let verdicts: Vec<Verdict> = project
        .verdict()
        .rules
        .iter()
        .map(|rule| rule.verdict)
        .collect();
    assert_eq!(verdicts, [Verdict::Fail; 3]);

    for (wrong, reason) in [
        ("champion: {auc_margin: 0.1, margins: {auc: 0.1}}", "twice"),
        (
            "champion: {margins: {f1: -0.1}}",
            "the margin of `f1` is -0.1",
        ),
        ("champion: {margins: {}}", "no `champion` rule"),
    ] {
        project.put("configs/gate.yaml", wrong);
        let output = project.gate(&["--champion", "champion"]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
    }
}

/// In group c the labels are noise, so only elsewhere can a model be worse than another.
#[test]
fn a_slice_that_loses_against_the_champion_is_named_and_no_harm_must_be_shown_where_asked() {
    let policy = |prove: &str| {
        format!(
            "champion: {{auc_margin: 0.5}}\nslices: {{by: [[group]], min_rows: 50, min_positives: 10, \
             champion: {{auc_margin: 0.03, prove: {prove}}}}}\n"
        )
    };
    for (rows, weight, prove, code) in [
        (6000, 0.3, "harm", 1),
        (6000, 0.9, "harm", 0),
        (6000, 0.9, "no_harm", 0),
        (700, 0.7, "no_harm", 4),
    ] {
        let project = Project::new(rows, weight, &policy(prove));
        model(&project.0.path().join("champion"), 0.9);
        let output = project.gate(&["--champion", "champion"]);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{rows} {weight} {prove}: {}",
            stderr(&output)
        );
        let rules = project.verdict().rules;
        let broken = rules.iter().filter(|rule| rule.verdict == Verdict::Fail);
        let broken: Vec<&str> = broken.map(|rule| rule.id.as_str()).collect();
        let expected: &[&str] = if code == 1 {
            &["slices.champion group=a", "slices.champion group=b"]
        } else {
            &[]
        };
        assert_eq!(broken, expected);
    }
}

#[test]
fn the_slice_that_errs_most_is_found() {
    let project = Project::new(6000, 1.0, CONFIG);
    project.gate(&FIRST);
    let weakest = &project.evaluation().weakest[0];
    assert_eq!(weakest.columns["group"], "c");
    assert!(weakest.p_value.get() < 0.01 && weakest.log_loss > weakest.rest);
}

#[test]
fn an_inconclusive_rule_says_how_many_rows_would_settle_it() {
    let config = "at_least: {auc: 0.75}\nchampion: {auc_margin: 0.02}\n";
    let project = Project::new(150, 0.6, config);
    model(&project.0.path().join("champion"), 0.9);
    assert_eq!(
        project.gate(&["--champion", "champion"]).status.code(),
        Some(4)
    );
    let rules = project.verdict().rules;
    let unsettled = rules
        .iter()
        .filter(|rule| rule.verdict == Verdict::Inconclusive);
    for rule in unsettled {
        let needed = rule.needed.unwrap();
        assert!(
            needed.rows > 0 && needed.positives < needed.rows,
            "{rule:?}"
        );
        assert!(rule.message.contains("would settle it"), "{}", rule.message);
    }
}

#[test]
fn every_metric_has_an_interval_that_holds_its_value() {
    let project = Project::new(
        2000,
        0.8,
        "at_least: {auc: 0.6}\nchampion: {auc_margin: 0.1}\n",
    );
    model(&project.0.path().join("champion"), 0.9);
    project.gate(&["--champion", "champion"]);
    let evaluation = project.evaluation();
    let of_champion = &evaluation.comparison.as_ref().unwrap().champion_metrics;
    for metrics in [&evaluation.metrics, of_champion] {
        assert_eq!(metrics.len(), 13);
        for (name, estimate) in metrics {
            let (low, high) = (estimate.low.unwrap(), estimate.high.unwrap());
            assert!(low < estimate.value && estimate.value < high, "{name}");
        }
    }
    let method = |name: &str| evaluation.metrics[name].interval.clone().unwrap();
    assert_eq!(method("auc"), "delong 95%");
    assert_eq!(method("pr_auc"), "bootstrap 95%");
}

/// Every row four times: four times the rows, and no more evidence.
#[test]
fn rows_of_one_entity_are_no_evidence_of_their_own() {
    let text = holdout(500);
    let (header, rows) = text.split_once('\n').unwrap();
    let mut repeated = format!("{header},customer\n");
    for (number, row) in rows.lines().enumerate() {
        for _ in 0..4 {
            writeln!(repeated, "{row},{number}").unwrap();
        }
    }
    let config = "champion: {auc_margin: 0.1}\n";
    let project = Project::new(500, 0.8, config);
    model(&project.0.path().join("champion"), 0.5);
    let mut widths = Vec::new();
    for (config, holdout) in [
        (config.to_owned(), &text),
        (config.to_owned(), &repeated),
        (format!("{config}cluster: customer\n"), &repeated),
    ] {
        project.put("configs/gate.yaml", &config);
        project.put("holdout.csv", holdout);
        project.gate(&["--champion", "champion"]);
        let evaluation = project.evaluation();
        let width = |of: &yard_contract::Estimate| of.high.unwrap().get() - of.low.unwrap().get();
        widths.push([
            width(&evaluation.metrics["auc"]),
            width(&evaluation.metrics["accuracy"]),
            width(&evaluation.comparison.unwrap().difference),
        ]);
    }
    for metric in 0..3 {
        let (once, naive, clustered) = (widths[0][metric], widths[1][metric], widths[2][metric]);
        assert!((naive / once - 0.5).abs() < 0.05, "{widths:?}");
        assert!((clustered / once - 1.0).abs() < 0.15, "{widths:?}");
    }
}

#[test]
fn a_model_equal_to_the_champion_passes_without_margin() {
    let project = Project::new(6000, 0.9, "champion: {auc_margin: 0}");
    model(&project.0.path().join("champion"), 0.9);
    assert_eq!(
        project.gate(&["--champion", "champion"]).status.code(),
        Some(0)
    );
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

#[test]
fn a_plan_tells_the_power_of_a_policy_without_a_model() {
    let config = "at_least: {auc: 0.7, f1: 0.1}\nchampion: {auc_margin: 0.005}\n";
    let project = Project::new(2, 1.0, config);
    let plan = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eval-gate"));
        command
            .current_dir(project.0.path())
            .env_clear()
            .arg("plan")
            .args(more);
        command.output().unwrap()
    };
    let sized = ["--rows", "20000", "--positives", "1600", "--auc", "0.77"];
    let output = plan(&[&sized[..], &["--correlation", "0.95", "--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |path: &str| {
        found
            .pointer(path)
            .and_then(serde_json::Value::as_f64)
            .unwrap()
    };
    // At the margin the champion's rule errs with its level, and no verdict is left out.
    let at_margin = "/rules/1/cases/2";
    assert!((of(&format!("{at_margin}/pass")) - 0.025).abs() < 1e-12);
    let sum = ["pass", "fail", "inconclusive"].map(|verdict| of(&format!("{at_margin}/{verdict}")));
    assert!((sum.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    // The standard error is Hanley and McNeil's; (1.96 + 0.8416)² of its squares fit into the margin.
    let error = of("/rules/1/standard_error");
    assert!((error / 0.002_25 - 1.0).abs() < 0.02, "{error}");
    let rows = 20_000.0 * (2.801_585 * error / 0.005).powi(2);
    assert!((of("/rules/1/rows_needed") / rows - 1.0).abs() < 1e-3);
    assert_eq!(found["not_planned"][0], "at_least.f1");

    let text = String::from_utf8(plan(&sized).stdout).unwrap();
    assert!(
        text.contains("champion.auc") && text.contains("four times in five"),
        "{text}"
    );
    for wrong in [
        ["--rows", "10", "--positives", "10"],
        ["--rows", "10", "--positives", "0"],
    ] {
        assert_eq!(plan(&wrong).status.code(), Some(2));
    }
    let output = plan(&[&sized[..], &["--correlation", "2"]].concat());
    assert_eq!(output.status.code(), Some(2));
    project.put("configs/gate.yaml", "at_least: {f1: 0.1}");
    assert!(stderr(&plan(&sized)).contains("nothing to plan"));
}

/// Whatever is missing, foreign or broken is no verdict, with a reason, and no pass.
#[test]
fn what_cannot_be_judged_is_exit_2_with_a_reason_and_no_verdict() {
    type Break = fn(&Project);
    let cases: [(&str, &str, Break); 17] = [
        (
            "line 2: the entity column `group` is empty",
            "at_least: {auc: 0.5}\ncluster: group\n",
            |p| p.put("holdout.csv", "x,noise,group,y\n1,1,,1\n1,2,a,0\n"),
        ),
        (
            "there is no column `customer`",
            "at_least: {auc: 0.5}\ncluster: customer\n",
            |_| (),
        ),
        (
            "`bootstrap.replicates` is 0",
            "at_least: {auc: 0.5}\nbootstrap: {replicates: 0}\n",
            |_| (),
        ),
        ("failed to read `configs/gate.yaml`", CONFIG, |p| {
            fs::remove_file(p.0.path().join("configs/gate.yaml")).unwrap();
        }),
        (
            "configs/gate.yaml:1:1: unknown field `at_lest`",
            "at_lest: {auc: 0.5}",
            |_| (),
        ),
        ("unknown variant `acu`", "at_least: {acu: 0.5}", |_| ()),
        ("the configuration has no rule", "confidence: 0.9", |_| ()),
        (
            "`confidence` is 2",
            "confidence: 2\nat_least: {auc: 0.5}",
            |_| (),
        ),
        ("configs/gate.yaml:1:", "at_least: {auc: .nan}", |_| ()),
        ("failed to read `holdout.csv`", CONFIG, |p| {
            fs::remove_file(p.0.path().join("holdout.csv")).unwrap();
        }),
        ("the table is empty", CONFIG, |p| p.put("holdout.csv", "")),
        ("a header and no rows", CONFIG, |p| {
            p.put("holdout.csv", "x,noise,group,y\n");
        }),
        ("there is no column `noise`", CONFIG, |p| {
            p.put("holdout.csv", "x,group,y\n1,a,1\n");
        }),
        ("line 3: 3 fields", CONFIG, |p| {
            p.put("holdout.csv", "x,noise,group,y\n1,1,a,1\n2,a,1\n");
        }),
        ("line 2, column `x`: `much` is not a number", CONFIG, |p| {
            p.put("holdout.csv", "x,noise,group,y\nmuch,1,a,1\n");
        }),
        ("`2` is no value of the target `y`", CONFIG, |p| {
            p.put("holdout.csv", "x,noise,group,y\n1,1,a,2\n");
        }),
        ("a metric is undefined on these rows", CONFIG, |p| {
            p.put("holdout.csv", "x,noise,group,y\n1,1,a,1\n2,1,a,1\n");
        }),
    ];
    for (reason, config, spoil) in cases {
        let project = Project::new(200, 1.0, config);
        spoil(&project);
        let output = project.gate(&FIRST);
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
        assert!(project.file("out/gate.json").is_empty(), "{reason}");
    }
}

#[test]
fn neither_champion_nor_reason_is_no_silent_pass() {
    let project = Project::new(200, 1.0, CONFIG);
    for more in [
        &[][..],
        &["--first-model", ""],
        &["--first-model", "x", "--champion", "y"],
    ] {
        assert_eq!(project.gate(more).status.code(), Some(2), "{more:?}");
    }
    let no_rule = Project::new(200, 1.0, "at_least: {auc: 0.5}");
    let output = no_rule.gate(&["--champion", "model"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("no `champion` rule"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn one_changed_byte_of_any_model_file_is_refused_by_name() {
    for name in [
        "model.onnx",
        "signature.json",
        "profile.json",
        "golden.json",
    ] {
        let project = Project::new(200, 1.0, CONFIG);
        let place = project.0.path().join("model").join(name);
        let mut bytes = fs::read(&place).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        yard_cli::files::write(&place, &bytes).unwrap();
        let output = project.gate(&FIRST);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(name),
            "{name}: {}",
            stderr(&output)
        );
        assert!(project.file("out/gate.json").is_empty());
    }
}

#[test]
fn a_closed_stdout_keeps_the_verdict_a_full_one_is_no_verdict_and_a_panic_is_101() {
    let project = Project::new(6000, 1.0, CONFIG);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = |stdout: Stdio, more: &[&str]| {
        let mut command = project.command(&[&FIRST[..], more].concat());
        command
            .stdout(stdout)
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .code()
    };
    assert_eq!(status(writer.into(), &[]), Some(1));
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    assert_eq!(status(full.into(), &[]), Some(2));
    assert_eq!(status(Stdio::null(), &["--test-panic"]), Some(101));
}
