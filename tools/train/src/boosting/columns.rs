//! Columns of the table as trees see them.

use std::collections::BTreeMap;

use serde::Serialize;
use yard_boost::{Column as BoostColumn, MISSING_CATEGORY};
use yard_table::Column;

use crate::config::CategoryCoding;
use crate::error::TrainError;
use crate::prepare::{Preparation, Prepared as Seen};
use crate::ranks::Ranks;

/// What becomes of a column's cells.
pub(crate) enum Coding {
    /// They are numbers.
    Number,
    /// A category becomes its rank, which is a number.
    Ranked(Ranks),
    /// A category becomes its place among those of the rows to fit on, in byte order; trees ask for
    /// sets of them.
    Native(BTreeMap<String, u32>),
}

/// How a feature's cells become a column of trees; missing is NaN.
#[derive(Serialize)]
pub(crate) struct ColumnCode {
    name: String,
    /// `number`: the cell; `rank` and `place`: a number by category, any other is missing; `mean`: a number
    /// by category, the missing one being the empty text; `category`: a code by
    /// category, any other has a code of its own.
    kind: &'static str,
    codes: BTreeMap<String, f32>,
}

/// Every feature with its coding, in the order of the graph's inputs.
pub(crate) struct Codings {
    pub(super) features: Vec<(String, Coding)>,
}

impl Codings {
    /// Learns the codings of the rows to fit on.
    pub(super) fn fit(
        columns: &[Seen<'_>],
        categories: CategoryCoding,
        labels: &[f64],
        weights: Option<&[f64]>,
    ) -> Self {
        let coding = |column: &Column| match (column, categories) {
            (Column::Number(_), _) => Coding::Number,
            (Column::Category(values), CategoryCoding::Ranked) => {
                Coding::Ranked(Ranks::fit(values, labels, weights))
            }
            (Column::Category(values), CategoryCoding::Native) => {
                // The table's levels may be those of rows that are held out.
                let mut used = BTreeMap::new();
                for &code in &values.codes {
                    let level = &values.levels[code as usize];
                    if !level.is_empty() && !used.contains_key(level) {
                        used.insert(level.clone(), 0);
                    }
                }
                used.values_mut()
                    .zip(0..)
                    .for_each(|(place, at)| *place = at);
                Coding::Native(used)
            }
        };
        let features = columns.iter();
        let features = features.map(|seen| (seen.name.clone(), coding(&seen.cells)));
        Self {
            features: features.collect(),
        }
    }

    /// What somebody without the graph must know.
    pub(super) fn legend(&self, preparation: &Preparation) -> Result<Vec<ColumnCode>, TrainError> {
        let mut prepared = preparation
            .legend()
            .map_err(|feature| TrainError::PreparedExport { feature })?;
        let column = |(name, coding): &(String, Coding)| {
            let (kind, codes) = match coding {
                Coding::Number => prepared.remove(name).unwrap_or(("number", BTreeMap::new())),
                Coding::Ranked(ranks) => ("rank", ranks.ranks.iter().cloned().collect()),
                Coding::Native(places) => {
                    let codes = places.iter();
                    // Places lie below 2^24, as the engine has seen.
                    let codes = codes.map(|(level, place)| (level.clone(), *place as f32));
                    ("category", codes.collect())
                }
            };
            ColumnCode {
                name: name.clone(),
                kind,
                codes,
            }
        };
        Ok(self.features.iter().map(column).collect())
    }

    /// The columns of other rows of the same features.
    pub(crate) fn apply<'t>(&self, columns: &'t [Seen<'t>]) -> Vec<Prepared<'t>> {
        let codings = self.features.iter().map(|(_, coding)| coding);
        let columns = columns.iter().map(|seen| &*seen.cells);
        codings
            .zip(columns)
            .map(|(coding, column)| match (coding, column) {
                (_, Column::Number(values)) => Prepared::Numbers(values),
                (Coding::Ranked(ranks), Column::Category(values)) => {
                    Prepared::Ranks(ranks.apply(values))
                }
                (Coding::Native(places), Column::Category(values)) => {
                    // A level that was never seen has a code that no tree asks for.
                    let unseen = u32::try_from(places.len()).unwrap_or(MISSING_CATEGORY);
                    let code = |level: &String| match places.get(level) {
                        Some(place) => *place,
                        None if level.is_empty() => MISSING_CATEGORY,
                        None => unseen,
                    };
                    let of_level: Vec<u32> = values.levels.iter().map(code).collect();
                    let codes = values.codes.iter().map(|&code| of_level[code as usize]);
                    Prepared::Codes(codes.collect())
                }
                (Coding::Number, Column::Category(_)) => {
                    unreachable!("a coding is applied to columns of the kind it was learnt from")
                }
            })
            .collect()
    }
}

/// A column as the trees see it.
pub(crate) enum Prepared<'t> {
    Numbers(&'t [f32]),
    Ranks(Vec<f32>),
    Codes(Vec<u32>),
}

impl Prepared<'_> {
    pub(super) fn column(&self) -> BoostColumn<'_> {
        match self {
            Self::Numbers(values) => BoostColumn::Numbers(values),
            Self::Ranks(values) => BoostColumn::Numbers(values),
            Self::Codes(codes) => BoostColumn::Categories(codes),
        }
    }
}

/// All columns as the engine takes them.
pub(crate) fn boosted_columns<'p>(prepared: &'p [Prepared<'_>]) -> Vec<BoostColumn<'p>> {
    prepared.iter().map(Prepared::column).collect()
}
