//! Arguments and configuration to one validated value.

use std::path::PathBuf;

use serde::Serialize;
use yard_cli::Io;
use yard_contract::Input;
use yard_stats::interval::Confidence;

use crate::args::{Args, GateFormat};
use crate::config::GateConfig;
use crate::error::GateError;
use crate::ledger;
use crate::measure::Metric;
use crate::overrides::{Asked, is_day};
use crate::policy::ReleaseConfig;

/// Everything that a judgement needs, checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) model: PathBuf,
    pub(crate) holdout: PathBuf,
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

/// What the model is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Opponent {
    Champion(PathBuf),
    FirstModel(String),
}

/// The last release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Predecessor {
    Release(PathBuf),
    FirstRelease(String),
}

/// Where the looks that were taken are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LedgerSource {
    File(PathBuf),
    New(String),
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
        let opponent = match (args.champion, args.first_model) {
            (Some(champion), _) if !config.margins().is_empty() => Opponent::Champion(champion),
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
            let margin = rule.auc_margin.get();
            if !(0.0..1.0).contains(&margin) {
                let metric = "auc in slices";
                return Err(GateError::Margin { metric, margin });
            }
        }
        let slice_rule = config
            .slices
            .as_ref()
            .is_some_and(|slices| slices.auc_at_least.is_some());
        let champion_rule = matches!(opponent, Opponent::Champion(_));
        let limits = !config.at_least.is_empty() || !config.at_most.is_empty();
        if !limits && !slice_rule && !champion_rule && config.rules.is_empty() {
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
            if !(0.0..1.0).contains(&margin) {
                let metric = metric.as_str();
                return Err(GateError::Margin { metric, margin });
            }
        }
        config.rules.check()?;
        if let Some(looks) = &config.looks {
            looks.check(confidence)?;
        }
        if config.flips.rows > 100 {
            let found = config.flips.rows.to_string();
            return Err(wrong("flips.rows", found, "at most 100"));
        }
        if let Some(column) = config
            .private
            .iter()
            .find(|name| config.flips.show.contains(name))
        {
            let column = column.clone();
            return Err(GateError::PrivateShown { column });
        }
        for (key, metric, margin) in config.release.iter().flat_map(ReleaseConfig::all) {
            let (metric, margin) = (metric.as_str(), margin.get());
            if !(0.0..1.0).contains(&margin) {
                return Err(GateError::ReleaseMargin {
                    key,
                    metric,
                    margin,
                });
            }
        }
        let release = predecessor(
            args.release_champion,
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
            model: args.model,
            holdout: args.holdout,
            opponent,
            confidence: Confidence::new(confidence)?,
            config,
            config_input: loaded.input,
            config_text,
            out: args.out,
            format: args.format,
        })
    }
}

/// The last release, where the policy has a rule on it: a model, or a reason why there is none.
fn predecessor(
    release: Option<PathBuf>,
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
