//! Arguments and configuration to one validated value.

use std::path::PathBuf;

use serde::Serialize;
use yard_cli::Io;
use yard_contract::Input;

use crate::args::{CheckArgs, DriftFormat};
use crate::config::DriftConfig;
use crate::error::DriftError;

/// Everything that a check needs, checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) package: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) evaluation: Option<PathBuf>,
    pub(crate) config: DriftConfig,
    pub(crate) config_input: Input,
    pub(crate) out: PathBuf,
    #[serde(skip)]
    pub(crate) format: DriftFormat,
}

impl Plan {
    pub(crate) fn resolve(args: CheckArgs, io: &Io) -> Result<Self, DriftError> {
        let loaded = io.read_config::<DriftConfig>(&args.config)?;
        let config = loaded.value;
        let wrong = |key: &str, found: String, expected| {
            Err(DriftError::OutOfRange {
                key: key.to_owned(),
                found,
                expected,
            })
        };
        let level = config.level.get();
        if !(1e-9..=0.2).contains(&level) {
            return wrong("level", level.to_string(), "between 1e-9 and 0.2");
        }
        let limits = config.limits();
        if limits.is_empty() {
            return Err(DriftError::NoRule);
        }
        for (key, limits) in limits {
            let (warning, fail) = (limits.warning.get(), limits.fail.get());
            if warning <= 0.0 || warning > fail {
                let found = format!("{warning} and {fail}");
                return wrong(key, found, "above 0, and `warning` at most `fail`");
            }
        }
        Ok(Self {
            package: args.package,
            data: args.data,
            evaluation: args.evaluation,
            config,
            config_input: loaded.input,
            out: args.out,
            format: args.format,
        })
    }
}
