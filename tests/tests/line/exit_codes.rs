//! The table of exit codes, held by every tool through every code that it can end with.
//!
//! | code | meaning | artifacts |
//! |---|---|---|
//! | 0, 1, 4 | ran; pass, fail, inconclusive or warning | written |
//! | 2 | could not judge | not written |
//! | 3 | transient | not written |
//! | 101 | a panic | not written |
//!
//! Code 75, stopped with the state saved, needs a signal at the right moment: the tools that can go on
//! later (`train`, `publish-package`) hold it in tests of their own.

use anyhow::{Context as _, Result};
use e2e::{Ran, Serving, TOOLS, Yard, files_below};

/// One way of ending: what is done to a folder in which all went well, and how a tool then ends.
struct Case {
    tool: &'static str,
    code: i32,
    arrange: fn(&Yard) -> Result<()>,
    more: &'static [&'static str],
}

const fn case(
    tool: &'static str,
    code: i32,
    arrange: fn(&Yard) -> Result<()>,
    more: &'static [&'static str],
) -> Case {
    Case {
        tool,
        code,
        arrange,
        more,
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "one of several ways to arrange a folder"
)]
fn as_it_is(_: &Yard) -> Result<()> {
    Ok(())
}

/// The configuration no longer lists a column that the table has.
fn unlisted_column(yard: &Yard) -> Result<()> {
    yard.edit("configs/data.yaml", |text| {
        let kept = text
            .lines()
            .filter(|line| !line.contains("{name: channel,"));
        kept.flat_map(|line| [line, "\n"]).collect()
    })
}

fn unlisted_column_warns(yard: &Yard) -> Result<()> {
    unlisted_column(yard)?;
    yard.edit("configs/data.yaml", |text| {
        text.replace("unknown_columns: fail", "unknown_columns: warning")
    })
}

fn auc_of_the_gate(yard: &Yard, auc: &str) -> Result<()> {
    yard.edit("configs/gate.yaml", |text| {
        text.replace("auc: 0.55", &format!("auc: {auc}"))
    })
}

/// A threshold in the middle of the interval: these rows cannot tell.
fn threshold_at_the_estimate(yard: &Yard) -> Result<()> {
    yard.stage("eval-gate", &[])?.assert_code(0);
    let auc = yard.json("out/metrics.json")?["auc"]
        .as_f64()
        .context("an AUC")?;
    auc_of_the_gate(yard, &auc.to_string())?;
    yard.clear("eval-gate")
}

fn other_model(yard: &Yard) -> Result<()> {
    yard.edit("configs/train.yaml", |text| {
        text.replace("rounds: 20", "rounds: 3")
    })?;
    yard.stage("train", &[])?.assert_code(0);
    Ok(())
}

/// The smoke report of the published model.
fn tried(yard: &Yard) -> Result<()> {
    let gate = yard.json("out/gate.json")?;
    let report = serde_json::json!({
        "kind": "smoke-report", "version": "1.0",
        "produced_by": {"tool": "smoke-test", "version": "0"}, "inputs": [],
        "verdict": "pass", "model_sha256": gate["model_sha256"], "golden_rows": 1, "checks": [],
    });
    yard.write("out/smoke-report.json", report.to_string())
}

/// What looks like a static binary for an image: the start of an ELF file and one program header.
fn a_server(yard: &Yard) -> Result<()> {
    let mut bytes = vec![0_u8; 64 + 56];
    bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
    for (at, value) in [(16, 2), (18, 0x3e), (32, 64), (54, 56), (56, 1), (64, 1)] {
        bytes[at] = value;
    }
    yard.write("serve", bytes)
}

const CASES: [Case; 32] = [
    case("data-check", 0, as_it_is, &[]),
    case("data-check", 1, unlisted_column, &[]),
    case("data-check", 2, as_it_is, &["--data", "absent.csv"]),
    case("data-check", 4, unlisted_column_warns, &[]),
    case("train", 0, as_it_is, &[]),
    case("train", 2, as_it_is, &["--data", "absent.csv"]),
    case("eval-gate", 0, as_it_is, &[]),
    case("eval-gate", 0, as_it_is, &["--champion", "out/model"]),
    case("eval-gate", 1, |yard| auc_of_the_gate(yard, "0.9999"), &[]),
    case("eval-gate", 2, other_model_in_the_way, &[]),
    case("eval-gate", 4, threshold_at_the_estimate, &[]),
    case("model-card", 0, as_it_is, &[]),
    case(
        "model-card",
        1,
        |yard| {
            yard.edit("configs/card.yaml", |text| {
                text.replace("[It has seen 1400 rows]", "[TODO]")
            })
        },
        &[],
    ),
    case("model-card", 2, other_model, &[]),
    case("promote-model", 0, tried, &[]),
    case("promote-model", 2, as_it_is, &[]),
    case(
        "promote-model",
        3,
        tried,
        &["--target", "gitlab:http://127.0.0.1:9/api/v4#team/project"],
    ),
    case("fetch-package", 0, as_it_is, &[]),
    case("fetch-package", 2, as_it_is, &["--target", "dir:absent"]),
    case("publish-image", 0, a_server, &[]),
    case(
        "publish-image",
        1,
        |yard| {
            a_server(yard)?;
            yard.stage("publish-image", &["--epoch", "86400"])?
                .assert_code(0);
            yard.clear("publish-image")
        },
        &[],
    ),
    case("publish-image", 2, as_it_is, &["--binary", "data.csv"]),
    case("publish-package", 0, as_it_is, &[]),
    case(
        "publish-package",
        1,
        published_before,
        &["--epoch", "86400"],
    ),
    case("publish-package", 2, other_model, &[]),
    case(
        "publish-package",
        3,
        as_it_is,
        &["--target", "gitlab:http://127.0.0.1:9/api/v4#team/project"],
    ),
    case("batch-predict", 0, as_it_is, &[]),
    case("batch-predict", 2, as_it_is, &["--data", "absent.csv"]),
    case("smoke-test", 2, as_it_is, &["--package", "absent"]),
    case("smoke-test", 3, as_it_is, &[]),
    case("serve", 2, as_it_is, &["--package", "absent"]),
    case("example-world", 0, as_it_is, &[]),
];

fn other_model_in_the_way(yard: &Yard) -> Result<()> {
    yard.write("out/model/model.onnx", "not a graph")
}

fn published_before(yard: &Yard) -> Result<()> {
    yard.stage("publish-package", &[])?.assert_code(0);
    std::fs::remove_file(yard.path().join("out/publish-receipt.json"))?;
    Ok(())
}

fn run(yard: &Yard, tool: &str, more: &[&str]) -> Result<Ran> {
    let mut command = yard.command(tool)?;
    // A token for a registry that does not answer.
    command
        .args(Yard::arguments(tool, more)?)
        .env("GITLAB_TOKEN", "secret");
    Ran::of(&mut command)
}

#[test]
fn every_tool_ends_as_the_table_says() -> Result<()> {
    for Case {
        tool,
        code,
        arrange,
        more,
    } in CASES
    {
        let yard = Yard::prepared()?;
        yard.clear(tool)?;
        arrange(&yard)?;
        let ran = run(&yard, tool, more)?;
        ran.assert_code(code);
        yard.assert_written(tool, [0, 1, 4].contains(&code), &ran)?;
        if [2, 3].contains(&code) {
            ran.assert_refused(code, &[]);
            assert!(!ran.stderr.contains("secret"), "{ran:?}");
        }
    }
    Ok(())
}

/// Tools whose pass and fail need a server, or that are one.
#[test]
fn what_serves_and_what_asks_it_end_as_the_table_says() -> Result<()> {
    let yard = Yard::prepared()?;
    let serving = Serving::start(&yard.package())?;
    let ran = run(&yard, "smoke-test", &["--url", &serving.url])?;
    ran.assert_code(0);
    yard.assert_written("smoke-test", true, &ran)?;

    yard.clear("smoke-test")?;
    other_model(&yard)?;
    let ran = run(&yard, "smoke-test", &["--url", &serving.url])?;
    ran.assert_code(1);
    yard.assert_written("smoke-test", true, &ran)?;
    assert_eq!(yard.json("out/smoke-report.json")?["verdict"], "fail");

    serving.stop()?.assert_code(0);
    Ok(())
}

#[test]
fn a_file_that_is_not_the_one_of_the_list_fails_the_world() -> Result<()> {
    let yard = Yard::prepared()?;
    let zeros = "0".repeat(64);
    yard.write("sums", format!("{zeros}  world/training.csv\n"))?;
    run(&yard, "example-world", &["--check", "sums"])?.assert_code(1);
    run(&yard, "example-world", &["--check", "absent"])?.assert_code(2);
    Ok(())
}

#[test]
fn usage_is_2_and_help_is_0_for_every_tool() -> Result<()> {
    let yard = Yard::prepared()?;
    let before = files_below(yard.path())?;
    for tool in TOOLS {
        for wrong in [&["--no-such-option"][..], &["--out"]] {
            let ran = yard.run(tool, wrong)?;
            ran.assert_refused(2, &[wrong[0]]);
            assert!(ran.stdout.is_empty(), "{ran:?}");
        }
        let ran = yard.run(tool, &[])?;
        ran.assert_code(2);
        for right in ["--help", "-h", "--version"] {
            let ran = yard.run(tool, &[right])?;
            ran.assert_code(0);
            assert!(ran.stdout.contains(tool), "{ran:?}");
        }
    }
    assert_eq!(files_below(yard.path())?, before);
    Ok(())
}

/// `--print-plan` says what would be done, and does nothing.
#[test]
fn a_plan_is_json_and_does_nothing() -> Result<()> {
    for tool in TOOLS.into_iter().filter(|tool| *tool != "example-world") {
        let yard = Yard::prepared()?;
        yard.clear(tool)?;
        let ran = run(&yard, tool, &["--print-plan"])?;
        ran.assert_code(0);
        let plan: serde_json::Value =
            serde_json::from_str(&ran.stdout).with_context(|| format!("{ran:?}"))?;
        assert!(plan.is_object(), "{plan}");
        yard.assert_written(tool, false, &ran)?;
    }
    Ok(())
}

/// A defect of ours is 101, and never looks like a verdict.
#[test]
fn a_panic_is_101_and_writes_nothing() -> Result<()> {
    for tool in TOOLS.into_iter().filter(|tool| *tool != "example-world") {
        let yard = Yard::prepared()?;
        yard.clear(tool)?;
        let ran = run(&yard, tool, &["--test-panic"])?;
        ran.assert_code(101);
        yard.assert_written(tool, false, &ran)?;
    }
    Ok(())
}
