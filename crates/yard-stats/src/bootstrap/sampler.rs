//! What is drawn: rows or clusters, within strata or from all, four replicates at a time.

use super::counts::{Count as _, Counts};
use super::multinomial::{BLOCK, Totals, throw};
use super::random::{Stream, mix};
use super::{Design, LANES, Plan};
use crate::InputError;
use crate::binary::same_length;
use std::borrow::Cow;

/// Replicates whose block totals are held at once.
pub(super) const GROUP: u32 = 32;

/// At most this many groups a stratum are left out in turn for the acceleration.
const LEFT_OUT: usize = 64;

/// Draws units (rows, or clusters of rows) with replacement.
#[derive(Clone, Debug)]
pub(super) struct Sampler<'a> {
    seed: u64,
    /// The stratum of each unit.
    strata: Cow<'a, [bool]>,
    stratified: bool,
    totals: [Totals; 2],
    /// The unit of each row, where that is not the row itself.
    clusters: Option<&'a [u32]>,
}

/// The block totals of consecutive replicates.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    first: u32,
    /// By stratum, replicate by replicate.
    totals: [Vec<u16>; 2],
}

impl<'a> Sampler<'a> {
    /// Over rows with these labels. Fails when the cluster column is of another length.
    pub(super) fn new(labels: &'a [bool], plan: &Plan<'a>) -> Result<Self, InputError> {
        let (strata, stratified, clusters) = match plan.design {
            Design::Stratified => (Cow::Borrowed(labels), true, None),
            Design::Unstratified => (Cow::Borrowed(labels), false, None),
            Design::Clustered(clusters) => {
                same_length("cluster", labels.len(), clusters.len())?;
                let strata = any_positive(labels, clusters);
                (Cow::Owned(strata), true, Some(clusters))
            }
        };
        let positives = if stratified {
            strata.iter().filter(|&&stratum| stratum).count()
        } else {
            0
        };
        let totals = [strata.len() - positives, positives].map(Totals::new);
        Ok(Self {
            seed: plan.seed,
            strata,
            stratified,
            totals,
            clusters,
        })
    }

    /// Number of units.
    pub(super) fn units(&self) -> usize {
        self.strata.len()
    }

    /// The unit of each row, where that is not the row itself.
    pub(super) fn clusters(&self) -> Option<&'a [u32]> {
        self.clusters
    }

    /// Decides how many draws each block gets in each of `count` replicates.
    pub(super) fn shares(&self, first: u32, count: u32) -> Shares {
        let totals = [0, 1].map(|stratum| {
            let table = &self.totals[stratum];
            let blocks = table.blocks();
            let mut totals = vec![0; blocks * count as usize];
            if blocks > 0 {
                for (replicate, totals) in (first..).zip(totals.chunks_mut(blocks)) {
                    table.draw(Stream::of_totals(self.seed, replicate, stratum), totals);
                }
            }
            totals
        });
        Shares { first, totals }
    }

    /// Calls `each(stratum, block, units)` for every block, in a fixed order.
    pub(super) fn blocks(&self, mut each: impl FnMut(usize, usize, &[u32])) {
        let mut waiting = [[0_u32; BLOCK]; 2];
        let mut filled = [0_usize; 2];
        let mut done = [0_usize; 2];
        for (unit, &label) in self.strata.iter().enumerate() {
            let stratum = usize::from(label && self.stratified);
            waiting[stratum][filled[stratum] % BLOCK] = unit as u32;
            filled[stratum] += 1;
            if filled[stratum] == BLOCK {
                each(stratum, done[stratum], &waiting[stratum]);
                done[stratum] += 1;
                filled[stratum] = 0;
            }
        }
        for stratum in 0..2 {
            if filled[stratum] > 0 {
                each(stratum, done[stratum], &waiting[stratum][..filled[stratum]]);
            }
        }
    }

    /// Passes the draws of one block in one replicate to `hit`, as places in the block.
    #[inline]
    pub(super) fn draws(
        &self,
        shares: &Shares,
        replicate: u32,
        (stratum, block, size): (usize, usize, usize),
        hit: impl FnMut(&[u8]),
    ) {
        let place = (replicate - shares.first) as usize * self.totals[stratum].blocks() + block;
        let draws = shares.totals[stratum][place];
        let stream = Stream::of_block(self.seed, replicate, stratum, block);
        throw(stream, draws, size, hit);
    }

    /// Fills the counts of four replicates from `first`, for each row.
    ///
    /// A count beyond 255 is as likely as 256 draws in a row hitting one unit of many: never.
    pub(super) fn fill(&self, shares: &Shares, first: u32, counts: &mut Counts) {
        match self.clusters {
            None => self.fill_units(shares, first, counts),
            Some(clusters) => {
                let mut of_cluster = Counts::new(self.units());
                self.fill_units(shares, first, &mut of_cluster);
                counts.clear();
                for (row, &cluster) in clusters.iter().enumerate() {
                    counts.set(row, of_cluster.of(cluster as usize));
                }
            }
        }
    }

    fn fill_units(&self, shares: &Shares, first: u32, counts: &mut Counts) {
        counts.clear();
        self.blocks(|stratum, block, units| {
            let mut drawn = [[0_u8; LANES]; BLOCK];
            for (lane, replicate) in (0..LANES).zip(first..) {
                self.draws(shares, replicate, (stratum, block, units.len()), |hits| {
                    for &hit in hits {
                        let count = &mut drawn[usize::from(hit)][lane];
                        *count = count.wrapping_add(1);
                    }
                });
            }
            for (&unit, drawn) in units.iter().zip(drawn) {
                counts.set(unit as usize, drawn);
            }
        });
    }

    /// How many groups of units [`Sampler::left_out`] makes of each stratum: every unit on its own
    /// where there are few.
    pub(super) fn groups(&self) -> [usize; 2] {
        self.units_of_strata().map(|units| units.min(LEFT_OUT))
    }

    /// How many units each stratum has; the second has none where there is only one.
    pub(super) fn units_of_strata(&self) -> [usize; 2] {
        let mut units = [0; 2];
        for &label in self.strata.iter() {
            units[usize::from(label && self.stratified)] += 1;
        }
        units
    }

    /// The group that each unit belongs to, those of the second stratum after those of the first;
    /// units are dealt to groups at random, as evenly as can be.
    pub(super) fn group_of_units(&self) -> Vec<u8> {
        let groups = self.groups();
        let mut groups_of = vec![0; self.units()];
        self.blocks(|stratum, block, units| {
            let (before, count) = (stratum * groups[0], groups[stratum]);
            // A random rotation within each run of `count` units keeps the file's order out of it.
            for (place, &unit) in units.iter().enumerate() {
                let index = block * BLOCK + place;
                let turn = mix(self.seed ^ (index / count) as u64) as usize % count;
                groups_of[unit as usize] = (before + (index + turn) % count) as u8;
            }
        });
        groups_of
    }
}

/// Which clusters hold a positive row.
fn any_positive(labels: &[bool], clusters: &[u32]) -> Vec<bool> {
    let count = clusters.iter().max().map_or(0, |&last| last as usize + 1);
    let mut positive = vec![false; count];
    for (&label, &cluster) in labels.iter().zip(clusters) {
        positive[cluster as usize] |= label;
    }
    positive
}
