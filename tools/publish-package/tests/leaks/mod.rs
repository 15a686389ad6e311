//! Where the secrets of a run turn up: in the requests to the server that they are for, and nowhere
//! else, in no form, whatever that server says.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use crate::World;
use crate::between::Between;
use crate::fake_github::{self, GitHub};
use crate::fake_gitlab::{self, GitLab};
use crate::fake_oci::{self, Registry};
use crate::faulty::Faulty;
use crate::forms::forms;
use crate::interrupted::Forge;

const PASSPHRASE: &str = "passphrase-64 Canary";

/// Every file below a folder, and what is packed in it.
fn everything(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            everything(&path, found);
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let name = path.display().to_string();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut inner = Vec::new();
            let unpacked = Command::new("gzip").arg("-dc").arg(&path).output().unwrap();
            unpacked.stdout.as_slice().read_to_end(&mut inner).unwrap();
            found.push((format!("{name}, unpacked"), inner));
        }
        found.push((name, bytes));
    }
}

/// Publishes, with the server as it is and with a server that repeats what it was sent; looks at
/// all that was said, written and stored. Answers how many texts and files were looked at.
fn looked_through<F: Forge>(secrets: &[&str]) -> usize {
    let world = World::new();
    let passphrase = ("TRAINYARD_SIGNING_PASSPHRASE", PASSPHRASE);
    let keygen = ["keygen", "--out", "k/team.key", "--encrypt"];
    crate::signing::tool_with(&world, &keygen, &[passphrase]).ends(0, "");
    let private = fs::read_to_string(world.at("k/team.key")).unwrap();
    // A line of the key from its middle, which nothing else holds.
    let of_the_key = private.lines().nth(2).unwrap().to_owned();

    let forge = F::start();
    let echoed = secrets.join(" and ");
    let echo = Between::changing(&forge.url(), move |_, _| {
        let body = format!("{{\"message\": \"who is {echoed}?\"}}");
        let head = "HTTP/1.1 400 Told\r\nconnection: close\r\ncontent-type: application/json";
        format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    });
    let mut texts = Vec::new();
    for (url, more) in [
        (forge.url(), &["--verbose"][..]),
        (forge.url(), &["--verbose", "--epoch", "86400"]),
        (forge.url(), &["--dry-run"]),
        (forge.url(), &["--print-plan"]),
        (forge.url(), &["--test-panic"]),
        (echo.url(&forge.url()), &["--verbose"]),
    ] {
        let (target, variables) = F::target(&url);
        let output = Command::new(env!("CARGO_BIN_EXE_publish-package"))
            .current_dir(world.at(""))
            .env_clear()
            .envs(variables)
            .envs([passphrase, ("RUST_BACKTRACE", "full")])
            .args(["--name", "credit", "--package-version", "1.2.0"])
            .args(["--signing-key", "k/team.key", "--target", &target])
            .args(more)
            .output()
            .unwrap();
        let what = format!("{more:?} at {url}");
        texts.push((format!("stdout of {what}"), output.stdout));
        texts.push((format!("stderr of {what}"), output.stderr));
    }
    fs::remove_file(world.at("k/team.key")).unwrap();
    everything(world.0.path(), &mut texts);
    for secret in secrets.iter().copied().chain([PASSPHRASE, &of_the_key]) {
        for (form, bytes) in forms(secret) {
            for (place, text) in &texts {
                let found = text.windows(bytes.len()).any(|window| window == bytes);
                assert!(!found, "a secret ({form}) is in {place}");
            }
        }
    }
    texts.len()
}

#[test]
fn the_secrets_of_a_run_are_in_nothing_that_it_says_or_leaves() {
    assert!(looked_through::<GitLab>(&[fake_gitlab::TOKEN]) > 20);
    assert!(looked_through::<Faulty<GitHub>>(&[fake_github::TOKEN]) > 20);
    assert!(looked_through::<Faulty<Registry>>(&[fake_oci::PASSWORD]) > 20);
}
