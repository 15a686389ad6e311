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
use yard_package::{Draft, Label, Limits, Member, Package, PackageId, Source};
use yard_registry::{Alias, Asset, Connection, Release, Target, TargetSpec, publish, record};
use yard_trust::{SigningKey, sign_tree};

/// A package at a version, signed where there is a key.
fn package(version: &str, more: Vec<Member>, key: Option<&SigningKey>) -> Vec<u8> {
    let id = PackageId::new("credit", version).unwrap();
    let model = specimen::files()
        .into_iter()
        .map(|(name, bytes)| Member::new(&format!("model/{name}"), Source::bytes(bytes)).unwrap());
    let members = model.chain(more).collect();
    let mut draft = Draft::new(&Label::new(id.clone(), producer()), members).unwrap();
    if let Some(key) = key {
        draft.sign(sign_tree(&id.title(), &draft.signed_files(), key).unwrap());
    }
    let mut archive = Vec::new();
    let watch = &mut |_| std::ops::ControlFlow::Continue(());
    draft.write(&mut archive, watch).unwrap();
    archive
}

fn producer() -> Producer {
    Producer::new("test", "0")
}

/// A folder with a registry that holds `credit 1.4.0`, who is champion.
struct World(TempDir);

impl World {
    fn new() -> Self {
        Self::with(&package("1.4.0", Vec::new(), None))
    }

    fn with(archive: &[u8]) -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        world.release(archive);
        let model = specimen::files();
        let model = model.iter().find(|(name, _)| *name == "model.onnx");
        world.promote(1, Sha256::of(&model.unwrap().1));
        world
    }

    fn release(&self, archive: &[u8]) {
        let id = PackageId::new("credit", "1.4.0").unwrap();
        let asset = Asset::new(&id.archive_name(), Upload::bytes(archive)).unwrap();
        let release = Release::new(id, producer(), Vec::new(), vec![asset]).unwrap();
        publish(&self.target(), &release).unwrap();
    }

    fn promote(&self, number: u64, model_sha256: Sha256) {
        let manifest = fs::read(self.at("registry/credit/1.4.0/manifest.json")).unwrap();
        let entry = AliasMove {
            name: "credit".to_owned(),
            alias: "champion".to_owned(),
            number,
            action: AliasAction::Promoted,
            package_version: "1.4.0".to_owned(),
            previous: None,
            manifest_sha256: Sha256::of(&manifest),
            model_sha256,
            smoke_sha256: Sha256::of(b""),
        };
        let entry = Document::new(producer(), Vec::new(), entry);
        record(&self.target(), &Alias::new("champion").unwrap(), &entry).unwrap();
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

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::File::create(self.at(name))
            .unwrap()
            .write_all(bytes)
            .unwrap();
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        self.run_by(Command::new(env!("CARGO_BIN_EXE_fetch-package")), arguments)
    }

    fn run_by(&self, mut command: Command, arguments: &[&str]) -> (i32, String) {
        let output = command
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(said).unwrap(),
        )
    }

    /// Nothing but what was there before: no result, no folder made for it, nothing temporary.
    fn is_untouched(&self) {
        let mut names: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.retain(|name| name != "ours.pub");
        assert_eq!(names, ["registry"]);
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
        world.is_untouched();
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

const CHAMPION: [&str; 3] = ["credit@champion", "--target", "dir:registry"];

/// Whoever may write to a registry can put another release under a version: the folder, or the tag,
/// is exchanged as a whole, and consistent in itself. The alias was moved to what was tested.
#[test]
fn an_alias_means_the_bytes_that_were_promoted() {
    let world = World::new();
    fs::remove_dir_all(world.at("registry/credit/1.4.0")).unwrap();
    let note = Member::new("note.txt", Source::bytes(*b"exchanged")).unwrap();
    world.release(&package("1.4.0", vec![note], None));
    let (code, said) = world.run(&CHAMPION);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("credit 1.4.0 is not what `champion` was moved to: its manifest is"),
        "{said}"
    );
    assert!(
        said.contains("hint: somebody changed the release"),
        "{said}"
    );
    world.is_untouched();
    let (code, said) = world.run(&["credit@1.4.0", "--target", "dir:registry", "--out", "x"]);
    assert_eq!(code, 0, "{said}");

    // A record whose model is another one than that of the manifest it names.
    let world = World::new();
    world.promote(2, Sha256::of(b"another model"));
    let (code, said) = world.run(&CHAMPION);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("was moved to: its model is"), "{said}");
    world.is_untouched();
}

#[test]
fn with_a_public_key_only_what_was_signed_with_it_is_fetched() {
    let (ours, theirs) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    let with_key = |archive: &[u8]| {
        let world = World::with(archive);
        world.write("ours.pub", ours.public_key().to_pem().as_bytes());
        world
    };
    let key = ["--public-key", "ours.pub"];
    let refused = |world: &World, said: &str| {
        for archive in [&[][..], &["--archive", "a.tar.gz"]] {
            let arguments = [&CHAMPION[..], &key, archive].concat();
            let (code, text) = world.run(&arguments);
            assert_eq!(code, 2, "{text}");
            assert!(text.contains(said), "expected `{said}` in {text}");
            world.is_untouched();
        }
    };

    let world = with_key(&package("1.4.0", Vec::new(), Some(&ours)));
    for more in [&["--out", "out/x"][..], &["--archive", "out/a.tar.gz"]] {
        let (code, said) = world.run(&[&CHAMPION[..], &key, more].concat());
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("signed: 6 files, with the key"), "{said}");
    }
    assert!(world.at("out/x/model.sig").exists());

    refused(
        &with_key(&package("1.4.0", Vec::new(), None)),
        "is not signed",
    );
    refused(
        &with_key(&package("1.4.0", Vec::new(), Some(&theirs))),
        "it was signed with another key",
    );
    // A signature of the same owner over the same files, for another version.
    let honest = package("1.4.0", Vec::new(), Some(&ours));
    let honest = Package::from_archive(honest.as_slice(), &Limits::default()).unwrap();
    let id = PackageId::new("credit", "1.4.0").unwrap();
    let members = honest.files().iter().map(|file| {
        let bytes = honest.bytes(&file.path).unwrap().into_owned();
        Member::new(&file.path, Source::bytes(bytes)).unwrap()
    });
    let mut draft = Draft::new(&Label::new(id, producer()), members.collect()).unwrap();
    draft.sign(sign_tree("credit-1.3.0", &draft.signed_files(), &ours).unwrap());
    let mut archive = Vec::new();
    let watch = &mut |_| std::ops::ControlFlow::Continue(());
    draft.write(&mut archive, watch).unwrap();
    refused(
        &with_key(&archive),
        "it was made for `credit-1.3.0`, and this is credit-1.4.0",
    );

    let world = with_key(&package("1.4.0", Vec::new(), Some(&ours)));
    world.write("ours.pub", b"no key");
    refused(&world, "`ours.pub` holds no key to use");
}

/// 120 MB of what does not compress, by a process that may hold 64 MB.
#[test]
fn neither_the_archive_nor_its_files_are_held_in_memory() {
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    let noise: Vec<u8> = noise.flatten().take(120 << 20).collect();
    let long = Member::new("long.bin", Source::bytes(noise)).unwrap();
    let key = SigningKey::generate().unwrap();
    let world = World::with(&package("1.4.0", vec![long], Some(&key)));
    world.write("ours.pub", key.public_key().to_pem().as_bytes());
    for more in [&["--out", "x"][..], &["--archive", "a.tar.gz"]] {
        let mut limited = Command::new("sh");
        limited.args(["-c", "ulimit -d 65536; exec \"$@\"", "sh"]);
        limited.arg(env!("CARGO_BIN_EXE_fetch-package"));
        let arguments = [&CHAMPION[..], &["--public-key", "ours.pub"], more].concat();
        let (code, said) = world.run_by(limited, &arguments);
        assert_eq!(code, 0, "{said}");
    }
}
