//! A request's body, within a length and a time.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::StatusCode;
use hyper::body::{Body as _, Incoming};

use crate::refusal::Refusal;

/// Bytes beyond the limit that are still read and dropped: who is cut off in the middle of sending
/// often never sees the answer that says why.
const LINGER: usize = 8 << 20;

/// Reads a whole body. The time is for all of it, so a sender that trickles gains nothing.
pub(crate) async fn read(body: Incoming, limit: usize, time: Duration) -> Result<Bytes, Refusal> {
    let mut reading = pin!(collect(body, limit));
    // Mostly the body came with the head, and then no timer is needed.
    let at_once = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await;
    match at_once {
        Poll::Ready(read) => read,
        Poll::Pending => tokio::time::timeout(time, reading)
            .await
            .unwrap_or_else(|_| {
                let seconds = time.as_secs_f64();
                let message = format_args!("the body did not arrive within {seconds} s");
                Err(Refusal::new(
                    StatusCode::REQUEST_TIMEOUT,
                    "body_timeout",
                    message,
                ))
            }),
    }
}

async fn collect(mut body: Incoming, limit: usize) -> Result<Bytes, Refusal> {
    let announced = body.size_hint().lower();
    let mut left = limit + LINGER;
    if announced > left as u64 {
        return Err(too_large(limit));
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let broken = |_| {
            let message = "the body broke off or is not framed correctly";
            Refusal::new(StatusCode::BAD_REQUEST, "broken_body", message)
        };
        // Trailers are no data.
        let Ok(data) = frame.map_err(broken)?.into_data() else {
            continue;
        };
        left = left
            .checked_sub(data.len())
            .ok_or_else(|| too_large(limit))?;
        length += data.len();
        if length > limit {
            (first, rest) = (Bytes::new(), BytesMut::new());
        } else if first.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    if length > limit {
        Err(too_large(limit))
    } else if rest.is_empty() {
        Ok(first)
    } else {
        Ok(rest.freeze())
    }
}

fn too_large(limit: usize) -> Refusal {
    let message = format_args!("the body is longer than {limit} bytes");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
        .hint("send the rows in several requests, or score a file with `batch-predict`")
}
