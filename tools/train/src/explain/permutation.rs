//! How much worse a model gets where the cells of one feature are shuffled among the rows.
//!
//! Breiman, *Random forests* (2001), on rows that the model was not fitted on.

use yard_contract::{PermutationImportance, ShuffledFeature, Spread};
use yard_table::Table;

use super::judge::{Judge, Judged};
use super::{Model, finite};
use crate::error::TrainError;
use crate::split::{mixed, shuffled};

/// Shuffles the features at these places of the signature. The table is as it was in the end.
pub(super) fn importance(
    model: &Model<'_>,
    table: &mut Table,
    judge: &Judge<'_>,
    places: &[usize],
    repeats: u32,
) -> Result<PermutationImportance, TrainError> {
    let signature = model.predictor.signature();
    let before = judge.judge(&model.predictor.predict(table)?)?;
    let mut features = Vec::with_capacity(places.len());
    for &place in places {
        let name = &signature.features[place].name;
        let Some(own) = table.column(name).cloned() else {
            continue;
        };
        let (mut losses, mut scores) = (Vec::new(), Vec::new());
        for repeat in 0..u64::from(repeats) {
            // An order for each feature and repeat, which no other feature's presence changes.
            let seed = mixed(mixed(model.seed ^ 0x5_4aff1e, place as u64), repeat);
            let order = shuffled((0..table.rows()).collect(), seed);
            table.replace(name, own.take(&order));
            let Judged { loss, score } = judge.judge(&model.predictor.predict(table)?)?;
            losses.push(loss.get() - before.loss.get());
            if let (Some(before), Some(score)) = (before.score, score) {
                scores.push(before.get() - score.get());
            }
        }
        table.replace(name, own);
        let is_defined = scores.len() == losses.len();
        features.push(ShuffledFeature {
            feature: name.clone(),
            loss: spread(&losses)?,
            score: is_defined.then(|| spread(&scores)).transpose()?,
        });
    }
    // Stable: of equal ones the first in the signature.
    let rise = |feature: &ShuffledFeature| feature.loss.mean.get();
    features.sort_by(|a, b| rise(b).total_cmp(&rise(a)));
    Ok(PermutationImportance {
        repeats,
        loss: judge.loss().to_owned(),
        score: judge.score().to_owned(),
        loss_before: before.loss,
        score_before: before.score,
        left_out: (signature.features.len() - features.len()) as u64,
        features,
    })
}

/// Mean and standard deviation of at least two values.
fn spread(values: &[f64]) -> Result<Spread, TrainError> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|value| (value - mean) * (value - mean));
    let sd = (squares.sum::<f64>() / (count - 1.0)).sqrt();
    Ok(Spread {
        mean: finite(mean, "cost of a shuffle")?,
        sd: finite(sd, "spread of shuffles")?,
    })
}
