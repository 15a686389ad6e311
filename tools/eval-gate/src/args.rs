//! The command line.

use std::path::PathBuf;

use yard_cli::clap::{self, ArgGroup, Parser, Subcommand, ValueEnum};
use yard_cli::{Common, Format};
use yard_contract::Sha256;

/// Judge whether a model may replace the champion, with its uncertainty
///
/// Scores the rows that were held out with the model's ONNX file, or reads what another tool scored,
/// computes metrics with their intervals, compares with the champion row by row, and judges by the configuration. The evidence
/// is written before the exit code says what came of it.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "eval-gate",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    group = ArgGroup::new("opponent").required(true),
    after_help = "\
Examples:
  eval-gate --model out/model --holdout out/holdout.csv --champion champion/
  eval-gate --model out/model --holdout out/holdout.csv --first-model 'no release yet'
  eval-gate --predictions new.csv --champion-predictions old.csv
  eval-gate plan --rows 7575 --positives 700

Exit codes: 0 pass, 1 fail, 2 could not judge, 4 inconclusive or warning, 101 a defect"
)]
pub struct Args {
    /// What to do instead of judging
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// The model: a folder that `train` wrote, or a package
    #[arg(long, value_name = "DIR|FILE", default_value = "out/model")]
    pub(crate) model: PathBuf,

    /// What another tool scored, instead of a model: CSV or Parquet with identifier, outcome and scores
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    pub(crate) predictions: Option<PathBuf>,

    /// The rows that were held out, for models: CSV with a header
    #[arg(long, value_name = "FILE", default_value = "out/holdout.csv")]
    pub(crate) holdout: PathBuf,

    /// The `split.json` that was written when the rows were held out: `--holdout` must have these rows
    #[arg(long, value_name = "FILE")]
    pub(crate) split: Option<PathBuf>,

    /// What `evaluation.json` must say of the frozen rows as `holdout_sha256`; other rows are refused
    #[arg(long, value_name = "DIGEST")]
    pub(crate) holdout_sha256: Option<Sha256>,

    /// What the model must reach
    #[arg(long, value_name = "FILE", default_value = "configs/gate.yaml")]
    pub(crate) config: PathBuf,

    /// The model to compare with: a model folder or a package
    #[arg(long, value_name = "DIR|FILE", group = "opponent")]
    pub(crate) champion: Option<PathBuf>,

    /// The champion's scores of the same rows: CSV or Parquet
    #[arg(long, value_name = "FILE", group = "opponent")]
    pub(crate) champion_predictions: Option<PathBuf>,

    /// There is no champion yet, and why; it is written into the evidence
    #[arg(long, value_name = "REASON", group = "opponent")]
    pub(crate) first_model: Option<String>,

    /// The last release to compare with too: a model folder or a package
    #[arg(long, value_name = "DIR|FILE", help_heading = "Beside the champion")]
    pub(crate) release_champion: Option<PathBuf>,

    /// The last release's scores of the same rows: CSV or Parquet
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "release_champion",
        help_heading = "Beside the champion"
    )]
    pub(crate) release_champion_predictions: Option<PathBuf>,

    /// Nothing has been released yet, and why; it is written into the evidence
    #[arg(
        long,
        value_name = "REASON",
        conflicts_with_all = ["release_champion", "release_champion_predictions"],
        help_heading = "Beside the champion"
    )]
    pub(crate) first_release: Option<String>,

    /// The looks at holdouts that were taken so far
    #[arg(long, value_name = "FILE", help_heading = "Beside the champion")]
    pub(crate) ledger: Option<PathBuf>,

    /// There is no ledger yet, and why; it is written into the new one
    #[arg(
        long,
        value_name = "REASON",
        conflicts_with = "ledger",
        help_heading = "Beside the champion"
    )]
    pub(crate) new_ledger: Option<String>,

    /// Where the ledger goes, with this look in it; without this nothing is written, and later looks do
    /// not know of this one
    #[arg(long, value_name = "FILE", help_heading = "Beside the champion")]
    pub(crate) ledger_out: Option<PathBuf>,

    /// evaluation.json or metrics.json of models retrained with other seeds, two or more: their spread
    /// widens every difference that a margin judges
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = "Beside the champion")]
    pub(crate) retrains: Vec<PathBuf>,

    /// Artifacts of other tools that rules ask for: a data report, a drift report, a measurement
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = "Beside the champion")]
    pub(crate) evidence: Vec<PathBuf>,

    /// The digest of the model that scored `--predictions`, which reports of other tools must be about
    #[arg(
        long,
        value_name = "DIGEST",
        requires = "predictions",
        help_heading = "Beside the champion"
    )]
    pub(crate) scored_by: Option<Sha256>,

    /// The digest of the table that this model was trained on, which a data report must be about
    #[arg(
        long,
        value_name = "DIGEST",
        requires = "predictions",
        help_heading = "Beside the champion"
    )]
    pub(crate) trained_on: Option<Sha256>,

    /// A rule whose outcome does not block, and why: RULE=REASON; the verdict is then a warning
    #[arg(
        long = "override",
        value_name = "RULE=REASON",
        help_heading = "Overrides"
    )]
    pub(crate) overrides: Vec<String>,

    /// Who decided about `--override`; else `GITLAB_USER_LOGIN` or `GITHUB_ACTOR` say it
    #[arg(long, value_name = "NAME", help_heading = "Overrides")]
    pub(crate) override_author: Option<String>,

    /// A file of overrides with rule, reason, author, expires, candidate
    #[arg(long, value_name = "FILE", help_heading = "Overrides")]
    pub(crate) overrides_file: Option<PathBuf>,

    /// The day on which overrides may have expired, YYYY-MM-DD; else `CI_PIPELINE_CREATED_AT` says it
    #[arg(long, value_name = "DAY", help_heading = "Overrides")]
    pub(crate) today: Option<String>,

    /// The folder for evaluation.json, gate.json, metrics.json, report.md, report.html and charts/
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub(crate) out: PathBuf,

    /// What stdout carries; `json` is gate.json
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: GateFormat,

    #[command(flatten)]
    pub(crate) common: Common,
}

/// What to do instead of judging.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the configuration's JSON Schema
    Schema,
    /// Tell what the configuration can tell on a holdout of some size, before anyone trains
    ///
    /// The probability of each verdict of the rules on AUC, if the model is as good as the champion,
    /// worse by the margin, and so on; and how many rows a pass takes.
    Plan(PowerArgs),
}

/// A holdout that nobody has scored yet.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PowerArgs {
    /// What the model must reach
    #[arg(long, value_name = "FILE", default_value = "configs/gate.yaml")]
    pub(crate) config: PathBuf,

    /// Rows of the holdout
    #[arg(long, value_name = "COUNT")]
    pub(crate) rows: u64,

    /// Positives among them
    #[arg(long, value_name = "COUNT")]
    pub(crate) positives: u64,

    /// The AUC to expect
    #[arg(long, value_name = "AREA", default_value_t = 0.75)]
    pub(crate) auc: f64,

    /// Another metric to expect, for rules on it: METRIC=VALUE for accuracy and recall,
    /// METRIC=VALUE:DEVIATION (of a single row) for `log_loss` and `brier`
    #[arg(long, value_name = "METRIC=VALUE", num_args = 1..)]
    pub(crate) expect: Vec<String>,

    /// How both models' AUC, and their rows, correlate over samples; 0.9 to 0.98 for two versions of one model
    #[arg(
        long,
        value_name = "CORRELATION",
        default_value_t = 0.9,
        allow_negative_numbers = true
    )]
    pub(crate) correlation: f64,

    /// What stdout carries
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: Format,
}

/// What stdout carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum GateFormat {
    /// Text for a person
    #[default]
    Human,
    /// `gate.json`, byte for byte
    Json,
    /// The report for a merge request
    Markdown,
    /// A test case a rule
    Junit,
    /// GitLab's Code Quality: a finding a rule that does not hold
    CodeQuality,
    /// GitLab's metrics report
    #[value(name = "openmetrics")]
    OpenMetrics,
    /// GitHub's workflow commands, at most ten
    Github,
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
