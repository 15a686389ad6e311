//! What comes back: drift that trains again, trainings of one's own, the comment for a fork, the ledger
//! of looks, and several trainings at once.

use anyhow::{Context as _, Result};
use e2e::{Checkout, Run, command};
use serde_json::{Value, json};

use crate::consumer;
use crate::forge::Forge;
use crate::workflow::{artifact, call, free, model, of};

/// Drift on a schedule starts the workflow that trains again, which is held against the champion,
/// released, and made champion itself.
#[test]
fn drift_trains_again_and_the_loop_closes() -> Result<()> {
    let forge = Forge::start();
    let checkout = consumer()?;
    let first = call(&checkout, &of(&forge, "tag")?, &[("promote", "yes")])?;
    assert!(first.that("failure").is_empty(), "{}", first.log());

    let schedule = of(&forge, "schedule")?;
    let with = [("deployed", "churn@champion"), ("retrain", "retrain.yml")];
    let same = [&with[..], &[("fresh", "data/training.csv")]].concat();
    let calm = call(&checkout, &schedule, &same)?;
    assert_eq!(calm.that("success"), ["drift"], "{}", calm.log());
    assert_eq!(calm.jobs["drift"].outputs["drift"], "pass");
    assert!(forge.dispatches().is_empty());

    // Everybody pays more, and calls more.
    let table = std::fs::read_to_string(checkout.path().join("data/training.csv"))?;
    let changed: Vec<String> = table.lines().map(raised).collect();
    write(&checkout, "data/fresh.csv", &(changed.join("\n") + "\n"))?;
    let other = [&with[..], &[("fresh", "data/fresh.csv")]].concat();
    let drifted = call(&checkout, &schedule, &other)?;
    assert_eq!(drifted.that("failure"), ["drift"], "{}", drifted.log());
    assert_eq!(drifted.that("success"), ["retrain"], "{}", drifted.log());
    assert!(
        drifted.jobs["drift"].summary.contains("Drift"),
        "{}",
        drifted.log()
    );
    let dispatch = forge.dispatches();
    assert_eq!(dispatch[0]["event_type"], "trainyard-retrain");
    assert_eq!(dispatch[0]["client_payload"]["model"], "churn");

    let mut event = schedule;
    for (name, value) in &mut event.variables {
        if *name == "GITHUB_EVENT_NAME" {
            "repository_dispatch".clone_into(value);
        }
    }
    for (model, result) in [("another", "skipped"), ("churn", "success")] {
        let payload = ("github.event.client_payload.model", model.to_owned());
        event.variables.push(payload);
        let run = Run::new(checkout.path(), &event.settings())?;
        let listen = free()?;
        let with = [
            ("name", "churn"),
            ("data", "data/training.csv"),
            ("release-as", "1.3.7"),
            ("promote", "yes"),
            ("listen", &listen),
        ];
        let called = run.call("retrain.yml", &with)?;
        assert_eq!(called.jobs["model"].result, result, "{}", called.log());
    }
    assert!(!forge.files("churn@v1.3.7").is_empty());
    Ok(())
}

fn raised(line: &str) -> String {
    let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
    for place in [5, 6] {
        if let Ok(number) = cells[place].parse::<i64>() {
            cells[place] = (number * 2 + 1).to_string();
        }
    }
    cells.join(",")
}

#[expect(clippy::disallowed_methods, reason = "a file of a throw-away copy")]
fn write(checkout: &Checkout, name: &str, text: &str) -> Result<()> {
    Ok(std::fs::write(checkout.path().join(name), text)?)
}

/// A model that something else has trained: by a script in the job, or by a job before.
#[test]
fn a_training_of_one_s_own_takes_the_place_of_ours() -> Result<()> {
    let forge = Forge::start();
    let checkout = consumer()?;
    let script = "train --data data/training.csv --config configs/train.yaml --model out/model --holdout out/holdout.csv\n";
    write(&checkout, "fit.sh", script)?;
    let event = of(&forge, "pull request")?;
    let run = Run::new(checkout.path(), &event.settings())?;
    let called = model(&run, &[("train-script", "fit.sh")])?;
    assert!(called.that("failure").is_empty(), "{}", called.log());
    assert_eq!(called.jobs["package"].result, "success");

    // The same as an artifact of a job of the caller's own workflow.
    let later = Run::new(checkout.path(), &event.settings())?;
    for (from, to) in [("churn-model", "mine"), ("churn-holdout", "mine")] {
        std::fs::create_dir_all(later.artifact(to))?;
        let status = command("cp")
            .arg("-r")
            .arg(run.artifact(from).join("."))
            .arg(later.artifact(to))
            .status()?;
        assert!(status.success());
    }
    let called = model(&later, &[("trained", "mine")])?;
    assert_eq!(called.jobs["train"].result, "skipped");
    assert!(called.that("failure").is_empty(), "{}", called.log());
    assert_eq!(called.jobs["package"].result, "success", "{}", called.log());
    let sums = |run: &Run| {
        artifact(run, "churn-package", "gate.json").map(|gate| gate["model_sha256"].clone())
    };
    assert_eq!(sums(&run)?, sums(&later)?);

    // A script that leaves nothing is no training.
    write(&checkout, "fit.sh", "exit 0\n")?;
    let called = call(&checkout, &event, &[("train-script", "fit.sh")])?;
    assert_eq!(called.that("failure"), ["train"], "{}", called.log());
    Ok(())
}

/// Afterwards, with a token that may write: the comment for a fork's run, whose artifacts are hostile.
#[test]
fn a_fork_s_run_is_told_by_a_workflow_that_runs_none_of_its_code() -> Result<()> {
    let forge = Forge::start();
    let checkout = consumer()?;
    let fork = Run::new(checkout.path(), &of(&forge, "fork")?.settings())?;
    model(&fork, &[])?;
    assert!(forge.comments("6").is_empty());

    let place = tempfile::tempdir()?;
    let path = place.path().join("event.json");
    let event = json!({
        "repository": { "id": 1 },
        "workflow_run": {
            "id": 3, "event": "pull_request", "run_number": 12, "head_sha": "abc", "head_branch": "b",
            "head_repository": { "full_name": "somebody/r", "owner": { "login": "somebody" } },
            "pull_requests": [],
        },
    });
    write(&checkout, "event.json", &event.to_string())?;
    std::fs::copy(checkout.path().join("event.json"), &path)?;
    let mut told = of(&forge, "default branch")?;
    for (name, value) in &mut told.variables {
        if *name == "GITHUB_EVENT_NAME" {
            "workflow_run".clone_into(value);
        }
    }
    told.variables.extend([
        ("GITHUB_EVENT_PATH", path.display().to_string()),
        ("github.event.workflow_run.id", "3".to_owned()),
        ("github.event.workflow_run.event", "pull_request".to_owned()),
        (
            "github.event.workflow_run.head_repository.full_name",
            "somebody/r".to_owned(),
        ),
    ]);
    let run = fork.then(&told.settings());
    // No pull request has this commit any more: nothing is said anywhere.
    let called = run.call("report.yml", &[("name", "churn")])?;
    assert_eq!(called.that("success"), ["report"], "{}", called.log());
    assert!(
        called.log().contains("no open pull request"),
        "{}",
        called.log()
    );

    forge.open_pull("somebody:b", 6, "abc");
    let called = run.call("report.yml", &[("name", "churn")])?;
    assert_eq!(called.that("success"), ["report"], "{}", called.log());
    assert_eq!(forge.comments("6").len(), 1, "{}", called.log());
    assert!(forge.comments("6")[0].contains("as the fork's own run reports it"));

    // A link to a file of the runner is not followed.
    let gate = fork.artifact("churn-evaluation").join("gate.json");
    std::fs::remove_file(&gate)?;
    std::os::unix::fs::symlink("/etc/hostname", &gate)?;
    let called = run.call("report.yml", &[("name", "churn")])?;
    assert_eq!(called.that("success"), ["report"], "{}", called.log());
    // What is no artifact of ours is refused, and the comment stays.
    std::fs::remove_file(&gate)?;
    std::fs::copy(checkout.path().join("event.json"), &gate)?;
    let before = forge.comments("6");
    let called = run.call("report.yml", &[("name", "churn")])?;
    assert_eq!(called.that("failure"), ["report"], "{}", called.log());
    assert_eq!(forge.comments("6"), before);
    Ok(())
}

fn git(folder: &std::path::Path, arguments: &[&str]) -> Result<String> {
    let output = command("git")
        .args(arguments)
        .current_dir(folder)
        .output()?;
    anyhow::ensure!(output.status.success(), "git {arguments:?}: {output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

/// The looks that the repository's ledger counts.
fn looks(origin: &std::path::Path) -> Result<usize> {
    let name = "refs/trainyard/churn/ledger";
    if git(origin, &["for-each-ref", name])?.is_empty() {
        return Ok(0);
    }
    let ledger: Value =
        serde_json::from_str(&git(origin, &["show", &format!("{name}:ledger.json")])?)?;
    Ok(ledger["looks"].as_array().context("looks")?.len())
}

/// Pull requests read the ledger; what the default branch has judged is recorded in the repository, and
/// jobs at the same time lose no look.
#[test]
fn looks_at_the_holdout_are_counted_by_the_default_branch_alone() -> Result<()> {
    let forge = Forge::start();
    let place = tempfile::tempdir()?;
    let origin = place.path();
    git(origin, &["init", "--quiet", "--bare"])?;
    let seeded = |seed: u32| -> Result<Checkout> {
        let checkout = consumer()?;
        let origin = origin.to_str().context("a path in UTF-8")?;
        git(checkout.path(), &["remote", "set-url", "origin", origin])?;
        checkout.edit("configs/train.yaml", |text| {
            text.replace("seed: 42", &format!("seed: {seed}"))
        })?;
        Ok(checkout)
    };
    // Some of these models are inconclusive on so few rows: a look is a look.
    let with = [("ledger", "yes"), ("on-warning", "warn")];
    let first = seeded(1)?;
    for name in ["pull request", "fork", "tag", "schedule"] {
        let called = call(&first, &of(&forge, name)?, &with)?;
        assert!(
            called.that("failure").is_empty(),
            "{name}: {}",
            called.log()
        );
        assert_eq!(called.jobs["record"].result, "skipped", "{name}");
        assert_eq!(looks(origin)?, 0, "{name}");
    }
    let branch = of(&forge, "default branch")?;
    for _ in 0..2 {
        // The same candidate on the same rows is no new look.
        let called = call(&first, &branch, &with)?;
        assert_eq!(called.jobs["record"].result, "success", "{}", called.log());
        assert_eq!(looks(origin)?, 1);
    }
    // A model that was turned down was looked at all the same.
    let bad = seeded(2)?;
    bad.edit("configs/gate.yaml", |text| {
        text.replace("auc: 0.70", "auc: 0.99")
    })?;
    let called = call(&bad, &branch, &with)?;
    assert_eq!(
        called.that("failure"),
        ["evaluate", "record"],
        "{}",
        called.log()
    );
    assert_eq!(looks(origin)?, 2);

    let others = [seeded(3)?, seeded(4)?, seeded(5)?];
    std::thread::scope(|scope| {
        let runs = others.each_ref().map(|checkout| {
            let branch = &branch;
            scope.spawn(move || call(checkout, branch, &with))
        });
        for run in runs {
            let called = run
                .join()
                .map_err(|_| anyhow::anyhow!("a run panicked"))??;
            assert_eq!(called.jobs["record"].result, "success", "{}", called.log());
        }
        anyhow::Ok(())
    })?;
    assert_eq!(looks(origin)?, 5);
    let history = git(
        origin,
        &["rev-list", "--count", "refs/trainyard/churn/ledger"],
    )?;
    assert_eq!(history.trim(), "5");
    Ok(())
}

/// Trainings side by side, before anyone looks at the holdout.
#[test]
fn a_sweep_compares_trainings_by_their_cross_validation() -> Result<()> {
    let forge = Forge::start();
    let checkout = consumer()?;
    let train = std::fs::read_to_string(checkout.path().join("configs/train.yaml"))?;
    write(
        &checkout,
        "configs/deep.yaml",
        &train.replace("max_leaves: 7", "max_leaves: 31"),
    )?;
    let list = json!(["configs/train.yaml", "configs/deep.yaml"]).to_string();
    let with = [
        ("name", "churn"),
        ("data", "data/training.csv"),
        ("trainings", list.as_str()),
    ];
    let run = Run::new(checkout.path(), &of(&forge, "pull request")?.settings())?;
    let called = run.call("sweep.yml", &with)?;
    assert_eq!(
        called.that("success"),
        ["compare", "fit"],
        "{}",
        called.log()
    );
    let summary = &called.jobs["compare"].summary;
    for row in [
        "| `configs/train.yaml` | `gradient-boosting` | auc | 0.",
        "| `configs/deep.yaml` |",
    ] {
        assert!(summary.contains(row), "{summary}");
    }
    // Without a cross-validation there is nothing to compare, and one that fails fails the sweep.
    let plain = train.replace("cross_validation:\n  folds: 5\n", "");
    write(&checkout, "configs/deep.yaml", &plain)?;
    let run = Run::new(checkout.path(), &of(&forge, "pull request")?.settings())?;
    let called = run.call("sweep.yml", &with)?;
    assert_eq!(called.that("failure"), ["compare"], "{}", called.log());
    Ok(())
}

/// The project whose model scikit-learn fits: from ONNX to a release that was served and asked.
#[test]
fn a_model_of_scikit_learn_goes_all_the_way() -> Result<()> {
    let Some(python) = e2e::python()? else {
        return Ok(());
    };
    let checkout = Checkout::of_folders(&[
        ("ci-templates/examples/gitlab-onnx", ""),
        ("ci-templates/examples/github-onnx", ""),
    ])?;
    // The peers' Python has what the project asks for, in the same versions: it stands for the
    // environment that the script makes.
    let pinned = std::fs::read_to_string(e2e::repository()?.join("tests/peers.sh"))?;
    let asked = std::fs::read_to_string(checkout.path().join("requirements.txt"))?;
    for line in asked.lines() {
        assert!(
            pinned.contains(line),
            "tests/peers.sh has another version: {line}"
        );
    }
    let bin = checkout.hidden_folder("stand-in")?;
    let stand_in = format!(
        "#!/bin/sh\nmkdir -p .venv/bin\nprintf '#!/bin/sh\\nexec {} \"$@\"\\n' > .venv/bin/python\n\
         printf '#!/bin/sh\\n' > .venv/bin/pip\nchmod +x .venv/bin/*\n",
        python.display()
    );
    write(&checkout, ".git/stand-in/python3", &stand_in)?;
    let status = command("chmod")
        .arg("+x")
        .arg(bin.join("python3"))
        .status()?;
    assert!(status.success());

    let forge = Forge::start();
    let mut tag = of(&forge, "tag")?;
    for (name, value) in &mut tag.variables {
        if *name == "PATH" {
            *value = format!("{}:{value}", bin.display());
        }
    }
    let run = Run::new(checkout.path(), &tag.settings())?;
    let listen = free()?;
    let with = [
        ("name", "pumps"),
        ("data", "data/training.csv"),
        ("train-script", "fit.sh"),
        ("first-model", "Nothing is released yet"),
        ("listen", &listen),
    ];
    let called = run.call("model.yml", &with)?;
    assert!(called.that("failure").is_empty(), "{}", called.log());
    assert_eq!(called.jobs["deploy"].result, "success", "{}", called.log());
    assert!(!forge.files("pumps@v1.2.3").is_empty());
    let card = run.artifact("pumps-evaluation").join("model_card.md");
    assert!(std::fs::read_to_string(card)?.contains("pumps"));
    let gate = artifact(&run, "pumps-evaluation", "gate.json")?;
    assert_eq!(gate["verdict"], "pass");
    Ok(())
}
