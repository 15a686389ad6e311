//! The actions that the line does not call, each with real tools and for every event: setup, release,
//! report, drift, retraining, promotion, and the single tools that talk to a forge or a server.

use std::path::Path;

use anyhow::{Context as _, Result};
use e2e::{Checkout, Job, Outcome, Serving, command, repository};
use yard_contract::Sha256;

use crate::fake_github::TOKEN;
use crate::forge::{Forge, READ_ONLY};
use crate::loopback::{Reply, Request, Server};
use crate::{Event, action, bin, consumer, events, line};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a token in a log would show.
const SECRETS: [&str; 2] = [TOKEN, READ_ONLY];

fn act(job: &Job, name: &str, with: &[(&str, &str)]) -> Result<Outcome> {
    let bin = bin()?;
    let with = [with, &[("tools", bin.as_str())]].concat();
    let outcome = job.run(&action(name)?, &with)?;
    for secret in SECRETS {
        assert!(!outcome.log.contains(secret), "{name}: {}", outcome.log);
    }
    Ok(outcome)
}

fn tool(job: &Job, name: &str, token: Option<&str>, arguments: &str) -> Result<Outcome> {
    let mut with = vec![("arguments", arguments)];
    with.extend(token.map(|token| ("token", token)));
    let outcome = act(job, name, &with)?;
    assert_eq!(
        outcome.outputs["exit-code"],
        outcome.code.to_string(),
        "{}",
        outcome.log
    );
    Ok(outcome)
}

fn token(event: &Event) -> &'static str {
    if event.name == "fork" {
        READ_ONLY
    } else {
        TOKEN
    }
}

/// A checkout on which the line has run, packed as 1.2.3.
fn packed(forge: &Forge) -> Result<(Checkout, String)> {
    let checkout = consumer()?;
    let tag = events(forge)?.remove(2);
    let outcome = line(&Job::new(checkout.path(), &tag.settings())?)?;
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    assert_eq!(outcome.outputs["release"], "true");
    Ok((checkout, outcome.outputs["sha256"].clone()))
}

#[test]
fn a_release_is_made_once_of_the_very_bytes_and_made_champion() -> Result<()> {
    let forge = Forge::start();
    let (checkout, sha256) = packed(&forge)?;
    let archive = checkout
        .path()
        .join("out/registry/churn/1.2.3/churn-1.2.3.tar.gz");
    assert_eq!(Sha256::of(&std::fs::read(archive)?).to_string(), sha256);
    let tag = events(&forge)?.remove(2);
    let job = Job::new(checkout.path(), &tag.settings())?;
    let with = |sha256, token| {
        [
            ("name", "churn"),
            ("version", "1.2.3"),
            ("sha256", sha256),
            ("token", token),
        ]
    };
    // Other bytes than were judged, and a token that may not: nothing is there afterwards.
    let wrong = "0".repeat(64);
    let outcome = act(&job, "release", &with(&wrong, TOKEN))?;
    assert_eq!(outcome.code, 1, "{}", outcome.log);
    assert!(
        outcome.log.contains("nothing was released"),
        "{}",
        outcome.log
    );
    let outcome = act(&job, "release", &with(&sha256, READ_ONLY))?;
    assert_eq!(outcome.code, 2, "{}", outcome.log);
    assert!(forge.files("churn@v1.2.3").is_empty());

    let outcome = act(&job, "release", &with(&sha256, TOKEN))?;
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    assert_eq!(outcome.outputs["sha256"], sha256);
    assert!(
        outcome.summary.contains("Publication"),
        "{}",
        outcome.summary
    );
    let files = forge.files("churn@v1.2.3");
    assert!(files.len() >= 2, "{files:?}");
    forge.take_log("GET");
    let again = act(&job, "release", &with(&sha256, TOKEN))?;
    assert_eq!(again.code, 0, "{}", again.log);
    for method in ["POST", "PATCH", "DELETE"] {
        assert!(forge.take_log(method).is_empty(), "{method}: {}", again.log);
    }
    assert_eq!(forge.files("churn@v1.2.3"), files);

    // Champion by its smoke test; then whoever may read fetches it by that name, on any event.
    let port = crate::workflow::free()?;
    let package = "out/registry/churn/1.2.3/churn-1.2.3.tar.gz";
    let with = [
        ("package", package),
        ("sha256", sha256.as_str()),
        ("listen", &port),
    ];
    let outcome = act(&job, "deploy", &with)?;
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    let with = [("name", "churn"), ("version", "1.2.3"), ("token", TOKEN)];
    let outcome = act(&job, "promote", &with)?;
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    for event in events(&forge)? {
        let job = Job::new(checkout.path(), &event.settings())?;
        let to = format!("out/fetched-{}.tar.gz", event.variables[0].1);
        let arguments = format!("churn@champion\n--target\ngithub:\n--archive\n{to}");
        let outcome = tool(&job, "fetch-package", Some(token(&event)), &arguments)?;
        assert_eq!(outcome.code, 0, "{}: {}", event.name, outcome.log);
        let fetched = std::fs::read(checkout.path().join(&to))?;
        assert_eq!(Sha256::of(&fetched).to_string(), sha256, "{}", event.name);
        let look = "churn\n--target\ngithub:";
        let outcome = tool(&job, "promote-model", Some(token(&event)), look)?;
        assert_eq!(outcome.code, 0, "{}: {}", event.name, outcome.log);
        assert!(outcome.log.contains("1.2.3"), "{}", outcome.log);
        let drift = act(
            &job,
            "drift",
            &[
                ("name", "churn"),
                ("fresh", "data/training.csv"),
                ("deployed", "churn@1.2.3"),
                ("token", token(&event)),
            ],
        )?;
        assert_eq!(drift.code, 0, "{}: {}", event.name, drift.log);
        assert_eq!(drift.outputs["drift"], "pass");
        assert!(drift.summary.contains("Drift"), "{}", drift.summary);
        let retrain = [("name", "churn"), ("token", token(&event))];
        let outcome = act(&job, "retrain", &retrain)?;
        assert_eq!(outcome.code, 0, "{}: {}", event.name, outcome.log);
    }
    assert!(forge.dispatches().is_empty(), "nothing has drifted");
    Ok(())
}

#[test]
fn every_other_action_does_its_work_on_every_event() -> Result<()> {
    let forge = Forge::start();
    let (checkout, _) = packed(&forge)?;
    let package = "out/registry/churn/1.2.3/churn-1.2.3.tar.gz";
    let serving = Serving::start(&checkout.path().join(package))?;
    for event in events(&forge)? {
        let job = Job::new(checkout.path(), &event.settings())?;
        let smoke = format!("--url\n{}\n--package\n{package}", serving.url);
        for (name, arguments) in [
            ("smoke-test", smoke.as_str()),
            (
                "drift-check",
                "--package\nout/model\n--evaluation\nout/evaluation.json\n--data\ndata/training.csv",
            ),
        ] {
            let outcome = tool(&job, name, None, arguments)?;
            assert_eq!(outcome.code, 0, "{name}, {}: {}", event.name, outcome.log);
        }
        let arguments = "out/gate.json\n--comment\n--id\ntool";
        let outcome = tool(&job, "forge-report", Some(token(&event)), arguments)?;
        assert_eq!(outcome.code, 0, "{}: {}", event.name, outcome.log);
        assert!(outcome.summary.contains("Gate"), "{}", outcome.summary);

        let with = [
            ("name", "churn"),
            ("title", "Churn"),
            ("token", token(&event)),
        ];
        let outcome = act(&job, "report", &with)?;
        assert_eq!(outcome.code, 0, "{}: {}", event.name, outcome.log);
        assert!(outcome.summary.contains("Churn"), "{}", outcome.summary);
    }
    serving.stop()?;
    // One comment for each report of the pull request, and none of the fork.
    assert_eq!(forge.comments("5").len(), 2, "{:?}", forge.comments("5"));
    assert!(forge.comments("6").is_empty());
    Ok(())
}

/// The head of a static binary, which is what an image is made of; that a server in an image answers is
/// shown where images are tested.
fn static_binary() -> Vec<u8> {
    let mut bytes = vec![0; 64 + 56];
    bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
    bytes[16] = 2; // an executable
    bytes[18] = 0x3e; // of x86-64
    bytes[32] = 64; // with one program header behind this one
    bytes[54] = 56;
    bytes[56] = 1;
    bytes[64] = 1; // which is loaded, and names no interpreter
    bytes
}

#[test]
fn an_image_is_built_on_every_event_and_only_of_a_static_server() -> Result<()> {
    let forge = Forge::start();
    let (checkout, _) = packed(&forge)?;
    write(&checkout.path().join("static"), &static_binary())?;
    let package = "out/registry/churn/1.2.3/churn-1.2.3.tar.gz";
    for event in events(&forge)? {
        let job = Job::new(checkout.path(), &event.settings())?;
        for (binary, code) in [("static", 0), (&*format!("{}/serve", bin()?), 2)] {
            let arguments =
                format!("--package\n{package}\n--binary\n{binary}\n--target\noci-layout:out/image");
            let outcome = tool(&job, "publish-image", None, &arguments)?;
            assert_eq!(outcome.code, code, "{}: {}", event.name, outcome.log);
        }
    }
    assert!(checkout.path().join("out/image/index.json").is_file());
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a file of a throw-away copy")]
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    Ok(std::fs::write(path, bytes)?)
}

/// A deployment elsewhere is asked where it is; a package that is not the judged one is not deployed.
#[test]
fn a_deployment_is_of_the_package_that_was_judged() -> Result<()> {
    let forge = Forge::start();
    let (checkout, sha256) = packed(&forge)?;
    let package = "out/registry/churn/1.2.3/churn-1.2.3.tar.gz";
    let serving = Serving::start(&checkout.path().join(package))?;
    let job = Job::new(checkout.path(), &[])?;
    let with = |sha256| {
        [
            ("package", package),
            ("sha256", sha256),
            ("url", serving.url.as_str()),
        ]
    };
    let outcome = act(&job, "deploy", &with(sha256.as_str()))?;
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    assert_eq!(outcome.steps, ["Deploy", "Smoke"]);
    let wrong = "0".repeat(64);
    let outcome = act(&job, "deploy", &with(wrong.as_str()))?;
    assert_eq!(outcome.code, 1, "{}", outcome.log);
    assert_eq!(outcome.steps, ["Deploy"]);
    serving.stop()?;
    Ok(())
}

/// What the data says reaches the runner as text: between the words that stop its commands.
#[test]
fn no_tool_s_words_are_commands_to_the_runner() -> Result<()> {
    let forge = Forge::start();
    let checkout = consumer()?;
    checkout.edit("data/training.csv", |text| {
        text.replacen(",basic,", ",::set-env name=X::y,", 1)
            .replacen(",west,", ",::error::canary,", 1)
    })?;
    for event in events(&forge)? {
        let outcome = line(&Job::new(checkout.path(), &event.settings())?)?;
        assert_eq!(outcome.code, 1, "{}: {}", event.name, outcome.log);
        let heard = heard(&outcome.log);
        assert!(!heard.is_empty(), "{}", outcome.log);
        assert!(heard.len() <= 10, "{heard:?}");
        for command in heard {
            let is_ours = command.starts_with("::error ") && command.contains("title=");
            assert!(is_ours, "{command}");
        }
    }
    Ok(())
}

/// The lines of a log that GitHub's runner would act upon.
fn heard(log: &str) -> Vec<&str> {
    let mut stopped: Option<String> = None;
    let mut heard = Vec::new();
    for line in log.lines() {
        match &stopped {
            Some(token) if line == format!("::{token}::") => stopped = None,
            Some(_) => {}
            None => match line.strip_prefix("::stop-commands::") {
                Some(token) => stopped = Some(token.to_owned()),
                None if line.trim_start().starts_with("::") => heard.push(line),
                None => {}
            },
        }
    }
    assert!(stopped.is_none(), "the runner stays deaf: {log}");
    heard
}

/// The archive and SHA256SUMS, as the release of the tools leaves them.
fn release(out: &Path) -> Result<()> {
    let output = command("sh")
        .arg(repository()?.join("ci-templates/pack.sh"))
        .arg(bin()?)
        .arg(out)
        .output()?;
    assert!(output.status.success(), "{output:?}");
    Ok(())
}

/// Without a word about where they are, the tools come from the release of the actions' own version
/// in the actions' own repository.
#[test]
fn setup_takes_the_release_of_its_own_repository() -> Result<()> {
    let place = tempfile::tempdir()?;
    release(place.path())?;
    let files = place.path().to_owned();
    let server = Server::start(move |request: Request| {
        let base = format!("/owner/trainyard/releases/download/v{VERSION}/");
        let name = request.path.strip_prefix(&base).map(str::to_owned);
        let bytes = name.and_then(|name| std::fs::read(files.join(name)).ok());
        bytes.map_or(Reply::new(404, b""), |bytes| Reply::new(200, &bytes))
    });
    let url = server.url("");
    let plain = [
        ("PATH", "/usr/bin:/bin"),
        ("GITHUB_SERVER_URL", url.as_str()),
    ];
    let setup = action("setup")?;

    let work = tempfile::tempdir()?;
    let said = [
        &plain[..],
        &[("github.action_repository", "owner/trainyard")],
    ]
    .concat();
    let outcome = Job::new(work.path(), &said)?.run(&setup, &[])?;
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    let shown = command(work.path().join(".trainyard/bin/train"))
        .arg("--version")
        .output()?;
    assert_eq!(
        String::from_utf8(shown.stdout)?,
        format!("train {VERSION}\n")
    );
    // Again: they are there, and nothing is fetched.
    let offline = [
        ("PATH", "/usr/bin:/bin"),
        ("GITHUB_SERVER_URL", "http://127.0.0.1:9"),
    ];
    let offline = [
        &offline[..],
        &[("github.action_repository", "owner/trainyard")],
    ]
    .concat();
    let outcome = Job::new(work.path(), &offline)?.run(&setup, &[])?;
    assert_eq!(outcome.code, 0, "{}", outcome.log);

    // A runner that leaves the name empty has unpacked the action into a folder that says it.
    let unpacked = tempfile::tempdir()?;
    let there = unpacked
        .path()
        .join("_actions/owner/trainyard/v0/ci-templates");
    std::fs::create_dir_all(&there)?;
    for part in ["github", "install.sh"] {
        let from = repository()?.join("ci-templates").join(part);
        let status = command("cp").arg("-r").arg(from).arg(&there).status()?;
        assert!(status.success());
    }
    let work = tempfile::tempdir()?;
    let outcome = Job::new(work.path(), &plain)?.run(&there.join("github/setup"), &[])?;
    assert_eq!(outcome.code, 0, "{}", outcome.log);

    // A folder; a digest that is another one; and nobody who says where they are.
    let folder = place.path().to_str().context("a path in UTF-8")?;
    let wrong = "0".repeat(64);
    for (with, code) in [
        (vec![("url", folder)], 0),
        (vec![("url", folder), ("sha256", wrong.as_str())], 3),
        (vec![], 2),
    ] {
        let work = tempfile::tempdir()?;
        let outcome = Job::new(work.path(), &plain)?.run(&setup, &with)?;
        assert_eq!(outcome.code, code, "{with:?}: {}", outcome.log);
    }
    Ok(())
}

/// Every event finds tools that are on the runner already.
#[test]
fn setup_is_content_with_what_is_there() -> Result<()> {
    let forge = Forge::start();
    for event in events(&forge)? {
        let work = tempfile::tempdir()?;
        let job = Job::new(work.path(), &event.settings())?;
        let outcome = job.run(&action("setup")?, &[])?;
        assert_eq!(outcome.code, 0, "{}: {}", event.name, outcome.log);
        let other = job.run(&action("setup")?, &[("version", "9.9.9")])?;
        assert_eq!(other.code, 2, "{}: {}", event.name, other.log);
    }
    Ok(())
}
