//! Pictures of an explanation.

use yard_contract::{Answer, Dependence, Explanation, MeanContributions, Scalar, Signature};
use yard_report::chart::{
    Chart as _, DependenceCell, DependencePanel, DependencePoint, Importance, PartialDependence,
    Shuffle, Shuffles, Theme,
};

use super::{Picture, total};
use crate::metric;

/// What shuffles cost, what features add, and how the answers follow them.
pub(super) fn pictures(explanation: &Explanation, signature: &Signature) -> Vec<Picture> {
    let contributions = explanation.contributions.as_ref();
    [Some(shuffles(explanation))]
        .into_iter()
        .chain([contributions.map(added), dependence(explanation, signature)])
        .flatten()
        .collect()
}

fn shuffles(explanation: &Explanation) -> Picture {
    let shuffled = &explanation.permutation;
    let features = shuffled.features.iter().map(|feature| Shuffle {
        label: feature.feature.clone(),
        mean: feature.loss.mean.get(),
        sd: feature.loss.sd.get(),
    });
    let chart = Shuffles {
        title: "What shuffling a feature costs".to_owned(),
        measure: format!("{} added", metric::of(&shuffled.loss).label),
        features: features.collect(),
    };
    Picture {
        title: "What shuffling a feature costs",
        name: "shuffles.svg",
        link: "charts/shuffles.svg",
        svg: chart.svg(Theme::Auto),
    }
}

fn added(contributions: &MeanContributions) -> Picture {
    let several = contributions.expected.len() > 1;
    let features = contributions.features.iter();
    let chart = Importance {
        title: "What features add to the scores".to_owned(),
        measure: format!(
            "mean size of the contributions, in {}{}",
            contributions.scale.words(),
            if several { ", all classes" } else { "" }
        ),
        features: features
            .map(|feature| (feature.feature.clone(), total(feature)))
            .collect(),
    };
    Picture {
        title: "What features add to the scores",
        name: "contributions.svg",
        link: "charts/contributions.svg",
        svg: chart.svg(Theme::Auto),
    }
}

fn dependence(explanation: &Explanation, signature: &Signature) -> Option<Picture> {
    if explanation.dependence.is_empty() {
        return None;
    }
    let target = &signature.target;
    let chart = PartialDependence {
        title: "How the answers follow the features".to_owned(),
        answer: match &signature.answer {
            Answer::Binary(binary) => {
                format!("probability of {target} = {}", binary.classes.positive)
            }
            Answer::Multiclass(_) => format!("probability of each {target}"),
            Answer::Regression(_) => format!("predicted {target}"),
        },
        curves: explanation.answers.clone(),
        panels: explanation.dependence.iter().map(panel).collect(),
    };
    Some(Picture {
        title: "How the answers follow the features",
        name: "dependence.svg",
        link: "charts/dependence.svg",
        svg: chart.svg(Theme::Auto),
    })
}

fn panel(dependence: &Dependence) -> DependencePanel {
    let points = dependence.points.iter().map(|point| DependencePoint {
        cell: match &point.value {
            Scalar::Number(value) => DependenceCell::Number(value.get()),
            Scalar::Text(text) => DependenceCell::Category(text.clone()),
            Scalar::Null | Scalar::Bool(_) => DependenceCell::Missing,
        },
        answers: point
            .answers
            .iter()
            .map(|answer| (answer.mean.get(), answer.low.get(), answer.high.get()))
            .collect(),
    });
    DependencePanel {
        feature: dependence.feature.clone(),
        points: points.collect(),
    }
}
