//! Signature version 4 of Amazon's interfaces, as object stores ask for it: the method, the address, some
//! headers and the digest of the body, under a key that is good for one day, region and service.

use std::time::SystemTime;

use hmac::{Hmac, KeyInit as _, Mac as _};
use httpdate::fmt_http_date;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256 as Hash;
use url::Url;
use yard_contract::Sha256;

use crate::error::ForgeError;
use crate::s3::Keys;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "s3";

/// One request, as far as it is signed. Its address has no query, and needs no escapes.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a Url,
    pub(crate) body: Sha256,
    pub(crate) time: SystemTime,
}

/// The headers that prove who sends a request.
pub(crate) fn headers(
    request: &Request<'_>,
    keys: &Keys,
    region: &str,
) -> Result<HeaderMap, ForgeError> {
    let moment = moment(request.time);
    let body = request.body.to_string();
    let host = match (
        request.url.host_str().unwrap_or_default(),
        request.url.port(),
    ) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    };
    let token = keys.token.as_ref().map(|token| token.reveal().to_owned());
    // In byte order of their names.
    let mut signed = vec![
        ("host", host),
        ("x-amz-content-sha256", body.clone()),
        ("x-amz-date", moment.clone()),
    ];
    signed.extend(token.map(|token| ("x-amz-security-token", token)));
    let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines: Vec<String> = signed
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let lines = lines.concat();
    let (method, path) = (request.method, request.url.path());
    let canonical = format!("{method}\n{path}\n\n{lines}\n{names}\n{body}");
    let day = &moment[..8];
    let scope = format!("{day}/{region}/{SERVICE}/aws4_request");
    let digest = Sha256::of(canonical.as_bytes());
    let to_sign = format!("{ALGORITHM}\n{moment}\n{scope}\n{digest}");
    let mut key = format!("AWS4{}", keys.secret.reveal()).into_bytes();
    for part in [day, region, SERVICE, "aws4_request"] {
        key = sealed(&key, part);
    }
    let signature: Vec<String> = sealed(&key, &to_sign)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let signature = signature.concat();
    let proof = format!(
        "{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        keys.id
    );
    let mut headers = HeaderMap::new();
    let sent = signed.into_iter().filter(|(name, _)| *name != "host");
    for (name, text) in sent.chain([("authorization", proof)]) {
        let mut value = HeaderValue::from_str(&text).map_err(|_| ForgeError::Setting {
            what: "the key or the token of the object store".to_owned(),
            why: "it has characters that no HTTP header can carry".to_owned(),
        })?;
        value.set_sensitive(matches!(name, "authorization" | "x-amz-security-token"));
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(headers)
}

fn sealed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Hash>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A moment as `20130524T000000Z`, put together from what HTTP writes: `Fri, 24 May 2013 00:00:00 GMT`.
fn moment(time: SystemTime) -> String {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let text = fmt_http_date(time);
    let (day, month, year) = (&text[5..7], &text[8..11], &text[12..16]);
    let month = MONTHS.find(month).unwrap_or_default() / 3 + 1;
    let clock = text[17..25].replace(':', "");
    format!("{year}{month:02}{day}T{clock}Z")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::credential::Secret;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn moments_are_written_as_signatures_want_them() {
        assert_eq!(moment(at(0)), "19700101T000000Z");
        assert_eq!(moment(at(951_782_400)), "20000229T000000Z");
        assert_eq!(moment(at(1_369_353_600)), "20130524T000000Z");
        assert_eq!(moment(at(1_798_761_599)), "20261231T235959Z");
    }

    /// The same request signed by botocore 1.44's `S3SigV4Auth`.
    #[test]
    fn the_signature_is_that_of_other_clients() {
        let url = Url::parse("https://examplebucket.s3.amazonaws.com/checkpoints/a.model").unwrap();
        let keys = |token: Option<&str>| Keys {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            token: token.map(Secret::new),
        };
        let request = Request {
            method: "PUT",
            url: &url,
            body: Sha256::of(b"rounds"),
            time: at(1_369_353_600),
        };
        let proof = |keys: &Keys| {
            let headers = headers(&request, keys, "us-east-1").unwrap();
            let proof = headers["authorization"].to_str().unwrap().to_owned();
            proof.rsplit_once("Signature=").unwrap().1.to_owned()
        };
        assert_eq!(
            proof(&keys(None)),
            "ba6d142924a9ec1a18cf4a447cd5b666427e30548d74f2f21cf02b008e08c344"
        );
        assert_eq!(
            proof(&keys(Some("session+/="))),
            "00f8f4852b1a088a3e30d37d127878e42810c7106c7a3355ac97e325d31a705f"
        );
    }
}
