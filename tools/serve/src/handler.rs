//! From a request to its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER,
};
use hyper::{Method, Request, Response, StatusCode};
use yard_report::metrics::PROMETHEUS_TYPE;

use crate::metrics::Path;
use crate::refusal::Refusal;
use crate::worker::Worker;
use crate::{body, rows};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const CLOSE: HeaderValue = HeaderValue::from_static("close");
const ONE_SECOND: HeaderValue = HeaderValue::from_static("1");

/// What is answered: bytes of a type, or a refusal.
type Answer = Result<(HeaderValue, Bytes), Refusal>;

/// Answers one request, and counts it.
pub(crate) async fn answer(worker: &Worker, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let path = match request.uri().path() {
        "/predict" => Path::Predict,
        "/health/live" => Path::Live,
        "/health/ready" => Path::Ready,
        "/metrics" => Path::Metrics,
        "/" => Path::About,
        _ => Path::Other,
    };
    let answer = if path == Path::Predict {
        let start = Instant::now();
        let answer = predict(worker, request).await;
        worker.shard().took(start.elapsed());
        answer
    } else {
        look(worker, path, request.method())
    };
    let is_draining = worker.metrics.draining.load(Relaxed);
    let response = respond(answer, is_draining);
    worker.shard().answered(path, response.status());
    response
}

fn respond(answer: Answer, is_draining: bool) -> Response<Full<Bytes>> {
    let (mut response, closes) = match answer {
        Ok((kind, bytes)) => {
            let mut response = Response::new(Full::new(bytes));
            response.headers_mut().insert(CONTENT_TYPE, kind);
            (response, false)
        }
        Err(refusal) => {
            let mut response = Response::new(Full::from(refusal.to_json()));
            *response.status_mut() = refusal.status;
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, JSON);
            if let Some(methods) = refusal.allow {
                headers.insert(ALLOW, HeaderValue::from_static(methods));
            }
            let busy = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::REQUEST_TIMEOUT];
            if busy.contains(&refusal.status) {
                headers.insert(RETRY_AFTER, ONE_SECOND);
            }
            // The rest of such a body is not read, so nothing can follow it.
            let cut = [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::REQUEST_TIMEOUT];
            let is_cut = cut.contains(&refusal.status);
            (response, is_cut)
        }
    };
    if closes || is_draining {
        response.headers_mut().insert(CONNECTION, CLOSE);
    }
    response
}

/// Everything but predictions: what is only looked at.
fn look(worker: &Worker, path: Path, method: &Method) -> Answer {
    if path == Path::Other {
        let refusal = Refusal::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here");
        return Err(refusal.hint("`GET /` lists what there is"));
    }
    if *method != Method::GET && *method != Method::HEAD {
        return Err(wrong_method("GET, HEAD"));
    }
    match path {
        Path::Ready if worker.metrics.draining.load(Relaxed) => {
            let unavailable = StatusCode::SERVICE_UNAVAILABLE;
            Err(Refusal::new(
                unavailable,
                "draining",
                "the server is about to end",
            ))
        }
        Path::Ready => Ok((JSON, Bytes::from_static(b"{\"status\":\"ready\"}\n"))),
        Path::Live => Ok((JSON, Bytes::from_static(b"{\"status\":\"live\"}\n"))),
        Path::Metrics => {
            let text = worker.metrics.render(&worker.served);
            let text = text.map_err(|_| Refusal::internal())?;
            Ok((HeaderValue::from_static(PROMETHEUS_TYPE), text.into()))
        }
        _ => Ok((JSON, worker.served.about.clone())),
    }
}

fn wrong_method(allow: &'static str) -> Refusal {
    let message = format_args!("only {allow} can be asked for here");
    Refusal {
        allow: Some(allow),
        ..Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            message,
        )
    }
}

async fn predict(worker: &Worker, request: Request<Incoming>) -> Answer {
    if *request.method() != Method::POST {
        return Err(wrong_method("POST"));
    }
    check_type(request.headers())?;
    let limits = &worker.limits;
    let body = body::read(request.into_body(), limits.body_bytes, limits.timeout).await?;
    // A defect in the engine costs this request and no other.
    let scored = catch_unwind(AssertUnwindSafe(|| score(worker, &body)));
    let bytes = scored.unwrap_or_else(|_| Err(Refusal::internal()))?;
    Ok((JSON, bytes))
}

fn score(worker: &Worker, body: &[u8]) -> Result<Bytes, Refusal> {
    // Nothing waits while it is borrowed, so it is never borrowed twice.
    let mut batch = worker.batch.borrow_mut();
    rows::read(body, &mut batch, worker.limits.rows)?;
    let predicted = worker.served.model.predictor.predict_batch(&batch);
    let answers = predicted.map_err(|error| Refusal::predict(&error))?;
    worker.count(&batch, &answers);
    Ok(worker.served.answer(&answers))
}

fn check_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let media = headers
        .get(CONTENT_TYPE)
        .map_or("", |value| value.to_str().unwrap_or_default());
    let media = media.split(';').next().unwrap_or_default().trim();
    let refuse = |message: &str, hint: &str| {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Err(Refusal::new(status, "unsupported_media_type", message).hint(hint))
    };
    if !media.eq_ignore_ascii_case("application/json") {
        return refuse(
            "the body is not declared as JSON",
            "send `Content-Type: application/json`",
        );
    }
    match headers.get(CONTENT_ENCODING) {
        Some(coding) if coding != "identity" => {
            refuse("the body is encoded", "send it without `Content-Encoding`")
        }
        _ => Ok(()),
    }
}
