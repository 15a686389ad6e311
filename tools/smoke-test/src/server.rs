//! The server under test, as its callers see it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;
use yard_contract::{Answer, Scalar, Sha256};
use yard_forge::{Ask, Client, ForgeError, Monotonic, Reply, Settings, Variables};

use crate::error::SmokeError;
use crate::plan::Plan;

/// How long one answer may take before it counts as none.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait between two looks at a server that is not ready.
const PAUSE: Duration = Duration::from_millis(50);

/// A server that answers.
pub(crate) struct Server {
    client: Client,
}

/// What `POST /predict` answers.
#[derive(Debug, Deserialize)]
pub(crate) struct Predictions {
    pub(crate) model: ModelName,
    pub(crate) predictions: Vec<Prediction>,
}

/// Which model answered.
#[derive(Debug, Deserialize)]
pub(crate) struct ModelName {
    pub(crate) sha256: Sha256,
}

/// The answer for one row, of whichever task: [`Self::answer`] says whether it is of the right
/// one. Numbers are in the precision in which models answer, so that a text that reads back as the
/// same answer differs by nothing.
#[derive(Debug, Deserialize)]
pub(crate) struct Prediction {
    probability: Option<f32>,
    probabilities: Option<BTreeMap<String, f32>>,
    value: Option<f32>,
    pub(crate) class: Option<String>,
}

impl Prediction {
    /// The numbers of the answer in the order of the signature; what is missing where it is none
    /// of this task.
    pub(crate) fn answer(&self, of: &Answer) -> Result<Vec<f32>, String> {
        let missing = |what: &str| format!("the prediction has no `{what}`");
        match of {
            Answer::Binary(_) => {
                let found = self.probability.ok_or_else(|| missing("probability"))?;
                Ok(vec![found])
            }
            Answer::Regression(_) => Ok(vec![self.value.ok_or_else(|| missing("value"))?]),
            Answer::Multiclass(several) => {
                let named = self.probabilities.as_ref();
                let named = named.ok_or_else(|| missing("probabilities"))?;
                let classes = several.classes.iter();
                let of_class = |class: &String| {
                    let found = named.get(class).copied();
                    found.ok_or_else(|| format!("the prediction has no probability of `{class}`"))
                };
                classes.map(of_class).collect()
            }
        }
    }
}

/// What `GET /` answers, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(crate) struct About {
    pub(crate) model: ModelName,
}

type Row = BTreeMap<String, Scalar>;

impl Server {
    /// Waits until the server is ready, or time is up: then the check of readiness says so. An
    /// error where nothing answered at all.
    pub(crate) fn find(plan: &Plan, variables: &Variables) -> Result<Self, SmokeError> {
        let settings = Settings {
            stall_timeout: PATIENCE,
            connect_timeout: Duration::from_secs(5),
            ..Settings::from_variables(variables)
        };
        let clock = Arc::new(Monotonic::start());
        let client =
            Client::without_credential(&plan.url, settings, clock).map_err(SmokeError::Client)?;
        let server = Self { client };
        let start = Instant::now();
        loop {
            let ready = server.look(&["health", "ready"]);
            if ready.as_ref().is_ok_and(|reply| reply.status == 200) {
                return Ok(server);
            }
            if start.elapsed() >= plan.wait {
                return match ready {
                    Ok(_) => Ok(server),
                    Err(source) => Err(SmokeError::Unreachable {
                        url: plan.url.clone(),
                        seconds: plan.wait.as_secs(),
                        source,
                    }),
                };
            }
            std::thread::sleep(PAUSE);
        }
    }

    pub(crate) fn look(&self, path: &[&str]) -> Result<Reply, ForgeError> {
        self.client.exchange(path, Ask::Look)
    }

    pub(crate) fn post(&self, body: &[u8]) -> Result<Reply, ForgeError> {
        self.client.exchange(&["predict"], Ask::Json(body))
    }

    /// Which model it says it serves.
    pub(crate) fn about(&self) -> Result<About, String> {
        let reply = self.look(&[]).map_err(|error| chain(&error))?;
        read(&reply)
    }

    /// Predictions for rows.
    pub(crate) fn predict(&self, body: &[u8], rows: usize) -> Result<Predictions, String> {
        let reply = self.post(body).map_err(|error| chain(&error))?;
        let answer: Predictions = read(&reply)?;
        let found = answer.predictions.len();
        if found == rows {
            Ok(answer)
        } else {
            Err(format!("{found} predictions for {rows} rows"))
        }
    }
}

/// A body of one row. A bare row is the simplest request there is; a model with a feature called
/// `rows` needs the other form.
pub(crate) fn one(row: &Row) -> Vec<u8> {
    if row.contains_key("rows") {
        many(std::slice::from_ref(&row))
    } else {
        serde_json::to_vec(row).unwrap_or_default()
    }
}

/// A body of several rows.
pub(crate) fn many(rows: &[&Row]) -> Vec<u8> {
    serde_json::to_vec(&json!({ "rows": rows })).unwrap_or_default()
}

fn read<'r, T: Deserialize<'r>>(reply: &'r Reply) -> Result<T, String> {
    if reply.status != 200 {
        let told: String = String::from_utf8_lossy(&reply.body)
            .chars()
            .take(200)
            .collect();
        return Err(format!("status {}: {}", reply.status, told.trim()));
    }
    if reply.media != "application/json" {
        return Err(format!(
            "the answer is `{}`, not `application/json`",
            reply.media
        ));
    }
    serde_json::from_slice(&reply.body)
        .map_err(|error| format!("the answer is not what `/predict` and `/` answer: {error}"))
}

/// An error and what caused it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use yard_contract::Task;
    use yard_model::{Predictor, specimen};

    #[test]
    fn a_prediction_is_read_as_the_signature_asks() {
        let several =
            r#"{"probabilities": {"mid": 0.2, "low": 0.3, "high": 0.5}, "class": "high"}"#;
        let cut = r#"{"probabilities": {"mid": 0.2, "high": 0.5}}"#;
        for (task, text, expected) in [
            (Task::Binary, r#"{"probability": 0.5}"#, Ok(vec![0.5])),
            (Task::Binary, r#"{"value": 0.5}"#, Err("`probability`")),
            (Task::Regression, r#"{"value": -2}"#, Ok(vec![-2.0])),
            (Task::Regression, r#"{"probability": 1}"#, Err("`value`")),
            (Task::Multiclass, several, Ok(vec![0.5, 0.3, 0.2])),
            (Task::Multiclass, cut, Err("`low`")),
            (Task::Multiclass, r#"{"value": 1}"#, Err("`probabilities`")),
        ] {
            let files = specimen::files_of(task);
            let signature = yard_contract::Document::parse(&files[1].1).unwrap().body;
            let predictor = Predictor::new(&files[0].1, signature).unwrap();
            let prediction: Prediction = serde_json::from_str(text).unwrap();
            match (prediction.answer(&predictor.signature().answer), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
                (found, expected) => panic!("{text}: {found:?} where {expected:?} is expected"),
            }
        }
    }
}
