//! Arguments of a fit by any command.

use std::path::PathBuf;

use yard_cli::Format;
use yard_cli::clap::{self, Args as ClapArgs};

use super::{ExplanationArgs, FitArgs};
use crate::store::Place;

/// Arguments of `run`.
#[derive(ClapArgs, Clone, Debug)]
pub(crate) struct RunArgs {
    /// The table: CSV with a header
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,

    /// The training configuration, with `algorithm: command`: task, target, features, split, seed
    #[arg(long, value_name = "FILE", default_value = "configs/train.yaml")]
    pub(crate) config: PathBuf,

    /// What the command makes: a graph, or scores of the held-out rows (found without their target in
    /// `TRAINYARD_SCORE`)
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Expected::Onnx)]
    pub(crate) expect: Expected,

    /// The classes in the order of the graph's probabilities, where the graph does not name them
    #[arg(long, value_name = "VALUE", value_delimiter = ',')]
    pub(crate) classes: Vec<String>,

    /// The folder for the model
    #[arg(long, value_name = "DIR", default_value = "out/model")]
    pub(crate) model: PathBuf,

    /// Where to write scores, with identifier and outcome, for `eval-gate --predictions`
    #[arg(
        long,
        value_name = "FILE",
        default_value = "out/scored/predictions.csv"
    )]
    pub(crate) predictions: PathBuf,

    /// The column that names rows in that file [default: their number]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,

    /// Where to write the rows that were held out
    #[arg(long, value_name = "FILE", default_value = "out/holdout.csv")]
    pub(crate) holdout: PathBuf,

    /// Where to write which rows were fitted on and which were held out
    #[arg(long, value_name = "FILE", default_value = "out/split.json")]
    pub(crate) split: PathBuf,

    #[command(flatten)]
    pub(crate) explanation: ExplanationArgs,

    /// The folder for what the command is given and what it makes
    #[arg(long, value_name = "DIR", default_value = "out/run")]
    pub(crate) work: PathBuf,

    /// Another file that the command reads, found in `TRAINYARD_INPUT_NAME`; its digest is recorded
    #[arg(long = "input", value_name = "NAME=FILE", value_parser = input)]
    pub(crate) inputs: Vec<(String, PathBuf)>,

    /// A variable to pass on, such as a token; its value is recorded nowhere
    #[arg(long, value_name = "NAME")]
    pub(crate) pass: Vec<String>,

    /// Ask the command to stop after so many seconds
    #[arg(long, value_name = "S")]
    pub(crate) max_seconds: Option<u64>,

    /// Kill it so many seconds after it was asked to stop
    #[arg(long, value_name = "S", default_value_t = 30)]
    pub(crate) grace_seconds: u64,

    /// A folder for what is unfinished, given to the command in `TRAINYARD_CHECKPOINT` and kept until it is
    /// done
    #[arg(long, value_name = "DIR")]
    pub(crate) checkpoint: Option<Place>,

    /// Begin anew, whatever is kept there
    #[arg(long, requires = "checkpoint")]
    pub(crate) no_resume: bool,

    /// Where to write how long it took
    #[arg(long, value_name = "FILE")]
    pub(crate) measurement: Option<PathBuf>,

    /// The commit of the code, recorded in `run.json`
    #[arg(
        long,
        value_name = "SHA",
        env = "CI_COMMIT_SHA",
        hide_env_values = true
    )]
    pub(crate) commit: Option<String>,

    /// The command and its words
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// What a command makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Expected {
    /// A graph, `model.onnx`, which becomes a model folder
    Onnx,
    /// Scores, `scores.csv`, a row for each of `TRAINYARD_SCORE`
    Scores,
}

fn input(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("expected NAME=FILE")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || !name.bytes().all(plain) {
        return Err("a name has letters, digits and `_`".to_owned());
    }
    Ok((name.to_lowercase(), PathBuf::from(path)))
}

impl From<&RunArgs> for FitArgs {
    fn from(args: &RunArgs) -> Self {
        Self {
            data: args.data.clone(),
            config: args.config.clone(),
            model: args.model.clone(),
            holdout: args.holdout.clone(),
            split: args.split.clone(),
            parity: None,
            quantize: None,
            quantized: PathBuf::new(),
            measurement: args.measurement.clone(),
            checkpoint: args.checkpoint.clone(),
            no_resume: args.no_resume,
            checkpoint_rounds: None,
            checkpoint_seconds: 0,
            commit: args.commit.clone(),
            threads: None,
            format: Format::default(),
        }
    }
}
