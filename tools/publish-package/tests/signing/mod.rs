//! Keys, signed packages, and the chain of evidence with each of its links broken.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use yard_contract::{Document, Sha256, Verification};
use yard_package::{Draft, Label, Limits, Member, Package, PackageId, Source, unpack};
use yard_trust::{PublicKey, SigningKey, sign_tree, verify_tree};

use crate::{ARCHIVE, Ran, World, artifact, write};

pub(crate) const VERSION: [&str; 2] = ["--package-version", "1.2.0"];
pub(crate) const TARGET: [&str; 2] = ["--target", "dir:out/registry"];
pub(crate) const RELEASE: &str = "out/registry/credit/1.2.0";

/// The tool alone, in a world.
pub(crate) fn tool(world: &World, arguments: &[&str]) -> Ran {
    tool_with(world, arguments, &[])
}

/// The same with more variables.
pub(crate) fn tool_with(world: &World, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_publish-package"))
        .current_dir(world.at(""))
        .env_clear()
        // A job for a tag has these; they belong to publishing and must not be in the way.
        .envs([("CI_COMMIT_TAG", "v1.2.0"), ("SOURCE_DATE_EPOCH", "1")])
        .envs(variables.iter().copied())
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// A world with a key pair and a signed release.
pub(crate) fn signed() -> World {
    let world = World::new();
    tool(&world, &["keygen", "--out", "k/team.key"]).ends(0, "fingerprint");
    let key = ["--signing-key", "k/team.key"];
    world
        .run(&[&VERSION[..], &TARGET, &key].concat(), &[])
        .ends(0, "signed: yes");
    world
}

pub(crate) fn verify(world: &World, package: &str) -> Ran {
    tool(
        world,
        &["verify", package, "--public-key", "k/team.key.pub"],
    )
}

#[test]
fn a_key_is_its_owners_alone_and_is_never_overwritten() {
    let world = World::new();
    tool(&world, &["keygen", "--out", "k/team.key"]).ends(0, "private key  k/team.key");
    let mode = |path| fs::metadata(world.at(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("k/team.key"), 0o600);
    let private = fs::read_to_string(world.at("k/team.key")).unwrap();
    let public = fs::read_to_string(world.at("k/team.key.pub")).unwrap();
    let key = SigningKey::from_pem(&private).unwrap();
    assert_eq!(key.public_key().to_pem(), public);

    tool(&world, &["keygen", "--out", "k/team.key"]).ends(2, "failed to write");
    fs::remove_file(world.at("k/team.key.pub")).unwrap();
    tool(&world, &["keygen", "--out", "k/team.key"]).ends(2, "failed to write `k/team.key`");
    assert_eq!(fs::read_to_string(world.at("k/team.key")).unwrap(), private);
    assert!(!world.at("k/team.key.pub").exists());
    tool(&world, &["keygen"]).ends(2, "--out");
}

#[test]
fn a_signed_package_verifies_as_archive_as_folder_and_by_the_library() {
    let world = signed();
    let archive = format!("{RELEASE}/{ARCHIVE}");
    verify(&world, &archive).ends(0, "is what was signed");
    let file = fs::File::open(world.at(&archive)).unwrap();
    unpack(file, &world.at("unpacked"), &Limits::default()).unwrap();
    verify(&world, "unpacked").ends(0, "signature   holds");

    let out = ["--format", "json", "--out", "out/verification.json"];
    let arguments = ["verify", "unpacked", "--public-key", "k/team.key.pub"];
    let ran = tool(&world, &[&arguments[..], &out].concat());
    ran.ends(0, "\"kind\": \"verification\"");
    let bytes = fs::read(world.at("out/verification.json")).unwrap();
    assert_eq!(ran.stdout.as_bytes(), bytes);
    let found = Document::<Verification>::parse(&bytes).unwrap().body;
    assert_eq!(found.links.len(), 9);

    let public = fs::read_to_string(world.at("k/team.key.pub")).unwrap();
    let public = PublicKey::from_pem(&public).unwrap();
    assert_eq!(found.public_key, Some(public.fingerprint()));
    assert_eq!(world.receipt().signed_by, Some(public.fingerprint()));
    // Beside the archive lies the same signature, and one over the archive itself.
    let package = Package::open(&world.at(&archive), &Limits::default()).unwrap();
    let beside = fs::read(world.at(&format!("{RELEASE}/model.sig"))).unwrap();
    let tree = verify_tree(&beside, &public, &package.signed_files()).unwrap();
    assert_eq!(Some(tree.root), found.tree_sha256);
    let sealed = fs::read(world.at(&format!("{archive}.sigstore.json"))).unwrap();
    let said: Value = serde_json::from_slice(&yard_trust::open(&sealed, &public).unwrap()).unwrap();
    let digest = Sha256::of(&fs::read(world.at(&archive)).unwrap()).to_string();
    assert_eq!(said["subject"][0]["digest"]["sha256"], digest);
}

#[test]
fn the_same_key_gives_the_same_package_wherever_it_is_kept() {
    let world = signed();
    let first = world.receipt().archive_sha256;
    let pem = fs::read_to_string(world.at("k/team.key")).unwrap();
    let encoded = {
        let output = Command::new("base64")
            .args(["-w0", "k/team.key"])
            .current_dir(world.at(""))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for value in [pem.as_str(), encoded.as_str(), "k/team.key"] {
        let ran = world.run(
            &[&VERSION[..], &TARGET].concat(),
            &[("TRAINYARD_SIGNING_KEY", value)],
        );
        ran.ends(0, "already there");
        assert_eq!(world.receipt().archive_sha256, first);
        assert!(!(ran.stdout + &ran.stderr).contains(&encoded[60..90]));
    }
    for (value, said) in [
        ("no such file", "neither a key nor the path"),
        ("out/gate.json", "`out/gate.json` holds no key to use"),
        ("-----BEGIN PRIVATE KEY-----", "holds no key to use"),
    ] {
        let ran = world.run(
            &[&VERSION[..], &TARGET].concat(),
            &[("TRAINYARD_SIGNING_KEY", value)],
        );
        ran.ends(2, said);
    }
}

#[test]
fn an_unsigned_package_says_so_loudly_and_verifies_without_a_signature_only_when_asked() {
    let world = World::new();
    let ran = world.publish();
    ran.ends(0, "signed: no");
    ran.ends(0, "warning: the package is not signed");
    assert_eq!(world.receipt().signed_by, None);
    tool(&world, &["keygen", "--out", "k/team.key"]).ends(0, "");
    let archive = format!("{RELEASE}/{ARCHIVE}");
    verify(&world, &archive).ends(1, "signature   BROKEN  the package is not signed");
    tool(&world, &["verify", &archive, "--unsigned"]).ends(4, "NOT SIGNED");
    tool(&world, &["verify", &archive]).ends(2, "--public-key");
    verify(&world, "absent.tar.gz").ends(2, "failed to open `absent.tar.gz`");
    tool(&world, &["verify", &archive, "--public-key", "k/team.key"])
        .ends(2, "is a private key, which nobody");
}

#[test]
fn whatever_is_changed_after_signing_breaks_a_link_that_is_named() {
    type Change = fn(&Path);
    let cases: [(Change, &str); 9] = [
        (
            |at| write(&at.join("model_card.md"), b"# Credit?"),
            "files       BROKEN  member `model_card.md`",
        ),
        (
            |at| fs::remove_file(at.join("gate.json")).unwrap(),
            "files       BROKEN  member `gate.json` is in the manifest but missing",
        ),
        (
            |at| write(&at.join("model/extra.bin"), b""),
            "files       BROKEN  member `model/extra.bin` is not in the manifest",
        ),
        (
            |at| fs::remove_file(at.join("model.sig")).unwrap(),
            "signature   BROKEN  the package is not signed",
        ),
        (
            |at| write(&at.join("model.sig"), b"{}"),
            "signature   BROKEN  the signature is no Sigstore bundle",
        ),
        (
            |at| {
                let manifest = fs::read_to_string(at.join("manifest.json")).unwrap();
                let forged = manifest.replace("\"1.2.0\"", "\"1.2.1\"");
                write(&at.join("manifest.json"), forged.as_bytes());
            },
            "signature   BROKEN  `manifest.json` has sha256",
        ),
        (
            |at| {
                // Consistent in itself, and not what was signed.
                let card = b"# Credit, better\n";
                let before = Sha256::of(b"# Credit\n").to_string();
                let manifest = fs::read_to_string(at.join("manifest.json")).unwrap();
                let forged = manifest
                    .replace(&before, &Sha256::of(card).to_string())
                    .replace("\"size\": 9,", &format!("\"size\": {},", card.len()));
                write(&at.join("manifest.json"), forged.as_bytes());
                write(&at.join("model_card.md"), card);
            },
            "signature   BROKEN",
        ),
        (
            |at| fs::remove_file(at.join("manifest.json")).unwrap(),
            "signature   BROKEN  `manifest.json` was signed and is missing",
        ),
        (
            |at| {
                fs::rename(at.join("gate.json"), at.join("../gate.json")).unwrap();
                std::os::unix::fs::symlink("../gate.json", at.join("gate.json")).unwrap();
            },
            "files       BROKEN  member `gate.json` is a symbolic link",
        ),
    ];
    let world = signed();
    let archive = world.at(&format!("{RELEASE}/{ARCHIVE}"));
    for (position, (change, said)) in cases.into_iter().enumerate() {
        let name = format!("u/{position}/package");
        let file = fs::File::open(&archive).unwrap();
        unpack(file, &world.at(&name), &Limits::default()).unwrap();
        verify(&world, &name).ends(0, "is what was signed");
        change(&world.at(&name));
        verify(&world, &name).ends(1, said);
    }
    let other = World::new();
    tool(&other, &["keygen", "--out", "k/team.key"]).ends(0, "");
    fs::copy(&archive, other.at(ARCHIVE)).unwrap();
    verify(&other, ARCHIVE).ends(1, "it was signed with another key");
}

/// Packages that the owner of the key signed without looking: the signature holds, and the chain
/// says what does not belong together.
#[test]
fn a_signature_does_not_mend_a_broken_chain() {
    let world = signed();
    let package = Package::open(
        &world.at(&format!("{RELEASE}/{ARCHIVE}")),
        &Limits::default(),
    )
    .unwrap();
    let pem = fs::read_to_string(world.at("k/team.key")).unwrap();
    let key = SigningKey::from_pem(&pem).unwrap();
    let table = json!([{"kind": "table", "path": "t.csv", "sha256": Sha256::of(b"table")}]);
    let run = String::from_utf8(package.bytes("model/run.json").unwrap().into_owned()).unwrap();
    let run = run.replacen("\"inputs\":[]", &format!("\"inputs\":{table}"), 1);
    let forge = |path: &str, bytes: Vec<u8>, title: &str| {
        let files = package.files().iter();
        let honest = files.map(|file| {
            let bytes = package.bytes(&file.path).unwrap().into_owned();
            (file.path.clone(), bytes)
        });
        let mut files: BTreeMap<String, Vec<u8>> = honest.collect();
        if path == "split.json" {
            // A split is of the table that the run was trained on, so there has to be one.
            files.insert("model/run.json".to_owned(), run.clone().into_bytes());
        }
        if !path.is_empty() {
            files.insert(path.to_owned(), bytes);
        }
        let members = files
            .into_iter()
            .map(|(path, bytes)| Member::new(&path, Source::bytes(bytes)).unwrap());
        let id = PackageId::new("credit", "1.2.0").unwrap();
        let producer = package.manifest().unwrap().header.produced_by.clone();
        let mut draft = Draft::new(&Label::new(id, producer), members.collect()).unwrap();
        draft.sign(sign_tree(title, &draft.signed_files(), &key).unwrap());
        let mut archive = Vec::new();
        let watch = &mut |_| std::ops::ControlFlow::Continue(());
        draft.write(&mut archive, watch).unwrap();
        write(&world.at("forged.tar.gz"), &archive);
        verify(&world, "forged.tar.gz")
    };
    let model = world.model();
    let edited = |path: &str, from: &str, to: &str| {
        let text = String::from_utf8(package.bytes(path).unwrap().into_owned()).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        text.replacen(from, to, 1).into_bytes()
    };
    forge("", Vec::new(), "credit-1.2.0").ends(0, "is what was signed");
    let same = artifact("split", &[("table", Sha256::of(b"table"))], json!({}));
    forge("split.json", same, "credit-1.2.0").ends(1, "data        holds   trained on `t.csv`");
    forge("", Vec::new(), "credit-1.1.0").ends(1, "it was made for `credit-1.1.0`");
    let other = Sha256::of(b"other");
    let gate = |verdict: &str, model: Sha256, evaluation: Sha256| {
        let body = json!({
            "verdict": verdict, "summary": "s", "model_sha256": model,
            "champion": {"first_model": "it is the first"}, "rules": [],
        });
        artifact("gate", &[("evaluation", evaluation)], body)
    };
    let cases = [
        (
            "model/model.onnx",
            b"onnx".to_vec(),
            "model       BROKEN  `model.onnx` is not what `run.json` says",
        ),
        (
            "data-report.json",
            artifact("data-report", &[("model", other)], json!({})),
            "data        BROKEN  `data-report.json` was made from the model",
        ),
        (
            "split.json",
            artifact("split", &[("table", other)], json!({})),
            "data        BROKEN  `split.json` divides another table than was trained on",
        ),
        (
            "evaluation.json",
            artifact("evaluation", &[("model", other)], json!({})),
            "evaluation  BROKEN  `evaluation.json` was made from the model",
        ),
        (
            "gate.json",
            gate("fail", model, world.evaluation()),
            "gate        BROKEN  the gate's verdict is fail",
        ),
        (
            "gate.json",
            gate("pass", other, world.evaluation()),
            "gate        BROKEN  `gate.json` judges another model",
        ),
        (
            "gate.json",
            gate("pass", model, other),
            "gate        BROKEN  `gate.json` was made from the evaluation",
        ),
        (
            "model_card.md",
            format!("| Model's SHA-256 | `{other}` |\n").into_bytes(),
            "card        BROKEN  `model_card.md` describes another model",
        ),
        (
            "provenance.json",
            edited("provenance.json", "credit-1.2.0", "credit-1.1.0"),
            "provenance  BROKEN  `provenance.json` is about another package",
        ),
        (
            "provenance.json",
            edited("provenance.json", &model.to_string(), &other.to_string()),
            "is about another `model/model.onnx`",
        ),
        (
            "bom.cdx.json",
            edited(
                "bom.cdx.json",
                "\"version\": \"1.2.0\"",
                "\"version\": \"9\"",
            ),
            "bom         BROKEN  `bom.cdx.json` lists another model",
        ),
    ];
    for (path, bytes, said) in cases {
        forge(path, bytes, "credit-1.2.0").ends(1, said);
    }
}

#[test]
fn nothing_of_the_environment_is_in_a_package_but_where_it_comes_from() {
    let world = World::new();
    let commit = "c".repeat(40);
    let ran = world.run(
        &TARGET,
        &[
            ("CI_PROJECT_URL", "https://forge.example/g/p"),
            ("CI_COMMIT_TAG", "v1.2.0"),
            ("CI_COMMIT_SHA", &commit),
            ("CI_JOB_URL", "https://forge.example/g/p/-/jobs/canary1"),
            ("SECRET", "canary2"),
        ],
    );
    ran.ends(0, "published");
    let said = fs::read_to_string(world.at(&format!("{RELEASE}/provenance.json"))).unwrap();
    for part in [
        "git+https://forge.example/g/p@refs/tags/v1.2.0",
        &commit,
        "SLSA Build L1",
        "model/model.onnx",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let bom = fs::read_to_string(world.at(&format!("{RELEASE}/bom.cdx.json"))).unwrap();
    assert!(!said.contains("canary") && !bom.contains("canary"));
}

#[test]
fn a_version_that_hides_a_change_of_the_interface_is_refused() {
    let world = World::new();
    world.publish().ends(0, "published");
    let previous = [
        "--previous",
        "out/registry/credit/1.2.0/credit-1.2.0.tar.gz",
    ];
    let next = |version, said: &str, code| {
        let version = ["--package-version", version];
        let ran = world.run(&[&version[..], &TARGET, &previous].concat(), &[]);
        ran.ends(code, said);
    };
    next("1.2.1", "published", 0);
    next("1.1.9", "the version 1.1.9 cannot follow 1.2.0", 2);
    next("credit@v1.3.0", "credit 1.3.0 published", 0);
    next("other@v1.3.0", "it is a tag of another package", 2);
}

/// A package of any size can be stopped: nothing is left half-written.
#[test]
fn a_signal_stops_the_packing_and_leaves_nothing() {
    let world = World::new();
    let long = fs::File::create(world.at("out/long.bin")).unwrap();
    long.set_len(8 << 30).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_publish-package"))
        .current_dir(world.at(""))
        .env_clear()
        .args(["--name", "credit", "--include", "out/long.bin"])
        .args([&VERSION[..], &TARGET].concat())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The handlers are set before the long file is opened, which is when there is nothing but it to
    // wait for.
    let held = format!("/proc/{}/fd", child.id());
    let reading = || {
        let Ok(open) = fs::read_dir(&held) else {
            return false;
        };
        open.flatten()
            .filter_map(|entry| fs::read_link(entry.path()).ok())
            .any(|path| path.ends_with("out/long.bin"))
    };
    while !reading() {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::yield_now();
    }
    let kill = Command::new("kill").arg(child.id().to_string()).status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(75), "{said}");
    assert!(said.contains("hint: nothing was published"), "{said}");
    let left: Vec<_> = fs::read_dir(world.at("out")).unwrap().flatten().collect();
    assert!(
        left.iter()
            .all(|entry| !entry.file_name().to_string_lossy().contains("tar.gz"))
    );
}
