//! The example `simulate` at reduced counts; all of it with `TRAINYARD_SOAK=1`.

#[path = "../examples/simulate/world.rs"]
mod world;

use std::num::NonZeroU32;

/// Seeds are the holdouts' numbers, from 0, in every cell: none is picked.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how `make soak` asks for full counts"
)]
fn intervals_cover_and_gates_hold_their_level() -> anyhow::Result<()> {
    let all = std::env::var_os("TRAINYARD_SOAK").is_some();
    let (holdouts, replicates, most_rows) = if all {
        (2000, 1000, 2000)
    } else {
        (200, 300, 500)
    };
    let replicates = NonZeroU32::new(replicates).unwrap();
    let mut broken = Vec::new();
    for world in world::grid() {
        if world.rows <= most_rows {
            let counts = world.simulate(holdouts, replicates)?;
            let promises = counts.broken();
            if !promises.is_empty() {
                let covers = counts.claims().map(|claim| claim.to_string());
                let passes = counts.false_passes();
                broken.push(format!("{world:?}: {promises:?}: {covers:?} {passes:?}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    Ok(())
}
