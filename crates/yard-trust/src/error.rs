//! Why something is not to be trusted.

use yard_contract::Sha256;

/// Why a key, a signature or a signed tree was refused.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TrustError {
    #[error("the signing key {0}")]
    SigningKey(&'static str),
    #[error("the public key {0}")]
    PublicKey(&'static str),
    #[error("the system gives no random numbers for a key")]
    Random,
    #[error("the signature is no Sigstore bundle")]
    Json(#[source] serde_json::Error),
    #[error("the signature's bundle {0}")]
    Bundle(&'static str),
    #[error(
        "it was signed with another key: the bundle names {named}, and the public key is {ours}"
    )]
    OtherKey { named: String, ours: String },
    #[error("the signature does not match the signed text and the public key")]
    Forged,
    #[error("the signed text cannot be read")]
    Statement(#[source] serde_json::Error),
    #[error("the signed text {0}")]
    Payload(&'static str),
    #[error("it was made for `{signed}`, and this is {found}")]
    OtherTree { signed: String, found: String },
    #[error("`{name}` {what}")]
    Resource { name: String, what: &'static str },
    #[error("`{name}` has sha256 {found}, and {signed} was signed")]
    Changed {
        name: String,
        signed: Sha256,
        found: Sha256,
    },
}

impl TrustError {
    /// A flaw of one file; its name may come from anybody.
    pub(crate) fn resource(name: &str, what: &'static str) -> Self {
        let name = name.escape_debug().to_string();
        Self::Resource { name, what }
    }
}
