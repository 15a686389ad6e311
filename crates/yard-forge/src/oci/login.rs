//! Who we are to an OCI registry.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::ci::Variables;
use crate::credential::Secret;
use crate::error::ForgeError;

/// A user name and a password or token, for one registry.
#[derive(Clone, Debug)]
pub struct Login {
    user: String,
    password: Secret,
    /// Where it comes from, as hints name it.
    source: &'static str,
}

/// What `docker login` and its relatives write.
#[derive(Deserialize)]
struct AuthFile {
    #[serde(default)]
    auths: BTreeMap<String, AuthEntry>,
}

#[derive(Deserialize)]
struct AuthEntry {
    #[serde(default)]
    auth: String,
}

impl Login {
    /// A user and a password.
    pub fn new(user: &str, password: &str) -> Self {
        Self {
            user: user.trim().to_owned(),
            password: Secret::new(password),
            source: "the login",
        }
    }

    /// The login for a registry (`host` or `host:port`). In this order: `OCI_USERNAME` and
    /// `OCI_PASSWORD`, which a person set for the registry named (or for `OCI_REGISTRY` alone,
    /// where that is set); the GitLab job's own, for the server's own registry; what
    /// `DOCKER_AUTH_CONFIG`, `REGISTRY_AUTH_FILE` or `config.json` of `docker login` hold for this
    /// host. Nothing where none fits: many registries give to anybody.
    pub fn find(host: &str, variables: &Variables) -> Result<Option<Self>, ForgeError> {
        let pair = |user: &str, password: &str, source| {
            let user = variables.get(user)?.to_owned();
            let password = variables.secret(password)?;
            Some(Self {
                user,
                password,
                source,
            })
        };
        let is_meant = variables.get("OCI_REGISTRY").is_none_or(|own| own == host);
        let own = pair("OCI_USERNAME", "OCI_PASSWORD", "`OCI_PASSWORD`");
        if let Some(login) = own.filter(|_| is_meant) {
            return Ok(Some(login));
        }
        if variables.get("CI_REGISTRY") == Some(host) {
            let job = pair(
                "CI_REGISTRY_USER",
                "CI_REGISTRY_PASSWORD",
                "`CI_REGISTRY_PASSWORD`",
            );
            if job.is_some() {
                return Ok(job);
            }
        }
        if let Some(text) = variables.get("DOCKER_AUTH_CONFIG") {
            let source = "`DOCKER_AUTH_CONFIG`";
            if let Some(login) = Self::listed(text.as_bytes(), host, source)? {
                return Ok(Some(login));
            }
        }
        let Some(path) = auth_file(variables).filter(|path| path.is_file()) else {
            return Ok(None);
        };
        let bytes = std::fs::read(&path).map_err(|source| ForgeError::File { path, source })?;
        Self::listed(&bytes, host, "the file of `docker login`")
    }

    /// The entry of an authentication file for a host.
    fn listed(bytes: &[u8], host: &str, source: &'static str) -> Result<Option<Self>, ForgeError> {
        // The parser's own words might repeat a password.
        let unusable = |why: &str| ForgeError::Setting {
            what: source.to_owned(),
            why: why.to_owned(),
        };
        let file: AuthFile = serde_json::from_slice(bytes)
            .map_err(|_| unusable("it is not JSON with `auths` by host"))?;
        let of_host = |key: &str| {
            let key = key.strip_prefix("https://").unwrap_or(key);
            key.split('/').next() == Some(host)
        };
        let Some((_, entry)) = file.auths.iter().find(|(key, _)| of_host(key)) else {
            return Ok(None);
        };
        if entry.auth.is_empty() {
            // A credential helper keeps it; we start no programs.
            return Ok(None);
        }
        let wrong = || unusable("an `auth` is not the Base64 form of `user:password`");
        let text = STANDARD.decode(entry.auth.trim()).map_err(|_| wrong())?;
        let text = String::from_utf8(text).map_err(|_| wrong())?;
        let (user, password) = text.split_once(':').ok_or_else(wrong)?;
        Ok(Some(Self {
            user: user.to_owned(),
            password: Secret::new(password.trim_end_matches('\0')),
            source,
        }))
    }

    /// Where it comes from.
    pub(crate) const fn source(&self) -> &'static str {
        self.source
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.password
    }

    /// `Basic …`, in which user and password travel (RFC 7617).
    pub(crate) fn basic(&self) -> Result<HeaderValue, ForgeError> {
        header(&format!("Basic {}", self.encoded()))
    }

    /// User and password as they travel; as secret as the password.
    pub(crate) fn encoded(&self) -> String {
        STANDARD.encode(format!("{}:{}", self.user, self.password.reveal()))
    }
}

/// A header's value that is never shown.
pub(crate) fn header(text: &str) -> Result<HeaderValue, ForgeError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| ForgeError::Setting {
        what: "a registry's token".to_owned(),
        why: "it has characters that no HTTP header can carry".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn auth_file(variables: &Variables) -> Option<PathBuf> {
    if let Some(path) = variables.get("REGISTRY_AUTH_FILE") {
        return Some(PathBuf::from(path));
    }
    if let Some(folder) = variables.get("DOCKER_CONFIG") {
        return Some(PathBuf::from(folder).join("config.json"));
    }
    let home = variables.get("HOME")?;
    Some(PathBuf::from(home).join(".docker/config.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(host: &str, variables: &[(&str, &str)]) -> Option<(String, &'static str)> {
        let variables: Variables = variables.iter().copied().collect();
        let login = Login::find(host, &variables).unwrap()?;
        assert!(!format!("{login:?}").contains("secret"), "{login:?}");
        Some((login.user.clone(), login.source))
    }

    #[test]
    fn a_login_goes_to_the_host_it_is_for() {
        let job = [
            ("CI_REGISTRY", "registry.example.org"),
            ("CI_REGISTRY_USER", "gitlab-ci-token"),
            ("CI_REGISTRY_PASSWORD", "secret"),
        ];
        let user = |host, variables: &[_]| found(host, variables).map(|(user, _)| user);
        assert_eq!(
            user("registry.example.org", &job).as_deref(),
            Some("gitlab-ci-token")
        );
        assert_eq!(user("other.example.org", &job), None);
        assert_eq!(user("registry.example.org:5050", &job), None);

        let own = [("OCI_USERNAME", "me"), ("OCI_PASSWORD", "secret")];
        assert_eq!(user("any.example.org", &own).as_deref(), Some("me"));
        let bound = [own.as_slice(), &[("OCI_REGISTRY", "one.example.org")]].concat();
        assert_eq!(user("one.example.org", &bound).as_deref(), Some("me"));
        assert_eq!(user("any.example.org", &bound), None);

        let text = r#"{"auths": {"https://one.example.org/v1/": {"auth": "bWU6c2VjcmV0OnR3bw=="},
                       "two.example.org": {}}, "credsStore": "desktop"}"#;
        let file = [("DOCKER_AUTH_CONFIG", text)];
        assert_eq!(user("one.example.org", &file).as_deref(), Some("me"));
        assert_eq!(user("two.example.org", &file), None);
        assert_eq!(user("three.example.org", &file), None);
    }

    #[test]
    fn a_damaged_file_is_named_and_not_repeated() {
        for text in ["c2VjcmV0", r#"{"auths": {"h": {"auth": "c2VjcmV0"}}}"#] {
            let variables = Variables::from_iter([("DOCKER_AUTH_CONFIG", text)]);
            let error = Login::find("h", &variables).unwrap_err().to_string();
            assert!(error.contains("DOCKER_AUTH_CONFIG"), "{error}");
            assert!(
                !error.contains("c2Vj") && !error.contains("secret"),
                "{error}"
            );
        }
    }
}
