//! What is done to columns before any algorithm sees them, learnt from the rows to fit on and written
//! into the graph: imputation, folding of rare categories, declared orders, mean targets, dates.
//!
//! What is learnt from targets is learnt for each training row from rows of other folds, so that no row
//! sees its own; the graph, which answers rows that were not there, holds what all of them say.

mod calendar;
mod columns;
mod means;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use yard_contract::{Algorithm, Scalar, Task};
use yard_model::{GraphBuilder, Numbers};
use yard_table::{Categories, Column, Table};

pub(crate) use columns::{Handle, Prepared};
use means::Means;

use crate::config::{DatePart, Impute, Prepare, TrainConfig, Written};
use crate::data::Training;
use crate::error::TrainError;

/// What rare categories become.
const OTHER: &str = "(other)";
/// Ranks are for categories of so many rows in the mean: a row's own part in its category's mean is then
/// at most a hundredth.
const ROWS_OF_A_RANK: usize = 100;
/// An ISO date may lie so many years after the last one of the training rows.
const YEARS_AHEAD: i32 = 10;

/// What becomes of each feature, in the order of the graph's inputs.
pub(crate) struct Preparation {
    steps: Vec<(String, Prepare, Step)>,
}

/// What the numbers of a column are, and which number each category became.
pub(crate) type Codes = (&'static str, BTreeMap<String, f32>);

enum Step {
    /// A number, its missing cells replaced, and a column that tells where they were.
    Number { fill: Option<f32>, indicator: bool },
    /// A category, where anything but these levels becomes one of its own.
    Category { kept: Option<BTreeSet<String>> },
    /// A category as its place in a declared order; any other is missing.
    Order(Vec<String>),
    /// A category as its mean target.
    Means(Means),
    /// A day as its parts. As text, it is one of the days of these years.
    Date {
        parts: Vec<DatePart>,
        years: Option<(i32, i32)>,
    },
}

impl Preparation {
    /// Nothing is done to the columns of a table, or to the one of a name.
    pub(crate) fn none(table: &Table, only: Option<&str>) -> Self {
        let columns = table
            .columns()
            .filter(|(name, _)| only.is_none_or(|only| only == *name));
        let steps = columns.map(|(name, column)| {
            let step = match column {
                Column::Number(_) => Step::Number {
                    fill: None,
                    indicator: false,
                },
                Column::Category(_) => Step::Category { kept: None },
            };
            (name.to_owned(), Prepare::default(), step)
        });
        Self {
            steps: steps.collect(),
        }
    }

    /// Learns what the configuration says from the rows to fit on.
    pub(crate) fn fit(
        training: &Training,
        weights: Option<&[f64]>,
        config: &TrainConfig,
    ) -> Result<Self, TrainError> {
        let step = |(name, column): (&str, &Column)| {
            let wanted = config.preparation.of(name);
            let step = match column {
                Column::Number(values) => number(name, values, weights, &wanted)?,
                Column::Category(values) => {
                    category(name, values, training, weights, config, &wanted)?
                }
            };
            Ok((name.to_owned(), wanted, step))
        };
        let steps: Result<Vec<_>, TrainError> = training.table.columns().map(step).collect();
        Ok(Self { steps: steps? })
    }

    /// The columns of the rows that it was learnt from: no row's depend on its own target.
    pub(crate) fn training<'t>(
        &'t self,
        table: &'t Table,
    ) -> Result<Vec<Prepared<'t>>, TrainError> {
        self.columns(table, true)
    }

    /// The columns of other rows, as the graph makes them.
    pub(crate) fn apply<'t>(&'t self, table: &'t Table) -> Result<Vec<Prepared<'t>>, TrainError> {
        self.columns(table, false)
    }

    fn columns<'t>(
        &'t self,
        table: &'t Table,
        training: bool,
    ) -> Result<Vec<Prepared<'t>>, TrainError> {
        let mut made = Vec::new();
        for (feature, wanted, step) in &self.steps {
            let Some(column) = table.column(feature) else {
                continue;
            };
            let mut add = |suffix: &str, cells: Cow<'t, Column>| {
                made.push(Prepared {
                    name: format!("{feature}{suffix}"),
                    feature,
                    scale: wanted.scale.unwrap_or_default(),
                    cells,
                });
            };
            match (step, column) {
                (Step::Number { fill, indicator }, Column::Number(values)) => {
                    match fill {
                        None => add("", Cow::Borrowed(column)),
                        Some(fill) => {
                            let filled = values.iter().map(|v| if v.is_nan() { *fill } else { *v });
                            add("", Cow::Owned(Column::Number(filled.collect())));
                        }
                    }
                    if *indicator {
                        let missing = values.iter().map(|v| f32::from(u8::from(v.is_nan())));
                        add(".missing", Cow::Owned(Column::Number(missing.collect())));
                    }
                }
                (Step::Category { kept: None }, _) => add("", Cow::Borrowed(column)),
                (Step::Category { kept: Some(kept) }, Column::Category(values)) => {
                    let folded = (0..values.codes.len()).map(|row| match values.text(row) {
                        text if text.is_empty() || kept.contains(text) => text.to_owned(),
                        _ => OTHER.to_owned(),
                    });
                    add("", Cow::Owned(Column::Category(folded.collect())));
                }
                (Step::Order(order), Column::Category(values)) => {
                    let places: BTreeMap<&str, f32> = ranked(order).collect();
                    add(
                        "",
                        Cow::Owned(Column::Number(looked_up(values, &places, f32::NAN))),
                    );
                }
                (Step::Means(means), Column::Category(values)) => {
                    let numbers = if training {
                        means.of_training(values)
                    } else {
                        means.of(values)
                    };
                    add("", Cow::Owned(Column::Number(numbers)));
                }
                (Step::Date { parts, years }, _) => {
                    let days = match (column, years) {
                        (Column::Number(days), _) => Cow::Borrowed(days),
                        (Column::Category(texts), years) => {
                            let (first, last) = years.unwrap_or_default();
                            let all: Vec<(String, f32)> =
                                calendar::days_of_years(first, last).collect();
                            let all = all
                                .iter()
                                .map(|(text, day)| (text.as_str(), *day))
                                .collect();
                            Cow::Owned(looked_up(texts, &all, f32::NAN))
                        }
                    };
                    let mut columns = vec![Vec::with_capacity(days.len()); parts.len()];
                    for day in days.iter() {
                        let parts = calendar::parts(&mut calendar::Plain, day, parts)?;
                        columns
                            .iter_mut()
                            .zip(parts)
                            .for_each(|(column, part)| column.push(part));
                    }
                    for (part, column) in parts.iter().zip(columns) {
                        add(part.suffix(), Cow::Owned(Column::Number(column)));
                    }
                }
                _ => unreachable!("a step is applied to the column it was learnt from"),
            }
        }
        Ok(made)
    }

    /// Declares the features as inputs of a graph and writes what is done to them: the columns of
    /// [`Self::apply`], in its order.
    pub(crate) fn write(&self, graph: &mut GraphBuilder) -> Result<Vec<Handle>, TrainError> {
        let mut handles = Vec::new();
        for (feature, _, step) in &self.steps {
            match step {
                Step::Number { fill, indicator } => {
                    let number = graph.input_number(feature)?;
                    handles.push(Handle::Number(match fill {
                        Some(fill) => graph.impute(&number, &[*fill])?,
                        None => number.clone(),
                    }));
                    if *indicator {
                        let missing = graph.is_missing(&number);
                        handles.push(Handle::Number(graph.indicator(&missing)));
                    }
                }
                Step::Category { kept } => {
                    let text = graph.input_text(feature)?;
                    handles.push(Handle::Text(match kept {
                        Some(kept) => {
                            let same = std::iter::once("").chain(kept.iter().map(String::as_str));
                            graph.keep_texts(&text, same, OTHER)
                        }
                        None => text,
                    }));
                }
                Step::Order(order) => {
                    let text = graph.input_text(feature)?;
                    let places: Vec<(&str, f32)> = ranked(order).collect();
                    handles.push(Handle::Number(graph.label_encoder(
                        &text,
                        &places,
                        f32::NAN,
                    )?));
                }
                Step::Means(means) => {
                    let text = graph.input_text(feature)?;
                    let (known, unseen) = means.table();
                    handles.push(Handle::Number(graph.label_encoder(&text, known, unseen)?));
                }
                Step::Date { parts, years } => {
                    let days: Numbers = match years {
                        None => graph.input_number(feature)?,
                        Some((first, last)) => {
                            let text = graph.input_text(feature)?;
                            let days: Vec<(String, f32)> =
                                calendar::days_of_years(*first, *last).collect();
                            graph.label_encoder(&text, &days, f32::NAN)?
                        }
                    };
                    let parts = calendar::parts(graph, &days, parts)?;
                    handles.extend(parts.into_iter().map(Handle::Number));
                }
            }
        }
        Ok(handles)
    }

    /// The number that each category of a feature becomes, for whoever has to do without the graph; the
    /// name of a feature where that is not all that is done to it.
    pub(crate) fn legend(&self) -> Result<BTreeMap<String, Codes>, String> {
        let mut legend = BTreeMap::new();
        for (feature, _, step) in &self.steps {
            match step {
                Step::Number {
                    fill: None,
                    indicator: false,
                }
                | Step::Category { kept: None } => {}
                Step::Order(order) => {
                    let places = ranked(order).map(|(level, place)| (level.to_owned(), place));
                    legend.insert(feature.clone(), ("place", places.collect()));
                }
                Step::Means(means) => {
                    let known = means.table().0.iter().cloned();
                    legend.insert(feature.clone(), ("mean", known.collect()));
                }
                _ => return Err(feature.clone()),
            }
        }
        Ok(legend)
    }

    /// What was decided of each feature, as `run.json` records it.
    pub(crate) fn recorded(&self) -> BTreeMap<String, Scalar> {
        let mut recorded = BTreeMap::new();
        for (feature, wanted, step) in &self.steps {
            let mut note = |what: &str, value: Scalar| {
                recorded.insert(format!("preparation.{feature}.{what}"), value);
            };
            match step {
                Step::Number { fill, indicator } => {
                    if let Some(fill) = fill {
                        note("fill", Scalar::number(f64::from(*fill)));
                        note(
                            "indicator",
                            Scalar::from(if *indicator { "yes" } else { "no" }),
                        );
                    }
                }
                Step::Category { kept } => {
                    if let Some(kept) = kept {
                        note("kept", Scalar::number(kept.len() as f64));
                    }
                }
                Step::Order(order) => note("order", Scalar::from(order.join(" < ").as_str())),
                Step::Means(_) => note("code", Scalar::from("target_mean")),
                Step::Date { parts, .. } => {
                    let parts: Vec<&str> = parts.iter().map(|part| &part.suffix()[1..]).collect();
                    note("date", Scalar::from(parts.join(", ").as_str()));
                }
            }
            if let Some(scale) = wanted.scale {
                note("scale", Scalar::from(scale.as_str()));
            }
        }
        recorded
    }
}

/// The days that the graph knows of a column of ISO dates.
pub(crate) fn known_days(column: &Categories) -> Result<Vec<String>, TrainError> {
    let (first, last) = years_of("", column)?;
    Ok(calendar::days_of_years(first, last)
        .map(|(text, _)| text)
        .collect())
}

fn number(
    name: &str,
    values: &[f32],
    weights: Option<&[f64]>,
    wanted: &Prepare,
) -> Result<Step, TrainError> {
    if let Some(date) = &wanted.date {
        if date.written == Written::Iso {
            return Err(misfit(
                name,
                "date",
                "for a column in `features.categories` where `written` is `iso`",
            ));
        }
        return Ok(Step::Date {
            parts: date.parts.clone(),
            years: None,
        });
    }
    if !wanted.order.is_empty() || wanted.target_mean == Some(true) {
        return Err(misfit(
            name,
            "order",
            "for a column in `features.categories`",
        ));
    }
    let fill = match &wanted.impute {
        None | Some(Impute::Native) => None,
        Some(Impute::Mean) => Some(mean(values, weights)),
        Some(Impute::Median) => Some(median(values)),
        Some(Impute::Constant(value)) => Some(single(value.get())),
    };
    let indicator = wanted.indicator.unwrap_or(false) && values.iter().any(|v| v.is_nan());
    Ok(Step::Number { fill, indicator })
}

fn category(
    name: &str,
    values: &Categories,
    training: &Training,
    weights: Option<&[f64]>,
    config: &TrainConfig,
    wanted: &Prepare,
) -> Result<Step, TrainError> {
    if let Some(date) = &wanted.date {
        if date.written == Written::Days {
            return Err(misfit(
                name,
                "date",
                "for a column in `features.numbers` where `written` is `days`",
            ));
        }
        let years = Some(years_of(name, values)?);
        return Ok(Step::Date {
            parts: date.parts.clone(),
            years,
        });
    }
    if !wanted.order.is_empty() {
        let strange = values
            .levels
            .iter()
            .enumerate()
            .filter(|(code, _)| values.codes.iter().any(|used| *used as usize == *code))
            .find(|(_, level)| !level.is_empty() && !wanted.order.contains(level));
        return match strange {
            Some((_, level)) => Err(TrainError::NotInOrder {
                column: name.to_owned(),
                value: level.clone(),
            }),
            None => Ok(Step::Order(wanted.order.clone())),
        };
    }
    if wanted
        .target_mean
        .unwrap_or_else(|| is_sparse(values, training, config))
    {
        return Ok(Step::Means(Means::fit(values, training, weights, config)?));
    }
    let kept = wanted
        .rare_below
        .filter(|fewest| *fewest > 1)
        .map(|fewest| {
            let mut counts = vec![0_u32; values.levels.len()];
            values
                .codes
                .iter()
                .for_each(|&code| counts[code as usize] += 1);
            let levels = values.levels.iter().zip(counts);
            let kept = levels.filter(|(level, rows)| *rows >= fewest && !level.is_empty());
            kept.map(|(level, _)| level.clone()).collect()
        });
    Ok(Step::Category { kept })
}

/// Whether a column's categories have so few rows each that ranks, in which every row has a part, would
/// be believed too much; asked only where nobody has said how trees are to see categories.
fn is_sparse(values: &Categories, training: &Training, config: &TrainConfig) -> bool {
    let unsaid = config.algorithm == Algorithm::GradientBoosting
        && config.gradient_boosting.categories.is_none()
        && training.target.task() != Task::Multiclass;
    let mut used = vec![false; values.levels.len()];
    values
        .codes
        .iter()
        .for_each(|&code| used[code as usize] = true);
    let levels = used.into_iter().filter(|used| *used).count();
    unsaid && values.codes.len() < ROWS_OF_A_RANK * levels
}

/// The years that the graph is to know: those of the rows, and some more.
fn years_of(name: &str, values: &Categories) -> Result<(i32, i32), TrainError> {
    let mut range: Option<(i32, i32)> = None;
    for text in values.levels.iter().filter(|text| !text.is_empty()) {
        if calendar::days_of(text).is_none() {
            return Err(TrainError::NoDate {
                column: name.to_owned(),
                value: text.chars().take(80).collect(),
            });
        }
        let year: i32 = text[..4].parse().unwrap_or_default();
        range = Some(range.map_or((year, year), |(first, last)| {
            (first.min(year), last.max(year))
        }));
    }
    let (first, last) = range.unwrap_or((1970, 1970));
    Ok((first, (last + YEARS_AHEAD).min(9_999)))
}

fn misfit(column: &str, key: &'static str, expected: &'static str) -> TrainError {
    TrainError::Preparation {
        column: column.to_owned(),
        key,
        expected,
    }
}

fn ranked(order: &[String]) -> impl Iterator<Item = (&str, f32)> {
    order
        .iter()
        .enumerate()
        .map(|(place, level)| (level.as_str(), place as f32))
}

fn looked_up(values: &Categories, known: &BTreeMap<&str, f32>, default: f32) -> Vec<f32> {
    let number = |level: &String| known.get(level.as_str()).copied().unwrap_or(default);
    let of_level: Vec<f32> = values.levels.iter().map(number).collect();
    values
        .codes
        .iter()
        .map(|&code| of_level[code as usize])
        .collect()
}

/// The mean of the present cells, each by its row's weight; 0 where there are none.
fn mean(values: &[f32], weights: Option<&[f64]>) -> f32 {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let present = || {
        values
            .iter()
            .enumerate()
            .filter(|(_, value)| !value.is_nan())
    };
    let total: f64 = present().map(|(row, _)| weight(row)).sum();
    let sum: f64 = present()
        .map(|(row, value)| weight(row) * f64::from(*value))
        .sum();
    if total > 0.0 {
        single(sum / total)
    } else {
        0.0
    }
}

/// The lower of the middle cells; 0 where there are none.
fn median(values: &[f32]) -> f32 {
    let mut present: Vec<f32> = values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    present.sort_unstable_by(f32::total_cmp);
    let middle = present.len().saturating_sub(1) / 2;
    present.get(middle).copied().unwrap_or(0.0)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the graph computes in single precision"
)]
const fn single(number: f64) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests;
