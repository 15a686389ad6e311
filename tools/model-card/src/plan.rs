//! Arguments and configuration to one validated value.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use yard_cli::Io;
use yard_contract::Input;

use crate::args::CardArgs;
use crate::config::CardConfig;
use crate::error::CardError;

/// Everything that a card needs, checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) model: PathBuf,
    pub(crate) data_report: Optional,
    pub(crate) split: Optional,
    pub(crate) explanation: Optional,
    pub(crate) evaluation: PathBuf,
    pub(crate) gate: PathBuf,
    pub(crate) config: CardConfig,
    pub(crate) config_input: Input,
    pub(crate) out: PathBuf,
    pub(crate) charts: PathBuf,
    pub(crate) commit: Option<String>,
}

/// A file that may be absent where nobody named it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Optional {
    pub(crate) path: PathBuf,
    pub(crate) named: bool,
}

impl Optional {
    fn new(named: Option<PathBuf>, usual: &str) -> Self {
        Self {
            named: named.is_some(),
            path: named.unwrap_or_else(|| usual.into()),
        }
    }
}

impl Plan {
    pub(crate) fn resolve(args: CardArgs, io: &Io) -> Result<Self, CardError> {
        let config = io.read_config::<CardConfig>(&args.config)?;
        let data_report = Optional::new(args.data_report, "out/data-report.json");
        let split = Optional::new(args.split, "out/split.json");
        let explanation = Optional::new(args.explanation, "out/explanation.json");
        let inputs = [
            &data_report.path,
            &split.path,
            &explanation.path,
            &args.evaluation,
            &args.gate,
            &args.config,
        ];
        for input in inputs {
            refuse_same(input, &args.out)?;
        }
        Ok(Self {
            model: args.model,
            data_report,
            split,
            explanation,
            evaluation: args.evaluation,
            gate: args.gate,
            config: config.value,
            config_input: config.input,
            charts: args.out.with_file_name("charts"),
            out: args.out,
            commit: args.commit.filter(|commit| !commit.is_empty()),
        })
    }
}

/// A slip of the hand must not cost an artifact.
fn refuse_same(input: &Path, out: &Path) -> Result<(), CardError> {
    match (fs::canonicalize(input), fs::canonicalize(out)) {
        (Ok(one), Ok(other)) if one == other => Err(CardError::Overwrite {
            path: input.to_owned(),
        }),
        _ => Ok(()),
    }
}
