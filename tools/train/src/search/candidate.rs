//! A trial's parameters to the training configuration that it fits, and that to YAML.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use yard_contract::{Algorithm, Scalar};

use super::config::{Resource, SearchConfig};
use super::error::SearchError;
use crate::config::TrainConfig;
use crate::{plan, validate};

/// What a search may vary. All else decides what is fitted on, or what trials are compared by.
const VARIED: [&str; 6] = [
    "algorithm",
    "class_weight",
    "gradient_boosting",
    "linear_regression",
    "logistic_regression",
    "random_forest",
];

/// The configurations of all trials, each of which can be fitted.
pub(crate) fn all(
    base: &TrainConfig,
    search: &SearchConfig,
    trials: &[BTreeMap<String, Scalar>],
) -> Result<Vec<TrainConfig>, SearchError> {
    (0..)
        .zip(trials)
        .map(|(trial, parameters)| {
            let config = of(base, trial, parameters)?;
            let shown = || shown(parameters);
            plan::check(&config).map_err(|source| SearchError::Trial {
                trial,
                parameters: shown(),
                source: Box::new(source),
            })?;
            if validate::level(&config) != validate::level(base) {
                return Err(SearchError::OtherQuestion {
                    trial,
                    parameters: shown(),
                });
            }
            let halves_rounds = search.method == yard_contract::SearchMethod::Halving
                && search.halving.resource == Resource::Rounds;
            if halves_rounds && config.algorithm != Algorithm::GradientBoosting {
                return Err(SearchError::NoRounds {
                    trial,
                    algorithm: config.algorithm.as_str(),
                });
            }
            Ok(config)
        })
        .collect()
}

/// The configuration with a trial's parameters in their places.
pub(crate) fn of(
    base: &TrainConfig,
    trial: u32,
    parameters: &BTreeMap<String, Scalar>,
) -> Result<TrainConfig, SearchError> {
    let shape = |source| SearchError::Shape {
        trial,
        parameters: shown(parameters),
        source,
    };
    let mut value = serde_json::to_value(base).map_err(shape)?;
    for (name, scalar) in parameters {
        *place(&mut value, name)? = serde_json::to_value(scalar).map_err(shape)?;
    }
    serde_json::from_value(value).map_err(shape)
}

fn place<'v>(value: &'v mut Value, name: &str) -> Result<&'v mut Value, SearchError> {
    let refuse = |reason: String| SearchError::Parameter {
        name: name.to_owned(),
        reason,
    };
    let root = name.split('.').next().unwrap_or_default();
    if !VARIED.contains(&root) {
        let all = VARIED.join("`, `");
        return Err(refuse(format!(
            "but only what is in `{all}` can be searched for"
        )));
    }
    let mut at = value;
    for key in name.split('.') {
        let known: Vec<String> = match &*at {
            Value::Object(fields) => fields.keys().cloned().collect(),
            _ => Vec::new(),
        };
        at = at.get_mut(key).ok_or_else(|| {
            refuse(if known.is_empty() {
                "which holds no such key".to_owned()
            } else {
                format!("and `{key}` is none of `{}`", known.join("`, `"))
            })
        })?;
    }
    Ok(at)
}

/// Parameters on one line.
pub(crate) fn shown(parameters: &BTreeMap<String, Scalar>) -> String {
    if parameters.is_empty() {
        return "the configuration as it stands".to_owned();
    }
    let one = |(name, value): (&String, &Scalar)| {
        let short = name.rsplit('.').next().unwrap_or(name);
        format!("{short} {value}")
    };
    let all: Vec<String> = parameters.iter().map(one).collect();
    all.join(", ")
}

/// A configuration as YAML, every default written out. Texts are in JSON's quotes, which YAML reads.
pub(crate) fn yaml(config: &TrainConfig) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    block(&serde_json::to_value(config)?, 0, &mut text);
    Ok(text)
}

fn block(value: &Value, depth: usize, text: &mut String) {
    let Value::Object(fields) = value else {
        return;
    };
    // What is absent is left out.
    for (key, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        let plain = key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit());
        let key = if plain {
            key.clone()
        } else {
            Value::from(key.as_str()).to_string()
        };
        let _ = write!(text, "{:1$}{key}:", "", depth * 2);
        match value {
            Value::Object(inner) if !inner.is_empty() && depth < 1 => {
                text.push('\n');
                block(value, depth + 1, text);
            }
            // JSON is YAML.
            _ => {
                let _ = writeln!(text, " {value}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> TrainConfig {
        serde_json::from_str(
            r#"{"target": {"column": "late: or \"not\"", "positive": "yes"},
                "features": {"numbers": ["a", "off"], "categories": ["n\u00e4me # no comment"]},
                "split": {"method": "random", "holdout_share": 0.2},
                "algorithm": "gradient-boosting", "class_weight": {"by_class": {"Yes!": 3}},
                "gradient_boosting": {"monotone": {"a": "increasing"}}}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_parameter_lands_in_its_place() {
        let parameters = [
            (
                "gradient_boosting.max_leaves".to_owned(),
                Scalar::number(9.0),
            ),
            (
                "gradient_boosting.lambda_l2".to_owned(),
                Scalar::number(0.25),
            ),
            ("class_weight".to_owned(), Scalar::from("balanced")),
        ];
        let config = of(&base(), 1, &parameters.into()).unwrap();
        assert_eq!(config.gradient_boosting.max_leaves, 9);
        assert!(matches!(
            config.class_weight,
            Some(crate::config::ClassWeight::Balanced)
        ));
    }

    #[test]
    fn what_may_not_vary_and_what_is_not_there_are_refused() {
        for (name, value, said) in [
            ("seed", Scalar::number(1.0), "only what is in"),
            ("target.column", Scalar::from("a"), "only what is in"),
            (
                "gradient_boosting.leaves",
                Scalar::number(1.0),
                "`leaves` is none of",
            ),
            (
                "gradient_boosting.max_leaves",
                Scalar::number(1.5),
                "is no configuration",
            ),
            (
                "gradient_boosting.max_leaves.x",
                Scalar::number(1.0),
                "holds no such key",
            ),
        ] {
            let error = of(&base(), 1, &[(name.to_owned(), value)].into()).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
