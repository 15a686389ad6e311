//! The tool as its users see it: what is unpacked, and what is not.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;
use yard_contract::{AliasAction, AliasMove, Document, Producer, Sha256};
use yard_forge::{Settings, Upload, Variables};
use yard_model::specimen;
use yard_package::{Label, Limits, Member, Package, PackageId, Source, pack};
use yard_registry::{Alias, Asset, Connection, Release, Target, TargetSpec, publish, record};

/// A folder with a registry that holds `credit 1.4.0`, who is champion.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        let producer = || Producer::new("test", "0");
        let id = PackageId::new("credit", "1.4.0").unwrap();
        let members = specimen::files()
            .into_iter()
            .map(|(name, bytes)| Member::new(&format!("model/{name}"), Source::bytes(bytes)));
        let members: Result<Vec<_>, _> = members.collect();
        let mut archive = Vec::new();
        pack(
            &Label::new(id.clone(), producer()),
            members.unwrap(),
            &mut archive,
        )
        .unwrap();
        let asset = Asset::new(&id.archive_name(), Upload::bytes(&archive)).unwrap();
        let release = Release::new(id, producer(), Vec::new(), vec![asset]).unwrap();
        publish(&world.target(), &release).unwrap();
        let entry = AliasMove {
            name: "credit".to_owned(),
            alias: "champion".to_owned(),
            number: 1,
            action: AliasAction::Promoted,
            package_version: "1.4.0".to_owned(),
            previous: None,
            manifest_sha256: Sha256::of(b""),
            model_sha256: Sha256::of(b""),
            smoke_sha256: Sha256::of(b""),
        };
        let entry = Document::new(producer(), Vec::new(), entry);
        record(&world.target(), &Alias::new("champion").unwrap(), &entry).unwrap();
        world
    }

    fn target(&self) -> Target {
        let spec = format!("dir:{}", self.at("registry").display());
        let spec: TargetSpec = spec.parse().unwrap();
        let connection = Connection::new(Settings::default(), 1);
        spec.open(&Variables::default(), &connection).unwrap()
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_fetch-package"))
            .args(arguments)
            .env_clear()
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(said).unwrap(),
        )
    }
}

#[test]
fn help() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}

#[test]
fn a_version_and_an_alias_give_the_package_unpacked_or_as_it_is() {
    let world = World::new();
    for (number, release) in ["credit@1.4.0", "credit@v1.4.0", "credit@champion"]
        .iter()
        .enumerate()
    {
        let out = format!("out/{number}");
        let (code, said) = world.run(&[release, "--target", "dir:registry", "--out", &out]);
        assert_eq!(code, 0, "{said}");
        let package = Package::open(&world.at(&out), &Limits::default()).unwrap();
        assert_eq!(package.id().unwrap().version(), "1.4.0");
    }
    let (code, said) = world.run(&[
        "credit@champion",
        "--target",
        "dir:registry",
        "--archive",
        "a.tar.gz",
    ]);
    assert_eq!(code, 0, "{said}");
    let there = world.at("registry/credit/1.4.0/credit-1.4.0.tar.gz");
    assert_eq!(
        fs::read(world.at("a.tar.gz")).unwrap(),
        fs::read(there).unwrap()
    );
}

#[test]
fn what_is_not_as_released_is_not_unpacked() {
    let world = World::new();
    let refused = |release: &str, target: &str, said: &str| {
        let (code, text) = world.run(&[release, "--target", target]);
        assert_eq!(code, 2, "{text}");
        assert!(text.contains(said), "{text}");
        assert!(!world.at("out").exists());
    };
    refused("credit@1.5.0", "dir:registry", "no complete release");
    refused("credit@challenger", "dir:registry", "has no `challenger`");
    refused("credit", "dir:registry", "cannot be an alias");
    refused("../x@1.0.0", "dir:registry", "cannot be a package's name");
    refused("credit@champion", "nowhere", "names no registry");
    let archive = world.at("registry/credit/1.4.0/credit-1.4.0.tar.gz");
    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::File::create(&archive)
        .unwrap()
        .write_all(&bytes)
        .unwrap();
    refused("credit@champion", "dir:registry", "sha256");
}
