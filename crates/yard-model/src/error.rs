//! What can be wrong with a model, and with what it is run on.

/// Why a file was not accepted as a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The bytes are not a protobuf message of the right form.
    #[error("the bytes are not an ONNX model")]
    Decode(#[from] prost::DecodeError),
    /// A size is beyond what is read.
    #[error("{found} {what}, the limit is {limit}")]
    Limit {
        /// What was counted.
        what: &'static str,
        /// How many there are, or how many had been counted when the limit was passed.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The graph as a whole is wrong.
    #[error("{0}")]
    Graph(String),
    /// The graph is sound, and not the one that its signature describes.
    #[error("graph and signature disagree: {0}")]
    Signature(String),
    /// The engine has no such operator.
    #[error("operator `{operator}` of domain `{domain}` (node `{node}`) is not supported")]
    Operator {
        /// The operator's name.
        operator: String,
        /// Its domain, `ai.onnx` for the default one.
        domain: String,
        /// The node's name, or its position as `#3`.
        node: String,
    },
    /// A node is wrong, or asks for something the engine does not do.
    #[error("node `{node}` ({operator}): {reason}")]
    Node {
        /// The node's name, or its position as `#3`.
        node: String,
        /// The operator's name.
        operator: String,
        /// What is wrong.
        reason: String,
    },
}

/// Why a model could not be run on some input.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The number of columns is not that of the model's inputs.
    #[error("{found} input columns, the model takes {expected}")]
    Columns {
        /// Columns given.
        found: usize,
        /// Columns that the inputs have together.
        expected: usize,
    },
    /// One column is wrong.
    #[error("input `{name}`: {reason}")]
    Column {
        /// The input's name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A value that the model declares to be an error, for example an unknown category.
    #[error("node `{node}`: {reason}")]
    Value {
        /// The operator that met it.
        node: &'static str,
        /// What was met.
        reason: String,
    },
}
