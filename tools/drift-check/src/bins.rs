//! A profiled column, and the same column of fresh rows, as counts over the same bins.

use yard_contract::FeatureProfile;
use yard_table::{Categories, Column};

/// How many bins of a distribution are shown; categories beyond them are put together.
const SHOWN: usize = 20;

/// Counts of present cells then and now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bins {
    /// What each bin holds, for people.
    pub(crate) labels: Vec<String>,
    /// Rows of the profile.
    pub(crate) before: Vec<f64>,
    /// Fresh rows.
    pub(crate) now: Vec<f64>,
    /// Whether the bins rise, so that distribution functions can be compared.
    pub(crate) is_ordered: bool,
    /// Present cells whose category training never saw.
    pub(crate) unseen: u64,
    /// The most frequent of those categories.
    pub(crate) unseen_names: Vec<String>,
}

/// Missing cells then and now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) before: u64,
    pub(crate) now: u64,
}

/// How often cells were and are missing. The profile holds a share; `rows` makes it a count again.
pub(crate) fn missing(profile: &FeatureProfile, rows: u64, column: &Column) -> Missing {
    let now = match column {
        Column::Number(values) => values.iter().filter(|value| value.is_nan()).count() as u64,
        Column::Category(values) => count_missing(values),
    };
    Missing {
        before: whole(profile.missing_share.get() * rows as f64),
        now,
    }
}

/// The column over the profile's bins; nothing where training saw no cell of it.
pub(crate) fn of(profile: &FeatureProfile, rows: u64, column: &Column) -> Option<Bins> {
    match column {
        Column::Number(values) => numbers(profile, rows, values),
        Column::Category(values) => categories(profile, values),
    }
}

/// Numbers over the profile's bins. The outermost bins reach to infinity.
pub(crate) fn numbers(profile: &FeatureProfile, rows: u64, values: &[f32]) -> Option<Bins> {
    let edges: Vec<f64> = profile.edges.iter().map(|edge| edge.get()).collect();
    let (labels, before) = match edges.as_slice() {
        [] => return None,
        // A column that never varied: at its value, and on either side of it.
        [only] => {
            let count = whole((1.0 - profile.missing_share.get()) * rows as f64);
            let labels = vec![
                format!("below {only}"),
                format!("{only}"),
                format!("above {only}"),
            ];
            (labels, vec![0.0, count as f64, 0.0])
        }
        edges => {
            let counts = profile.counts.iter().map(|count| *count as f64);
            (ranges(edges), counts.collect())
        }
    };
    let place = |value: f64| match edges.as_slice() {
        [only] => usize::from(value >= *only) + usize::from(value > *only),
        edges => edges[1..edges.len() - 1].partition_point(|edge| *edge < value),
    };
    let mut now = vec![0.0; before.len()];
    for value in values.iter().filter(|value| !value.is_nan()) {
        now[place(f64::from(*value))] += 1.0;
    }
    Some(Bins {
        labels,
        before,
        now,
        is_ordered: true,
        unseen: 0,
        unseen_names: Vec::new(),
    })
}

fn ranges(edges: &[f64]) -> Vec<String> {
    let last = edges.len() - 2;
    let label = |(place, ends): (usize, &[f64])| match (place, short(ends[0]), short(ends[1])) {
        (0, _, _) if last == 0 => "all".to_owned(),
        (0, _, to) => format!("to {to}"),
        (_, from, _) if place == last => format!("above {from}"),
        (_, from, to) => format!("{from} to {to}"),
    };
    edges.windows(2).enumerate().map(label).collect()
}

/// Four significant digits, which is what a label needs.
fn short(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    rounded.to_string()
}

/// Categories by how frequent they were; what training never saw is the last bin.
pub(crate) fn categories(profile: &FeatureProfile, column: &Categories) -> Option<Bins> {
    if profile.categories.is_empty() {
        return None;
    }
    let mut labels: Vec<String> = profile
        .categories
        .iter()
        .map(|known| known.value.clone())
        .collect();
    let mut before: Vec<f64> = profile
        .categories
        .iter()
        .map(|known| known.count as f64)
        .collect();
    let mut sorted: Vec<(&str, usize)> = labels.iter().map(String::as_str).zip(0..).collect();
    sorted.sort_unstable();
    let places: Vec<Option<usize>> = column
        .levels
        .iter()
        .map(|level| {
            let found = sorted.binary_search_by_key(&level.as_str(), |(name, _)| name);
            found.ok().map(|at| sorted[at].1)
        })
        .collect();
    let mut now = vec![0.0; before.len() + 1];
    let mut unseen = vec![0_u64; column.levels.len()];
    for &code in &column.codes {
        let code = code as usize;
        match places[code] {
            Some(place) => now[place] += 1.0,
            None if column.levels[code].is_empty() => (),
            None => unseen[code] += 1,
        }
    }
    let total: u64 = unseen.iter().sum();
    now[before.len()] = total as f64;
    before.push(0.0);
    labels.push("new".to_owned());
    let mut names: Vec<(u64, &String)> = unseen
        .iter()
        .copied()
        .zip(&column.levels)
        .filter(|(count, _)| *count > 0)
        .collect();
    names.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    Some(Bins {
        labels,
        before,
        now,
        is_ordered: false,
        unseen: total,
        unseen_names: names
            .into_iter()
            .take(5)
            .map(|(_, name)| name.clone())
            .collect(),
    })
}

impl Bins {
    /// Present cells now.
    pub(crate) fn present(&self) -> f64 {
        self.now.iter().sum()
    }

    /// Bins to show: label, share before, share now.
    pub(crate) fn shown(&self) -> Vec<(String, f64, f64)> {
        let total = |counts: &[f64]| counts.iter().sum::<f64>().max(1.0);
        let (before, now) = (total(&self.before), total(&self.now));
        let mut bins: Vec<(String, f64, f64)> = (0..self.labels.len())
            .map(|bin| {
                let label = self.labels[bin].clone();
                (label, self.before[bin] / before, self.now[bin] / now)
            })
            .collect();
        if bins.len() > SHOWN {
            // The last bin of categories is what is new, and stays.
            let new = bins.pop();
            let rest = bins.split_off(SHOWN - 2);
            let sums = rest
                .iter()
                .fold((0.0, 0.0), |sum, bin| (sum.0 + bin.1, sum.1 + bin.2));
            bins.push((format!("{} others", rest.len()), sums.0, sums.1));
            bins.extend(new);
        }
        bins
    }
}

fn count_missing(column: &Categories) -> u64 {
    let missing: Vec<bool> = column.levels.iter().map(String::is_empty).collect();
    let codes = column.codes.iter();
    codes.filter(|code| missing[**code as usize]).count() as u64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count, rounded"
)]
fn whole(count: f64) -> u64 {
    (count + 0.5).floor() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use yard_contract::{CategoryShare, Finite};

    fn finite(value: f64) -> Finite {
        Finite::new(value).unwrap()
    }

    fn profile(edges: &[f64], counts: &[u64], categories: &[(&str, u64)]) -> FeatureProfile {
        FeatureProfile {
            name: "x".to_owned(),
            missing_share: finite(0.0),
            mean: None,
            sd: None,
            edges: edges.iter().copied().map(finite).collect(),
            counts: counts.to_vec(),
            categories: categories
                .iter()
                .map(|(value, count)| CategoryShare {
                    value: (*value).to_owned(),
                    count: *count,
                })
                .collect(),
        }
    }

    #[test]
    fn a_bin_holds_its_right_edge_and_the_outermost_reach_to_infinity() {
        let profile = profile(&[0.0, 1.0, 2.0, 3.0], &[5, 5, 5], &[]);
        let values = [-9.0, 0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 99.0, f32::NAN];
        let bins = numbers(&profile, 15, &values).unwrap();
        assert_eq!(bins.now, [3.0, 2.0, 3.0]);
        assert_eq!(bins.labels, ["to 1", "1 to 2", "above 2"]);
    }

    #[test]
    fn what_never_varied_is_compared_with_its_value() {
        let bins = numbers(&profile(&[3.0], &[], &[]), 10, &[3.0, 2.0, 4.0, 3.0]).unwrap();
        assert_eq!(bins.before, [0.0, 10.0, 0.0]);
        assert_eq!(bins.now, [1.0, 2.0, 1.0]);
        assert_eq!(numbers(&profile(&[], &[], &[]), 10, &[1.0]), None);
    }

    #[test]
    fn new_categories_are_one_bin_and_missing_cells_none() {
        let column: Categories = ["b", "a", "", "z", "z", "y"]
            .map(str::to_owned)
            .into_iter()
            .collect();
        let bins = categories(&profile(&[], &[], &[("b", 7), ("a", 3)]), &column).unwrap();
        assert_eq!(
            (bins.before, bins.now),
            (vec![7.0, 3.0, 0.0], vec![1.0, 1.0, 3.0])
        );
        assert_eq!(
            (bins.unseen, bins.unseen_names),
            (3, vec!["z".to_owned(), "y".to_owned()])
        );
    }
}
