//! Publishing to an OCI registry that misbehaves in every way that registries, or the network before
//! them, do.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod fake_oci;
mod faulty;
#[path = "../../yard-forge/tests/loopback/mod.rs"]
mod loopback;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fake_oci::{ENCODED, PASSWORD, Registry, USER};
use faulty::{Fault, Faulty, of_fetching, of_sending};
use loopback::{Reply, Request, Server};
use yard_contract::{DeliveryAction, Producer, Sha256};
use yard_forge::{Clock, Settings, Upload, Variables};
use yard_package::{Label, Member, PackageId, Source, pack};
use yard_registry::{
    Asset, Connection, OciAddress, Published, RegistryError, Release, Target, TargetSpec, fetch,
    plan, publish,
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

fn id() -> PackageId {
    PackageId::new("credit", "1.2.0").unwrap()
}

fn archive(content: &[u8]) -> Vec<u8> {
    let label = Label::new(id(), Producer::new("publish-package", "0.1.0"));
    let member = Member::new("model.onnx", Source::bytes(content.to_vec())).unwrap();
    let mut bytes = Vec::new();
    pack(&label, vec![member], &mut bytes).unwrap();
    bytes
}

fn release_of(content: &[u8]) -> Release {
    let assets = vec![
        Asset::new("model_card.md", Upload::bytes(b"# Credit\n")).unwrap(),
        Asset::new(ARCHIVE, Upload::bytes(&archive(content))).unwrap(),
    ];
    let producer = Producer::new("publish-package", "0.1.0");
    Release::new(id(), producer, Vec::new(), assets).unwrap()
}

fn release() -> Release {
    release_of(b"model")
}

fn start() -> Faulty<Registry> {
    Faulty::start(Registry::new)
}

fn login() -> Variables {
    Variables::from_iter([("OCI_USERNAME", USER), ("OCI_PASSWORD", PASSWORD)])
}

fn connection() -> Connection {
    Connection {
        settings: Settings::default(),
        clock: Arc::new(Waits::default()),
        seed: 1,
    }
}

fn address(registry: &Faulty<Registry>) -> String {
    registry.url("/models").replace("http://", "oci://")
}

fn open(registry: &Faulty<Registry>) -> Target {
    let spec: TargetSpec = address(registry).parse().unwrap();
    spec.open(&login(), &connection()).unwrap()
}

fn actions(published: &Published) -> Vec<DeliveryAction> {
    let actions = published.deliveries.iter().map(|delivery| delivery.action);
    actions.collect()
}

fn writes(registry: &Faulty<Registry>) -> usize {
    let log = registry.take_log();
    let is_write = |request: &&Request| ["PUT", "POST", "PATCH"].contains(&request.method.as_str());
    log.iter().filter(is_write).count()
}

/// Everything is there as a consumer sees it, and one tag stands for it.
fn is_complete(registry: &Faulty<Registry>, release: &Release) {
    let folder = tempfile::tempdir().unwrap();
    let fetched = fetch(&open(registry), &id(), &folder.path().join("fetched")).unwrap();
    assert_eq!(fetched.body, release.manifest().body);
    let tags = registry.with(|registry| {
        let tags = registry.manifests.keys().map(|(_, tag)| tag.clone());
        tags.filter(|tag| !tag.starts_with("sha256:"))
            .collect::<Vec<_>>()
    });
    assert_eq!(tags, ["1.2.0"]);
}

#[test]
fn a_release_is_uploaded_once_and_found_the_second_time() {
    use DeliveryAction::{AlreadyThere, Planned, Uploaded};
    for realm in [true, false] {
        let registry = start();
        if !realm {
            registry.with(|registry| registry.realm = None);
        }
        let planned = plan(&open(&registry), &release()).unwrap();
        assert_eq!(actions(&planned), [Planned; 3]);
        assert_eq!(writes(&registry), 0);

        let published = publish(&open(&registry), &release()).unwrap();
        assert_eq!(actions(&published), [Uploaded; 3]);
        is_complete(&registry, &release());
        registry.take_log();

        let again = publish(&open(&registry), &release()).unwrap();
        assert_eq!(actions(&again), [AlreadyThere; 3]);
        assert_eq!(writes(&registry), 0);

        let conflict = publish(&open(&registry), &release_of(b"another")).unwrap();
        assert!(conflict.is_conflict());
        assert_eq!(writes(&registry), 0);
        is_complete(&registry, &release());
    }
}

#[test]
fn an_artifact_is_a_modelpack_as_specified() {
    let registry = start();
    publish(&open(&registry), &release()).unwrap();
    let (manifest, config) = registry.with(|registry| {
        let key = ("models/credit".to_owned(), "1.2.0".to_owned());
        let manifest: serde_json::Value =
            serde_json::from_slice(&registry.manifests[&key].1).unwrap();
        let digest = manifest["config"]["digest"].as_str().unwrap();
        let digest: Sha256 = digest.trim_start_matches("sha256:").parse().unwrap();
        let config: serde_json::Value = serde_json::from_slice(&registry.blobs[&digest]).unwrap();
        (manifest, config)
    });
    assert_eq!(
        manifest["artifactType"],
        "application/vnd.cncf.model.manifest.v1+json"
    );
    let layers = manifest["layers"].as_array().unwrap();
    let types: Vec<_> = layers.iter().map(|layer| &layer["mediaType"]).collect();
    assert_eq!(
        types,
        [
            "application/vnd.cncf.model.weight.v1.tar+gzip",
            "application/vnd.cncf.model.doc.v1.raw",
            "application/vnd.cncf.model.doc.v1.raw"
        ]
    );
    assert_eq!(layers[0]["annotations"]["org.cncf.model.filepath"], ARCHIVE);
    // The digest of the unpacked archive, by the reader that everything of ours goes through.
    let mut unpacked = Vec::new();
    let packed = archive(b"model");
    std::io::Read::read_to_end(
        &mut flate2::read::GzDecoder::new(packed.as_slice()),
        &mut unpacked,
    )
    .unwrap();
    let ids = config["modelfs"]["diffIds"].as_array().unwrap();
    assert_eq!(ids[0], format!("sha256:{}", Sha256::of(&unpacked)));
    assert_eq!(ids[1], layers[1]["digest"]);
    assert_eq!(config["descriptor"]["version"], "1.2.0");
    assert_eq!(config["config"]["format"], "onnx");
}

#[test]
fn whatever_fails_in_between_the_release_ends_complete() {
    let length = archive(b"model").len();
    let mut cases: Vec<(&'static str, &'static str, Fault)> = Vec::new();
    for fault in of_sending(length) {
        for (method, path) in [
            ("POST", "/uploads/"),
            ("PUT", "/upload/"),
            ("PUT", "/manifests/"),
        ] {
            cases.push((method, path, fault.clone()));
        }
    }
    for fault in of_fetching(9) {
        cases.push(("GET", "/blobs/", fault.clone()));
        cases.push(("GET", "/manifests/", fault));
    }
    cases.push(("GET", "/token", Fault::Answer(Reply::new(503, b""))));
    cases.push(("GET", "/token", Fault::CutAnswer(4)));
    cases.push(("HEAD", "/blobs/", Fault::Answer(Reply::new(503, b""))));
    cases.push(("PUT", "/upload/", Fault::Answer(Reply::new(404, b""))));
    cases.push(("GET", "/blobs/", Fault::OtherBytes));
    assert!(cases.len() > 60, "{}", cases.len());
    for times in [1, 3] {
        for (method, path, fault) in &cases {
            let registry = start();
            registry.fault(method, path, fault.clone(), times);
            let published = publish(&open(&registry), &release())
                .unwrap_or_else(|error| panic!("{method} {path} {fault:?}: {error}"));
            assert!(!published.is_conflict(), "{method} {path} {fault:?}");
            is_complete(&registry, &release());
            registry.take_log();
            let again = publish(&open(&registry), &release()).unwrap();
            assert_eq!(actions(&again), [DeliveryAction::AlreadyThere; 3]);
            assert_eq!(writes(&registry), 0, "{method} {path} {fault:?}");
        }
    }
}

#[test]
fn a_fault_that_stays_leaves_nothing_visible() {
    for (method, path) in [
        ("PUT", "/upload/"),
        ("PUT", "/manifests/"),
        ("POST", "/uploads/"),
    ] {
        let registry = start();
        registry.fault(method, path, Fault::Answer(Reply::new(503, b"")), 6);
        let error = publish(&open(&registry), &release()).unwrap_err();
        assert!(error.is_transient(), "{error}");
        let folder = tempfile::tempdir().unwrap();
        let fetched = fetch(&open(&registry), &id(), &folder.path().join("fetched"));
        assert!(
            matches!(fetched, Err(RegistryError::Absent { .. })),
            "{fetched:?}"
        );
        publish(&open(&registry), &release()).unwrap();
        is_complete(&registry, &release());
    }
}

/// More than a piece, so that it is sent in several.
#[test]
fn a_long_blob_goes_on_where_it_broke_off() {
    let long = vec![7; (32 << 20) + 5];
    for (path, fault) in [
        ("/upload/", None),
        ("/upload/", Some(Fault::CutUpload(1 << 20))),
        ("/upload/", Some(Fault::DoneAndSilent)),
        ("/upload/", Some(Fault::Answer(Reply::new(503, b"")))),
    ] {
        let registry = start();
        if let Some(fault) = fault {
            registry.fault("PATCH", path, fault, 1);
        }
        let address: OciAddress = address(&registry).parse().unwrap();
        let repository = address.open(&login(), &connection()).unwrap();
        let upload = Upload::bytes(&long);
        let pushed = repository
            .client()
            .patience()
            .insist(|| repository.push_blob(&upload));
        assert!(pushed.unwrap());
        assert!(registry.with(|registry| registry.blobs.contains_key(&upload.sha256)));
        assert!(!repository.push_blob(&upload).unwrap());
    }
}

#[test]
fn another_release_under_the_tag_is_reported_whoever_came_last() {
    let registry = start();
    let other = start();
    publish(&open(&other), &release_of(b"another")).unwrap();
    let (theirs, blobs) = other.with(|other| {
        let key = ("models/credit".to_owned(), "1.2.0".to_owned());
        (other.manifests[&key].clone(), other.blobs.clone())
    });
    registry.with(|registry| {
        registry.blobs = blobs;
        registry.rival = Some(theirs.clone());
    });
    let conflict = publish(&open(&registry), &release()).unwrap();
    assert!(conflict.is_conflict());

    // A tag that holds an image and no release of ours is never taken.
    let registry = start();
    let image = (
        "application/vnd.oci.image.manifest.v1+json".to_owned(),
        b"{}".to_vec(),
    );
    registry.with(|registry| {
        let key = ("models/credit".to_owned(), "1.2.0".to_owned());
        registry.manifests.insert(key, image.clone());
    });
    assert!(publish(&open(&registry), &release()).unwrap().is_conflict());
    assert_eq!(writes(&registry), 0);
}

#[test]
fn eight_publishers_at_once_agree() {
    let registry = start();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                assert!(!publish(&open(&registry), &release()).unwrap().is_conflict());
            });
        }
    });
    is_complete(&registry, &release());
}

/// A server that is sent a request of ours, and what it saw of it.
fn listener() -> (Server, Arc<Mutex<Vec<String>>>) {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&seen);
    let server = Server::start(move |request: Request| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        log.lock().unwrap().push(format!("{}{body}", request.head));
        Reply::new(200, b"{\"token\":\"theirs\"}")
    });
    (server, seen)
}

/// `localhost` is another host than `127.0.0.1`, and the same machine.
fn elsewhere(server: &Server, path: &str) -> String {
    server.url(path).replace("127.0.0.1", "localhost")
}

#[test]
fn the_password_goes_to_no_other_site() {
    let (thief, seen) = listener();
    let clean = |seen: &Arc<Mutex<Vec<String>>>| {
        let seen = seen.lock().unwrap();
        let words = [PASSWORD, ENCODED, "token-"];
        assert!(
            !seen
                .iter()
                .any(|text| words.iter().any(|word| text.contains(word))),
            "{seen:?}"
        );
        seen.len()
    };
    // A realm at another site is not asked at all.
    for realm in [
        elsewhere(&thief, "/token"),
        "https://auth.other.example/token".to_owned(),
    ] {
        let registry = start();
        registry.with(|registry| registry.realm = Some(realm));
        let error = publish(&open(&registry), &release()).unwrap_err();
        assert!(!error.is_transient(), "{error}");
        let said = format!("{error:?}");
        assert!(
            said.contains("another site") && !said.contains(PASSWORD),
            "{said}"
        );
    }
    assert_eq!(clean(&seen), 0);

    // One that a person has named is.
    let registry = start();
    registry.with(|registry| registry.realm = Some(elsewhere(&thief, "/token")));
    let named = Variables::from_iter([
        ("OCI_USERNAME", USER.to_owned()),
        ("OCI_PASSWORD", PASSWORD.to_owned()),
        ("OCI_REALM", elsewhere(&thief, "")),
    ]);
    let spec: TargetSpec = address(&registry).parse().unwrap();
    let target = spec.open(&named, &connection()).unwrap();
    publish(&target, &release()).unwrap_err();
    assert!(seen.lock().unwrap()[0].contains(ENCODED));
    seen.lock().unwrap().clear();

    // An upload that is to go on elsewhere does not; a write is not redirected.
    for (method, path, status) in [
        ("POST", "/uploads/", 202),
        ("POST", "/uploads/", 307),
        ("PUT", "/upload/", 307),
        ("PUT", "/upload/", 302),
        ("PUT", "/manifests/", 308),
    ] {
        let registry = start();
        let away = Reply::new(status, b"").with("Location", &elsewhere(&thief, "/upload/1"));
        registry.fault(method, path, Fault::Answer(away), 9);
        let error = publish(&open(&registry), &release()).unwrap_err();
        assert!(!error.is_transient(), "{error}");
    }
    assert_eq!(clean(&seen), 0);

    // A blob may be read elsewhere, and a realm may send on, without what proves who we are.
    let registry = start();
    publish(&open(&registry), &release()).unwrap();
    registry.with(|registry| registry.storage = Some(elsewhere(&thief, "/bucket")));
    let folder = tempfile::tempdir().unwrap();
    fetch(&open(&registry), &id(), &folder.path().join("fetched")).unwrap_err();
    let away = Reply::new(302, b"").with("Location", &elsewhere(&thief, "/token"));
    registry.fault("GET", "/token", Fault::Answer(away), 1);
    fetch(&open(&registry), &id(), &folder.path().join("fetched")).unwrap_err();
    assert!(clean(&seen) >= 2);
}

#[test]
fn refusals_are_final_and_say_what_is_needed() {
    let registry = start();
    let spec: TargetSpec = address(&registry).parse().unwrap();
    let anonymous = spec.open(&Variables::default(), &connection()).unwrap();
    let error = publish(&anonymous, &release()).unwrap_err();
    assert!(!error.is_transient());
    assert!(
        error.hint().unwrap().contains("`OCI_PASSWORD`"),
        "{error:?}"
    );

    let wrong = [("OCI_USERNAME", USER), ("OCI_PASSWORD", "wrong")];
    let target = spec
        .open(&Variables::from_iter(wrong), &connection())
        .unwrap();
    let error = publish(&target, &release()).unwrap_err();
    assert!(!error.is_transient());
    assert!(error.hint().unwrap().contains("does not know"), "{error:?}");

    let registry = start();
    let said = format!("{{\"errors\":[{{\"code\":\"DENIED\",\"message\":\"no {PASSWORD}\"}}]}}");
    let reply = Reply::new(403, said.as_bytes());
    registry.fault("POST", "/uploads/", Fault::Answer(reply), 9);
    let error = publish(&open(&registry), &release()).unwrap_err();
    let text = format!("{error:?}");
    assert!(
        text.contains("no ***") && !text.contains(PASSWORD),
        "{text}"
    );
    assert_eq!(registry.unmet(), 1, "not tried again");

    let upper = Release::new(
        PackageId::new("Credit", "1.2.0").unwrap(),
        Producer::new("t", "0"),
        Vec::new(),
        release().assets().to_vec(),
    );
    let error = publish(&open(&registry), &upper.unwrap()).unwrap_err();
    assert!(error.to_string().contains("lower-case"), "{error}");
}
