//! Arguments and environment to one validated value.

use std::path::PathBuf;

use serde::Serialize;
use yard_cli::{Format, Io};
use yard_forge::{Settings, Variables};
use yard_package::PackageId;
use yard_registry::Connection;

use crate::args::Args;
use crate::binary::{Binary, Platform};
use crate::destination::{Destination, Spec};
use crate::error::ImageError;

/// Everything that publishing needs, checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) package: PathBuf,
    binaries: Vec<String>,
    targets: Vec<String>,
    tag: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) out: PathBuf,
    pub(crate) epoch: u64,
    pub(crate) dry_run: bool,
    #[serde(skip)]
    pub(crate) format: Format,
}

impl Plan {
    /// The plan, and its destinations, opened: what is wrong with one is known before anything is
    /// done.
    pub(crate) fn resolve(args: Args, io: &Io) -> Result<(Self, Vec<Destination>), ImageError> {
        let variables: Variables = io.environment().into_iter().collect();
        let settings = Settings {
            ca_file: args.ca_file,
            ..Settings::from_variables(&variables)
        };
        let connection = Connection::of_process(settings, &variables);
        if let Some(tag) = args.tag.as_deref().filter(|tag| !is_tag(tag)) {
            return Err(ImageError::Tag(tag.escape_debug().to_string()));
        }
        let mut destinations = Vec::new();
        for (position, text) in args.target.iter().enumerate() {
            if args.target[..position].contains(text) {
                return Err(ImageError::TargetTwice(text.escape_debug().to_string()));
            }
            let spec: Spec = text.parse()?;
            destinations.push(spec.open(&variables, &connection)?);
        }
        let plan = Self {
            package: args.package,
            binaries: args.binary,
            targets: args.target,
            tag: args.tag,
            source: args.source,
            out: args.out,
            epoch: args.epoch,
            dry_run: args.dry_run,
            format: args.format,
        };
        Ok((plan, destinations))
    }

    /// The image's tag: the one that was asked for, or the version; `+`, which no tag has, is `_`.
    pub(crate) fn tag(&self, id: &PackageId) -> Result<String, ImageError> {
        let tag = self.tag.clone();
        let tag = tag.unwrap_or_else(|| id.version().replace('+', "_"));
        if is_tag(&tag) {
            Ok(tag)
        } else {
            Err(ImageError::Tag(tag.escape_debug().to_string()))
        }
    }

    /// The binaries, in the order of their platforms, one for each.
    pub(crate) fn read_binaries(&self, io: &Io) -> Result<Vec<Binary>, ImageError> {
        let mut binaries: Vec<Binary> = Vec::new();
        for text in &self.binaries {
            let (platform, path) = match text.split_once('=') {
                Some((platform, path)) if platform.starts_with("linux/") => {
                    let known = Platform::parse(platform);
                    let known = known
                        .ok_or_else(|| ImageError::Platform(platform.escape_debug().to_string()))?;
                    (Some(known), path)
                }
                _ => (None, text.as_str()),
            };
            let path = PathBuf::from(path);
            let bytes = io.read("binary", &path)?.bytes;
            let binary = Binary::read(bytes, platform)
                .map_err(|source| ImageError::Binary { path, source })?;
            if binaries
                .iter()
                .any(|other| other.platform == binary.platform)
            {
                return Err(ImageError::PlatformTwice(binary.platform.name()));
            }
            binaries.push(binary);
        }
        binaries.sort_by_key(|binary| binary.platform);
        Ok(binaries)
    }
}

/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.starts_with(word)
        && tag.len() <= 128
        && tag.chars().all(|c| word(c) || matches!(c, '.' | '-'))
}
