//! Answers that are no predictions.

use std::fmt::Display;

use hyper::StatusCode;
use serde::Serialize;
use yard_model::{PredictError, RowError, RunError};

/// Why a request is not answered with predictions, as the caller gets it:
/// `{"error": {"code", "message", "row", "feature", "hint"}}`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Refusal {
    #[serde(skip)]
    pub(crate) status: StatusCode,
    /// A word for programs.
    pub(crate) code: &'static str,
    /// A sentence for people.
    pub(crate) message: Box<str>,
    /// The row it is about, counted from 0.
    pub(crate) row: Option<usize>,
    /// The feature it is about.
    pub(crate) feature: Option<Box<str>>,
    /// What to do about it.
    pub(crate) hint: Option<Box<str>>,
    /// The methods that would do, for a 405.
    #[serde(skip)]
    pub(crate) allow: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Display) -> Self {
        Self {
            status,
            code,
            message: message.to_string().into(),
            row: None,
            feature: None,
            hint: None,
            allow: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string().into());
        self
    }

    /// What is wrong with one row.
    pub(crate) fn row(row: usize, error: &RowError) -> Self {
        let code = match error {
            RowError::Missing { .. } => "missing_feature",
            RowError::Unknown { .. } => "unknown_feature",
            RowError::Twice { .. } => "duplicate_feature",
            RowError::Cell { .. } => "wrong_type",
        };
        Self {
            row: Some(row),
            feature: Some(error.feature().into()),
            hint: error.hint().map(Into::into),
            ..Self::new(
                StatusCode::BAD_REQUEST,
                code,
                format_args!("row {row}: {error}"),
            )
        }
    }

    /// What the model itself refuses, which is the rows' fault, or the engine's, which is ours.
    pub(crate) fn predict(error: &PredictError) -> Self {
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        match error {
            PredictError::NotFinite { row } => Self {
                row: Some(*row),
                ..Self::new(unprocessable, "no_answer", error)
            },
            PredictError::Run(refused @ RunError::Value { .. }) => {
                Self::new(unprocessable, "no_answer", refused)
            }
            _ => Self::internal(),
        }
    }

    /// A defect of ours, of which the caller learns nothing.
    pub(crate) fn internal() -> Self {
        let message = "the server failed to answer this request";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Envelope<'r> {
            error: &'r Refusal,
        }
        let mut bytes = serde_json::to_vec(&Envelope { error: self }).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}
