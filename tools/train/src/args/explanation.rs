//! Arguments of explaining what was made.

use std::path::PathBuf;

use yard_cli::clap::{self, Args as ClapArgs};

use crate::explain::ExplainPlan;

/// Arguments of an explanation.
#[derive(ClapArgs, Clone, Debug)]
pub(crate) struct ExplanationArgs {
    /// Where to write what the model leans on and how its answers follow its features
    #[arg(long, value_name = "FILE")]
    pub(crate) explanation: Option<PathBuf>,

    /// Explain on so many rows, a seeded draw of them where there are more
    #[arg(
        long,
        value_name = "N",
        requires = "explanation",
        default_value_t = 2_000,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub(crate) explanation_rows: u32,

    /// Shuffle each feature so many times
    #[arg(
        long,
        value_name = "K",
        requires = "explanation",
        default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(2..=100)
    )]
    pub(crate) explanation_repeats: u32,
}

impl ExplanationArgs {
    /// What is asked for, if anything is.
    pub(crate) fn plan(&self) -> Option<ExplainPlan> {
        self.explanation.as_ref().map(|path| ExplainPlan {
            path: path.clone(),
            rows: self.explanation_rows,
            repeats: self.explanation_repeats,
        })
    }
}
