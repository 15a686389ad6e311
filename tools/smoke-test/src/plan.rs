//! Arguments and configuration to one validated value.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use yard_cli::{Format, Io};
use yard_contract::Input;

use crate::args::TestArgs;
use crate::config::SmokeConfig;
use crate::error::SmokeError;

/// Everything that a test needs, checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) url: String,
    pub(crate) package: PathBuf,
    pub(crate) config: SmokeConfig,
    pub(crate) config_input: Input,
    pub(crate) out: PathBuf,
    pub(crate) measurement: PathBuf,
    pub(crate) wait: Duration,
    #[serde(skip)]
    pub(crate) format: Format,
}

impl Plan {
    pub(crate) fn resolve(args: TestArgs, io: &Io) -> Result<Self, SmokeError> {
        let loaded = io.read_config::<SmokeConfig>(&args.config)?;
        let latency = &loaded.value.latency;
        if !(1..=100_000).contains(&latency.requests) {
            return Err(SmokeError::OutOfRange {
                key: "latency.requests",
                found: latency.requests.to_string(),
                expected: "between 1 and 100000",
            });
        }
        for (key, limit) in [
            ("latency.p50_ms", latency.p50_ms),
            ("latency.p99_ms", latency.p99_ms),
        ] {
            if limit.get() <= 0.0 {
                return Err(SmokeError::OutOfRange {
                    key,
                    found: limit.to_string(),
                    expected: "above 0",
                });
            }
        }
        Ok(Self {
            url: args.url,
            package: args.package,
            config: loaded.value,
            config_input: loaded.input,
            out: args.out,
            measurement: args.measurement,
            wait: Duration::from_secs(args.wait),
            format: args.format,
        })
    }
}
