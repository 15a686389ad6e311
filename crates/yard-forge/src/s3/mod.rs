//! Buckets of object stores that speak Amazon's S3: named bytes that may be replaced.

mod signature;

use std::sync::Arc;
use std::time::SystemTime;

use reqwest::Method;
use url::Url;
use yard_contract::Sha256;

use crate::answer;
use crate::ci::Variables;
use crate::client::{Call, Client};
use crate::clock::Clock;
use crate::credential::{Identity, Secret};
use crate::error::ForgeError;
use crate::origin::shown;
use crate::retry::Patience;
use crate::settings::Settings;
use crate::transfer::{Upload, receive};
use signature::Request;

/// A place in a bucket, below which objects lie.
///
/// Nothing is redirected: what proves who we are would be sent along.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Client,
    keys: Keys,
    region: String,
}

/// What proves who we are.
#[derive(Clone, Debug)]
struct Keys {
    id: String,
    secret: Secret,
    /// Of keys that are good for a session only.
    token: Option<Secret>,
}

impl Bucket {
    /// `BUCKET` or `BUCKET/PREFIX`, by the variables that Amazon's own clients read:
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION` or
    /// `AWS_DEFAULT_REGION`, and `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` of stores that are not
    /// Amazon's.
    pub fn open(
        place: &str,
        variables: &Variables,
        settings: Settings,
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Result<Self, ForgeError> {
        let refuse = |why: &str| ForgeError::Setting {
            what: format!("`s3://{}`", place.escape_debug()),
            why: why.to_owned(),
        };
        let parts: Vec<&str> = place.trim_end_matches('/').split('/').collect();
        // What needs no escapes in a URL is signed as it is sent.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let is_plain = |part: &&str| !matches!(*part, "" | "." | "..") && part.bytes().all(plain);
        if !parts.iter().all(is_plain) {
            return Err(refuse(
                "expected BUCKET or BUCKET/PREFIX of letters, digits, `-`, `_` and `.`",
            ));
        }
        let either = |one: &str, other: &str| variables.get(one).or_else(|| variables.get(other));
        let (id, secret) = variables
            .get("AWS_ACCESS_KEY_ID")
            .zip(variables.secret("AWS_SECRET_ACCESS_KEY"))
            .ok_or_else(|| refuse("`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are not set"))?;
        let region = either("AWS_REGION", "AWS_DEFAULT_REGION");
        let endpoint = either("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
        let base = match (endpoint, region) {
            (Some(endpoint), _) => {
                format!("{}/{}", endpoint.trim_end_matches('/'), parts.join("/"))
            }
            (None, Some(region)) => {
                let (bucket, rest) = (parts[0], parts[1..].join("/"));
                format!("https://{bucket}.s3.{region}.amazonaws.com/{rest}")
            }
            (None, None) => {
                return Err(refuse(
                    "neither `AWS_REGION` nor `AWS_ENDPOINT_URL_S3` is set",
                ));
            }
        };
        Ok(Self {
            client: Client::new(&base, None, settings, clock, seed)?,
            keys: Keys {
                id: id.to_owned(),
                secret,
                token: variables.secret("AWS_SESSION_TOKEN"),
            },
            region: region.unwrap_or("us-east-1").to_owned(),
        })
    }

    /// Patience by the settings.
    pub fn patience(&self) -> Patience<'_> {
        self.client.patience()
    }

    /// Stores an object, in place of any that is there.
    pub fn put(&self, name: &str, upload: &Upload) -> Result<(), ForgeError> {
        self.ask(&Method::PUT, name, Some(upload)).map(drop)
    }

    /// An object of up to so many bytes; nothing where there is none.
    pub fn get(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, ForgeError> {
        let mut answer = match self.ask(&Method::GET, name, None) {
            Err(ForgeError::NotFound { .. }) => return Ok(None),
            answer => answer?,
        };
        let request = format!("GET {}", shown(&self.url(name)));
        let (clock, stall) = (self.client.clock(), self.client.settings().stall_timeout);
        let mut bytes = Vec::new();
        receive(&mut answer, &request, &mut bytes, limit, clock, stall)?;
        Ok(Some(bytes))
    }

    /// Removes an object, whether it is there or not.
    pub fn delete(&self, name: &str) -> Result<(), ForgeError> {
        match self.ask(&Method::DELETE, name, None) {
            Err(ForgeError::NotFound { .. }) => Ok(()),
            answer => answer.map(drop),
        }
    }

    fn url(&self, name: &str) -> Url {
        self.client.url(&[name], &[])
    }

    fn ask(
        &self,
        method: &Method,
        name: &str,
        upload: Option<&Upload>,
    ) -> Result<reqwest::blocking::Response, ForgeError> {
        let url = self.url(name);
        #[expect(
            clippy::disallowed_methods,
            reason = "a signature is good for some minutes around its time; it enters no artifact"
        )]
        let now = SystemTime::now();
        let request = Request {
            method: method.as_str(),
            url: &url,
            body: upload.map_or_else(|| Sha256::of(b""), |upload| upload.sha256),
            time: now,
        };
        let headers = signature::headers(&request, &self.keys, &self.region)?;
        let mut call = Call::new(method.clone(), url);
        call.headers = headers;
        call.body = upload.map(Upload::whole);
        let response = self.client.send_alone(&call)?;
        answer::success(response, call.shown(), true, &self.keys)
    }
}

impl Identity for Keys {
    fn needs(&self, status: u16) -> String {
        match status {
            404 => "check the bucket's name and `AWS_ENDPOINT_URL_S3`",
            _ => {
                "`AWS_ACCESS_KEY_ID` has to be known there, `AWS_SECRET_ACCESS_KEY` its own, \
                 `AWS_REGION` the bucket's, this machine's clock right, and the key needs to read, \
                 write and delete objects below the prefix"
            }
        }
        .to_owned()
    }

    fn redact(&self, text: &str) -> String {
        let text = self.secret.redact(text);
        match &self.token {
            Some(token) => token.redact(&text),
            None => text,
        }
    }
}
