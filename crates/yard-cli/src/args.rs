//! The arguments that all tools share.

use clap::{Args, ColorChoice, ValueEnum};

/// Arguments that every tool has.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Say more on stderr
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,

    /// Say nothing on stderr but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,

    /// Print what would be done, every default filled in, as JSON and stop
    #[arg(long, global = true)]
    pub print_plan: bool,

    /// Print a completion script for a shell and stop
    #[arg(long, value_name = "SHELL", exclusive = true)]
    pub completions: Option<clap_complete::Shell>,

    /// Panic on purpose, so that a test can see what a panic looks like from outside
    #[arg(long, global = true, hide = true, env = "TRAINYARD_TEST_PANIC")]
    pub test_panic: bool,
}

/// What stdout carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Text for a person
    #[default]
    Human,
    /// The artifact, byte for byte as in its file
    Json,
}
