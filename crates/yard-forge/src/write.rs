//! Requests that carry JSON, to the configured origin and nowhere else.

use reqwest::Method;
use reqwest::blocking::Response;
use reqwest::header::CONTENT_TYPE;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::answer::{self, json};
use crate::client::Client;
use crate::credential::Credential;
use crate::error::ForgeError;
use crate::origin::shown;

impl Client {
    /// Sends JSON once. A redirect is an error here: what writes goes where it was meant to go.
    pub(crate) fn write(
        &self,
        method: &Method,
        url: &Url,
        body: &impl Serialize,
    ) -> Result<Response, ForgeError> {
        let request = format!("{method} {}", shown(url));
        let text = serde_json::to_vec(body).map_err(|error| ForgeError::Answer {
            request: request.clone(),
            reason: error.to_string(),
        })?;
        let mut builder = self.http().request(method.clone(), url.clone());
        let header = self.credential().and_then(Credential::header);
        if let Some((name, value)) = header {
            builder = builder.header(name, value);
        }
        let response = builder
            .header(CONTENT_TYPE, "application/json")
            .body(text)
            .send()
            .map_err(|error| answer::unanswered(&request, error))?;
        if response.status().is_redirection() {
            let to = response.headers().get("location");
            let to = to.and_then(|to| to.to_str().ok()).unwrap_or_default();
            let to = Url::parse(to).map_or_else(|_| to.escape_debug().to_string(), |to| shown(&to));
            let why = "a request that writes goes where it was meant to go";
            return Err(ForgeError::Redirect { request, to, why });
        }
        answer::success(response, request, true, self.identity())
    }

    /// Sends JSON and reads JSON.
    pub(crate) fn ask<T: DeserializeOwned>(
        &self,
        method: &Method,
        url: &Url,
        body: &impl Serialize,
    ) -> Result<T, ForgeError> {
        let request = format!("{method} {}", shown(url));
        json(self.write(method, url, body)?, &request)
    }

    /// Reads JSON.
    pub(crate) fn look<T: DeserializeOwned>(&self, url: Url) -> Result<T, ForgeError> {
        let request = format!("GET {}", shown(&url));
        json(self.send(&Method::GET, url, None)?, &request)
    }
}
