//! What wrong decisions cost: `costs` of the configuration, held against what the model predicts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_contract::Finite;

use crate::error::GateError;
use crate::input::{Truth, canonical};

/// What wrong decisions cost, in any one unit. Of two classes: `false_positive` and `false_negative`, right
/// decisions costing nothing. Of several: `classes`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CostConfig {
    /// Two classes: calling a negative row positive.
    pub(crate) false_positive: Option<Finite>,
    /// Two classes: calling a positive row negative.
    pub(crate) false_negative: Option<Finite>,
    /// Several classes: what a row of one class costs where it is called another, `{actual: {called: cost}}`.
    /// Every class names every other; a right decision costs nothing unless it is named too.
    pub(crate) classes: BTreeMap<String, BTreeMap<String, Finite>>,
}

/// The class of a row, the class that it is called, and what that costs; classes as all files agree on them.
type Priced = BTreeMap<(String, String), f64>;

impl CostConfig {
    /// What can be told before any row is read: costs of two classes or of several, none of them below 0, and
    /// one of them above.
    pub(crate) fn check(&self) -> Result<(), GateError> {
        let of_two = [self.false_positive, self.false_negative];
        let found = match (of_two, self.classes.is_empty()) {
            ([Some(one), Some(other)], true) => {
                let (one, other) = (one.get(), other.get());
                (one < 0.0 || other < 0.0 || one + other <= 0.0)
                    .then(|| format!("{one} and {other}"))
            }
            ([None, None], false) => {
                let priced = priced(&self.classes)?;
                let below = priced.iter().find(|(_, cost)| **cost < 0.0);
                match below {
                    Some(((actual, called), cost)) => {
                        Some(format!("{cost} for `{actual}` called `{called}`"))
                    }
                    None if priced.values().all(|cost| *cost <= 0.0) => {
                        Some("0 for every decision".to_owned())
                    }
                    None => None,
                }
            }
            _ => return Err(GateError::CostsUnclear),
        };
        match found {
            None => Ok(()),
            Some(found) => Err(GateError::OutOfRange {
                key: "costs",
                found,
                expected: "0 or more, and one of them above 0",
            }),
        }
    }

    /// That these are the costs of what the model predicts.
    pub(crate) fn fit(&self, truth: &Truth) -> Result<(), GateError> {
        let task = match truth {
            Truth::Binary { .. } if self.of_two().is_some() => return Ok(()),
            Truth::Multiclass { classes, .. } if !self.classes.is_empty() => {
                return self.matrix(classes).map(|_| ());
            }
            Truth::Binary { .. } => "one of two classes",
            Truth::Multiclass { .. } => "one of several classes",
            Truth::Regression { .. } => "a number",
        };
        Err(GateError::OtherCosts { task })
    }

    /// Of a false positive and of a false negative, where there are two classes.
    pub(crate) fn of_two(&self) -> Option<(f64, f64)> {
        Some((self.false_positive?.get(), self.false_negative?.get()))
    }

    /// Class by class of the rows, what calling them each class costs.
    pub(crate) fn matrix(&self, classes: &[String]) -> Result<Vec<f64>, GateError> {
        let mut priced = priced(&self.classes)?;
        let names: Vec<String> = classes.iter().map(|class| canonical(class)).collect();
        let mut matrix = Vec::with_capacity(names.len() * names.len());
        for actual in &names {
            for called in &names {
                let cost = priced.remove(&(actual.clone(), called.clone()));
                matrix.push(match cost {
                    Some(cost) => cost,
                    None if actual == called => 0.0,
                    None => {
                        return Err(GateError::CostMatrix {
                            found: format!("has no cost of `{actual}` called `{called}`"),
                        });
                    }
                });
            }
        }
        match priced.into_keys().next() {
            None => Ok(matrix),
            Some((actual, called)) => {
                let stranger = [&actual, &called]
                    .into_iter()
                    .find(|class| !names.contains(class));
                let found = format!(
                    "names `{}`, and the classes are `{}`",
                    stranger.unwrap_or(&called),
                    names.join("`, `")
                );
                Err(GateError::CostMatrix { found })
            }
        }
    }
}

/// Every pair of classes that has a cost. A class that is written in two ways would have two costs.
fn priced(classes: &BTreeMap<String, BTreeMap<String, Finite>>) -> Result<Priced, GateError> {
    let mut priced = Priced::new();
    for (actual, costs) in classes {
        for (called, cost) in costs {
            let pair = (canonical(actual), canonical(called));
            if priced.insert(pair, cost.get()).is_some() {
                return Err(GateError::CostMatrix {
                    found: format!("gives the cost of `{actual}` called `{called}` twice"),
                });
            }
        }
    }
    Ok(priced)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &[(&str, f64)])]) -> CostConfig {
        let finite = |cost| Finite::new(cost).unwrap();
        let row = |costs: &[(&str, f64)]| {
            let named = costs
                .iter()
                .map(|(class, cost)| ((*class).to_owned(), finite(*cost)));
            named.collect()
        };
        let rows = pairs
            .iter()
            .map(|(class, costs)| ((*class).to_owned(), row(costs)));
        CostConfig {
            classes: rows.collect(),
            ..CostConfig::default()
        }
    }

    fn names(classes: &[&str]) -> Vec<String> {
        classes.iter().map(|class| (*class).to_owned()).collect()
    }

    #[test]
    fn classes_are_priced_by_their_meaning_in_the_order_of_the_rows() {
        let costs = of(&[("1.0", &[("2", 3.0)]), ("2", &[("1", 5.0), ("2", 0.5)])]);
        costs.check().unwrap();
        let matrix = costs.matrix(&names(&["2.0", "1"])).unwrap();
        assert_eq!(matrix, [0.5, 5.0, 3.0, 0.0]);
    }

    #[test]
    fn what_is_missing_strange_or_said_twice_is_named() {
        let said = |costs: &CostConfig| {
            let classes = names(&["a", "b", "c"]);
            let found = costs.check().and_then(|()| costs.matrix(&classes));
            found.unwrap_err().to_string()
        };
        let b: (&str, &[(&str, f64)]) = ("b", &[("a", 1.0), ("c", 1.0)]);
        let c: (&str, &[(&str, f64)]) = ("c", &[("a", 1.0), ("b", 1.0)]);
        let missing = of(&[("a", &[("b", 1.0)]), b, c]);
        assert!(said(&missing).contains("no cost of `a` called `c`"));
        let strange = of(&[("a", &[("b", 1.0), ("c", 2.0), ("d", 1.0)]), b, c]);
        assert!(said(&strange).contains("names `d`, and the classes are `a`, `b`, `c`"));
        let twice = of(&[("1", &[("2", 1.0), ("2.0", 1.0)])]);
        assert!(said(&twice).contains("twice"));
        let below = of(&[("a", &[("b", -1.0)])]);
        assert!(said(&below).contains("-1 for `a` called `b`"));
        let free = of(&[("a", &[("b", 0.0)])]);
        assert!(said(&free).contains("0 for every decision"));
    }

    #[test]
    fn costs_are_of_two_classes_or_of_several() {
        let half = CostConfig {
            false_positive: Finite::new(1.0),
            ..CostConfig::default()
        };
        assert!(matches!(half.check(), Err(GateError::CostsUnclear)));
        let both = CostConfig {
            false_positive: Finite::new(1.0),
            false_negative: Finite::new(1.0),
            ..of(&[("a", &[("b", 1.0)])])
        };
        assert!(matches!(both.check(), Err(GateError::CostsUnclear)));
    }
}
