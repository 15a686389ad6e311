//! What all measurements of one judgement agree on.

use yard_stats::Undefined;
use yard_stats::binary::{CalibrationFit, Scored};
use yard_stats::interval::Confidence;

use super::super::metric::Metric;
use crate::config::GateConfig;
use crate::costs::CostConfig;

/// How metrics are measured.
#[derive(Clone, Copy)]
pub(super) struct Settings<'a> {
    pub(super) confidence: Confidence,
    pub(super) top_share: f64,
    /// Of a false positive and of a false negative.
    pub(super) costs: Option<(f64, f64)>,
    /// Whether every row is one observation of its own: only then do closed forms hold.
    pub(super) independent: bool,
    pub(super) clusters: Option<&'a [u32]>,
    /// Whether every metric is wanted, rather than those that slices show.
    pub(super) whole: bool,
}

impl<'a> Settings<'a> {
    pub(super) fn new(
        config: &GateConfig,
        confidence: Confidence,
        weighted: bool,
        clusters: Option<&'a [u32]>,
    ) -> Self {
        Self {
            confidence,
            top_share: config.measures.top_share.get(),
            costs: config.costs.as_ref().and_then(CostConfig::of_two),
            independent: !weighted && clusters.is_none(),
            clusters,
            whole: true,
        }
    }

    /// The same for a part of the rows.
    pub(super) const fn of_part(self, clusters: Option<&'a [u32]>) -> Self {
        Self {
            clusters,
            whole: false,
            ..self
        }
    }

    /// The metrics that are measured.
    pub(super) fn metrics(&self) -> impl Iterator<Item = Metric> {
        let (priced, whole) = (self.costs.is_some(), self.whole);
        let of_parts = |metric| {
            !matches!(
                metric,
                Metric::CalibrationSlope | Metric::CalibrationIntercept
            )
        };
        Metric::BINARY
            .into_iter()
            .filter(move |metric| priced || *metric != Metric::ExpectedCost)
            .filter(move |metric| whole || of_parts(*metric))
    }

    /// The calibration line; not of a part, where nobody looks at it.
    pub(super) fn calibration(&self, scored: Scored<'_>) -> Result<CalibrationFit, Undefined> {
        if self.whole {
            CalibrationFit::new(scored)
        } else {
            Err(Undefined::NotConverged)
        }
    }
}
