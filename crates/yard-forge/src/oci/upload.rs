//! Sending a blob: at once, or in pieces that can be taken up again.

use std::sync::PoisonError;

use reqwest::Method;
use reqwest::blocking::Response;
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, HeaderValue, LOCATION, RANGE};
use url::Url;

use crate::answer::{self, header};
use crate::client::Call;
use crate::error::ForgeError;
use crate::oci::{OciRepository, named};
use crate::origin::shown;
use crate::transfer::Upload;

/// Sends a blob that is not there: at once where it is no longer than a piece, else piece by piece,
/// going on where an earlier attempt broke off.
pub(crate) fn push(
    repository: &OciRepository,
    upload: &Upload,
    piece: u64,
) -> Result<(), ForgeError> {
    if upload.size <= piece {
        let session = begin(repository)?;
        return finish(repository, upload, session, upload.size);
    }
    let (mut session, mut sent) = match resumed(repository, upload)? {
        Some(point) => point,
        None => (begin(repository)?, 0),
    };
    while sent < upload.size {
        remember(repository, upload, Some(session.clone()));
        let length = piece.min(upload.size - sent);
        let mut call = Call::new(Method::PATCH, session);
        let last = sent + length - 1;
        call.headers.insert(CONTENT_TYPE, octets());
        call.headers.insert(
            CONTENT_RANGE,
            crate::oci::login::header(&format!("{sent}-{last}"))?,
        );
        call.body = Some(upload.part(sent, length));
        let response = answered(repository, &call)?;
        session = next(&response, &call)?;
        sent = match arrived(&response) {
            None => last + 1,
            Some(arrived) if arrived > sent && arrived <= last + 1 => arrived,
            Some(_) => return Err(forgotten(&call)),
        };
    }
    remember(repository, upload, None);
    finish(repository, upload, session, 0)
}

/// Opens an upload.
fn begin(repository: &OciRepository) -> Result<Url, ForgeError> {
    let mut url = repository.url(&["blobs", "uploads"]);
    // The specification has the slash.
    url.set_path(&format!("{}/", url.path()));
    let call = Call::new(Method::POST, url);
    next(&answered(repository, &call)?, &call)
}

/// Closes an upload, with all of the blob or with nothing more of it.
fn finish(
    repository: &OciRepository,
    upload: &Upload,
    mut session: Url,
    length: u64,
) -> Result<(), ForgeError> {
    session
        .query_pairs_mut()
        .append_pair("digest", &named(&upload.sha256));
    let mut call = Call::new(Method::PUT, session);
    call.headers.insert(CONTENT_TYPE, octets());
    call.body = Some(upload.part(0, length));
    answered(repository, &call).map(drop)
}

/// Where an upload that broke off goes on, if the registry still knows it.
fn resumed(repository: &OciRepository, upload: &Upload) -> Result<Option<(Url, u64)>, ForgeError> {
    let begun = repository.begun.lock();
    let begun = begun
        .unwrap_or_else(PoisonError::into_inner)
        .get(&upload.sha256)
        .cloned();
    let Some(session) = begun else {
        return Ok(None);
    };
    let call = Call::new(Method::GET, session.clone());
    let answer = repository.ask(&call)?;
    let Some(response) = repository.found(answer, Method::GET)? else {
        return Ok(None);
    };
    let session = match header(&response, &LOCATION) {
        Some(_) => next(&response, &call)?,
        None => session,
    };
    Ok(Some((session, arrived(&response).unwrap_or(0))))
}

fn remember(repository: &OciRepository, upload: &Upload, session: Option<Url>) {
    let mut begun = repository
        .begun
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    match session {
        Some(session) => begun.insert(upload.sha256, session),
        None => begun.remove(&upload.sha256),
    };
}

/// An answer that is a success. An upload that the registry has forgotten is begun anew by whoever
/// tries again.
fn answered(repository: &OciRepository, call: &Call<'_>) -> Result<Response, ForgeError> {
    let (response, at_home) = repository.ask(call)?;
    let is_step = matches!(call.method, Method::PATCH | Method::PUT);
    if is_step && matches!(response.status().as_u16(), 404 | 416) {
        return Err(forgotten(call));
    }
    answer::success(response, call.shown(), at_home, repository)
}

fn forgotten(call: &Call<'_>) -> ForgeError {
    ForgeError::Transient {
        request: call.shown(),
        reason: "the registry does not know this upload any more".to_owned(),
        retry_after: None,
        source: None,
    }
}

/// Where the next step of an upload goes.
fn next(response: &Response, call: &Call<'_>) -> Result<Url, ForgeError> {
    let location = header(response, &LOCATION).unwrap_or_default();
    let next = call
        .url
        .join(location)
        .ok()
        .filter(|_| !location.is_empty());
    let next = next.ok_or_else(|| ForgeError::Answer {
        request: call.shown(),
        reason: "it names no place to go on".to_owned(),
    })?;
    let is_home = crate::origin::Origin::of(&next)? == crate::origin::Origin::of(&call.url)?;
    if !is_home {
        return Err(ForgeError::Redirect {
            request: call.shown(),
            to: shown(&next),
            why: "an upload stays at its origin",
        });
    }
    Ok(next)
}

/// How many bytes have arrived: `Range: 0-LAST`.
fn arrived(response: &Response) -> Option<u64> {
    let (_, last) = header(response, &RANGE)?.rsplit_once('-')?;
    let last: u64 = last.parse().ok()?;
    // A registry that has nothing yet says `0-0`, or nothing.
    Some(if last == 0 { 0 } else { last.checked_add(1)? })
}

const fn octets() -> HeaderValue {
    HeaderValue::from_static("application/octet-stream")
}
