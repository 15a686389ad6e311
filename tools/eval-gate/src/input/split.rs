//! Whether the rows are those that were held out. A model that is judged on rows it was trained on, or on a
//! holdout that somebody has put in the place of another, looks good for no reason.

use yard_cli::Io;
use yard_contract::{Artifact as _, Document, Input, Split};

use super::Side;
use crate::error::GateError;
use crate::plan::Plan;

/// Holds the rows to what the command line says of them; answers the split for the lineage.
pub(super) fn held_out(plan: &Plan, io: &Io, model: &Side) -> Result<Option<Input>, GateError> {
    let found = model.holdout.sha256;
    if let Some(expected) = plan.expected.rows
        && found != expected
    {
        return Err(GateError::OtherHoldout {
            path: model.rows_from.clone(),
            said: "`--holdout-sha256`".to_owned(),
            found,
            expected,
        });
    }
    let Some(path) = &plan.expected.split else {
        return Ok(None);
    };
    let source = io.read(Split::KIND, path)?;
    let read = Document::<Split>::parse(&source.bytes).map_err(|source| {
        let path = path.clone();
        yard_cli::Error::Artifact { path, source }
    })?;
    let said = path.display().to_string();
    let Some(found) = model.raw_rows else {
        return Err(GateError::SplitOfScores { path: said });
    };
    let expected = read.body.holdout.rows_sha256;
    if found != expected {
        return Err(GateError::OtherHoldout {
            path: model.rows_from.clone(),
            said: format!("`{said}`"),
            found,
            expected,
        });
    }
    // The same rows may have been held out of another table; the model must not have seen them.
    let table = read.header.input("table").map(|table| table.sha256);
    if let (Some(found), Some(expected)) = (table, model.candidate.table)
        && found != expected
    {
        return Err(GateError::OtherSubject {
            path: said,
            what: "table",
            found: found.short(),
            expected: expected.short(),
        });
    }
    Ok(Some(source.input))
}
