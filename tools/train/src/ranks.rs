//! Categories as numbers that trees can split.
//!
//! The levels of a column stand in the order of their share of positives, so that one threshold
//! divides them into a riskier and a safer set, which for a tree of two branches is the best
//! division there is (Fisher, 1958). The share is drawn towards the mean of all rows for levels
//! with few rows. A level that training did not see is missing.

use yard_table::Categories;

/// How many rows of the mean each level's share starts from.
const SMOOTHING: f64 = 20.0;

/// The rank of each level.
pub(crate) struct Ranks {
    /// Level and rank, in the order of the ranks.
    pub(crate) ranks: Vec<(String, f32)>,
}

impl Ranks {
    /// Ranks a column's levels by the labels of the rows to fit on.
    pub(crate) fn fit(column: &Categories, labels: &[bool]) -> Self {
        let mut counts = vec![(0_u32, 0_u32); column.levels.len()];
        for (&code, &label) in column.codes.iter().zip(labels) {
            let count = &mut counts[code as usize];
            count.0 += 1;
            count.1 += u32::from(label);
        }
        let positives = labels.iter().filter(|label| **label).count() as f64;
        let mean = positives / labels.len() as f64;
        let levels = column.levels.iter().zip(counts);
        let seen = levels.filter(|(level, (rows, _))| !level.is_empty() && *rows > 0);
        let mut shares: Vec<(f64, &String)> = seen
            .map(|(level, (rows, positives))| {
                (
                    (f64::from(positives) + SMOOTHING * mean) / (f64::from(rows) + SMOOTHING),
                    level,
                )
            })
            .collect();
        shares.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
        let ranks = shares
            .into_iter()
            .zip(0_u16..)
            .map(|((_, level), rank)| (level.clone(), f32::from(rank)));
        Self {
            ranks: ranks.collect(),
        }
    }

    /// The column as the graph's encoder turns it into numbers.
    pub(crate) fn apply(&self, column: &Categories) -> Vec<f32> {
        let of_level: Vec<f32> = column
            .levels
            .iter()
            .map(|level| {
                let known = self.ranks.iter().find(|(known, _)| known == level);
                known.map_or(f32::NAN, |(_, rank)| *rank)
            })
            .collect();
        column
            .codes
            .iter()
            .map(|&code| of_level[code as usize])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_stand_in_the_order_of_their_share() {
        let column: Categories = ["a", "b", "a", "b", "", "c"]
            .map(str::to_owned)
            .into_iter()
            .collect();
        let ranks = Ranks::fit(&column, &[true, false, true, false, true, false]);
        let order: Vec<&str> = ranks
            .ranks
            .iter()
            .map(|(level, _)| level.as_str())
            .collect();
        assert_eq!(order, ["b", "c", "a"]);
        let applied = ranks.apply(&column);
        assert_eq!(applied[0].to_bits(), 2.0_f32.to_bits());
        assert!(applied[4].is_nan());
    }
}
