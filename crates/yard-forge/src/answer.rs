//! From an HTTP answer to what to do about it.

use std::error::Error;
use std::io::{self, Read as _};

use reqwest::blocking::Response;
use reqwest::header::{DATE, HeaderName, RETRY_AFTER};
use serde::de::DeserializeOwned;

use crate::credential::Identity;
use crate::error::ForgeError;
use crate::retry::retry_after;

/// Bytes of an API answer that are read; listings are pages of a hundred entries.
const JSON_BYTES: u64 = 16 << 20;
/// Bytes of an error's text that are read, and characters that are shown.
const ERROR_BYTES: u64 = 16 << 10;
const ERROR_CHARS: usize = 300;

/// Lets a success pass and sorts everything else.
pub(crate) fn success(
    response: Response,
    request: String,
    at_home: bool,
    identity: &dyn Identity,
) -> Result<Response, ForgeError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let wish = header(&response, &RETRY_AFTER)
        .and_then(|value| retry_after(value, header(&response, &DATE)));
    let message = said(response, identity);
    let status = status.as_u16();
    let transient =
        matches!(status, 408 | 425 | 429 | 500..=599) || (status == 403 && wish.is_some());
    if transient {
        let told = if message.is_empty() {
            String::new()
        } else {
            format!(": {message}")
        };
        return Err(ForgeError::Transient {
            request,
            reason: format!("status {status}{told}"),
            retry_after: wish,
            source: None,
        });
    }
    let needs = || {
        if at_home {
            identity.needs(status)
        } else {
            // Where we were redirected to, our credential was not sent, and is not to blame.
            "the server that we were redirected to refused; try again".to_owned()
        }
    };
    Err(match status {
        401 | 403 => {
            let needs = needs();
            ForgeError::Unauthorised {
                request,
                status,
                message,
                needs,
            }
        }
        404 => {
            let needs = format!("check the project and the name; {}", needs());
            ForgeError::NotFound {
                request,
                message,
                needs,
            }
        }
        _ => ForgeError::Refused {
            request,
            status,
            message,
        },
    })
}

/// What to make of a request that got no answer.
pub(crate) fn unanswered(request: &str, error: reqwest::Error) -> ForgeError {
    let request = request.to_owned();
    // A certificate does not become right by trying again.
    if let Some(source) = certificate(&error) {
        return ForgeError::Untrusted { request, source };
    }
    let reason = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_body() {
        "the body could not be sent"
    } else {
        "the connection broke off"
    };
    let source: Option<Box<dyn Error + Send + Sync>> = Some(Box::new(error.without_url()));
    ForgeError::Transient {
        request,
        reason: reason.to_owned(),
        retry_after: None,
        source,
    }
}

/// The complaint about a certificate, wherever in the chain of causes it is.
fn certificate(error: &(dyn Error + 'static)) -> Option<rustls::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let within = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        let found = match within {
            Some(inner) => inner.downcast_ref::<rustls::Error>(),
            None => error.downcast_ref::<rustls::Error>(),
        };
        if let Some(found @ rustls::Error::InvalidCertificate(_)) = found {
            return Some(found.clone());
        }
        cause = match within {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// An answer's JSON, whatever else it holds.
pub(crate) fn json<T: DeserializeOwned>(
    response: Response,
    request: &str,
) -> Result<T, ForgeError> {
    let mut bytes = Vec::new();
    let read = response.take(JSON_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| ForgeError::Transient {
        request: request.to_owned(),
        reason: "the answer broke off".to_owned(),
        retry_after: None,
        source: Some(Box::new(error)),
    })?;
    if bytes.len() as u64 > JSON_BYTES {
        return Err(ForgeError::TooLarge {
            request: request.to_owned(),
            limit: JSON_BYTES,
        });
    }
    serde_json::from_slice(&bytes).map_err(|error| ForgeError::Answer {
        request: request.to_owned(),
        reason: error.to_string(),
    })
}

/// A header that is text.
pub(crate) fn header<'r>(response: &'r Response, name: &HeaderName) -> Option<&'r str> {
    response
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
}

/// What the server said about its refusal, in one line and without our token.
fn said(response: Response, identity: &dyn Identity) -> String {
    let mut bytes = Vec::new();
    // What broke off is not worth an error of its own: there is one already.
    let _ = response.take(ERROR_BYTES).read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let text = match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(json) => {
            let told = ["/message", "/error", "/errors/0/message"]
                .iter()
                .find_map(|key| json.pointer(key))
                .map(|told| {
                    told.as_str()
                        .map_or_else(|| told.to_string(), str::to_owned)
                })
                .unwrap_or_default();
            // MLflow's word for what happened, which GitLab says alone and MLflow in front of a text.
            match json.pointer("/error_code").and_then(|code| code.as_str()) {
                Some(code) if told.is_empty() => code.to_owned(),
                Some(code) => format!("{code}: {told}"),
                None => told,
            }
        }
        Err(_) if text.trim_start().starts_with('<') => "a page for people".to_owned(),
        Err(_) => text.into_owned(),
    };
    let text = identity.redact(&text);
    let line: String = text.trim().chars().take(ERROR_CHARS).collect();
    line.escape_debug().to_string()
}
