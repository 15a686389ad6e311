//! An image layout on disk (OCI Image Format Specification 1.1, "Image Layout"): a folder, or the
//! same as one tar file.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use tar::{Builder, EntryType};
use yard_cli::files::{self, AtomicFile};
use yard_contract::Sha256;
use yard_forge::{IMAGE_INDEX, OciManifest};

use crate::build::Built;
use crate::error::ImageError;
use crate::image::{Descriptor, Labels};
use crate::layer::header;

const LAYOUT: &[u8] = b"{\"imageLayoutVersion\":\"1.0.0\"}";
const TAG: &str = "org.opencontainers.image.ref.name";

/// The digest that a tag has in a layout folder; nothing where there is no folder, or no such tag.
pub(crate) fn tagged(folder: &Path, tag: &str) -> Result<Option<Sha256>, ImageError> {
    let index = index(folder)?;
    let entry = index.and_then(|index| {
        let entries = index.get("manifests")?.as_array()?;
        let is_it = |entry: &&Value| entry["annotations"][TAG] == tag;
        entries.iter().find(is_it).cloned()
    });
    let Some(entry) = entry else { return Ok(None) };
    let digest = entry["digest"].as_str().unwrap_or_default();
    let digest = digest.strip_prefix("sha256:").unwrap_or_default();
    digest.parse().map(Some).map_err(|_| damaged(folder))
}

/// Adds an image to a layout folder, its entry in the index last. Answers the bytes of blobs that
/// were not there.
pub(crate) fn add(folder: &Path, tag: &str, built: &Built) -> Result<u64, ImageError> {
    let mut index = index(folder)?.unwrap_or_else(|| index_of(&[]));
    let mut written = 0;
    for (sha256, bytes) in built.blobs() {
        let path = folder.join("blobs/sha256").join(sha256.to_string());
        if !path.is_file() {
            files::write(&path, bytes)?;
            written += bytes.len() as u64;
        }
    }
    files::write(&folder.join("oci-layout"), LAYOUT)?;
    let entries = index.get_mut("manifests").and_then(Value::as_array_mut);
    let entries = entries.ok_or_else(|| damaged(folder))?;
    entries.push(json!(entry(tag, &built.tagged)));
    files::write(&folder.join("index.json"), index.to_string().as_bytes())?;
    Ok(written)
}

/// Writes an image as a layout in one tar file; answers its length.
pub(crate) fn write_archive(
    path: &Path,
    tag: &str,
    built: &Built,
    epoch: u64,
) -> Result<u64, ImageError> {
    let fail = |source: io::Error| {
        let path = path.to_owned();
        ImageError::Cli(yard_cli::Error::Write { path, source })
    };
    let mut file = AtomicFile::create(path)?;
    let index = index_of(&[json!(entry(tag, &built.tagged))]).to_string();
    let mut archive = Builder::new(&mut file);
    let mut add = |kind, name: &str, bytes: &[u8]| {
        let mode = if kind == EntryType::Directory {
            0o755
        } else {
            0o644
        };
        let mut header = header(kind, mode, bytes.len() as u64, epoch);
        archive.append_data(&mut header, name, bytes).map_err(fail)
    };
    for folder in ["blobs/", "blobs/sha256/"] {
        add(EntryType::Directory, folder, b"")?;
    }
    for (sha256, bytes) in built.blobs() {
        add(EntryType::Regular, &format!("blobs/sha256/{sha256}"), bytes)?;
    }
    add(EntryType::Regular, "index.json", index.as_bytes())?;
    add(EntryType::Regular, "oci-layout", LAYOUT)?;
    archive.into_inner().map_err(fail)?.flush().map_err(fail)?;
    Ok(file.commit()?.1)
}

fn entry(tag: &str, manifest: &OciManifest) -> Descriptor {
    let mut entry = Descriptor::of_manifest(manifest);
    entry.annotations = Some(Labels::from([(TAG.to_owned(), tag.to_owned())]));
    entry
}

fn index_of(manifests: &[Value]) -> Value {
    json!({"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": manifests})
}

fn index(folder: &Path) -> Result<Option<Value>, ImageError> {
    let path = folder.join("index.json");
    match fs::read(&path) {
        Ok(bytes) => {
            let index = serde_json::from_slice(&bytes).map_err(|_| damaged(folder))?;
            Ok(Some(index))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ImageError::Cli(yard_cli::Error::Read { path, source })),
    }
}

fn damaged(folder: &Path) -> ImageError {
    ImageError::Layout(folder.join("index.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_names_tag_and_digest() {
        let manifest = OciManifest::new("type", b"{}".to_vec());
        let entry = json!(entry("1.0.0", &manifest));
        assert_eq!(entry["digest"], crate::image::named(&Sha256::of(b"{}")));
        assert_eq!(entry["annotations"][TAG], "1.0.0");
    }
}
