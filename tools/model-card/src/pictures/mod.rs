//! Pictures of what `run.json` holds (what the model leans on, how the fit went) and of an explanation.

mod explanation;

use yard_contract::{Algorithm, Explanation, Finite, MeanContribution, Run, Signature};
use yard_report::chart::{Chart as _, History, Importance, Theme};

/// A picture that is drawn for this card.
pub(crate) struct Picture {
    pub(crate) title: &'static str,
    /// Its name in the folder of charts.
    pub(crate) name: &'static str,
    /// Its path relative to the card.
    pub(crate) link: &'static str,
    pub(crate) svg: String,
}

/// All of an answer's numbers together.
pub(crate) fn total(feature: &MeanContribution) -> f64 {
    feature.mean_absolute.iter().map(|mean| mean.get()).sum()
}

/// All that there are figures for.
pub(crate) struct Pictures {
    pub(crate) of_run: Vec<Picture>,
    pub(crate) of_explanation: Vec<Picture>,
}

impl Pictures {
    pub(crate) fn of(run: &Run, signature: &Signature, explanation: Option<&Explanation>) -> Self {
        Self {
            of_run: importance(run).into_iter().chain(history(run)).collect(),
            of_explanation: explanation
                .map_or_else(Vec::new, |it| explanation::pictures(it, signature)),
        }
    }

    /// Each of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Picture> {
        self.of_run.iter().chain(&self.of_explanation)
    }
}

fn importance(run: &Run) -> Option<Picture> {
    let features: Vec<(String, f64)> = run
        .importance
        .iter()
        .map(|entry| (entry.feature.clone(), entry.share.get()))
        .collect();
    if features.is_empty() {
        return None;
    }
    let measure = match run.algorithm {
        Algorithm::GradientBoosting | Algorithm::RandomForest => "share of the total gain",
        _ => "share of the sum of absolute standardised coefficients",
    };
    let chart = Importance {
        title: "What the model leans on".to_owned(),
        measure: measure.to_owned(),
        features,
    };
    Some(Picture {
        title: "What the model leans on",
        name: "importance.svg",
        link: "charts/importance.svg",
        svg: chart.svg(Theme::Auto),
    })
}

fn history(run: &Run) -> Option<Picture> {
    // One round has no course.
    if run.history.len() < 2 {
        return None;
    }
    let valid = run.history.iter().map(|round| round.validation_loss);
    let valid: Option<Vec<f64>> = valid.map(|loss| loss.map(Finite::get)).collect();
    let chart = History {
        title: "Loss of each round".to_owned(),
        metric: "mean loss".to_owned(),
        train: run
            .history
            .iter()
            .map(|round| round.train_loss.get())
            .collect(),
        valid: valid.unwrap_or_default(),
        best_round: None,
    };
    Some(Picture {
        title: "Loss of each round",
        name: "history.svg",
        link: "charts/history.svg",
        svg: chart.svg(Theme::Auto),
    })
}
