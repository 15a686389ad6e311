//! What a registry wants to see before it answers: `WWW-Authenticate` read, and met.
//!
//! A registry either takes user and password itself, or names a *realm* that gives a token for them
//! (the token authentication of the Distribution project). The realm is the registry's word, so the
//! password goes there only if it is the registry's own site, or one that a person has named.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde::Deserialize;
use url::Url;

use crate::answer::{self, json};
use crate::client::{Call, Client};
use crate::error::ForgeError;
use crate::oci::login::{Login, header};
use crate::origin::{Origin, shown};

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// User and password.
    Basic,
    /// A token that a realm gives.
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

impl Challenge {
    /// Reads a `WWW-Authenticate` header (RFC 9110, section 11.6.1), as far as registries use it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let (mut realm, mut service, mut scope) = (None, None, None);
        let mut rest = rest.trim_start();
        while let Some((name, after)) = rest.split_once('=') {
            let (value, after) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => after.split_once(',').unwrap_or((after, "")),
            };
            let value = Some(value.trim().to_owned());
            match name.trim() {
                "realm" => realm = value,
                "service" => service = value,
                "scope" => scope = value,
                _ => {}
            }
            rest = after.trim_start_matches([',', ' ']);
        }
        Some(Self::Bearer {
            realm: realm?,
            service,
            scope,
        })
    }
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

/// The header that meets a challenge.
pub(crate) fn meet(
    challenge: &Challenge,
    client: &Client,
    login: Option<&Login>,
    trusted: Option<&Origin>,
    identity: &dyn crate::credential::Identity,
) -> Result<Option<HeaderValue>, ForgeError> {
    let (realm, service, scope) = match challenge {
        Challenge::Basic => return login.map(Login::basic).transpose(),
        Challenge::Bearer {
            realm,
            service,
            scope,
        } => (realm, service, scope),
    };
    let mut url = Url::parse(realm).map_err(|_| ForgeError::Url {
        url: realm.escape_debug().to_string(),
        why: "it is not a URL, and the registry sends us there for a token",
    })?;
    let origin = Origin::of(&url)?;
    if !origin.is_https() && !origin.is_loopback() {
        let why = "it is not encrypted, and the registry sends us there for a token";
        return Err(ForgeError::Url {
            url: shown(&url),
            why,
        });
    }
    let is_ours = origin.is_same_site(client.origin()) || trusted == Some(&origin);
    if login.is_some() && !is_ours {
        let why = "the registry sends us there with our password, but it is another site; name it \
                   in `OCI_REALM` if it is right";
        return Err(ForgeError::Url {
            url: shown(&url),
            why,
        });
    }
    for (name, value) in [("service", service), ("scope", scope)] {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    let proof = match login {
        Some(login) => Some((AUTHORIZATION, login.basic()?)),
        None => None,
    };
    let call = Call::new(Method::GET, url.clone());
    let (response, at_home) = client.beside(url)?.dispatch(&call, proof.as_ref())?;
    let response = answer::success(response, call.shown(), at_home, identity)?;
    let answer: Token = json(response, &call.shown())?;
    let token = answer
        .token
        .or(answer.access_token)
        .filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| ForgeError::Answer {
        request: call.shown(),
        reason: "it holds no token".to_owned(),
    })?;
    header(&format!("Bearer {token}")).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_in_the_forms_that_registries_use() {
        assert_eq!(
            Challenge::parse("Basic realm=\"r\""),
            Some(Challenge::Basic)
        );
        assert_eq!(Challenge::parse("basic"), Some(Challenge::Basic));
        let text = "Bearer realm=\"https://auth.example.org/token\",service=\"r.example.org\", \
                    scope=\"repository:a/b:pull,push\",error=\"insufficient_scope\"";
        let Some(Challenge::Bearer {
            realm,
            service,
            scope,
        }) = Challenge::parse(text)
        else {
            panic!("{text}")
        };
        assert_eq!(realm, "https://auth.example.org/token");
        assert_eq!(service.as_deref(), Some("r.example.org"));
        assert_eq!(scope.as_deref(), Some("repository:a/b:pull,push"));
        for other in [
            "",
            "Negotiate",
            "Bearer",
            "Bearer service=\"x\"",
            "Bearer realm=\"x",
        ] {
            assert_eq!(Challenge::parse(other), None, "{other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_header_makes_it_panic(text in ".*") {
            let _ = Challenge::parse(&text);
        }
    }
}
