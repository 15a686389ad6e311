//! What MLflow answers: runs, models, versions.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A name and a text, as MLflow lists tags and parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pair {
    key: String,
    #[serde(default)]
    value: String,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// Its identifier.
    pub id: String,
    /// Where its files are.
    pub artifact_uri: String,
    /// Whether somebody has deleted it: it can still be looked at, and not be changed.
    pub is_deleted: bool,
    /// Its parameters.
    pub params: BTreeMap<String, String>,
}

/// A registered model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ModelRecord {
    /// Its name.
    pub name: String,
    #[serde(default)]
    tags: Vec<Pair>,
}

/// A version of a registered model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct VersionRecord {
    /// Its number: with MLflow counted up, with GitLab its number in the database.
    #[serde(deserialize_with = "number")]
    pub version: u64,
    /// The run that it comes from.
    #[serde(default)]
    pub run_id: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    tags: Vec<Pair>,
}

/// Numbers are texts here, and now and then numbers.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = match &value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    number.ok_or_else(|| serde::de::Error::custom("a version is a number"))
}

fn value<'p>(pairs: &'p [Pair], key: &str) -> Option<&'p str> {
    let found = pairs.iter().find(|pair| pair.key == key);
    found.map(|pair| pair.value.as_str())
}

pub(super) fn pairs(pairs: &[(&str, &str)]) -> Vec<Pair> {
    let owned = pairs.iter().map(|(key, value)| Pair {
        key: (*key).to_owned(),
        value: (*value).to_owned(),
    });
    owned.collect()
}

impl ModelRecord {
    /// A tag's text.
    pub fn tag(&self, key: &str) -> Option<&str> {
        value(&self.tags, key)
    }
}

impl VersionRecord {
    /// A tag's text.
    pub fn tag(&self, key: &str) -> Option<&str> {
        value(&self.tags, key)
    }

    /// Its aliases; GitLab's only one is the version in words.
    pub fn aliases(&self) -> &[String] {
        &self.aliases
    }
}

#[derive(Deserialize)]
pub(super) struct RunAnswer {
    info: RunInfo,
    #[serde(default)]
    data: RunData,
}

#[derive(Deserialize)]
struct RunInfo {
    run_id: String,
    #[serde(default)]
    artifact_uri: String,
    #[serde(default)]
    lifecycle_stage: String,
}

#[derive(Default, Deserialize)]
struct RunData {
    #[serde(default)]
    params: Vec<Pair>,
}

impl From<RunAnswer> for RunRecord {
    fn from(answer: RunAnswer) -> Self {
        let params = answer.data.params.into_iter();
        Self {
            id: answer.info.run_id,
            artifact_uri: answer.info.artifact_uri,
            is_deleted: answer.info.lifecycle_stage == "deleted",
            params: params.map(|pair| (pair.key, pair.value)).collect(),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct OneRun {
    pub(super) run: RunAnswer,
}

#[derive(Deserialize)]
pub(super) struct OneVersion {
    pub(super) model_version: VersionRecord,
}

#[derive(Deserialize)]
pub(super) struct OneModel {
    pub(super) registered_model: ModelRecord,
}
