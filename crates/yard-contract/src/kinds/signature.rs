use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Finite;
use crate::document::{Artifact, Version};

/// What a model takes and what it answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Signature {
    /// The column of the training table that the model predicts.
    pub target: String,
    /// What it answers, and under which names of the graph's outputs.
    pub answer: Answer,
    /// The graph's inputs, in the graph's order.
    pub features: Vec<Feature>,
    /// The texts that mean a missing cell in a table; the empty text always does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// What a model answers for a row, by the kind of question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "task", rename_all = "kebab-case")]
pub enum Answer {
    /// One of two classes.
    Binary(Binary),
    /// One of several classes.
    Multiclass(Multiclass),
    /// A number.
    Regression(Regression),
}

/// The answer of a model that tells two classes apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Binary {
    /// The target's two values, as the table writes them.
    pub classes: Classes,
    /// The name of the graph's output `float[N,2]`: the probability of the negative and of the
    /// positive class.
    pub probabilities: String,
    /// The name of the graph's output that holds the raw score, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<String>,
    /// The probability from which on a row counts as the positive class.
    pub threshold: Finite,
}

/// The answer of a model that tells several classes apart. It answers the class of the largest
/// probability, of equal ones the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Multiclass {
    /// The target's values, as the table writes them, in the order of the graph's columns.
    pub classes: Vec<String>,
    /// The name of the graph's output `float[N,classes]`: one probability a class.
    pub probabilities: String,
}

/// The answer of a model that predicts a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Regression {
    /// The name of the graph's output `float[N,1]`: the target in the unit of the table.
    pub value: String,
}

/// What kind of question a model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// One of two classes.
    Binary,
    /// One of several classes.
    Multiclass,
    /// A number.
    Regression,
}

/// The two values of a binary target. Which of them is positive is configured, never guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Classes {
    /// The value that the first probability belongs to.
    pub negative: String,
    /// The value that the second probability belongs to.
    pub positive: String,
}

/// One input of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Feature {
    /// The column's name, and the graph's input.
    pub name: String,
    /// Number or category.
    pub r#type: FeatureType,
    /// Whether the cell was ever missing in training. A missing cell is accepted either way; where
    /// training saw none, `serve` counts it.
    pub nullable: bool,
    /// The smallest number seen in training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Finite>,
    /// The largest number seen in training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Finite>,
    /// The categories seen in training, in byte order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
}

/// What a feature's cells are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureType {
    /// A number; in the graph `float[N,1]`, missing is `NaN`.
    Number,
    /// A text; in the graph `string[N,1]`, missing is the empty text.
    Category,
}

impl Artifact for Signature {
    const KIND: &'static str = "signature";
    const VERSION: Version = Version::new(1, 0);
}

impl Signature {
    /// What kind of question the model answers.
    pub const fn task(&self) -> Task {
        match self.answer {
            Answer::Binary(_) => Task::Binary,
            Answer::Multiclass(_) => Task::Multiclass,
            Answer::Regression(_) => Task::Regression,
        }
    }

    /// The answer of a model that tells two classes apart; `None` of any other.
    pub const fn binary(&self) -> Option<&Binary> {
        match &self.answer {
            Answer::Binary(binary) => Some(binary),
            _ => None,
        }
    }
}

impl Answer {
    /// The target's classes in the order of their probabilities; none where it is a number.
    pub fn classes(&self) -> Vec<&str> {
        match self {
            Self::Binary(binary) => vec![&binary.classes.negative, &binary.classes.positive],
            Self::Multiclass(several) => several.classes.iter().map(String::as_str).collect(),
            Self::Regression(_) => Vec::new(),
        }
    }
}

impl Task {
    /// The task's name, as configurations and artifacts write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Multiclass => "multiclass",
            Self::Regression => "regression",
        }
    }
}
