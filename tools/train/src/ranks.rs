//! Categories as numbers that trees can split.
//!
//! The levels of a column stand in the order of their mean target (of two classes: their share of
//! positives), so that one threshold divides them into a higher and a lower set, which for a tree of
//! two branches is the best division there is (Fisher, 1958). The mean is drawn towards the mean of all rows for levels
//! with few rows. A level that training did not see is missing.

use std::collections::BTreeMap;

use yard_table::Categories;

/// How many rows of the mean each level's mean starts from.
const SMOOTHING: f64 = 20.0;

/// The rank of each level.
pub(crate) struct Ranks {
    /// Level and rank, in the order of the ranks.
    pub(crate) ranks: Vec<(String, f32)>,
}

impl Ranks {
    /// Ranks a column's levels by the labels of the rows to fit on, each by its weight.
    pub(crate) fn fit(column: &Categories, labels: &[f64], weights: Option<&[f64]>) -> Self {
        let mut sums = vec![(0.0, 0.0); column.levels.len()];
        let (mut total, mut all) = (0.0, 0.0);
        for (row, (&code, &label)) in column.codes.iter().zip(labels).enumerate() {
            let weight = weights.map_or(1.0, |weights| weights[row]);
            let sum = &mut sums[code as usize];
            sum.0 += weight;
            sum.1 += weight * label;
            total += weight;
            all += weight * label;
        }
        let mean = all / total;
        let levels = column.levels.iter().zip(sums);
        let seen = levels.filter(|(level, (rows, _))| !level.is_empty() && *rows > 0.0);
        let mut shares: Vec<(f64, &String)> = seen
            .map(|(level, (rows, sum))| ((sum + SMOOTHING * mean) / (rows + SMOOTHING), level))
            .collect();
        shares.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
        let ranks = shares
            .into_iter()
            .zip(0_u32..)
            // Exact below 2^24; further levels would share a rank with a neighbour.
            .map(|((_, level), rank)| (level.clone(), rank as f32));
        Self {
            ranks: ranks.collect(),
        }
    }

    /// The column as the graph's encoder turns it into numbers.
    pub(crate) fn apply(&self, column: &Categories) -> Vec<f32> {
        let ranks = self.ranks.iter();
        let ranks: BTreeMap<&str, f32> = ranks.map(|(level, rank)| (&**level, *rank)).collect();
        let rank = |level: &String| ranks.get(level.as_str()).copied().unwrap_or(f32::NAN);
        let of_level: Vec<f32> = column.levels.iter().map(rank).collect();
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
    fn more_levels_than_sixteen_bits_count_are_ranked_in_a_moment() {
        let levels = (0..200_000).map(|level| format!("customer-{level}"));
        let column: Categories = levels.collect();
        let labels: Vec<f64> = (0..200_000).map(|row| f64::from(row % 7 == 0)).collect();
        let start = std::time::Instant::now();
        let ranks = Ranks::fit(&column, &labels, None);
        let applied = ranks.apply(&column);
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
        let largest = applied.iter().copied().fold(0.0, f32::max);
        assert_eq!(largest.to_bits(), 199_999_f32.to_bits());
    }

    #[test]
    fn levels_stand_in_the_order_of_their_share() {
        let column: Categories = ["a", "b", "a", "b", "", "c"]
            .map(str::to_owned)
            .into_iter()
            .collect();
        let ranks = Ranks::fit(&column, &[1.0, 0.0, 1.0, 0.0, 1.0, 0.0], None);
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
