//! The forms in which a secret may be found where it should not be.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A secret as it may travel: as it is, in hexadecimal digits, escaped as in a URL, backwards, and in
/// base64 at each of the three ways in which it can fall on the groups of three bytes.
pub(crate) fn forms(secret: &str) -> Vec<(String, Vec<u8>)> {
    let bytes = secret.as_bytes();
    let (mut hex, mut all_escaped, mut escaped) = (String::new(), String::new(), String::new());
    for byte in bytes {
        // Writing to a text does not fail.
        let _ = write!(hex, "{byte:02x}");
        let _ = write!(all_escaped, "%{byte:02X}");
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(byte) {
            escaped.push(char::from(*byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    let mut forms = vec![
        ("plain".to_owned(), bytes.to_vec()),
        ("hex".to_owned(), hex.clone().into_bytes()),
        ("HEX".to_owned(), hex.to_uppercase().into_bytes()),
        ("url".to_owned(), escaped.clone().into_bytes()),
        ("all of url".to_owned(), all_escaped.clone().into_bytes()),
        (
            "url, small".to_owned(),
            all_escaped.to_lowercase().into_bytes(),
        ),
        (
            "backwards".to_owned(),
            bytes.iter().rev().copied().collect(),
        ),
    ];
    for shift in 0..3 {
        let shifted = [&b"xx"[..shift], bytes].concat();
        let encoded = STANDARD.encode(&shifted);
        // Digits that hold bits of what is before or behind it are not its own.
        let own = encoded.trim_end_matches('=');
        let (first, last) = (shift * 2, own.len() - 2);
        let own = own[first.min(last)..last].to_owned();
        let other = own.replace('+', "-").replace('/', "_");
        forms.push((format!("base64 {shift}"), own.into_bytes()));
        forms.push((format!("base64url {shift}"), other.into_bytes()));
    }
    forms
}
