//! How well one column alone tells the target: what tells it suspiciously well may follow from it.
//!
//! Every row is judged without its own target: by the other rows of its category, or, of a number, by
//! those of its range. So a column of names, each in one row, tells nothing here, and neither does
//! chance.

use rayon::prelude::*;
use yard_contract::{Finite, Suspicion};
use yard_stats::binary::{Ranked, Scored};
use yard_table::Column;

use crate::data::Training;
use crate::folds;
use crate::target::Target;

/// A column that ranks two classes this well alone is more likely to follow from the target than to
/// lead to it.
const SUSPICIOUS_AUC: f64 = 0.95;
/// The same of several classes: the share of their log loss that the column takes away.
const SUSPICIOUS_LOSS: f64 = 0.9;
/// The same of a number: the share of its variance that the column explains.
const SUSPICIOUS_VARIANCE: f64 = 0.98;
/// A number is cut into so many ranges, or into fewer where rows are few.
const RANGES: usize = 64;
/// Rows of a range, at least.
const RANGE_ROWS: usize = 8;
/// Rows that are looked at: a column that gives the target away does so on any of them.
const ROWS: usize = 20_000;

/// What is known of each row's target.
#[derive(Debug, PartialEq)]
pub(crate) enum Known {
    /// Whether it is the positive class.
    Labels(Vec<bool>),
    /// Which of so many classes.
    Classes {
        codes: Vec<u32>,
        count: usize,
    },
    Numbers(Vec<f64>),
}

/// One column's cells.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cells<'a> {
    /// NaN where missing.
    Numbers(&'a [f64]),
    /// Places among so many categories, the missing one being one of them.
    Categories(&'a [u32], usize),
}

/// How well a column tells the target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Strength {
    measure: &'static str,
    value: f64,
    limit: f64,
}

impl Known {
    pub(crate) fn of(target: &Target) -> Self {
        match target {
            Target::Binary { labels, .. } => Self::Labels(labels.clone()),
            Target::Multiclass { labels, classes } => Self::Classes {
                codes: labels.clone(),
                count: classes.len(),
            },
            Target::Regression(values) => Self::Numbers(values.clone()),
        }
    }

    /// How well a column tells the target alone; `None` where that has no measure.
    pub(crate) fn strength(&self, cells: Cells<'_>) -> Option<Strength> {
        let (groups, count) = match cells {
            Cells::Numbers(values) => ranges(values),
            Cells::Categories(codes, count) => (codes.to_vec(), count),
        };
        let numbers = match cells {
            Cells::Numbers(values) => Some(values),
            Cells::Categories(..) => None,
        };
        match self {
            Self::Labels(labels) => {
                let values: Vec<f64> = labels.iter().map(|l| f64::from(u8::from(*l))).collect();
                let by_group = auc(&others_mean(&groups, count, &values), labels)?;
                let by_rank = numbers.and_then(|values| auc_alone(values, labels));
                Some(Strength {
                    measure: "auc",
                    value: by_rank.map_or(by_group, |auc| auc.max(by_group)),
                    limit: SUSPICIOUS_AUC,
                })
            }
            Self::Classes {
                codes,
                count: classes,
            } => Some(Strength {
                measure: "log_loss_explained",
                value: loss_explained(&groups, count, codes, *classes)?,
                limit: SUSPICIOUS_LOSS,
            }),
            Self::Numbers(target) => {
                let by_group = variance_explained(&others_mean(&groups, count, target), target)?;
                let by_line = numbers.and_then(|values| line_alone(values, target));
                Some(Strength {
                    measure: "variance_explained",
                    value: by_line.map_or(by_group, |share| share.max(by_group)),
                    limit: SUSPICIOUS_VARIANCE,
                })
            }
        }
    }
}

impl Strength {
    /// Whether that is too good to be true.
    pub(crate) fn is_suspicious(&self) -> bool {
        self.value >= self.limit
    }

    /// The strength in words, to follow the column's name and "alone".
    pub(crate) fn words(&self) -> String {
        let value = self.value;
        match self.measure {
            "auc" => format!("ranks the target with an AUC of {value:.3}"),
            "log_loss_explained" => format!("explains {value:.3} of the target's log loss"),
            _ => format!("explains {value:.3} of the target's variance"),
        }
    }
}

/// The features that tell the target suspiciously well alone, the strongest first, each with its
/// strength in words.
pub(crate) fn suspicious(training: &Training, seed: u64) -> Vec<(Suspicion, String)> {
    let rows = folds::sample(training.target.rows(), ROWS, seed);
    let known = Known::of(&training.target.take(&rows));
    let columns: Vec<(&str, &Column)> = training.table.columns().collect();
    let found = columns.par_iter().filter_map(|(name, column)| {
        let strength = match column {
            Column::Number(values) => {
                let values: Vec<f64> = rows.iter().map(|&row| f64::from(values[row])).collect();
                known.strength(Cells::Numbers(&values))
            }
            Column::Category(values) => {
                let codes: Vec<u32> = rows.iter().map(|&row| values.codes[row]).collect();
                known.strength(Cells::Categories(&codes, values.levels.len()))
            }
        };
        let strength = strength.filter(Strength::is_suspicious)?;
        let suspicion = Suspicion {
            feature: (*name).to_owned(),
            measure: strength.measure.to_owned(),
            value: Finite::new(strength.value)?,
        };
        Some((suspicion, strength.words()))
    });
    let mut found: Vec<(Suspicion, String)> = found.collect();
    found.sort_by(|(a, _), (b, _)| b.value.get().total_cmp(&a.value.get()));
    found
}

/// Ranges of about equally many rows, equal values together: each row's range, and how many. Missing
/// cells are a range of their own.
fn ranges(values: &[f64]) -> (Vec<u32>, usize) {
    let mut order: Vec<usize> = (0..values.len())
        .filter(|&row| !values[row].is_nan())
        .collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let count = RANGES.min(order.len() / RANGE_ROWS).max(1);
    let mut range_of = vec![0_u32; values.len()];
    let (mut range, mut begun) = (0_u32, 0_usize);
    for (at, &row) in order.iter().enumerate() {
        let differs = at > 0 && values[order[at - 1]] < values[row];
        if differs && (at - begun) * count >= order.len() {
            range += 1;
            begun = at;
        }
        range_of[row] = range + 1;
    }
    // What is left at the end may be too little for a range of its own.
    if range > 0 && (order.len() - begun) * count * 2 < order.len() {
        for &row in &order[begun..] {
            range_of[row] = range;
        }
    }
    (range_of, range as usize + 2)
}

/// For each row the mean of the other rows of its group, drawn a little to that of all other rows.
fn others_mean(groups: &[u32], count: usize, values: &[f64]) -> Vec<f64> {
    /// Rows of the overall mean that each group starts from.
    const START: f64 = 0.1;
    let mut sums = vec![(0.0, 0.0); count];
    let mut all = (0.0, 0.0);
    for (&group, value) in groups.iter().zip(values) {
        for sum in [&mut sums[group as usize], &mut all] {
            sum.0 += 1.0;
            sum.1 += value;
        }
    }
    let others = |(rows, sum): (f64, f64), own: f64| (rows - 1.0, sum - own);
    let rows = groups.iter().zip(values);
    rows.map(|(&group, &own)| {
        let (all_rows, all_sum) = others(all, own);
        let (rows, sum) = others(sums[group as usize], own);
        let mean = if all_rows > 0.0 {
            all_sum / all_rows
        } else {
            0.0
        };
        (sum + START * mean) / (rows + START)
    })
    .collect()
}

/// The share of the classes' log loss that knowing the group takes away.
fn loss_explained(groups: &[u32], count: usize, codes: &[u32], classes: usize) -> Option<f64> {
    const START: f64 = 0.1;
    let mut rows_of = vec![0.0_f64; count];
    let mut of_class = vec![0.0_f64; count * classes];
    let mut overall = vec![0.0_f64; classes];
    for (&group, &code) in groups.iter().zip(codes) {
        rows_of[group as usize] += 1.0;
        of_class[group as usize * classes + code as usize] += 1.0;
        overall[code as usize] += 1.0;
    }
    let rows = codes.len() as f64;
    let (mut loss, mut prior) = (0.0, 0.0);
    for (&group, &code) in groups.iter().zip(codes) {
        let (group, code) = (group as usize, code as usize);
        // A class of one row is not to be told without it.
        let share = (overall[code] - 1.0).max(0.5) / (rows - 1.0);
        let own = of_class[group * classes + code] - 1.0;
        let told = (own + START * share) / (rows_of[group] - 1.0 + START);
        prior -= libm::log(share);
        loss -= libm::log(told.max(1e-12));
    }
    let explained = 1.0 - loss / prior;
    explained.is_finite().then_some(explained)
}

fn variance_explained(answers: &[f64], target: &[f64]) -> Option<f64> {
    let mean = target.iter().sum::<f64>() / target.len() as f64;
    let squares = |error: &dyn Fn(usize) -> f64| -> f64 {
        (0..target.len()).map(|row| error(row) * error(row)).sum()
    };
    let left = squares(&|row| target[row] - answers[row]);
    let explained = 1.0 - left / squares(&|row| target[row] - mean);
    explained.is_finite().then_some(explained)
}

fn auc(scores: &[f64], labels: &[bool]) -> Option<f64> {
    let scored = Scored::new(labels, scores, None).ok()?;
    Ranked::new(scored).ok()?.auc().ok()
}

/// How well a column alone ranks the target, in either direction; missing cells rank lowest.
fn auc_alone(values: &[f64], labels: &[bool]) -> Option<f64> {
    let scores: Vec<f64> = values
        .iter()
        .map(|value| if value.is_nan() { -1e300 } else { *value })
        .collect();
    let auc = auc(&scores, labels)?;
    Some(auc.max(1.0 - auc))
}

/// The squared correlation on the rows that have a value.
fn line_alone(values: &[f64], target: &[f64]) -> Option<f64> {
    let present = || {
        values
            .iter()
            .zip(target)
            .filter(|(value, _)| !value.is_nan())
    };
    let rows = present().count() as f64;
    let mean = |pick: fn((&f64, &f64)) -> f64| present().map(pick).sum::<f64>() / rows;
    let (mx, my) = (mean(|(x, _)| *x), mean(|(_, y)| *y));
    let sum = |pick: &dyn Fn(f64, f64) -> f64| -> f64 {
        present().map(|(x, y)| pick(x - mx, y - my)).sum()
    };
    let (xy, xx, yy) = (sum(&|x, y| x * y), sum(&|x, _| x * x), sum(&|_, y| y * y));
    // Two rows lie on a line whatever they are.
    let share = (xy / xx.sqrt() / yy.sqrt()) * (xy / xx.sqrt() / yy.sqrt());
    (share.is_finite() && rows > 4.0).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(known: &Known, cells: Cells<'_>) -> Option<String> {
        let strength = known.strength(cells).filter(Strength::is_suspicious);
        strength.map(|strength| strength.words())
    }

    fn chance(rows: usize, salt: u64) -> Vec<f64> {
        let draw = |row| (crate::split::draw(salt, row) >> 11) as f64 / (1_u64 << 53) as f64;
        (0..rows).map(draw).collect()
    }

    #[test]
    fn a_column_that_gives_a_number_away_is_suspicious() {
        let target: Vec<f64> = (0..100).map(f64::from).collect();
        let twice: Vec<f64> = target.iter().map(|y| 5.0 - 2.0 * y).collect();
        let bent: Vec<f64> = target.iter().map(|y| (y - 50.0) * (y - 50.0)).collect();
        let curved: Vec<f64> = target.iter().map(|y| y * y * y).collect();
        let decade: Vec<u32> = (0..100).map(|row| row / 10).collect();
        let known = Known::Numbers(target);
        assert!(words(&known, Cells::Numbers(&twice)).is_some_and(|w| w.contains("1.000")));
        assert!(words(&known, Cells::Numbers(&curved)).is_some());
        assert!(words(&known, Cells::Categories(&decade, 10)).is_some());
        for harmless in [bent, vec![1.0; 100], vec![f64::NAN; 100], chance(100, 1)] {
            assert_eq!(words(&known, Cells::Numbers(&harmless)), None);
        }
    }

    #[test]
    fn a_column_that_gives_a_class_away_is_suspicious() {
        let codes: Vec<u32> = (0..300).map(|row| row * 7 % 3).collect();
        // A status that follows from the class, and a code whose order says nothing of it.
        let status: Vec<u32> = codes.iter().map(|code| (code + 1) % 3).collect();
        let code: Vec<f64> = codes
            .iter()
            .map(|code| [20.0, 10.0, 30.0][*code as usize])
            .collect();
        let name: Vec<u32> = (0..300).collect();
        let labels: Vec<bool> = codes.iter().map(|code| *code == 0).collect();
        let several = Known::Classes { codes, count: 3 };
        for known in [several, Known::Labels(labels)] {
            assert!(
                words(&known, Cells::Categories(&status, 3)).is_some(),
                "{known:?}"
            );
            assert!(words(&known, Cells::Numbers(&code)).is_some(), "{known:?}");
            assert_eq!(words(&known, Cells::Categories(&name, 300)), None);
            assert_eq!(words(&known, Cells::Numbers(&chance(300, 2))), None);
        }
    }
}
