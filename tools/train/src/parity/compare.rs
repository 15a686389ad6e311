//! Two models' answers to the same rows.

use yard_contract::{
    Answer, Finite, GraphParity, LabelChanges, MetricChange, Precision, RowDifference, Sha256,
    Verdict,
};
use yard_stats::binary::{Scored, brier, log_loss};
use yard_stats::multiclass::Classified;
use yard_stats::regression::Regressed;

use crate::config::ParityConfig;
use crate::data::Training;
use crate::error::TrainError;
use crate::target::Target;
use crate::validate;

/// What answers are judged by.
pub(super) struct Judge<'a> {
    pub(super) rows: &'a Training,
    pub(super) limits: &'a ParityConfig,
    pub(super) answer: &'a Answer,
    /// The share of targets that the answers are to lie above, where they are a quantile.
    pub(super) level: Option<f64>,
}

/// A graph and what it is held against.
pub(super) struct Subject {
    pub(super) graph: Precision,
    pub(super) against: Precision,
    pub(super) sha256: Sha256,
    pub(super) bytes: u64,
    /// Whether differences are in units of the numbers' spread even where that is above 1.
    pub(super) spread_at_least: bool,
}

impl Judge<'_> {
    /// Holds answers, a row's together, against those that are expected. A graph that is held against
    /// the fitted parts must answer every row alike; of one of fewer bits only labels and metrics are
    /// judged, since nobody expects its numbers to be the same.
    pub(super) fn compare(
        &self,
        subject: &Subject,
        expected: &[f64],
        found: &[f64],
    ) -> Result<GraphParity, TrainError> {
        let exact = subject.against == Precision::Native;
        let tolerance = exact.then_some(self.limits.tolerance);
        let floor = self.floor(expected, subject.spread_at_least);
        let apart = |(expected, found): (&f64, &f64)| {
            let unit = expected.abs().max(floor);
            (expected - found).abs() / if unit > 0.0 { unit } else { 1.0 }
        };
        let apart: Vec<f64> = expected.iter().zip(found).map(apart).collect();
        let width = self.width();
        let place = furthest(&apart);
        if let Some(place) = apart.iter().position(|apart| !apart.is_finite()) {
            let row = place / width + 1;
            return Err(TrainError::NoAnswer { row });
        }
        let beyond = |tolerance: Finite| {
            let rows = apart.chunks(width);
            let beyond = rows.filter(|row| row.iter().any(|apart| *apart > tolerance.get()));
            beyond.count() as u64
        };
        let mut parity = GraphParity {
            graph: subject.graph,
            against: subject.against,
            verdict: Verdict::Pass,
            reasons: Vec::new(),
            model_sha256: subject.sha256,
            bytes: subject.bytes,
            floor: finite(floor),
            tolerance,
            rows_beyond: tolerance.map(beyond),
            largest: RowDifference {
                row: (place / width + 1) as u64,
                class: match self.answer {
                    Answer::Multiclass(several) => several.classes.get(place % width).cloned(),
                    Answer::Binary(_) | Answer::Regression(_) => None,
                },
                expected: finite(expected[place]),
                found: finite(found[place]),
                difference: finite(apart[place]),
            },
            mean: finite(apart.iter().sum::<f64>() / apart.len() as f64),
            labels: self.labels(expected, found, tolerance),
            metrics: self.metrics(expected, found)?,
        };
        parity.reasons = reasons(&parity, expected.len() / width);
        if !parity.reasons.is_empty() {
            parity.verdict = Verdict::Fail;
        }
        Ok(parity)
    }

    /// Numbers a row.
    fn width(&self) -> usize {
        match self.answer {
            Answer::Multiclass(several) => several.classes.len().max(1),
            Answer::Binary(_) | Answer::Regression(_) => 1,
        }
    }

    /// The least unit of a difference. Probabilities have 1. A number has its spread, so that a target
    /// of small numbers is judged as strictly as one of large ones.
    fn floor(&self, expected: &[f64], at_least: bool) -> f64 {
        if !matches!(self.answer, Answer::Regression(_)) {
            return 1.0;
        }
        let count = expected.len() as f64;
        let mean = expected.iter().sum::<f64>() / count;
        let squares = expected.iter().map(|value| (value - mean) * (value - mean));
        let spread = (squares.sum::<f64>() / count).sqrt();
        if at_least { spread } else { spread.min(1.0) }
    }

    /// The class of a row, as the predictor has it, and how far it is from another.
    fn label(&self, row: &[f64]) -> Option<(usize, f64)> {
        match self.answer {
            Answer::Binary(binary) => {
                let (score, threshold) = (row[0], binary.threshold.get());
                Some((usize::from(score >= threshold), (score - threshold).abs()))
            }
            Answer::Multiclass(_) => {
                let first = furthest(row);
                let others = row.iter().enumerate().filter(|(at, _)| *at != first);
                let second = others.map(|(_, share)| *share).fold(0.0, f64::max);
                // Both may move by the tolerance, towards each other.
                Some((first, (row[first] - second) / 2.0))
            }
            Answer::Regression(_) => None,
        }
    }

    fn labels(
        &self,
        expected: &[f64],
        found: &[f64],
        tolerance: Option<Finite>,
    ) -> Option<LabelChanges> {
        let width = self.width();
        let (mut changed, mut outside) = (0, 0);
        for (expected, found) in expected.chunks(width).zip(found.chunks(width)) {
            let (was, distance) = self.label(expected)?;
            let (is, _) = self.label(found)?;
            if was != is {
                changed += 1;
                outside += u64::from(tolerance.is_some_and(|band| distance > band.get()));
            }
        }
        Some(LabelChanges {
            changed,
            changed_outside_band: tolerance.map(|_| outside),
            limit: (self.limits.changed_labels).filter(|_| tolerance.is_none()),
        })
    }

    fn metrics(&self, expected: &[f64], found: &[f64]) -> Result<Vec<MetricChange>, TrainError> {
        let (before, after) = (self.measured(expected)?, self.measured(found)?);
        let both = before.into_iter().filter_map(|(metric, before)| {
            let (_, after) = after.iter().find(|(name, _)| *name == metric)?;
            let worse = match metric {
                "auc" => before - after,
                _ if before > 0.0 => (after - before) / before,
                // An error of 0 has no share.
                _ => after - before,
            };
            Some(MetricChange {
                metric: metric.to_owned(),
                expected: Finite::new(before)?,
                found: Finite::new(*after)?,
                loss: Finite::new(worse)?,
                limit: self.limits.metric_loss,
            })
        });
        Ok(both.collect())
    }

    /// What answers are worth, the task's own metric first. Of the others, those that are defined.
    fn measured(&self, answers: &[f64]) -> Result<Vec<(&'static str, f64)>, TrainError> {
        let rows = self.rows;
        let weights = rows.weights.as_deref();
        let own = validate::metric(&rows.target, self.level);
        let mut measured = vec![(own, validate::measure(rows, answers, self.level)?)];
        match &rows.target {
            Target::Binary { labels, .. } => {
                let scored = Scored::new(labels, answers, weights)?;
                measured.extend(log_loss(scored).ok().map(|loss| ("log_loss", loss)));
                measured.extend(brier(scored).ok().map(|loss| ("brier", loss)));
            }
            Target::Multiclass { labels, classes } => {
                let labels: Vec<usize> = labels.iter().map(|label| *label as usize).collect();
                let classified = Classified::new(&labels, answers, classes.len(), weights)?;
                measured.extend(classified.brier().ok().map(|loss| ("brier", loss)));
            }
            Target::Regression(values) => {
                let regressed = Regressed::new(values, answers, weights)?;
                measured.push(("mae", regressed.mean_absolute_error()));
            }
        }
        Ok(measured)
    }
}

/// Why a graph does not keep the limits.
fn reasons(parity: &GraphParity, rows: usize) -> Vec<String> {
    let mut reasons = Vec::new();
    let largest = &parity.largest;
    if let (Some(beyond), Some(tolerance)) = (parity.rows_beyond, parity.tolerance)
        && beyond > 0
    {
        reasons.push(format!(
            "{beyond} of {rows} rows lie further away than {:e}: row {} answers {} instead of {}, which is {:.1e}",
            tolerance.get(),
            largest.row,
            largest.found,
            largest.expected,
            largest.difference.get(),
        ));
    }
    if let Some(labels) = &parity.labels {
        if let Some(outside) = labels.changed_outside_band.filter(|outside| *outside > 0) {
            reasons.push(format!(
                "{outside} rows get another label although they are not within the tolerance of it"
            ));
        }
        let share = labels.changed as f64 / rows as f64;
        if let Some(limit) = labels.limit.filter(|limit| share > limit.get()) {
            reasons.push(format!(
                "{} of {rows} rows get another label, a share of {share:.4}; {limit} is allowed",
                labels.changed
            ));
        }
    }
    for change in &parity.metrics {
        if change.loss > change.limit {
            reasons.push(format!(
                "`{}` is {} instead of {}, worse by {:.2e}; {} is allowed",
                change.metric,
                change.found,
                change.expected,
                change.loss.get(),
                change.limit
            ));
        }
    }
    reasons
}

/// The place of the largest number, of equal ones the first.
fn furthest(numbers: &[f64]) -> usize {
    let larger = |best: usize, place: usize| {
        if numbers[place] > numbers[best] {
            place
        } else {
            best
        }
    };
    (0..numbers.len()).reduce(larger).unwrap_or_default()
}

fn finite(value: f64) -> Finite {
    Finite::new(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use yard_contract::{Binary, Classes, Multiclass, Regression};
    use yard_table::Table;

    use super::*;

    fn rows(target: Target) -> Training {
        let layout = yard_table::Layout::sniff(b"x\n1\n");
        Training {
            table: Table::read(b"x\n1\n", &layout, &[]).unwrap(),
            target,
            weights: None,
            groups: None,
            times: None,
        }
    }

    fn compared(
        target: Target,
        answer: &Answer,
        at_least: bool,
        against: Precision,
        [expected, found]: [&[f64]; 2],
    ) -> Result<GraphParity, TrainError> {
        let limits = ParityConfig {
            changed_labels: Finite::new(0.3),
            ..ParityConfig::default()
        };
        let judge = Judge {
            rows: &rows(target),
            limits: &limits,
            answer,
            level: None,
        };
        let subject = Subject {
            graph: Precision::Float32,
            against,
            sha256: Sha256::of(b""),
            bytes: 0,
            spread_at_least: at_least,
        };
        judge.compare(&subject, expected, found)
    }

    fn two_classes() -> (Target, Answer) {
        let classes = Classes {
            negative: "no".to_owned(),
            positive: "yes".to_owned(),
        };
        let answer = Answer::Binary(Binary {
            classes: classes.clone(),
            probabilities: String::new(),
            margin: None,
            threshold: finite(0.5),
        });
        let labels = vec![true, false, true, false];
        (Target::Binary { labels, classes }, answer)
    }

    #[test]
    fn one_row_that_lies_away_fails_and_is_named() {
        let (target, answer) = two_classes();
        let expected = [0.9, 0.1, 0.8, 0.2];
        let of = |found: &[f64]| {
            let pair = [&expected[..], found];
            compared(target.clone(), &answer, false, Precision::Native, pair).unwrap()
        };
        let near = of(&[0.9, 0.1 + 9e-7, 0.8, 0.2]);
        assert_eq!((near.verdict, near.rows_beyond), (Verdict::Pass, Some(0)));
        assert_eq!(near.largest.row, 2);
        let far = of(&[0.9, 0.1, 0.8 + 2e-6, 0.2]);
        assert_eq!((far.verdict, far.rows_beyond), (Verdict::Fail, Some(1)));
        assert!(far.reasons[0].contains("1 of 4 rows") && far.reasons[0].contains("row 3"));
        assert!(
            compared(
                target.clone(),
                &answer,
                false,
                Precision::Native,
                [&expected, &[f64::NAN, 0.1, 0.8, 0.2]]
            )
            .is_err()
        );
    }

    #[test]
    fn a_label_may_change_within_the_tolerance_of_the_threshold_alone() {
        let (target, answer) = two_classes();
        let expected = [0.5 - 5e-7, 0.1, 0.8, 0.2];
        let near = compared(
            target.clone(),
            &answer,
            false,
            Precision::Native,
            [&expected, &[0.5, 0.1, 0.8, 0.2]],
        );
        let labels = near.unwrap().labels.unwrap();
        assert_eq!((labels.changed, labels.changed_outside_band), (1, Some(0)));
        // Of fewer bits nothing is said of rows, but of how many labels and of what it costs.
        let other = [0.2, 0.6, 0.8, 0.2];
        let coarse = compared(
            target,
            &answer,
            false,
            Precision::Float32,
            [&[0.9, 0.1, 0.8, 0.2], &other],
        );
        let coarse = coarse.unwrap();
        assert_eq!(coarse.rows_beyond, None);
        let reasons = coarse.reasons.join("\n");
        for said in [
            "2 of 4 rows get another label",
            "`auc`",
            "`log_loss`",
            "`brier`",
        ] {
            assert!(reasons.contains(said), "{reasons}");
        }
    }

    #[test]
    fn of_several_classes_the_two_largest_may_change_places_within_the_tolerance() {
        let names = ["a", "b", "c"].map(str::to_owned).to_vec();
        let answer = Answer::Multiclass(Multiclass {
            classes: names.clone(),
            probabilities: String::new(),
        });
        let target = Target::Multiclass {
            labels: vec![0, 1],
            classes: names,
        };
        let of = |apart: f64| {
            let half = 0.45;
            let expected = [half + apart, half, 0.1 - apart, 0.1, 0.8, 0.1];
            let found = [half, half + apart, 0.1 - apart, 0.1, 0.8, 0.1];
            let pair = [&expected[..], &found[..]];
            compared(target.clone(), &answer, false, Precision::Native, pair).unwrap()
        };
        let near = of(9e-7);
        assert_eq!(near.verdict, Verdict::Pass, "{:?}", near.reasons);
        assert_eq!(near.labels.unwrap().changed, 1);
        let far = of(1e-5);
        assert_eq!(far.labels.unwrap().changed_outside_band, Some(1));
        assert_eq!(
            (far.largest.row, far.largest.class.as_deref()),
            (1, Some("a"))
        );
    }

    #[test]
    fn numbers_are_judged_in_units_that_follow_their_size() {
        let answer = Answer::Regression(Regression {
            value: String::new(),
        });
        let of = |size: f64, off: f64, at_least: bool| {
            let expected = [size, -size, 0.0];
            let target = Target::Regression(vec![size * 1.1, -size, size * 0.1]);
            let found = [size, -size, off];
            let pair = [&expected[..], &found[..]];
            compared(target, &answer, at_least, Precision::Native, pair).unwrap()
        };
        // Of small numbers the unit is small, or nothing would ever be found.
        assert_eq!(of(1e-9, 1e-12, false).verdict, Verdict::Fail);
        assert_eq!(of(1e-9, 5e-16, false).verdict, Verdict::Pass);
        // Of large ones it is 1 beside 0, but where terms cancel.
        assert_eq!(of(1e9, 1e-3, false).verdict, Verdict::Fail);
        assert_eq!(of(1e9, 1e-3, true).verdict, Verdict::Pass);
        assert_eq!(of(1e9, 1e4, true).verdict, Verdict::Fail);
        assert!(of(1e9, 1e-3, true).labels.is_none());
    }
}
