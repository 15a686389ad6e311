//! The tool as its users see it: exit codes, what is written, what is said.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../../../crates/yard-registry/tests/between/mod.rs"]
mod between;
#[expect(dead_code, reason = "the registry's own tests use all of it")]
#[path = "../../../crates/yard-registry/tests/fake_github/mod.rs"]
mod fake_github;
#[expect(dead_code, reason = "the registry's own tests use all of it")]
#[path = "../../../crates/yard-registry/tests/fake_gitlab/mod.rs"]
mod fake_gitlab;
#[path = "../../../crates/yard-registry/tests/fake_oci/mod.rs"]
mod fake_oci;
#[expect(dead_code, reason = "the registry's own tests use all of it")]
#[path = "../../../crates/yard-registry/tests/faulty/mod.rs"]
mod faulty;
#[path = "../../../tests/tests/trust/forms.rs"]
mod forms;
#[path = "interrupted/mod.rs"]
mod interrupted;
#[path = "leaks/mod.rs"]
mod leaks;
#[path = "../../../crates/yard-forge/tests/loopback/mod.rs"]
mod loopback;
#[path = "remote/mod.rs"]
mod remote;
#[path = "signing/mod.rs"]
mod signing;
#[path = "targets/mod.rs"]
mod targets;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use fake_gitlab::{Fault, GitLab, TOKEN};
use loopback::Reply;
use serde_json::{Value, json};
use tempfile::TempDir;
use yard_contract::{Document, PublishReceipt, Sha256, Verdict};
use yard_model::{GraphBuilder, Model};
use yard_package::{Limits, Package};

const ARCHIVE: &str = "credit-1.2.0.tar.gz";
const RECEIPT: &str = "out/publish-receipt.json";

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

fn artifact(kind: &str, inputs: &[(&str, Sha256)], body: Value) -> Vec<u8> {
    let input =
        |(kind, sha256): &(&str, Sha256)| json!({"kind": kind, "path": "x", "sha256": sha256});
    let mut whole = json!({
        "kind": kind, "version": "1.0", "produced_by": {"tool": "test", "version": "0"},
        "inputs": inputs.iter().map(input).collect::<Vec<_>>(),
    });
    let Value::Object(body) = body else {
        panic!("a body is an object")
    };
    whole.as_object_mut().unwrap().extend(body);
    serde_json::to_vec(&whole).unwrap()
}

/// A working folder with everything that the stages before leave in `out/`.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        world.train(&["amount"]);
        world
    }

    /// What the stages before leave, of a model with these inputs.
    fn train(&self, inputs: &[&str]) {
        let world = self;
        let mut graph = GraphBuilder::new("credit", "test", "0");
        let numbers: Vec<_> = inputs
            .iter()
            .map(|name| graph.input_number(name).unwrap())
            .collect();
        let all = graph.concat(&numbers.iter().collect::<Vec<_>>()).unwrap();
        let weights = vec![0.5; inputs.len()];
        let margin = graph.linear(&all, &weights, -1.0).unwrap();
        let both = graph.binary_probabilities(&margin).unwrap();
        graph.output("probabilities", &both).unwrap();
        let onnx = graph.finish(&[]).unwrap();
        let model = Sha256::of(&onnx);
        let profile = json!({"name": "score", "missing_share": 0.0});
        let others = [
            (
                "signature.json",
                artifact(
                    "signature",
                    &[("model", model)],
                    json!({
                        "target": "default",
                        "answer": {
                            "task": "binary", "classes": {"negative": "0", "positive": "1"},
                            "probabilities": "probabilities", "threshold": 0.5,
                        },
                        "features": inputs
                            .iter()
                            .map(|name| json!({"name": name, "type": "number", "nullable": false}))
                            .collect::<Vec<_>>(),
                    }),
                ),
            ),
            (
                "profile.json",
                artifact(
                    "profile",
                    &[],
                    json!({
                        "rows": 1, "target": profile, "features": [], "scores": [profile],
                    }),
                ),
            ),
            (
                "golden.json",
                artifact(
                    "golden",
                    &[("model", model)],
                    json!({
                        "tolerance": 1e-6, "rows": [],
                    }),
                ),
            ),
            ("model.onnx", onnx),
        ];
        let files: Vec<Value> = others
            .iter()
            .map(|(path, bytes)| {
                json!({"path": path, "size": bytes.len(), "sha256": Sha256::of(bytes)})
            })
            .collect();
        let run = artifact(
            "run",
            &[],
            json!({
                "algorithm": "logistic-regression", "parameters": {}, "seed": 1,
                "environment": {"trainyard": "0", "onnx_opset": 17, "onnx_ml_opset": 3},
                "rows": 1, "history": [], "importance": [], "files": files,
            }),
        );
        write(&world.at("out/model/run.json"), &run);
        for (path, bytes) in &others {
            write(&world.at("out/model").join(path), bytes);
        }
        let evaluation = artifact("evaluation", &[("model", model)], json!({"rows": 1}));
        write(&world.at("out/evaluation.json"), &evaluation);
        write(&world.at("out/model_card.md"), b"# Credit\n");
        world.gate("pass", model, Sha256::of(&evaluation));
    }

    fn at(&self, path: &str) -> std::path::PathBuf {
        self.0.path().join(path)
    }

    fn gate(&self, verdict: &str, model: Sha256, evaluation: Sha256) {
        let gate = artifact(
            "gate",
            &[("evaluation", evaluation)],
            json!({
                "verdict": verdict, "summary": "auc is below its floor", "model_sha256": model,
                "champion": {"first_model": "it is the first"}, "rules": [],
            }),
        );
        write(&self.at("out/gate.json"), &gate);
    }

    fn model(&self) -> Sha256 {
        Sha256::of(&fs::read(self.at("out/model/model.onnx")).unwrap())
    }

    fn evaluation(&self) -> Sha256 {
        Sha256::of(&fs::read(self.at("out/evaluation.json")).unwrap())
    }

    /// Runs the tool as the demo does, with more arguments and variables.
    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_publish-package"));
        command.env_clear().envs(variables.iter().copied());
        self.end(command, arguments)
    }

    /// The same through another program, which starts what it is given.
    fn run_through(&self, program: &[&str], arguments: &[&str]) -> Ran {
        let mut command = Command::new(program[0]);
        command.args(&program[1..]);
        command.arg(env!("CARGO_BIN_EXE_publish-package"));
        self.end(command, arguments)
    }

    fn end(&self, mut command: Command, arguments: &[&str]) -> Ran {
        command.current_dir(self.0.path());
        command.args(["--name", "credit", "--include", "out/evaluation.json"]);
        command.args(["--include", "out/model_card.md"]);
        command.args(arguments);
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    fn publish(&self) -> Ran {
        self.run(
            &["--package-version", "1.2.0", "--target", "dir:out/registry"],
            &[],
        )
    }

    fn receipt(&self) -> PublishReceipt {
        Document::parse(&fs::read(self.at(RECEIPT)).unwrap())
            .unwrap()
            .body
    }

    /// Nothing was published, and no receipt says otherwise.
    fn is_untouched(&self) {
        assert!(!self.at(RECEIPT).exists() && !self.at("out/registry/credit/1.2.0").exists());
    }
}

struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Ran {
    #[track_caller]
    fn ends(&self, code: i32, said: &str) {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(all.contains(said), "expected `{said}` in\n{all}");
    }
}

#[test]
fn command_line() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}

#[test]
fn a_gated_model_is_published_once_and_serves() {
    let world = World::new();
    world.publish().ends(0, "credit 1.2.0 published");
    let receipt = world.receipt();
    assert_eq!(receipt.verdict, Verdict::Pass);
    let files: Vec<&str> = receipt.deliveries.iter().map(|d| d.file.as_str()).collect();
    assert_eq!(
        files,
        [
            "bom.cdx.json",
            ARCHIVE,
            "evaluation.json",
            "gate.json",
            "model_card.md",
            "provenance.json",
            "manifest.json"
        ]
    );

    let archive = world.at("out/registry/credit/1.2.0").join(ARCHIVE);
    let package = Package::open(&archive, &Limits::default()).unwrap();
    let model = Model::load(&package, ARCHIVE).unwrap();
    assert_eq!(model.sha256, world.model());
    assert_eq!(
        package.bytes("model_card.md").unwrap().as_ref(),
        b"# Credit\n"
    );
    assert_eq!(
        receipt.archive_sha256,
        Sha256::of(&fs::read(&archive).unwrap())
    );

    world.publish().ends(0, "already there");
    // A tag names the same version, and another folder and other paths change no byte.
    let elsewhere = World::new();
    fs::rename(elsewhere.at("out/gate.json"), elsewhere.at("gate.json")).unwrap();
    let ran = elsewhere.run(
        &["--target", "dir:r", "--gate", "gate.json"],
        &[("CI_COMMIT_TAG", "v1.2.0")],
    );
    ran.ends(0, "credit 1.2.0 published");
    assert_eq!(elsewhere.receipt().archive_sha256, receipt.archive_sha256);
}

#[test]
fn other_bytes_under_a_released_version_fail_with_a_receipt() {
    let world = World::new();
    world.publish().ends(0, "");
    let released = fs::read(world.at("out/registry/credit/1.2.0").join(ARCHIVE)).unwrap();
    write(&world.at("out/model_card.md"), b"# Credit, retold\n");
    world.publish().ends(1, "choose a new version");
    assert_eq!(world.receipt().verdict, Verdict::Fail);
    assert_eq!(
        fs::read(world.at("out/registry/credit/1.2.0").join(ARCHIVE)).unwrap(),
        released
    );

    // With one target in conflict, the others get nothing either.
    let both = [
        "--package-version",
        "1.2.0",
        "--target",
        "dir:new",
        "--target",
        "dir:out/registry",
    ];
    world.run(&both, &[]).ends(1, "CONFLICT");
    assert!(!world.at("new").exists());
}

#[test]
fn what_the_gate_did_not_pass_is_not_published() {
    for verdict in ["fail", "inconclusive"] {
        let world = World::new();
        world.gate(verdict, world.model(), world.evaluation());
        let said = format!("the gate's verdict is {verdict}");
        world.publish().ends(2, &said);
        world.is_untouched();
    }
    let world = World::new();
    world.gate("warning", world.model(), world.evaluation());
    world.publish().ends(0, "published");
}

#[test]
fn what_does_not_belong_together_is_not_published() {
    type Change = fn(&World);
    let cases: [(Change, &str); 9] = [
        (
            |w| w.gate("pass", Sha256::of(b"another"), w.evaluation()),
            "the gate judged the model",
        ),
        (
            |w| w.gate("pass", w.model(), Sha256::of(b"another")),
            "`gate.json` was made from the evaluation",
        ),
        (
            |w| {
                let inputs = [("model", Sha256::of(b"another"))];
                let evaluation = artifact("evaluation", &inputs, json!({"rows": 1}));
                write(&w.at("out/evaluation.json"), &evaluation);
                w.gate("pass", w.model(), w.evaluation());
            },
            "`evaluation.json` was made from the model",
        ),
        (
            |w| {
                let mut onnx = fs::read(w.at("out/model/model.onnx")).unwrap();
                let last = onnx.len() - 1;
                onnx[last] ^= 1;
                write(&w.at("out/model/model.onnx"), &onnx);
            },
            "`model.onnx` is not what `run.json` says",
        ),
        (
            |w| write(&w.at("out/model/notes.txt"), b""),
            "is not one of the model's files",
        ),
        (
            |w| fs::remove_file(w.at("out/model/golden.json")).unwrap(),
            "`golden.json` is missing",
        ),
        (
            |w| fs::remove_file(w.at("out/gate.json")).unwrap(),
            "failed to read `out/gate.json`",
        ),
        (
            |w| write(&w.at("out/gate.json"), b""),
            "cannot use `out/gate.json`",
        ),
        (
            |w| {
                fs::remove_file(w.at("out/model/run.json")).unwrap();
                std::os::unix::fs::symlink("/etc/passwd", w.at("out/model/run.json")).unwrap();
            },
            "member `run.json` is a symbolic link",
        ),
    ];
    for (change, said) in cases {
        let world = World::new();
        change(&world);
        world.publish().ends(2, said);
        world.is_untouched();
    }
}

#[test]
fn arguments_that_cannot_work_are_refused_before_anything_is_done() {
    let cases: [(&[&str], &str); 8] = [
        (&["--package-version", "1.2.0"], "--target"),
        (&["--target", "dir:out/registry"], "--package-version"),
        (
            &["--package-version", "../1", "--target", "dir:r"],
            "cannot be a package's version",
        ),
        (
            &["--package-version", "1", "--target", "s3://b"],
            "names no registry",
        ),
        (
            &["--package-version", "1", "--target", "gitlab:"],
            "`CI_API_V4_URL`",
        ),
        (
            &[
                "--package-version",
                "1",
                "--target",
                "dir:r",
                "--target",
                "dir:r",
            ],
            "named twice",
        ),
        (
            &[
                "--package-version",
                "1",
                "--target",
                "gitlab:http://gitlab.example/api/v4#1",
            ],
            "not encrypted",
        ),
        (
            &[
                "--package-version",
                "1",
                "--target",
                "dir:r",
                "--include",
                "out/gate.json",
            ],
            "is there twice",
        ),
    ];
    for (arguments, said) in cases {
        let world = World::new();
        world.run(arguments, &[]).ends(2, said);
        world.is_untouched();
        assert!(!world.at("r").exists());
    }
}

#[test]
fn a_dry_run_and_a_plan_publish_nothing() {
    let world = World::new();
    let arguments = ["--package-version", "1.2.0", "--target", "dir:out/registry"];
    let with = |flag| [&arguments[..], &[flag]].concat();
    world
        .run(&with("--print-plan"), &[])
        .ends(0, "\"package_version\": \"1.2.0\"");
    world.is_untouched();
    world
        .run(&with("--dry-run"), &[])
        .ends(0, "would be published");
    assert!(!world.at("out/registry").exists() && world.at("out").join(ARCHIVE).exists());
}

#[test]
fn a_gitlab_job_publishes_with_its_own_token_which_is_nowhere_to_be_seen() {
    let gitlab = GitLab::start();
    let world = World::new();
    let url = gitlab.api_url();
    let job = [
        ("CI_API_V4_URL", url.as_str()),
        ("CI_PROJECT_ID", "7"),
        ("CI_JOB_TOKEN", TOKEN),
        ("CI_COMMIT_TAG", "v1.2.0"),
    ];
    let publish = || {
        let ran = world.run(&["--target", "gitlab:", "--verbose"], &job);
        let mut seen = ran.stdout.clone() + &ran.stderr;
        seen += &fs::read_to_string(world.at(RECEIPT)).unwrap_or_default();
        assert!(!seen.contains(TOKEN), "{seen}");
        ran
    };
    let busy = Reply::new(429, b"").with("Retry-After", "3600");
    gitlab.fault("PUT", "manifest.json", Fault::Answer(busy), 1);
    let ran = publish();
    ran.ends(3, "hint: run the same command again");
    ran.ends(3, "manifest.json missing");
    assert!(!world.at(RECEIPT).exists());

    publish().ends(0, "credit 1.2.0 published");
    assert_eq!(gitlab.files("credit", "1.2.0").len(), 7);
    gitlab.take_log("PUT");
    publish().ends(0, "already there");
    assert!(gitlab.take_log("PUT").is_empty() && !gitlab.token_reached_the_storage());
    assert_eq!(gitlab.unmet(), 0);

    write(&world.at("out/model_card.md"), b"# Credit, retold\n");
    publish().ends(1, "CONFLICT");

    let mut expired = job;
    expired[2].1 = "expired";
    world
        .run(&["--target", "gitlab:"], &expired)
        .ends(2, "`CI_JOB_TOKEN` is valid only while");
}

#[test]
fn a_target_that_cannot_be_written_leaves_nothing_behind() {
    let world = World::new();
    write(&world.at("file"), b"in the way");
    let arguments = [
        "--package-version",
        "1.2.0",
        "--target",
        "dir:file/registry",
    ];
    world.run(&arguments, &[]).ends(2, "failed to");
    world.is_untouched();
    assert_eq!(fs::read(world.at("file")).unwrap(), b"in the way");
}
