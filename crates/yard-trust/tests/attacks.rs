//! What others signed verifies, and nothing else does: bundles changed in every byte, statements
//! that say something else, trees that are not what was signed.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use proptest::prelude::*;
use serde_json::{Value, json};
use yard_contract::{ManifestFile, Sha256};
use yard_trust::{PublicKey, SigningKey, TrustError, open, seal, sign_tree, verify_tree};

fn file(path: &str, bytes: &[u8]) -> ManifestFile {
    ManifestFile {
        path: path.to_owned(),
        size: bytes.len() as u64,
        sha256: Sha256::of(bytes),
    }
}

/// The tree whose signatures by the reference client lie in `vectors/`.
fn tree() -> Vec<ManifestFile> {
    vec![
        file("model.onnx", b"onnx"),
        file("signature.json", b"{}\n"),
        file("sub/größe 1.txt", b""),
    ]
}

fn signed() -> (Vec<u8>, PublicKey, SigningKey) {
    let key = SigningKey::generate().unwrap();
    let bundle = sign_tree("tree", &tree(), &key).unwrap();
    (bundle, key.public_key(), key)
}

#[track_caller]
fn refused(bundle: &[u8], key: &PublicKey, files: &[ManifestFile], said: &str) {
    let error = verify_tree(bundle, key, files).unwrap_err().to_string();
    assert!(error.contains(said), "expected `{said}` in: {error}");
}

/// Written by `model_signing` 1.1.1 with keys made for this test by OpenSSL.
#[test]
fn what_the_reference_client_signed_verifies_on_all_three_curves() {
    let vectors = [
        (
            include_str!("vectors/p256.pem"),
            include_bytes!("vectors/256.sig").as_slice(),
        ),
        (
            include_str!("vectors/p384.pem"),
            include_bytes!("vectors/384.sig"),
        ),
        (
            include_str!("vectors/p521.pem"),
            include_bytes!("vectors/521.sig"),
        ),
    ];
    for (key, bundle) in vectors {
        let key = PublicKey::from_pem(key).unwrap();
        let tree_signed = verify_tree(bundle, &key, &tree()).unwrap();
        assert_eq!((tree_signed.name.as_str(), tree_signed.files), ("tree", 3));
        let (_, other, _) = signed();
        refused(bundle, &other, &tree(), "signed with another key");
    }
}

#[test]
fn the_same_tree_has_the_same_digest_for_us_and_for_the_reference_client() {
    let (bundle, public, _) = signed();
    let ours = verify_tree(&bundle, &public, &tree()).unwrap();
    let key = PublicKey::from_pem(include_str!("vectors/p256.pem")).unwrap();
    let theirs = verify_tree(include_bytes!("vectors/256.sig"), &key, &tree()).unwrap();
    assert_eq!(ours, theirs);
}

#[test]
fn a_bundle_changed_in_any_byte_never_verifies() {
    let (bundle, public, _) = signed();
    let mut mutants = 0;
    for at in 0..bundle.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut mutant = bundle.clone();
            mutant[at] ^= flip;
            // The final line end is the only byte without a meaning.
            let harmless = at == bundle.len() - 1 && mutant[at].is_ascii_whitespace();
            assert_eq!(
                verify_tree(&mutant, &public, &tree()).is_ok(),
                harmless,
                "byte {at} ^ {flip:#x}: {}",
                String::from_utf8_lossy(&mutant)
            );
            mutants += 1;
        }
        let mut shorter = bundle.clone();
        shorter.remove(at);
        let harmless = at == bundle.len() - 1;
        assert_eq!(verify_tree(&shorter, &public, &tree()).is_ok(), harmless);
    }
    assert!(mutants > 500, "{mutants}");
}

/// Every field away, emptied, doubled, or of another type.
#[test]
fn a_bundle_with_another_field_never_verifies() {
    let (bundle, public, _) = signed();
    let honest: Value = serde_json::from_slice(&bundle).unwrap();
    let mut paths = Vec::new();
    walk(&honest, "", &mut paths);
    assert!(paths.len() >= 10, "{paths:?}");
    // What the specification lets a signer leave out says nothing.
    let may_be_absent = [
        "/verificationMaterial/tlogEntries",
        "/dsseEnvelope/signatures/0/keyid",
    ];
    for path in &paths {
        let others = [
            Value::Null,
            json!(""),
            json!(0),
            json!([]),
            json!({}),
            json!([{}]),
            json!("AAAA"),
        ];
        for other in others {
            let mut mutant = honest.clone();
            let place = mutant.pointer_mut(path).unwrap();
            if *place == other {
                continue;
            }
            *place = other.clone();
            let absent = (other.is_null() || other == "") && path == may_be_absent[1];
            assert_eq!(
                verify_tree(&serde_json::to_vec(&mutant).unwrap(), &public, &tree()).is_ok(),
                absent,
                "{path} = {other}"
            );
        }
        let (parent, name) = path.rsplit_once('/').unwrap();
        let mut mutant = honest.clone();
        if let Some(Value::Object(object)) = mutant.pointer_mut(parent) {
            let taken = object.remove(name).unwrap();
            object.insert(format!("{name}X"), taken);
        }
        if mutant != honest {
            let bytes = serde_json::to_vec(&mutant).unwrap();
            assert!(
                verify_tree(&bytes, &public, &tree()).is_err(),
                "{path} renamed"
            );
            let Some(Value::Object(object)) = mutant.pointer_mut(parent) else {
                panic!("{parent}")
            };
            object.remove(&format!("{name}X"));
            let bytes = serde_json::to_vec(&mutant).unwrap();
            assert_eq!(
                verify_tree(&bytes, &public, &tree()).is_ok(),
                may_be_absent.contains(&path.as_str()),
                "{path} removed"
            );
        }
    }
    let twice = String::from_utf8(bundle).unwrap().replacen(
        "\"payloadType\"",
        "\"payloadType\":\"x\",\"payloadType\"",
        1,
    );
    assert!(verify_tree(twice.as_bytes(), &public, &tree()).is_err());
}

fn walk(value: &Value, at: &str, paths: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                let path = format!("{at}/{name}");
                paths.push(path.clone());
                walk(inner, &path, paths);
            }
        }
        Value::Array(array) => {
            for (position, inner) in array.iter().enumerate() {
                let path = format!("{at}/{position}");
                paths.push(path.clone());
                walk(inner, &path, paths);
            }
        }
        _ => {}
    }
}

#[test]
fn envelopes_that_try_something_are_refused_by_name() {
    let (bundle, public, key) = signed();
    let honest: Value = serde_json::from_slice(&bundle).unwrap();
    let with = |path: &str, value: Value| {
        let mut mutant = honest.clone();
        *mutant.pointer_mut(path).unwrap() = value;
        serde_json::to_vec(&mutant).unwrap()
    };
    let again = honest["dsseEnvelope"]["signatures"][0].clone();
    let other = SigningKey::generate().unwrap();
    let others: Value =
        serde_json::from_slice(&sign_tree("tree", &tree(), &other).unwrap()).unwrap();
    let foreign = others["dsseEnvelope"]["signatures"][0]["sig"].clone();
    let material = others["verificationMaterial"].clone();
    let sigs = "/dsseEnvelope/signatures";
    let cases = [
        (
            with("/dsseEnvelope/payloadType", json!("text/plain")),
            "signs something else than an in-toto statement",
        ),
        (
            with(sigs, json!([again, again])),
            "not exactly one signature",
        ),
        (with(sigs, json!([])), "not exactly one signature"),
        (
            with(&format!("{sigs}/0/sig"), foreign),
            "does not match the signed text and the public key",
        ),
        (
            with(&format!("{sigs}/0/sig"), json!("MAYCAQACAQA=")), // r = s = 0
            "does not match the signed text",
        ),
        (
            with(&format!("{sigs}/0/keyid"), json!("None")),
            "signed with another key",
        ),
        (
            with("/verificationMaterial", material),
            "signed with another key",
        ),
        (
            with(
                "/verificationMaterial",
                json!({"x509CertificateChain": {"certificates": []}}),
            ),
            "signed with a certificate",
        ),
        (
            with("/verificationMaterial", json!({"publicKey": {}})),
            "does not say in one way",
        ),
        (
            with("/verificationMaterial/publicKey/hint", json!("")),
            "signed with another key",
        ),
        (
            with(
                "/verificationMaterial/tlogEntries",
                json!([{"logIndex": "1"}]),
            ),
            "carries log entries",
        ),
        (
            with(
                "/mediaType",
                json!("application/vnd.dev.sigstore.bundle.v0.4+json"),
            ),
            "another type or version",
        ),
        (Vec::new(), "is no Sigstore bundle"),
        (b"null".to_vec(), "is no Sigstore bundle"),
    ];
    for (bundle, said) in cases {
        refused(&bundle, &public, &tree(), said);
    }
    // The whole bundle of somebody who signed the same tree with a key of their own.
    let theirs = serde_json::to_vec(&others).unwrap();
    refused(&theirs, &public, &tree(), "signed with another key");
    assert!(verify_tree(&theirs, &other.public_key(), &tree()).is_ok());
    drop(key);
}

/// Statements that were truly signed, by an owner of the key who is careless or was tricked.
#[test]
fn signed_statements_that_are_no_honest_list_of_files_are_refused() {
    let (bundle, public, key) = signed();
    let payload = open(&bundle, &public).unwrap();
    let honest: Value = serde_json::from_slice(&payload).unwrap();
    let with = |path: &str, value: Value| {
        let mut mutant = honest.clone();
        *mutant.pointer_mut(path).unwrap() = value;
        seal(&serde_json::to_vec(&mutant).unwrap(), &key)
    };
    let resources = "/predicate/resources";
    let named = |name: &str| with(&format!("{resources}/0/name"), json!(name));
    let subject = honest["subject"][0].clone();
    let cases = [
        (
            with("/_type", json!("https://in-toto.io/Statement/v0.1")),
            "is no in-toto statement of version 1",
        ),
        (
            with("/predicateType", json!("https://slsa.dev/provenance/v1")),
            "says something else than was asked for",
        ),
        (
            with("/subject", json!([subject, subject])),
            "not about exactly one tree",
        ),
        (with("/subject", json!([])), "not about exactly one tree"),
        (
            with("/subject/0/digest/sha256", json!(Sha256::of(b"other"))),
            "contradicts itself",
        ),
        (
            with("/subject/0/digest", json!({"sha512": "00"})),
            "cannot be read",
        ),
        (
            with("/predicate/serialization/method", json!("shards")),
            "otherwise than file by file",
        ),
        (
            with("/predicate/serialization/hash_type", json!("md5")),
            "another digest than sha256",
        ),
        (
            with(&format!("{resources}/0/algorithm"), json!("blake2")),
            "another digest than sha256",
        ),
        (with(resources, json!([])), "lists no file"),
        (named("../model.onnx"), "is no path below the tree"),
        (named("/model.onnx"), "is no path below the tree"),
        (named("a//b"), "is no path below the tree"),
        (named("./model.onnx"), "is no path below the tree"),
        (named("."), "is no path below the tree"),
        (named("a\\b"), "is no path below the tree"),
        (named(""), "is no path below the tree"),
        (named("signature.json"), "`signature.json` is listed twice"),
        (
            named("Model.onnx"),
            "`model.onnx` is there and was not signed",
        ),
        (seal(b"", &key), "cannot be read"),
        (seal(b"[]", &key), "cannot be read"),
        (seal(&payload[1..], &key), "cannot be read"),
    ];
    for (bundle, said) in cases {
        refused(&bundle, &public, &tree(), said);
    }
}

#[test]
fn a_tree_that_is_not_what_was_signed_is_refused_and_the_file_named() {
    let (bundle, public, _) = signed();
    let without = |position: usize| {
        let mut files = tree();
        files.remove(position);
        files
    };
    let mut more = tree();
    more.push(file("zz.bin", b""));
    let mut changed = tree();
    changed[0] = file("model.onnx", b"other");
    let mut renamed = tree();
    renamed[0].path = "model2.onnx".to_owned();
    let mut swapped = tree();
    let digest = swapped[0].sha256;
    swapped[0].sha256 = swapped[1].sha256;
    swapped[1].sha256 = digest;
    let cases = [
        (without(0), "`model.onnx` was signed and is missing"),
        (without(2), "`sub/größe 1.txt` was signed and is missing"),
        (Vec::new(), "`model.onnx` was signed and is missing"),
        (more, "`zz.bin` is there and was not signed"),
        (changed, "`model.onnx` has sha256"),
        (renamed, "`model2.onnx` is there and was not signed"),
        (swapped, "`model.onnx` has sha256"),
    ];
    for (files, said) in cases {
        refused(&bundle, &public, &files, said);
    }
    // What the specification leaves out is reported, not hidden.
    let mut with_git = tree();
    with_git.insert(0, file(".git/config", b"x"));
    let verified = verify_tree(&bundle, &public, &with_git).unwrap();
    assert_eq!(verified.left_out, [".git/config"]);
    let mut gitx = tree();
    gitx.insert(0, file(".gitx", b"x"));
    refused(
        &bundle,
        &public,
        &gitx,
        "`.gitx` is there and was not signed",
    );
}

#[test]
fn a_tree_that_nobody_could_verify_is_not_signed() {
    let key = SigningKey::generate().unwrap();
    assert!(sign_tree("x", &[], &key).is_err());
    let twice = [file("a", b"1"), file("a", b"2")];
    assert!(sign_tree("x", &twice, &key).is_err());
    assert!(matches!(
        sign_tree("x", &[file("../a", b"1")], &key),
        Err(TrustError::Resource { .. })
    ));
}

proptest! {
    #[test]
    fn no_bytes_make_a_verifier_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let key = PublicKey::from_pem(include_str!("vectors/p256.pem")).unwrap();
        prop_assert!(verify_tree(&bytes, &key, &tree()).is_err());
        let text = String::from_utf8_lossy(&bytes);
        prop_assert!(PublicKey::from_pem(&text).is_err());
        prop_assert!(SigningKey::from_pem(&text).is_err());
    }

    #[test]
    fn no_signed_text_makes_a_verifier_panic(text in "[\\[\\]{}:,\"a-z0-9/._]{0,200}") {
        let key = SigningKey::generate().unwrap();
        let bundle = seal(text.as_bytes(), &key);
        prop_assert!(verify_tree(&bundle, &key.public_key(), &tree()).is_err());
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----");
        prop_assert!(PublicKey::from_pem(&pem).is_err());
    }
}
