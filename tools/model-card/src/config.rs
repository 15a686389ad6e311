//! `configs/card.yaml`: what no artifact knows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What people have to say about a model. Texts are plain: Markdown and HTML in them are shown, not
/// interpreted. Intended use, limitations and risks are required: without them the card is written
/// with the gap marked, and the tool answers `fail`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CardConfig {
    /// The model's name.
    pub(crate) name: String,
    /// The version that the card is for, where it is known before publishing.
    #[serde(default)]
    pub(crate) version: Option<String>,
    /// What the model does, in a sentence or two.
    #[serde(default)]
    pub(crate) summary: Option<String>,
    /// Who answers for the model.
    #[serde(default)]
    pub(crate) owners: Vec<String>,
    /// Where to ask, and where to report harm.
    #[serde(default)]
    pub(crate) contact: Option<String>,
    /// The model's licence as Hugging Face spells it: `apache-2.0`, `mit`, or `other`.
    #[serde(default)]
    pub(crate) licence: Option<String>,
    /// What the model is for. Required.
    #[serde(default)]
    pub(crate) intended_use: IntendedUse,
    /// What the model cannot do, or does badly. Required.
    #[serde(default)]
    pub(crate) limitations: Vec<String>,
    /// What can go wrong for people, and what is done about it. Required.
    #[serde(default)]
    pub(crate) risks: Vec<Risk>,
    /// The data that the model was fitted on.
    #[serde(default)]
    pub(crate) data: DataDescription,
    /// Who can overrule the model, and how.
    #[serde(default)]
    pub(crate) human_oversight: Option<String>,
}

/// What a model is for.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct IntendedUse {
    /// What its answers may be used for. Required.
    pub(crate) uses: Vec<String>,
    /// Who may use it. Required.
    pub(crate) users: Vec<String>,
    /// What it must not be used for. Required.
    pub(crate) out_of_scope: Vec<String>,
}

/// Something that can go wrong.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Risk {
    /// What can go wrong, and for whom.
    pub(crate) risk: String,
    /// What is done about it. Required; that nothing is done is an answer too.
    #[serde(default)]
    pub(crate) mitigation: String,
}

/// The data that a model was fitted on.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DataDescription {
    /// Its name.
    pub(crate) name: Option<String>,
    /// What a row is, what period it covers, how the label came about.
    pub(crate) description: Option<String>,
    /// Where it comes from.
    pub(crate) source: Option<String>,
    /// Under which terms it may be used.
    pub(crate) licence: Option<String>,
    /// Which personal data it holds, and on which ground.
    pub(crate) personal_data: Option<String>,
}

/// A required text that says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// Its key in the configuration.
    pub(crate) key: String,
    /// What is asked for, in words.
    pub(crate) what: &'static str,
}

impl CardConfig {
    /// The required texts that are missing, in the order of the card.
    pub(crate) fn gaps(&self) -> Vec<Gap> {
        let intended = &self.intended_use;
        let lists = [
            (
                "intended_use.uses",
                &intended.uses,
                "what its answers may be used for",
            ),
            ("intended_use.users", &intended.users, "who may use it"),
            (
                "intended_use.out_of_scope",
                &intended.out_of_scope,
                "what it must not be used for",
            ),
            (
                "limitations",
                &self.limitations,
                "what the model cannot do, or does badly",
            ),
        ];
        let mut gaps = Vec::new();
        for (key, texts, what) in lists {
            if !texts.iter().any(|text| says_something(text)) {
                gaps.push(Gap {
                    key: key.to_owned(),
                    what,
                });
            }
        }
        if !self.risks.iter().any(|risk| says_something(&risk.risk)) {
            gaps.push(Gap {
                key: "risks".to_owned(),
                what: "what can go wrong for people, and what is done about it",
            });
        }
        for (place, risk) in self.risks.iter().enumerate() {
            if says_something(&risk.risk) && !says_something(&risk.mitigation) {
                gaps.push(Gap {
                    key: format!("risks[{place}].mitigation"),
                    what: "what is done about this risk",
                });
            }
        }
        gaps
    }
}

/// Whether a text is more than a place held free for one.
pub(crate) fn says_something(text: &str) -> bool {
    const PLACEHOLDERS: [&str; 8] = [
        "todo",
        "tbd",
        "tba",
        "fixme",
        "n/a",
        "none",
        "to be done",
        "more information needed",
    ];
    let words = text
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    !words.is_empty() && !PLACEHOLDERS.contains(&words.as_str())
}

/// The configuration's JSON Schema, as it is committed.
pub fn schema() -> String {
    let schema = schemars::schema_for!(CardConfig);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(text: &str) -> Vec<String> {
        let config: CardConfig = serde_saphyr::from_str(text).unwrap();
        config.gaps().into_iter().map(|gap| gap.key).collect()
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            gaps("name: m"),
            [
                "intended_use.uses",
                "intended_use.users",
                "intended_use.out_of_scope",
                "limitations",
                "risks"
            ]
        );
    }

    #[test]
    fn a_place_held_free_is_a_gap() {
        let text = "
name: m
intended_use: {uses: [TODO], users: ['  '], out_of_scope: [Pricing]}
limitations: ['...', 'TBD.']
risks: [{risk: Refusing the wrong people, mitigation: n/a}, {risk: Drift, mitigation: Watched}]
";
        assert_eq!(
            gaps(text),
            [
                "intended_use.uses",
                "intended_use.users",
                "limitations",
                "risks[0].mitigation"
            ]
        );
    }

    #[test]
    fn a_short_answer_is_an_answer() {
        assert!(says_something("Staff"));
        assert!(says_something("審査担当者"));
        assert!(!says_something("— todo —"));
    }
}
