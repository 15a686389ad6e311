//! What can keep a command from a model.

/// Why there is no model of a command.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BringError {
    #[error("`algorithm` is `{found}`, but `train run` fits by a command")]
    Algorithm { found: &'static str },
    #[error("failed to run `{command}`")]
    Start {
        command: String,
        source: std::io::Error,
    },
    #[error("there is no `{command}`")]
    NoProgram { command: String },
    #[error("`{command}` exited with {code}")]
    Code { command: String, code: i32 },
    #[error("`{command}` asks to be tried again later: it exited with 3")]
    Transient { command: String },
    #[error("`{command}` was ended by signal {signal}")]
    Signal { command: String, signal: i32 },
    #[error("`{command}` did not end in {seconds} seconds")]
    Overdue { command: String, seconds: u64 },
    #[error("`{command}` stopped and saved what it had")]
    Saved { command: String },
    #[error("`{command}` ended well, but wrote no `{file}` into the folder `TRAINYARD_OUT`")]
    NoOutput { command: String, file: &'static str },
    #[error("a command keeps what is unfinished in a folder, which `{place}` is not")]
    NoFolder { place: String },
    #[error("the scores {problem}")]
    Scores { problem: String },
}

impl BringError {
    pub(crate) fn class(&self) -> yard_cli::Class {
        match self {
            Self::Saved { .. } => yard_cli::Class::Saved,
            Self::Transient { .. } => yard_cli::Class::Transient,
            _ => yard_cli::Class::Input,
        }
    }

    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Algorithm { .. } => {
                Some("set `algorithm: command`, or leave `run` out".to_owned())
            }
            Self::NoFolder { .. } => Some(
                "let the command itself save there: `--pass NAME` hands it a token".to_owned(),
            ),
            Self::NoProgram { .. } => {
                Some("name it after `--`, as in `train run … -- python train.py`".to_owned())
            }
            Self::Overdue { .. } => Some(
                "on SIGTERM it may write what it has and exit 0, or save into TRAINYARD_CHECKPOINT and exit 75"
                    .to_owned(),
            ),
            Self::Saved { .. } => Some("run the same command again: it goes on from there".to_owned()),
            Self::NoOutput { .. } => {
                Some("see `train run --help` for what a command has to write".to_owned())
            }
            _ => None,
        }
    }
}
