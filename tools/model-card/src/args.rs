//! The command line.

use std::path::PathBuf;

use yard_cli::Common;
use yard_cli::clap::{self, Args as Group, Parser, Subcommand};

/// Write the model card: what a model is, for whom, how good it is and what can go wrong
///
/// Reads the artifacts of the line and `configs/card.yaml`, checks by digest that they belong to one
/// another, and writes Markdown with front matter that Hugging Face reads. Numbers come from the
/// artifacts and judgement from the configuration; no section is edited by hand, so writing the card
/// anew loses nothing.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "model-card",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  model-card --model out/model --out out/model_card.md
  model-card schema > card.schema.json

Exit codes: 0 written, 1 written but a required section is empty, 2 an artifact is missing,
unreadable or belongs to another model"
)]
pub struct Args {
    /// What to do instead of writing a card
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) card: Option<CardArgs>,

    #[command(flatten)]
    pub(crate) common: Common,
}

/// Arguments of a card.
#[derive(Clone, Debug, Group)]
pub(crate) struct CardArgs {
    /// The model folder that `train` or `train adopt` wrote
    #[arg(long, value_name = "DIR")]
    pub(crate) model: PathBuf,

    /// What `data-check` found in the table [default: out/data-report.json, where it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) data_report: Option<PathBuf>,

    /// Which rows were held out; an adopted model may have none [default: out/split.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) split: Option<PathBuf>,

    /// What the model leans on, which `train --explanation` wrote [default: out/explanation.json, where
    /// it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) explanation: Option<PathBuf>,

    /// How good the model is
    #[arg(long, value_name = "FILE", default_value = "out/evaluation.json")]
    pub(crate) evaluation: PathBuf,

    /// Whether it may replace the champion
    #[arg(long, value_name = "FILE", default_value = "out/gate.json")]
    pub(crate) gate: PathBuf,

    /// What people have to say about the model
    #[arg(long, value_name = "FILE", default_value = "configs/card.yaml")]
    pub(crate) config: PathBuf,

    /// The card; charts are linked from the folder `charts` beside it, where there are any
    #[arg(long, value_name = "FILE", default_value = "out/model_card.md")]
    pub(crate) out: PathBuf,

    /// The commit of the code, for the card; `run.json` has its own
    #[arg(
        long,
        value_name = "SHA",
        env = "CI_COMMIT_SHA",
        hide_env_values = true
    )]
    pub(crate) commit: Option<String>,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the configuration's JSON Schema, for editors
    Schema,
}

impl AsRef<Common> for Args {
    fn as_ref(&self) -> &Common {
        &self.common
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }
}
