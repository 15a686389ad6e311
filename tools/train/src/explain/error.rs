//! What can keep a model from being explained.

/// Why there is no explanation.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ExplainError {
    #[error("the {what} is too large to be written")]
    NotFinite { what: &'static str },
    #[error("line {line}: the target `{column}` is `{value}`, which is no class of the graph's")]
    UnknownClass {
        line: u64,
        column: String,
        value: String,
    },
    #[error("`--explanation` asks a graph, and with `--expect scores` there is none")]
    NoGraph,
}

impl ExplainError {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::NotFinite { .. } => None,
            Self::UnknownClass { .. } => {
                Some("name the classes with --classes as the table writes them".to_owned())
            }
            Self::NoGraph => Some("let the command write `model.onnx`".to_owned()),
        }
    }
}
