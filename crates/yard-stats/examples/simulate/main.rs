//! Does a 95 % interval hold the truth 95 times in 100, and does a gate at 5 % pass a challenger that is
//! worse by exactly the margin at most 5 times in 100?
//!
//! ```sh
//! cargo run --release -p yard-stats --example simulate -- 2000 1000
//! ```
//!
//! Arguments: holdouts a cell, and bootstrap replicates a holdout. Prints a table over sizes, base rates
//! and areas; exit code 1 if an interval's coverage is outside 93-97 %, or a false-pass rate's 99 %
//! Monte-Carlo interval lies above 5 %.

mod world;

use std::io::Write as _;
use std::num::NonZeroU32;
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let holdouts: u32 = arguments.next().map_or(Ok(1000), |text| text.parse())?;
    let replicates: NonZeroU32 = arguments.next().unwrap_or("1000".into()).parse()?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "rows   rate  AUC   logit  delong bca    accuracy | passed: delong bootstrap"
    )?;
    let mut held = true;
    for world in world::grid(&[200, 500, 2000]) {
        let counts = world.simulate(holdouts, replicates)?;
        let of = |count: u32| f64::from(count) / f64::from(counts.holdouts);
        let coverage = [counts.logit, counts.delong, counts.bca, counts.accuracy].map(of);
        let passed = [counts.passed_by_delong, counts.passed_by_bootstrap].map(of);
        writeln!(
            out,
            "{:<6} {:<5} {:<5} {:.4} {:.4} {:.4} {:.4}   | {:.4} {:.4}",
            world.rows,
            world.prevalence,
            world.auc,
            coverage[0],
            coverage[1],
            coverage[2],
            coverage[3],
            passed[0],
            passed[1]
        )?;
        let error = (0.05 * 0.95 / f64::from(counts.holdouts)).sqrt();
        held &= coverage.iter().all(|share| (0.93..=0.97).contains(share));
        held &= passed.iter().all(|share| *share <= 0.05 + 2.576 * error);
    }
    writeln!(out, "{}", if held { "all held" } else { "NOT all held" })?;
    Ok(ExitCode::from(u8::from(!held)))
}
