//! GitHub's releases as a registry: the release of the tag `NAME@vVERSION`.
//!
//! Files are gathered in a draft, which only those who may write can see, and which is published when
//! the manifest has arrived: so a release is visible with all of its files or not at all. The record
//! of aliases is the release of the tag `NAME@aliases`, to which files are added.

use std::fs::File;
use std::io::Write;

use yard_contract::Sha256;
use yard_forge::{AssetRecord, ForgeError, GitHubReleases, Patience, ReleaseRecord, Upload};
use yard_package::{MANIFEST, PackageId};

use crate::alias::JOURNAL;
use crate::error::RegistryError;
use crate::release::Notes;
use crate::store::Store;

#[derive(Debug)]
pub(crate) struct GitHubStore {
    releases: GitHubReleases,
    /// The commit that a new tag is put on.
    commit: Option<String>,
}

impl GitHubStore {
    pub(crate) const fn new(releases: GitHubReleases, commit: Option<String>) -> Self {
        Self { releases, commit }
    }

    /// A release and its file of a name, as far as they are there. What stays when an upload breaks
    /// off is no file.
    fn find(
        &self,
        id: &PackageId,
        file: &str,
    ) -> Result<(Option<ReleaseRecord>, Option<AssetRecord>), ForgeError> {
        let Some(release) = self.releases.find(&tag(id))? else {
            return Ok((None, None));
        };
        let assets = self.releases.assets(&release)?;
        let asset = assets.into_iter().find(|asset| asset.name == file);
        Ok((Some(release), asset))
    }

    fn digest_of(&self, asset: &AssetRecord) -> Result<Sha256, ForgeError> {
        if let Some(sha256) = asset.sha256() {
            return Ok(sha256);
        }
        let limit = asset.size;
        let (_, sha256) = self.releases.download(asset, &mut std::io::sink(), limit)?;
        Ok(sha256)
    }
}

impl Store for GitHubStore {
    fn lock(&self, _: &PackageId) -> Result<Option<File>, RegistryError> {
        // The server knows no locks.
        Ok(None)
    }

    fn digest(&self, id: &PackageId, file: &str) -> Result<Option<Sha256>, RegistryError> {
        let (Some(release), Some(asset)) = self.find(id, file)? else {
            return Ok(None);
        };
        // A manifest that is there counts when everybody can see it.
        if !asset.is_whole() || (file == MANIFEST && release.draft) {
            return Ok(None);
        }
        Ok(Some(self.digest_of(&asset)?))
    }

    fn put(&self, id: &PackageId, file: &str, upload: &Upload) -> Result<Sha256, RegistryError> {
        let (release, asset) = self.find(id, file)?;
        let release = match release {
            Some(release) => release,
            None => self.releases.begin(&tag(id), self.commit.as_deref())?,
        };
        if let Some(left) = asset.as_ref().filter(|asset| !asset.is_whole()) {
            self.releases.delete(left)?;
        }
        let asset = match asset.filter(AssetRecord::is_whole) {
            Some(asset) => asset,
            None => self.releases.upload(&release, file, upload)?,
        };
        let counts = self.digest_of(&asset)?;
        let is_version = id.version() != JOURNAL;
        let is_last = file == MANIFEST || !is_version;
        if is_last && release.draft && counts == upload.sha256 {
            // By SemVer what has a `-` is before the release, and so it must not be anybody's latest.
            let is_final = is_version && is_final(id.version());
            self.releases.publish(&release, is_final)?;
        }
        Ok(counts)
    }

    fn get(
        &self,
        id: &PackageId,
        file: &str,
        out: &mut dyn Write,
        limit: u64,
    ) -> Result<Option<(u64, Sha256)>, RegistryError> {
        let (Some(release), Some(asset)) = self.find(id, file)? else {
            return Ok(None);
        };
        if !asset.is_whole() || (file == MANIFEST && release.draft) {
            return Ok(None);
        }
        Ok(Some(self.releases.download(&asset, out, limit)?))
    }

    fn versions(&self, name: &str) -> Result<Vec<String>, RegistryError> {
        let tags = self.releases.tags()?;
        let of_name = tags.iter().filter_map(|tag| {
            let version = tag.strip_prefix(name)?.strip_prefix("@v")?;
            Some(version.to_owned())
        });
        Ok(of_name.collect())
    }

    fn largest(&self) -> Option<u64> {
        // Each file has to be under 2 GiB.
        Some((2 << 30) - 1)
    }

    fn describe(&self, id: &PackageId, notes: &Notes) -> Result<(), RegistryError> {
        let Some(release) = self.releases.find(&tag(id))? else {
            return Ok(());
        };
        let is_told = release.body.as_ref().is_some_and(|body| !body.is_empty());
        // What everybody sees is left as it is: a person may have written it.
        if is_told && !release.draft {
            return Ok(());
        }
        let linked = notes.links.iter().filter_map(|(label, file)| {
            let url = GitHubReleases::link(&release, file)?;
            Some(format!("- [{label}]({url})\n"))
        });
        let text = format!("{}\n{}", notes.text, linked.collect::<String>());
        Ok(self
            .releases
            .describe(&release, &notes.title, text.trim_end())?)
    }

    fn patience(&self) -> Option<Patience<'_>> {
        Some(self.releases.client().patience())
    }
}

/// Whether a version is no pre-release.
fn is_final(version: &str) -> bool {
    let version = semver::Version::parse(version);
    version.is_ok_and(|version| version.pre.is_empty())
}

/// The tag of a release, in the grammar of GTO.
fn tag(id: &PackageId) -> String {
    let v = if id.version() == JOURNAL { "" } else { "v" };
    format!("{}@{v}{}", id.name(), id.version())
}
