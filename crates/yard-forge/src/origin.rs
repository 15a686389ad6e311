//! Origins: to whom a credential may go.

use std::fmt;

use url::{Host, Url};

use crate::error::ForgeError;

/// Scheme, host and port of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: Host,
    port: u16,
}

impl Origin {
    /// The origin of an `http` or `https` URL without user information.
    pub fn of(url: &Url) -> Result<Self, ForgeError> {
        let refuse = |why| ForgeError::Url {
            url: shown(url),
            why,
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse("its scheme is neither https nor http"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse(
                "it carries a user or a password; use a token variable",
            ));
        }
        let host = url
            .host()
            .ok_or_else(|| refuse("it has no host"))?
            .to_owned();
        let port = url
            .port_or_known_default()
            .ok_or_else(|| refuse("it has no port"))?;
        Ok(Self {
            scheme: url.scheme().to_owned(),
            host,
            port,
        })
    }

    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// Whether it is this host.
    pub fn is_host(&self, name: &str) -> bool {
        matches!(&self.host, Host::Domain(host) if host == name)
    }

    /// Whether two servers belong to one owner as far as their names can tell: the same host, or
    /// names below one parent, as `registry.example.org` and `auth.example.org`. A parent that looks
    /// like a public suffix (`co.uk`) is nobody's own.
    pub(crate) fn is_same_site(&self, other: &Self) -> bool {
        if self.host == other.host {
            return true;
        }
        let (Host::Domain(one), Host::Domain(two)) = (&self.host, &other.host) else {
            return false;
        };
        let below = |name: &str, parent: &str| {
            name == parent
                || name
                    .strip_suffix(parent)
                    .is_some_and(|rest| rest.ends_with('.'))
        };
        let shared = |name: &str, other: &str| {
            let Some((_, parent)) = name.split_once('.') else {
                return false;
            };
            let Some((second, top)) = parent.rsplit_once('.') else {
                return false;
            };
            let is_suffix = !second.contains('.') && second.len() <= 3 && top.len() == 2;
            !is_suffix && below(other, parent)
        };
        shared(one, two) || shared(two, one)
    }

    /// Whether the other side is this machine, by address or by the name reserved for it.
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}

/// A URL as messages show it: without user information, and without the query, in which redirects
/// to object storage carry signatures.
pub(crate) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_differ_by_scheme_host_and_port_and_by_nothing_else() {
        let of = |text: &str| Origin::of(&Url::parse(text).unwrap());
        let home = of("https://gitlab.example/api/v4").unwrap();
        assert_eq!(of("https://GITLAB.example:443/other?x#y").unwrap(), home);
        for other in [
            "http://gitlab.example/",
            "https://gitlab.example:8443/",
            "https://gitlab.example.evil.test/",
            "https://evil.test/gitlab.example",
            "https://sub.gitlab.example/",
        ] {
            assert_ne!(of(other).unwrap(), home, "{other}");
        }
        for refused in [
            "https://me:pw@gitlab.example/",
            "file:///etc/passwd",
            "data:,x",
        ] {
            assert!(of(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_site_is_a_host_or_names_below_one_parent() {
        let same = |one: &str, two: &str| {
            let of = |host: &str| Origin::of(&Url::parse(&format!("https://{host}/")).unwrap());
            of(one).unwrap().is_same_site(&of(two).unwrap())
        };
        for (one, two) in [
            ("registry.example.org", "registry.example.org:5050"),
            ("registry.example.org", "auth.example.org"),
            ("registry.example.org", "example.org"),
            ("example.org", "auth.example.org"),
            ("127.0.0.1:1", "127.0.0.1:2"),
        ] {
            assert!(same(one, two) && same(two, one), "{one} {two}");
        }
        for (one, two) in [
            ("registry.example.org", "example.com"),
            ("registry.example.org", "notexample.org"),
            ("one.co.uk", "two.co.uk"),
            ("example.org", "other.org"),
            ("127.0.0.1", "localhost"),
            ("10.0.0.1", "10.0.0.2"),
        ] {
            assert!(!same(one, two) && !same(two, one), "{one} {two}");
        }
    }

    #[test]
    fn addresses_in_disguise_are_seen_through() {
        let loopback = |text: &str| {
            Origin::of(&Url::parse(text).unwrap())
                .unwrap()
                .is_loopback()
        };
        for here in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://[::1]/",
            "http://0x7f.1/",
        ] {
            assert!(loopback(here), "{here}");
        }
        for elsewhere in ["http://169.254.169.254/", "http://localhost.evil.test/"] {
            assert!(!loopback(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn a_shown_url_carries_no_secret() {
        let url = Url::parse("https://me:pw@s3.test:9000/bucket/a?X-Signature=abc#f").unwrap();
        assert_eq!(shown(&url), "https://s3.test:9000/bucket/a");
    }
}
