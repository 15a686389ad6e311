//! How training rows are dealt out where some of them judge a model of the others: the folds of a
//! cross-validation, and the rows that early stopping sets aside.
//!
//! A fold asks what the holdout asks: where the split keeps entities together or cuts at a moment, so
//! do the folds.

use std::collections::BTreeMap;

use yard_contract::FoldMethod;

use crate::data::Training;
use crate::error::TrainError;
use crate::split::{draw, folds, mixed, share_of};

/// The rows of one fold's model, and those that it answers.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) inside: Vec<usize>,
    pub(crate) out: Vec<usize>,
}

/// Deals rows out to folds, each with all classes on both sides.
pub(crate) fn plan(
    training: &Training,
    method: FoldMethod,
    count: u32,
    seed: u64,
) -> Result<Vec<Fold>, TrainError> {
    let planned = match method {
        FoldMethod::Time => expanding(training.times()?, count)?,
        FoldMethod::Group => {
            let fold_of = deal_groups(training.groups()?, count, seed)?;
            rotate(&fold_of, count)
        }
        FoldMethod::Stratified => {
            check_rows(training, count)?;
            rotate(&folds(&training.target.codes(), count, seed), count)
        }
        FoldMethod::Random => {
            let rows = training.target.rows();
            if rows < count as usize {
                return Err(TrainError::TooFewForFolds {
                    folds: count,
                    found: rows,
                });
            }
            rotate(&folds(&vec![0; rows], count, seed), count)
        }
    };
    for (place, fold) in (1..).zip(&planned) {
        for (part, rows) in [("fitted", &fold.inside), ("judged", &fold.out)] {
            let shares = training.target.take(rows).shares();
            // A regression has no classes; judging several by the log loss needs none of them.
            let several = shares.len() > 2 && part == "judged";
            if let Some(absent) = shares.iter().find(|share| share.count == 0 && !several) {
                return Err(TrainError::FoldLacksClass {
                    fold: place,
                    part,
                    class: absent.value.clone(),
                });
            }
        }
    }
    Ok(planned)
}

/// Rows that are set aside, and the others: `(others, aside)`.
pub(crate) fn set_aside(
    training: &Training,
    method: FoldMethod,
    share: f64,
    seed: u64,
) -> Result<(Vec<usize>, Vec<usize>), TrainError> {
    // Another draw than those of the split and of the folds.
    let seed = seed ^ 0x5e7_a51d;
    let aside: Vec<bool> = match method {
        FoldMethod::Time => {
            let times = training.times()?;
            let blocks = moments(times);
            let wanted = share * times.len() as f64;
            let mut rows = 0;
            let mut from = None;
            for (&moment, &of_moment) in blocks.iter().skip(1).rev() {
                rows += of_moment;
                from = Some(moment);
                if rows as f64 >= wanted {
                    break;
                }
            }
            let from = from.ok_or(TrainError::OneMoment)?;
            times.iter().map(|time| *time >= from).collect()
        }
        FoldMethod::Group => groups_share(training.groups()?, share, seed)?,
        FoldMethod::Stratified => share_of(&training.target.codes(), share, seed),
        FoldMethod::Random => share_of(&vec![0; training.target.rows()], share, seed),
    };
    let (aside, others): (Vec<usize>, Vec<usize>) = (0..aside.len()).partition(|&row| aside[row]);
    if aside.is_empty() || others.is_empty() {
        return Err(TrainError::EmptyPart { part: "set-aside" });
    }
    Ok((others, aside))
}

/// Marks whole groups, in an order of chance, until they hold a share of the rows; at least one, and
/// not all of them. A group's place in that order depends on its id and the seed alone, so that an
/// entity stays on its side when others come to the table.
pub(crate) fn groups_share(groups: &[u64], share: f64, seed: u64) -> Result<Vec<bool>, TrainError> {
    let sizes = sizes(groups);
    if sizes.len() < 2 {
        return Err(TrainError::FewGroups {
            found: sizes.len(),
            needed: 2,
        });
    }
    let mut order: Vec<u64> = sizes.keys().copied().collect();
    order.sort_by_key(|&group| (mixed(seed, group), group));
    let wanted = share * groups.len() as f64;
    let mut marked = std::collections::BTreeSet::new();
    let mut rows = 0;
    for group in order.iter().take(order.len() - 1) {
        marked.insert(*group);
        rows += sizes[group];
        if rows as f64 >= wanted {
            break;
        }
    }
    Ok(groups.iter().map(|group| marked.contains(group)).collect())
}

fn check_rows(training: &Training, folds: u32) -> Result<(), TrainError> {
    let of_classes = training
        .target
        .shares()
        .iter()
        .map(|share| share.count)
        .min();
    let smallest = of_classes.unwrap_or(training.target.rows() as u64);
    if smallest >= u64::from(folds) {
        return Ok(());
    }
    Err(TrainError::TooFewForFolds {
        folds,
        found: usize::try_from(smallest).unwrap_or(usize::MAX),
    })
}

/// Each fold judged by a model of all others.
fn rotate(fold_of: &[u32], count: u32) -> Vec<Fold> {
    let fold = |fold| {
        let (out, inside) = (0..fold_of.len()).partition(|&row| fold_of[row] == fold);
        Fold { inside, out }
    };
    (0..count).map(fold).collect()
}

fn sizes(groups: &[u64]) -> BTreeMap<u64, usize> {
    let mut sizes = BTreeMap::new();
    for &group in groups {
        *sizes.entry(group).or_insert(0) += 1;
    }
    sizes
}

/// The fold of each row: the largest groups first, each to the fold with the fewest rows.
pub(crate) fn deal_groups(groups: &[u64], count: u32, seed: u64) -> Result<Vec<u32>, TrainError> {
    let sizes = sizes(groups);
    if sizes.len() < count as usize {
        return Err(TrainError::FewGroups {
            found: sizes.len(),
            needed: count as usize,
        });
    }
    let mut order: Vec<(u64, usize)> = sizes.into_iter().collect();
    order.sort_by_key(|&(group, rows)| (std::cmp::Reverse(rows), mixed(seed, group), group));
    let mut filled = vec![0_usize; count as usize];
    let mut fold_of = BTreeMap::new();
    for (group, rows) in order {
        let fewest = (0..filled.len())
            .min_by_key(|&fold| filled[fold])
            .unwrap_or(0);
        filled[fewest] += rows;
        fold_of.insert(group, u32::try_from(fewest).unwrap_or(u32::MAX));
    }
    Ok(groups.iter().map(|group| fold_of[group]).collect())
}

/// The moments in their order, with their rows.
fn moments(times: &[u32]) -> BTreeMap<u32, usize> {
    let mut moments = BTreeMap::new();
    for &time in times {
        *moments.entry(time).or_insert(0) += 1;
    }
    moments
}

/// The stretch of each row, of `count` with about equally many rows; rows of one moment are in one.
pub(crate) fn stretches(times: &[u32], count: usize) -> Option<Vec<u32>> {
    let moments = moments(times);
    if moments.len() < count {
        return None;
    }
    let (mut stretch_of, mut before, mut stretch) = (BTreeMap::new(), 0_usize, 0_usize);
    let mut left = moments.len();
    for (&moment, &rows) in &moments {
        let due = before as f64 >= (stretch + 1) as f64 * times.len() as f64 / count as f64;
        // The stretches that are still to come need a moment each.
        let last_chance = left <= count - 1 - stretch;
        if before > 0 && stretch + 1 < count && (due || last_chance) {
            stretch += 1;
        }
        stretch_of.insert(moment, u32::try_from(stretch).unwrap_or(u32::MAX));
        before += rows;
        left -= 1;
    }
    Some(times.iter().map(|time| stretch_of[time]).collect())
}

/// An expanding window: each stretch of time but the first is judged by a model of all before it.
fn expanding(times: &[u32], count: u32) -> Result<Vec<Fold>, TrainError> {
    let stretch_of = stretches(times, count as usize + 1).ok_or(TrainError::FewMoments {
        found: moments(times).len(),
        folds: count,
    })?;
    let fold = |judged: u32| {
        let rows = |wanted: &dyn Fn(u32) -> bool| -> Vec<usize> {
            let rows = 0..stretch_of.len();
            rows.filter(|&row| wanted(stretch_of[row])).collect()
        };
        Fold {
            inside: rows(&|stretch| stretch < judged),
            out: rows(&|stretch| stretch == judged),
        }
    };
    Ok((1..=count).map(fold).collect())
}

/// The fold of each row where a row's own target must not enter what is learnt for it. No row's
/// target decides where any row goes.
pub(crate) fn blind(training: &Training, method: FoldMethod, count: u32, seed: u64) -> Vec<u32> {
    let rows = training.target.rows();
    let seed = seed ^ 0xb11d;
    let dealt = match method {
        FoldMethod::Time => training
            .times()
            .ok()
            .and_then(|t| stretches(t, count as usize)),
        FoldMethod::Group => training
            .groups()
            .ok()
            .and_then(|groups| deal_groups(groups, count, seed).ok()),
        FoldMethod::Stratified | FoldMethod::Random => None,
    };
    dealt.unwrap_or_else(|| folds(&vec![0; rows], count, seed))
}

/// Some of the rows, at most about `limit`, each by a draw of its own.
pub(crate) fn sample(rows: usize, limit: usize, seed: u64) -> Vec<usize> {
    if rows <= limit {
        return (0..rows).collect();
    }
    let bound = u64::MAX / rows as u64 * limit as u64;
    let drawn = (0..rows).filter(|&row| draw(seed ^ 0x5a3_71e, row) < bound);
    drawn.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_moment_is_in_two_stretches_and_none_is_empty(
            times in proptest::collection::vec(0_u32..12, 1..200),
            count in 2_usize..6,
        ) {
            let Some(stretches) = stretches(&times, count) else {
                prop_assert!(moments(&times).len() < count);
                return Ok(());
            };
            for stretch in 0..u32::try_from(count).unwrap() {
                prop_assert!(stretches.contains(&stretch), "{stretches:?}");
            }
            for (a, time) in times.iter().enumerate() {
                for (b, other) in times.iter().enumerate() {
                    prop_assert!(time > other || stretches[a] <= stretches[b]);
                }
            }
        }

        #[test]
        fn a_group_is_in_one_fold_and_on_one_side(
            groups in proptest::collection::vec(0_u64..30, 60..200),
            seed: u64,
        ) {
            let dealt = deal_groups(&groups, 3, seed).unwrap();
            let sides = groups_share(&groups, 0.3, seed).unwrap();
            for (a, group) in groups.iter().enumerate() {
                for (b, other) in groups.iter().enumerate() {
                    prop_assert!(group != other || dealt[a] == dealt[b] && sides[a] == sides[b]);
                }
            }
            prop_assert!((0..3).all(|fold| dealt.contains(&fold)));
            prop_assert!(sides.contains(&true) && sides.contains(&false));
        }
    }

    #[test]
    fn a_window_sees_only_what_came_before() {
        let times: Vec<u32> = (0..100).map(|row| (row * 37) % 20).collect();
        let folds = expanding(&times, 4).unwrap();
        assert_eq!(folds.len(), 4);
        for fold in &folds {
            let last = fold.inside.iter().map(|&row| times[row]).max().unwrap();
            assert!(fold.out.iter().all(|&row| times[row] > last));
            assert!(!fold.out.is_empty());
        }
        assert!(
            folds
                .windows(2)
                .all(|pair| pair[0].inside.len() < pair[1].inside.len())
        );
        assert!(expanding(&[1, 1, 2], 2).is_err());
    }

    #[test]
    fn an_entity_stays_on_its_side_when_others_come() {
        let few: Vec<u64> = (0..100).map(|id| id * 7919).collect();
        let more: Vec<u64> = (0..110).map(|id| id * 7919).collect();
        let sides = [few, more].map(|groups| groups_share(&groups, 0.5, 3).unwrap());
        let moved = (0..100)
            .filter(|&row| sides[0][row] != sides[1][row])
            .count();
        assert!(moved <= 10, "{moved}");
    }
}
