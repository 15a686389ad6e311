//! How long answers take.

use std::collections::BTreeMap;
use std::time::Instant;

use yard_contract::{Finite, GoldenRow};

use crate::config::LatencyConfig;
use crate::server::{Server, one};

/// Milliseconds by quantile.
pub(crate) type Milliseconds = BTreeMap<String, Finite>;

/// Asks for golden rows one after the other; what it took, or why there was no answer.
pub(crate) fn measure(
    server: &Server,
    rows: &[GoldenRow],
    config: &LatencyConfig,
) -> Result<Milliseconds, String> {
    let bodies: Vec<Vec<u8>> = rows.iter().map(|row| one(&row.features)).collect();
    let mut times = Vec::new();
    for (number, body) in (0..config.warm_up + config.requests).zip(bodies.iter().cycle()) {
        let start = Instant::now();
        server.predict(body, 1)?;
        if number >= config.warm_up {
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    times.sort_unstable_by(f64::total_cmp);
    let quantiles = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)];
    let named = quantiles.map(|(name, share)| {
        let time = Finite::new(quantile(&times, share)).unwrap_or_default();
        (name.to_owned(), time)
    });
    Ok(named.into())
}

/// The nearest-rank quantile of sorted, at least one, values.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank between 0 and the number of values"
    )]
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// Whether the budget was kept, in words without a time that was measured.
pub(crate) fn judge(
    measured: &Result<Milliseconds, String>,
    config: &LatencyConfig,
) -> Result<String, String> {
    let times = measured.as_ref().map_err(Clone::clone)?;
    let over = |name: &str, limit: Finite| times.get(name).is_none_or(|time| *time > limit);
    let (p50, p99) = (config.p50_ms, config.p99_ms);
    let both = [("p50", p50), ("p99", p99)];
    let slow: Vec<String> = both
        .iter()
        .filter(|(name, limit)| over(name, *limit))
        .map(|(name, limit)| format!("{name} above {limit} ms"))
        .collect();
    let requests = config.requests;
    if slow.is_empty() {
        Ok(format!(
            "{requests} requests: p50 within {p50} ms, p99 within {p99} ms"
        ))
    } else {
        Err(format!(
            "{requests} requests: {}; the measurement has the times",
            slow.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occurred() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        let found = [0.5, 0.99, 1.0].map(|share| quantile(&values, share).to_string());
        assert_eq!(found, ["100", "198", "200"]);
        assert_eq!(quantile(&[7.0], 0.5).to_string(), "7");
    }
}
