//! A certificate authority of a test's own.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// Writes an authority (`ca.pem`), and a certificate of it for these names with its key (`server.pem`,
/// `server.key`) into a folder.
///
/// # Errors
/// When they cannot be made or written.
pub fn certificates(folder: &Path, names: &[&str]) -> Result<()> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::<String>::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_pem = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate()?;
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let certificate = CertificateParams::new(names)?.signed_by(&key, &issuer)?;
    for (name, text) in [
        ("ca.pem", authority_pem),
        ("server.pem", certificate.pem()),
        ("server.key", key.serialize_pem()),
    ] {
        File::create(folder.join(name))?.write_all(text.as_bytes())?;
    }
    Ok(())
}
