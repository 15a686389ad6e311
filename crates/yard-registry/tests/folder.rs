//! A folder as a registry: kept by a lock, complete or invisible.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use yard_contract::{DeliveryAction, Producer, Sha256};
use yard_forge::{Settings, Upload, Variables};
use yard_package::PackageId;
use yard_registry::{
    Asset, Connection, RegistryError, Release, Target, TargetSpec, fetch, plan, publish,
};

const ARCHIVE: &str = "credit-1.2.0.tar.gz";

fn id() -> PackageId {
    PackageId::new("credit", "1.2.0").unwrap()
}

fn release(archive: &[u8]) -> Release {
    let assets = vec![
        Asset::new(ARCHIVE, Upload::bytes(archive)).unwrap(),
        Asset::new("model_card.md", Upload::bytes(b"# Credit\n")).unwrap(),
    ];
    Release::new(id(), Producer::new("test", "0"), Vec::new(), assets).unwrap()
}

fn open(root: &Path) -> Target {
    let spec: TargetSpec = format!("dir:{}", root.display()).parse().unwrap();
    spec.open(
        &Variables::default(),
        &Connection::new(Settings::default(), 1),
    )
    .unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn write(path: &PathBuf, bytes: &[u8]) {
    fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn a_release_is_published_once_and_fetched_verified() {
    let world = tempfile::tempdir().unwrap();
    let root = world.path().join("deep/registry");
    let target = open(&root);
    plan(&target, &release(b"bytes")).unwrap();
    assert!(!root.exists(), "a plan does nothing");
    let published = publish(&target, &release(b"bytes")).unwrap();
    assert!(
        published
            .deliveries
            .iter()
            .all(|d| d.action == DeliveryAction::Uploaded)
    );
    let version = root.join("credit/1.2.0");
    assert_eq!(names(&version), [ARCHIVE, "manifest.json", "model_card.md"]);

    let times = |name: &str| {
        fs::metadata(version.join(name))
            .unwrap()
            .modified()
            .unwrap()
    };
    let before = times(ARCHIVE);
    let again = publish(&target, &release(b"bytes")).unwrap();
    assert!(
        again
            .deliveries
            .iter()
            .all(|d| d.action == DeliveryAction::AlreadyThere)
    );
    assert_eq!(times(ARCHIVE), before);

    let conflict = publish(&target, &release(b"BYTES")).unwrap();
    assert!(conflict.is_conflict());
    assert_eq!(fs::read(version.join(ARCHIVE)).unwrap(), b"bytes");
    assert_eq!(names(&version).len(), 3);

    let fetched = fetch(&target, &id(), &world.path().join("fetched")).unwrap();
    assert_eq!(fetched.body.files[0].sha256, Sha256::of(b"bytes"));
    assert_eq!(
        names(&world.path().join("fetched")),
        [ARCHIVE, "manifest.json", "model_card.md"]
    );
}

#[test]
fn a_release_that_stopped_on_the_way_is_invisible_and_completed_by_the_next_run() {
    let world = tempfile::tempdir().unwrap();
    let target = open(world.path());
    publish(&target, &release(b"bytes")).unwrap();
    let version = world.path().join("credit/1.2.0");
    fs::remove_file(version.join("manifest.json")).unwrap();
    fs::remove_file(version.join("model_card.md")).unwrap();
    write(&version.join(".model_card.md.1-0.tmp"), b"# Cre");

    let error = fetch(&target, &id(), &world.path().join("fetched")).unwrap_err();
    assert!(matches!(error, RegistryError::Absent { .. }), "{error}");
    let resumed = publish(&target, &release(b"bytes")).unwrap();
    let actions: Vec<_> = resumed.deliveries.iter().map(|d| d.action).collect();
    let (there, sent) = (DeliveryAction::AlreadyThere, DeliveryAction::Uploaded);
    assert_eq!(actions, [there, sent, sent]);
    fetch(&target, &id(), &world.path().join("fetched")).unwrap();
}

#[test]
fn what_was_changed_in_the_registry_is_not_fetched() {
    type Change = fn(&Path);
    let cases: [(Change, &str); 5] = [
        (|at| write(&at.join(ARCHIVE), b"BYTES"), "has sha256"),
        (
            |at| write(&at.join(ARCHIVE), b"longer bytes"),
            "failed to read",
        ),
        (
            |at| fs::remove_file(at.join(ARCHIVE)).unwrap(),
            "has no complete release",
        ),
        (
            |at| write(&at.join("manifest.json"), b"{}"),
            "the manifest of credit 1.2.0",
        ),
        (
            |at| {
                fs::remove_file(at.join(ARCHIVE)).unwrap();
                std::os::unix::fs::symlink("/etc/hostname", at.join(ARCHIVE)).unwrap();
            },
            "failed to read",
        ),
    ];
    for (change, expected) in cases {
        let world = tempfile::tempdir().unwrap();
        let target = open(&world.path().join("registry"));
        publish(&target, &release(b"bytes")).unwrap();
        change(&world.path().join("registry/credit/1.2.0"));
        let error = fetch(&target, &id(), &world.path().join("fetched"))
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(names(world.path()), ["registry"]);
    }
}

#[test]
fn a_manifest_cannot_write_outside_the_folder() {
    for name in ["../x", "/tmp/x", "a/b", "manifest.json", "..\\\\x"] {
        let world = tempfile::tempdir().unwrap();
        let target = open(&world.path().join("registry"));
        publish(&target, &release(b"bytes")).unwrap();
        let manifest = world.path().join("registry/credit/1.2.0/manifest.json");
        let text = fs::read_to_string(&manifest)
            .unwrap()
            .replacen("model_card.md", name, 1);
        write(&manifest, text.as_bytes());
        let error = fetch(&target, &id(), &world.path().join("fetched")).unwrap_err();
        assert!(
            matches!(error, RegistryError::AssetName(_)),
            "{name}: {error}"
        );
        assert_eq!(names(world.path()), ["registry"]);
    }
}

#[test]
fn a_release_of_another_name_is_not_taken_for_ours() {
    let world = tempfile::tempdir().unwrap();
    let target = open(world.path());
    publish(&target, &release(b"bytes")).unwrap();
    fs::rename(world.path().join("credit"), world.path().join("fraud")).unwrap();
    let fraud = PackageId::new("fraud", "1.2.0").unwrap();
    let error = fetch(&target, &fraud, &world.path().join("fetched")).unwrap_err();
    assert!(
        matches!(error, RegistryError::OtherManifest { .. }),
        "{error}"
    );
}

#[test]
fn names_that_some_registry_would_not_take_are_refused() {
    for bad in [
        "",
        ".hidden",
        "a/b",
        "a b",
        "ä",
        "manifest.json",
        "Manifest.JSON",
        "-rf",
        "a@b",
    ] {
        assert!(Asset::new(bad, Upload::bytes(b"")).is_err(), "{bad}");
    }
    let twice = || Asset::new("a", Upload::bytes(b"")).unwrap();
    let release = |assets| Release::new(id(), Producer::new("t", "0"), Vec::new(), assets);
    assert!(matches!(
        release(vec![twice(), twice()]),
        Err(RegistryError::AssetName(_))
    ));
    assert!(matches!(release(vec![]), Err(RegistryError::Empty)));
}

#[test]
fn many_publishers_at_once_agree() {
    for round in 0..10 {
        let world = tempfile::tempdir().unwrap();
        let conflicts: usize = std::thread::scope(|scope| {
            let publishers: Vec<_> = (0..8)
                .map(|number| {
                    let bytes = format!("archive {}", if round % 2 == 1 { number } else { 0 });
                    let root = world.path();
                    scope.spawn(move || {
                        publish(&open(root), &release(bytes.as_bytes()))
                            .unwrap()
                            .is_conflict()
                    })
                })
                .collect();
            publishers
                .into_iter()
                .map(|publisher| usize::from(publisher.join().unwrap()))
                .sum()
        });
        assert_eq!(conflicts, if round % 2 == 1 { 7 } else { 0 });
        let version = world.path().join("credit/1.2.0");
        assert_eq!(names(&version), [ARCHIVE, "manifest.json", "model_card.md"]);
        fetch(&open(world.path()), &id(), &world.path().join("fetched")).unwrap();
    }
}

#[test]
fn a_registry_that_cannot_be_written_says_so() {
    let world = tempfile::tempdir().unwrap();
    let root = world.path().join("file");
    write(&root, b"in the way");
    let error = publish(&open(&root), &release(b"bytes")).unwrap_err();
    assert!(error.to_string().starts_with("failed to "), "{error}");
    assert_eq!(fs::read(&root).unwrap(), b"in the way");
}

#[test]
fn a_version_that_the_record_of_aliases_has_is_nobodys() {
    for version in ["aliases", "Aliases", "aliases.champion-000001"] {
        let id = PackageId::new("credit", version).unwrap();
        let asset = Asset::new("a.tar.gz", Upload::bytes(b"a")).unwrap();
        let error = Release::new(id, Producer::new("t", "0"), Vec::new(), vec![asset]).unwrap_err();
        assert!(matches!(error, RegistryError::Reserved(_)), "{error}");
    }
}

#[test]
fn a_lock_that_somebody_keeps_is_waited_for_and_not_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("registry");
    let held = |seconds_of_patience: u64| {
        let mut settings = Settings::default();
        settings.retry.deadline = std::time::Duration::from_secs(seconds_of_patience);
        let spec: TargetSpec = format!("dir:{}", root.display()).parse().unwrap();
        spec.open(&Variables::default(), &Connection::new(settings, 1))
            .unwrap()
    };
    fs::create_dir_all(root.join("credit")).unwrap();
    let lock = fs::File::create(root.join("credit/.1.2.0.lock")).unwrap();
    lock.lock().unwrap();
    let error = publish(&held(0), &release(b"archive")).unwrap_err();
    assert!(matches!(error, RegistryError::Locked { .. }), "{error}");
    assert!(error.is_transient() && error.hint().is_some(), "{error}");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| publish(&held(60), &release(b"archive")).unwrap());
        lock.unlock().unwrap();
        assert!(!waiting.join().unwrap().is_conflict());
    });
}
