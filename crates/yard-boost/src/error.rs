//! What can be wrong with a training set or its parameters.

use thiserror::Error;

/// Why [`fit`](crate::fit()) or one of its inputs was refused. Rows and columns count from 0.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum BoostError {
    /// There is not one feature column.
    #[error("no feature columns")]
    NoColumns,
    /// There is not one row.
    #[error("no rows")]
    NoRows,
    /// More rows than the packed gradient sums can hold.
    #[error("{rows} rows are more than the {limit} that one fit can take")]
    TooManyRows {
        /// Rows given.
        rows: usize,
        /// Rows allowed.
        limit: usize,
    },
    /// Two inputs that describe the same rows differ in length.
    #[error("{what} has {found} rows where {expected} are expected")]
    Length {
        /// Which input: ``column 3``, `labels` or `weights`.
        what: String,
        /// Rows of the first column.
        expected: usize,
        /// Rows of this input.
        found: usize,
    },
    /// Another number of columns than the model or the training set has.
    #[error("{found} feature columns where {expected} are expected")]
    ColumnCount {
        /// Columns of the model or training set.
        expected: usize,
        /// Columns given.
        found: usize,
    },
    /// A feature is infinite. Missing is NaN; infinity is most often a value too large for `f32`.
    #[error("column {column}, row {row}: infinite value")]
    InfiniteFeature {
        /// Column index.
        column: usize,
        /// Row index.
        row: usize,
    },
    /// A category's code is not a whole `f32`.
    #[error(
        "column {column}, row {row}: category code {code} is not below {limit}",
        limit = crate::CATEGORY_LIMIT
    )]
    CategoryCode {
        /// Column index.
        column: usize,
        /// Row index.
        row: usize,
        /// The code found.
        code: u32,
    },
    /// A column holds numbers where the model has categories, or the other way round.
    #[error("column {column} holds {found} where the model has {expected}")]
    ColumnKind {
        /// Column index.
        column: usize,
        /// What the model was trained on.
        expected: &'static str,
        /// What was given.
        found: &'static str,
    },
    /// A label that the objective cannot take.
    #[error("row {row}: label {label} is not {expected}")]
    Label {
        /// Row index.
        row: usize,
        /// The label found.
        label: f32,
        /// What the objective takes.
        expected: &'static str,
    },
    /// All rows that carry weight have one label, so that there is nothing to tell apart.
    #[error("every row with weight has label {label}: a classifier needs two classes")]
    OneClass {
        /// The only label.
        label: f32,
    },
    /// All counts that carry weight are 0, so that their mean has no logarithm.
    #[error("every row with weight has count 0: there is no rate to learn")]
    NoCounts,
    /// Labels so large that margins would overflow `f32`.
    #[error("labels up to {largest:e} leave no room for margins in f32")]
    LabelRange {
        /// Largest absolute label.
        largest: f32,
    },
    /// A weight is negative, infinite or NaN.
    #[error("row {row}: weight {weight} is not a finite number of at least 0")]
    Weight {
        /// Row index.
        row: usize,
        /// The weight found.
        weight: f32,
    },
    /// The weights add up to nothing.
    #[error("all weights are 0")]
    NoWeight,
    /// A checkpoint's bytes are not as they were written.
    #[error("the checkpoint is damaged or is none")]
    CheckpointDamaged,
    /// A checkpoint was made from something else.
    #[error("the checkpoint was made with other {what}")]
    CheckpointOfOther {
        /// `parameters`, `training rows`, `validation rows`, or rounds after the pause.
        what: &'static str,
    },
    /// Another engine's file cannot say the same.
    #[error("{engine} cannot express {what}")]
    NotExact {
        /// Whose file it would be.
        engine: &'static str,
        /// What it would have to say.
        what: &'static str,
    },
    /// A parameter is outside its range.
    #[error("`{name}` is {found}, but must be {expected}")]
    Param {
        /// Field of [`Params`](crate::Params).
        name: &'static str,
        /// The value found.
        found: String,
        /// The range it must lie in.
        expected: &'static str,
    },
}
