//! How much of a difference is the training seed.
//!
//! A paired test holds two fitted models against each other and cannot know that training one of them
//! again would have given another. Metrics of retrains that differ in their seed alone tell how far apart
//! those lie; that spread widens the interval of every difference that a margin judges.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use yard_cli::Io;
use yard_contract::{
    Artifact as _, Difference, Document, Evaluation, Finite, Header, Input, Sha256,
};
use yard_stats::distribution::normal_cdf;
use yard_stats::interval::{Confidence, Interval};
use yard_stats::noise::SeedNoise;

use crate::error::GateError;
use crate::measure::{Metric, estimate};

/// The spread of each metric that a margin names.
pub(crate) struct Noise {
    by_metric: BTreeMap<Metric, SeedNoise>,
    retrains: usize,
    pub(crate) inputs: Vec<Input>,
}

/// Reads what retrains reached: `evaluation.json` or `metrics.json` of each. `None` without files.
///
/// Fails with fewer than two, with a file given twice, measured on other rows, or without one of the
/// metrics.
pub(crate) fn read(
    files: &[PathBuf],
    metrics: &BTreeSet<Metric>,
    holdout: Sha256,
    io: &Io,
) -> Result<Option<Noise>, GateError> {
    if files.is_empty() {
        return Ok(None);
    }
    if files.len() < 2 {
        return Err(GateError::OneRetrain);
    }
    let mut values: BTreeMap<Metric, Vec<f64>> = BTreeMap::new();
    let mut inputs = Vec::new();
    for (place, path) in files.iter().enumerate() {
        let shown = || path.display().to_string();
        if files[..place].contains(path) {
            return Err(GateError::RetrainTwice { path: shown() });
        }
        let source = io.read("retrain", path)?;
        // A copy under another name would make the spread of seeds look smaller.
        let known: &[Input] = &inputs;
        if known
            .iter()
            .any(|input| input.sha256 == source.input.sha256)
        {
            return Err(GateError::RetrainTwice { path: shown() });
        }
        let found = reached(path, &source.bytes, holdout)?;
        for metric in metrics {
            let value = found.get(metric.as_str());
            let value = value.ok_or_else(|| GateError::RetrainUntold {
                path: shown(),
                metric: metric.as_str(),
            })?;
            values.entry(*metric).or_default().push(value.get());
        }
        inputs.push(source.input);
    }
    let spread = |(metric, values): (Metric, Vec<f64>)| Ok((metric, SeedNoise::new(&values)?));
    Ok(Some(Noise {
        by_metric: values
            .into_iter()
            .map(spread)
            .collect::<Result<_, GateError>>()?,
        retrains: files.len(),
        inputs,
    }))
}

/// The metrics of one retrain by name.
fn reached(
    path: &std::path::Path,
    bytes: &[u8],
    holdout: Sha256,
) -> Result<BTreeMap<String, Finite>, GateError> {
    let unusable = |source| yard_cli::Error::Artifact {
        path: path.to_owned(),
        source,
    };
    let kind = serde_json::from_slice::<Header>(bytes).map(|header| header.kind);
    if kind.as_deref().ok() != Some(Evaluation::KIND) {
        let flat = serde_json::from_slice(bytes)
            .map_err(|source| unusable(yard_contract::ParseError::Json(source)))?;
        return Ok(flat);
    }
    let read = Document::<Evaluation>::parse(bytes).map_err(unusable)?;
    let rows = read.body.holdout_sha256;
    if rows != holdout {
        return Err(GateError::OtherSubject {
            path: path.display().to_string(),
            what: "holdout",
            found: rows.short(),
            expected: holdout.short(),
        });
    }
    let metrics = read.body.metrics.into_iter();
    Ok(metrics
        .map(|(name, estimate)| (name, estimate.value))
        .collect())
}

impl Noise {
    /// A standard error of a difference of two models with their seeds in it.
    pub(crate) fn widened(&self, metric: Metric, error: f64) -> f64 {
        let noise = self.by_metric.get(&metric);
        noise.map_or(error, |noise| noise.widened(error))
    }

    /// A difference that also holds for models trained with other seeds: both of its arms, and its standard
    /// error, with twice the variance of a retrain added to theirs (one for each of the two models).
    pub(crate) fn widen(
        &self,
        metric: Metric,
        found: &Difference,
        confidence: Confidence,
    ) -> Option<Difference> {
        let noise = self.by_metric.get(&metric)?;
        let value = found.difference.value.get();
        let reach = |end: Option<Finite>| {
            let arm = (end?.get() - value).abs() / confidence.z();
            Some(confidence.z() * noise.widened(arm))
        };
        let interval = Interval {
            lower: value - reach(found.difference.low)?,
            upper: value + reach(found.difference.high)?,
        };
        let error = noise.widened(found.standard_error?.get());
        let gain = if metric.more_is_better() {
            value
        } else {
            -value
        };
        let room = gain + found.margin.map_or(0.0, Finite::get);
        let p_value = if error > 0.0 {
            normal_cdf(-room / error)
        } else {
            found.p_value.get()
        };
        Some(Difference {
            difference: estimate(
                value,
                Some((interval, "paired, seeds included,")),
                confidence,
            )?,
            standard_error: Finite::new(error),
            margin: found.margin,
            p_value: Finite::new(p_value)?,
            too_few: found.too_few.clone(),
        })
    }

    /// For `gate.json`.
    pub(crate) fn recorded(&self, confidence: Confidence) -> yard_contract::SeedNoise {
        let deviation = |(metric, noise): (&Metric, &SeedNoise)| {
            let interval = Some((noise.interval(confidence), "chi-square"));
            let found = estimate(noise.deviation(), interval, confidence)?;
            Some((metric.as_str().to_owned(), found))
        };
        yard_contract::SeedNoise {
            retrains: self.retrains as u64,
            deviations: self.by_metric.iter().filter_map(deviation).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finite(value: f64) -> Finite {
        Finite::new(value).unwrap()
    }

    #[test]
    fn seeds_widen_both_arms_and_equal_ones_change_nothing() {
        let arm = Confidence::P95.z() * 0.002;
        let interval = Interval {
            lower: 0.003 - arm,
            upper: 0.003 + 2.0 * arm,
        };
        let found = Difference {
            difference: estimate(0.003, Some((interval, "paired")), Confidence::P95).unwrap(),
            standard_error: Some(finite(0.002)),
            margin: Some(finite(0.01)),
            p_value: finite(0.5),
            too_few: None,
        };
        let of = |values: &[f64]| Noise {
            by_metric: [(Metric::Auc, SeedNoise::new(values).unwrap())].into(),
            retrains: values.len(),
            inputs: Vec::new(),
        };
        let widen = |noise: &Noise| noise.widen(Metric::Auc, &found, Confidence::P95).unwrap();
        let same = widen(&of(&[0.77, 0.77]));
        assert!((same.difference.low.unwrap().get() - interval.lower).abs() < 1e-15);
        // Variance 2.5e-6, twice: √(4e-6 + 5e-6) = 0.003.
        let wide = widen(&of(&[0.770, 0.772, 0.769, 0.771, 0.773]));
        assert!((wide.standard_error.unwrap().get() - 0.003).abs() < 1e-15);
        let arms = [
            (wide.difference.low, 9e-6_f64),
            (wide.difference.high, 21e-6),
        ];
        for (end, variance) in arms {
            let reach = (end.unwrap().get() - 0.003).abs();
            assert!((reach - Confidence::P95.z() * variance.sqrt()).abs() < 1e-12);
        }
        assert!((wide.p_value.get() - normal_cdf(-0.013 / 0.003)).abs() < 1e-15);
        assert!(
            of(&[0.7, 0.8])
                .widen(Metric::F1, &found, Confidence::P95)
                .is_none()
        );
    }
}
