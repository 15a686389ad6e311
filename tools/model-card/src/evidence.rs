//! Everything a card is made from, held against one another.

use std::path::Path;

use yard_cli::{Io, Loaded, recorded_path};
use yard_contract::{
    Algorithm, Artifact, ByTask, DataReport, Document, Evaluation, Explanation, Gate, Header,
    Input, Run, Sha256, Split,
};
use yard_model::Model;
use yard_package::{Limits, Package};

use crate::error::CardError;
use crate::plan::{Optional, Plan};

/// The artifacts of one model, proven by their digests to be of one model.
pub(crate) struct Evidence {
    pub(crate) model: Model,
    /// Absent where nobody checked the table.
    pub(crate) data_report: Option<Loaded<Document<DataReport>>>,
    /// Absent where another program fitted the model, and divided the rows in its own way.
    pub(crate) split: Option<Loaded<Document<Split>>>,
    /// Absent where nobody asked the model what it leans on.
    pub(crate) explanation: Option<Loaded<Document<Explanation>>>,
    pub(crate) evaluation: Loaded<Document<Evaluation>>,
    pub(crate) gate: Loaded<Document<Gate>>,
    pub(crate) charts: Vec<Chart>,
}

/// A picture beside the card.
pub(crate) struct Chart {
    pub(crate) title: &'static str,
    /// Its path relative to the card.
    pub(crate) link: &'static str,
    pub(crate) input: Input,
}

/// The charts that `eval-gate` draws and a card shows.
const CHARTS: [(&str, &str, &str); 7] = [
    ("ROC curve", "roc.svg", "charts/roc.svg"),
    (
        "Precision and recall",
        "precision_recall.svg",
        "charts/precision_recall.svg",
    ),
    (
        "Predicted against observed",
        "reliability.svg",
        "charts/reliability.svg",
    ),
    ("Scores by class", "scores.svg", "charts/scores.svg"),
    (
        "Decisions against outcomes",
        "confusion.svg",
        "charts/confusion.svg",
    ),
    (
        "Predicted against actual",
        "predicted.svg",
        "charts/predicted.svg",
    ),
    ("Residuals", "residuals.svg", "charts/residuals.svg"),
];

impl Evidence {
    /// Reads all artifacts and refuses those that speak of another model or another table.
    pub(crate) fn read(io: &Io, plan: &Plan) -> Result<Self, CardError> {
        let model = open(&plan.model)?;
        // `train` writes a split with every fit: of its models, one that is not there is mislaid.
        let split = if adopted(&model) {
            optional(io, &plan.split)?
        } else {
            Some(io.read_artifact(&plan.split.path)?)
        };
        let mut evidence = Self {
            model,
            data_report: optional(io, &plan.data_report)?,
            split,
            explanation: optional(io, &plan.explanation)?,
            charts: Vec::new(),
            evaluation: io.read_artifact(&plan.evaluation)?,
            gate: io.read_artifact(&plan.gate)?,
        };
        evidence.check()?;
        evidence.charts = charts(io, &plan.charts, &evidence.evaluation.value.body.by_task)?;
        Ok(evidence)
    }

    fn check(&self) -> Result<(), CardError> {
        let model = Witness::of(self.onnx(), self.model.sha256);
        let evaluation = &self.evaluation;
        let gate = &self.gate;
        let judged = Witness::of(&evaluation.input, evaluation.value.body.model_sha256);
        judged.agrees(&model, "the model's digest")?;
        let judged = Witness::of(&gate.input, gate.value.body.model_sha256);
        judged.agrees(&model, "the model's digest")?;
        named(&gate.input, &gate.value.header, Evaluation::KIND)?.agrees(
            &Witness::of(&evaluation.input, evaluation.input.sha256),
            "the evaluation's digest",
        )?;

        // Nothing in the folder vouches for `run.json`; who was made from it does.
        let fitted = self.run();
        if let Some(input) = evaluation.value.header.input(Run::KIND) {
            Witness::of(&evaluation.input, input.sha256)
                .agrees(&Witness::of(fitted, fitted.sha256), "the run's digest")?;
        }

        let header = &self.model.run_header;
        if let Some(report) = &self.data_report {
            named(&report.input, &report.value.header, TABLE)?
                .agrees(&named(fitted, header, TABLE)?, "the table's digest")?;
        }
        if let Some(explanation) = &self.explanation {
            Witness::of(&explanation.input, explanation.value.body.model_sha256)
                .agrees(&model, "the model's digest")?;
            named(&explanation.input, &explanation.value.header, TABLE)?
                .agrees(&named(fitted, header, TABLE)?, "the table's digest")?;
        }
        let Some(split) = &self.split else {
            return Ok(());
        };
        named(&split.input, &split.value.header, TABLE)?
            .agrees(&named(fitted, header, TABLE)?, "the table's digest")?;
        // Another program had no configuration of ours to go by.
        if self.adopted() && header.input(CONFIG).is_none() {
            return Ok(());
        }
        named(&split.input, &split.value.header, CONFIG)?.agrees(
            &named(fitted, header, CONFIG)?,
            "the training configuration's digest",
        )
    }

    /// Whether another program fitted the model, in a way that nobody recorded.
    pub(crate) fn adopted(&self) -> bool {
        adopted(&self.model)
    }

    /// Whether a command fitted the model under `train run`, which gave it the rows and recorded what it
    /// was.
    pub(crate) fn commanded(&self) -> bool {
        self.model.run.algorithm == Algorithm::Command
    }

    /// `model.onnx`.
    fn onnx(&self) -> &Input {
        &self.model.inputs[0]
    }

    /// `run.json`.
    fn run(&self) -> &Input {
        let last = self.model.inputs.len() - 1;
        &self.model.inputs[last]
    }

    /// Every artifact that was read, with its kind and what it was made from.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &Header> {
        let data_report = self.data_report.iter().map(|it| &it.value.header);
        let split = self.split.iter().map(|it| &it.value.header);
        data_report
            .chain(split)
            .chain(self.explanation.iter().map(|it| &it.value.header))
            .chain(&self.model.headers)
            .chain([&self.evaluation.value.header, &self.gate.value.header])
    }
}

fn open(path: &Path) -> Result<Model, CardError> {
    let package = Package::open(path, &Limits::default()).map_err(|source| CardError::Package {
        path: path.to_owned(),
        source,
    })?;
    Model::load(&package, &recorded_path(path)).map_err(|source| CardError::Model {
        path: path.to_owned(),
        source: Box::new(source),
    })
}

fn adopted(model: &Model) -> bool {
    model.run.algorithm == Algorithm::Adopted
}

/// An artifact that may be absent, unless somebody named it.
fn optional<T: Artifact>(
    io: &Io,
    wanted: &Optional,
) -> Result<Option<Loaded<Document<T>>>, CardError> {
    if !wanted.named && !wanted.path.exists() {
        return Ok(None);
    }
    Ok(Some(io.read_artifact(&wanted.path)?))
}

/// The kind under which an artifact names the table it was made from.
const TABLE: &str = "table";
/// The kind under which an artifact names its tool's configuration.
const CONFIG: &str = "config";

/// A file and the digest that it gives for something.
struct Witness<'a> {
    file: &'a str,
    says: Sha256,
}

impl<'a> Witness<'a> {
    fn of(file: &'a Input, says: Sha256) -> Self {
        Self {
            file: &file.path,
            says,
        }
    }

    fn agrees(&self, other: &Witness<'_>, what: &'static str) -> Result<(), CardError> {
        if self.says == other.says {
            return Ok(());
        }
        Err(CardError::Foreign {
            one: self.file.to_owned(),
            other: other.file.to_owned(),
            what,
            found: self.says.short(),
            expected: other.says.short(),
        })
    }
}

/// What a file says about an input of some kind.
fn named<'a>(
    file: &'a Input,
    header: &Header,
    kind: &'static str,
) -> Result<Witness<'a>, CardError> {
    match header.input(kind) {
        Some(input) => Ok(Witness::of(file, input.sha256)),
        None => Err(CardError::NoInput {
            file: file.path.clone(),
            what: kind,
        }),
    }
}

/// The charts of a task that are there; those of another one are left from another model.
fn charts(io: &Io, folder: &Path, task: &ByTask) -> Result<Vec<Chart>, CardError> {
    let of_task: &[&str] = match task {
        ByTask::Binary(_) => &[
            "roc.svg",
            "precision_recall.svg",
            "reliability.svg",
            "scores.svg",
            "confusion.svg",
        ],
        ByTask::Multiclass(_) => &["confusion.svg"],
        ByTask::Regression(_) => &["predicted.svg", "residuals.svg"],
    };
    let mut found = Vec::new();
    for (title, name, link) in CHARTS {
        let path = folder.join(name);
        if of_task.contains(&name) && path.is_file() {
            let input = io.read("chart", &path)?.input;
            found.push(Chart { title, link, input });
        }
    }
    Ok(found)
}
