//! Who wins, and what makes one leaderboard of several. Pure functions.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use yard_contract::{
    Ahead, Better, Document, Finite, Leaderboard, Rung, Shard, Trial, TrialOutcome, Winner,
};

use super::error::SearchError;

/// The better first; what was not measured last.
pub(crate) fn order(better: Better, a: Option<Finite>, b: Option<Finite>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => {
            let (a, b) = (a.get(), b.get());
            match better {
                Better::Higher => b.total_cmp(&a),
                Better::Lower => a.total_cmp(&b),
            }
        }
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// The mean of values, at least two, and their standard deviation (divisor n - 1).
pub(crate) fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares = values.iter().map(|value| (value - mean) * (value - mean));
    let variance = squares.sum::<f64>() / (values.len() as f64 - 1.0);
    (mean, variance.sqrt())
}

/// What a trial came to in full, where it did.
fn in_full(trial: &Trial) -> Option<&Rung> {
    (trial.outcome == TrialOutcome::Finished).then(|| trial.rungs.last())?
}

/// Trials judged in full, the best first; of equal ones the lower number.
pub(crate) fn ranked(trials: &[Trial], better: Better) -> Vec<&Trial> {
    let mut ranked: Vec<&Trial> = trials
        .iter()
        .filter(|trial| in_full(trial).is_some())
        .collect();
    let mean = |trial: &Trial| in_full(trial).map(|rung| rung.mean);
    ranked.sort_by(|a, b| order(better, mean(a), mean(b)).then(a.trial.cmp(&b.trial)));
    ranked
}

/// The best trial, beside the configuration as it stands.
pub(crate) fn winner(trials: &[Trial], better: Better) -> Option<Winner> {
    let best = *ranked(trials, better).first()?;
    let rung = in_full(best)?;
    let base = trials
        .iter()
        .find(|trial| trial.trial == 0)
        .and_then(in_full);
    let ahead = base.map(|base| {
        let sign = match better {
            Better::Higher => 1.0,
            Better::Lower => -1.0,
        };
        let pairs = rung.values.iter().zip(&base.values);
        let differences: Vec<f64> = pairs.map(|(a, b)| sign * (a.get() - b.get())).collect();
        let (mean, sd) = mean_and_sd(&differences);
        let finite = |value| Finite::new(value).unwrap_or_default();
        Ahead {
            mean: finite(mean),
            sd: finite(sd),
        }
    });
    Some(Winner {
        trial: best.trial,
        mean: rung.mean,
        sd: rung.sd,
        ahead,
    })
}

/// Which shard a unit belongs to.
pub(crate) const fn is_of(shard: Shard, unit: u32) -> bool {
    unit % shard.count == shard.index
}

/// One leaderboard of those of all shards, given with the paths they were read from. It is the very
/// one that a search without shards writes.
pub(crate) fn merge(
    boards: &[(String, Document<Leaderboard>)],
) -> Result<Document<Leaderboard>, SearchError> {
    let Some((first_path, first)) = boards.first() else {
        return Err(SearchError::NothingFinished);
    };
    for (path, board) in boards {
        if let Some(what) = difference(first, board) {
            return Err(SearchError::OtherSearch {
                path: path.clone(),
                first: first_path.clone(),
                what,
            });
        }
    }
    let whole = Shard { index: 0, count: 1 };
    let shard_of = |board: &Document<Leaderboard>| board.body.shard.unwrap_or(whole);
    let count = shard_of(first).count;
    let mut by_index = BTreeMap::new();
    for (path, board) in boards {
        let index = shard_of(board).index;
        if by_index.insert(index, (path, board)).is_some() {
            return Err(SearchError::ShardTwice { index, count });
        }
    }
    if let Some(index) = (0..count).find(|index| !by_index.contains_key(index)) {
        return Err(SearchError::ShardMissing { index, count });
    }
    let mut trials: BTreeMap<u32, Trial> = BTreeMap::new();
    for (index, (path, board)) in by_index {
        let shard = Shard { index, count };
        let refuse = |trial, problem| SearchError::Trials {
            path: path.clone(),
            trial,
            problem,
        };
        for trial in &board.body.trials {
            let unit = trial.bracket.map_or(trial.trial, |bracket| bracket + 1);
            if trial.trial >= board.body.size || !is_of(shard, unit) {
                return Err(refuse(trial.trial, "another shard's"));
            }
            if trials.insert(trial.trial, trial.clone()).is_some() {
                return Err(refuse(trial.trial, "there twice"));
            }
        }
    }
    if let Some(trial) = (0..first.body.size).find(|trial| !trials.contains_key(trial)) {
        return Err(SearchError::Trials {
            path: first_path.clone(),
            trial,
            problem: "in none of the files",
        });
    }
    let trials: Vec<Trial> = trials.into_values().collect();
    let winner = winner(&trials, first.body.better).ok_or(SearchError::NothingFinished)?;
    let mut merged = first.clone();
    merged.body.shard = None;
    merged.body.trials = trials;
    merged.body.winner = Some(winner);
    Ok(merged)
}

/// What tells two leaderboards' searches apart.
fn difference(a: &Document<Leaderboard>, b: &Document<Leaderboard>) -> Option<&'static str> {
    let inputs = |board: &Document<Leaderboard>| -> Vec<_> {
        let inputs = board.header.inputs.iter();
        inputs
            .map(|input| (input.kind.clone(), input.sha256))
            .collect()
    };
    let (a_body, b_body) = (&a.body, &b.body);
    let count = |board: &Leaderboard| board.shard.map(|shard| shard.count);
    let checks = [
        (inputs(a) != inputs(b), "the inputs' digests"),
        (
            a.header.produced_by != b.header.produced_by,
            "the versions of the tool",
        ),
        (a_body.seed != b_body.seed, "the seeds"),
        (a_body.method != b_body.method, "the methods"),
        (
            (&a_body.metric, a_body.better, a_body.folds)
                != (&b_body.metric, b_body.better, b_body.folds),
            "what is measured",
        ),
        (
            (a_body.rows, a_body.rows_sha256) != (b_body.rows, b_body.rows_sha256),
            "the training rows",
        ),
        (a_body.size != b_body.size, "the numbers of trials"),
        (
            a_body.budget_seconds != b_body.budget_seconds,
            "the budgets",
        ),
        (count(a_body) != count(b_body), "the numbers of shards"),
    ];
    checks
        .into_iter()
        .find(|(differs, _)| *differs)
        .map(|(_, what)| what)
}
