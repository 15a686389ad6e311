//! Does a 95 % interval hold the truth 95 times in 100, and does a gate at 5 % pass a challenger that is
//! worse by exactly the margin at most 5 times in 100? And where neither can be promised, do the rows
//! say so themselves ([`yard_stats::support`])?
//!
//! ```sh
//! cargo run --release -p yard-stats --example simulate -- 2000 1000
//! ```
//!
//! Arguments: holdouts a cell, bootstrap replicates a holdout, and, if only some cells are wanted, how
//! many rows those have. Prints a table over sizes, base rates and areas. Seeds are the numbers of the holdouts. Exit code 1 if a cell breaks a promise
//! (`verdict` in world.rs says which there are).

mod world;

use std::io::Write as _;
use std::num::NonZeroU32;
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let holdouts: u32 = arguments.next().map_or(Ok(1000), |text| text.parse())?;
    let replicates: NonZeroU32 = arguments.next().unwrap_or("1000".into()).parse()?;
    let rows: Option<usize> = arguments.next().map(|text| text.parse()).transpose()?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "| rows | rate | AUC | decidable: DeLong, bootstrap | covers: logit, DeLong, BCa, accuracy | \
         false passes: DeLong, bootstrap |  |\n|---|---|---|---|---|---|---|"
    )?;
    let mut held = true;
    let wanted = |world: &world::World| rows.is_none_or(|rows| rows == world.rows);
    for world in world::grid().into_iter().filter(wanted) {
        let counts = world.simulate(holdouts, replicates)?;
        let broken = counts.broken();
        let shown: Vec<String> = counts.claims().iter().map(ToString::to_string).collect();
        let [logit, delong, bca, accuracy] = &shown[..] else {
            anyhow::bail!("four claims");
        };
        let [of_delong, of_bootstrap] = [1, 2].map(|claim| counts.claims()[claim].decidable());
        let [delong_passes, bootstrap_passes] = counts.false_passes();
        writeln!(
            out,
            "| {} | {} | {} | {of_delong:.2}, {of_bootstrap:.2} | {logit}, {delong}, {bca}, {accuracy} | \
             {delong_passes:.4}, {bootstrap_passes:.4} | {} |",
            world.rows,
            world.prevalence,
            world.auc,
            if broken.is_empty() {
                "holds".to_owned()
            } else {
                broken.join(", ")
            }
        )?;
        out.flush()?;
        held &= broken.is_empty();
    }
    writeln!(out, "\n{}", if held { "all hold" } else { "NOT all hold" })?;
    Ok(ExitCode::from(u8::from(!held)))
}
