//! One file at an address that a person wrote: fetched as anybody could, without a credential.

use std::io::Write;
use std::sync::Arc;

use reqwest::Method;
use url::Url;
use yard_contract::Sha256;

use crate::client::{Call, Client};
use crate::clock::Clock;
use crate::error::ForgeError;
use crate::retry::Patience;
use crate::settings::Settings;
use crate::transfer::receive;

/// A file to fetch.
#[derive(Clone, Debug)]
pub struct Download {
    client: Client,
    url: Url,
}

impl Download {
    /// The file at a URL, encrypted or on this machine; redirects are followed, from https to http
    /// never.
    pub fn of(
        url: &str,
        settings: Settings,
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Result<Self, ForgeError> {
        let place = url.split(['?', '#']).next().unwrap_or_default();
        let client = Client::new(place, None, settings, clock, seed)?;
        let url = Url::parse(url).map_err(|_| ForgeError::Url {
            url: place.to_owned(),
            why: "it is not a URL",
        })?;
        Ok(Self { client, url })
    }

    /// Patience for several attempts, beginning now.
    pub fn patience(&self) -> Patience<'_> {
        self.client.patience()
    }

    /// Copies it to a writer, up to a limit; answers its length and digest. One attempt.
    pub fn copy(&self, out: &mut dyn Write, limit: u64) -> Result<(u64, Sha256), ForgeError> {
        let mut response = self.client.send(&Method::GET, self.url.clone(), None)?;
        let request = Call::new(Method::GET, self.url.clone()).shown();
        let (clock, stall) = (self.client.clock(), self.client.settings().stall_timeout);
        receive(&mut response, &request, out, limit, clock, stall)
    }
}
