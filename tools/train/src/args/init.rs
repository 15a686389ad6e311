//! Arguments of drafting a configuration.

use std::path::PathBuf;

use yard_cli::clap::{self, Args as ClapArgs};

/// Arguments of `init`.
#[derive(ClapArgs, Clone, Debug)]
pub(crate) struct InitArgs {
    /// The table: CSV with a header
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,

    /// The column to predict
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: String,

    /// The value of that column that counts as positive, where it has two
    #[arg(long, value_name = "VALUE")]
    pub(crate) positive: Option<String>,

    /// Columns that are no features: identifiers, dates, what is known only afterwards
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,

    /// Texts that mean a missing cell, besides the empty one
    #[arg(long, value_name = "TEXT", value_delimiter = ',')]
    pub(crate) missing: Vec<String>,

    /// Where to write the configuration
    #[arg(long, value_name = "FILE", default_value = "configs/train.yaml")]
    pub(crate) out: PathBuf,

    /// Overwrite a configuration that is there
    #[arg(long)]
    pub(crate) force: bool,
}
