//! The command line: names, help and defaults. No I/O.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  Write the full world, and prove that it is the committed one:
    example-world --out data/world --check data/SHA256SUMS
  Renew everything that is committed:
    example-world --out data/world --sample data/sample --sums data/SHA256SUMS
  Another world, ten times as large:
    example-world --out /tmp/large --applications 300000 --seed 7

Exit codes: 0 written (and equal to --check), 1 a digest differs from --check, 2 usage or I/O error.";

/// Make the example project's credit-risk world: related tables, the wide training table, fresh
/// applications to score and one dirty file. The same seed gives the same bytes on every machine.
#[derive(Debug, Parser)]
#[command(name = "example-world", version, after_help = EXAMPLES)]
pub struct Args {
    /// Folder to write the tables to; created where absent
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// How many applications with a known outcome; a twentieth as many fresh ones are added
    #[arg(long, value_name = "N", default_value_t = crate::APPLICATIONS,
          value_parser = clap::value_parser!(u32).range(1..=400_000))]
    pub applications: u32,
    /// Seed of every draw
    #[arg(long, value_name = "S", default_value_t = crate::SEED)]
    pub seed: u64,
    /// Also write the sample (the first 2,000 applications, same columns) to this folder
    #[arg(long, value_name = "DIR")]
    pub sample: Option<PathBuf>,
    /// Also write the sha256 of every file written, in the format of sha256sum, as `world/…` and `sample/…`
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    pub sums: Option<PathBuf>,
    /// Read every written file back and compare its sha256 with this list
    #[arg(long, value_name = "FILE")]
    pub check: Option<PathBuf>,
    /// What to print to stdout
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One line a file, for people.
    Human,
    /// One JSON object.
    Json,
}
