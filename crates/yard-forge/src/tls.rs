//! Whom to trust.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::error::ForgeError;
use crate::settings::Settings;

/// Where Linux distributions keep the certificate authorities they trust.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// TLS 1.2 and 1.3 with ring, trusting the system's authorities and the configured one. An image
/// without any authorities, as `FROM scratch`, falls back to Mozilla's, built in.
pub(crate) fn config(settings: &Settings) -> Result<ClientConfig, ForgeError> {
    let mut roots = RootCertStore::empty();
    let system = settings.system_ca_file.clone().or_else(|| {
        let mut bundles = BUNDLES.iter().map(PathBuf::from);
        bundles.find(|bundle| bundle.is_file())
    });
    match &system {
        Some(bundle) => add(&mut roots, bundle)?,
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    if let Some(own) = &settings.ca_file {
        add(&mut roots, own)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable("TLS", &error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Adds a PEM file's certificates. Bundles hold old ones that cannot be used, but a file without
/// any usable one is a mistake.
fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), ForgeError> {
    let file = format!("the certificate file `{}`", path.display());
    let bytes = std::fs::read(path).map_err(|error| unusable(&file, &error.to_string()))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let certificates = certificates.map_err(|error| unusable(&file, &error.to_string()))?;
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(unusable(
            &file,
            "it holds no certificate authority in PEM form",
        ));
    }
    Ok(())
}

fn unusable(what: &str, why: &str) -> ForgeError {
    ForgeError::Setting {
        what: what.to_owned(),
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_file_that_adds_nothing_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let with = |path: &Path| {
            let ca_file = Some(path.to_owned());
            config(&Settings {
                ca_file,
                ..Settings::default()
            })
            .map(drop)
        };
        for text in [
            "",
            "not PEM",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), text.as_bytes())
                .unwrap();
            let error = with(&path).unwrap_err().to_string();
            assert!(error.contains("ca.pem"), "{error}");
        }
        assert!(
            with(&folder.path().join("absent.pem"))
                .unwrap_err()
                .to_string()
                .contains("absent")
        );
        config(&Settings::default()).unwrap();
    }
}
