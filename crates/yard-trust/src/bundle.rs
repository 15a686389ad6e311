//! A signed statement as others read it: a DSSE envelope in a Sigstore bundle.
//!
//! The form is the one that all verifiers with plain keys accept: an empty list of log entries, the
//! key's digest as its hint, and the key id that `securesystemslib` computes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::error::TrustError;
use crate::key::{PublicKey, SigningKey};

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Bundle {
    media_type: String,
    verification_material: Material,
    dsse_envelope: Envelope,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Material {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_key: Option<KeyName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x509_certificate_chain: Option<serde_json::Value>,
    #[serde(default)]
    tlog_entries: Vec<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timestamp_verification_data: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct KeyName {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// What older releases of the reference client wrote: the PEM text in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    raw_bytes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_details: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    sig: String,
    #[serde(default)]
    keyid: Option<String>,
}

/// By which of its digests a bundle names the key. Those who verify signatures of models take one,
/// those who verify statements in general (cosign, sigstore-rust) the other.
#[derive(Clone, Copy)]
pub(crate) enum Hint {
    /// SHA-256 of the PEM text, in hexadecimal digits.
    Pem,
    /// SHA-256 of the DER encoding, in base64.
    Der,
}

impl Hint {
    fn of(self, key: &PublicKey) -> String {
        match self {
            Self::Pem => key.fingerprint().to_string(),
            Self::Der => STANDARD.encode(key.der_digest().as_bytes()),
        }
    }
}

/// Signs a statement's bytes; answers the bundle.
pub fn seal(payload: &[u8], key: &SigningKey) -> Vec<u8> {
    seal_for(payload, key, Hint::Der)
}

pub(crate) fn seal_for(payload: &[u8], key: &SigningKey, hint: Hint) -> Vec<u8> {
    let public = key.public_key();
    let bundle = Bundle {
        media_type: MEDIA_TYPE.to_owned(),
        verification_material: Material {
            public_key: Some(KeyName {
                hint: Some(hint.of(&public)),
                raw_bytes: None,
                key_details: None,
            }),
            certificate: None,
            x509_certificate_chain: None,
            tlog_entries: Vec::new(),
            timestamp_verification_data: None,
        },
        dsse_envelope: Envelope {
            payload: STANDARD.encode(payload),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: vec![Signature {
                sig: STANDARD.encode(key.sign(&pre_authentication(PAYLOAD_TYPE, payload))),
                keyid: Some(public.key_id().to_string()),
            }],
        },
    };
    let mut bytes = serde_json::to_vec(&bundle).unwrap_or_default(); // text and lists of text
    bytes.push(b'\n');
    bytes
}

/// Verifies a bundle; answers the bytes that were signed.
pub fn open(bundle: &[u8], key: &PublicKey) -> Result<Vec<u8>, TrustError> {
    let bundle: Bundle = serde_json::from_slice(bundle).map_err(TrustError::Json)?;
    let refuse = |why| Err(TrustError::Bundle(why));
    if bundle.media_type != MEDIA_TYPE {
        return refuse("is of another type or version than 0.3");
    }
    let material = &bundle.verification_material;
    if material.certificate.is_some() || material.x509_certificate_chain.is_some() {
        return refuse("was signed with a certificate, and here a key is trusted");
    }
    let stamps = material.timestamp_verification_data.as_ref();
    if !material.tlog_entries.is_empty() || stamps.is_some_and(|stamps| !stamps.is_empty()) {
        return refuse("carries log entries or time stamps, which nothing here can verify");
    }
    let Some(name) = &material.public_key else {
        return refuse("names no public key");
    };
    same_key(name, key)?;
    let envelope = &bundle.dsse_envelope;
    if envelope.payload_type != PAYLOAD_TYPE {
        return refuse("signs something else than an in-toto statement");
    }
    let [signature] = envelope.signatures.as_slice() else {
        return refuse("has not exactly one signature");
    };
    let keyid = signature.keyid.as_deref().unwrap_or_default();
    if !keyid.is_empty() && keyid != key.key_id().to_string() {
        let (named, ours) = (keyid.escape_debug().to_string(), key.key_id().to_string());
        return Err(TrustError::OtherKey { named, ours });
    }
    let (Ok(payload), Ok(sig)) = (
        STANDARD.decode(&envelope.payload),
        STANDARD.decode(&signature.sig),
    ) else {
        return refuse("is not encoded in base64 as it should be");
    };
    if !key.verify(&pre_authentication(PAYLOAD_TYPE, &payload), &sig) {
        return Err(TrustError::Forged);
    }
    Ok(payload)
}

/// The bundle has to name the key that it is verified with, in one of the forms in use.
fn same_key(name: &KeyName, key: &PublicKey) -> Result<(), TrustError> {
    let other = |named: &str, ours: String| {
        let named = named.chars().take(100).collect::<String>();
        let named = named.escape_debug().to_string();
        Err(TrustError::OtherKey { named, ours })
    };
    match (&name.hint, &name.raw_bytes) {
        (Some(hint), None) => {
            let pem = Hint::Pem.of(key);
            if *hint == pem || *hint == Hint::Der.of(key) {
                Ok(())
            } else {
                other(hint, pem)
            }
        }
        (None, Some(raw)) => {
            let ours = STANDARD.encode(key.to_pem());
            if *raw == ours {
                Ok(())
            } else {
                other("another PEM text", key.fingerprint().to_string())
            }
        }
        _ => Err(TrustError::Bundle(
            "does not say in one way with which key it was signed",
        )),
    }
}

/// What a DSSE signature is made of: type and text with their lengths, so that no two pairs of them
/// are the same bytes (DSSE protocol, version 1).
fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let (one, two) = (payload_type.len(), payload.len());
    let mut bytes = format!("DSSEv1 {one} {payload_type} {two} ").into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_keep_type_and_text_apart() {
        assert_eq!(
            pre_authentication("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
        assert_ne!(
            pre_authentication("a", b"b c"),
            pre_authentication("a b", b"c")
        );
    }

    #[test]
    fn the_same_key_and_text_give_the_same_bytes() {
        let key = SigningKey::generate().unwrap();
        let sealed = seal(b"{}", &key);
        assert_eq!(sealed, seal(b"{}", &key));
        assert_eq!(open(&sealed, &key.public_key()).unwrap(), b"{}");
        // Statements in general and signatures of models call the same key by other names.
        let hint = |sealed: &[u8]| {
            let bundle: Bundle = serde_json::from_slice(sealed).unwrap();
            bundle
                .verification_material
                .public_key
                .unwrap()
                .hint
                .unwrap()
        };
        let public = key.public_key();
        assert_eq!(
            hint(&sealed),
            STANDARD.encode(public.der_digest().as_bytes())
        );
        let model = seal_for(b"{}", &key, Hint::Pem);
        assert_eq!(hint(&model), public.fingerprint().to_string());
        assert_eq!(open(&model, &public).unwrap(), b"{}");
    }
}
