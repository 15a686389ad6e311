//! The threshold that would have cost least.

use yard_contract::{CheapestThreshold, Finite, ThresholdInterval};
use yard_stats::binary::Ranked;
use yard_stats::interval::Interval;

use super::settings::Settings;

/// The cheapest threshold of these rows, its cost, and where it would lie on others.
pub(super) fn threshold(
    ranked: &Ranked<'_>,
    (false_positive, false_negative): (f64, f64),
    interval: Option<(Interval, &str)>,
    settings: &Settings<'_>,
) -> Option<CheapestThreshold> {
    let cut = ranked.cheapest_cut(false_positive, false_negative);
    Some(CheapestThreshold {
        threshold: cut.threshold.and_then(Finite::new),
        cost: Finite::new(cut.cost)?,
        interval: interval.map(|(ends, method)| {
            let ends = ranked.opened(ends);
            ThresholdInterval {
                low: ends.lower.and_then(Finite::new),
                high: ends.upper.and_then(Finite::new),
                method: format!("{method} {}%", settings.confidence.level() * 100.0),
            }
        }),
    })
}
