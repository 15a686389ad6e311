//! Arguments and configuration to one validated value.

use std::path::PathBuf;

use serde::Serialize;
use yard_cli::Io;
use yard_contract::{Finite, Input, Sha256};
use yard_stats::interval::Confidence;

use crate::args::{Args, GateFormat};
use crate::config::GateConfig;
use crate::error::GateError;
use crate::ledger;
use crate::measure::{Direction, Metric};
use crate::overrides::{Asked, is_day};
use crate::policy::ReleaseConfig;

/// Everything that a judgement needs, checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) model: Source,
    pub(crate) holdout: PathBuf,
    /// What is known of the rows beforehand.
    pub(crate) expected: Expected,
    /// What is known of a model that only a file of scores tells of.
    pub(crate) behind: Behind,
    pub(crate) opponent: Opponent,
    /// The last release, where the policy compares with it.
    pub(crate) release: Option<Predecessor>,
    pub(crate) ledger: Option<LedgerSource>,
    pub(crate) ledger_out: Option<PathBuf>,
    pub(crate) retrains: Vec<PathBuf>,
    pub(crate) evidence: Vec<PathBuf>,
    pub(crate) overrides: Asked,
    pub(crate) config: GateConfig,
    pub(crate) config_input: Input,
    /// The configuration as it is written, to find the line that asks for a rule.
    #[serde(skip)]
    pub(crate) config_text: String,
    pub(crate) out: PathBuf,
    #[serde(skip)]
    pub(crate) confidence: Confidence,
    #[serde(skip)]
    pub(crate) format: GateFormat,
}

/// Which rows must have been held out.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Expected {
    /// A `split.json`.
    pub(crate) split: Option<PathBuf>,
    /// The digest of the frozen rows.
    pub(crate) rows: Option<Sha256>,
}

/// The model that wrote a file of scores.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Behind {
    pub(crate) model: Option<Sha256>,
    pub(crate) table: Option<Sha256>,
}

/// What the model is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Opponent {
    Champion(Source),
    FirstModel(String),
}

/// The last release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Predecessor {
    Release(Source),
    FirstRelease(String),
}

/// Where the looks that were taken are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LedgerSource {
    File(PathBuf),
    New(String),
}

/// Where a model's answers come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// A model folder or package, which scores the holdout here.
    Model(PathBuf),
    /// A file that another tool scored.
    Scored(PathBuf),
}

impl Plan {
    /// The plan at another confidence, with the draws that it takes.
    pub(crate) fn at(mut self, confidence: Confidence) -> Self {
        if confidence != self.confidence {
            let asked = self.config.bootstrap.replicates;
            self.config.bootstrap.replicates = ledger::replicates(asked, confidence);
            self.confidence = confidence;
        }
        self
    }

    pub(crate) fn resolve(args: Args, io: &Io) -> Result<Self, GateError> {
        let loaded = io.read_config::<GateConfig>(&args.config)?;
        let config = loaded.value;
        let config_text = io.read("config", &args.config)?.bytes;
        let config_text = String::from_utf8_lossy(&config_text).into_owned();
        let champion = source(args.champion, args.champion_predictions);
        let opponent = match (champion, args.first_model) {
            (Some(champion), _) if config.compares() => Opponent::Champion(champion),
            (Some(_), _) => return Err(GateError::NoChampionRule),
            (None, Some(reason)) if !reason.trim().is_empty() => Opponent::FirstModel(reason),
            (None, _) => {
                return Err(GateError::NoReason {
                    flag: "--first-model",
                });
            }
        };
        if let Some(champion) = &config.champion
            && champion.auc_margin.is_some()
            && champion.margins.contains_key(&Metric::Auc)
        {
            return Err(GateError::MarginTwice);
        }
        if let Some(rule) = config.slices.as_ref().and_then(|slices| slices.champion) {
            let margin = rule.margin.get();
            if margin < 0.0 {
                let metric = "slices";
                return Err(GateError::Margin { metric, margin });
            }
        }
        let slice_rule = config
            .slices
            .as_ref()
            .is_some_and(|slices| slices.auc_at_least.is_some() || slices.at_most.is_some());
        let fairness_rule = config
            .fairness
            .as_ref()
            .is_some_and(|rule| rule.max_difference.is_some() || rule.min_ratio.is_some());
        let champion_rule = matches!(opponent, Opponent::Champion(_));
        let limits = !config.at_least.is_empty() || !config.at_most.is_empty();
        let found_rule = !config.rules.is_empty();
        if !limits && !slice_rule && !champion_rule && !fairness_rule && !found_rule {
            return Err(GateError::NoRule);
        }
        let wrong = |key, found: String, expected| GateError::OutOfRange {
            key,
            found,
            expected,
        };
        let confidence = config.confidence.get();
        if !(0.5..=0.9999).contains(&confidence) {
            return Err(wrong(
                "confidence",
                confidence.to_string(),
                "between 0.5 and 0.9999",
            ));
        }
        let replicates = config.bootstrap.replicates;
        if !(200..=100_000).contains(&replicates) {
            return Err(wrong(
                "bootstrap.replicates",
                replicates.to_string(),
                "between 200 and 100000",
            ));
        }
        for (metric, margin) in config.margins() {
            let margin = margin.get();
            if margin < 0.0 || (metric.is_share() && margin >= 1.0) {
                let metric = metric.as_str();
                return Err(GateError::Margin { metric, margin });
            }
            if metric.direction() == Direction::Neither {
                let metric = metric.as_str();
                return Err(GateError::NoDirection { metric });
            }
        }
        let measures = config.measures;
        for (key, value) in [
            ("measures.top_share", measures.top_share),
            ("measures.quantile", measures.quantile),
        ] {
            if !(value.get() > 0.0 && value.get() < 1.0) {
                return Err(wrong(key, value.to_string(), "above 0 and below 1"));
            }
        }
        if measures.top_k == 0 {
            return Err(wrong("measures.top_k", "0".to_owned(), "at least 1"));
        }
        if let Some(costs) = &config.costs {
            costs.check()?;
        }
        let threshold = config.predictions.as_ref().and_then(|of| of.threshold);
        if let Some(threshold) = threshold.map(Finite::get)
            && !(0.0..=1.0).contains(&threshold)
        {
            let found = threshold.to_string();
            return Err(wrong("predictions.threshold", found, "between 0 and 1"));
        }
        config.rules.check()?;
        if let Some(looks) = &config.looks {
            looks.check(confidence)?;
        }
        if config.flips.rows > 100 {
            let found = config.flips.rows.to_string();
            return Err(wrong("flips.rows", found, "at most 100"));
        }
        for (key, metric, margin) in config.release.iter().flat_map(ReleaseConfig::all) {
            let (name, limit) = (metric.as_str(), margin.get());
            if limit < 0.0 || (metric.is_share() && limit >= 1.0) {
                return Err(GateError::ReleaseMargin {
                    key,
                    metric: name,
                    margin: limit,
                });
            }
            if metric.direction() == Direction::Neither {
                return Err(GateError::NoDirection { metric: name });
            }
        }
        let release = predecessor(
            source(args.release_champion, args.release_champion_predictions),
            args.first_release,
            &config,
            &opponent,
        )?;
        let ledger = match (args.ledger, args.new_ledger) {
            (Some(path), _) => Some(LedgerSource::File(path)),
            (None, Some(reason)) if reason.trim().is_empty() => {
                return Err(GateError::NoReason {
                    flag: "--new-ledger",
                });
            }
            (None, reason) => reason.map(LedgerSource::New),
        };
        if ledger.is_none() && (config.looks.is_some() || !config.cumulative().is_empty()) {
            return Err(GateError::NoLedger);
        }
        let environment = io.environment();
        // A pipeline is created on one day, however often its jobs are run again.
        let created = environment.get("CI_PIPELINE_CREATED_AT");
        let today = args
            .today
            .or_else(|| Some(created?.get(..10)?.to_owned()).filter(|day| is_day(day)));
        if let Some(today) = today.as_ref().filter(|today| !is_day(today)) {
            return Err(wrong("--today", today.clone(), "a day, `YYYY-MM-DD`"));
        }
        Ok(Self {
            release,
            ledger,
            ledger_out: args.ledger_out,
            retrains: args.retrains,
            evidence: args.evidence,
            overrides: Asked {
                given: args.overrides,
                author: args.override_author,
                file: args.overrides_file,
                today,
            },
            model: args
                .predictions
                .map_or(Source::Model(args.model), Source::Scored),
            holdout: args.holdout,
            expected: Expected {
                split: args.split,
                rows: args.holdout_sha256,
            },
            behind: Behind {
                model: args.scored_by,
                table: args.trained_on,
            },
            opponent,
            confidence: Confidence::new(confidence)?,
            config,
            config_input: loaded.input,
            config_text,
            out: args.out,
            format: args.format,
        })
    }

    /// Whether rows must have names: a file of scores is nothing without.
    pub(crate) fn needs_ids(&self) -> bool {
        let scored = |source: &Source| matches!(source, Source::Scored(_));
        scored(&self.model)
            || matches!(&self.opponent, Opponent::Champion(champion) if scored(champion))
            || matches!(&self.release, Some(Predecessor::Release(release)) if scored(release))
    }
}

/// A model, or what another tool scored with one.
fn source(model: Option<PathBuf>, scored: Option<PathBuf>) -> Option<Source> {
    let model = model.map(Source::Model);
    model.or(scored.map(Source::Scored))
}

/// The last release, where the policy has a rule on it: a model, or a reason why there is none.
fn predecessor(
    release: Option<Source>,
    first_release: Option<String>,
    config: &GateConfig,
    opponent: &Opponent,
) -> Result<Option<Predecessor>, GateError> {
    let flag = "--first-release";
    match (release, first_release, opponent) {
        (Some(_), _, _) | (_, Some(_), _) if config.release.is_none() => {
            Err(GateError::NoReleaseRule)
        }
        (Some(_), _, Opponent::FirstModel(_)) => Err(GateError::ReleaseBeforeFirst),
        (Some(release), _, _) => Ok(Some(Predecessor::Release(release))),
        (None, Some(reason), _) if reason.trim().is_empty() => Err(GateError::NoReason { flag }),
        (None, Some(reason), _) => Ok(Some(Predecessor::FirstRelease(reason))),
        (None, None, _) if config.release.is_none() => Ok(None),
        // Before the first model there was no release either.
        (None, None, Opponent::FirstModel(reason)) => {
            Ok(Some(Predecessor::FirstRelease(reason.clone())))
        }
        (None, None, Opponent::Champion(_)) => Err(GateError::NoRelease),
    }
}
