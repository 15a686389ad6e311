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
    // What lies above every score selects nothing, and is no threshold to set.
    let highest = ranked.cuts().next().map(|cut| cut.threshold);
    let end = |end: f64| Finite::new(end).filter(|_| highest.is_some_and(|highest| end <= highest));
    Some(CheapestThreshold {
        threshold: cut.threshold.and_then(Finite::new),
        cost: Finite::new(cut.cost)?,
        interval: interval.map(|(ends, method)| ThresholdInterval {
            low: end(ends.lower),
            high: end(ends.upper),
            method: format!("{method} {}%", settings.confidence.level() * 100.0),
        }),
    })
}
