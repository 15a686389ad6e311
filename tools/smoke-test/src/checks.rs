//! The checks, each with a message of its own. Messages hold nothing that a clock has measured, so
//! that the same server gives the same report.

use yard_contract::{Check, GoldenRow, Sha256, Verdict};
use yard_model::{Model, Predictor};

use crate::config::MetricsConfig;
use crate::prometheus::Samples;
use crate::server::{Prediction, Server, chain, many, one};

/// What a check came to: its message, in favour or against.
type Outcome = Result<String, String>;

/// The series that counts scored rows.
const ROWS: &str = "trainyard_rows_total";

/// What is under test, and what it should be.
pub(crate) struct Checks<'a> {
    server: &'a Server,
    model: &'a Model,
    done: Vec<Check>,
}

impl<'a> Checks<'a> {
    pub(crate) const fn new(server: &'a Server, model: &'a Model) -> Self {
        Self {
            server,
            model,
            done: Vec::new(),
        }
    }

    /// Every check, in the order in which they were made.
    pub(crate) fn finish(self) -> Vec<Check> {
        self.done
    }

    /// Notes a check.
    pub(crate) fn note(&mut self, id: &str, outcome: Outcome) {
        let verdict = if outcome.is_ok() {
            Verdict::Pass
        } else {
            Verdict::Fail
        };
        let (Ok(message) | Err(message)) = outcome;
        self.done.push(Check {
            id: id.to_owned(),
            verdict,
            message,
        });
    }

    /// Health, identity, golden rows, refusals and metrics. Answers the digest of the model that
    /// the server says it runs.
    pub(crate) fn answers(&mut self, metrics: MetricsConfig) -> Option<Sha256> {
        let (server, model) = (self.server, self.model);
        self.note("live", health(server, "live"));
        self.note("ready", health(server, "ready"));
        let served = server.about().map(|about| about.model.sha256);
        self.note("identity", identity(&served, model.sha256));
        let before = (metrics == MetricsConfig::Counted).then(|| rows_counted(server));
        self.note("golden-single", singly(server, model));
        self.note("golden-batch", at_once(server, model));
        let sent = 2 * model.golden.rows.len();
        self.note("invalid-request", refusals(server));
        match (metrics, before) {
            (MetricsConfig::Off, _) => {}
            (_, None) => self.note(
                "metrics",
                rows_counted(server).map(|_| "well-formed".to_owned()),
            ),
            (_, Some(before)) => self.note("metrics", counted(before, rows_counted(server), sent)),
        }
        served.ok()
    }
}

fn health(server: &Server, which: &str) -> Outcome {
    let reply = server
        .look(&["health", which])
        .map_err(|error| chain(&error))?;
    match reply.status {
        200 => Ok(format!("`/health/{which}` answers 200")),
        status => Err(format!("`/health/{which}` answers {status}")),
    }
}

fn identity(served: &Result<Sha256, String>, expected: Sha256) -> Outcome {
    match served {
        Ok(served) if *served == expected => Ok(format!("serves model {}", expected.short())),
        Ok(served) => Err(format!(
            "serves model {}, and the package holds {}",
            served.short(),
            expected.short()
        )),
        Err(reason) => Err(format!("cannot tell which model it serves: {reason}")),
    }
}

fn singly(server: &Server, model: &Model) -> Outcome {
    let mut worst = Worst::default();
    for (number, row) in model.golden.rows.iter().enumerate() {
        let answer = server.predict(&one(&row.features), 1);
        let answer = answer.map_err(|reason| format!("golden row {number}: {reason}"))?;
        if answer.model.sha256 != model.sha256 {
            let other = answer.model.sha256.short();
            return Err(format!(
                "golden row {number} was answered by another model, {other}"
            ));
        }
        worst.take(number, row, &answer.predictions[0], &model.predictor)?;
    }
    worst.judge(model, "one by one")
}

fn at_once(server: &Server, model: &Model) -> Outcome {
    let golden = &model.golden.rows;
    let rows: Vec<_> = golden.iter().map(|row| &row.features).collect();
    let answer = server.predict(&many(&rows), rows.len())?;
    let mut worst = Worst::default();
    for (number, (row, found)) in golden.iter().zip(&answer.predictions).enumerate() {
        worst.take(number, row, found, &model.predictor)?;
    }
    worst.judge(model, "in one request")
}

/// The golden row that is answered worst.
#[derive(Default)]
struct Worst {
    row: usize,
    difference: f64,
}

impl Worst {
    fn take(
        &mut self,
        number: usize,
        row: &GoldenRow,
        found: &Prediction,
        predictor: &Predictor,
    ) -> Result<(), String> {
        let answer = found.answer(&predictor.signature().answer);
        let answer = answer.map_err(|reason| format!("golden row {number}: {reason}"))?;
        let difference = row.difference(&answer).unwrap_or(f64::INFINITY);
        if difference > self.difference {
            (self.row, self.difference) = (number, difference);
        }
        let classes = predictor.signature().answer.classes();
        let class = predictor.class(&answer).map(|place| classes[place]);
        if found.class.as_deref() == class {
            return Ok(());
        }
        let quoted = |class: Option<&str>| class.map_or("none".to_owned(), |c| format!("`{c}`"));
        let numbers: Vec<String> = answer.iter().map(f32::to_string).collect();
        Err(format!(
            "golden row {number}: the answer {} means class {}, not {}",
            numbers.join(", "),
            quoted(class),
            quoted(found.class.as_deref())
        ))
    }

    fn judge(&self, model: &Model, how: &str) -> Outcome {
        let (rows, tolerance) = (model.golden.rows.len(), model.golden.tolerance.get());
        let Self { row, difference } = self;
        let shown =
            format!("largest difference {difference:.1e} (row {row}), allowed {tolerance:.1e}");
        if *difference <= tolerance {
            Ok(format!("{rows} golden rows {how}: {shown}"))
        } else {
            Err(format!("golden rows {how} are not reproduced: {shown}"))
        }
    }
}

/// Requests that no model can answer must be refused as the caller's mistake, in JSON.
fn refusals(server: &Server) -> Outcome {
    let unknown = br#"{"no such feature, surely": 1}"#;
    for (what, body) in [
        ("JSON that is cut off", &br#"{"rows": ["#[..]),
        ("an unknown feature", unknown),
    ] {
        let reply = server
            .post(body)
            .map_err(|error| format!("{what}: {}", chain(&error)))?;
        if reply.status != 400 {
            return Err(format!("{what} is answered with {}, not 400", reply.status));
        }
        let told: Option<serde_json::Value> = serde_json::from_slice(&reply.body).ok();
        let message = told
            .as_ref()
            .and_then(|told| told.pointer("/error/message"));
        if reply.media != "application/json" || !message.is_some_and(serde_json::Value::is_string) {
            return Err(format!(
                "{what} is refused without a JSON error that has a message"
            ));
        }
    }
    Ok("invalid requests are refused with 400 and a reason".to_owned())
}

/// How many rows the server has scored, by its own metrics.
fn rows_counted(server: &Server) -> Result<f64, String> {
    let reply = server.look(&["metrics"]).map_err(|error| chain(&error))?;
    if (reply.status, reply.media.as_str()) != (200, "text/plain") {
        return Err(format!(
            "`/metrics` answers {} of type `{}`",
            reply.status, reply.media
        ));
    }
    let text = String::from_utf8(reply.body).map_err(|_| "`/metrics` is not UTF-8".to_owned())?;
    let samples = Samples::parse(&text).map_err(|reason| format!("`/metrics`: {reason}"))?;
    samples
        .get(ROWS)
        .ok_or_else(|| format!("`/metrics` has no `{ROWS}`"))
}

fn counted(before: Result<f64, String>, after: Result<f64, String>, sent: usize) -> Outcome {
    let grown = after? - before?;
    if grown >= sent as f64 {
        Ok(format!(
            "well-formed, and the {sent} rows sent were counted"
        ))
    } else {
        Err(format!(
            "`{ROWS}` grew by {grown} while {sent} rows were sent"
        ))
    }
}
