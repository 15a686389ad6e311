//! A layer: files in a tar archive, the same bytes for the same files.

use std::io::{self, Write as _};

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};
use yard_contract::Sha256;

/// The least: the server is compressed anew with every model, and five more levels make its layer a
/// tenth smaller for three times the time.
const LEVEL: Compression = Compression::new(1);

/// A file of a layer.
pub(crate) struct LayerFile<'a> {
    /// Its path, without a leading `/`.
    pub(crate) path: String,
    pub(crate) mode: u32,
    pub(crate) bytes: &'a [u8],
}

/// A compressed layer.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) sha256: Sha256,
    /// The digest of the archive before it was compressed: the runtime's name for it.
    pub(crate) unpacked: Sha256,
    /// What it holds, in words.
    pub(crate) holds: &'static str,
}

impl Layer {
    /// A layer of some files, in the order given, with the folders above them. Everything belongs to
    /// root, and nobody but root may write it.
    pub(crate) fn of(holds: &'static str, files: &[LayerFile<'_>], epoch: u64) -> io::Result<Self> {
        let mut archive = Builder::new(Vec::new());
        let mut folders: Vec<String> = Vec::new();
        for file in files {
            let mut above = String::new();
            for part in file
                .path
                .split('/')
                .rev()
                .skip(1)
                .collect::<Vec<_>>()
                .iter()
                .rev()
            {
                above.push_str(part);
                above.push('/');
                if !folders.contains(&above) {
                    folders.push(above.clone());
                    let mut header = header(EntryType::Directory, 0o755, 0, epoch);
                    archive.append_data(&mut header, &above, io::empty())?;
                }
            }
            let size = file.bytes.len() as u64;
            let mut header = header(EntryType::Regular, file.mode, size, epoch);
            archive.append_data(&mut header, &file.path, file.bytes)?;
        }
        let archive = archive.into_inner()?;
        let mut packed = GzBuilder::new()
            .mtime(0)
            .operating_system(255)
            .write(Vec::new(), LEVEL);
        packed.write_all(&archive)?;
        let bytes = packed.finish()?;
        Ok(Self {
            sha256: Sha256::of(&bytes),
            unpacked: Sha256::of(&archive),
            bytes,
            holds,
        })
    }
}

/// A header with nothing in it that this machine knows and another does not.
pub(crate) fn header(kind: EntryType, mode: u32, size: u64, epoch: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    header.set_mtime(epoch);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(epoch: u64) -> Layer {
        let file = |path: &str, bytes| LayerFile {
            path: path.to_owned(),
            mode: 0o644,
            bytes,
        };
        let files = [
            file("package/manifest.json", b"{}".as_slice()),
            file("package/model/model.onnx", b"onnx"),
        ];
        Layer::of("the package", &files, epoch).unwrap()
    }

    #[test]
    fn folders_come_before_what_they_hold_and_once() {
        let mut bytes = Vec::new();
        let layer = layer(0);
        let mut packed = flate2::read::GzDecoder::new(layer.bytes.as_slice());
        io::copy(&mut packed, &mut bytes).unwrap();
        assert_eq!(Sha256::of(&bytes), layer.unpacked);
        let mut archive = tar::Archive::new(bytes.as_slice());
        let paths: Vec<String> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        assert_eq!(
            paths,
            [
                "package/",
                "package/manifest.json",
                "package/model/",
                "package/model/model.onnx"
            ]
        );
    }

    /// A digest that changes only when somebody decides so: every released image depends on it.
    #[test]
    fn the_same_files_give_the_same_layer() {
        assert_eq!(layer(0).sha256, layer(0).sha256);
        assert_ne!(layer(0).sha256, layer(1).sha256);
    }
}
