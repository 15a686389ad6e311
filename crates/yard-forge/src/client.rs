//! The HTTP client: one base URL, at most one credential, redirects by hand.

use std::fmt;
use std::sync::Arc;

use reqwest::blocking::Response;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Method, StatusCode};
use url::Url;

use crate::answer;
use crate::clock::Clock;
use crate::credential::{Credential, Identity};
use crate::error::ForgeError;
use crate::origin::{Origin, shown};
use crate::retry::Patience;
use crate::settings::Settings;
use crate::tls;
use crate::transfer::{Part, Upload, time_for};

/// Redirects that are followed for one request.
const HOPS: usize = 5;

/// A client for one forge.
#[derive(Clone)]
pub struct Client {
    http: reqwest::blocking::Client,
    base: Url,
    origin: Origin,
    credential: Option<Credential>,
    settings: Settings,
    clock: Arc<dyn Clock>,
    seed: u64,
}

impl Client {
    /// A client for the API below `base`. Without encryption only this machine is spoken to, and
    /// `seed` spreads the retries of processes that run side by side.
    pub fn new(
        base: &str,
        credential: Option<Credential>,
        settings: Settings,
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Result<Self, ForgeError> {
        let client = Self::build(base, credential, settings, clock, seed)?;
        if !client.origin.is_https() && !client.origin.is_loopback() {
            return Err(ForgeError::Url {
                url: shown(&client.base),
                why: "it is not encrypted, and not on this machine",
            });
        }
        Ok(client)
    }

    /// A client for any URL, encrypted or not.
    pub(crate) fn build(
        base: &str,
        credential: Option<Credential>,
        settings: Settings,
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Result<Self, ForgeError> {
        let refuse = |why| ForgeError::Url {
            url: base
                .split(['?', '#', '@'])
                .next()
                .unwrap_or_default()
                .to_owned(),
            why,
        };
        let base = Url::parse(base.trim_end_matches('/')).map_err(|_| refuse("it is not a URL"))?;
        let origin = Origin::of(&base)?;
        if base.query().is_some() || base.fragment().is_some() {
            return Err(refuse("a base URL has no query and no fragment"));
        }
        if credential
            .as_ref()
            .is_some_and(|credential| credential.header().is_none())
        {
            let variable = credential.as_ref().map_or("", Credential::variable);
            let what = format!("the token in `{variable}`");
            let why = "it has characters that no HTTP header can carry".to_owned();
            return Err(ForgeError::Setting { what, why });
        }
        let mut builder = reqwest::blocking::Client::builder()
            .user_agent(concat!("trainyard/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .no_proxy()
            .tls_backend_preconfigured(tls::config(&settings)?)
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.stall_timeout);
        for proxy in settings.proxies()? {
            builder = builder.proxy(proxy);
        }
        let http = builder.build().map_err(|error| ForgeError::Setting {
            what: "the connection".to_owned(),
            why: error.without_url().to_string(),
        })?;
        Ok(Self {
            http,
            base,
            origin,
            credential,
            settings,
            clock,
            seed,
        })
    }

    /// Patience by this client's settings.
    pub fn patience(&self) -> Patience<'_> {
        Patience::new(self.settings.retry, self.clock.as_ref(), self.seed)
    }

    /// To whom this client speaks.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The same connections, clock and patience for another base, to which no credential goes.
    pub(crate) fn beside(&self, base: Url) -> Result<Self, ForgeError> {
        let origin = Origin::of(&base)?;
        Ok(Self {
            base,
            origin,
            credential: None,
            ..self.clone()
        })
    }

    pub(crate) const fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }

    /// Who this client is, for what a refusal means.
    pub(crate) fn identity(&self) -> &dyn Identity {
        &self.credential
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    pub(crate) const fn http(&self) -> &reqwest::blocking::Client {
        &self.http
    }

    pub(crate) const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The URL of a path below the base; every segment is escaped.
    pub(crate) fn url(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        // Only URLs that have no path refuse this, and ours is http.
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Sends one request and follows its redirects. Answers with another status than a success are
    /// errors.
    pub(crate) fn send(
        &self,
        method: &Method,
        url: Url,
        upload: Option<&Upload>,
    ) -> Result<Response, ForgeError> {
        let mut call = Call::new(method.clone(), url);
        call.body = upload.map(Upload::whole);
        let proof = self.credential.as_ref().and_then(Credential::header);
        let (response, at_home) = self.dispatch(&call, proof.as_ref())?;
        answer::success(response, call.shown(), at_home, &self.credential)
    }

    /// Sends one request and follows its redirects; answers whatever comes, and whether it comes
    /// from the configured origin. The proof of who we are goes to that origin only.
    pub(crate) fn dispatch(
        &self,
        call: &Call<'_>,
        proof: Option<&(HeaderName, HeaderValue)>,
    ) -> Result<(Response, bool), ForgeError> {
        let request = call.shown();
        let mut url = call.url.clone();
        let mut at_home = Origin::of(&url)? == self.origin;
        if !at_home && call.is_write() {
            let why = "a request that writes stays at its origin";
            return Err(ForgeError::Url {
                url: shown(&url),
                why,
            });
        }
        for _ in 0..=HOPS {
            let proof = proof.filter(|_| at_home);
            let response = self.send_once(call, &url, proof, &request)?;
            if !is_redirect(response.status()) {
                return Ok((response, at_home));
            }
            let next = self.next(&response, call, &url, &request)?;
            // Whoever has left is not recognised again: the way back was chosen by somebody else.
            at_home = at_home && Origin::of(&next)? == self.origin;
            url = next;
        }
        let to = shown(&url);
        Err(ForgeError::Redirect {
            request,
            to,
            why: "there were too many redirects",
        })
    }

    /// Sends one request as it is; answers whatever comes, and a redirect is an error.
    pub(crate) fn send_alone(&self, call: &Call<'_>) -> Result<Response, ForgeError> {
        let request = call.shown();
        let response = self.send_once(call, &call.url, None, &request)?;
        if is_redirect(response.status()) {
            let to = answer::header(&response, &LOCATION).unwrap_or_default();
            let to = to.escape_debug().to_string();
            let why = "a signed request goes where it was meant to go";
            return Err(ForgeError::Redirect { request, to, why });
        }
        Ok(response)
    }

    fn send_once(
        &self,
        call: &Call<'_>,
        url: &Url,
        proof: Option<&(HeaderName, HeaderValue)>,
        request: &str,
    ) -> Result<Response, ForgeError> {
        let mut builder = self.http.request(call.method.clone(), url.clone());
        builder = builder.headers(call.headers.clone());
        if let Some((name, value)) = proof {
            builder = builder.header(name, value);
        }
        let mut sent = None;
        if let Some(part) = &call.body {
            let (body, watch) = part.body()?;
            sent = Some((part, watch));
            builder = builder
                .timeout(time_for(part.length, self.settings.stall_timeout))
                .body(body);
        }
        let response = builder
            .send()
            .map_err(|error| answer::unanswered(request, error))?;
        if let Some((part, watch)) = sent.filter(|_| response.status().is_success()) {
            part.check(&watch)?;
        }
        Ok(response)
    }

    /// Where a redirect leads, if it may be followed.
    fn next(
        &self,
        response: &Response,
        call: &Call<'_>,
        from: &Url,
        request: &str,
    ) -> Result<Url, ForgeError> {
        let location = response
            .headers()
            .get(LOCATION)
            .and_then(|value| value.to_str().ok());
        let target = location.and_then(|location| from.join(location).ok());
        let refuse = |to: &str, why| {
            let (request, to) = (request.to_owned(), to.escape_debug().to_string());
            Err(ForgeError::Redirect { request, to, why })
        };
        let Some(target) = target else {
            return refuse(location.unwrap_or_default(), "it is not a URL");
        };
        let to = shown(&target);
        let Ok(origin) = Origin::of(&target) else {
            return refuse(&to, "it is not a plain https or http URL");
        };
        if from.scheme() == "https" && !origin.is_https() {
            return refuse(&to, "it leads from https to http");
        }
        if call.is_write() {
            if origin != self.origin {
                return refuse(&to, "a request that writes stays at its origin");
            }
            let kept = [
                StatusCode::TEMPORARY_REDIRECT,
                StatusCode::PERMANENT_REDIRECT,
            ];
            if !kept.contains(&response.status()) {
                return refuse(
                    &to,
                    "it would turn a request that writes into one that reads",
                );
            }
        }
        Ok(target)
    }
}

/// One request, as the forges' modules put it together.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Part<'a>>,
}

impl Call<'_> {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
        }
    }

    /// Method and URL, as messages name it.
    pub(crate) fn shown(&self) -> String {
        format!("{} {}", self.method, shown(&self.url))
    }

    fn is_write(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD)
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &shown(&self.base))
            .field("credential", &self.credential)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
