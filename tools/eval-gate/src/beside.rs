//! What stands beside the comparison of two models: earlier looks at the rows, retrains, what other tools
//! found, and what people decided.

use std::collections::{BTreeMap, BTreeSet};

use yard_cli::{Io, Source};
use yard_contract::{
    Artifact as _, Document, Evaluation, Finite, Gate, Input, Ledger, Look, LookTaken, Sha256, Step,
};
use yard_stats::interval::Confidence;

use crate::error::GateError;
use crate::input::Subject;
use crate::ledger::{Ends, History};
use crate::measure::Metric;
use crate::noise::{self, Noise};
use crate::overrides::{self, Overrides};
use crate::plan::{LedgerSource, Plan};
use crate::rules::{self, Candidate, Found};

/// The ledger, and the file that it came from.
pub(crate) struct Book {
    pub(crate) ledger: Ledger,
    /// Absent for a new ledger.
    pub(crate) file: Option<Source>,
    holdout: Sha256,
}

/// Everything that is judged beside the comparison.
pub(crate) struct Beside {
    pub(crate) ledger: Option<Book>,
    pub(crate) look: Option<LookTaken>,
    /// How sure this look must be.
    pub(crate) confidence: Confidence,
    pub(crate) noise: Option<Noise>,
    pub(crate) found: Found,
    pub(crate) candidate: Candidate,
    pub(crate) overrides: Overrides,
    /// The files that the judgement rests on. The ledger is not among them: it grows with the first
    /// judgement of a candidate, and the second is to be the same, byte for byte. What was taken from it is
    /// the look.
    pub(crate) inputs: Vec<Input>,
}

impl Beside {
    /// Reads what the plan names and the policy asks for.
    pub(crate) fn read(plan: &Plan, subject: &Subject, io: &Io) -> Result<Self, GateError> {
        let mut inputs = Vec::new();
        let holdout = subject.holdout.sha256;
        let ledger = plan.ledger.as_ref();
        let ledger = ledger
            .map(|source| Book::open(source, holdout, io))
            .transpose()?;
        let mut standing = (None, plan.confidence);
        if let Some(book) = &ledger {
            let history = History::new(&book.ledger, holdout)?;
            if let Some(policy) = &plan.config.looks {
                let (look, confidence) =
                    history.take(subject.model.sha256, policy, plan.confidence)?;
                standing = (Some(look), confidence);
            }
        }
        let noise = noise::read(&plan.retrains, &margins(plan), holdout, io)?;
        inputs.extend(noise.iter().flat_map(|noise| noise.inputs.clone()));
        let candidate = subject.candidate;
        let found = rules::read(&plan.evidence, candidate, io)?;
        inputs.extend(found.inputs(&plan.config.rules));
        let overrides = overrides::read(&plan.overrides, subject.model.sha256, io)?;
        inputs.extend(overrides.input.clone());
        Ok(Self {
            ledger,
            look: standing.0,
            confidence: standing.1,
            noise,
            found,
            candidate,
            overrides,
            inputs,
        })
    }

    /// The steps of one metric since the last release, or since the ledger began.
    pub(crate) fn chain(
        &self,
        evaluation: &Evaluation,
        release: Option<Sha256>,
        metric: Metric,
    ) -> Result<Vec<yard_contract::ChainLink>, GateError> {
        let comparison = evaluation.comparison.as_ref();
        let ends = Ends {
            candidate: evaluation.model_sha256,
            champion: comparison.map(|comparison| comparison.champion_sha256),
            differences: &steps(evaluation, self.confidence),
            release,
        };
        // The plan has seen to it that there is a ledger where chains are asked for.
        let book = self.ledger.as_ref().ok_or(GateError::NoLedger)?;
        crate::ledger::chain(&book.ledger, ends, metric.as_str())
    }
}

impl Book {
    fn open(source: &LedgerSource, holdout: Sha256, io: &Io) -> Result<Self, GateError> {
        let (ledger, file) = match source {
            LedgerSource::New(begun) => {
                let begun = begun.clone();
                let looks = Vec::new();
                (Ledger { begun, looks }, None)
            }
            LedgerSource::File(path) => {
                let file = io.read(Ledger::KIND, path)?;
                let read = Document::parse(&file.bytes).map_err(|source| {
                    let path = path.clone();
                    yard_cli::Error::Artifact { path, source }
                })?;
                (read.body, Some(file))
            }
        };
        Ok(Self {
            ledger,
            file,
            holdout,
        })
    }

    /// The ledger with this look in it: as it was, where the candidate has looked before.
    pub(crate) fn with(
        &self,
        look: Option<&LookTaken>,
        evaluation: &Evaluation,
        gate: &Gate,
        confidence: Confidence,
    ) -> Ledger {
        let mut ledger = self.ledger.clone();
        let mut here = ledger
            .looks
            .iter()
            .filter(|look| look.holdout_sha256 == self.holdout);
        if here
            .clone()
            .any(|look| look.candidate_sha256 == gate.model_sha256)
        {
            return ledger;
        }
        let number = here.by_ref().count() as u64 + 1;
        ledger.looks.push(Look {
            holdout_sha256: self.holdout,
            candidate_sha256: gate.model_sha256,
            number,
            // Where no policy counts looks, none takes anything.
            level: look.map_or(Finite::ZERO, |look| look.level),
            verdict: gate.verdict,
            champion_sha256: gate.champion.sha256,
            differences: steps(evaluation, confidence),
        });
        ledger
    }
}

/// The metrics that margins name, of whichever predecessor.
fn margins(plan: &Plan) -> BTreeSet<Metric> {
    let release = plan.config.release.iter();
    let release =
        release.flat_map(|release| release.margins.keys().chain(release.cumulative.keys()));
    let release = release.copied();
    plan.config.margins().into_keys().chain(release).collect()
}

/// Candidate minus champion by metric, with its standard error: where none is recorded, the half of what
/// the interval spans, in units of the normal quantile.
fn steps(evaluation: &Evaluation, confidence: Confidence) -> BTreeMap<String, Step> {
    let differences = evaluation.comparison.iter();
    let differences = differences.flat_map(|comparison| comparison.differences.iter());
    let step = |(name, found): (&String, &yard_contract::Difference)| {
        let span = || {
            let (low, high) = (found.difference.low?.get(), found.difference.high?.get());
            Finite::new((high - low) / (2.0 * confidence.z()))
        };
        let step = Step {
            difference: found.difference.value,
            standard_error: found.standard_error.or_else(span)?,
        };
        Some((name.clone(), step))
    };
    differences.filter_map(step).collect()
}
