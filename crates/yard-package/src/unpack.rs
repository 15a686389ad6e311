//! From an archive to a folder.

use std::io::{self, Read, Write as _};
use std::path::Path;

use yard_contract::{Document, Manifest};

use crate::error::PackageError;
use crate::inventory::{MANIFEST, SIGNATURE};
use crate::limits::Limits;
use crate::package::Package;
use crate::read;
use crate::staging::Staging;

/// Unpacks an archive into a folder that must not exist yet. The folder appears when every byte was
/// verified and lies on the disk; after an error nothing of it is left. Memory stays flat.
pub fn unpack(
    source: impl Read,
    destination: &Path,
    limits: &Limits,
) -> Result<Document<Manifest>, PackageError> {
    unpack_if(source, destination, limits, |_| Ok(()))
}

/// The same, and `accept` looks at the unpacked package before the folder is put in its place: what
/// it refuses is gone.
pub fn unpack_if<E: From<PackageError>>(
    source: impl Read,
    destination: &Path,
    limits: &Limits,
    accept: impl FnOnce(&Package) -> Result<(), E>,
) -> Result<Document<Manifest>, E> {
    let staging = Staging::begin(destination)?;
    let inventory = read::stream(source, limits, &mut |path, _, bytes| {
        let at = path.under(Path::new(""));
        let mut file = staging.create(&at)?;
        // A failure to read is the reader's to report, and it reports in more detail.
        io::copy(bytes, &mut file)
            .map(drop)
            .map_err(PackageError::io("write", &at))
    })?;
    let unlisted = [
        (MANIFEST, Some(&inventory.bytes)),
        (SIGNATURE, inventory.signature.as_ref()),
    ];
    for (name, bytes) in unlisted {
        if let Some(bytes) = bytes {
            let mut file = staging.create(Path::new(name))?;
            file.write_all(bytes)
                .map_err(PackageError::io("write", &destination.join(name)))?;
        }
    }
    let document = inventory.document.clone();
    accept(&Package::unpacked(inventory, staging.folder()))?;
    staging.commit()?;
    Ok(document)
}
