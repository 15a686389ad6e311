//! The specification's own vectors, and what earlier releases of the reference client signed.

use std::fs;
use std::path::Path;

use anyhow::Result;
use e2e::{Ran, command, files_below, golden, tools};
use tempfile::TempDir;

/// The key of every vector.
const KEY: &str = "keys/certificate/signing-key-pub.pem";

/// Runs `publish-package verify` on a folder.
fn verify(folder: &Path, key: &Path) -> Result<Ran> {
    let mut verify = command(tools()?.join("publish-package"));
    verify
        .arg("verify")
        .arg(folder)
        .arg("--public-key")
        .arg(key);
    Ran::of(&mut verify)
}

fn copy(from: &Path, but: &str) -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    for name in files_below(from)? {
        if name != Path::new(but) {
            // Read and written, so that the copy may be changed.
            let bytes = fs::read(from.join(&name))?;
            std::io::Write::write_all(&mut fs::File::create(folder.path().join(&name))?, &bytes)?;
        }
    }
    Ok(folder)
}

#[test]
fn what_earlier_releases_signed_verifies_and_changed_it_does_not() -> Result<()> {
    let Some(oms) = golden("oms")? else {
        return Ok(());
    };
    let mut releases = 0;
    for entry in fs::read_dir(&oms)? {
        let release = entry?.path();
        if !release.join("model.sig").is_file() {
            continue;
        }
        releases += 1;
        // 1.0.1 did not write down yet what it had been told to leave out; its own verifier has to
        // be told again. Here a file that nobody vouches for is named.
        let silent = release.ends_with("v1.0.1-elliptic-key");
        if silent {
            let ran = verify(&release, &oms.join(KEY))?;
            ran.assert_code(1);
            assert!(
                ran.stdout
                    .contains("`ignore-me` is there and was not signed"),
                "{}",
                ran.stdout
            );
        }
        let folder = copy(&release, if silent { "ignore-me" } else { "" })?;
        let ran = verify(folder.path(), &oms.join(KEY))?;
        ran.assert_code(0);
        assert!(ran.stdout.contains("signature   holds"), "{}", ran.stdout);

        let file = folder.path().join("signme-1");
        let mut bytes = fs::read(&file)?;
        bytes[0] ^= 1;
        std::io::Write::write_all(&mut fs::File::create(&file)?, &bytes)?;
        let ran = verify(folder.path(), &oms.join(KEY))?;
        ran.assert_code(1);
        assert!(ran.stdout.contains("signature   BROKEN"), "{}", ran.stdout);
    }
    assert_eq!(releases, 4);
    Ok(())
}

#[test]
fn the_specifications_vectors_are_judged_as_it_says() -> Result<()> {
    let Some(oms) = golden("oms")? else {
        return Ok(());
    };
    let vectors = oms.join("test-vectors/v1.0");
    // Where the bundle itself is what counts, and no key is asked for, certificates are valid too;
    // here a key is trusted and nothing else, and the message says so.
    let expected = |name: &str| match name {
        "valid/key.bundle.json" => (0, "signature   holds"),
        "valid/certificate.bundle.json" | "valid/sigstore.bundle.json" => {
            (1, "signed with a certificate")
        }
        _ => (1, "signature   BROKEN"),
    };
    let names = files_below(&vectors)?;
    assert_eq!(names.len(), 8);
    for name in names {
        let folder = copy(&oms.join("v1.1.0-elliptic-key"), "model.sig")?;
        fs::copy(vectors.join(&name), folder.path().join("model.sig"))?;
        let ran = verify(folder.path(), &oms.join(KEY))?;
        let (code, said) = expected(&name.to_string_lossy());
        assert_eq!(ran.code, Some(code), "{}: {ran:?}", name.display());
        assert!(
            ran.stdout.contains(said),
            "{}: {}",
            name.display(),
            ran.stdout
        );
    }
    Ok(())
}
