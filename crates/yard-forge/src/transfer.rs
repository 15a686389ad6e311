//! What goes up and comes down: streamed, measured and digested on the way.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::blocking::{Body, Response};
use yard_contract::{Digester, Sha256};

use crate::clock::Clock;
use crate::error::ForgeError;

/// The slowest connection that is waited for, in bytes per second, beyond the stall timeout.
const SLOWEST: u64 = 64 << 10;

/// Something to upload, whose size and digest are known.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Where its bytes are.
    pub source: UploadSource,
    /// Its length in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256,
    /// Where somebody watches: the bytes that have been sent so far, sent again included.
    moved: Option<Arc<AtomicU64>>,
}

/// Where an upload's bytes are.
#[derive(Clone, Debug)]
pub enum UploadSource {
    /// In a file, which is streamed.
    File(PathBuf),
    /// In memory.
    Bytes(Arc<[u8]>),
}

impl Upload {
    /// Bytes at hand.
    pub fn bytes(bytes: &[u8]) -> Self {
        let (size, sha256) = (bytes.len() as u64, Sha256::of(bytes));
        Self {
            source: UploadSource::Bytes(bytes.into()),
            size,
            sha256,
            moved: None,
        }
    }

    /// A file, which is read once now for its size and digest.
    pub fn file(path: &Path) -> Result<Self, ForgeError> {
        let fail = |source| ForgeError::File {
            path: path.to_owned(),
            source,
        };
        let mut digester = Digester::new();
        let size = io::copy(&mut File::open(path).map_err(fail)?, &mut digester).map_err(fail)?;
        Ok(Self::known(path, size, digester.finish()))
    }

    /// A file that was digested a moment ago; whoever sends it compares.
    pub fn known(path: &Path, size: u64, sha256: Sha256) -> Self {
        Self {
            source: UploadSource::File(path.to_owned()),
            size,
            sha256,
            moved: None,
        }
    }

    /// The same, counting what is sent of it.
    #[must_use]
    pub fn watched(mut self, moved: &Arc<AtomicU64>) -> Self {
        self.moved = Some(Arc::clone(moved));
        self
    }

    /// Its bytes, to be sent: counted, where somebody watches.
    pub fn stream(&self) -> Result<Box<dyn Read + Send>, ForgeError> {
        Ok(self.counted(self.open()?))
    }

    fn counted(&self, inner: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        match &self.moved {
            Some(moved) => Box::new(Counted {
                inner,
                moved: Arc::clone(moved),
            }),
            None => inner,
        }
    }

    /// Its bytes.
    pub fn open(&self) -> Result<Box<dyn Read + Send>, ForgeError> {
        self.open_at(0)
    }

    /// All of it, as the body of a request.
    pub(crate) fn whole(&self) -> Part<'_> {
        self.part(0, self.size)
    }

    /// Some of it, as the body of a request.
    pub(crate) const fn part(&self, offset: u64, length: u64) -> Part<'_> {
        Part {
            upload: self,
            offset,
            length,
        }
    }

    /// Its bytes from an offset on.
    fn open_at(&self, offset: u64) -> Result<Box<dyn Read + Send>, ForgeError> {
        Ok(match &self.source {
            UploadSource::Bytes(bytes) => {
                let mut cursor = Cursor::new(Arc::clone(bytes));
                cursor.set_position(offset);
                Box::new(cursor)
            }
            UploadSource::File(path) => {
                let fail = |source| ForgeError::File {
                    path: path.clone(),
                    source,
                };
                let mut file = File::open(path).map_err(fail)?;
                file.seek(SeekFrom::Start(offset)).map_err(fail)?;
                Box::new(file)
            }
        })
    }
}

/// A range of an upload's bytes.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    upload: &'a Upload,
    offset: u64,
    pub(crate) length: u64,
}

impl Part<'_> {
    /// A request body, and what it will have sent.
    pub(crate) fn body(&self) -> Result<(Body, Sent), ForgeError> {
        let sent = Sent(Arc::new(Mutex::new(Digester::new())));
        let reader = Watched {
            inner: self
                .upload
                .counted(self.upload.open_at(self.offset)?)
                .take(self.length),
            sent: sent.clone(),
        };
        Ok((Body::sized(reader, self.length), sent))
    }

    /// Whether exactly the promised bytes went out, where a whole file did.
    pub(crate) fn check(&self, sent: &Sent) -> Result<(), ForgeError> {
        let digester = sent
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match &self.upload.source {
            UploadSource::File(path)
                if self.length == self.upload.size && digester.finish() != self.upload.sha256 =>
            {
                Err(ForgeError::Changed(path.clone()))
            }
            _ => Ok(()),
        }
    }
}

/// The digest of what a body has sent so far.
#[derive(Clone)]
pub(crate) struct Sent(Arc<Mutex<Digester>>);

struct Counted<R> {
    inner: R,
    moved: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.moved.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

struct Watched<R> {
    inner: R,
    sent: Sent,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        let mut digester = self.sent.0.lock().unwrap_or_else(PoisonError::into_inner);
        digester.update(&buffer[..length]);
        Ok(length)
    }
}

/// How long a transfer of some bytes may take before it counts as stalled.
pub(crate) fn time_for(bytes: u64, stall: Duration) -> Duration {
    stall.saturating_add(Duration::from_secs(bytes / SLOWEST))
}

/// Copies an answer's body, up to a limit; gives its length and digest.
pub(crate) fn receive(
    response: &mut Response,
    request: &str,
    out: &mut dyn Write,
    limit: u64,
    clock: &dyn Clock,
    stall: Duration,
) -> Result<(u64, Sha256), ForgeError> {
    let began = clock.elapsed();
    let too_large = || ForgeError::TooLarge {
        request: request.to_owned(),
        limit,
    };
    if response
        .content_length()
        .is_some_and(|length| length > limit)
    {
        return Err(too_large());
    }
    let mut digester = Digester::new();
    let mut buffer = vec![0; 64 << 10];
    let mut size = 0_u64;
    loop {
        let length = match response.read(&mut buffer) {
            Ok(0) => return Ok((size, digester.finish())),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(ForgeError::Transient {
                    request: request.to_owned(),
                    reason: format!("the answer broke off after {size} bytes"),
                    retry_after: None,
                    source: Some(Box::new(error)),
                });
            }
        };
        size += length as u64;
        if size > limit {
            return Err(too_large());
        }
        // Each read has its own time limit, which a server that trickles never meets.
        if clock.elapsed().saturating_sub(began) > time_for(size, stall) {
            return Err(ForgeError::Transient {
                request: request.to_owned(),
                reason: format!("the answer comes slower than {SLOWEST} bytes a second"),
                retry_after: None,
                source: None,
            });
        }
        digester.update(&buffer[..length]);
        out.write_all(&buffer[..length])
            .map_err(|source| ForgeError::Write {
                request: request.to_owned(),
                source,
            })?;
    }
}
