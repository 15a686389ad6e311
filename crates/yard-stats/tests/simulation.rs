//! A short run of the example `simulate`: coverage and false passes within Monte-Carlo error.

#[path = "../examples/simulate/world.rs"]
mod world;

use std::num::NonZeroU32;

#[test]
fn intervals_cover_and_gates_hold_their_level() -> anyhow::Result<()> {
    let holdouts = 150;
    for world in world::grid(&[300]) {
        let counts = world.simulate(holdouts, NonZeroU32::new(400).unwrap())?;
        let n = f64::from(counts.holdouts);
        // Four standard errors beyond the promised 93-97 % and 5 %.
        let slack = 4.0 * (0.05 * 0.95 / n).sqrt();
        let checks = [counts.logit, counts.delong, counts.bca, counts.accuracy];
        for share in checks.map(|count| f64::from(count) / n) {
            let low = 0.93 - slack;
            assert!(share > low, "{world:?} {counts:?}");
        }
        for share in [counts.passed_by_delong, counts.passed_by_bootstrap] {
            assert!(f64::from(share) / n < 0.05 + slack, "{world:?} {counts:?}");
        }
    }
    Ok(())
}
