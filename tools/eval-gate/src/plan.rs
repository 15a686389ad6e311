//! Arguments and configuration to one validated value.

use std::path::PathBuf;

use serde::Serialize;
use yard_cli::Io;
use yard_contract::Input;
use yard_stats::interval::Confidence;

use crate::args::{Args, GateFormat};
use crate::config::GateConfig;
use crate::error::GateError;
use crate::measure::Metric;

/// Everything that a judgement needs, checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) model: PathBuf,
    pub(crate) holdout: PathBuf,
    pub(crate) opponent: Opponent,
    pub(crate) config: GateConfig,
    pub(crate) config_input: Input,
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

impl Plan {
    pub(crate) fn resolve(args: Args, io: &Io) -> Result<Self, GateError> {
        let loaded = io.read_config::<GateConfig>(&args.config)?;
        let config = loaded.value;
        let opponent = match (args.champion, args.first_model) {
            (Some(champion), _) if !config.margins().is_empty() => Opponent::Champion(champion),
            (Some(_), _) => return Err(GateError::NoChampionRule),
            (None, Some(reason)) if !reason.trim().is_empty() => Opponent::FirstModel(reason),
            (None, _) => return Err(GateError::NoReason),
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
        if config.at_least.is_empty() && config.at_most.is_empty() && !slice_rule && !champion_rule
        {
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
        Ok(Self {
            model: args.model,
            holdout: args.holdout,
            opponent,
            confidence: Confidence::new(confidence)?,
            config,
            config_input: loaded.input,
            out: args.out,
            format: args.format,
        })
    }
}
