//! The tool as its users see it: who is champion, and on what evidence.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

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
#[path = "../../../crates/yard-forge/tests/loopback/mod.rs"]
mod loopback;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use fake_github::GitHub;
use fake_gitlab::{GitLab, TOKEN};
use fake_oci::{PASSWORD, Registry, USER};
use faulty::Faulty;
use tempfile::TempDir;
use yard_contract::{
    AliasAction, AliasMove, Artifact, Check, Document, Producer, Sha256, SmokeReport, Verdict,
};
use yard_forge::{Settings, Upload, Variables};
use yard_model::specimen;
use yard_package::{Label, Member, PackageId, Source, pack};
use yard_registry::{Asset, Connection, Release, TargetSpec, publish};

const OUT: &str = "out/alias-move.json";

/// A working folder, a target, and the variables that reach it.
struct World {
    folder: TempDir,
    target: String,
    variables: Vec<(String, String)>,
}

impl World {
    fn at(target: &str, variables: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            folder: tempfile::tempdir().unwrap(),
            target: target.to_owned(),
            variables: variables.iter().map(own).collect(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Releases a version; answers the digest of its model.
    fn release(&self, version: &str) -> Sha256 {
        let id = PackageId::new("credit", version).unwrap();
        let label = Label::new(id.clone(), Producer::new("test", "0"));
        let mut model = None;
        let mut members = Vec::new();
        for (name, mut bytes) in specimen::files() {
            if name == "model.onnx" {
                // Other bytes in every version; nobody runs it here.
                bytes.extend(version.as_bytes());
                model = Some(Sha256::of(&bytes));
            }
            members.push(Member::new(&format!("model/{name}"), Source::bytes(bytes)).unwrap());
        }
        let mut archive = Vec::new();
        pack(&label, members, &mut archive).unwrap();
        let asset = Asset::new(&id.archive_name(), Upload::bytes(&archive)).unwrap();
        let release = Release::new(id, Producer::new("test", "0"), Vec::new(), vec![asset]);
        let target = self
            .target
            .replace("dir:", &format!("dir:{}/", self.folder.path().display()));
        let spec: TargetSpec = target.parse().unwrap();
        let variables: Variables = self.variables.iter().cloned().collect();
        let connection = Connection::new(Settings::default(), 1);
        publish(
            &spec.open(&variables, &connection).unwrap(),
            &release.unwrap(),
        )
        .unwrap();
        model.unwrap()
    }

    fn smoke(&self, verdict: Verdict, model: Option<Sha256>) {
        let report = SmokeReport {
            verdict,
            model_sha256: model,
            golden_rows: 1,
            checks: vec![Check {
                id: "ready".to_owned(),
                verdict,
                message: "ready".to_owned(),
            }],
        };
        self.write("out/smoke-report.json", report);
    }

    fn write<T: Artifact>(&self, name: &str, body: T) {
        let document = Document::new(Producer::new("test", "0"), Vec::new(), body);
        yard_cli::files::write(&self.path(name), &document.to_bytes()).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_promote-model"))
            .args(arguments)
            .args(["--target", &self.target])
            .env_clear()
            .envs(self.variables.iter().cloned())
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(said).unwrap(),
        )
    }

    fn entry(&self) -> AliasMove {
        let bytes = fs::read(self.path(OUT)).unwrap();
        Document::parse(&bytes).unwrap().body
    }

    fn promote(&self, version: &str) {
        self.smoke(Verdict::Pass, Some(self.release(version)));
        let (code, said) = self.run(&[&format!("credit@v{version}")]);
        assert_eq!(code, 0, "{said}");
    }
}

#[test]
fn help() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}

/// At every kind of target alike.
fn champions_follow_each_other(world: &World) {
    assert!(world.run(&["credit"]).1.contains("has no champion"));
    world.promote("1.0.0");
    let first = world.entry();
    assert_eq!((first.number, first.previous.as_deref()), (1, None));
    world.promote("1.1.0");
    world.promote("1.2.0");
    let third = world.entry();
    assert_eq!(
        (third.number, third.previous.as_deref()),
        (3, Some("1.1.0"))
    );
    // Again: nothing is added.
    assert_eq!(world.run(&["credit@1.2.0"]).0, 0);
    assert_eq!(world.entry(), third);
    // As a job hands over its tag, which names the package too; not that of another package.
    assert_eq!(world.run(&["credit@credit@v1.2.0"]).0, 0);
    assert_eq!(world.entry(), third);
    let (code, said) = world.run(&["credit@other@v1.2.0"]);
    assert!(
        code == 2 && said.contains("tag of another package"),
        "{said}"
    );
    // Another alias has a record of its own.
    assert_eq!(world.run(&["credit@1.2.0", "--alias", "challenger"]).0, 0);
    assert_eq!(world.entry().number, 1);

    fs::remove_file(world.path("out/smoke-report.json")).unwrap();
    for (number, version) in [(4, "1.1.0"), (5, "1.0.0")] {
        let (code, said) = world.run(&["credit", "--rollback"]);
        assert_eq!(code, 0, "{said}");
        let entry = world.entry();
        assert_eq!(
            (entry.number, entry.package_version.as_str()),
            (number, version)
        );
        assert_eq!(entry.action, AliasAction::RolledBack);
    }
    assert_eq!(world.entry().smoke_sha256, first.smoke_sha256);
    let (code, said) = world.run(&["credit", "--rollback"]);
    assert_eq!(code, 2, "{said}");
    let (code, said) = world.run(&["credit"]);
    assert!(code == 0 && said.contains("stands for 1.0.0"), "{said}");
    assert!(
        said.contains("rolled back") && said.contains("1.2.0"),
        "{said}"
    );
}

#[test]
fn champions_follow_each_other_in_a_folder() {
    champions_follow_each_other(&World::at("dir:registry", &[]));
}

#[test]
fn champions_follow_each_other_in_gitlab() {
    let gitlab = GitLab::start();
    let api = gitlab.api_url();
    let job = [
        ("CI_API_V4_URL", api.as_str()),
        ("CI_PROJECT_ID", "7"),
        ("CI_JOB_TOKEN", TOKEN),
    ];
    champions_follow_each_other(&World::at("gitlab:", &job));
}

#[test]
fn champions_follow_each_other_in_github() {
    let github = Faulty::start(GitHub::new);
    let api = github.url("");
    let job = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_API_URL", api.as_str()),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_TOKEN", fake_github::TOKEN),
    ];
    champions_follow_each_other(&World::at("github:", &job));
    let record = github.with(|github| github.files("credit@aliases"));
    assert_eq!(record.len(), 6, "{record:?}");
}

#[test]
fn champions_follow_each_other_in_an_oci_registry_and_the_tag_with_them() {
    let registry = Faulty::start(Registry::new);
    let target = registry.url("/models").replace("http://", "oci://");
    let world = World::at(
        &target,
        &[("OCI_USERNAME", USER), ("OCI_PASSWORD", PASSWORD)],
    );
    champions_follow_each_other(&world);
    let (champion, first, challenger) = registry.with(|registry| {
        let manifest =
            |tag: &str| registry.manifests[&("models/credit".to_owned(), tag.to_owned())].clone();
        (
            manifest("champion"),
            manifest("1.0.0"),
            manifest("challenger"),
        )
    });
    assert_eq!(champion, first);
    assert_ne!(champion, challenger);
}

#[test]
fn nothing_is_promoted_that_was_not_tried_as_it_is() {
    let world = World::at("dir:registry", &[]);
    let model = world.release("1.0.0");
    let refused = |arguments: &[&str], said: &str| {
        let (code, text) = world.run(arguments);
        assert_eq!(code, 2, "{text}");
        assert!(text.contains(said), "{text}");
        assert!(!world.path(OUT).exists() && !world.path("registry/credit/aliases").exists());
    };
    refused(&["credit@1.0.0"], "smoke-report.json");
    world.smoke(Verdict::Fail, Some(model));
    refused(&["credit@1.0.0"], "did not pass");
    world.smoke(Verdict::Inconclusive, Some(model));
    refused(&["credit@1.0.0"], "did not pass");
    world.smoke(Verdict::Pass, None);
    refused(&["credit@1.0.0"], "does not say");
    world.smoke(Verdict::Pass, Some(Sha256::of(b"another")));
    refused(&["credit@1.0.0"], "is of the model");
    world.smoke(Verdict::Pass, Some(model));
    refused(&["credit@2.0.0"], "no complete release");
    refused(&["credit@1.0.0", "--rollback"], "two different moves");
    refused(&["credit@1.0.0", "--alias", "1.0"], "cannot be an alias");
    refused(&["credit", "--rollback"], "no version before");
    let (code, said) = world.run(&["credit@1.0.0", "--dry-run"]);
    assert!(code == 0 && said.contains("would stand"), "{said}");
    assert!(!world.path("registry/credit/aliases").exists());
}

#[test]
fn of_eight_at_once_every_move_is_in_the_record_or_refused() {
    let world = World::at("dir:registry", &[]);
    let model = world.release("1.0.0");
    world.smoke(Verdict::Pass, Some(model));
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..8)
            .map(|number| {
                let world = &world;
                scope.spawn(move || {
                    let out = format!("out/{number}.json");
                    world.run(&["credit@1.0.0", "--out", &out]).0
                })
            })
            .collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(codes.iter().all(|code| [0, 3].contains(code)), "{codes:?}");
    assert!(codes.contains(&0));
    let record = fs::read_dir(world.path("registry/credit/aliases")).unwrap();
    let moves = record.filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with("champion-")
    });
    assert_eq!(
        moves.count(),
        1,
        "it is there already for all but the first"
    );
}
