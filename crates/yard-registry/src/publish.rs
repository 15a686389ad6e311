//! Publishing: look, compare, upload what is missing, read back, and the manifest last.

use yard_contract::{Delivery, DeliveryAction, Document, Manifest, Sha256};
use yard_forge::{ForgeError, Patience, Upload};
use yard_package::{MANIFEST, PackageId};

use crate::error::RegistryError;
use crate::fetch::MANIFEST_BYTES;
use crate::release::Release;
use crate::store::{Store, Target, insist};

/// How often a manifest is read before one that differs from the listing is believed.
const WITHDRAWALS: u32 = 4;

/// What became of a release at one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// One entry a file, the manifest last.
    pub deliveries: Vec<Delivery>,
}

impl Published {
    /// Whether the target holds other bytes under this name and version.
    pub fn is_conflict(&self) -> bool {
        self.deliveries
            .iter()
            .any(|delivery| delivery.action == DeliveryAction::Conflict)
    }
}

/// Refuses what the target cannot hold, before anything is sent.
fn fits(target: &Target, release: &Release) -> Result<(), RegistryError> {
    let Some(limit) = target.store().largest() else {
        return Ok(());
    };
    let mut assets = release.assets().iter();
    match assets.find(|asset| asset.upload().size > limit) {
        None => Ok(()),
        Some(asset) => Err(RegistryError::TooLong {
            target: target.name().to_owned(),
            file: asset.name().to_owned(),
            size: asset.upload().size,
            limit,
        }),
    }
}

/// Shows people that the release is there. It is, whether or not they can see it.
fn announce(
    target: &Target,
    release: &Release,
    patience: &mut Option<Patience<'_>>,
) -> Result<(), RegistryError> {
    let Some(notes) = release.notes() else {
        return Ok(());
    };
    let announced = insist(patience, || target.store().announce(release.id(), notes));
    announced.map_err(|source| RegistryError::Unannounced {
        target: target.name().to_owned(),
        release: release.id().to_string(),
        source: Box::new(source),
    })
}

/// One file on its way: an asset, or the manifest.
struct Parcel<'r> {
    file: &'r str,
    upload: Upload,
    /// What is there, and whether it is what belongs there.
    there: There,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    Nothing,
    Same(Sha256),
    Other(Sha256),
}

/// Says what publishing would do, and does none of it.
pub fn plan(target: &Target, release: &Release) -> Result<Published, RegistryError> {
    fits(target, release)?;
    let mut patience = target.store().patience();
    let parcels = look(target, release, &mut patience)?;
    Ok(deliveries(target, &parcels, DeliveryAction::Planned))
}

/// Publishes a release. A conflict is found before anything is uploaded.
pub fn publish(target: &Target, release: &Release) -> Result<Published, RegistryError> {
    let store = target.store();
    fits(target, release)?;
    let _lock = store.lock(release.id())?;
    let mut patience = store.patience();
    let mut parcels = look(target, release, &mut patience)?;
    if parcels
        .iter()
        .any(|parcel| matches!(parcel.there, There::Other(_)))
    {
        parcels.retain(|parcel| parcel.there != There::Nothing);
        return Ok(deliveries(target, &parcels, DeliveryAction::Planned));
    }
    let mut uploaded = deliveries(target, &parcels, DeliveryAction::Uploaded);
    let mut done = 0;
    while done < parcels.len() {
        let parcel = &parcels[done];
        // The manifest is the last parcel, so when it is sent all others have been read back.
        let described = match release.notes().filter(|_| parcel.file == MANIFEST) {
            Some(notes) => insist(&mut patience, || store.describe(release.id(), notes)),
            None => Ok(()),
        };
        let sent = described.and_then(|()| send(store, release.id(), parcel, &mut patience));
        let sent = sent.and_then(|counts| {
            if counts == expected(parcel) {
                read_back(store, release.id(), parcel, &mut patience)?;
            }
            Ok(counts)
        });
        let counts = sent.map_err(|source| stopped(target, &parcels, done, source))?;
        if counts != expected(parcel) {
            // Somebody was faster, with other bytes.
            uploaded.deliveries.truncate(done + 1);
            uploaded.deliveries[done].sha256 = counts;
            uploaded.deliveries[done].action = DeliveryAction::Conflict;
            return Ok(uploaded);
        }
        done += 1;
    }
    announce(target, release, &mut patience)?;
    Ok(uploaded)
}

/// The digest that the stored file has to have.
fn expected(parcel: &Parcel<'_>) -> Sha256 {
    match parcel.there {
        There::Same(there) => there,
        There::Nothing | There::Other(_) => parcel.upload.sha256,
    }
}

/// What is there of a release, compared with what belongs there.
fn look<'r>(
    target: &Target,
    release: &'r Release,
    patience: &mut Option<Patience<'_>>,
) -> Result<Vec<Parcel<'r>>, RegistryError> {
    let store = target.store();
    let mut parcels = Vec::new();
    for asset in release.assets() {
        let found = insist(patience, || store.digest(release.id(), asset.name()))?;
        let there = match found {
            None => There::Nothing,
            Some(digest) if digest == asset.upload().sha256 => There::Same(digest),
            Some(digest) => There::Other(digest),
        };
        parcels.push(Parcel {
            file: asset.name(),
            upload: asset.upload().clone(),
            there,
        });
    }
    let upload = Upload::bytes(&release.manifest().to_bytes());
    let there = look_at_manifest(target, release, patience)?;
    parcels.push(Parcel {
        file: MANIFEST,
        upload,
        there,
    });
    Ok(parcels)
}

/// Manifests are the same when they list the same files: who wrote them, with which version of the
/// tool, does not make another release.
fn look_at_manifest(
    target: &Target,
    release: &Release,
    patience: &mut Option<Patience<'_>>,
) -> Result<There, RegistryError> {
    let store = target.store();
    // The listing first: it says which file counts where there are several of one name.
    let Some(listed) = insist(patience, || store.digest(release.id(), MANIFEST))? else {
        return Ok(There::Nothing);
    };
    let mut bytes = Vec::new();
    let mut looks = 0;
    let read = insist(patience, || {
        bytes.clear();
        looks += 1;
        match store.get(release.id(), MANIFEST, &mut bytes, MANIFEST_BYTES)? {
            Some((_, digest)) if digest == listed => Ok(true),
            // Somebody who publishes at this moment may be withdrawing a second file.
            _ if looks < WITHDRAWALS => Err(RegistryError::Forge(ForgeError::Transient {
                request: format!("reading `{MANIFEST}`"),
                reason: "it is not the file that is listed".to_owned(),
                retry_after: None,
                source: None,
            })),
            _ => Ok(false),
        }
    })?;
    let same = read
        && Document::<Manifest>::parse(&bytes)
            .is_ok_and(|found| found.body == release.manifest().body);
    Ok(if same {
        There::Same(listed)
    } else {
        There::Other(listed)
    })
}

/// Sends what is not there; answers the digest of what counts. Every attempt looks first: the one
/// before may have arrived although its answer did not.
fn send(
    store: &dyn Store,
    id: &PackageId,
    parcel: &Parcel<'_>,
    patience: &mut Option<Patience<'_>>,
) -> Result<Sha256, RegistryError> {
    if let There::Same(there) = parcel.there {
        return Ok(there);
    }
    insist(patience, || match store.digest(id, parcel.file)? {
        Some(there) => Ok(there),
        None => store.put(id, parcel.file, &parcel.upload),
    })
}

/// Reads a file as any consumer would. Other bytes than expected are tried again: caches and the
/// withdrawal of somebody else's second file take a moment.
fn read_back(
    store: &dyn Store,
    id: &PackageId,
    parcel: &Parcel<'_>,
    patience: &mut Option<Patience<'_>>,
) -> Result<(), RegistryError> {
    let again = |reason: String| {
        Err(RegistryError::Forge(ForgeError::Transient {
            request: format!("reading back `{}`", parcel.file),
            reason,
            retry_after: None,
            source: None,
        }))
    };
    // What is there already may be longer than ours only if it is the manifest of another writer.
    let limit = parcel.upload.size.max(MANIFEST_BYTES);
    insist(patience, || {
        match store.get(id, parcel.file, &mut std::io::sink(), limit)? {
            None => again("it is not there yet".to_owned()),
            Some((_, digest)) if digest == expected(parcel) => Ok(()),
            Some((size, digest)) => again(format!("it has {size} bytes with sha256 {digest}")),
        }
    })
}

fn stopped(
    target: &Target,
    parcels: &[Parcel<'_>],
    done: usize,
    source: RegistryError,
) -> RegistryError {
    let mut there = Vec::new();
    let mut missing = Vec::new();
    for (position, parcel) in parcels.iter().enumerate() {
        let is_there = position < done || parcel.there != There::Nothing;
        if is_there { &mut there } else { &mut missing }.push(parcel.file.to_owned());
    }
    let target = target.name().to_owned();
    RegistryError::Incomplete {
        target,
        there,
        missing,
        source: Box::new(source),
    }
}

fn deliveries(target: &Target, parcels: &[Parcel<'_>], absent: DeliveryAction) -> Published {
    let entry = |parcel: &Parcel<'_>| {
        let (sha256, action) = match parcel.there {
            There::Nothing => (parcel.upload.sha256, absent),
            There::Same(there) => (there, DeliveryAction::AlreadyThere),
            There::Other(there) => (there, DeliveryAction::Conflict),
        };
        let (target, file) = (target.name().to_owned(), parcel.file.to_owned());
        Delivery {
            target,
            file,
            sha256,
            action,
        }
    };
    Published {
        deliveries: parcels.iter().map(entry).collect(),
    }
}
