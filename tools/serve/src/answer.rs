//! A row's answer as JSON, with whatever does not change prepared.

use std::fmt::Write as _;

use serde_json::json;
use yard_contract::{Answer, Signature};
use yard_model::Predictor;

/// The texts around a row's numbers.
#[derive(Debug)]
pub(crate) struct Words {
    /// Before each number.
    before: Vec<String>,
    /// Behind the last number.
    behind: &'static str,
    /// What ends a row that comes to each class.
    endings: Vec<String>,
}

impl Words {
    pub(crate) fn of(signature: &Signature) -> Self {
        let classes = signature.answer.classes();
        let (before, behind) = match &signature.answer {
            Answer::Binary(_) => (vec!["{\"probability\":".to_owned()], ""),
            Answer::Regression(_) => (vec!["{\"value\":".to_owned()], ""),
            Answer::Multiclass(_) => {
                let keys = classes.iter().map(|class| json!(class)).enumerate();
                let keys = keys.map(|(place, class)| match place {
                    0 => format!("{{\"probabilities\":{{{class}:"),
                    _ => format!(",{class}:"),
                });
                (keys.collect(), "}")
            }
        };
        let ending = |class: &&str| format!(",\"class\":{}}}", json!(class));
        Self {
            before,
            behind,
            endings: classes.iter().map(ending).collect(),
        }
    }

    /// Writes a row's answer, each number in its shortest decimal form.
    pub(crate) fn write(&self, text: &mut String, predictor: &Predictor, answer: &[f32]) {
        for (before, number) in self.before.iter().zip(answer) {
            // Writing to a text cannot fail.
            let _ = write!(text, "{before}{number}");
        }
        text.push_str(self.behind);
        let class = predictor.class(answer);
        let ending = class.and_then(|place| self.endings.get(place));
        text.push_str(ending.map_or("}", String::as_str));
    }
}
