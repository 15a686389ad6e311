//! Rules on metrics that are a mean over rows: what their standard error will be, if their value is known
//! about.

use yard_stats::interval::Confidence;
use yard_stats::planning::NonInferiority;

use super::{Case, POWER, RuleOutlook, level, whole};
use crate::args::PowerArgs;
use crate::error::GateError;
use crate::measure::Metric;

/// A metric that is a mean over rows, as it is expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mean {
    value: f64,
    /// Of a single row.
    deviation: f64,
    /// Rows that the mean is over.
    rows: f64,
    /// How both models' rows correlate.
    correlation: f64,
    more_is_better: bool,
}

/// Why a rule cannot be planned.
pub(super) type Unknown = String;

impl Mean {
    /// What `--expect` says of a metric.
    pub(super) fn expected(
        metric: Metric,
        args: &PowerArgs,
    ) -> Result<Result<Self, Unknown>, GateError> {
        let name = metric.as_str();
        let share = matches!(metric, Metric::Accuracy | Metric::Recall);
        let loss = matches!(metric, Metric::LogLoss | Metric::Brier);
        if !(share || loss) {
            let words = "its error has no closed form: the bootstrap needs data";
            return Ok(Err(words.to_owned()));
        }
        let entry = args
            .expect
            .iter()
            .find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='));
        let Some(entry) = entry else {
            let deviation = if loss { ":DEVIATION" } else { "" };
            return Ok(Err(format!(
                "say what to expect: `--expect {name}=VALUE{deviation}`"
            )));
        };
        let (value, deviation) = match entry.split_once(':') {
            Some((value, deviation)) => (value, Some(deviation)),
            None => (entry, None),
        };
        let wrong = |expected| GateError::OutOfRange {
            key: "--expect",
            found: format!("{name}={entry}"),
            expected,
        };
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        let value = number(value).ok_or_else(|| wrong("METRIC=VALUE or METRIC=VALUE:DEVIATION"))?;
        let deviation = match deviation {
            Some(text) => number(text)
                .filter(|deviation| *deviation > 0.0)
                .ok_or_else(|| wrong("followed by a deviation above 0"))?,
            None if share && (0.0..=1.0).contains(&value) => (value * (1.0 - value)).sqrt(),
            None if share => return Err(wrong("a share between 0 and 1")),
            None => {
                let words = "a row's deviation is needed: `--expect ";
                return Ok(Err(format!("{words}{name}=VALUE:DEVIATION`")));
            }
        };
        let rows = if metric == Metric::Recall {
            args.positives
        } else {
            args.rows
        };
        Ok(Ok(Self {
            value,
            deviation,
            rows: rows as f64,
            correlation: args.correlation,
            more_is_better: metric.more_is_better(),
        }))
    }

    /// A limit, with a model that is as expected, and one that is at the limit.
    pub(super) fn limit(
        self,
        rule: String,
        limit: f64,
        args: &PowerArgs,
        confidence: Confidence,
    ) -> Result<RuleOutlook, GateError> {
        let test = NonInferiority::new(0.0, level(confidence))?;
        let error = self.deviation / self.rows.sqrt();
        let room = if self.more_is_better {
            self.value - limit
        } else {
            limit - self.value
        };
        let cases = vec![
            Case::new(format!("{}, as expected", self.value), test, room, error),
            Case::new(format!("{limit}, at the limit"), test, 0.0, error),
        ];
        outlook(rule, limit, error, (test, room), cases, args)
    }

    /// A margin against another model, with one that is equal, and one that is worse by the margin and by
    /// twice as much. A row's difference has the variance 2·(1 − correlation) times that of a row.
    pub(super) fn margin(
        self,
        rule: String,
        margin: f64,
        args: &PowerArgs,
        confidence: Confidence,
    ) -> Result<RuleOutlook, GateError> {
        let test = NonInferiority::new(margin, level(confidence))?;
        let spread = (2.0 * (1.0 - self.correlation)).max(0.0).sqrt();
        let error = self.deviation * spread / self.rows.sqrt();
        let mut cases = vec![Case::new("equal".to_owned(), test, 0.0, error)];
        for (worse, words) in [(1.0, "the margin"), (2.0, "twice the margin")] {
            if margin > 0.0 {
                let truth = format!("worse by {words}");
                cases.push(Case::new(truth, test, -worse * margin, error));
            }
        }
        let limit = if self.more_is_better { -margin } else { margin };
        outlook(rule, limit, error, (test, 0.0), cases, args)
    }
}

fn outlook(
    rule: String,
    limit: f64,
    standard_error: f64,
    (test, room): (NonInferiority, f64),
    cases: Vec<Case>,
    args: &PowerArgs,
) -> Result<RuleOutlook, GateError> {
    let now = (args.rows as f64, args.positives as f64);
    let needed = test.needed(room, standard_error, now, POWER)?;
    Ok(RuleOutlook {
        rule,
        limit,
        standard_error,
        cases,
        rows_needed: needed.map(|needed| whole(needed.rows)),
        positives_needed: needed.map(|needed| whole(needed.positives)),
    })
}
