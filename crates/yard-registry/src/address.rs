//! Where an OCI repository is: `oci://HOST[:PORT]/REPOSITORY`.

use std::fmt;
use std::str::FromStr;

use url::Url;
use yard_forge::{Client, GitLabJob, Login, OciRepository, Origin, Variables};

use crate::error::RegistryError;
use crate::spec::{Connection, SpecFlaw};

/// A repository's address. `oci://` is encrypted, except on this machine; `oci+https://` is
/// encrypted there too, and `oci+http://` nowhere: then no login is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OciAddress {
    text: String,
    base: Url,
    repository: String,
    is_plain: bool,
}

impl FromStr for OciAddress {
    type Err = SpecFlaw;

    fn from_str(text: &str) -> Result<Self, SpecFlaw> {
        let shown = text.split_once('@').map_or(text, |_| "oci://…@…");
        let unknown = || SpecFlaw::Unknown(shown.escape_debug().to_string());
        let (scheme, rest) = text.split_once("://").ok_or_else(unknown)?;
        let (host, repository) = rest.split_once('/').ok_or_else(unknown)?;
        let base = |scheme: &str| {
            let url = Url::parse(&format!("{scheme}://{host}/")).ok();
            url.filter(|url| url.path() == "/" && url.username().is_empty())
        };
        let is_here = || {
            let origin = Origin::of(&base("http")?).ok()?;
            Some(origin.is_loopback())
        };
        let (base, is_plain) = match scheme {
            "oci" if is_here() == Some(true) => (base("http"), false),
            "oci" | "oci+https" => (base("https"), false),
            "oci+http" => (base("http"), is_here() != Some(true)),
            _ => (None, false),
        };
        let is_whole = !repository.is_empty()
            && !repository.contains(['@', ':', '?', '#'])
            && !host.is_empty()
            && !host.contains('@');
        let base = base.filter(|_| is_whole).ok_or_else(unknown)?;
        Ok(Self {
            text: text.to_owned(),
            base,
            repository: repository.trim_end_matches('/').to_owned(),
            is_plain,
        })
    }
}

impl OciAddress {
    /// Opens the repository with the login that the environment has for its host.
    pub fn open(
        &self,
        variables: &Variables,
        connection: &Connection,
    ) -> Result<OciRepository, RegistryError> {
        let Connection {
            settings,
            clock,
            seed,
        } = connection.clone();
        let base = self.base.as_str();
        let (client, login) = if self.is_plain {
            (Client::without_credential(base, settings, clock)?, None)
        } else {
            let login = Login::find(&self.host(), variables)?;
            (Client::new(base, None, settings, clock, seed)?, login)
        };
        let realm = realm(variables);
        Ok(OciRepository::new(client, &self.repository, login, realm)?)
    }

    /// How a container runtime names an image in it: `HOST[:PORT]/REPOSITORY`.
    pub fn image(&self) -> String {
        format!("{}/{}", self.host(), self.repository)
    }

    fn host(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        match self.base.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

/// The site that gives tokens, where a person or the GitLab job names one.
fn realm(variables: &Variables) -> Option<Origin> {
    let job = GitLabJob::detect(variables).map(|job| job.api_url);
    let named = variables.get("OCI_REALM").map(str::to_owned).or(job)?;
    Origin::of(&Url::parse(&named).ok()?).ok()
}

impl fmt::Display for OciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_a_host_and_a_repository_and_nothing_else() {
        for (text, base, image) in [
            (
                "oci://r.example.org/a/b",
                "https://r.example.org/",
                "r.example.org/a/b",
            ),
            (
                "oci://127.0.0.1:5000/a",
                "http://127.0.0.1:5000/",
                "127.0.0.1:5000/a",
            ),
            (
                "oci+https://localhost:5000/a/",
                "https://localhost:5000/",
                "localhost:5000/a",
            ),
            (
                "oci+http://r.test:5000/a",
                "http://r.test:5000/",
                "r.test:5000/a",
            ),
        ] {
            let address: OciAddress = text.parse().unwrap();
            assert_eq!(
                (address.base.as_str(), address.image()),
                (base, image.to_owned())
            );
            assert_eq!(address.is_plain, text.starts_with("oci+http:"));
        }
        for bad in [
            "oci:",
            "oci://",
            "oci:///a",
            "oci://host",
            "oci://host/",
            "oci://me:pw@host/a",
            "oci://host/a:1",
            "oci://host/a@sha256:0",
            "oci://host/a?b",
            "docker://host/a",
        ] {
            let error = bad.parse::<OciAddress>().unwrap_err().to_string();
            assert!(!error.contains("pw"), "{error}");
        }
    }
}
