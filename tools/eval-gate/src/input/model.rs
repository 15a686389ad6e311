//! A model folder or package that is asked here.

use std::collections::BTreeSet;
use std::path::Path;

use yard_cli::{Io, recorded_path};
use yard_contract::{Answer, Binary, Finite, Signature};
use yard_model::Model;
use yard_package::{Limits, Package};
use yard_table::{Categories, Table};

use super::holdout::{Holdout, Known, Truth};
use super::sheet::{Cells, Sheet, Want};
use super::{HOLDOUT, Scores, Side, shown};
use crate::error::GateError;
use crate::plan::Plan;
use crate::rules::Candidate;

/// Opens a model, reads the holdout for it, and asks it.
pub(super) fn side(plan: &Plan, io: &Io, path: &Path) -> Result<Side, GateError> {
    let model = open(path)?;
    let signature = model.predictor.signature();
    let sheet = Sheet::open(io, HOLDOUT, &plan.holdout, &plan.config.private)?;
    let specs = model.predictor.specs();
    let known = Known::columns(plan);
    let mut columns: BTreeSet<&str> = known.iter().map(String::as_str).collect();
    columns.extend(specs.iter().map(|spec| spec.name.as_str()));
    columns.insert(signature.target.as_str());
    let sheet = sheet.into_csv(&columns)?.with_missing(&signature.missing);
    let features = sheet.features(&specs)?;
    let answers = model.predictor.predict(&features);
    let answers = answers.map_err(|source| GateError::Predict {
        path: shown(path),
        source,
    })?;
    let half = Finite::new(0.5).unwrap_or_default();
    let scores = Scores {
        sha256: model.sha256,
        threshold: signature.binary().map_or(half, |binary| binary.threshold),
        values: answers.values().iter().copied().map(f64::from).collect(),
    };
    let holdout = holdout(plan, &sheet, signature, features)?;
    let raw_rows = sheet.raw_rows();
    let candidate = Candidate {
        sha256: Some(model.sha256),
        bytes: Some(model.size),
        table: model.run_header.input("table").map(|table| table.sha256),
    };
    let mut inputs = model.inputs;
    inputs.push(sheet.input);
    Ok(Side {
        rows_from: sheet.path,
        holdout,
        scores,
        candidate,
        raw_rows,
        inputs,
    })
}

fn open(path: &Path) -> Result<Model, GateError> {
    let package = Package::open(path, &Limits::default()).map_err(|source| GateError::Package {
        path: shown(path),
        source,
    })?;
    Model::load(&package, &recorded_path(path)).map_err(|source| GateError::Model {
        path: shown(path),
        source,
    })
}

fn holdout(
    plan: &Plan,
    sheet: &Sheet,
    signature: &Signature,
    features: Table,
) -> Result<Holdout, GateError> {
    let target = signature.target.as_str();
    let column = |want| -> Result<Option<Cells>, GateError> {
        Ok(sheet.read(&[(target, want)])?.into_iter().next())
    };
    let classes = |names: &[String]| -> Result<Vec<usize>, GateError> {
        let labels = column(Want::Category)?.map(Cells::categories);
        places(sheet, target, names, &labels.unwrap_or_default())
    };
    let truth = match &signature.answer {
        Answer::Binary(Binary { classes: of, .. }) => {
            let names = [of.negative.clone(), of.positive.clone()];
            Truth::Binary {
                labels: classes(&names)?
                    .into_iter()
                    .map(|class| class == 1)
                    .collect(),
                classes: of.clone(),
            }
        }
        Answer::Multiclass(of) => Truth::Multiclass {
            labels: classes(&of.classes)?,
            classes: of.classes.clone(),
        },
        Answer::Regression(_) => {
            let targets = column(Want::Number)?
                .map(Cells::numbers)
                .unwrap_or_default();
            if let Some(row) = targets.iter().position(|number| number.is_nan()) {
                return Err(sheet.wrong(row, target, "empty, where a number is needed"));
            }
            Truth::Regression { targets }
        }
    };
    Known::read(plan, sheet)?.holdout(target.to_owned(), truth, Some(features), sheet)
}

/// The place of each row's class.
fn places(
    sheet: &Sheet,
    column: &str,
    classes: &[String],
    labels: &Categories,
) -> Result<Vec<usize>, GateError> {
    let known = labels
        .levels
        .iter()
        .map(|level| classes.iter().position(|class| class == level));
    let known: Vec<Option<usize>> = known.collect();
    let place = |(row, code): (usize, &u32)| {
        known[*code as usize].ok_or_else(|| {
            let reason = format!(
                "`{}` is no value of the target, which has `{}`",
                labels.text(row),
                classes.join("`, `")
            );
            sheet.wrong(row, column, &reason)
        })
    };
    labels.codes.iter().enumerate().map(place).collect()
}
