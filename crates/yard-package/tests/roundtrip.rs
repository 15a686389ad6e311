//! What was packed is what is read, by us and by others, and the bytes depend on nothing else.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use proptest::prelude::*;
use yard_contract::{Producer, Sha256};
use yard_package::{
    Draft, Flaw, Label, Limits, Member, MemberPath, Package, PackageError, PackageId, Packed,
    Source, files_in, pack, read_archive, unpack, verify_dir,
};

fn label() -> Label {
    Label::new(
        PackageId::new("credit", "1.2.0").unwrap(),
        Producer::new("test", "0"),
    )
}

fn packed(files: &[(&str, &[u8])]) -> (Packed, Vec<u8>) {
    let members = files
        .iter()
        .map(|(path, bytes)| Member::new(path, Source::bytes(*bytes)).unwrap())
        .collect();
    let mut archive = Vec::new();
    let packed = pack(&label(), members, &mut archive).unwrap();
    (packed, archive)
}

fn sample() -> Vec<(&'static str, &'static [u8])> {
    vec![
        ("model.onnx", b"\x08\x08onnx".as_slice()),
        ("signature.json", b"{}\n"),
        ("charts/roc curve.svg", b"<svg/>"),
        ("notes/größe.txt", b""),
    ]
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn the_archive_has_the_golden_digest() {
    let (packed, archive) = packed(&sample());
    assert_eq!(packed.sha256, Sha256::of(&archive));
    assert_eq!(packed.size, archive.len() as u64);
    // This digest changes when the compressor, the header or the manifest's form changes: then
    // every package of the next release has other bytes than the same package of the last one.
    assert_eq!(
        packed.sha256.to_string(),
        "305ec812c4347e5e83909cb7f2ac880789d9041a68fca2741b2902c1f1b17fb0"
    );
}

#[test]
fn the_time_stamp_is_the_callers_and_is_in_every_header() {
    let mut later = label();
    later.epoch = 1_700_000_000;
    let member = Member::new("a", Source::bytes(*b"1")).unwrap();
    let mut archive = Vec::new();
    pack(&later, vec![member.clone()], &mut archive).unwrap();
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(archive.as_slice()));
    for entry in tar.entries().unwrap() {
        assert_eq!(entry.unwrap().header().mtime().unwrap(), 1_700_000_000);
    }
    later.epoch = 1 << 40;
    let error = pack(&later, vec![member], Vec::new()).unwrap_err();
    assert!(matches!(error, PackageError::Epoch(_)), "{error}");
}

#[test]
fn another_implementation_of_tar_reads_the_same_members() {
    let long = format!("{}/{}", "folder".repeat(20), "a".repeat(60));
    let mut files = sample();
    files.push((&long, b"long"));
    let (packed, archive) = packed(&files);
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(archive.as_slice()));
    let mut found = BTreeMap::new();
    for entry in tar.entries().unwrap() {
        let mut entry = entry.unwrap();
        assert_eq!(entry.header().mode().unwrap(), 0o644);
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        found.insert(entry.path().unwrap().to_str().unwrap().to_owned(), bytes);
    }
    assert_eq!(
        found.remove("manifest.json").unwrap(),
        packed.manifest.to_bytes()
    );
    let expected = files
        .iter()
        .map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()));
    assert_eq!(found, expected.collect());
}

#[test]
fn a_folder_and_its_archive_are_the_same_package() {
    let world = tempfile::tempdir().unwrap();
    let (packed, archive) = packed(&sample());
    let file = world.path().join("credit.tar.gz");
    write(&file, &archive);
    let folder = world.path().join("unpacked/credit");
    let document = unpack(archive.as_slice(), &folder, &Limits::default()).unwrap();
    assert_eq!(document, packed.manifest);
    assert_eq!(
        fs::read_dir(world.path().join("unpacked")).unwrap().count(),
        1
    );

    let from_archive = Package::open(&file, &Limits::default()).unwrap();
    let from_folder = Package::open(&folder, &Limits::default()).unwrap();
    assert_eq!(from_archive.sha256(), from_folder.sha256());
    assert_eq!(from_archive.manifest(), from_folder.manifest());
    for (path, bytes) in sample() {
        assert_eq!(from_archive.bytes(path).unwrap().as_ref(), bytes);
        assert_eq!(from_folder.bytes(path).unwrap().as_ref(), bytes);
    }
    let error = from_folder.bytes("other").unwrap_err().to_string();
    assert_eq!(error, "member `other` is not in the manifest");

    // Packing what was unpacked gives the same archive.
    let members = files_in(&folder).unwrap().into_iter();
    let members = members.filter(|(path, _)| path.as_str() != "manifest.json");
    let members = members
        .map(|(path, file)| Member {
            path,
            source: Source::file(&file).unwrap(),
        })
        .collect();
    let mut again = Vec::new();
    pack(&label(), members, &mut again).unwrap();
    assert_eq!(again, archive);
}

#[test]
fn a_signature_travels_behind_the_files_and_covers_the_manifest() {
    let members = sample()
        .into_iter()
        .map(|(path, bytes)| Member::new(path, Source::bytes(bytes)).unwrap());
    let mut draft = Draft::new(&label(), members.collect()).unwrap();
    let covered = draft.signed_files();
    assert_eq!(covered.len(), sample().len() + 1);
    draft.sign(b"signed".to_vec());
    let mut archive = Vec::new();
    let mut seen = 0;
    let counting = &mut |step| {
        seen += step;
        std::ops::ControlFlow::Continue(())
    };
    draft.write(&mut archive, counting).unwrap();
    assert_eq!(seen, 0, "bytes at hand take no time");

    let world = tempfile::tempdir().unwrap();
    let folder = world.path().join("package");
    unpack(archive.as_slice(), &folder, &Limits::default()).unwrap();
    let packages = [
        Package::from_archive(archive.as_slice(), &Limits::default()).unwrap(),
        Package::open(&folder, &Limits::default()).unwrap(),
    ];
    for package in packages {
        assert_eq!(package.signature(), Some(b"signed".as_slice()));
        assert_eq!(package.signed_files(), covered);
        assert!(package.file("model.sig").is_none());
    }
    // Without a manifest it is a tree that somebody else has signed.
    fs::remove_file(folder.join("manifest.json")).unwrap();
    let bare = Package::open(&folder, &Limits::default()).unwrap();
    assert_eq!(bare.signature(), Some(b"signed".as_slice()));
    assert_eq!(bare.signed_files().len(), sample().len());

    fs::remove_file(folder.join("model.sig")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", folder.join("model.sig")).unwrap();
    let error = Package::open(&folder, &Limits::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "member `model.sig` is a symbolic link; a package holds regular files only"
    );
}

#[test]
fn every_change_to_a_folder_is_noticed_and_named() {
    type Change = fn(&Path);
    let cases: [(Change, &str); 7] = [
        (
            |at| write(&at.join("model.onnx"), b"\x08\x09onnx"),
            "member `model.onnx` has sha256",
        ),
        (
            |at| write(&at.join("model.onnx"), b"short"),
            "member `model.onnx` has 5 bytes",
        ),
        (
            |at| write(&at.join("charts/new.svg"), b""),
            "`charts/new.svg` is not in the manifest",
        ),
        (
            |at| fs::remove_file(at.join("signature.json")).unwrap(),
            "`signature.json` is in the man",
        ),
        (
            |at| fs::rename(at.join("signature.json"), at.join("s.json")).unwrap(),
            "member `s.json` is not in the manifest",
        ),
        (
            |at| {
                fs::rename(at.join("model.onnx"), at.join("../model.onnx")).unwrap();
                std::os::unix::fs::symlink("../model.onnx", at.join("model.onnx")).unwrap();
            },
            "member `model.onnx` is a symbolic link",
        ),
        (
            |at| fs::remove_file(at.join("manifest.json")).unwrap(),
            "member `manifest.json` is not in the folder",
        ),
    ];
    for (change, expected) in cases {
        let world = tempfile::tempdir().unwrap();
        let folder = world.path().join("package");
        let (_, archive) = packed(&sample());
        let document = unpack(archive.as_slice(), &folder, &Limits::default()).unwrap();
        verify_dir(&folder, &document.body, &Limits::default()).unwrap();
        let opened = Package::from_folder(&folder, &Limits::default()).unwrap();
        change(&folder);
        let error = Package::from_folder(&folder, &Limits::default())
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
        // A package that was opened before the change never gives the changed bytes.
        if let Ok(bytes) = opened.bytes("model.onnx") {
            assert_eq!(bytes.as_ref(), b"\x08\x08onnx");
        }
    }
}

#[test]
fn what_cannot_be_packed_says_why() {
    let world = tempfile::tempdir().unwrap();
    let file = world.path().join("a");
    write(&file, b"1");
    std::os::unix::fs::symlink(&file, world.path().join("link")).unwrap();
    let source = |name: &str| Source::file(&world.path().join(name));
    let packing = |members| pack(&label(), members, Vec::new()).unwrap_err().to_string();

    let link = source("link").unwrap_err().to_string();
    assert!(link.contains("link` is a symbolic link"), "{link}");
    let absent = source("absent").unwrap_err().to_string();
    assert!(absent.starts_with("failed to read"), "{absent}");
    assert!(packing(vec![]).starts_with("a package needs at least one file"));
    let one = Member::new("a", source("a").unwrap()).unwrap();
    assert_eq!(packing(vec![one.clone(), one]), "member `a` is there twice");
    for name in ["manifest.json", "Model.sig"] {
        let error = Member::new(name, source("a").unwrap()).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("it is the name of the manifest"), "{error}");
    }
    let changing = Member::new("a", source("a").unwrap()).unwrap();
    write(&file, b"2");
    assert_eq!(
        packing(vec![changing]),
        "member `a` changed while it was being packed"
    );
    let error = files_in(world.path()).unwrap_err().to_string();
    assert_eq!(
        error,
        "member `link` is a symbolic link; a package holds regular files only"
    );
}

#[test]
fn a_folder_as_training_leaves_it_opens_without_name_and_manifest() {
    let world = tempfile::tempdir().unwrap();
    write(&world.path().join("model.onnx"), b"onnx");
    write(&world.path().join("charts/a.svg"), b"<svg/>");
    let package = Package::open(world.path(), &Limits::default()).unwrap();
    assert!(package.id().is_none() && package.manifest().is_none());
    assert_eq!(package.bytes("charts/a.svg").unwrap().as_ref(), b"<svg/>");
    assert_eq!(
        package.file("model.onnx").unwrap().sha256,
        Sha256::of(b"onnx")
    );
    let error = package.bytes("run.json").unwrap_err().to_string();
    assert_eq!(error, "member `run.json` is not in the folder");
    write(&world.path().join("model.onnx"), b"ONNX");
    assert!(
        package
            .bytes("model.onnx")
            .unwrap_err()
            .to_string()
            .contains("has sha256")
    );
}

#[test]
fn an_existing_destination_is_left_alone() {
    let world = tempfile::tempdir().unwrap();
    let (_, archive) = packed(&sample());
    let error = unpack(archive.as_slice(), world.path(), &Limits::default()).unwrap_err();
    assert!(matches!(error, PackageError::Exists(_)), "{error}");
    assert_eq!(fs::read_dir(world.path()).unwrap().count(), 0);
}

#[test]
fn a_changed_member_is_a_typed_error() {
    let (_, archive) = packed(&[("a", b"1")]);
    let limits = Limits {
        member_bytes: 600,
        total_bytes: 600,
        ..Limits::default()
    };
    read_archive(archive.as_slice(), &limits).unwrap();
    let limits = Limits {
        member_bytes: 100,
        ..Limits::default()
    };
    let error = read_archive(archive.as_slice(), &limits).unwrap_err();
    let PackageError::Member {
        member,
        flaw: Flaw::TooLarge { limit: 100, .. },
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(member, "manifest.json");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_packed_is_read_back_in_any_order(
        files in prop::collection::btree_map(
            "[a-z]{1,8}(/[a-z0-9 _.-]{0,40}[a-z]){0,3}",
            prop::collection::vec(any::<u8>(), 0..2_000),
            1..12,
        ),
        rotation in 0_usize..12,
    ) {
        // A path that is a folder of another cannot be a file too.
        let usable: Vec<_> = files
            .iter()
            .filter(|(path, _)| MemberPath::new(path).is_ok())
            .filter(|(path, _)| !files.keys().any(|other| other.starts_with(&format!("{path}/"))))
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
            .collect();
        prop_assume!(!usable.is_empty());
        let mut turned = usable.clone();
        turned.rotate_left(rotation % usable.len());
        turned.reverse();
        let (first, archive) = packed(&usable);
        let (second, again) = packed(&turned);
        prop_assert_eq!(&archive, &again);
        prop_assert_eq!(first.sha256, second.sha256);
        let package = Package::from_archive(archive.as_slice(), &Limits::default()).unwrap();
        prop_assert_eq!(package.files().len(), usable.len());
        for (path, bytes) in usable {
            let found = package.bytes(path).unwrap();
            prop_assert_eq!(found.as_ref(), bytes);
        }
    }

    #[test]
    fn a_flipped_bit_never_passes_and_never_panics(at in 0_usize..8_000) {
        let (_, mut archive) = packed(&sample());
        let bit = at % (archive.len() * 8);
        archive[bit / 8] ^= 1 << (bit % 8);
        // The gzip header has bits without meaning; everything behind it is covered by a digest.
        let read = read_archive(archive.as_slice(), &Limits::default());
        prop_assert!(read.is_err() || bit / 8 < 10, "bit {}", bit);
    }
}
