//! Times everything a gate computes on one table, and prints it as one JSON object.
//!
//! ```sh
//! cargo run --release -p yard-stats --example stats_bench -- 1000000 1000
//! ```
//!
//! Arguments: rows, and bootstrap replicates. With a third argument the table is also written there
//! (raw little-endian columns: labels as bytes, then both scores as float64), so that another
//! implementation can be timed on the same rows.

use serde_json::json;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Instant;
use yard_stats::binary::{CalibrationFit, Confusion, Reliability, brier, log_loss};
use yard_stats::bootstrap::{Design, Plan, Rate, Resampler, Statistic};
use yard_stats::interval::Confidence;
use yard_stats::paired::{Pair, delong_difference};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let rows: usize = arguments
        .next()
        .map_or(Ok(1_000_000), |text| text.parse())?;
    let replicates: u32 = arguments.next().map_or(Ok(1000), |text| text.parse())?;
    let (labels, challenger, champion) = table(rows);
    if let Some(path) = arguments.next() {
        write(&path, &labels, &[&challenger, &champion])?;
    }

    let started = Instant::now();
    let pair = Pair::new(&labels, &challenger, &champion, None)?;
    let ranked_in = started.elapsed();

    let started = Instant::now();
    let mut metrics = Vec::new();
    for ranked in [pair.challenger(), pair.champion()] {
        let scored = ranked.scored();
        let confusion = Confusion::at(scored, 0.1);
        metrics.push(json!([
            ranked.auc().ok(),
            ranked.average_precision().ok(),
            ranked.kolmogorov_smirnov().ok().map(|ks| ks.statistic),
            log_loss(scored).ok(),
            brier(scored).ok(),
            confusion.accuracy(),
            confusion.f1().ok(),
            confusion.matthews().ok(),
            Reliability::new(scored, BINS)
                .ok()
                .map(|table| table.expected_error()),
        ]));
    }
    let metrics_in = started.elapsed();

    let started = Instant::now();
    let fits =
        [pair.challenger(), pair.champion()].map(|ranked| CalibrationFit::new(ranked.scored()));
    let calibrated_in = started.elapsed();

    let started = Instant::now();
    let delong = delong_difference(&pair)?;
    let delong_in = started.elapsed();

    let started = Instant::now();
    let statistics = statistics();
    let plan = Plan {
        replicates: NonZeroU32::new(replicates).unwrap_or(NonZeroU32::MIN),
        seed: 1,
        design: Design::Stratified,
    };
    let bootstrap = Resampler::of_pair(&pair, &statistics, &plan)?.run();
    let mut intervals = Vec::new();
    for (index, statistic) in statistics.iter().enumerate() {
        let difference = bootstrap.difference(index)?;
        let ends = difference.bca(Confidence::P95)?;
        intervals.push(json!([
            format!("{statistic:?}"),
            difference.estimate(),
            difference.standard_error()?,
            ends.lower,
            ends.upper
        ]));
    }
    let bootstrapped_in = started.elapsed();

    let slopes: Vec<f64> = fits.iter().flatten().map(|fit| fit.slope.value).collect();
    let report = json!({
        "rows": rows,
        "replicates": replicates,
        "peak_bytes": peak_bytes(),
        "seconds": {
            "rank": ranked_in.as_secs_f64(),
            "metrics": metrics_in.as_secs_f64(),
            "calibration": calibrated_in.as_secs_f64(),
            "delong": delong_in.as_secs_f64(),
            "bootstrap": bootstrapped_in.as_secs_f64(),
        },
        "metrics": metrics,
        "calibration_slopes": slopes,
        "delong": [delong.value, delong.standard_error()],
        "intervals": intervals,
    });
    serde_json::to_writer_pretty(std::io::stdout().lock(), &report)?;
    Ok(())
}

/// The most memory that this process ever held, where the system says so (Linux).
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(1024 * kilobytes)
}

const BINS: NonZeroUsize = NonZeroUsize::new(10).unwrap();

fn statistics() -> Vec<Statistic> {
    let at = |rate| Statistic::At {
        rate,
        challenger: 0.1,
        champion: 0.1,
    };
    vec![
        Statistic::Auc,
        Statistic::AveragePrecision,
        Statistic::KolmogorovSmirnov,
        Statistic::LogLoss,
        Statistic::Brier,
        at(Rate::Accuracy),
        at(Rate::F1),
        at(Rate::Matthews),
        Statistic::CalibrationError(BINS),
    ]
}

/// Eight in a hundred positive; two correlated models, AUC about 0.77.
fn table(rows: usize) -> (Vec<bool>, Vec<f64>, Vec<f64>) {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut unit = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / 9_007_199_254_740_992.0
    };
    let mut labels = Vec::with_capacity(rows);
    let (mut challenger, mut champion) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    for _ in 0..rows {
        let positive = unit() < 0.08;
        // Sums of uniforms are near enough to normal.
        let mut noise = |size: f64| (unit() + unit() + unit() - 1.5) * 2.0 * size;
        let shared = noise(0.9) + if positive { 1.0 } else { 0.0 } - 2.8;
        let probability = |odds: f64| 1.0 / (1.0 + libm::exp(-odds));
        labels.push(positive);
        challenger.push(probability(shared + noise(0.3)));
        champion.push(probability(shared + noise(0.35)));
    }
    (labels, challenger, champion)
}

fn write(path: &str, labels: &[bool], columns: &[&[f64]]) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
    let bytes: Vec<u8> = labels.iter().map(|&label| u8::from(label)).collect();
    out.write_all(&bytes)?;
    for value in columns.iter().copied().flatten() {
        out.write_all(&value.to_le_bytes())?;
    }
    out.flush()?;
    Ok(())
}
