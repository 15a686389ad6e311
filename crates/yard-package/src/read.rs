//! The one way in: a streaming reader that checks every byte against the manifest.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use yard_contract::{Digester, Document, Manifest, ManifestFile};

use crate::error::{Flaw, PackageError};
use crate::header::{BLOCK, Header};
use crate::inventory::{self, Inventory, MANIFEST, SIGNATURE};
use crate::limits::{Limits, MANIFEST_BYTES};
use crate::path::MemberPath;
use crate::write::padding;

/// What takes a member's bytes while they stream by.
pub(crate) type Visit<'v> =
    dyn FnMut(&MemberPath, &ManifestFile, &mut dyn Read) -> Result<(), PackageError> + 'v;

/// Reads a whole archive and hands each member to `visit`.
///
/// What `visit` reads has not been verified until this function has returned without an error:
/// whoever keeps the bytes throws them away otherwise, as [`unpack`](crate::unpack) does. A member
/// that `visit` does not read to its end is read and verified all the same.
pub(crate) fn stream(
    source: impl Read,
    limits: &Limits,
    visit: &mut Visit<'_>,
) -> Result<Inventory, PackageError> {
    let mut stream = Stream::open(source, limits)?;
    let mut inventory = stream.manifest(limits)?;
    let mut signature = None;
    let mut expected = inventory.files().enumerate();
    while let Some(header) = stream.header()? {
        let found = header.path.as_str();
        let refuse = |flaw| PackageError::member(found, flaw);
        let Some((position, (path, file))) = expected.next() else {
            if found == SIGNATURE && signature.is_none() {
                signature = Some(stream.whole(SIGNATURE, header.size, limits)?);
                continue;
            }
            return Err(refuse(strayed(
                &inventory,
                found,
                inventory.paths.len(),
                None,
            )));
        };
        if *path != header.path {
            return Err(refuse(strayed(&inventory, found, position, Some(path))));
        }
        if header.size != file.size {
            return Err(refuse(Flaw::Size {
                expected: file.size,
                found: header.size,
            }));
        }
        stream.member(path, file, visit)?;
    }
    if let Some((_, (path, _))) = expected.next() {
        return Err(PackageError::member(path.as_str(), Flaw::Missing));
    }
    drop(expected);
    stream.finish()?;
    inventory.signature = signature;
    Ok(inventory)
}

/// Reads a whole archive and checks it; keeps nothing but its manifest.
pub fn read_archive(
    source: impl Read,
    limits: &Limits,
) -> Result<Document<Manifest>, PackageError> {
    stream(source, limits, &mut |_, _, _| Ok(())).map(|inventory| inventory.document)
}

/// Reads a whole archive and checks it; keeps the members that are named, which are known to be small.
/// Memory stays flat over all others.
pub fn read_members(
    source: impl Read,
    limits: &Limits,
    named: &[&str],
) -> Result<BTreeMap<String, Vec<u8>>, PackageError> {
    let mut kept = BTreeMap::new();
    stream(source, limits, &mut |path, file, bytes| {
        if !named.contains(&path.as_str()) {
            return Ok(());
        }
        if file.size > MANIFEST_BYTES {
            let (size, limit) = (file.size, MANIFEST_BYTES);
            return Err(PackageError::member(
                path.as_str(),
                Flaw::TooLarge { size, limit },
            ));
        }
        let mut whole = Vec::new();
        bytes.read_to_end(&mut whole).map_err(PackageError::Read)?;
        kept.insert(path.to_string(), whole);
        Ok(())
    })?;
    Ok(kept)
}

/// Why a member is not the one that the manifest has next.
fn strayed(
    inventory: &Inventory,
    found: &str,
    position: usize,
    expected: Option<&MemberPath>,
) -> Flaw {
    let listed = inventory::position(&inventory.paths, found);
    match (listed, expected) {
        _ if found == MANIFEST => Flaw::Duplicate,
        (_, Some(expected)) if found == SIGNATURE => Flaw::OutOfOrder {
            expected: expected.to_string(),
        },
        (_, None) if found == SIGNATURE => Flaw::Duplicate,
        (None, _) => Flaw::Unlisted,
        (Some(at), _) if at < position => Flaw::Duplicate,
        (Some(_), Some(expected)) => Flaw::OutOfOrder {
            expected: expected.to_string(),
        },
        (Some(_), None) => Flaw::Duplicate,
    }
}

/// Decompressed bytes, counted.
struct Stream<R: Read> {
    decoder: GzDecoder<Counted<BufReader<R>>>,
    limits: Limits,
    out: u64,
}

impl<R: Read> Stream<R> {
    fn open(source: R, limits: &Limits) -> Result<Self, PackageError> {
        let mut source = Counted {
            inner: BufReader::with_capacity(64 << 10, source),
            count: 0,
        };
        let head = source.fill_buf().map_err(PackageError::Read)?;
        // A name, a comment or extra fields in the gzip header are room for other bytes with the
        // same content.
        match head {
            [0x1f, 0x8b, 8, 0, ..] => {}
            [0x1f, 0x8b, 8, _, ..] => {
                return Err(PackageError::NotGzip("its header carries extra fields"));
            }
            [] => return Err(PackageError::NotGzip("it is empty")),
            _ => return Err(PackageError::NotGzip("it begins otherwise")),
        }
        Ok(Self {
            decoder: GzDecoder::new(source),
            limits: *limits,
            out: 0,
        })
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, PackageError> {
        let length = loop {
            match self.decoder.read(buffer) {
                Ok(length) => break length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(PackageError::Truncated);
                }
                Err(error) => return Err(PackageError::Read(error)),
            }
        };
        self.out += length as u64;
        let read = self.decoder.get_ref().count;
        let Limits {
            total_bytes,
            ratio,
            free_bytes,
            ..
        } = self.limits;
        if self.out > total_bytes.saturating_add(overhead(&self.limits)) {
            return Err(PackageError::TooLarge { limit: total_bytes });
        }
        if self.out > free_bytes && self.out / ratio.max(1) > read {
            return Err(PackageError::Bomb { limit: ratio });
        }
        Ok(length)
    }

    /// Fills the buffer; the archive must not end before.
    fn fill(&mut self, mut buffer: &mut [u8]) -> Result<(), PackageError> {
        while !buffer.is_empty() {
            match self.read(buffer)? {
                0 => return Err(PackageError::Truncated),
                length => buffer = &mut buffer[length..],
            }
        }
        Ok(())
    }

    /// The next header, or nothing at the end mark of two empty blocks.
    fn header(&mut self) -> Result<Option<Header>, PackageError> {
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        if block != [0; BLOCK] {
            return Header::decode(&block).map(Some);
        }
        self.fill(&mut block)?;
        if block == [0; BLOCK] {
            Ok(None)
        } else {
            Err(PackageError::Trailing)
        }
    }

    fn manifest(&mut self, limits: &Limits) -> Result<Inventory, PackageError> {
        let header = self.header()?.ok_or(PackageError::Empty)?;
        if header.path.as_str() != MANIFEST {
            return Err(PackageError::NoManifest(
                header.path.as_str().escape_debug().to_string(),
            ));
        }
        let bytes = self.whole(MANIFEST, header.size, limits)?;
        Inventory::parse(bytes, limits)
    }

    /// A member that is held in memory before anything is known of the package.
    fn whole(&mut self, name: &str, size: u64, limits: &Limits) -> Result<Vec<u8>, PackageError> {
        let limit = MANIFEST_BYTES.min(limits.member_bytes);
        let length = usize::try_from(size).ok().filter(|_| size <= limit);
        let Some(length) = length else {
            return Err(PackageError::member(name, Flaw::TooLarge { size, limit }));
        };
        let mut bytes = vec![0; length];
        self.fill(&mut bytes).map_err(|error| within(name, error))?;
        self.padding(name, size)?;
        Ok(bytes)
    }

    fn member(
        &mut self,
        path: &MemberPath,
        file: &ManifestFile,
        visit: &mut Visit<'_>,
    ) -> Result<(), PackageError> {
        let mut body = Body {
            stream: self,
            left: file.size,
            digester: Digester::new(),
            error: None,
        };
        let visited = visit(path, file, &mut body);
        if let Some(error) = body.error.take() {
            return Err(within(path.as_str(), error));
        }
        visited?;
        let drained = io::copy(&mut body, &mut io::sink());
        if let Some(error) = body.error.take() {
            return Err(within(path.as_str(), error));
        }
        drained.map_err(PackageError::Read)?;
        let found = body.digester.finish();
        if found != file.sha256 {
            let flaw = Flaw::Digest {
                expected: file.sha256,
                found,
            };
            return Err(PackageError::member(path.as_str(), flaw));
        }
        self.padding(path.as_str(), file.size)
    }

    fn padding(&mut self, member: &str, size: u64) -> Result<(), PackageError> {
        let mut block = [0; BLOCK];
        let padding = &mut block[..padding(size)];
        self.fill(padding).map_err(|error| within(member, error))?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(PackageError::member(member, Flaw::Padding));
        }
        Ok(())
    }

    /// After the end mark: nothing more in the gzip stream, whose checksum holds, and nothing
    /// after it.
    fn finish(mut self) -> Result<(), PackageError> {
        if self.read(&mut [0])? != 0 {
            return Err(PackageError::Trailing);
        }
        let mut source = self.decoder.into_inner();
        match source.fill_buf().map_err(PackageError::Read)? {
            [] => Ok(()),
            _ => Err(PackageError::Trailing),
        }
    }
}

/// What the total may have beyond the members' own bytes: headers, padding, manifest and signature.
fn overhead(limits: &Limits) -> u64 {
    2 * MANIFEST_BYTES + (limits.members as u64 + 3) * 2 * BLOCK as u64
}

/// An archive that ends within a member is cut off there.
fn within(member: &str, error: PackageError) -> PackageError {
    match error {
        PackageError::Truncated => PackageError::member(member, Flaw::Truncated),
        other => other,
    }
}

/// One member's bytes. The stream's own error is kept, because an `io::Error` has no room for it.
struct Body<'s, R: Read> {
    stream: &'s mut Stream<R>,
    left: u64,
    digester: Digester,
    error: Option<PackageError>,
}

impl<R: Read> Read for Body<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        let refuse = |slot: &mut Option<_>, error| {
            *slot = Some(error);
            io::Error::other("the archive cannot be read")
        };
        match self.stream.read(&mut buffer[..wanted]) {
            Ok(0) => Err(refuse(&mut self.error, PackageError::Truncated)),
            Ok(length) => {
                self.digester.update(&buffer[..length]);
                self.left -= length as u64;
                Ok(length)
            }
            Err(error) => Err(refuse(&mut self.error, error)),
        }
    }
}

/// Counts the compressed bytes that were consumed.
struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.count += length as u64;
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, length: usize) {
        self.count += length as u64;
        self.inner.consume(length);
    }
}
