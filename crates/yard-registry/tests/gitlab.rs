//! Publishing to a GitLab that misbehaves in every way that GitLab, or the network before it, does.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod fake_gitlab;
#[path = "../../yard-forge/tests/loopback/mod.rs"]
mod loopback;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fake_gitlab::{ACCESS, Fault, GitLab, TOKEN};
use loopback::Reply;
use yard_contract::{DeliveryAction, Producer, Sha256};
use yard_forge::{Clock, Settings, Upload, Variables};
use yard_package::PackageId;
use yard_registry::{
    Alias, Asset, Connection, Notes, Published, RegistryError, Release, SpecFlaw, Target, before,
    fetch, history, plan, publish,
};

const ARCHIVE: &str = "credit-1.2.0.tar.gz";

/// A clock that only waiting moves, so that no test waits.
#[derive(Default)]
struct Waits(Mutex<Vec<Duration>>);

impl Clock for Waits {
    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap().iter().sum()
    }

    fn sleep(&self, time: Duration) {
        self.0.lock().unwrap().push(time);
    }
}

/// A clock that waits a tenth of what it is asked to: where several publish at once, what one
/// waits for is done by another.
struct Hurried(Waits);

impl Clock for Hurried {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, time: Duration) {
        self.0.sleep(time);
        std::thread::sleep(time / 10);
    }
}

fn id() -> PackageId {
    PackageId::new("credit", "1.2.0").unwrap()
}

fn release_by(version: &str, archive: &[u8]) -> Release {
    let assets = vec![
        Asset::new("model_card.md", Upload::bytes(b"# Credit\n")).unwrap(),
        Asset::new(ARCHIVE, Upload::bytes(archive)).unwrap(),
    ];
    Release::new(
        id(),
        Producer::new("publish-package", version),
        Vec::new(),
        assets,
    )
    .unwrap()
}

fn release() -> Release {
    release_by("0.1.0", b"archive bytes")
}

fn open_as(gitlab: &GitLab, token: &str, waits: &Arc<Waits>) -> Target {
    open_with(gitlab, token, Arc::clone(waits) as Arc<dyn Clock>)
}

fn open_with(gitlab: &GitLab, token: &str, clock: Arc<dyn Clock>) -> Target {
    open_spec("gitlab:", gitlab, &[("CI_JOB_TOKEN", token)], clock).unwrap()
}

fn open_spec(
    spec: &str,
    gitlab: &GitLab,
    more: &[(&str, &str)],
    clock: Arc<dyn Clock>,
) -> Result<Target, RegistryError> {
    let url = gitlab.api_url();
    let job = [("CI_API_V4_URL", url.as_str()), ("CI_PROJECT_ID", "7")];
    let variables: Variables = job.into_iter().chain(more.iter().copied()).collect();
    let connection = Connection {
        settings: Settings::default(),
        clock,
        seed: 1,
    };
    let spec: yard_registry::TargetSpec = spec.parse().unwrap();
    spec.open(&variables, &connection)
}

/// The model registry, with a person's token beside the job's own.
fn open_models(gitlab: &GitLab) -> Target {
    let tokens = [("CI_JOB_TOKEN", TOKEN), ("GITLAB_TOKEN", ACCESS)];
    open_spec(
        "gitlab-models:",
        gitlab,
        &tokens,
        Arc::new(Waits::default()),
    )
    .unwrap()
}

fn open(gitlab: &GitLab) -> Target {
    open_as(gitlab, TOKEN, &Arc::default())
}

fn actions(published: &Published) -> Vec<DeliveryAction> {
    published
        .deliveries
        .iter()
        .map(|delivery| delivery.action)
        .collect()
}

/// Exactly one copy of everything, the manifest last, as a consumer sees it.
fn is_complete(gitlab: &GitLab, release: &Release) {
    is_complete_in(&open(gitlab), gitlab, release);
}

fn is_complete_in(target: &Target, gitlab: &GitLab, release: &Release) {
    let files = gitlab.files("credit", "1.2.0");
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [ARCHIVE, "model_card.md", "manifest.json"]);
    let folder = tempfile::tempdir().unwrap();
    let fetched = fetch(target, &id(), &folder.path().join("fetched")).unwrap();
    assert_eq!(fetched.body, release.manifest().body);
    let archive = std::fs::read(folder.path().join("fetched").join(ARCHIVE)).unwrap();
    assert_eq!(Sha256::of(&archive), release.assets()[0].upload().sha256);
}

#[test]
fn a_release_is_uploaded_once_and_found_the_second_time() {
    use DeliveryAction::{AlreadyThere, Planned, Uploaded};
    let gitlab = GitLab::start();
    assert_eq!(
        actions(&plan(&open(&gitlab), &release()).unwrap()),
        [Planned; 3]
    );
    assert!(gitlab.take_log("PUT").is_empty());

    let published = publish(&open(&gitlab), &release()).unwrap();
    assert_eq!(actions(&published), [Uploaded; 3]);
    assert_eq!(published.deliveries[0].target, "gitlab:");
    assert_eq!(published.deliveries[2].file, "manifest.json");
    is_complete(&gitlab, &release());
    assert!(!gitlab.token_reached_the_storage());
    assert_eq!(gitlab.take_log("PUT").len(), 3);

    // Again, by another version of the tool: the same files are the same release.
    let again = publish(&open(&gitlab), &release_by("0.2.0", b"archive bytes")).unwrap();
    assert_eq!(actions(&again), [AlreadyThere; 3]);
    assert!(gitlab.take_log("PUT").is_empty());
    assert_eq!(
        actions(&plan(&open(&gitlab), &release()).unwrap()),
        [AlreadyThere; 3]
    );
}

#[test]
fn other_bytes_under_a_released_version_are_a_conflict_and_change_nothing() {
    let gitlab = GitLab::start();
    publish(&open(&gitlab), &release()).unwrap();
    let before = gitlab.files("credit", "1.2.0");
    gitlab.take_log("PUT");

    let conflict = publish(&open(&gitlab), &release_by("0.1.0", b"other bytes")).unwrap();
    assert!(conflict.is_conflict());
    let files: Vec<_> = conflict
        .deliveries
        .iter()
        .map(|d| (d.file.as_str(), d.action))
        .collect();
    assert_eq!(
        files,
        [
            (ARCHIVE, DeliveryAction::Conflict),
            ("model_card.md", DeliveryAction::AlreadyThere),
            ("manifest.json", DeliveryAction::Conflict),
        ]
    );
    assert_eq!(conflict.deliveries[0].sha256, Sha256::of(b"archive bytes"));
    assert_eq!(gitlab.files("credit", "1.2.0"), before);
    assert!(gitlab.take_log("PUT").is_empty());

    // A file more makes another release too.
    let mut assets = release().assets().to_vec();
    assets.push(Asset::new("extra.json", Upload::bytes(b"{}")).unwrap());
    let more = Release::new(id(), Producer::new("t", "0"), Vec::new(), assets).unwrap();
    let conflict = publish(&open(&gitlab), &more).unwrap();
    assert!(conflict.is_conflict());
    assert_eq!(gitlab.files("credit", "1.2.0"), before);
}

#[test]
fn whatever_fails_in_between_the_release_ends_complete_with_one_copy_of_each_file() {
    let busy = |status| Reply::new(status, b"{\"message\":\"busy\"}");
    let faults: Vec<(&str, &str, Fault)> = vec![
        ("PUT", ARCHIVE, Fault::Answer(busy(500))),
        ("PUT", ARCHIVE, Fault::Answer(busy(502))),
        ("PUT", ARCHIVE, Fault::Answer(busy(503))),
        ("PUT", ARCHIVE, Fault::Answer(busy(504))),
        ("PUT", ARCHIVE, Fault::Answer(busy(408))),
        (
            "PUT",
            ARCHIVE,
            Fault::Answer(busy(429).with("Retry-After", "60")),
        ),
        (
            "PUT",
            ARCHIVE,
            Fault::Answer(Reply {
                silent: true,
                ..Reply::default()
            }),
        ),
        ("PUT", ARCHIVE, Fault::CutUpload(0)),
        ("PUT", ARCHIVE, Fault::CutUpload(1)),
        ("PUT", ARCHIVE, Fault::CutUpload(6)),
        ("PUT", ARCHIVE, Fault::CutUpload(12)),
        ("PUT", ARCHIVE, Fault::DoneBut(busy(500))),
        ("PUT", ARCHIVE, Fault::DoneBut(busy(429))),
        (
            "PUT",
            ARCHIVE,
            Fault::DoneBut(Reply::new(201, b"{\"message\":\"201 Created\"}")),
        ),
        ("PUT", ARCHIVE, Fault::DoneBut(Reply::new(201, b"<html>"))),
        ("PUT", ARCHIVE, Fault::DoneAndSilent),
        ("PUT", ARCHIVE, Fault::CutAnswer(10)),
        ("PUT", "model_card.md", Fault::DoneBut(busy(500))),
        ("PUT", "manifest.json", Fault::Answer(busy(503))),
        ("PUT", "manifest.json", Fault::DoneBut(busy(500))),
        ("PUT", "manifest.json", Fault::DoneAndSilent),
        ("PUT", "manifest.json", Fault::CutUpload(100)),
        ("GET", "/packages", Fault::Answer(busy(503))),
        ("GET", "/packages", Fault::CutAnswer(10)),
        ("GET", "/package_files", Fault::Answer(busy(500))),
        ("GET", "/package_files", Fault::CutAnswer(10)),
        (
            "GET",
            ARCHIVE,
            Fault::Answer(busy(503).with("Retry-After", "30")),
        ),
        ("GET", ARCHIVE, Fault::CutAnswer(5)),
        ("GET", ARCHIVE, Fault::OtherBytes),
        ("GET", ARCHIVE, Fault::Answer(Reply::new(404, b""))),
        ("GET", "manifest.json", Fault::OtherBytes),
        ("GET", "manifest.json", Fault::CutAnswer(40)),
    ];
    for times in [1, 3] {
        for (method, path, fault) in &faults {
            let gitlab = GitLab::start();
            gitlab.fault(method, path, fault.clone(), times);
            let published = publish(&open(&gitlab), &release())
                .unwrap_or_else(|error| panic!("{method} {path} {fault:?}: {error}"));
            assert!(!published.is_conflict(), "{method} {path} {fault:?}");
            // What was stored although it seemed to fail was found and not sent again.
            let stored = matches!(fault, Fault::DoneBut(_) | Fault::DoneAndSilent)
                || (*method == "PUT" && matches!(fault, Fault::CutAnswer(_)));
            assert_eq!(
                gitlab.unmet(),
                usize::from(stored && times == 3),
                "{path} {fault:?}"
            );
            is_complete(&gitlab, &release());
            assert!(!gitlab.token_reached_the_storage());
            // And once more.
            gitlab.take_log("PUT");
            let again = publish(&open(&gitlab), &release()).unwrap();
            assert_eq!(actions(&again), [DeliveryAction::AlreadyThere; 3]);
            assert!(gitlab.take_log("PUT").is_empty());
        }
    }
}

#[test]
fn a_listing_that_lags_behind_leaves_one_copy() {
    let gitlab = GitLab::start();
    // It lags when the upload is looked for, and again when the next attempt looks first.
    gitlab.store("credit", "1.2.0", "zeroth.json", b"{}");
    gitlab.fault("GET", "/package_files", Fault::StaleListing, 4);
    publish(&open(&gitlab), &release()).unwrap();
    let files = gitlab.files("credit", "1.2.0");
    let archives = files.iter().filter(|(name, _)| name == ARCHIVE).count();
    assert_eq!(archives, 1, "{files:?}");
}

#[test]
fn a_fault_that_stays_ends_transient_invisible_and_says_how_to_go_on() {
    let gitlab = GitLab::start();
    gitlab.fault(
        "PUT",
        "model_card.md",
        Fault::Answer(Reply::new(503, b"")),
        6,
    );
    let waits = Arc::new(Waits::default());
    let error = publish(&open_as(&gitlab, TOKEN, &waits), &release()).unwrap_err();
    assert!(error.is_transient());
    let text = error.to_string();
    assert!(
        text.contains(&format!(
            "{ARCHIVE} there, model_card.md, manifest.json missing"
        )),
        "{text}"
    );
    assert!(error.hint().unwrap().contains("run the same command again"));
    assert_eq!(waits.0.lock().unwrap().len(), 5);

    let folder = tempfile::tempdir().unwrap();
    let fetched = fetch(&open(&gitlab), &id(), &folder.path().join("fetched"));
    assert!(
        matches!(fetched, Err(RegistryError::Absent { .. })),
        "{fetched:?}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let resumed = publish(&open(&gitlab), &release()).unwrap();
    assert_eq!(resumed.deliveries[0].action, DeliveryAction::AlreadyThere);
    is_complete(&gitlab, &release());
}

#[test]
fn the_servers_wish_to_wait_is_kept() {
    let gitlab = GitLab::start();
    let reply = Reply::new(429, b"").with("Retry-After", "75");
    gitlab.fault("PUT", ARCHIVE, Fault::Answer(reply), 1);
    let waits = Arc::new(Waits::default());
    publish(&open_as(&gitlab, TOKEN, &waits), &release()).unwrap();
    let waits = waits.0.lock().unwrap().clone();
    assert_eq!(waits.len(), 1);
    assert!(waits[0] >= Duration::from_secs(75) && waits[0] < Duration::from_secs(76));

    let gitlab = GitLab::start();
    let reply = Reply::new(429, b"").with("Retry-After", "3600");
    gitlab.fault("PUT", ARCHIVE, Fault::Answer(reply), 1);
    let waits = Arc::new(Waits::default());
    let error = publish(&open_as(&gitlab, TOKEN, &waits), &release()).unwrap_err();
    assert!(error.is_transient() && waits.0.lock().unwrap().is_empty());
}

#[test]
fn refusals_are_final_and_say_what_is_needed() {
    let gitlab = GitLab::start();
    let error = publish(&open_as(&gitlab, "expired", &Arc::default()), &release()).unwrap_err();
    assert!(!error.is_transient());
    assert!(error.hint().unwrap().contains("`CI_JOB_TOKEN`"), "{error}");
    assert_eq!(gitlab.take_log("GET").len(), 1, "not tried again");

    for (status, message) in [
        (403, "403 Forbidden"),
        (400, "Duplicate package is not allowed"),
    ] {
        let gitlab = GitLab::start();
        let body = format!("{{\"message\":\"{message}\"}}");
        gitlab.fault(
            "PUT",
            ARCHIVE,
            Fault::Answer(Reply::new(status, body.as_bytes())),
            9,
        );
        let error = publish(&open(&gitlab), &release()).unwrap_err();
        assert!(!error.is_transient(), "{error}");
        assert_eq!(gitlab.take_log("PUT").len(), 1);
        let text = format!("{:?}", std::error::Error::source(&error));
        assert!(text.contains(message) && !text.contains(TOKEN), "{text}");
    }
    let gitlab = GitLab::start();
    let thief = GitLab::start();
    let to = thief.api_url();
    gitlab.fault(
        "PUT",
        ARCHIVE,
        Fault::Answer(Reply::new(307, b"").with("Location", &to)),
        9,
    );
    let error = publish(&open(&gitlab), &release()).unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert!(thief.take_log("PUT").is_empty());
}

#[test]
fn a_rival_with_the_same_bytes_is_no_rival() {
    for deleting in [true, false] {
        let gitlab = GitLab::start();
        gitlab.rival(ARCHIVE, b"archive bytes");
        if !deleting {
            gitlab.forbid_deleting();
        }
        assert!(!publish(&open(&gitlab), &release()).unwrap().is_conflict());
        let files = gitlab.files("credit", "1.2.0");
        let copies = files.iter().filter(|(name, _)| name == ARCHIVE).count();
        assert_eq!(copies, if deleting { 1 } else { 2 });
    }
}

#[test]
fn a_rival_with_other_bytes_who_came_first_wins_and_ours_is_withdrawn() {
    for file in [ARCHIVE, "manifest.json"] {
        let gitlab = GitLab::start();
        gitlab.rival(file, b"rival bytes");
        let conflict = publish(&open(&gitlab), &release()).unwrap();
        assert!(conflict.is_conflict());
        let last = conflict.deliveries.last().unwrap();
        assert_eq!(
            (last.file.as_str(), last.sha256),
            (file, Sha256::of(b"rival bytes"))
        );
        let files = gitlab.files("credit", "1.2.0");
        let left: Vec<_> = files.iter().filter(|(name, _)| name == file).collect();
        assert_eq!(left, [&(file.to_owned(), b"rival bytes".to_vec())]);
    }
    let gitlab = GitLab::start();
    gitlab.forbid_deleting();
    gitlab.rival(ARCHIVE, b"rival bytes");
    let error = publish(&open(&gitlab), &release()).unwrap_err();
    assert!(error.hint().unwrap().contains("by hand"), "{error}");
}

#[test]
fn eight_publishers_at_once_agree() {
    for round in 0..5 {
        let gitlab = Arc::new(GitLab::start());
        let results: Vec<bool> = std::thread::scope(|scope| {
            let publishers: Vec<_> = (0..8)
                .map(|number| {
                    let gitlab = Arc::clone(&gitlab);
                    // In odd rounds each has its own bytes.
                    let bytes = format!("archive {}", if round % 2 == 1 { number } else { 0 });
                    scope.spawn(move || {
                        let release = release_by("0.1.0", bytes.as_bytes());
                        let clock = Arc::new(Hurried(Waits::default()));
                        let target = open_with(&gitlab, TOKEN, clock);
                        publish(&target, &release).unwrap().is_conflict()
                    })
                })
                .collect();
            publishers
                .into_iter()
                .map(|publisher| publisher.join().unwrap())
                .collect()
        });
        let winners = results.iter().filter(|conflict| !**conflict).count();
        let files = gitlab.files("credit", "1.2.0");
        if round % 2 == 0 {
            assert_eq!(winners, 8);
        } else {
            assert_eq!(winners, 1, "{results:?}");
        }
        let mut names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, [ARCHIVE, "manifest.json", "model_card.md"]);
        let folder = tempfile::tempdir().unwrap();
        fetch(&open(&gitlab), &id(), &folder.path().join("fetched")).unwrap();
    }
}

#[test]
fn a_server_without_digests_is_asked_for_the_bytes() {
    let gitlab = GitLab::start();
    gitlab.hide_digests();
    publish(&open(&gitlab), &release()).unwrap();
    gitlab.take_log("PUT");
    let again = publish(&open(&gitlab), &release()).unwrap();
    assert_eq!(actions(&again), [DeliveryAction::AlreadyThere; 3]);
    assert!(
        publish(&open(&gitlab), &release_by("0.1.0", b"other bytes"))
            .unwrap()
            .is_conflict()
    );
    assert!(gitlab.take_log("PUT").is_empty());
}

#[test]
fn a_release_whose_file_was_exchanged_is_not_fetched() {
    let gitlab = GitLab::start();
    publish(&open(&gitlab), &release()).unwrap();
    gitlab.store("credit", "1.2.0", ARCHIVE, b"ARCHIVE BYTES");
    let folder = tempfile::tempdir().unwrap();
    let error = fetch(&open(&gitlab), &id(), &folder.path().join("fetched")).unwrap_err();
    assert!(matches!(error, RegistryError::Digest { .. }), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_unfinished_release_is_hidden_from_people_and_shown_when_it_is_complete() {
    let gitlab = GitLab::start();
    let busy = Reply::new(503, b"");
    gitlab.fault("PUT", "manifest.json", Fault::Answer(busy), 6);
    publish(&open(&gitlab), &release()).unwrap_err();
    assert_eq!(gitlab.files("credit", "1.2.0").len(), 2);
    assert!(!gitlab.is_shown("credit", "1.2.0"));
    publish(&open(&gitlab), &release()).unwrap();
    assert!(gitlab.is_shown("credit", "1.2.0"));
    is_complete(&gitlab, &release());
}

#[test]
fn where_a_second_file_is_forbidden_the_one_who_came_first_counts() {
    for (bytes, is_conflict) in [(&b"archive bytes"[..], false), (b"rival bytes", true)] {
        let gitlab = GitLab::start();
        gitlab.forbid_duplicates();
        gitlab.rival(ARCHIVE, bytes);
        let published = publish(&open(&gitlab), &release()).unwrap();
        assert_eq!(published.is_conflict(), is_conflict);
        let files = gitlab.files("credit", "1.2.0");
        let archives: Vec<_> = files.iter().filter(|(name, _)| name == ARCHIVE).collect();
        assert_eq!(archives, [&(ARCHIVE.to_owned(), bytes.to_vec())]);
    }
}

fn notes() -> Notes {
    Notes {
        title: "credit 1.2.0".to_owned(),
        text: "No worse than the champion.".to_owned(),
        links: vec![
            ("package".to_owned(), ARCHIVE.to_owned()),
            ("model card".to_owned(), "model_card.md".to_owned()),
        ],
    }
}

#[test]
fn a_tag_gets_a_release_entry_once_with_links_and_the_job_token_is_enough() {
    let gitlab = GitLab::start();
    let tagged = |tag: Option<&str>| {
        let mut variables = vec![("CI_JOB_TOKEN", TOKEN)];
        variables.extend(tag.map(|tag| ("CI_COMMIT_TAG", tag)));
        open_spec("gitlab:", &gitlab, &variables, Arc::new(Waits::default())).unwrap()
    };
    // Without a tag there is nothing to make an entry of, and without notes nothing to say.
    publish(&tagged(None), &release().with_notes(notes())).unwrap();
    publish(&tagged(Some("v1.2.0")), &release()).unwrap();
    assert!(gitlab.entry("v1.2.0").is_none());

    for _ in 0..2 {
        publish(&tagged(Some("v1.2.0")), &release().with_notes(notes())).unwrap();
        let entry = gitlab.entry("v1.2.0").unwrap();
        assert_eq!(entry.description, "No worse than the champion.");
        let place = format!(
            "{}/projects/7/packages/generic/credit/1.2.0",
            gitlab.api_url()
        );
        let link = |label: &str, file: &str, kind: &str| {
            let name = format!("credit 1.2.0: {label}");
            (name, format!("{place}/{file}"), kind.to_owned())
        };
        let links = [
            link("package", ARCHIVE, "package"),
            link("model card", "model_card.md", "other"),
        ];
        assert_eq!(entry.links, links);
    }

    // What a person wrote stays; the links that it lacks are added.
    gitlab.make_entry("v1.2.1", "By hand.");
    publish(&tagged(Some("v1.2.1")), &release().with_notes(notes())).unwrap();
    let entry = gitlab.entry("v1.2.1").unwrap();
    assert_eq!(
        (entry.description.as_str(), entry.links.len()),
        ("By hand.", 2)
    );

    // A refusal comes after the release is complete, and says so.
    let forbidden = Reply::new(403, b"{\"message\":\"403 Forbidden\"}");
    gitlab.fault("POST", "/releases", Fault::Answer(forbidden), 1);
    let error = publish(&tagged(Some("v9")), &release().with_notes(notes())).unwrap_err();
    assert!(
        error.to_string().contains("is complete in gitlab:"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("--no-release"), "{error}");
}

#[test]
fn a_release_goes_to_the_model_registry_by_a_persons_token() {
    use DeliveryAction::{AlreadyThere, Uploaded};
    let gitlab = GitLab::start();
    let published = publish(&open_models(&gitlab), &release()).unwrap();
    assert_eq!(actions(&published), [Uploaded; 3]);
    is_complete_in(&open_models(&gitlab), &gitlab, &release());
    assert!(!gitlab.token_reached_the_storage());
    gitlab.take_log("PUT");
    let again = publish(&open_models(&gitlab), &release()).unwrap();
    assert_eq!(actions(&again), [AlreadyThere; 3]);
    assert!(gitlab.take_log("PUT").is_empty());
    let conflict = publish(&open_models(&gitlab), &release_by("0.1.0", b"other bytes")).unwrap();
    assert!(conflict.is_conflict());

    // The record of aliases has a version that the model registry cannot have.
    let alias = Alias::new("champion").unwrap();
    let moves = history(&open_models(&gitlab), "credit", &alias).unwrap();
    assert!(moves.current().is_none());

    let id = PackageId::new("credit", "2024-05").unwrap();
    let asset = Asset::new("credit-2024-05.tar.gz", Upload::bytes(b"a")).unwrap();
    let undated = Release::new(id, Producer::new("t", "0"), Vec::new(), vec![asset]).unwrap();
    let error = publish(&open_models(&gitlab), &undated).unwrap_err();
    assert!(matches!(error, RegistryError::NotSemVer { .. }), "{error}");
}

#[test]
fn the_model_registry_says_which_token_it_wants() {
    let gitlab = GitLab::start();
    let job = [("CI_JOB_TOKEN", TOKEN)];
    let clock = || Arc::new(Waits::default());
    let error = open_spec("gitlab-models:", &gitlab, &job, clock()).unwrap_err();
    assert!(
        matches!(error, RegistryError::Spec(SpecFlaw::NoModelsToken)),
        "{error}"
    );
    assert!(error.to_string().contains("scope `api`"), "{error}");

    let expired = [("GITLAB_TOKEN", "expired")];
    let target = open_spec("gitlab-models:", &gitlab, &expired, clock()).unwrap();
    let error = publish(&target, &release()).unwrap_err();
    assert!(!error.is_transient());
    assert!(error.hint().unwrap().contains("scope `api`"), "{error}");

    let forbidden = Reply::new(403, b"{\"message\":\"403 Forbidden\"}");
    gitlab.fault("POST", "/ml/mlflow/", Fault::Answer(forbidden), 9);
    let error = publish(&open_models(&gitlab), &release()).unwrap_err();
    assert!(!error.is_transient());
    assert!(error.hint().unwrap().contains("Developer role"), "{error}");
}

#[test]
fn the_release_before_is_the_latest_complete_one_below() {
    let gitlab = GitLab::start();
    for version in ["1.0.0", "1.9.0", "1.10.0", "2.0.0-rc.1", "3.0.0"] {
        let id = PackageId::new("credit", version).unwrap();
        let asset = Asset::new(&id.archive_name(), Upload::bytes(b"a")).unwrap();
        let producer = Producer::new("t", "0");
        let release = Release::new(id, producer, Vec::new(), vec![asset]).unwrap();
        publish(&open(&gitlab), &release).unwrap();
    }
    // One that was never finished.
    gitlab.store("credit", "1.11.0", "credit-1.11.0.tar.gz", b"a");
    let before = |version: &str| {
        let id = PackageId::new("credit", version).unwrap();
        let found = before(&open(&gitlab), &id).unwrap();
        found.map(|found| found.version().to_owned())
    };
    assert_eq!(before("2.0.0").as_deref(), Some("1.10.0"));
    assert_eq!(before("1.9.1").as_deref(), Some("1.9.0"));
    assert_eq!(before("1.0.0"), None);
    assert_eq!(before("2024-05"), None);
}
