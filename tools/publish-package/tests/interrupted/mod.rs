//! Publishing as a process that is killed, deceived or one of eight: every end is a complete release
//! or none, the next run completes it, and the run after that finds one copy and sends nothing.

use std::fs;
use std::process::{Child, Command, Stdio};

use crate::between::{Between, Stop, replace};
use crate::fake_github::{self, GitHub};
use crate::fake_gitlab::{self, Fault, GitLab};
use crate::fake_oci::{self, Registry};
use crate::faulty::Faulty;
use crate::loopback::Reply;
use crate::{ARCHIVE, World};

/// What a release consists of, in alphabetical order.
const FILES: [&str; 7] = [
    "bom.cdx.json",
    ARCHIVE,
    "evaluation.json",
    "gate.json",
    "manifest.json",
    "model_card.md",
    "provenance.json",
];

pub(crate) type Variables = Vec<(&'static str, String)>;

/// A server, how it is named, and what it holds.
pub(crate) trait Forge {
    fn start() -> Self;
    /// Its URL.
    fn url(&self) -> String;
    /// The target below a URL, and the variables that it needs.
    fn target(url: &str) -> (String, Variables);
    /// Names of the stored files of the release, in order, each as often as it is there.
    fn held(&self) -> Vec<String>;
}

impl Forge for GitLab {
    fn start() -> Self {
        Self::start()
    }

    fn url(&self) -> String {
        self.api_url()
    }

    fn target(url: &str) -> (String, Variables) {
        let variables = vec![
            ("CI_API_V4_URL", url.to_owned()),
            ("CI_PROJECT_ID", "7".to_owned()),
            ("CI_JOB_TOKEN", fake_gitlab::TOKEN.to_owned()),
        ];
        ("gitlab:".to_owned(), variables)
    }

    fn held(&self) -> Vec<String> {
        let files = self.files("credit", "1.2.0").into_iter();
        files.map(|(name, _)| name).collect()
    }
}

impl Forge for Faulty<GitHub> {
    fn start() -> Self {
        Self::start(GitHub::new)
    }

    fn url(&self) -> String {
        Self::url(self, "")
    }

    fn target(url: &str) -> (String, Variables) {
        let variables = vec![
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_API_URL", url.to_owned()),
            ("GITHUB_REPOSITORY", "o/r".to_owned()),
            ("GITHUB_TOKEN", fake_github::TOKEN.to_owned()),
            ("GITHUB_SHA", "0123abcd".to_owned()),
        ];
        ("github:".to_owned(), variables)
    }

    fn held(&self) -> Vec<String> {
        self.with(|github| github.files("credit@v1.2.0"))
    }
}

impl Forge for Faulty<Registry> {
    fn start() -> Self {
        Self::start(Registry::new)
    }

    fn url(&self) -> String {
        Self::url(self, "")
    }

    fn target(url: &str) -> (String, Variables) {
        let variables = vec![
            ("OCI_USERNAME", fake_oci::USER.to_owned()),
            ("OCI_PASSWORD", fake_oci::PASSWORD.to_owned()),
        ];
        (format!("oci+{url}/models"), variables)
    }

    /// Blobs are stored under their digests: there cannot be two of one.
    fn held(&self) -> Vec<String> {
        let tagged = self.with(|registry| {
            let mut names = registry.manifests.keys();
            names.any(|(_, tag)| tag == "1.2.0")
        });
        if tagged {
            FILES.map(str::to_owned).to_vec()
        } else {
            Vec::new()
        }
    }
}

/// The tool, about to publish to a target.
fn publishing(world: &World, target: &str, variables: &Variables) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_publish-package"));
    command
        .current_dir(world.at(""))
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .args(["--name", "credit", "--package-version", "1.2.0"])
        .args([
            "--include",
            "out/evaluation.json",
            "--include",
            "out/model_card.md",
        ])
        .args(["--target", target])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn ended(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

fn run(mut command: Command) -> (Option<i32>, String) {
    ended(command.spawn().unwrap())
}

/// Whether a consumer finds the release, whole; that it is broken is neither.
fn is_visible(world: &World, target: &str, variables: &Variables) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_publish-package"));
    command
        .current_dir(world.at(""))
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .args(["verify", "credit@1.2.0", "--unsigned", "--target", target])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    match run(command) {
        (Some(4), _) => true,
        (Some(2), said) if said.contains("no complete release") => false,
        other => panic!("neither complete nor absent: {other:?}"),
    }
}

/// After whatever happened: complete or absent, and both of the next runs end well, the second
/// without having sent anything.
fn recovers<F: Forge>(world: &World, forge: &F, what: &str) {
    let (target, variables) = F::target(&forge.url());
    let seen = is_visible(world, &target, &variables);
    let (code, said) = run(publishing(world, &target, &variables));
    assert_eq!(code, Some(0), "{what}, seen {seen}: {said}");
    assert!(is_visible(world, &target, &variables), "{what}");
    let counting = Between::changing(&forge.url(), |_, answer| answer);
    let (target, variables) = F::target(&counting.url(&forge.url()));
    let (code, said) = run(publishing(world, &target, &variables));
    assert_eq!(code, Some(0), "{what}: {said}");
    assert!(said.contains("already there"), "{what}: {said}");
    assert_eq!(counting.writes(), 0, "{what}");
    let mut held = forge.held();
    held.sort();
    assert_eq!(held, FILES, "{what}");
}

/// Kills the publisher at its first, second, … write, before that arrived and after it was done.
/// Answers how many deaths there were.
fn killed_at_every_write<F: Forge>() -> usize {
    let world = World::new();
    let mut deaths = 0;
    for stop in [Stop::Before, Stop::After] {
        for number in 1.. {
            let forge = F::start();
            let between = Between::stopping(&forge.url(), number, stop);
            let (target, variables) = F::target(&between.url(&forge.url()));
            let mut child = publishing(&world, &target, &variables).spawn().unwrap();
            let met = between.wait(|| child.try_wait().unwrap().is_some());
            if !met {
                assert_eq!(ended(child).0, Some(0));
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            deaths += 1;
            recovers(&world, &forge, &format!("{stop:?} write {number}"));
        }
    }
    deaths
}

#[test]
fn killed_at_any_write_to_gitlab_the_release_is_complete_or_absent() {
    assert_eq!(killed_at_every_write::<GitLab>(), 2 * FILES.len());
}

#[test]
fn killed_at_any_write_to_github_the_release_is_complete_or_absent() {
    // A draft, the files, its notes and its publication.
    assert_eq!(
        killed_at_every_write::<Faulty<GitHub>>(),
        2 * (FILES.len() + 3)
    );
}

#[test]
fn killed_at_any_write_to_a_registry_the_release_is_complete_or_absent() {
    assert!(killed_at_every_write::<Faulty<Registry>>() >= 2 * FILES.len());
}

#[test]
fn killed_at_any_file_of_a_folder_the_release_is_complete_or_absent() {
    let world = World::new();
    for number in 0..=FILES.len() {
        let root = format!("r{number}");
        let folder = world.at(&root).join("credit/1.2.0");
        let target = format!("dir:{root}");
        let mut child = publishing(&world, &target, &Vec::new()).spawn().unwrap();
        let files = || fs::read_dir(&folder).map_or(0, Iterator::count);
        while files() < number && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        is_visible(&world, &target, &Vec::new());
        for expected in ["published", "already there"] {
            let (code, said) = run(publishing(&world, &target, &Vec::new()));
            assert_eq!(code, Some(0), "{number}: {said}");
            assert!(said.contains(expected), "{number}: {said}");
        }
        let mut names: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        // What the killed one was writing stays there under a name that no reader looks for.
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        assert_eq!(names, FILES, "{number}");
    }
}

/// Another digest in what a server says of its files.
fn lies<F: Forge>() {
    let world = World::new();
    let forge = F::start();
    let (target, variables) = F::target(&forge.url());
    let (code, said) = run(publishing(&world, &target, &variables));
    assert_eq!(code, Some(0), "{said}");
    let digest = world.receipt().archive_sha256.to_string();
    let other = "0".repeat(64);
    let lying = Between::changing(&forge.url(), move |_, mut answer| {
        replace(&mut answer, digest.as_bytes(), other.as_bytes());
        answer
    });
    let (target, variables) = F::target(&lying.url(&forge.url()));
    // What is there is not what we have, as far as anybody can tell: nothing is touched.
    let (code, said) = run(publishing(&world, &target, &variables));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("CONFLICT"), "{said}");
    assert_eq!(lying.writes(), 0);
    drop(lying);
    recovers(&world, &forge, "after a lie");
}

#[test]
fn a_listing_with_a_wrong_digest_changes_nothing() {
    lies::<GitLab>();
    lies::<Faulty<GitHub>>();
}

#[test]
fn a_conflict_that_a_server_reports_ends_absent_and_the_next_run_completes() {
    for file in FILES {
        let world = World::new();
        let gitlab = <GitLab as Forge>::start();
        let conflict = Reply::new(409, b"{\"message\":\"409 Conflict\"}");
        gitlab.fault("PUT", file, Fault::Answer(conflict), 1);
        let (target, variables) = GitLab::target(&gitlab.url());
        let (code, said) = run(publishing(&world, &target, &variables));
        assert_eq!(code, Some(2), "{file}: {said}");
        assert!(!is_visible(&world, &target, &variables), "{file}");
        recovers(&world, &gitlab, file);
    }
}

/// Rounds of eight processes; the full count with `TRAINYARD_SOAK`.
fn rounds() -> usize {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test has no command line to declare it on"
    )]
    let soak = std::env::var_os("TRAINYARD_SOAK").is_some();
    if soak { 100 } else { 3 }
}

/// Eight processes publish at once, the same bytes or each its own; answers their codes, in order.
fn eight(world: &World, target: &str, variables: &Variables, differ: bool) -> Vec<Option<i32>> {
    let start = |number: usize| {
        let mut command = publishing(world, target, variables);
        let out = format!("o{number}/receipt.json");
        command.args(["--out", &out]);
        if differ {
            command.args(["--epoch", &(number * 86_400).to_string()]);
        }
        command.spawn().unwrap()
    };
    let children: Vec<Child> = (0..8).map(start).collect();
    let mut codes: Vec<_> = children.into_iter().map(|child| ended(child).0).collect();
    codes.sort();
    codes
}

fn same_or_one<F: Forge>(rounds: usize) {
    let world = World::new();
    for round in 0..rounds {
        for differ in [false, true] {
            let forge = F::start();
            let (target, variables) = F::target(&forge.url());
            let codes = eight(&world, &target, &variables, differ);
            let mut expected = vec![Some(0); 8];
            if differ {
                expected[1..].fill(Some(1));
            }
            assert_eq!(codes, expected, "round {round}, differ {differ}");
            let mut held = forge.held();
            held.sort();
            assert_eq!(held, FILES, "round {round}, differ {differ}");
            assert!(is_visible(&world, &target, &variables));
        }
    }
}

#[test]
fn eight_processes_at_gitlab_agree_on_one_release() {
    same_or_one::<GitLab>(rounds());
}

#[test]
fn eight_processes_at_a_folder_agree_on_one_release() {
    let world = World::new();
    for round in 0..rounds() {
        for differ in [false, true] {
            let target = format!("dir:r{round}{differ}");
            let codes = eight(&world, &target, &Vec::new(), differ);
            let mut expected = vec![Some(0); 8];
            if differ {
                expected[1..].fill(Some(1));
            }
            assert_eq!(codes, expected, "round {round}, differ {differ}");
            assert!(is_visible(&world, &target, &Vec::new()));
        }
    }
}
