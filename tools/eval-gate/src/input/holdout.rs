//! The rows that were held out: what came true, and the columns that slices are cut by.

use std::collections::{BTreeMap, BTreeSet};

use yard_contract::{Classes, Sha256};
use yard_table::{Categories, Table};

use super::sheet::{Cells, Sheet, Want};
use crate::error::GateError;
use crate::measure;
use crate::plan::Plan;

/// The column of identifiers, where the configuration names none and one is needed.
const DEFAULT_ID: &str = "id";

/// What is true of each row, whoever predicts.
pub(crate) struct Holdout {
    /// The column that is predicted.
    pub(crate) target: String,
    pub(crate) truth: Truth,
    /// What names each row, where a column does.
    pub(crate) ids: Option<Vec<String>>,
    /// Whether identifiers may not be shown.
    pub(crate) hidden: bool,
    pub(crate) weights: Option<Vec<f64>>,
    /// The entity of each row, numbered from 0 without gaps, where entities are named.
    pub(crate) clusters: Option<Vec<u32>>,
    /// The columns that slices and groups are cut by, and those that are shown with a row.
    pub(crate) slices: BTreeMap<String, Categories>,
    /// What the model takes, where it is a model that was asked here.
    pub(crate) features: Option<Table>,
    /// The digest of the frozen rows.
    pub(crate) sha256: Sha256,
}

impl Holdout {
    /// Which row it is, for people: its identifier, else its place in the file.
    pub(crate) fn name(&self, row: usize) -> String {
        match &self.ids {
            Some(ids) if !self.hidden => ids[row].clone(),
            _ => match &self.features {
                Some(table) => format!("line {}", table.line(row)),
                None => format!("row {}", row + 1),
            },
        }
    }
}

/// What came true.
pub(crate) enum Truth {
    /// Whether the row belongs to the positive class.
    Binary { labels: Vec<bool>, classes: Classes },
    /// The place of the row's class.
    Multiclass {
        labels: Vec<usize>,
        classes: Vec<String>,
    },
    /// A number.
    Regression { targets: Vec<f64> },
}

impl Truth {
    /// How many numbers a model answers for a row.
    pub(crate) fn width(&self) -> usize {
        match self {
            Self::Binary { .. } | Self::Regression { .. } => 1,
            Self::Multiclass { classes, .. } => classes.len(),
        }
    }

    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Binary { labels, .. } => labels.len(),
            Self::Multiclass { labels, .. } => labels.len(),
            Self::Regression { targets } => targets.len(),
        }
    }

    /// The one class, or number, that every row has.
    fn only_class(&self) -> Option<String> {
        let one = |all: bool| all.then(|| self.text(0));
        match self {
            Self::Binary { labels, .. } => one(labels.iter().all(|label| *label == labels[0])),
            Self::Multiclass { labels, .. } => one(labels.iter().all(|label| *label == labels[0])),
            Self::Regression { targets } => one(targets
                .iter()
                .all(|target| target.to_bits() == targets[0].to_bits())),
        }
    }

    /// A row's outcome in the one form that all files of the same rows agree on.
    pub(super) fn text(&self, row: usize) -> String {
        match self {
            Self::Binary { labels, classes } => {
                let class = if labels[row] {
                    &classes.positive
                } else {
                    &classes.negative
                };
                canonical(class)
            }
            Self::Multiclass { labels, classes } => canonical(&classes[labels[row]]),
            Self::Regression { targets } => targets[row].to_string(),
        }
    }

    /// The task and its classes, in words.
    pub(super) fn described(&self) -> String {
        match self {
            Self::Binary { classes, .. } => {
                let (negative, positive) =
                    (canonical(&classes.negative), canonical(&classes.positive));
                format!("{positive} (and not {negative})")
            }
            Self::Multiclass { classes, .. } => {
                let classes: Vec<String> = classes.iter().map(|class| canonical(class)).collect();
                format!("one of {}", classes.join(", "))
            }
            Self::Regression { .. } => "a number".to_owned(),
        }
    }
}

/// A class's name as all files agree on it: `1`, `1.0` and ` 1` are one class, and so are `True` and `true`.
pub(crate) fn canonical(text: &str) -> String {
    let text = text.trim();
    for word in ["true", "false"] {
        if text.eq_ignore_ascii_case(word) {
            return word.to_owned();
        }
    }
    match yard_table::parse_number(text) {
        Ok(number) if number.abs() < 1e15 && number.fract().abs() <= 0.0 => format!("{number:.0}"),
        _ => text.to_owned(),
    }
}

/// What a table says of each row beside its outcome.
pub(super) struct Known {
    ids: Option<Vec<String>>,
    hidden: bool,
    weights: Option<Vec<f64>>,
    clusters: Option<Vec<u32>>,
    slices: BTreeMap<String, Categories>,
}

impl Known {
    /// The columns that it reads.
    pub(super) fn columns(plan: &Plan) -> BTreeSet<String> {
        let config = &plan.config;
        let mut columns = measure::columns(config);
        columns.insert(config.id.clone().unwrap_or_else(|| DEFAULT_ID.to_owned()));
        columns.extend(config.weight.clone());
        columns.extend(config.cluster.clone());
        columns
    }

    /// Reads the columns that the configuration names. Identifiers are read where the configuration names
    /// their column, and where two files have to be held against each other.
    pub(super) fn read(plan: &Plan, sheet: &Sheet) -> Result<Self, GateError> {
        let config = &plan.config;
        let id = match &config.id {
            Some(id) => Some(id.as_str()),
            None => plan.needs_ids().then_some(DEFAULT_ID),
        };
        let hidden = id.is_some_and(|id| config.hides(id));
        let cuts = measure::columns(config);
        let mut wanted: Vec<(&str, Want)> = Vec::new();
        wanted.extend(id.map(|name| (name, Want::Text)));
        wanted.extend(config.weight.as_deref().map(|name| (name, Want::Number)));
        wanted.extend(config.cluster.as_deref().map(|name| (name, Want::Category)));
        wanted.extend(cuts.iter().map(|name| (name.as_str(), Want::Category)));
        let mut cells = sheet.read(&wanted)?.into_iter();
        let mut ids = None;
        if let Some(name) = id {
            let texts = cells.next().map(Cells::texts).unwrap_or_default();
            if let Some(row) = texts.iter().position(String::is_empty) {
                return Err(sheet.wrong(row, name, "empty, so the row has no identifier"));
            }
            distinct(&sheet.path, name, &texts, hidden)?;
            ids = Some(texts);
        }
        let mut weights = None;
        if let Some(name) = &config.weight {
            let numbers = cells.next().map(Cells::numbers).unwrap_or_default();
            usable(&numbers, |row, reason| sheet.wrong(row, name, reason))?;
            weights = Some(numbers);
        }
        let mut clusters = None;
        if let Some(name) = &config.cluster {
            let texts = cells.next().map(Cells::categories).unwrap_or_default();
            let rows = 0..texts.codes.len();
            let empty = |row| sheet.wrong(row, name, "empty, so the row has no entity");
            clusters = Some(entities(rows.map(|row| texts.text(row)), empty)?);
        }
        let slices = cuts.into_iter().zip(cells.map(Cells::categories)).collect();
        Ok(Self {
            ids,
            hidden,
            weights,
            clusters,
            slices,
        })
    }

    /// Together with what came true.
    pub(super) fn holdout(
        self,
        target: String,
        truth: Truth,
        features: Option<Table>,
        sheet: &Sheet,
    ) -> Result<Holdout, GateError> {
        if let Some(class) = truth.only_class() {
            return Err(GateError::OneClass {
                path: sheet.path.clone(),
                column: target,
                class,
            });
        }
        let sha256 = match &self.ids {
            Some(ids) => digest(
                ids,
                &truth,
                self.weights.as_deref(),
                self.clusters.as_deref(),
            ),
            None => sheet.input.sha256,
        };
        Ok(Holdout {
            target,
            truth,
            ids: self.ids,
            hidden: self.hidden,
            weights: self.weights,
            clusters: self.clusters,
            slices: self.slices,
            features,
            sha256,
        })
    }
}

/// The digest of the rows by identifier, in its order: of identifier, outcome, weight and entity.
/// Entities are numbered as they occur in that order, because their names are no part of the evidence.
fn digest(
    ids: &[String],
    truth: &Truth,
    weights: Option<&[f64]>,
    clusters: Option<&[u32]>,
) -> Sha256 {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by(|&a, &b| ids[a].cmp(&ids[b]));
    let mut entities: BTreeMap<u32, usize> = BTreeMap::new();
    let mut bytes = Vec::new();
    let mut push = |text: &str| {
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
    };
    for row in order {
        push(&ids[row]);
        push(&truth.text(row));
        if let Some(weights) = weights {
            push(&weights[row].to_string());
        }
        if let Some(clusters) = clusters {
            let next = entities.len();
            push(&entities.entry(clusters[row]).or_insert(next).to_string());
        }
        push("\n");
    }
    Sha256::of(&bytes)
}

/// Checks that every row has a name of its own.
fn distinct(path: &str, column: &str, ids: &[String], hidden: bool) -> Result<(), GateError> {
    let mut sorted: Vec<&String> = ids.iter().collect();
    sorted.sort_unstable();
    let mut twice: Vec<String> = Vec::new();
    for pair in sorted.windows(2) {
        if pair[0] == pair[1] && twice.last() != Some(pair[0]) {
            twice.push(pair[0].clone());
        }
    }
    if twice.is_empty() {
        return Ok(());
    }
    Err(GateError::Twice {
        path: path.to_owned(),
        column: column.to_owned(),
        ids: if hidden {
            "which are private".to_owned()
        } else {
            super::frozen::few(&twice)
        },
        count: twice.len(),
    })
}

/// The number of each row's entity, in the order in which entities first occur.
fn entities<'a>(
    texts: impl Iterator<Item = &'a str>,
    missing: impl Fn(usize) -> GateError,
) -> Result<Vec<u32>, GateError> {
    let mut known = BTreeMap::new();
    texts
        .enumerate()
        .map(|(row, entity)| {
            if entity.is_empty() {
                return Err(missing(row));
            }
            let next = known.len();
            let number = *known.entry(entity).or_insert(next);
            Ok(u32::try_from(number).unwrap_or(u32::MAX))
        })
        .collect()
}

/// Checks that weights are numbers of 0 or more, and not all 0.
fn usable(
    weights: &[f64],
    wrong: impl Fn(usize, &'static str) -> GateError,
) -> Result<(), GateError> {
    if let Some(row) = weights
        .iter()
        .position(|weight| !(*weight >= 0.0 && weight.is_finite()))
    {
        return Err(wrong(row, "no weight: a number of 0 or more"));
    }
    if weights.iter().all(|weight| *weight <= 0.0) {
        return Err(wrong(0, "no weight: all of them are 0"));
    }
    Ok(())
}
