//! Keys: made, and read from where a CI system keeps them.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use yard_cli::Io;
use yard_trust::{PublicKey, SigningKey};

use crate::error::PublishError;
use crate::plan::KeygenPlan;

/// The variable that may hold a signing key, or say where it is.
pub(crate) const VARIABLE: &str = "TRAINYARD_SIGNING_KEY";

/// The variable with the passphrase of an encrypted key. It is never an argument, which everybody on
/// the machine could read.
pub(crate) const PASSPHRASE: &str = "TRAINYARD_SIGNING_PASSPHRASE";

/// Reads a signing key.
pub(crate) fn read(
    path: &Path,
    passphrase: Option<&str>,
    io: &Io,
) -> Result<SigningKey, PublishError> {
    let bytes = io.read("key", path)?.bytes;
    let text = String::from_utf8_lossy(&bytes);
    open(&text, passphrase, format!("`{}`", path.display()))
}

/// A key out of its PEM text.
fn open(text: &str, passphrase: Option<&str>, place: String) -> Result<SigningKey, PublishError> {
    let key = match passphrase {
        Some(passphrase) if SigningKey::is_encrypted(text) => {
            SigningKey::from_encrypted_pem(text, passphrase)
        }
        None if SigningKey::is_encrypted(text) => return Err(PublishError::Locked(place)),
        _ => SigningKey::from_pem(text),
    };
    key.map_err(|source| PublishError::Key { place, source })
}

/// A signing key from a variable's value: PEM text, its base64 in one line (which CI systems can
/// mask), or the path of a file (which is what GitLab's variables of type file are).
pub(crate) fn from_variable(
    value: Option<&str>,
    passphrase: Option<&str>,
    io: &Io,
) -> Result<Option<SigningKey>, PublishError> {
    let Some(value) = value else {
        return Ok(None);
    };
    let text = if value.contains("-----BEGIN") {
        value.to_owned()
    } else if let Some(text) = yard_trust::decode_pem(value) {
        text
    } else {
        // Whatever it is, its value is not repeated: it may be a key with a typing error.
        let path = Path::new(value);
        if !path.is_file() {
            return Err(PublishError::KeyVariable(VARIABLE));
        }
        return read(path, passphrase, io).map(Some);
    };
    open(&text, passphrase, format!("`{VARIABLE}`")).map(Some)
}

/// Reads a public key.
pub(crate) fn read_public(path: &Path, io: &Io) -> Result<PublicKey, PublishError> {
    let bytes = io.read("key", path)?.bytes;
    let text = String::from_utf8_lossy(&bytes);
    PublicKey::from_pem(&text).map_err(|source| PublishError::Key {
        place: format!("`{}`", path.display()),
        source,
    })
}

/// Makes a key. Files that are there are never overwritten: a lost key is lost for good.
pub(crate) fn make(plan: &KeygenPlan) -> Result<PublicKey, PublishError> {
    let key = SigningKey::generate()?;
    let public = key.public_key();
    let private = match &plan.passphrase {
        Some(passphrase) => key.to_encrypted_pem(passphrase)?,
        None => key.to_pem()?,
    };
    // The public key first: without it, nothing that the other signs could be verified.
    create(&plan.public_key, public.to_pem(), 0o644)?;
    if let Err(error) = create(&plan.private_key, &private, 0o600) {
        // It is ours, made a moment ago, and of no use alone.
        drop(std::fs::remove_file(&plan.public_key));
        return Err(error);
    }
    Ok(public)
}

/// Creates a file that must not exist yet, with its mode from the first moment on: a private key
/// that was readable for an instant is a public one. This is why it is written here and not by
/// `yard_cli::files`, which knows no modes.
fn create(path: &Path, text: &str, mode: u32) -> Result<(), PublishError> {
    let fail = |source| {
        PublishError::Cli(yard_cli::Error::Write {
            path: path.to_owned(),
            source,
        })
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    let mut file: File = options.open(path).map_err(fail)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    written.map_err(|error| {
        drop(std::fs::remove_file(path));
        fail(error)
    })
}
