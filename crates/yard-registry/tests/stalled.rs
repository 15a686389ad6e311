//! A connection that stands and says nothing: whoever waits gives up in time, looks whether the
//! request arrived, and goes on.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

#[expect(dead_code, reason = "publish-package's tests use all of it")]
mod between;
#[expect(dead_code, reason = "the tests of each forge use all of it")]
mod fake_github;
#[expect(dead_code, reason = "the tests of each forge use all of it")]
mod fake_gitlab;
mod fake_oci;
#[expect(dead_code, reason = "the tests of each forge use all of it")]
mod faulty;
#[path = "../../yard-forge/tests/loopback/mod.rs"]
mod loopback;

use std::io::Write as _;
use std::time::Duration;

use between::{Between, Stop};
use fake_github::GitHub;
use fake_gitlab::GitLab;
use fake_oci::Registry;
use faulty::Faulty;
use yard_contract::Producer;
use yard_forge::{RetryPolicy, Settings, Upload, Variables};
use yard_package::PackageId;
use yard_registry::{Asset, Connection, Release, Target, TargetSpec, fetch, publish};

fn release() -> Release {
    // A registry of images keeps the digest of what is within, too.
    let mut archive = flate2::GzBuilder::new().write(Vec::new(), flate2::Compression::new(6));
    archive.write_all(b"archive bytes").unwrap();
    let archive = archive.finish().unwrap();
    let id = PackageId::new("credit", "1.2.0").unwrap();
    let assets = vec![
        Asset::new("model_card.md", Upload::bytes(b"# Credit\n")).unwrap(),
        Asset::new("credit-1.2.0.tar.gz", Upload::bytes(&archive)).unwrap(),
    ];
    Release::new(id, Producer::new("test", "0"), Vec::new(), assets).unwrap()
}

/// A target whose patience with silence is a quarter of a second.
fn open(spec: &str, variables: &[(&str, &str)]) -> Target {
    let settings = Settings {
        stall_timeout: Duration::from_millis(250),
        retry: RetryPolicy {
            base: Duration::from_millis(1),
            ..RetryPolicy::default()
        },
        ..Settings::default()
    };
    let spec: TargetSpec = spec.parse().unwrap();
    let variables = variables
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    let variables: Variables = variables.collect();
    spec.open(&variables, &Connection::new(settings, 1))
        .unwrap()
}

/// Publishes with silence at each write in turn, before it was done and after; answers how often.
fn silent_at_every_write(start: impl Fn() -> (Box<dyn Fn(&str) -> Target>, String)) -> usize {
    let mut silences = 0;
    for stop in [Stop::Before, Stop::After] {
        for number in 1.. {
            let (open, url) = start();
            let between = Between::stopping(&url, number, stop);
            let release = release();
            let published = publish(&open(&between.url(&url)), &release);
            let published =
                published.unwrap_or_else(|error| panic!("{stop:?} {number}: {error:?}"));
            assert!(!published.is_conflict(), "{stop:?} {number}");
            let folder = tempfile::tempdir().unwrap();
            let to = folder.path().join("fetched");
            let fetched = fetch(&open(&url), release.id(), &to).unwrap();
            assert_eq!(fetched.body, release.manifest().body, "{stop:?} {number}");
            if !between.wait(|| true) {
                break;
            }
            silences += 1;
        }
    }
    silences
}

#[test]
fn silence_from_gitlab_is_outlived() {
    let silences = silent_at_every_write(|| {
        let gitlab = GitLab::start();
        let url = gitlab.api_url();
        let open = move |url: &str| {
            // It lives as long as somebody may ask it.
            let _ = &gitlab;
            let job = [
                ("CI_API_V4_URL", url),
                ("CI_PROJECT_ID", "7"),
                ("CI_JOB_TOKEN", fake_gitlab::TOKEN),
            ];
            open("gitlab:", &job)
        };
        (Box::new(open), url)
    });
    assert_eq!(silences, 6);
}

#[test]
fn silence_from_github_is_outlived() {
    let silences = silent_at_every_write(|| {
        let github = Faulty::start(GitHub::new);
        let url = github.url("");
        let open = move |url: &str| {
            let _ = &github;
            let job = [
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_API_URL", url),
                ("GITHUB_REPOSITORY", "o/r"),
                ("GITHUB_TOKEN", fake_github::TOKEN),
                ("GITHUB_SHA", "0123abcd"),
            ];
            open("github:", &job)
        };
        (Box::new(open), url)
    });
    assert!(silences >= 10, "{silences}");
}

#[test]
fn silence_from_a_registry_is_outlived() {
    let silences = silent_at_every_write(|| {
        let registry = Faulty::start(Registry::new);
        let url = registry.url("");
        let open = move |url: &str| {
            let _ = &registry;
            let login = [
                ("OCI_USERNAME", fake_oci::USER),
                ("OCI_PASSWORD", fake_oci::PASSWORD),
            ];
            open(&format!("oci+{url}/models"), &login)
        };
        (Box::new(open), url)
    });
    assert!(silences >= 10, "{silences}");
}
