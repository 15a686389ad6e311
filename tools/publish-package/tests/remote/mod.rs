//! Packages that are verified where they lie: at a URL, and at a target.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::loopback::{Reply, Request, Server};
use crate::signing::{RELEASE, TARGET, VERSION, signed, tool, verify};
use crate::{ARCHIVE, World, write};

/// A server that holds one archive behind a redirect; the first answers break off.
fn serving(archive: Vec<u8>, breaks: usize) -> (Server, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server = Server::start(move |request: Request| {
        if request.path != "/stored/a" {
            return Reply::new(302, b"").with("Location", "/stored/a?signature=1");
        }
        let cut = (count.fetch_add(1, Ordering::SeqCst) < breaks).then_some(archive.len() / 2);
        Reply {
            cut,
            ..Reply::new(200, &archive)
        }
    });
    (server, asked)
}

#[test]
fn an_archive_at_a_url_is_fetched_as_a_whole_and_then_verified_offline() {
    let world = signed();
    let archive = fs::read(world.at(&format!("{RELEASE}/{ARCHIVE}"))).unwrap();
    let (server, asked) = serving(archive.clone(), 2);
    let ran = verify(&world, &server.url("/credit.tar.gz?x=1"));
    ran.ends(0, "is what was signed");
    assert_eq!(asked.load(Ordering::SeqCst), 3);

    let mut changed = archive;
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    let (server, _) = serving(changed, 0);
    verify(&world, &server.url("/credit.tar.gz")).ends(1, "files       BROKEN");

    let nothing = Server::start(|_: Request| Reply::new(404, b"{}"));
    let ran = verify(&world, &nothing.url("/credit.tar.gz?token=secret"));
    ran.ends(2, "error: ");
    assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
    let page = Server::start(|_: Request| Reply::new(200, b"<html>Sign in</html>"));
    verify(&world, &page.url("/credit.tar.gz")).ends(1, "files       BROKEN");
    verify(&world, "http://models.example/credit.tar.gz").ends(2, "not encrypted");
    verify(&world, "https://me:secret@models.example/a").ends(2, "a user or a password");
}

#[test]
fn a_release_at_a_target_is_verified_as_the_version_that_was_asked_for() {
    let world = signed();
    let at = |release: &str| {
        let key = ["--public-key", "k/team.key.pub"];
        tool(&world, &[&["verify", release][..], &TARGET, &key].concat())
    };
    at("credit@1.2.0").ends(0, "is what was signed");
    at("credit@v1.2.0").ends(0, "signature   holds");
    at("credit@1.3.0").ends(2, "no complete release");
    at("credit@champion").ends(2, "names no version of a package");
    at("credit").ends(2, "names no version of a package");
    at("../credit@1.0.0").ends(2, "cannot be a package's name");

    // Somebody who may write there, and has no key, puts the signed 1.2.0 under a later version.
    let folder = world.at("out/registry/credit/1.3.0");
    let other = World::new();
    let release = other.at("r/credit/1.3.0");
    other
        .run(&["--package-version", "1.3.0", "--target", "dir:r"], &[])
        .ends(0, "published");
    let honest = fs::read(world.at(&format!("{RELEASE}/{ARCHIVE}"))).unwrap();
    let (archive, manifest) = ("credit-1.3.0.tar.gz", "manifest.json");
    let theirs = fs::read(release.join(archive)).unwrap();
    let digest = |bytes: &[u8]| yard_contract::Sha256::of(bytes).to_string();
    let text = fs::read_to_string(release.join(manifest)).unwrap();
    let size = |bytes: &[u8]| format!("\"size\": {}", bytes.len());
    let text = text
        .replace(&digest(&theirs), &digest(&honest))
        .replace(&size(&theirs), &size(&honest));
    for entry in fs::read_dir(&release).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        write(&folder.join(name), &fs::read(&path).unwrap());
    }
    write(&folder.join(archive), &honest);
    write(&folder.join(manifest), text.as_bytes());
    at("credit@1.3.0").ends(1, "it is another package than credit 1.3.0");
}

#[test]
fn an_encrypted_key_signs_with_its_passphrase_and_says_what_it_needs() {
    let world = World::new();
    let keygen = ["keygen", "--out", "k/team.key", "--encrypt"];
    tool(&world, &keygen).ends(2, "put it into the variable `TRAINYARD_SIGNING_PASSPHRASE`");
    let passphrase = ("TRAINYARD_SIGNING_PASSPHRASE", "correct horse");
    let ran = crate::signing::tool_with(&world, &keygen, &[passphrase]);
    ran.ends(0, "fingerprint");
    let pem = fs::read_to_string(world.at("k/team.key")).unwrap();
    assert!(
        pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"),
        "{pem}"
    );
    let sign = [&VERSION[..], &TARGET, &["--signing-key", "k/team.key"]].concat();
    world
        .run(&sign, &[])
        .ends(2, "`k/team.key` is encrypted, and there is no passphrase");
    let wrong = ("TRAINYARD_SIGNING_PASSPHRASE", "battery staple");
    let ran = world.run(&sign, &[wrong]);
    ran.ends(2, "passphrase");
    assert!(!ran.stderr.contains("battery"), "{}", ran.stderr);
    world.is_untouched();
    world.run(&sign, &[passphrase]).ends(0, "signed: yes");
    verify(&world, &format!("{RELEASE}/{ARCHIVE}")).ends(0, "signature   holds");
    let variable = ("TRAINYARD_SIGNING_KEY", pem.as_str());
    let in_variables = [&VERSION[..], &TARGET].concat();
    let ran = world.run(&in_variables, &[variable, passphrase]);
    ran.ends(0, "already there");
    assert!(!(ran.stdout + &ran.stderr).contains("correct horse"));
}
