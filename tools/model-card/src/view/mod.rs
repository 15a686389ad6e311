//! What the template shows beyond the artifacts themselves: rows put in order, and names put to
//! them. Numbers are those of the artifacts; only differences of two of them are computed here.

mod explained;
mod features;
mod lineage;
mod quality;
mod reproduce;
mod task;

use serde::Serialize;
use yard_cli::Verdict;
use yard_contract::{DataReport, Evaluation, Gate, Producer, Profile, Run, Signature, Split};

use crate::config::{CardConfig, says_something};
use crate::evidence::Evidence;
use crate::pictures::{Picture, Pictures};
use crate::plan::Plan;

/// Everything that the template sees.
#[derive(Serialize)]
pub(crate) struct View<'a> {
    // As people and tools wrote them.
    card: &'a CardConfig,
    signature: &'a Signature,
    profile: &'a Profile,
    run: &'a Run,
    data_report: Option<&'a DataReport>,
    split: Option<&'a Split>,
    evaluation: &'a Evaluation,
    gate: &'a Gate,
    producer: &'a Producer,
    // Put in order for the card.
    question: task::Question,
    /// Whether another program fitted the model, nobody knows how.
    adopted: bool,
    /// Whether a command fitted it, under `train run`.
    commanded: bool,
    commit: Option<&'a str>,
    model: ModelFile,
    table: Table,
    gaps: Vec<Gap>,
    headline: Option<quality::MetricRow>,
    metrics: Vec<quality::MetricRow>,
    baselines: quality::Baselines,
    comparison: Vec<quality::ComparisonRow>,
    slices: quality::Slices,
    bins: Vec<quality::Bin>,
    confusions: task::Confusions,
    residuals: Vec<task::Residual>,
    /// Whether the evaluation scored the rows that the split held out; absent where no split is known.
    held_out: Option<bool>,
    features: features::Features,
    explained: Option<explained::Explained>,
    charts: Vec<Chart>,
    explained_charts: Vec<Chart>,
    reproduce: String,
    lineage: Vec<lineage::Row>,
}

#[derive(Serialize)]
struct ModelFile {
    size: u64,
    sha256: String,
}

#[derive(Serialize)]
struct Table {
    path: String,
    sha256: String,
}

#[derive(Serialize)]
struct Gap {
    key: String,
    what: &'static str,
}

#[derive(Serialize)]
struct Chart {
    title: &'static str,
    link: &'static str,
}

impl<'a> View<'a> {
    /// `config` is the plan's configuration without the texts that say nothing.
    pub(crate) fn new(
        evidence: &'a Evidence,
        pictures: &Pictures,
        plan: &'a Plan,
        config: &'a CardConfig,
        producer: &'a Producer,
    ) -> Self {
        let model = &evidence.model;
        let run = &model.run;
        let signature = model.predictor.signature();
        let evaluation = &evidence.evaluation.value.body;
        let gaps = plan.config.gaps().into_iter();
        let table = model.run_header.input("table");
        let split = evidence.split.as_ref().map(|split| &split.value.body);
        Self {
            card: config,
            signature,
            profile: &model.profile,
            run,
            data_report: evidence.data_report.as_ref().map(|it| &it.value.body),
            split,
            evaluation,
            gate: &evidence.gate.value.body,
            producer,
            question: task::question(evaluation),
            adopted: evidence.adopted(),
            commanded: evidence.commanded(),
            commit: plan.commit.as_deref(),
            model: ModelFile {
                size: model.size,
                sha256: model.sha256.to_string(),
            },
            table: Table {
                path: table.map_or_else(String::new, |input| input.path.clone()),
                sha256: table.map_or_else(String::new, |input| input.sha256.to_string()),
            },
            gaps: gaps
                .map(|gap| Gap {
                    key: gap.key,
                    what: gap.what,
                })
                .collect(),
            headline: quality::headline(evaluation),
            metrics: quality::metrics(evaluation),
            baselines: quality::baselines(evaluation),
            comparison: quality::comparison(evaluation),
            slices: quality::slices(evaluation),
            bins: quality::bins(evaluation),
            confusions: task::confusions(evaluation),
            residuals: task::residuals(evaluation),
            held_out: split.map(|split| {
                // Of a number there are no positives on either side.
                let positives = split.holdout.positives == evaluation.positives();
                split.holdout.rows == evaluation.rows && positives
            }),
            features: features::of(signature, &model.profile, run),
            explained: evidence
                .explanation
                .as_ref()
                .map(|it| explained::of(&it.value.body)),
            charts: {
                let found = evidence.charts.iter().map(|it| Chart {
                    title: it.title,
                    link: it.link,
                });
                found.chain(pictures.of_run.iter().map(chart)).collect()
            },
            explained_charts: pictures.of_explanation.iter().map(chart).collect(),
            reproduce: reproduce::commands(evidence, plan),
            lineage: lineage::rows(evidence, plan),
        }
    }

    /// A card without a required text is not fit to be published.
    pub(crate) fn verdict(&self) -> Verdict {
        if self.gaps.is_empty() {
            Verdict::Pass
        } else {
            Verdict::Fail
        }
    }

    /// The keys of the required texts that are missing.
    pub(crate) fn gap_keys(&self) -> impl Iterator<Item = &str> {
        self.gaps.iter().map(|gap| gap.key.as_str())
    }
}

const fn chart(picture: &Picture) -> Chart {
    Chart {
        title: picture.title,
        link: picture.link,
    }
}

/// The configuration without texts that only hold a place free; a risk keeps its place even where
/// its mitigation is one.
pub(crate) fn without_placeholders(config: &CardConfig) -> CardConfig {
    let mut config = config.clone();
    let data = &mut config.data;
    for text in [
        &mut config.version,
        &mut config.summary,
        &mut config.contact,
        &mut config.licence,
        &mut config.human_oversight,
        &mut data.name,
        &mut data.description,
        &mut data.source,
        &mut data.licence,
        &mut data.personal_data,
    ] {
        if text.as_deref().is_some_and(|text| !says_something(text)) {
            *text = None;
        }
    }
    let intended = &mut config.intended_use;
    for texts in [
        &mut config.owners,
        &mut intended.uses,
        &mut intended.users,
        &mut intended.out_of_scope,
        &mut config.limitations,
    ] {
        texts.retain(|text| says_something(text));
    }
    config.risks.retain(|risk| says_something(&risk.risk));
    for risk in &mut config.risks {
        if !says_something(&risk.mitigation) {
            risk.mitigation.clear();
        }
    }
    config
}
