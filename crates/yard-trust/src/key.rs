//! Keys: P-256 to sign with, and P-256, P-384 and P-521 to verify with, as the specification of
//! model signing has them.
//!
//! Nonces are those of RFC 6979, which need no randomness and make a signature a function of key
//! and text.

use std::fmt;

use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::elliptic_curve::Generate as _;
use pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
    LineEnding,
    pkcs5::{self, pbes2::Parameters},
};
use yard_contract::Sha256;

use crate::error::TrustError;

/// Rounds between a passphrase and the key that encrypts a key.
const ROUNDS: u32 = 600_000;

/// A private key on the curve P-256. It is wiped from memory when it is dropped.
#[derive(Clone)]
pub struct SigningKey(p256::ecdsa::SigningKey);

/// A public key.
#[derive(Clone, Debug)]
pub struct PublicKey {
    curve: Curve,
    pem: String,
    der: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Curve {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
}

impl SigningKey {
    /// A new key from the system's random numbers.
    pub fn generate() -> Result<Self, TrustError> {
        let key = p256::SecretKey::try_generate().map_err(|_| TrustError::Random)?;
        Ok(Self(key.into()))
    }

    /// A key from PEM text: PKCS#8, or SEC1 as older programs write it.
    pub fn from_pem(text: &str) -> Result<Self, TrustError> {
        let refuse = |why| Err(TrustError::SigningKey(why));
        let block = ["PRIVATE KEY", "EC PRIVATE KEY"]
            .iter()
            .find_map(|label| block(text, label));
        let Some(block) = block else {
            return refuse(if Self::is_encrypted(text) {
                "is encrypted, and there is no passphrase"
            } else if text.contains("ENCRYPTED") {
                "is encrypted in a way that only OpenSSL knows: rewrite it with `openssl pkcs8 -topk8`"
            } else if text.contains("PUBLIC KEY") {
                "is a public key"
            } else {
                "is no PEM text with a private key"
            });
        };
        match p256::SecretKey::from_pem(&block) {
            Ok(key) => Ok(Self(key.into())),
            Err(_) => refuse("is not an elliptic-curve key on P-256"),
        }
    }

    /// Whether the PEM text holds a key that needs a passphrase.
    pub fn is_encrypted(text: &str) -> bool {
        text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    }

    /// A key from PEM text of an encrypted PKCS#8, with scrypt or PBKDF2 and AES.
    pub fn from_encrypted_pem(text: &str, passphrase: &str) -> Result<Self, TrustError> {
        let refuse = |why| Err(TrustError::SigningKey(why));
        let Some(block) = block(text, "ENCRYPTED PRIVATE KEY") else {
            return refuse("is not encrypted PEM text");
        };
        match p256::SecretKey::from_pkcs8_encrypted_pem(&block, passphrase) {
            Ok(key) => Ok(Self(key.into())),
            Err(pkcs8::Error::EncryptedPrivateKey(pkcs5::Error::DecryptFailed)) => {
                refuse("is encrypted with another passphrase")
            }
            Err(pkcs8::Error::EncryptedPrivateKey(_)) => refuse(
                "is encrypted in an old way: rewrite it with `openssl pkcs8 -topk8 -v2 aes-256-cbc`",
            ),
            // A wrong passphrase can also give bytes that look decrypted.
            Err(_) => refuse("is not an elliptic-curve key on P-256, or the passphrase is another"),
        }
    }

    /// The key as encrypted PKCS#8 PEM text, in the one way that every OpenSSL of today reads:
    /// PBKDF2 with 600,000 rounds of HMAC-SHA-256 (as OWASP recommends), and AES-256-CBC.
    pub fn to_encrypted_pem(&self, passphrase: &str) -> Result<String, TrustError> {
        let failed = TrustError::SigningKey("cannot be encrypted");
        // A fresh key is 32 random bytes, which is all that is needed here: they may be known.
        let random = p256::SecretKey::try_generate().map_err(|_| TrustError::Random)?;
        let random = random.to_bytes();
        let (salt, iv) = random.split_at(16);
        let encrypted = || -> Option<String> {
            let iv = iv.try_into().ok()?;
            let how = Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, salt, iv);
            let plain = self.0.to_pkcs8_der().ok()?;
            let plain = pkcs8::PrivateKeyInfoRef::try_from(plain.as_bytes()).ok()?;
            let sealed = plain.encrypt_with_params(how.ok()?, passphrase).ok()?;
            let pem = sealed
                .to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)
                .ok()?;
            Some(pem.as_str().to_owned())
        };
        encrypted().ok_or(failed)
    }

    /// The key as PKCS#8 PEM text.
    pub fn to_pem(&self) -> Result<String, TrustError> {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF);
        pem.map(|pem| pem.as_str().to_owned())
            .map_err(|_| TrustError::SigningKey("cannot be written as PEM text"))
    }

    /// What others verify with.
    pub fn public_key(&self) -> PublicKey {
        let key = *self.0.verifying_key();
        // A point of the curve always has this encoding.
        let der = key.to_public_key_der().map(|der| der.as_bytes().to_vec());
        PublicKey {
            curve: Curve::P256(key),
            pem: key.to_public_key_pem(LineEnding::LF).unwrap_or_default(),
            der: der.unwrap_or_default(),
        }
    }

    /// The signature of a text, as ASN.1 DER.
    pub(crate) fn sign(&self, text: &[u8]) -> Vec<u8> {
        let signature: p256::ecdsa::Signature = self.0.sign(text);
        signature.to_der().as_bytes().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

impl PublicKey {
    /// A key from PEM text; whatever surrounds the PEM block is left aside.
    pub fn from_pem(text: &str) -> Result<Self, TrustError> {
        let refuse = |why| Err(TrustError::PublicKey(why));
        let Some(pem) = block(text, "PUBLIC KEY") else {
            return refuse(if text.contains("PRIVATE KEY") {
                "is a private key, which nobody but its owner should have"
            } else if text.contains("CERTIFICATE") {
                "is a certificate; take the public key out of it"
            } else {
                "is no PEM text with a public key"
            });
        };
        let curve = p256::ecdsa::VerifyingKey::from_public_key_pem(&pem)
            .map(Curve::P256)
            .or_else(|_| p384::ecdsa::VerifyingKey::from_public_key_pem(&pem).map(Curve::P384))
            .or_else(|_| p521::ecdsa::VerifyingKey::from_public_key_pem(&pem).map(Curve::P521));
        let Ok(curve) = curve else {
            return refuse("is not an elliptic-curve key on P-256, P-384 or P-521");
        };
        let encoded = match &curve {
            Curve::P256(key) => key.to_public_key_der().ok(),
            Curve::P384(key) => key.to_public_key_der().ok(),
            Curve::P521(key) => key.to_public_key_der().ok(),
        };
        let Some(der) = encoded else {
            return refuse("cannot be encoded");
        };
        Ok(Self {
            curve,
            pem,
            der: der.as_bytes().to_vec(),
        })
    }

    /// The key as SPKI PEM text.
    pub fn to_pem(&self) -> &str {
        &self.pem
    }

    /// The key's name among people and in bundles: the SHA-256 of its PEM text.
    pub fn fingerprint(&self) -> Sha256 {
        Sha256::of(self.pem.as_bytes())
    }

    /// The SHA-256 of its DER encoding, by which some verifiers name a key.
    pub(crate) fn der_digest(&self) -> Sha256 {
        Sha256::of(&self.der)
    }

    /// The key id of `securesystemslib`: the digest of the key's canonical JSON, in which line
    /// breaks stand as they are.
    pub(crate) fn key_id(&self) -> Sha256 {
        let scheme = match self.curve {
            Curve::P256(_) => "ecdsa-sha2-nistp256",
            Curve::P384(_) => "ecdsa-sha2-nistp384",
            Curve::P521(_) => "ecdsa-sha2-nistp521",
        };
        let json = format!(
            r#"{{"keytype":"ecdsa","keyval":{{"public":"{}"}},"scheme":"{scheme}"}}"#,
            self.pem
        );
        Sha256::of(json.as_bytes())
    }

    /// Whether this DER signature of a text was made with the private key.
    pub(crate) fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        match &self.curve {
            Curve::P256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(text, &signature).is_ok()),
            Curve::P384(key) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(text, &signature).is_ok()),
            Curve::P521(key) => p521::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(text, &signature).is_ok()),
        }
    }
}

/// PEM text out of its base64 in one line, which is how a CI system can mask it; nothing where the
/// text is something else.
pub fn decode_pem(text: &str) -> Option<String> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim());
    let text = String::from_utf8(bytes.ok()?).ok()?;
    text.contains("-----BEGIN").then_some(text)
}

/// One block of PEM text with unix line ends and a final one, as its digest is taken.
fn block(text: &str, label: &str) -> Option<String> {
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let start = text.find(&begin)?;
    let length = text[start..].find(&end)? + end.len();
    let mut pem = String::new();
    for line in text[start..start + length].lines() {
        pem.push_str(line.trim_end());
        pem.push('\n');
    }
    Some(pem)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 6979, appendix A.2.5.
    fn key() -> SigningKey {
        let number = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
        let number: Sha256 = number.parse().unwrap();
        SigningKey(p256::ecdsa::SigningKey::from_slice(number.as_bytes()).unwrap())
    }

    #[test]
    fn signatures_are_those_of_rfc_6979() {
        let signature = p256::ecdsa::Signature::from_der(&key().sign(b"sample")).unwrap();
        let [r, s] = [
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        ]
        .map(|number| number.parse::<Sha256>().unwrap());
        assert_eq!(
            signature.to_bytes().as_slice(),
            [*r.as_bytes(), *s.as_bytes()].concat()
        );
    }

    #[test]
    fn keys_survive_their_pem_text_whatever_surrounds_it() {
        let key = key();
        let pem = key.to_pem().unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n") && pem.ends_with("-----\n"));
        let again = SigningKey::from_pem(&pem.replace('\n', "\r\n")).unwrap();
        assert_eq!(again.sign(b"x"), key.sign(b"x"));
        let public = key.public_key();
        let wrapped = format!("Key of the team\n{}\n\n", public.to_pem());
        let read = PublicKey::from_pem(&wrapped).unwrap();
        assert_eq!(read.fingerprint(), public.fingerprint());
        assert_eq!(read.der_digest(), public.der_digest());
        assert!(read.verify(b"x", &key.sign(b"x")) && !read.verify(b"y", &key.sign(b"x")));
        assert_eq!(format!("{key:?}"), "SigningKey");
    }

    /// Written by `openssl pkcs8 -topk8` of OpenSSL 3.0.
    #[test]
    fn an_encrypted_key_opens_with_its_passphrase_alone() {
        let made_by_openssl = [
            include_str!("../tests/vectors/encrypted-pbkdf2.pem"),
            include_str!("../tests/vectors/encrypted-scrypt.pem"),
        ];
        let ours = key().to_encrypted_pem("correct horse").unwrap();
        assert_ne!(ours, key().to_encrypted_pem("correct horse").unwrap());
        for text in made_by_openssl.into_iter().chain([ours.as_str()]) {
            assert!(SigningKey::is_encrypted(text));
            let opened = SigningKey::from_encrypted_pem(text, "correct horse").unwrap();
            assert_eq!(opened.sign(b"x"), key().sign(b"x"));
            for wrong in ["", "correct horse ", "battery staple"] {
                let error = SigningKey::from_encrypted_pem(text, wrong).unwrap_err();
                assert!(error.to_string().contains("passphrase"), "{error}");
            }
            let error = SigningKey::from_pem(text).unwrap_err().to_string();
            assert!(error.contains("there is no passphrase"), "{error}");
        }
        let old = include_str!("../tests/vectors/encrypted-des.pem");
        let error = SigningKey::from_encrypted_pem(old, "correct horse").unwrap_err();
        assert!(error.to_string().contains("in an old way"), "{error}");
        assert!(SigningKey::from_encrypted_pem(&key().to_pem().unwrap(), "").is_err());
    }

    #[test]
    fn what_is_no_key_of_the_right_kind_is_named() {
        let private = key().to_pem().unwrap();
        let public = key().public_key().to_pem().to_owned();
        for (text, said) in [
            ("", "is no PEM text"),
            (public.as_str(), "is a public key"),
            (
                "-----BEGIN ENCRYPTED PRIVATE KEY-----",
                "is encrypted, and there is no passphrase",
            ),
            (
                "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n",
                "only OpenSSL knows",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
                "is not an elliptic-curve key",
            ),
        ] {
            let error = SigningKey::from_pem(text).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        for (text, said) in [
            ("", "is no PEM text"),
            (private.as_str(), "is a private key"),
            ("-----BEGIN CERTIFICATE-----", "is a certificate"),
            (
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
                "is not an elliptic-curve key",
            ),
        ] {
            let error = PublicKey::from_pem(text).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
