//! The tool as its users see it: exit codes, what is written, what is said.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../../../crates/yard-registry/tests/fake_oci/mod.rs"]
mod fake_oci;
#[expect(dead_code, reason = "the registry's own tests use all of it")]
#[path = "../../../crates/yard-registry/tests/faulty/mod.rs"]
mod faulty;
#[expect(dead_code, reason = "the registry's own tests use all of it")]
#[path = "../../../crates/yard-forge/tests/loopback/mod.rs"]
mod loopback;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use fake_oci::{PASSWORD, Registry, USER};
use faulty::{Fault, Faulty};
use loopback::Reply;
use tempfile::TempDir;
use yard_contract::{DeliveryAction, Document, ImageReceipt, Producer, Sha256, Verdict};
use yard_model::specimen;
use yard_package::{Draft, Label, Limits, Member, Package, PackageId, SIGNATURE, Source, pack};
use yard_trust::{SigningKey, sign_tree, verify_tree};

const RECEIPT: &str = "out/image-receipt.json";

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

/// What looks like a static binary of a machine.
fn elf(machine: u8, kind: u8) -> Vec<u8> {
    let mut bytes = vec![0; 64 + 56];
    bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
    bytes[16] = 2;
    bytes[18] = machine;
    bytes[32] = 64;
    bytes[54] = 56;
    bytes[56] = 1;
    bytes[64] = kind;
    bytes
}

/// A working folder with a package and binaries.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        world.pack("1.2.0+b1", b"# Credit\n");
        write(&world.at("amd64"), &elf(0x3e, 1));
        write(&world.at("arm64"), &elf(0xb7, 1));
        write(&world.at("dynamic"), &elf(0x3e, 3));
        world
    }

    fn pack(&self, version: &str, card: &[u8]) {
        let id = PackageId::new("credit", version).unwrap();
        let mut members = vec![Member::new("model_card.md", Source::bytes(card.to_vec())).unwrap()];
        for (name, bytes) in specimen::files() {
            members.push(Member::new(&format!("model/{name}"), Source::bytes(bytes)).unwrap());
        }
        let label = Label::new(id, Producer::new("test", "0"));
        let mut bytes = Vec::new();
        pack(&label, members, &mut bytes).unwrap();
        write(&self.at("credit.tar.gz"), &bytes);
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Runs the tool; answers its exit code and everything it said.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_publish-image"))
            .args(["--package", "credit.tar.gz"])
            .args(arguments)
            .env_clear()
            .envs([("OCI_USERNAME", USER), ("OCI_PASSWORD", PASSWORD)])
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(!said.contains(PASSWORD), "{said}");
        (output.status.code().unwrap(), said)
    }

    fn receipt(&self) -> ImageReceipt {
        let bytes = fs::read(self.at(RECEIPT)).unwrap();
        Document::parse(&bytes).unwrap().body
    }
}

fn target(registry: &Faulty<Registry>) -> String {
    registry.url("/credit-serve").replace("http://", "oci://")
}

#[test]
fn help() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}

#[test]
fn an_image_is_published_once_and_a_new_model_is_a_small_push() {
    use DeliveryAction::{AlreadyThere, Planned, Uploaded};
    let (world, registry) = (World::new(), Faulty::start(Registry::new));
    let to = target(&registry);
    let common = ["--binary", "amd64", "--target", &to];

    let (code, said) = world.run(&[&common[..], &["--dry-run"]].concat());
    assert_eq!(
        (code, world.receipt().deliveries[0].action),
        (0, Planned),
        "{said}"
    );
    assert!(registry.with(|registry| registry.blobs.is_empty()));

    assert_eq!(world.run(&common).0, 0);
    let first = world.receipt();
    assert_eq!(
        (first.verdict, first.deliveries[0].action),
        (Verdict::Pass, Uploaded)
    );
    assert!(
        first.deliveries[0]
            .reference
            .ends_with("/credit-serve:1.2.0_b1"),
        "{first:?}"
    );
    assert_eq!(first.deliveries[0].sha256, first.image_sha256);

    assert_eq!(world.run(&common).0, 0);
    let again = world.receipt();
    assert_eq!(again.image_sha256, first.image_sha256);
    assert_eq!(
        (
            again.deliveries[0].action,
            again.deliveries[0].uploaded_bytes
        ),
        (AlreadyThere, 0)
    );

    // The server's layer is there already.
    world.pack("1.3.0", b"# Credit, better\n");
    assert_eq!(world.run(&common).0, 0);
    let layers = registry.with(|registry| registry.blobs.len());
    assert_eq!(
        layers,
        2 + 3,
        "two configurations, one server, two packages"
    );

    // Other bytes under a tag are refused, and nothing changes.
    let before = registry.with(|registry| registry.manifests.clone());
    let (code, said) = world.run(&[&common[..], &["--tag", "1.2.0_b1"]].concat());
    assert_eq!(
        (code, world.receipt().verdict),
        (1, Verdict::Fail),
        "{said}"
    );
    assert_eq!(registry.with(|registry| registry.manifests.clone()), before);
}

#[test]
fn two_platforms_are_an_index_on_disk_and_at_a_registry_alike() {
    let (world, registry) = (World::new(), Faulty::start(Registry::new));
    let to = target(&registry);
    let arguments = [
        "--binary",
        "linux/arm64=arm64",
        "--binary",
        "amd64",
        "--target",
        &to,
        "--target",
        "oci-layout:layout",
        "--target",
        "oci-archive:image.tar",
    ];
    let (code, said) = world.run(&arguments);
    assert_eq!(code, 0, "{said}");
    let receipt = world.receipt();
    let platforms: Vec<_> = receipt
        .platforms
        .iter()
        .map(|p| p.platform.as_str())
        .collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    let (media, bytes) = registry.with(|registry| {
        registry.manifests[&("credit-serve".to_owned(), "1.2.0_b1".to_owned())].clone()
    });
    assert_eq!(media, "application/vnd.oci.image.index.v1+json");
    assert_eq!(Sha256::of(&bytes), receipt.image_sha256);
    let blob = world
        .at("layout/blobs/sha256")
        .join(receipt.image_sha256.to_string());
    assert_eq!(fs::read(blob).unwrap(), bytes);

    // The archive is the layout, and the same a second time.
    let archive = fs::read(world.at("image.tar")).unwrap();
    let mut names = Vec::new();
    for entry in tar::Archive::new(archive.as_slice()).entries().unwrap() {
        names.push(entry.unwrap().path().unwrap().display().to_string());
    }
    assert!(names.contains(&"oci-layout".to_owned()), "{names:?}");
    assert_eq!(world.run(&arguments).0, 0);
    assert_eq!(fs::read(world.at("image.tar")).unwrap(), archive);

    // A layout takes another tag, and keeps the first as it is.
    world.pack("1.3.0", b"# Credit, better\n");
    assert_eq!(
        world
            .run(&["--binary", "amd64", "--target", "oci-layout:layout"])
            .0,
        0
    );
    let index: serde_json::Value =
        serde_json::from_slice(&fs::read(world.at("layout/index.json")).unwrap()).unwrap();
    assert_eq!(index["manifests"].as_array().unwrap().len(), 2);
    let same = [
        "--binary",
        "amd64",
        "--target",
        "oci-layout:layout",
        "--tag",
        "1.2.0_b1",
    ];
    assert_eq!(world.run(&same).0, 1);
}

#[test]
fn what_cannot_be_an_image_is_refused_before_anything_is_sent() {
    let world = World::new();
    fs::create_dir(world.at("bare")).unwrap();
    for (name, bytes) in specimen::files() {
        write(&world.at("bare").join(name), &bytes);
    }
    write(
        &world.at("torn.tar.gz"),
        &fs::read(world.at("credit.tar.gz")).unwrap()[..400],
    );
    let layout = "oci-layout:layout";
    for (arguments, said) in [
        (vec!["--binary", "dynamic"], "linked dynamically"),
        (
            vec!["--binary", "linux/arm64=amd64"],
            "it is for linux/amd64",
        ),
        (vec!["--binary", "linux/riscv64=amd64"], "linux/riscv64"),
        (vec!["--binary", "credit.tar.gz"], "ELF"),
        (vec!["--binary", "absent"], "absent"),
        (
            vec!["--binary", "amd64", "--binary", "amd64"],
            "two binaries",
        ),
        (vec!["--binary", "amd64", "--tag", ".x"], "cannot be a tag"),
        (vec!["--binary", "amd64", "--target", layout], "named twice"),
        (
            vec!["--binary", "amd64", "--target", "docker://x/y"],
            "names no place",
        ),
        (
            vec!["--binary", "amd64", "--target", "oci://x"],
            "names no place",
        ),
        (
            vec!["--binary", "amd64", "--package", "bare"],
            "manifest.json",
        ),
        (
            vec!["--binary", "amd64", "--package", "torn.tar.gz"],
            "torn.tar.gz",
        ),
    ] {
        let (code, text) = if arguments.contains(&"--package") {
            let output = Command::new(env!("CARGO_BIN_EXE_publish-image"))
                .args(&arguments)
                .args(["--target", layout])
                .current_dir(world.0.path())
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            (output.status.code().unwrap(), text)
        } else {
            world.run(&[&arguments[..], &["--target", layout]].concat())
        };
        assert_eq!(code, 2, "{arguments:?}: {text}");
        assert!(text.contains(said), "{arguments:?}: {text}");
        assert!(!world.at(RECEIPT).exists() && !world.at("layout").exists());
    }
}

#[test]
fn a_registry_that_fails_is_transient_and_the_tag_stays_absent() {
    let (world, registry) = (World::new(), Faulty::start(Registry::new));
    let busy = Reply::new(429, b"").with("Retry-After", "3600");
    registry.fault("PUT", "/manifests/", Fault::Answer(busy), 1);
    let to = target(&registry);
    let arguments = ["--binary", "amd64", "--target", &to];
    let (code, said) = world.run(&arguments);
    assert_eq!(code, 3, "{said}");
    assert!(!world.at(RECEIPT).exists());
    assert!(registry.with(|registry| registry.manifests.is_empty()));
    assert_eq!(world.run(&arguments).0, 0);
}

#[test]
fn a_signed_package_can_be_verified_inside_its_image() {
    let world = World::new();
    let id = PackageId::new("credit", "1.2.0").unwrap();
    let files = specimen::files().into_iter();
    let members = files
        .map(|(name, bytes)| Member::new(&format!("model/{name}"), Source::bytes(bytes)).unwrap());
    let label = Label::new(id, Producer::new("test", "0"));
    let mut draft = Draft::new(&label, members.collect()).unwrap();
    let key = SigningKey::generate().unwrap();
    let signature = sign_tree("credit 1.2.0", &draft.signed_files(), &key).unwrap();
    draft.sign(signature.clone());
    let mut archive = Vec::new();
    draft
        .write(&mut archive, &mut |_| std::ops::ControlFlow::Continue(()))
        .unwrap();
    write(&world.at("credit.tar.gz"), &archive);
    let (code, said) = world.run(&["--binary", "amd64", "--target", "oci-layout:layout"]);
    assert_eq!(code, 0, "{said}");

    // The layers as a container runtime unpacks them, one over the other.
    let root = world.at("root");
    let mut layers = 0;
    for blob in fs::read_dir(world.at("layout/blobs/sha256")).unwrap() {
        let bytes = fs::read(blob.unwrap().path()).unwrap();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let layer = flate2::read::GzDecoder::new(bytes.as_slice());
            tar::Archive::new(layer).unpack(&root).unwrap();
            layers += 1;
        }
    }
    assert_eq!(layers, 2);
    let package = Package::open(&root.join("package"), &Limits::default()).unwrap();
    assert_eq!(package.signature(), Some(signature.as_slice()));
    let signed = package.signed_files();
    verify_tree(&signature, &key.public_key(), &signed).unwrap();
    assert!(root.join("package").join(SIGNATURE).is_file());
}
