//! Every comparison that the configuration asks for.

use yard_contract::{
    Distribution, DistributionBin, DriftMeasure, DriftSubject, Evaluation, FeatureProfile, Finite,
    Profile,
};
use yard_stats::distribution::kolmogorov_tail;
use yard_stats::drift::Shares;
use yard_table::Column;

use crate::accuracy::{self, Figure};
use crate::bins::{self, Bins};
use crate::config::{AccuracyLimits, DriftConfig, FeatureLimits, Limits, Severity};
use crate::error::DriftError;
use crate::fresh::{Fresh, Outcomes};
use crate::homogeneity::{chi_square, pooled, same_share};
use crate::judge::{Figures, Finding};

/// What stands for a share of 0 in a population stability index.
const FLOOR: f64 = 1e-4;

/// All comparisons, and the distributions behind them.
#[derive(Default)]
pub(crate) struct Comparisons {
    pub(crate) findings: Vec<Finding>,
    pub(crate) distributions: Vec<Distribution>,
}

/// Compares fresh rows with a profile, and with an evaluation where the configuration asks for it.
pub(crate) fn compare(
    fresh: &Fresh,
    profile: &Profile,
    evaluation: Option<&Evaluation>,
    config: &DriftConfig,
) -> Result<Comparisons, DriftError> {
    let mut all = Comparisons::default();
    if let Some(limits) = &config.features {
        all.features(fresh, profile, limits)?;
    }
    if let Some(limits) = config.score {
        for (place, described) in profile.scores.iter().enumerate() {
            let scores: Vec<f32> = fresh.answers.column(place).collect();
            if let Some(bins) = bins::numbers(described, profile.rows, &scores) {
                let of = Subject::new(DriftSubject::Score, &described.name, Severity::Fail);
                all.distances(of, &bins, limits.psi, limits.ks)?;
            }
        }
    }
    let Some(outcomes) = &fresh.outcomes else {
        return Ok(all);
    };
    if outcomes.rows == 0 {
        return Ok(all);
    }
    if let Some(limits) = config.target {
        all.target(outcomes, profile, limits.psi)?;
    }
    if let Some(limits) = config.accuracy {
        let evaluation = evaluation.ok_or(DriftError::NoEvaluation)?;
        all.accuracy(outcomes, evaluation, limits)?;
    }
    Ok(all)
}

/// What is compared, and how grave it can be.
#[derive(Clone, Copy)]
struct Subject<'a> {
    about: DriftSubject,
    name: &'a str,
    severity: Severity,
}

impl<'a> Subject<'a> {
    const fn new(about: DriftSubject, name: &'a str, severity: Severity) -> Self {
        Self {
            about,
            name,
            severity,
        }
    }
}

impl Comparisons {
    fn features(
        &mut self,
        fresh: &Fresh,
        profile: &Profile,
        limits: &FeatureLimits,
    ) -> Result<(), DriftError> {
        for name in &limits.ignore {
            if fresh.features.column(name).is_none() {
                return Err(DriftError::NoSuchFeature(name.clone()));
            }
        }
        for (name, column) in fresh.features.columns() {
            if limits.ignore.iter().any(|ignored| ignored == name) {
                continue;
            }
            let described = profile.features.iter().find(|feature| feature.name == name);
            let described = described.ok_or_else(|| DriftError::NoProfile(name.to_owned()))?;
            let of = Subject::new(DriftSubject::Feature, name, limits.severity);
            if let Some(bins) = bins::of(described, profile.rows, column) {
                self.distances(of, &bins, limits.psi, limits.ks)?;
                if let Some(limits) = limits.new_categories.filter(|_| !bins.is_ordered) {
                    self.new_categories(of, &bins, fresh.rows, profile.rows, limits);
                }
            }
            if let Some(limits) = limits.missing {
                self.missing(of, described, profile.rows, fresh.rows, column, limits);
            }
        }
        Ok(())
    }

    fn add(&mut self, of: Subject<'_>, measure: DriftMeasure, limits: Limits, figures: Figures) {
        self.findings.push(Finding {
            about: of.about,
            name: of.name.to_owned(),
            measure,
            figures,
            limits,
            severity: of.severity,
            note: String::new(),
        });
    }

    fn note(&mut self, note: String) {
        if let Some(last) = self.findings.last_mut() {
            last.note = note;
        }
    }

    /// The stability index, tested by chi-square, and the Kolmogorov-Smirnov distance.
    fn distances(
        &mut self,
        of: Subject<'_>,
        bins: &Bins,
        psi: Option<Limits>,
        ks: Option<Limits>,
    ) -> Result<(), DriftError> {
        let is_empty = bins.present() < 1.0;
        if let Some(limits) = psi {
            let figures = if is_empty {
                Figures::default()
            } else {
                stability(bins)?
            };
            self.add(of, DriftMeasure::Psi, limits, figures);
        }
        if let Some(limits) = ks.filter(|_| bins.is_ordered) {
            let figures = if is_empty {
                Figures::default()
            } else {
                kolmogorov_smirnov(bins)?
            };
            self.add(of, DriftMeasure::Ks, limits, figures);
        }
        let finite = |share| Finite::new(share).unwrap_or_default();
        let bins = bins.shown().into_iter();
        self.distributions.push(Distribution {
            about: of.about,
            name: of.name.to_owned(),
            bins: bins
                .map(|(label, before, now)| DistributionBin {
                    label,
                    before: finite(before),
                    now: finite(now),
                })
                .collect(),
        });
        Ok(())
    }

    fn missing(
        &mut self,
        of: Subject<'_>,
        profile: &FeatureProfile,
        before: u64,
        now: u64,
        column: &Column,
        limits: Limits,
    ) {
        let missing = bins::missing(profile, before, column);
        let figures = shares((missing.before, before), (missing.now, now));
        self.add(of, DriftMeasure::Missing, limits, figures);
    }

    fn new_categories(
        &mut self,
        of: Subject<'_>,
        bins: &Bins,
        now: u64,
        before: u64,
        limits: Limits,
    ) {
        // Training saw every category of its own rows.
        let figures = shares((0, before), (bins.unseen, now));
        self.add(of, DriftMeasure::NewCategories, limits, figures);
        if !bins.unseen_names.is_empty() {
            let names = bins.unseen_names.iter().map(|name| {
                let mut short: String = name.chars().take(40).collect();
                if short.len() < name.len() {
                    short.push('…');
                }
                format!("{short:?}")
            });
            let names: Vec<String> = names.collect();
            self.note(format!("such as {}", names.join(", ")));
        }
    }

    fn target(
        &mut self,
        outcomes: &Outcomes,
        profile: &Profile,
        limits: Limits,
    ) -> Result<(), DriftError> {
        let described = &profile.target;
        let Some(bins) = bins::of(described, profile.rows, &outcomes.column) else {
            return Err(DriftError::NoProfile(described.name.clone()));
        };
        let of = Subject::new(DriftSubject::Target, &described.name, Severity::Fail);
        self.distances(of, &bins, Some(limits), None)
    }

    fn accuracy(
        &mut self,
        outcomes: &Outcomes,
        evaluation: &Evaluation,
        limits: AccuracyLimits,
    ) -> Result<(), DriftError> {
        if let Some(limits) = limits.auc_drop {
            let Some((labels, scores)) = &outcomes.ranking else {
                return Err(DriftError::NotForTask("auc_drop"));
            };
            let promised = accuracy::promised(evaluation, "auc")?;
            let found = accuracy::auc(labels, scores)?;
            let fall = |figure: Figure| Figure {
                value: -figure.value,
                ..figure
            };
            let figures = found.map_or_else(Figures::default, |found| Figures {
                value: Some(promised.value - found.value),
                before: Some(promised.value),
                now: Some(found.value),
                p_value: Some(accuracy::p_rise(fall(promised), fall(found))),
                ..Figures::default()
            });
            let of = Subject::new(DriftSubject::Accuracy, "auc", Severity::Fail);
            self.add(of, DriftMeasure::Drop, limits, figures);
        }
        let is_number = matches!(outcomes.column, Column::Number(_));
        for (limits, key, metric, is_meant) in [
            (
                limits.log_loss_rise,
                "log_loss_rise",
                "log_loss",
                !is_number,
            ),
            (limits.error_rise, "error_rise", "mae", is_number),
        ] {
            match limits {
                Some(limits) if is_meant => {
                    self.loss(metric, &outcomes.losses, evaluation, limits)?;
                }
                Some(_) => return Err(DriftError::NotForTask(key)),
                None => (),
            }
        }
        Ok(())
    }

    fn loss(
        &mut self,
        metric: &'static str,
        losses: &[f64],
        evaluation: &Evaluation,
        limits: Limits,
    ) -> Result<(), DriftError> {
        let promised = accuracy::promised(evaluation, metric)?;
        let found = accuracy::mean(losses);
        let figures = found.map_or_else(Figures::default, |found| Figures {
            value: Some((found.value - promised.value) / promised.value),
            before: Some(promised.value),
            now: Some(found.value),
            p_value: Some(accuracy::p_rise(promised, found)),
            ..Figures::default()
        });
        let of = Subject::new(DriftSubject::Accuracy, metric, Severity::Fail);
        self.add(of, DriftMeasure::Rise, limits, figures);
        Ok(())
    }
}

pub(crate) fn stability(bins: &Bins) -> Result<Figures, DriftError> {
    let (before, now) = pooled(&bins.before, &bins.now, bins.is_ordered);
    let psi = Shares::new(&before, &now)?.population_stability(FLOOR)?;
    Ok(Figures {
        value: Some(psi),
        p_value: Some(chi_square(&before, &now).1),
        ..Figures::default()
    })
}

/// The largest gap at the bins' edges. Between two edges the samples' own distance can be larger by
/// what the bin holds on either side.
pub(crate) fn kolmogorov_smirnov(bins: &Bins) -> Result<Figures, DriftError> {
    let distance = Shares::new(&bins.before, &bins.now)?.kolmogorov_smirnov();
    let (n, m): (f64, f64) = (bins.before.iter().sum(), bins.now.iter().sum());
    let (mut gap, mut most) = (0.0, distance);
    for (before, now) in bins.before.iter().zip(&bins.now) {
        let (before, now) = (before / n, now / m);
        most = f64::max(most, f64::max(gap + before, now - gap));
        gap += before - now;
    }
    Ok(Figures {
        value: Some(distance),
        at_most: Some(most.min(1.0)),
        p_value: Some(kolmogorov_tail((n * m / (n + m)).sqrt() * distance)),
        ..Figures::default()
    })
}

fn shares(before: (u64, u64), now: (u64, u64)) -> Figures {
    let share = |(part, whole): (u64, u64)| part as f64 / whole.max(1) as f64;
    Figures {
        value: Some((share(now) - share(before)).abs()),
        before: Some(share(before)),
        now: Some(share(now)),
        p_value: Some(same_share(before, now)),
        ..Figures::default()
    }
}
