//! How often does the 95 % interval of the cheapest threshold hold the threshold that is cheapest in truth?
//!
//! ```sh
//! cargo run --release -p yard-stats --example simulate_threshold -- 1000 1000
//! ```
//!
//! Arguments: holdouts a cell, bootstrap replicates a holdout. Scores are calibrated (the log-odds of a row are
//! normal, and its outcome is drawn with the score as its chance), so the true threshold is that of the costs
//! alone, fp / (fp + fn). Seeds are the numbers of the holdouts.

mod world;

use std::io::Write as _;
use std::num::NonZeroU32;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let holdouts: u32 = arguments.next().map_or(Ok(1000), |text| text.parse())?;
    let replicates: NonZeroU32 = arguments.next().unwrap_or("1000".into()).parse()?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "| rows | rate | costs | true threshold | given | an end open | covers | median width |\n|---|---|---|---|---|---|---|---|"
    )?;
    for world in world::grid() {
        let found = world.simulate(holdouts, replicates)?;
        writeln!(
            out,
            "| {} | {:.2} | 1 : {} | {:.3} | {:.2} | {:.2} | {:.3} | {:.3} |",
            world.rows,
            found.rate(&world),
            world.false_negative,
            world.threshold(),
            found.given(),
            found.open(),
            found.covers(),
            found.width(),
        )?;
        out.flush()?;
    }
    Ok(())
}
