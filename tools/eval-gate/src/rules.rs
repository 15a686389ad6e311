//! Rules on what other tools found, and on the model's size.
//!
//! A figure that a clock measured differs from run to run, so it stays out of `gate.json`, which enters
//! packages: the rule says only on which side of its limit the figure lies. Reports, which do not, show it.
//!
//! Every file must say which model it is about, and that must be the one judged here: a report of another
//! model, or of nobody knows which, is no evidence. A file of scores names no model, so with one the command
//! line says which model scored it (`--scored-by`), and on which table that was trained (`--trained-on`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use yard_cli::Io;
use yard_contract::{
    Artifact, DataReport, Document, DriftReport, Finite, Gate, Header, Input, Measurement,
    RuleResult, Sha256, SmokeReport, Verdict,
};
use yard_report::number::grouped;

use crate::error::GateError;
use crate::policy::{Limits, RulesConfig};

/// What files of other tools say.
#[derive(Default)]
pub(crate) struct Found {
    /// The verdicts by kind: several files of one kind must all be accepted.
    reports: BTreeMap<String, Vec<(Input, Verdict)>>,
    /// Measured figures as TOOL.UNIT.NAME.
    measured: BTreeMap<String, f64>,
}

/// What a model must agree with to be the one that a report is about.
#[derive(Clone, Copy, Default)]
pub(crate) struct Candidate {
    /// The digest of its ONNX file; absent for a scored file of which nobody says what scored it.
    pub(crate) sha256: Option<Sha256>,
    /// The size of its ONNX file; absent for a scored file.
    pub(crate) bytes: Option<u64>,
    /// The digest of the table that it was trained on, where that is known.
    pub(crate) table: Option<Sha256>,
}

/// Reads the files. Each says itself what it is.
pub(crate) fn read(files: &[PathBuf], candidate: Candidate, io: &Io) -> Result<Found, GateError> {
    let mut found = Found::default();
    for path in files {
        let source = io.read("evidence", path)?;
        let bytes = source.bytes.as_slice();
        let header: Header = serde_json::from_slice(bytes)
            .map_err(|source| unusable(path, yard_contract::ParseError::Json(source)))?;
        let of = |kind: &str| header.input(kind).map(|input| input.sha256);
        let of_model = |found| about("model", path, found, candidate.sha256);
        // Kinds that are known are read whole, so a later major version or half a file is refused.
        let verdict = match header.kind.as_str() {
            Measurement::KIND => {
                let measurement = read_as::<Measurement>(path, bytes)?;
                of_model(of("model"))?;
                found.measure(&measurement)?;
                continue;
            }
            DataReport::KIND => {
                about("table", path, of("table"), candidate.table)?;
                read_as::<DataReport>(path, bytes)?.verdict
            }
            SmokeReport::KIND => {
                let report = read_as::<SmokeReport>(path, bytes)?;
                of_model(report.model_sha256)?;
                report.verdict
            }
            DriftReport::KIND => {
                let report = read_as::<DriftReport>(path, bytes)?;
                of_model(Some(report.model_sha256))?;
                report.verdict
            }
            Gate::KIND => {
                let gate = read_as::<Gate>(path, bytes)?;
                of_model(Some(gate.model_sha256))?;
                gate.verdict
            }
            kind => {
                let foreign = Foreign::read(bytes).ok_or_else(|| GateError::NoVerdict {
                    path: path.display().to_string(),
                    kind: kind.to_owned(),
                })?;
                of_model(foreign.model_sha256.or_else(|| of("model")))?;
                foreign.verdict
            }
        };
        let input = Input {
            kind: header.kind.clone(),
            ..source.input
        };
        found
            .reports
            .entry(header.kind)
            .or_default()
            .push((input, verdict));
    }
    Ok(found)
}

fn read_as<T: Artifact>(path: &Path, bytes: &[u8]) -> Result<T, GateError> {
    let read = Document::<T>::parse(bytes).map_err(|source| unusable(path, source))?;
    Ok(read.body)
}

fn unusable(path: &Path, source: yard_contract::ParseError) -> yard_cli::Error {
    let path = path.to_owned();
    yard_cli::Error::Artifact { path, source }
}

/// Fails where a report is about another file than the one judged here, or where either side does not say
/// which it is.
fn about(
    what: &'static str,
    path: &Path,
    found: Option<Sha256>,
    expected: Option<Sha256>,
) -> Result<(), GateError> {
    let path = path.display().to_string();
    match (found, expected) {
        (Some(found), Some(expected)) if found == expected => Ok(()),
        (Some(found), Some(expected)) => Err(GateError::OtherSubject {
            path,
            what,
            found: found.short(),
            expected: expected.short(),
        }),
        (None, _) => Err(GateError::NoSubject { path, what }),
        (Some(_), None) => Err(GateError::NoCandidate { path, what }),
    }
}

/// What an artifact of a kind that this version does not know must say: which model it is about (here, or
/// as an input of kind `model`), and what came of it.
#[derive(Deserialize)]
struct Foreign {
    verdict: Verdict,
    #[serde(default)]
    model_sha256: Option<Sha256>,
}

impl Foreign {
    fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

impl Found {
    fn measure(&mut self, measurement: &Measurement) -> Result<(), GateError> {
        let of = &measurement.of;
        let real = |unit: &'static str, figures: &BTreeMap<String, Finite>| {
            let named = figures
                .iter()
                .map(|(name, figure)| (format!("{of}.{unit}.{name}"), figure.get()));
            named.collect::<Vec<_>>()
        };
        let bytes = measurement.bytes.iter();
        let bytes = bytes.map(|(name, bytes)| (format!("{of}.bytes.{name}"), *bytes as f64));
        let all = real("seconds", &measurement.seconds)
            .into_iter()
            .chain(real("milliseconds", &measurement.milliseconds))
            .chain(bytes);
        for (name, figure) in all {
            if self.measured.insert(name.clone(), figure).is_some() {
                return Err(GateError::MeasuredTwice { name });
            }
        }
        Ok(())
    }

    /// The reports that rules ask for, for the lineage.
    pub(crate) fn inputs<'a>(&'a self, rules: &'a RulesConfig) -> impl Iterator<Item = Input> + 'a {
        let asked = self
            .reports
            .iter()
            .filter(|(kind, _)| rules.reports.contains_key(*kind));
        asked.flat_map(|(_, found)| found.iter().map(|(input, _)| input.clone()))
    }

    /// Every rule's outcome.
    pub(crate) fn judge(
        &self,
        rules: &RulesConfig,
        candidate: Candidate,
    ) -> Result<Vec<RuleResult>, GateError> {
        let mut results = Vec::new();
        if let Some(limits) = rules.model_bytes {
            results.push(size(limits, candidate)?);
        }
        for (name, limits) in &rules.measured {
            results.push(self.figure(name, *limits)?);
        }
        for (kind, accept) in &rules.reports {
            let rule = format!("reports.{kind}");
            let found = self.reports.get(kind);
            let worst =
                found.and_then(|found| Verdict::gravest(found.iter().map(|(_, verdict)| *verdict)));
            let worst = worst.ok_or_else(|| GateError::NoEvidence {
                rule: rule.clone(),
                what: format!("an artifact of kind `{kind}`"),
            })?;
            let verdict = match worst {
                worst if worst <= accept.worst() => Verdict::Pass,
                Verdict::Inconclusive => Verdict::Inconclusive,
                _ => Verdict::Fail,
            };
            let asked = accept.worst();
            let message = match accept.worst() {
                Verdict::Pass => format!("the {kind} says {worst}; {asked} is asked for"),
                _ => format!("the {kind} says {worst}; {asked} at worst is asked for"),
            };
            results.push(plain(rule, verdict, message));
        }
        Ok(results)
    }

    fn figure(&self, name: &str, limits: Limits) -> Result<RuleResult, GateError> {
        let rule = measured_rule(name);
        let figure = self
            .measured
            .get(name)
            .ok_or_else(|| GateError::NoEvidence {
                rule: rule.clone(),
                what: format!(
                    "a measurement that has `{name}`{}",
                    known(self.measured.keys())
                ),
            })?;
        let verdict = limits.judge(*figure);
        let words = if verdict == Verdict::Pass {
            "keeps to"
        } else {
            "breaks"
        };
        let message = format!("{name} {words} its limit: {} is asked for", limits.words());
        Ok(plain(rule, verdict, message))
    }

    /// What was measured, by rule: for reports alone.
    pub(crate) fn measured(&self, rules: &RulesConfig) -> BTreeMap<String, f64> {
        let asked = rules.measured.keys();
        asked
            .filter_map(|name| Some((measured_rule(name), *self.measured.get(name)?)))
            .collect()
    }
}

/// The rule on a measured figure.
fn measured_rule(name: &str) -> String {
    format!("measured.{name}")
}

/// The names that there are, so that a slip of the pen is seen.
fn known<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.take(12).map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!("; there are {}", names.join(", "))
    }
}

fn size(limits: Limits, candidate: Candidate) -> Result<RuleResult, GateError> {
    let rule = "model_bytes".to_owned();
    let bytes = candidate.bytes.ok_or_else(|| GateError::NoEvidence {
        rule: rule.clone(),
        what: "a model folder; a scored file has no size to judge".to_owned(),
    })?;
    let verdict = limits.judge(bytes as f64);
    let message = format!(
        "model.onnx has {} bytes; {} is asked for",
        grouped(bytes),
        limits.words()
    );
    Ok(RuleResult {
        observed: Finite::new(bytes as f64),
        limit: limits.at_most.or(limits.at_least),
        ..plain(rule, verdict, message)
    })
}

fn plain(id: String, verdict: Verdict, message: String) -> RuleResult {
    RuleResult {
        id,
        verdict,
        observed: None,
        bound: None,
        limit: None,
        p_value: None,
        needed: None,
        message,
    }
}

impl Limits {
    fn judge(self, figure: f64) -> Verdict {
        let enough = self.at_least.is_none_or(|least| figure >= least.get());
        let bounded = self.at_most.is_none_or(|most| figure <= most.get());
        if enough && bounded {
            Verdict::Pass
        } else {
            Verdict::Fail
        }
    }

    fn words(self) -> String {
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) => format!("{least} to {most}"),
            (Some(least), None) => format!("at least {least}"),
            (None, Some(most)) => format!("at most {most}"),
            (None, None) => "nothing".to_owned(),
        }
    }
}
