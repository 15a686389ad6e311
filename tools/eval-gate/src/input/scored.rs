//! A file that some tool scored: identifier, outcome, and what the model said.

use std::collections::BTreeMap;
use std::path::Path;

use yard_cli::Io;
use yard_contract::{Classes, Finite};
use yard_table::Categories;

use super::holdout::{Known, Truth, canonical};
use super::sheet::{Cells, Sheet, Want};
use super::{Scores, Side};
use crate::config::PredictionsConfig;
use crate::error::GateError;
use crate::plan::Plan;
use crate::rules::Candidate;

/// What a row's probabilities may miss one by: they were rounded when they were written.
const ROUNDING: f64 = 1e-3;

/// What the columns of a file answer.
enum Answer {
    /// One probability.
    Binary { score: String },
    /// A probability for each class.
    Multiclass { columns: BTreeMap<String, String> },
    /// A number.
    Regression { value: String },
}

/// Reads a file of scores.
pub(super) fn side(plan: &Plan, io: &Io, path: &Path) -> Result<Side, GateError> {
    let sheet = Sheet::open(io, "predictions", path, &plan.config.private)?;
    let config = plan.config.predictions.clone().unwrap_or_default();
    let label = config.label.clone().unwrap_or_else(|| "label".to_owned());
    let (truth, values) = match answer(&sheet, &config)? {
        Answer::Binary { score } => {
            let (labels, scores) = both(&sheet, (&label, Want::Category), (&score, Want::Number))?;
            let scores = scores.numbers();
            for (row, value) in scores.iter().enumerate() {
                probability(&sheet, row, &score, *value)?;
            }
            (
                binary(&sheet, &label, &labels.categories(), &config)?,
                scores,
            )
        }
        Answer::Multiclass { columns } => several(&sheet, &label, &columns)?,
        Answer::Regression { value } => {
            let (targets, values) = both(&sheet, (&label, Want::Number), (&value, Want::Number))?;
            let (targets, values) = (targets.numbers(), values.numbers());
            for (name, numbers) in [(&label, &targets), (&value, &values)] {
                if let Some(row) = numbers.iter().position(|number| number.is_nan()) {
                    return Err(sheet.wrong(row, name, "empty, where a number is needed"));
                }
            }
            (Truth::Regression { targets }, values)
        }
    };
    let holdout = Known::read(plan, &sheet)?.holdout(label, truth, None, &sheet)?;
    let half = Finite::new(0.5).unwrap_or_default();
    Ok(Side {
        holdout,
        scores: Scores {
            sha256: sheet.input.sha256,
            threshold: config.threshold.unwrap_or(half),
            values,
        },
        candidate: Candidate {
            sha256: plan.behind.model,
            bytes: None,
            table: plan.behind.table,
        },
        raw_rows: None,
        inputs: vec![sheet.input],
        rows_from: sheet.path,
    })
}

/// What the configuration says, or the columns: `score` or `probability`; `probability_CLASS`;
/// `prediction`.
fn answer(sheet: &Sheet, config: &PredictionsConfig) -> Result<Answer, GateError> {
    let said = [
        config.score.is_some(),
        !config.probabilities.is_empty(),
        config.value.is_some(),
    ];
    if said.iter().filter(|said| **said).count() > 1 {
        return Err(GateError::TwoAnswers);
    }
    if let Some(score) = &config.score {
        return Ok(Answer::Binary {
            score: score.clone(),
        });
    }
    if let Some(value) = &config.value {
        return Ok(Answer::Regression {
            value: value.clone(),
        });
    }
    let mut columns: BTreeMap<String, String> = (config.probabilities.iter())
        .map(|(class, column)| (canonical(class), column.clone()))
        .collect();
    if columns.is_empty() {
        for score in ["score", "probability"] {
            if sheet.has(score) {
                return Ok(Answer::Binary {
                    score: score.to_owned(),
                });
            }
        }
        for name in sheet.names() {
            if let Some(class) = name.strip_prefix("probability_") {
                columns.insert(canonical(class), name.clone());
            }
        }
    }
    match columns.len() {
        0 if sheet.has("prediction") => Ok(Answer::Regression {
            value: "prediction".to_owned(),
        }),
        0 => Err(GateError::NoAnswer {
            path: sheet.path.clone(),
            columns: sheet.names().join("`, `"),
        }),
        1 => Err(GateError::OneProbability),
        _ => Ok(Answer::Multiclass { columns }),
    }
}

fn both(
    sheet: &Sheet,
    first: (&str, Want),
    second: (&str, Want),
) -> Result<(Cells, Cells), GateError> {
    let mut cells = sheet.read(&[first, second])?.into_iter();
    let none = || Cells::Text(Vec::new());
    let first = cells.next().unwrap_or_else(none);
    Ok((first, cells.next().unwrap_or_else(none)))
}

fn probability(sheet: &Sheet, row: usize, column: &str, value: f64) -> Result<(), GateError> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    let reason = if value.is_nan() {
        "empty, where a probability is needed".to_owned()
    } else {
        format!("{value}, which is no probability")
    };
    Err(sheet.wrong(row, column, &reason))
}

/// The classes of a column of outcomes by their canonical names, and the class of each of its levels.
fn classes(
    sheet: &Sheet,
    column: &str,
    labels: &Categories,
) -> Result<(Vec<String>, Vec<usize>), GateError> {
    let names: Vec<String> = labels.levels.iter().map(|level| canonical(level)).collect();
    if let Some(level) = names.iter().position(String::is_empty) {
        let row = labels.codes.iter().position(|code| *code as usize == level);
        return Err(sheet.wrong(
            row.unwrap_or(0),
            column,
            "empty, so the outcome is not known",
        ));
    }
    let mut known = names.clone();
    known.sort();
    known.dedup();
    let place = |name: &String| known.binary_search(name).unwrap_or(0);
    let places = names.iter().map(place).collect();
    Ok((known, places))
}

/// Which rows are positive. Which class is, is configured, or plain: 1 of 0 and 1, true of both.
fn binary(
    sheet: &Sheet,
    column: &str,
    labels: &Categories,
    config: &PredictionsConfig,
) -> Result<Truth, GateError> {
    let (known, places) = classes(sheet, column, labels)?;
    let plain = |word: &&str| {
        let told = |class: &String| class == word || class == opposite(word);
        known.iter().all(told)
    };
    let positive = if let Some(positive) = &config.positive {
        canonical(positive)
    } else if let Some(word) = ["1", "true"].into_iter().find(plain) {
        word.to_owned()
    } else {
        return Err(GateError::NoPositive {
            column: column.to_owned(),
            classes: few(&known),
        });
    };
    let mut others = known.iter().filter(|class| **class != positive);
    let negative = others.next().cloned();
    if !known.contains(&positive) || others.next().is_some() {
        return Err(GateError::NotTwoClasses {
            path: sheet.path.clone(),
            column: column.to_owned(),
            positive,
            classes: few(&known),
        });
    }
    let is_positive: Vec<bool> = places
        .iter()
        .map(|&place| known[place] == positive)
        .collect();
    Ok(Truth::Binary {
        labels: labels
            .codes
            .iter()
            .map(|&code| is_positive[code as usize])
            .collect(),
        classes: Classes {
            negative: negative.unwrap_or_else(|| opposite(&positive).to_owned()),
            positive,
        },
    })
}

fn opposite(word: &str) -> &'static str {
    match word {
        "1" => "0",
        "true" => "false",
        _ => "other",
    }
}

fn few(classes: &[String]) -> String {
    let shown: Vec<&str> = classes.iter().take(6).map(String::as_str).collect();
    let more = if classes.len() > 6 { "`, …" } else { "`" };
    format!("`{}{more}", shown.join("`, `"))
}

/// Several classes: each row's probabilities in the order of the classes' names.
fn several(
    sheet: &Sheet,
    label: &str,
    columns: &BTreeMap<String, String>,
) -> Result<(Truth, Vec<f64>), GateError> {
    let mut wanted = vec![(label, Want::Category)];
    wanted.extend(
        columns
            .values()
            .map(|column| (column.as_str(), Want::Number)),
    );
    let mut cells = sheet.read(&wanted)?.into_iter();
    let labels = cells.next().map(Cells::categories).unwrap_or_default();
    let names: Vec<String> = columns.keys().cloned().collect();
    let (known, places) = classes(sheet, label, &labels)?;
    let mut place_of = Vec::with_capacity(known.len());
    for class in &known {
        let Ok(place) = names.binary_search(class) else {
            let level = places.iter().position(|&place| known[place] == *class);
            let row = labels
                .codes
                .iter()
                .position(|&code| Some(code as usize) == level);
            let reason = format!("`{class}`, a class without a column of probabilities");
            return Err(sheet.wrong(row.unwrap_or(0), label, &reason));
        };
        place_of.push(place);
    }
    let of_level: Vec<usize> = places.iter().map(|&place| place_of[place]).collect();
    let probabilities: Vec<Vec<f64>> = cells.map(Cells::numbers).collect();
    let rows = labels.codes.len();
    let mut values = Vec::with_capacity(rows * names.len());
    for row in 0..rows {
        let mut total = 0.0;
        for (column, of_class) in columns.values().zip(&probabilities) {
            probability(sheet, row, column, of_class[row])?;
            total += of_class[row];
            values.push(of_class[row]);
        }
        if (total - 1.0).abs() > ROUNDING {
            let reason = format!(
                "one of {} probabilities that add up to {total}, not 1",
                names.len()
            );
            let column = columns.values().next().map_or("", String::as_str);
            return Err(sheet.wrong(row, column, &reason));
        }
    }
    let labels = labels
        .codes
        .iter()
        .map(|&code| of_level[code as usize])
        .collect();
    Ok((
        Truth::Multiclass {
            labels,
            classes: names,
        },
        values,
    ))
}
