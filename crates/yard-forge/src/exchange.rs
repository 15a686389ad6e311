//! One plain request and its whole answer, whatever its status: for a service that is examined
//! rather than used.

use std::io::Read as _;
use std::sync::Arc;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;

use crate::answer::{self, header};
use crate::client::Client;
use crate::clock::Clock;
use crate::error::ForgeError;
use crate::origin::shown;
use crate::settings::Settings;

/// Bytes of an answer that are read.
const BYTES: u64 = 16 << 20;

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub enum Ask<'a> {
    /// `GET`.
    Look,
    /// `POST` of a JSON text.
    Json(&'a [u8]),
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The media type, without its parameters; empty where none is given.
    pub media: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Client {
    /// A client that has no credential to lose, and so may speak to any host without encryption:
    /// services in a cluster or beside a CI job have plain names and no certificates.
    pub fn without_credential(
        base: &str,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ForgeError> {
        Self::build(base, None, settings, clock, 0)
    }

    /// Sends one request to a path below the base and reads the answer, a refusal or a redirect
    /// like any other: only what never became an answer is an error.
    pub fn exchange(&self, path: &[&str], ask: Ask<'_>) -> Result<Reply, ForgeError> {
        let url = self.url(path, &[]);
        let method = match ask {
            Ask::Look => Method::GET,
            Ask::Json(_) => Method::POST,
        };
        let request = format!("{method} {}", shown(&url));
        let mut builder = self.http().request(method, url);
        if let Ask::Json(body) = ask {
            builder = builder
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_vec());
        }
        let transient = |reason: String, source: Box<dyn std::error::Error + Send + Sync>| {
            ForgeError::Transient {
                request: request.clone(),
                reason,
                retry_after: None,
                source: Some(source),
            }
        };
        let response = builder
            .send()
            .map_err(|error| answer::unanswered(&request, error))?;
        let status = response.status().as_u16();
        let media = header(&response, &CONTENT_TYPE).unwrap_or_default();
        let media = media
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let mut body = Vec::new();
        let read = response.take(BYTES + 1).read_to_end(&mut body);
        read.map_err(|error| transient("the answer broke off".to_owned(), Box::new(error)))?;
        if body.len() as u64 > BYTES {
            return Err(ForgeError::TooLarge {
                request,
                limit: BYTES,
            });
        }
        Ok(Reply {
            status,
            media,
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;

    use super::*;
    use crate::clock::Monotonic;

    #[test]
    fn every_answer_is_a_reply() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut seen = vec![0; 4096];
            let length = stream.read(&mut seen).unwrap();
            let answer = "HTTP/1.1 400 Bad Request\r\ncontent-type: Application/JSON; charset=utf-8\r\n\
                          connection: close\r\ncontent-length: 2\r\n\r\n{}";
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&seen[..length]).into_owned()
        });
        let clock = Arc::new(Monotonic::start());
        let client = Client::without_credential(&base, Settings::default(), clock).unwrap();
        let reply = client.exchange(&["a", "b c"], Ask::Json(b"[1]")).unwrap();
        assert_eq!(
            (reply.status, reply.media.as_str()),
            (400, "application/json")
        );
        assert_eq!(reply.body, b"{}");
        let sent = server.join().unwrap();
        assert!(sent.starts_with("POST /a/b%20c HTTP/1.1\r\n"), "{sent}");
        assert!(
            sent.to_lowercase()
                .contains("content-type: application/json\r\n"),
            "{sent}"
        );
    }

    #[test]
    fn plain_hosts_are_spoken_to_without_a_credential_only() {
        let clock = || Arc::new(Monotonic::start());
        let base = "http://model.internal:8080";
        assert!(Client::without_credential(base, Settings::default(), clock()).is_ok());
        assert!(Client::new(base, None, Settings::default(), clock(), 0).is_err());
    }
}
