//! Publishing to GitHub's releases that misbehave in every way that GitHub, or the network before it,
//! does.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod fake_github;
mod faulty;
#[path = "../../yard-forge/tests/loopback/mod.rs"]
mod loopback;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fake_github::{GitHub, TOKEN};
use faulty::{Fault, Faulty, of_fetching, of_sending};
use loopback::{Reply, Request, Server};
use yard_contract::{DeliveryAction, Producer};
use yard_forge::{Clock, Settings, Upload, Variables};
use yard_package::PackageId;
use yard_registry::{
    Asset, Connection, Notes, Published, RegistryError, Release, Target, TargetSpec, fetch, plan,
    publish,
};

const TAG: &str = "credit@v1.2.0";
const FILES: [&str; 3] = ["credit-1.2.0.tar.gz", "manifest.json", "model_card.md"];

/// A clock that waits a hundredth of what it is asked to: where several publish at once, what one
/// waits for is done by another.
#[derive(Default)]
struct Hurried(Mutex<Duration>);

impl Clock for Hurried {
    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
        std::thread::sleep(time.min(Duration::from_secs(1)) / 100);
    }
}

fn id() -> PackageId {
    PackageId::new("credit", "1.2.0").unwrap()
}

fn release_of(archive: &[u8]) -> Release {
    let assets = vec![
        Asset::new("model_card.md", Upload::bytes(b"# Credit\n")).unwrap(),
        Asset::new(FILES[0], Upload::bytes(archive)).unwrap(),
    ];
    let producer = Producer::new("publish-package", "0.1.0");
    Release::new(id(), producer, Vec::new(), assets).unwrap()
}

fn release() -> Release {
    release_of(b"archive bytes")
}

fn start() -> Faulty<GitHub> {
    Faulty::start(GitHub::new)
}

fn open(github: &Faulty<GitHub>) -> Target {
    let variables = Variables::from_iter([
        ("GITHUB_ACTIONS", "true".to_owned()),
        ("GITHUB_API_URL", github.url("")),
        ("GITHUB_REPOSITORY", "o/r".to_owned()),
        ("GITHUB_TOKEN", TOKEN.to_owned()),
        ("GITHUB_SHA", "0123abcd".to_owned()),
    ]);
    let connection = Connection {
        settings: Settings::default(),
        clock: Arc::new(Hurried::default()),
        seed: 1,
    };
    let spec: TargetSpec = "github:".parse().unwrap();
    spec.open(&variables, &connection).unwrap()
}

fn actions(published: &Published) -> Vec<DeliveryAction> {
    let actions = published.deliveries.iter().map(|delivery| delivery.action);
    actions.collect()
}

fn writes(github: &Faulty<GitHub>) -> usize {
    let log = github.take_log();
    log.iter().filter(|request| request.method != "GET").count()
}

/// One release, published, with one copy of everything, as a consumer sees it.
fn is_complete(github: &Faulty<GitHub>, release: &Release) {
    let (releases, mut files) = github.with(|github| (github.releases(TAG), github.files(TAG)));
    files.sort();
    assert_eq!(
        (releases, files.as_slice()),
        ((0, 1), &FILES.map(str::to_owned)[..])
    );
    let folder = tempfile::tempdir().unwrap();
    let fetched = fetch(&open(github), &id(), &folder.path().join("fetched")).unwrap();
    assert_eq!(fetched.body, release.manifest().body);
}

#[test]
fn a_release_is_published_once_and_found_the_second_time() {
    use DeliveryAction::{AlreadyThere, Planned, Uploaded};
    for no_digests in [false, true] {
        let github = start();
        github.with(|github| github.no_digests = no_digests);
        assert_eq!(
            actions(&plan(&open(&github), &release()).unwrap()),
            [Planned; 3]
        );
        assert_eq!(writes(&github), 0);
        assert_eq!(
            actions(&publish(&open(&github), &release()).unwrap()),
            [Uploaded; 3]
        );
        is_complete(&github, &release());
        github.take_log();
        assert_eq!(
            actions(&publish(&open(&github), &release()).unwrap()),
            [AlreadyThere; 3]
        );
        assert!(
            publish(&open(&github), &release_of(b"other"))
                .unwrap()
                .is_conflict()
        );
        assert_eq!(writes(&github), 0);
        is_complete(&github, &release());
    }
}

#[test]
fn whatever_fails_in_between_the_release_ends_complete_with_one_copy_of_each_file() {
    let mut cases: Vec<(&'static str, &'static str, Fault)> = Vec::new();
    for fault in of_sending(13) {
        cases.push(("POST", "/upload/", fault.clone()));
        cases.push(("POST", "/releases", fault.clone()));
        cases.push(("PATCH", "/releases/", fault));
    }
    for fault in of_fetching(13) {
        cases.push(("GET", "/releases/assets/", fault.clone()));
        cases.push(("GET", "/releases", fault.clone()));
        cases.push(("GET", "/releases/tags/", fault));
    }
    cases.push(("GET", "/releases/assets/", Fault::OtherBytes));
    assert!(cases.len() > 60, "{}", cases.len());
    for times in [1, 3] {
        for (method, path, fault) in &cases {
            let github = start();
            github.fault(method, path, fault.clone(), times);
            let published = publish(&open(&github), &release())
                .unwrap_or_else(|error| panic!("{method} {path} {fault:?}: {error:?}"));
            assert!(!published.is_conflict(), "{method} {path} {fault:?}");
            is_complete(&github, &release());
            github.take_log();
            let again = publish(&open(&github), &release()).unwrap();
            assert_eq!(actions(&again), [DeliveryAction::AlreadyThere; 3]);
            assert_eq!(writes(&github), 0, "{method} {path} {fault:?}");
        }
    }
}

#[test]
fn what_an_upload_left_behind_is_cleared_away() {
    let github = start();
    github.with(|github| github.leave_starter(TAG, FILES[0]));
    publish(&open(&github), &release()).unwrap();
    is_complete(&github, &release());
}

#[test]
fn a_fault_that_stays_leaves_a_draft_that_nobody_sees() {
    for (method, path) in [("POST", "/upload/"), ("PATCH", "/releases/")] {
        let github = start();
        github.fault(method, path, Fault::Answer(Reply::new(502, b"")), 6);
        let error = publish(&open(&github), &release()).unwrap_err();
        assert!(error.is_transient(), "{error}");
        assert_eq!(github.with(|github| github.releases(TAG)), (1, 0));
        let folder = tempfile::tempdir().unwrap();
        let fetched = fetch(&open(&github), &id(), &folder.path().join("fetched"));
        assert!(
            matches!(fetched, Err(RegistryError::Absent { .. })),
            "{fetched:?}"
        );
        publish(&open(&github), &release()).unwrap();
        is_complete(&github, &release());
    }
}

#[test]
fn eight_publishers_at_once_agree() {
    for same in [true, false] {
        let github = start();
        let results: Vec<bool> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..8)
                .map(|number| {
                    let github = &github;
                    let bytes = format!("archive {}", if same { 0 } else { number });
                    scope.spawn(move || {
                        let release = release_of(bytes.as_bytes());
                        publish(&open(github), &release).unwrap().is_conflict()
                    })
                })
                .collect();
            running.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let winners = results.iter().filter(|conflict| !**conflict).count();
        assert_eq!(winners, if same { 8 } else { 1 }, "{results:?}");
        let (releases, mut files) = github.with(|github| (github.releases(TAG), github.files(TAG)));
        files.sort();
        assert_eq!(
            (releases, files.as_slice()),
            ((0, 1), &FILES.map(str::to_owned)[..])
        );
    }
}

#[test]
fn the_token_goes_to_no_other_site() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&seen);
    let thief = Server::start(move |request: Request| {
        log.lock().unwrap().push(request.head);
        Reply::new(200, b"stolen")
    });
    let elsewhere = thief.url("/bucket").replace("127.0.0.1", "localhost");
    let github = start();
    github.with(|github| github.uploads = Some(elsewhere.clone()));
    let error = publish(&open(&github), &release()).unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert!(seen.lock().unwrap().is_empty());

    for (method, path) in [
        ("POST", "/upload/"),
        ("POST", "/releases"),
        ("PATCH", "/releases/"),
    ] {
        let github = start();
        let away = Reply::new(307, b"").with("Location", &elsewhere);
        github.fault(method, path, Fault::Answer(away), 9);
        assert!(
            !publish(&open(&github), &release())
                .unwrap_err()
                .is_transient()
        );
    }
    assert!(seen.lock().unwrap().is_empty());

    let github = start();
    github.with(|github| github.storage = Some(elsewhere.clone()));
    publish(&open(&github), &release()).unwrap_err();
    let seen = seen.lock().unwrap();
    assert!(
        !seen.is_empty() && seen.iter().all(|head| !head.contains(TOKEN)),
        "{seen:?}"
    );
}

#[test]
fn refusals_are_final_and_say_what_is_needed() {
    let github = start();
    let reply = Reply::new(
        403,
        b"{\"message\":\"Resource not accessible by integration\"}",
    );
    github.fault("POST", "/releases", Fault::Answer(reply), 9);
    let error = publish(&open(&github), &release()).unwrap_err();
    assert!(!error.is_transient());
    assert!(
        error.hint().unwrap().contains("contents: write"),
        "{error:?}"
    );
    assert_eq!(github.unmet(), 1);
}

#[test]
fn the_notes_are_there_before_anybody_sees_the_release_and_stay_as_they_are() {
    let github = start();
    let notes = |text: &str| Notes {
        title: "credit 1.2.0".to_owned(),
        text: text.to_owned(),
        links: vec![("package".to_owned(), FILES[0].to_owned())],
    };
    publish(&open(&github), &release().with_notes(notes("No worse."))).unwrap();
    let said = || {
        let said = github.with(|github| github.said.clone());
        assert_eq!(said.len(), 1);
        said.into_values().next().unwrap()
    };
    assert_eq!(said()["name"], "credit 1.2.0");
    let text = "No worse.\n- [package](https://hub.example/o/r/releases/download/credit@v1.2.0/credit-1.2.0.tar.gz)";
    assert_eq!(said()["body"], text);
    assert_eq!(
        (&said()["prerelease"], &said()["make_latest"]),
        (&false.into(), &"legacy".into())
    );
    let writes: Vec<String> = github
        .take_log()
        .iter()
        .filter(|request| request.method != "GET")
        .map(|request| {
            format!(
                "{} {}",
                request.method,
                String::from_utf8_lossy(&request.body)
            )
        })
        .collect();
    let at = |text: &str| {
        writes
            .iter()
            .position(|write| write.contains(text))
            .unwrap()
    };
    assert!(at("No worse.") < at("\"draft\":false"), "{writes:?}");

    publish(&open(&github), &release().with_notes(notes("Again."))).unwrap();
    assert_eq!(said()["body"], text);
}

#[test]
fn a_pre_release_is_marked_as_one_and_is_nobodys_latest() {
    let github = start();
    let id = PackageId::new("credit", "1.0.0-rc.1").unwrap();
    let asset = Asset::new(&id.archive_name(), Upload::bytes(b"a")).unwrap();
    let producer = Producer::new("publish-package", "0.1.0");
    let release = Release::new(id, producer, Vec::new(), vec![asset]).unwrap();
    publish(&open(&github), &release).unwrap();
    let said = github.with(|github| github.said.clone());
    let said = said.into_values().next().unwrap();
    assert_eq!(
        (&said["prerelease"], &said["make_latest"]),
        (&true.into(), &"false".into())
    );
}

#[test]
fn what_is_longer_than_a_release_holds_is_refused_before_anything_is_sent() {
    let github = start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(2 << 30).unwrap();
    let long = Upload::known(&path, 2 << 30, yard_contract::Sha256::of(b"never read"));
    let mut assets = release().assets().to_vec();
    assets.push(Asset::new("long.bin", long).unwrap());
    let producer = Producer::new("publish-package", "0.1.0");
    let release = Release::new(id(), producer, Vec::new(), assets).unwrap();
    for result in [
        plan(&open(&github), &release),
        publish(&open(&github), &release),
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, RegistryError::TooLong { .. }), "{error}");
        assert!(error.hint().is_some());
    }
    assert!(github.take_log().is_empty());
}
