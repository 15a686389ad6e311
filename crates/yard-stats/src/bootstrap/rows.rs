//! Resampling of anything that can be computed from weighted rows.

use super::counts::{Count as _, Counts};
use super::distribution::Resampled;
use super::sampler::{GROUP, Sampler};
use super::small::LeftOut;
use super::{LANES, Plan};
use crate::InputError;

/// Resamples statistics that `compute` reads from row weights: slower than [`super::Resampler`], for
/// metrics that it does not know (several classes, numbers, group differences). O(n) and one call of
/// `compute` for each of the R replicates and the groups left out, and O(R log R) a statistic.
///
/// `strata` has one entry a row, which [`super::Design`] uses as it does labels (with
/// `Design::Unstratified` only its length matters). `compute` gets how often each row is drawn, and
/// fills one number a statistic, NaN where it has none. Called once with every row once (the
/// estimates), then once a replicate, then up to 128 times with groups of rows left out. 10 bytes a row.
///
/// Fails when the cluster column is of another length.
pub fn resample(
    strata: &[bool],
    statistics: usize,
    plan: &Plan<'_>,
    mut compute: impl FnMut(&[f64], &mut [f64]),
) -> Result<Vec<Resampled>, InputError> {
    let sampler = Sampler::new(strata, plan)?;
    let mut weights = vec![1.0; strata.len()];
    let mut of = |weights: &[f64], found: &mut Vec<f64>| {
        let start = found.len();
        found.resize(start + statistics, f64::NAN);
        compute(weights, &mut found[start..]);
    };
    let mut estimates = Vec::new();
    of(&weights, &mut estimates);

    let mut replicates = Vec::new();
    let mut counts = Counts::new(strata.len());
    let wanted = plan.replicates.get();
    let batches = (0..wanted).step_by(LANES);
    let mut shares = sampler.shares(0, GROUP);
    for first in batches {
        if first % GROUP == 0 {
            shares = sampler.shares(first, GROUP);
        }
        sampler.fill(&shares, first, &mut counts);
        for lane in (0..LANES).take((wanted - first) as usize) {
            for (row, weight) in weights.iter_mut().enumerate() {
                *weight = f64::from(counts.of(row)[lane]);
            }
            of(&weights, &mut replicates);
        }
    }

    let group_of_units = sampler.group_of_units();
    let groups = sampler.groups();
    let mut left_out = Vec::new();
    for group in 0..groups[0] + groups[1] {
        for (row, weight) in weights.iter_mut().enumerate() {
            let unit = sampler.clusters().map_or(row, |of| of[row] as usize);
            *weight = f64::from(u8::from(usize::from(group_of_units[unit]) != group));
        }
        of(&weights, &mut left_out);
    }

    let units = sampler.units_of_strata();
    let column = |table: &[f64], index: usize| -> Vec<f64> {
        table
            .iter()
            .skip(index)
            .step_by(statistics)
            .copied()
            .collect()
    };
    let resampled = estimates.iter().enumerate().map(|(index, &estimate)| {
        let left_out = column(&left_out, index);
        let (first, second) = left_out.split_at(groups[0]);
        let strata = [(first, units[0]), (second, units[1])];
        let strata = strata.map(|(values, units)| LeftOut { values, units });
        Resampled::new(estimate, column(&replicates, index), &strata)
    });
    Ok(resampled.collect())
}
