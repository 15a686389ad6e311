//! What was asked for, and whether what came is that.

use yard_contract::{AliasMove, Sha256};
use yard_package::{Package, PackageId};
use yard_registry::{Alias, Target, history, resolve};
use yard_trust::{PublicKey, verify_named_tree};

use crate::error::FetchError;

/// Where a package of ours has its ONNX file.
const MODEL: &str = "model/model.onnx";

/// One release.
pub(crate) struct Wanted {
    pub(crate) id: PackageId,
    /// The move that made an alias stand for it. Whoever moved it had tested these very bytes, so
    /// other bytes under the same version are not what the alias means.
    promoted: Option<AliasMove>,
}

impl Wanted {
    /// The release that `NAME@VERSION` or `NAME@ALIAS` means.
    pub(crate) fn find(target: &Target, text: &str) -> Result<Self, FetchError> {
        let (name, selector) = text.split_once('@').unwrap_or((text, ""));
        let bare = selector.strip_prefix('v').unwrap_or(selector);
        if !bare.starts_with(|c: char| c.is_ascii_digit()) {
            let history = history(target, name, &Alias::new(selector)?)?;
            if let Some(promoted) = history.current() {
                let id = PackageId::new(name, &promoted.package_version)?;
                let promoted = Some(promoted.clone());
                return Ok(Self { id, promoted });
            }
        }
        let id = resolve(target, text)?;
        Ok(Self { id, promoted: None })
    }

    /// Whether the release's manifest is the one that was promoted.
    pub(crate) fn expect_manifest(&self, found: Sha256) -> Result<(), FetchError> {
        match &self.promoted {
            Some(promoted) if promoted.manifest_sha256 != found => {
                Err(self.other("manifest", promoted, promoted.manifest_sha256, found))
            }
            _ => Ok(()),
        }
    }

    /// Whether the package is the one that is meant, and signed with the key where there is one.
    /// Answers how many files the signature covers.
    pub(crate) fn expect_package(
        &self,
        package: &Package,
        key: Option<&PublicKey>,
    ) -> Result<Option<usize>, FetchError> {
        if package.id() != Some(&self.id) {
            return Err(FetchError::Other(self.id.to_string()));
        }
        if let Some(promoted) = &self.promoted {
            let model = package.file(MODEL).map(|file| file.sha256);
            // A package without a model of ours was never promoted by us.
            let found = model.ok_or_else(|| FetchError::Other(self.id.to_string()))?;
            if found != promoted.model_sha256 {
                return Err(self.other("model", promoted, promoted.model_sha256, found));
            }
        }
        let Some(key) = key else {
            return Ok(None);
        };
        let signature = package
            .signature()
            .ok_or_else(|| FetchError::Unsigned(self.id.to_string()))?;
        let files = package.signed_files();
        let tree = verify_named_tree(signature, key, &self.id.title(), &files);
        let tree = tree.map_err(|source| FetchError::Signature {
            release: self.id.to_string(),
            source,
        })?;
        Ok(Some(tree.files))
    }

    fn other(
        &self,
        what: &str,
        promoted: &AliasMove,
        expected: Sha256,
        found: Sha256,
    ) -> FetchError {
        FetchError::Moved {
            release: self.id.to_string(),
            alias: promoted.alias.clone(),
            what: format!(
                "{what} is {}, and {} was promoted",
                found.short(),
                expected.short()
            ),
        }
    }
}
