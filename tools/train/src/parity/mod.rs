//! Whether what is shipped answers what was fitted: row by row on the rows held out, of which nothing was
//! learnt.

mod compare;
mod quantized;

use yard_cli::{Format, Io, Verdict, style};
use yard_contract::{Algorithm, GraphParity, Input, Parity, Precision, Run, Signature, Split};
use yard_model::{Predictor, file};

use crate::config::TrainConfig;
use crate::data::Training;
use crate::error::TrainError;
use crate::fit::Fitted;
use crate::plan::{ParityPlan, Plan};
use crate::validate;

use compare::{Judge, Subject};
use quantized::Second;

/// A fit that is to be judged.
pub(crate) struct Fit<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) held_out: &'a Training,
    pub(crate) split: &'a Split,
    pub(crate) fitted: &'a Fitted,
    pub(crate) signature: &'a Signature,
    /// The graph.
    pub(crate) predictor: &'a Predictor,
    /// `model.onnx`, written.
    pub(crate) model: &'a Input,
    /// What it was made from.
    pub(crate) from: &'a [Input],
}

/// What came of it.
pub(crate) struct Judged {
    parity: Parity,
    /// The graph of fewer bits, where one was asked for.
    second: Option<Second>,
}

impl Judged {
    /// Whether `model.onnx` may be used: it answers what was fitted.
    pub(crate) fn is_usable(&self) -> bool {
        let mut own = self.parity.comparisons.iter();
        own.all(|own| own.graph != Precision::Float32 || own.verdict == Verdict::Pass)
    }

    pub(crate) const fn verdict(&self) -> Verdict {
        self.parity.verdict
    }

    /// Tells people what was found.
    pub(crate) fn say(&self, plan: &Plan, io: &mut Io) -> Result<(), TrainError> {
        // As JSON stdout carries `run.json` and nothing else.
        if plan.format == Format::Human {
            io.print(|out| render(&self.parity, out))?;
        }
        Ok(())
    }

    /// Writes the second model, where there is one. `run` is the first one's.
    pub(crate) fn finish(
        self,
        plan: &Plan,
        training: &Training,
        run: &Run,
        model: &Input,
        mut from: Vec<Input>,
        io: &Io,
    ) -> Result<(), TrainError> {
        from.push(first_model(model));
        let folder = plan
            .parity
            .as_ref()
            .and_then(|plan| plan.quantized.as_ref());
        match (self.second, folder) {
            (Some(second), Some((_, folder))) => {
                second.write(folder, self.parity.verdict, training, run, from, io)
            }
            _ => Ok(()),
        }
    }
}

/// Compares, writes down what was found, and takes back what may not be used: a folder without
/// `run.json` is no model to any tool, and one of an earlier run would be taken for this one's. `None`
/// where nobody asked.
pub(crate) fn judge(fit: &Fit<'_>, io: &mut Io) -> Result<Option<Judged>, TrainError> {
    let Some(plan) = &fit.plan.parity else {
        return Ok(None);
    };
    let judged = compared(fit, plan)?;
    let mut from = fit.from.to_vec();
    from.push(first_model(fit.model));
    io.write_artifact(&plan.out, from, judged.parity.clone())?;
    for found in &judged.parity.comparisons {
        for reason in &found.reasons {
            let graph = name(found.graph);
            io.warn(&format!("{graph}: {}", style::line(reason)));
        }
    }
    if !judged.is_usable() {
        quantized::take_back(&fit.plan.model_out)?;
    }
    if let Some((_, folder)) = &plan.quantized
        && judged.verdict() != Verdict::Pass
    {
        quantized::take_back(folder)?;
    }
    Ok(Some(judged))
}

fn compared(fit: &Fit<'_>, plan: &ParityPlan) -> Result<Judged, TrainError> {
    let config = &fit.plan.config;
    let rows = fit.held_out;
    let judge = Judge {
        rows,
        limits: &config.parity,
        answer: &fit.signature.answer,
        level: validate::level(config),
    };
    let native = fit.fitted.native.answers(&rows.table, &rows.target)?;
    let answers = validate::answers(fit.predictor, rows)?;
    let first = judge.compare(
        &Subject {
            graph: Precision::Float32,
            against: Precision::Native,
            sha256: fit.model.sha256,
            bytes: fit.fitted.onnx.len() as u64,
            spread_at_least: terms_cancel(config),
        },
        &native,
        &answers,
    )?;
    let mut comparisons = vec![first];
    let mut second = None;
    if plan.quantized.is_some() {
        let made = Second::of(&fit.fitted.onnx, fit.signature)?;
        let found = validate::answers(&made.predictor, rows)?;
        comparisons.push(judge.compare(&made.subject(), &answers, &found)?);
        second = Some(made);
    }
    let verdicts = comparisons.iter().map(|found| found.verdict);
    Ok(Judged {
        parity: Parity {
            // There always is one: an empty list would be no pass.
            verdict: Verdict::gravest(verdicts).unwrap_or(Verdict::Fail),
            rows: fit.split.holdout.rows,
            rows_sha256: fit.split.holdout.rows_sha256,
            comparisons,
        },
        second,
    })
}

/// The graph of single precision as what something else was made from. What names a `model` among its
/// inputs is of that model, and a package holds no other: the second model's files may not.
fn first_model(model: &Input) -> Input {
    Input::new("float32-model", &model.path, model.sha256)
}

/// Whether a number is a sum whose terms may be much larger than itself.
fn terms_cancel(config: &TrainConfig) -> bool {
    config.algorithm == Algorithm::LinearRegression
}

const fn name(graph: Precision) -> &'static str {
    match graph {
        Precision::Native => "the fitted parts",
        Precision::Float32 => file::MODEL,
        Precision::Int8 => "the graph of eight bits",
    }
}

/// What people are told.
fn render(parity: &Parity, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    for found in &parity.comparisons {
        writeln!(out, "parity: {}", line(found, parity.rows))?;
    }
    Ok(())
}

fn line(found: &GraphParity, rows: u64) -> String {
    let largest = found.largest.difference.get();
    let limit = found.tolerance.map_or_else(String::new, |limit| {
        format!(" of {:e} allowed", limit.get())
    });
    let changed = found.labels.map_or_else(String::new, |labels| {
        format!(", {} labels changed", labels.changed)
    });
    let metric = found.metrics.first().map_or_else(String::new, |metric| {
        let (was, is) = (metric.expected.get(), metric.found.get());
        format!(", {} {was:.6} → {is:.6}", metric.metric)
    });
    format!(
        "{} against {}: {}, {rows} rows, at most {largest:.1e}{limit}{changed}{metric}",
        name(found.graph),
        name(found.against),
        found.verdict,
    )
}
