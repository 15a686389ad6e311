//! What `KEY=VALUE` arguments say; `tests/bench/engines.py` has the same keys and defaults.

use std::error::Error;

use yard_boost::{Growth, Objective, Params};

/// How to fit, and what of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    growth: Growth,
    rounds: usize,
    pub(crate) threads: usize,
    rate: f64,
    leaves: usize,
    /// 0: no limit.
    depth: usize,
    bins: usize,
    l2: f64,
    min_rows: usize,
    train_loss: bool,
    /// Rows to fit on, from the first; 0: four fifths of all.
    train: usize,
    /// Where the margins of the other rows go, `f32` little-endian, a row's together; empty: nowhere.
    pub(crate) margins: String,
}

impl Settings {
    pub(crate) fn read(pairs: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut settings = Self {
            growth: Growth::Leaf,
            rounds: 100,
            threads: 1,
            rate: 0.1,
            leaves: 63,
            depth: 0,
            bins: 255,
            l2: 0.0,
            min_rows: 20,
            train_loss: false,
            train: 0,
            margins: String::new(),
        };
        for pair in pairs {
            let (key, value) = pair.split_once('=').ok_or("arguments are KEY=VALUE")?;
            match key {
                "growth" => {
                    settings.growth = match value {
                        "leaf" => Growth::Leaf,
                        "depth" => Growth::Depth,
                        _ => {
                            return Err(
                                format!("growth `{value}` is neither leaf nor depth").into()
                            );
                        }
                    }
                }
                "rounds" => settings.rounds = value.parse()?,
                "threads" => settings.threads = value.parse()?,
                "rate" => settings.rate = value.parse()?,
                "leaves" => settings.leaves = value.parse()?,
                "depth" => settings.depth = value.parse()?,
                "bins" => settings.bins = value.parse()?,
                "l2" => settings.l2 = value.parse()?,
                "min_rows" => settings.min_rows = value.parse()?,
                "train_loss" => settings.train_loss = value.parse()?,
                "train" => settings.train = value.parse()?,
                "margins" => value.clone_into(&mut settings.margins),
                _ => return Err(format!("there is no setting `{key}`").into()),
            }
        }
        Ok(settings)
    }

    /// Of so many rows, those to fit on.
    pub(crate) fn fitted(&self, rows: usize) -> usize {
        match self.train {
            0 => rows * 4 / 5,
            train => train.min(rows),
        }
    }

    pub(crate) fn params(&self, objective: Objective) -> Params {
        Params {
            growth: self.growth,
            rounds: self.rounds,
            learning_rate: self.rate,
            max_leaves: self.leaves,
            max_depth: (self.depth > 0).then_some(self.depth),
            max_bins: self.bins,
            lambda_l2: self.l2,
            min_rows_in_leaf: self.min_rows,
            report_train_loss: self.train_loss,
            ..Params::new(objective)
        }
    }
}
