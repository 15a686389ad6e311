//! Arguments and configuration to one validated value.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use yard_cli::{Format, Io};
use yard_contract::Input;

use crate::args::{Args, CheckArgs, Command, InferArgs};
use crate::config::Config;
use crate::error::CheckError;
use crate::rules::Rules;

/// What is to be done.
pub(crate) enum Plan {
    Check(CheckPlan),
    Infer(InferPlan),
    Schema,
}

/// A check.
#[derive(Debug, Serialize)]
pub(crate) struct CheckPlan {
    pub(crate) data: PathBuf,
    pub(crate) source: Input,
    pub(crate) out: PathBuf,
    pub(crate) format: Format,
    pub(crate) max_findings: u64,
    pub(crate) rules: Rules,
}

/// A draft of a configuration.
#[derive(Debug, Serialize)]
pub(crate) struct InferPlan {
    pub(crate) data: PathBuf,
    pub(crate) target: Option<String>,
    pub(crate) sample_rows: Option<u64>,
    pub(crate) out: PathBuf,
}

impl Plan {
    /// Reads the configuration and refuses what cannot be done.
    pub(crate) fn resolve(args: Args, io: &Io) -> Result<Self, CheckError> {
        match (args.command, args.check) {
            (Some(Command::Infer(args)), _) => infer(args).map(Self::Infer),
            (Some(Command::Schema), _) => Ok(Self::Schema),
            (None, Some(args)) => check(args, io).map(Self::Check),
            (None, None) => Err(CheckError::NoTable),
        }
    }
}

fn check(args: CheckArgs, io: &Io) -> Result<CheckPlan, CheckError> {
    let config = io.read_config::<Config>(&args.config)?;
    for input in [&args.data, &args.config] {
        refuse_same(input, &args.out)?;
    }
    let rules = Rules::new(&config.value).map_err(|message| CheckError::Config {
        path: args.config,
        message,
    })?;
    Ok(CheckPlan {
        data: args.data,
        source: config.input,
        out: args.out,
        format: args.format,
        max_findings: args.max_findings,
        rules,
    })
}

fn infer(args: InferArgs) -> Result<InferPlan, CheckError> {
    refuse_same(&args.data, &args.out)?;
    if args.out.exists() && !args.force {
        return Err(CheckError::Exists { path: args.out });
    }
    Ok(InferPlan {
        data: args.data,
        target: args.target,
        sample_rows: args.sample_rows,
        out: args.out,
    })
}

/// A slip of the hand must not cost a table.
fn refuse_same(input: &Path, out: &Path) -> Result<(), CheckError> {
    match (fs::canonicalize(input), fs::canonicalize(out)) {
        (Ok(one), Ok(other)) if one == other => Err(CheckError::Overwrite {
            path: input.to_owned(),
        }),
        _ => Ok(()),
    }
}
