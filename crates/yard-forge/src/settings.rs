//! How connections are made: time limits, certificates, proxies.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{NoProxy, Proxy};

use crate::ci::Variables;
use crate::error::ForgeError;
use crate::retry::RetryPolicy;

/// Everything about connections that is not the forge itself.
#[derive(Clone)]
pub struct Settings {
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long nothing may arrive.
    pub stall_timeout: Duration,
    /// A PEM file with certificate authorities to trust in addition.
    pub ca_file: Option<PathBuf>,
    /// A PEM file to trust instead of the system's certificate authorities.
    pub system_ca_file: Option<PathBuf>,
    /// The proxy for `https` URLs.
    pub https_proxy: Option<String>,
    /// The proxy for `http` URLs.
    pub http_proxy: Option<String>,
    /// Hosts, domains and networks that are reached without a proxy, separated by commas.
    pub no_proxy: Option<String>,
    /// How often and how long to try.
    pub retry: RetryPolicy,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(60),
            ca_file: None,
            system_ca_file: None,
            https_proxy: None,
            http_proxy: None,
            no_proxy: None,
            retry: RetryPolicy::default(),
        }
    }
}

impl Settings {
    /// What the variables say that curl, OpenSSL and GitLab's runner use: `CI_SERVER_TLS_CA_FILE`,
    /// `SSL_CERT_FILE`, `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` (the last four in
    /// lower case too).
    pub fn from_variables(variables: &Variables) -> Self {
        let either = |name: &str| {
            let value = variables
                .get(&name.to_ascii_lowercase())
                .or_else(|| variables.get(name));
            value.map(str::to_owned)
        };
        let all = either("ALL_PROXY");
        Self {
            ca_file: variables.get("CI_SERVER_TLS_CA_FILE").map(PathBuf::from),
            system_ca_file: variables.get("SSL_CERT_FILE").map(PathBuf::from),
            https_proxy: either("HTTPS_PROXY").or_else(|| all.clone()),
            http_proxy: either("HTTP_PROXY").or(all),
            no_proxy: either("NO_PROXY"),
            ..Self::default()
        }
    }

    /// The proxies; this machine itself is always reached without one.
    pub(crate) fn proxies(&self) -> Result<Vec<Proxy>, ForgeError> {
        let loopback = "localhost,127.0.0.0/8,::1";
        let list = match &self.no_proxy {
            Some(list) => format!("{list},{loopback}"),
            None => loopback.to_owned(),
        };
        let mut proxies = Vec::new();
        for (is_https, url) in [(true, &self.https_proxy), (false, &self.http_proxy)] {
            let Some(url) = url else { continue };
            // The URL may carry a password, so neither it nor the parser's words are shown.
            let what = if is_https {
                "HTTPS_PROXY"
            } else {
                "HTTP_PROXY"
            };
            let made = if is_https {
                Proxy::https(url)
            } else {
                Proxy::http(url)
            };
            let proxy = made.map_err(|_| ForgeError::Setting {
                what: format!("the proxy in `{what}`"),
                why: "it is not a URL such as `http://proxy:3128`".to_owned(),
            })?;
            proxies.push(proxy.no_proxy(NoProxy::from_string(&list)));
        }
        Ok(proxies)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the proxies, whose URLs may carry passwords.
        f.debug_struct("Settings")
            .field("connect_timeout", &self.connect_timeout)
            .field("stall_timeout", &self.stall_timeout)
            .field("ca_file", &self.ca_file)
            .field("system_ca_file", &self.system_ca_file)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
