//! Everything a card is made from, held against one another.

use std::path::Path;

use yard_cli::{Io, Loaded};
use yard_contract::{
    Artifact as _, DataReport, Document, Evaluation, Gate, Header, Input, Run, Sha256, Split,
};

use crate::error::CardError;
use crate::folder::Folder;
use crate::plan::Plan;

/// The artifacts of one model, proven by their digests to be of one model.
pub(crate) struct Evidence {
    pub(crate) model: Folder,
    pub(crate) data_report: Loaded<Document<DataReport>>,
    pub(crate) split: Loaded<Document<Split>>,
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
const CHARTS: [(&str, &str, &str); 4] = [
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
];

impl Evidence {
    /// Reads all artifacts and refuses those that speak of another model or another table.
    pub(crate) fn read(io: &Io, plan: &Plan) -> Result<Self, CardError> {
        let evidence = Self {
            model: Folder::read(io, &plan.model)?,
            data_report: io.read_artifact(&plan.data_report)?,
            split: io.read_artifact(&plan.split)?,
            evaluation: io.read_artifact(&plan.evaluation)?,
            gate: io.read_artifact(&plan.gate)?,
            charts: charts(io, &plan.charts)?,
        };
        evidence.check()?;
        Ok(evidence)
    }

    fn check(&self) -> Result<(), CardError> {
        let (run, model) = (
            self.run(),
            Witness::of(&self.model.onnx, self.model.sha256()),
        );
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
        let fitted = &self.model.run.input;
        if let Some(input) = evaluation.value.header.input(Run::KIND) {
            Witness::of(&evaluation.input, input.sha256)
                .agrees(&Witness::of(fitted, fitted.sha256), "the run's digest")?;
        }

        let fitted_on = named(run.0, run.1, TABLE)?;
        let checked = named(
            &self.data_report.input,
            &self.data_report.value.header,
            TABLE,
        )?;
        checked.agrees(&fitted_on, "the table's digest")?;
        let split = (&self.split.input, &self.split.value.header);
        named(split.0, split.1, TABLE)?.agrees(&fitted_on, "the table's digest")?;
        named(split.0, split.1, CONFIG)?.agrees(
            &named(run.0, run.1, CONFIG)?,
            "the training configuration's digest",
        )
    }

    fn run(&self) -> (&Input, &Header) {
        (&self.model.run.input, &self.model.run.value.header)
    }

    /// Every artifact that was read, with its header.
    pub(crate) fn headers(&self) -> [(&Input, &Header); 7] {
        [
            (&self.data_report.input, &self.data_report.value.header),
            (&self.split.input, &self.split.value.header),
            (
                &self.model.signature.input,
                &self.model.signature.value.header,
            ),
            (&self.model.profile.input, &self.model.profile.value.header),
            self.run(),
            (&self.evaluation.input, &self.evaluation.value.header),
            (&self.gate.input, &self.gate.value.header),
        ]
    }
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

fn charts(io: &Io, folder: &Path) -> Result<Vec<Chart>, CardError> {
    let mut found = Vec::new();
    for (title, name, link) in CHARTS {
        let path = folder.join(name);
        if path.is_file() {
            let input = io.read("chart", &path)?.input;
            found.push(Chart { title, link, input });
        }
    }
    Ok(found)
}
