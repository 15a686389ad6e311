//! Arguments to one validated value.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use yard_cli::Format;

use crate::args::{Args, Keep};
use crate::error::BatchError;

/// Everything that scoring needs, checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) package: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) out: PathBuf,
    pub(crate) report: PathBuf,
    pub(crate) measurement: Option<PathBuf>,
    pub(crate) copy: Copied,
    pub(crate) threads: Option<usize>,
    #[serde(skip)]
    pub(crate) format: Format,
}

/// Which columns stand in front of the scores.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Copied {
    Named(Vec<String>),
    Keep(Keep),
}

impl Plan {
    pub(crate) fn resolve(args: Args) -> Result<Self, BatchError> {
        for out in [
            Some(&args.out),
            Some(&args.report),
            args.measurement.as_ref(),
        ] {
            if out.is_some_and(|out| is_same(out, &args.data)) {
                return Err(BatchError::OntoInput(args.data));
            }
        }
        if is_same(&args.out, &args.report) || args.out == args.report {
            return Err(BatchError::OneFile(args.out));
        }
        Ok(Self {
            package: args.package,
            data: args.data,
            out: args.out,
            report: args.report,
            measurement: args.measurement,
            copy: if args.id.is_empty() {
                Copied::Keep(args.keep)
            } else {
                Copied::Named(args.id)
            },
            threads: args.threads.map(std::num::NonZero::get),
            format: args.format,
        })
    }
}

/// Whether two paths are one file that is there.
fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).ok();
    real(one).is_some_and(|one| Some(one) == real(other))
}
