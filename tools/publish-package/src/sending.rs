//! Publishing to one target after the other, and telling how far it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use yard_cli::{Io, Progress};
use yard_registry::{Published, RegistryError, Release, Target, publish};

use crate::error::PublishError;

/// Between two looks at how far the transfer is.
const LOOK: Duration = Duration::from_millis(100);

/// Publishes to all targets; what was done stays done where one of them fails.
pub(crate) fn publish_all(
    targets: &[Target],
    release: &Release,
    io: &mut Io,
) -> Result<Vec<Published>, PublishError> {
    let moved = Arc::default();
    let release = release.clone().watched(&moved);
    let bytes = release.assets().iter().map(|asset| asset.upload().size);
    let bytes: u64 = bytes.sum();
    let mut results = Vec::new();
    for target in targets {
        io.note(format_args!(
            "publishing {} to {}",
            release.id(),
            target.name()
        ));
        moved.store(0, Ordering::Relaxed);
        let progress = io.progress("uploading", bytes);
        let result = watched(&moved, progress, bytes, || publish(target, &release));
        results.push(result.map_err(|source| {
            let name = |target: &Target| target.name().to_owned();
            PublishError::Stopped {
                done: targets[..results.len()].iter().map(name).collect(),
                source: Box::new(source),
            }
        })?);
    }
    Ok(results)
}

/// Shows how many bytes have moved while something moves them.
fn watched(
    moved: &AtomicU64,
    mut progress: Progress,
    bytes: u64,
    work: impl FnOnce() -> Result<Published, RegistryError>,
) -> Result<Published, RegistryError> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            while !over.load(Ordering::Acquire) {
                // What was sent again is not more than all of it.
                let done = moved.load(Ordering::Relaxed).min(bytes);
                progress.at(done, || "bytes".to_owned());
                std::thread::park_timeout(LOOK);
            }
        });
        let result = work();
        over.store(true, Ordering::Release);
        watch.thread().unpark();
        result
    })
}
