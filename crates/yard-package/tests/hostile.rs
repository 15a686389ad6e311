//! Archives that somebody made to hurt: each is refused, with the member named, through every way
//! in, and leaves nothing behind.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod archives;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use yard_package::{Limits, Package, read_archive, unpack};

use archives::{archive, entry, gzip, tar};

/// Everything below a folder, with the links not followed.
fn snapshot(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(snapshot(&path));
        } else {
            all.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    all.sort();
    all
}

/// Refused alike by the checker, the opener and the unpacker; nothing written anywhere.
fn refused(name: &str, bytes: &[u8], limits: &Limits, expected: &str) {
    let world = tempfile::tempdir().unwrap();
    let canary = world.path().join("canary");
    fs::File::create(&canary)
        .unwrap()
        .write_all(b"untouched")
        .unwrap();
    fs::create_dir(world.path().join("inner")).unwrap();
    let before = snapshot(world.path());
    let destination = world.path().join("inner/package");

    let errors = [
        read_archive(bytes, limits).unwrap_err(),
        Package::from_archive(bytes, limits).unwrap_err(),
        unpack(bytes, &destination, limits).unwrap_err(),
    ];
    for error in errors {
        let mut text = error.to_string();
        if let Some(source) = std::error::Error::source(&error) {
            text = format!("{text}: {source}");
        }
        assert!(
            text.contains(expected),
            "{name}: expected `{expected}`, found `{text}`"
        );
        assert!(!text.contains(char::is_control), "{name}: {text:?}");
    }
    assert_eq!(snapshot(world.path()), before, "{name}");
    assert_eq!(
        fs::read_dir(world.path().join("inner")).unwrap().count(),
        0,
        "{name}"
    );
}

#[test]
fn the_honest_archive_that_all_others_are_spoiled_from_is_accepted() {
    let bytes = archive(
        &[("a", b"1"), ("b/c", b"")],
        vec![entry("a", b"1"), entry("b/c", b"")],
    );
    let package = Package::from_archive(bytes.as_slice(), &Limits::default()).unwrap();
    assert_eq!(package.bytes("a").unwrap().as_ref(), b"1");
    assert_eq!(package.bytes("b/c").unwrap().as_ref(), b"");
}

#[test]
fn hostile_members_are_refused_by_name() {
    assert!(archives::members().len() >= 49);
    for (name, bytes, expected) in archives::members() {
        refused(name, &bytes, &Limits::default(), expected);
    }
}

#[test]
fn hostile_manifests_are_refused() {
    for (name, bytes, expected) in archives::manifests() {
        refused(name, &bytes, &Limits::default(), expected);
    }
}

#[test]
fn archives_that_are_none_or_more_than_one_are_refused() {
    for (name, bytes, expected) in archives::frames() {
        refused(name, &bytes, &Limits::default(), expected);
    }
}

#[test]
fn whatever_goes_beyond_a_limit_is_refused_and_never_cut() {
    let zeros = vec![0; 1 << 20];
    let bytes = archive(&[("zeros", &zeros)], vec![entry("zeros", &zeros)]);
    let three = [("a", b"1".as_slice()), ("b", b"2"), ("c", b"3")];
    let many = archive(
        &three,
        three.iter().map(|(name, body)| entry(name, body)).collect(),
    );
    let limits = Limits::default();
    read_archive(bytes.as_slice(), &limits).unwrap();

    let small = Limits {
        member_bytes: 1_000_000,
        ..limits
    };
    refused(
        "member",
        &bytes,
        &small,
        "member `zeros` has 1048576 bytes, more than the limit",
    );
    let small = Limits {
        total_bytes: 1_000_000,
        ..limits
    };
    refused(
        "total",
        &bytes,
        &small,
        "more than the limit of 1000000 bytes",
    );
    let small = Limits {
        ratio: 100,
        free_bytes: 64 << 10,
        ..limits
    };
    refused("ratio", &bytes, &small, "grows more than 100 times");
    let small = Limits {
        members: 3,
        ..limits
    };
    refused(
        "members",
        &many,
        &small,
        "has 4 members, more than the limit of 3",
    );

    // A manifest is held in memory, so a claim beyond what a manifest may have is refused unread.
    let claim = entry("manifest.json", b"{").with(124, b"77777777777\0");
    refused(
        "claimed",
        &gzip(&tar(&[claim])),
        &limits,
        "member `manifest.json` has 8589934591 bytes",
    );
}
