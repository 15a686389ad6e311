use thiserror::Error;

/// Input that no metric can be computed from. Rows are counted from 0.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum InputError {
    /// There is no row.
    #[error("there are no rows")]
    Empty,
    /// A column is longer or shorter than the labels (or the reference) beside it.
    #[error("column `{column}` has {found} rows where {expected} are expected")]
    Length {
        /// Which argument.
        column: &'static str,
        /// Rows of the first column.
        expected: usize,
        /// Rows of this one.
        found: usize,
    },
    /// NaN or an infinity.
    #[error("column `{column}` is not a finite number at row {row}")]
    NotFinite {
        /// Which argument.
        column: &'static str,
        /// The first such row.
        row: usize,
    },
    /// A weight or count below zero.
    #[error("column `{column}` is negative at row {row}")]
    Negative {
        /// Which argument.
        column: &'static str,
        /// The first such row.
        row: usize,
    },
    /// All weights or counts are zero, or their sum is not finite.
    #[error("column `{column}` adds up to nothing that can be divided by")]
    NoTotal {
        /// Which argument.
        column: &'static str,
    },
    /// More rows than a ranking can address ([`crate::binary::Ranked::MAX_ROWS`]).
    #[error("{rows} rows are more than a ranking can hold")]
    TooManyRows {
        /// How many were given.
        rows: usize,
    },
    /// A confidence level outside the open interval from 0 to 1.
    #[error("confidence level {level} is not between 0 and 1")]
    Confidence {
        /// What was given.
        level: f64,
    },
    /// More successes than trials, or no trial at all.
    #[error("{successes} of {trials} is not a proportion")]
    Proportion {
        /// Successes given.
        successes: u64,
        /// Trials given.
        trials: u64,
    },
    /// A number that must lie in the open interval from 0 to 1 (a level, a power, a share).
    #[error("{name} {value} is not between 0 and 1")]
    Share {
        /// Which argument.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// A margin that is negative or not finite.
    #[error("margin {margin} is not a finite number of 0 or more")]
    Margin {
        /// What was given.
        margin: f64,
    },
    /// A class number at or above the number of classes.
    #[error("row {row} has class {class} of {classes}")]
    Class {
        /// The first such row.
        row: usize,
        /// Its class, from 0.
        class: usize,
        /// How many classes there are.
        classes: usize,
    },
    /// Fewer values than the estimate needs.
    #[error("{found} values are fewer than the {needed} that are needed")]
    TooFew {
        /// How many were given.
        found: usize,
        /// How many it takes.
        needed: usize,
    },
    /// A floor for empty bins that is not a positive share.
    #[error("floor {floor} for empty bins is not above 0 and below 1")]
    Floor {
        /// What was given.
        floor: f64,
    },
}

/// Why a metric has no value on rows that are themselves valid.
///
/// "No positives" means no row of that class with a weight above zero; the others likewise.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Undefined {
    /// No row is labelled positive.
    #[error("no positive rows")]
    NoPositives,
    /// No row is labelled negative.
    #[error("no negative rows")]
    NoNegatives,
    /// The threshold (or depth) selects no row.
    #[error("no rows predicted positive")]
    NoPredictedPositives,
    /// The threshold selects every row.
    #[error("no rows predicted negative")]
    NoPredictedNegatives,
    /// Labels and predictions are all of the same one class, so agreement beyond chance means nothing.
    #[error("labels and predictions are all of one class")]
    OneOutcome,
    /// The metric reads scores as probabilities and this one is not in [0, 1].
    #[error("score at row {row} is not a probability")]
    NotProbability {
        /// The first such row.
        row: usize,
    },
    /// Every target is the same, so there is no variance to explain.
    #[error("all targets are equal")]
    ConstantTarget,
    /// Every score is the same.
    #[error("all scores are equal")]
    ConstantScore,
    /// A score separates the classes perfectly: the likelihood has no finite maximum.
    #[error("scores separate the classes perfectly")]
    Separated,
    /// The fit did not settle.
    #[error("the fit did not converge")]
    NotConverged,
    /// A variance needs two rows of each class.
    #[error("a variance needs two positive and two negative rows")]
    TooFewRows,
    /// The estimate has no sampling variance (two identical models, perfect separation).
    #[error("the estimate has no variance")]
    NoVariance,
    /// More than one replicate in twenty of a bootstrap is undefined.
    #[error("too many bootstrap replicates are undefined")]
    FewReplicates,
    /// Too few rows make the difference for an interval or a level to hold ([`crate::support`]).
    #[error("too few rows carry it: {found:.1} degrees of freedom where a decision needs {needed}")]
    TooFewInformative {
        /// Degrees of freedom of the estimate's variance.
        found: f64,
        /// How many it takes.
        needed: f64,
    },
    /// The formula holds for unweighted rows only; a bootstrap takes weights.
    #[error("the formula does not hold for weighted rows")]
    Weighted,
}

/// A metric's value, or why it has none.
pub type Metric<T = f64> = Result<T, Undefined>;

impl InputError {
    /// The same complaint about the second of two score columns.
    pub(crate) fn of_the_champion(self) -> Self {
        const COLUMN: &str = "champion score";
        match self {
            Self::Length {
                column: "score",
                expected,
                found,
            } => Self::Length {
                column: COLUMN,
                expected,
                found,
            },
            Self::NotFinite {
                column: "score",
                row,
            } => Self::NotFinite {
                column: COLUMN,
                row,
            },
            other => other,
        }
    }
}
