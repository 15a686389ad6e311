//! What is judged: the held-out rows, and what the model and the champion answer on them.

mod holdout;
mod model;

pub(crate) use holdout::Holdout;

use yard_cli::Io;
use yard_contract::{Finite, Input, Sha256};

use crate::error::GateError;
use crate::measure;
use crate::plan::{Opponent, Plan};
use crate::report::ClassNames;

/// A model's answers on the holdout.
pub(crate) struct Scores {
    pub(crate) sha256: Sha256,
    /// The probability from which on the model calls a row positive.
    pub(crate) threshold: Finite,
    pub(crate) probabilities: Vec<f64>,
}

/// Everything that a judgement is made from.
pub(crate) struct Subject {
    pub(crate) holdout: Holdout,
    pub(crate) model: Scores,
    pub(crate) champion: Option<Scores>,
    /// What the charts call the two classes.
    pub(crate) classes: ClassNames,
    /// The digests of all files that were read.
    pub(crate) inputs: Vec<Input>,
}

/// Reads the rows and scores them with the model, and with the champion where there is one.
pub(crate) fn read(plan: &Plan, io: &mut Io) -> Result<Subject, GateError> {
    let model = model::open(&plan.model)?;
    let rows = io.read("holdout", &plan.holdout)?;
    let columns = measure::slices::columns(&plan.config);
    let holdout = holdout::read(
        &plan.holdout,
        &rows.bytes,
        &model.predictor,
        &columns,
        plan.config.cluster.as_deref(),
    )?;
    let scores = model::score(&plan.model, &model, &holdout.features)?;
    let mut inputs = model.inputs.clone();
    inputs.push(rows.input);
    let champion = match &plan.opponent {
        Opponent::Champion(path) => {
            let champion = model::open(path)?;
            model::same_target(&model.predictor, &champion.predictor)?;
            let features = holdout::features(&plan.holdout, &rows.bytes, &champion.predictor)?;
            let of_champion = |input: &Input| Input {
                kind: format!("champion-{}", input.kind),
                ..input.clone()
            };
            inputs.extend(champion.inputs.iter().map(of_champion));
            Some(model::score(path, &champion, &features)?)
        }
        Opponent::FirstModel(_) => None,
    };
    inputs.push(plan.config_input.clone());
    let signature = model.predictor.signature();
    let classes = &holdout::binary(signature)?.classes;
    let named = |class: &str| format!("{} = {class}", signature.target);
    Ok(Subject {
        holdout,
        model: scores,
        champion,
        classes: ClassNames {
            negative: named(&classes.negative),
            positive: named(&classes.positive),
        },
        inputs,
    })
}
