//! The verdict in the formats that forges read: Code Quality, OpenMetrics, workflow commands.
//!
//! A finding needs a place in the repository; a rule's is where the configuration asks for it.

use yard_contract::{Comparison, Estimate, RuleResult, Verdict};
use yard_report::annotations::{self, Annotation, Level};
use yard_report::code_quality::{self, Finding, Severity};
use yard_report::metrics::{Family, MetricsError, Point, open_metrics};

use super::Report;

/// Decimals of a metric: what differs behind them is noise, and a forge would show it as a change.
const DECIMALS: usize = 6;

impl Report<'_> {
    /// A finding a rule that does not hold.
    pub(crate) fn code_quality(&self) -> String {
        let finding = |rule: &RuleResult| Finding {
            check: format!(
                "eval-gate/{}",
                rule.id.split([' ', '.']).next().unwrap_or_default()
            ),
            description: format!("{}: {}", rule.id, rule.message),
            identity: rule.id.clone(),
            severity: match rule.verdict {
                Verdict::Fail => Severity::Blocker,
                Verdict::Inconclusive => Severity::Major,
                Verdict::Warning if self.is_overridden(rule) => Severity::Info,
                Verdict::Warning | Verdict::Pass => Severity::Minor,
            },
            path: self.config.path.to_owned(),
            line: self.config.line_of(&rule.id),
        };
        let findings: Vec<Finding> = self.broken().map(finding).collect();
        code_quality::render(&findings)
    }

    /// At most ten workflow commands, the gravest first.
    pub(crate) fn annotations(&self) -> String {
        let annotation = |rule: &RuleResult| Annotation {
            level: match rule.verdict {
                Verdict::Fail => Level::Error,
                Verdict::Warning if self.is_overridden(rule) => Level::Notice,
                _ => Level::Warning,
            },
            title: format!("Model gate, {}: {}", rule.id, rule.verdict),
            message: rule.message.clone(),
            place: Some((self.config.path.to_owned(), self.config.line_of(&rule.id))),
        };
        let annotations: Vec<Annotation> = self.broken().map(annotation).collect();
        annotations::github(&annotations)
    }

    fn broken(&self) -> impl Iterator<Item = &RuleResult> {
        let rules = self.gate.body.rules.iter();
        rules.filter(|rule| rule.verdict != Verdict::Pass)
    }

    fn is_overridden(&self, rule: &RuleResult) -> bool {
        let overrides = self.gate.body.overrides.iter();
        overrides
            .map(|decided| &decided.rule)
            .any(|id| *id == rule.id)
    }

    /// The figures that a forge compares with those of the target branch.
    pub(crate) fn open_metrics(&self) -> Result<String, MetricsError> {
        let (gate, evaluation) = (&self.gate.body, self.evaluation);
        let count = |verdict: Verdict| {
            let rules = gate.rules.iter().filter(|rule| rule.verdict == verdict);
            Point::count(rules.count() as u64).label("verdict", verdict.as_str())
        };
        let rules = [
            Verdict::Pass,
            Verdict::Warning,
            Verdict::Inconclusive,
            Verdict::Fail,
        ];
        let mut families = vec![
            points("gate_rules", "Rules by verdict.", rules.map(count)),
            points(
                "gate_rows",
                "Rows held out.",
                [Point::count(evaluation.rows)],
            ),
            estimates(
                "gate_metric",
                "Metric on the rows held out.",
                &evaluation.metrics,
                |e| Some(e.value.get()),
            ),
            estimates(
                "gate_metric_low",
                "Lower end of its interval.",
                &evaluation.metrics,
                |e| Some(e.low?.get()),
            ),
            estimates(
                "gate_metric_high",
                "Upper end of its interval.",
                &evaluation.metrics,
                |e| Some(e.high?.get()),
            ),
        ];
        let rivals = [
            ("champion", &evaluation.comparison),
            ("release", &evaluation.release),
        ];
        let differences = rivals.into_iter().flat_map(|(rival, comparison)| {
            let differences = comparison
                .iter()
                .flat_map(|found: &Comparison| &found.differences);
            differences.map(move |(metric, found)| {
                Point::of(found.difference.value.get(), DECIMALS)
                    .label("metric", metric)
                    .label("against", rival)
            })
        });
        families.push(points(
            "gate_difference",
            "Challenger minus the one it is held against.",
            differences,
        ));
        let chains = gate.chains.iter().map(|chain| {
            Point::of(chain.total.value.get(), DECIMALS).label("metric", chain.metric.clone())
        });
        families.push(points(
            "gate_since_release",
            "Gained or lost from merge to merge since the last release.",
            chains,
        ));
        if let Some(look) = &gate.look {
            let (number, left) = (look.number, look.left.get());
            let help = "Which look at these rows this was.";
            families.push(points("gate_look", help, [Point::count(number)]));
            let help = "What is left of the level that all looks share.";
            families.push(points("gate_level_left", help, [Point::of(left, DECIMALS)]));
        }
        let measured = self
            .measured
            .iter()
            .map(|(rule, figure)| Point::of(*figure, DECIMALS).label("rule", rule.clone()));
        families.push(points(
            "gate_measured",
            "Measured by other tools.",
            measured,
        ));
        open_metrics(&families)
    }
}

fn points(name: &str, help: &str, points: impl IntoIterator<Item = Point>) -> Family {
    let family = Family::gauge(name, help);
    points.into_iter().fold(family, Family::point)
}

fn estimates(
    name: &str,
    help: &str,
    metrics: &std::collections::BTreeMap<String, Estimate>,
    pick: fn(&Estimate) -> Option<f64>,
) -> Family {
    let found = metrics.iter().filter_map(|(metric, estimate)| {
        Some(Point::of(pick(estimate)?, DECIMALS).label("metric", metric.clone()))
    });
    points(name, help, found)
}

/// The configuration as a forge finds it in the repository.
#[derive(Clone, Copy)]
pub(crate) struct ConfigPlace<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
}

impl ConfigPlace<'_> {
    /// The line, from 1, that asks for a rule: that of its key, or of the nearest key around it.
    fn line_of(&self, rule: &str) -> u64 {
        // `slices.champion region=N` is asked for by `slices.champion`.
        let keys = rule.split(' ').next().unwrap_or(rule);
        let lines: Vec<&str> = self.text.lines().collect();
        let top = |key: &str| {
            let starts = |line: &&str| {
                line.strip_prefix(key)
                    .is_some_and(|rest| rest.starts_with(':'))
            };
            lines.iter().position(starts)
        };
        let (first, rest) = keys.split_once('.').unwrap_or((keys, ""));
        let (start, rest) = match (top(first), top("rules")) {
            (Some(start), _) => (start, rest),
            (None, Some(start)) => (start, keys),
            (None, None) => return 1,
        };
        let inside = |line: &&&str| line.is_empty() || line.starts_with([' ', '-', '#']);
        let block = lines[start + 1..].iter().take_while(inside).count();
        let has = |line: &str, key: &str| {
            line.match_indices(key).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
                !before.is_some_and(name) && line[at + key.len()..].starts_with(':')
            })
        };
        let place =
            |from: usize, key: &str| (from..=start + block).find(|&line| has(lines[line], key));
        // A key may have dots in it (`smoke-test.milliseconds.p99`), so the rest is tried whole first.
        let (mut found, mut rest) = (start, rest);
        while !rest.is_empty() {
            if let Some(line) = place(found, rest) {
                return line as u64 + 1;
            }
            let (key, more) = rest.split_once('.').unwrap_or((rest, ""));
            found = place(found, key).unwrap_or(found);
            rest = more;
        }
        found as u64 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_lies_where_the_configuration_asks_for_it() {
        let text = "\
confidence: 0.95
# at_least: {auc: 0.5}
at_least: {auc: 0.7}

at_most:
  pr_auc: 0.5
  # the loss
  log_loss: 0.3
champion: {auc_margin: 0.1}
release:
  margins: {auc: 0.1}
  cumulative: {log_loss: 0.1, auc: 0.2}
slices:
  by: [[region]]
  champion: {auc_margin: 0.1}
rules:
  model_bytes: {at_most: 1}
  measured:
    smoke-test.milliseconds.p99: {at_most: 5}
  reports: {drift-report: pass}
";
        let place = ConfigPlace {
            path: "configs/gate.yaml",
            text,
        };
        for (rule, line) in [
            ("at_least.auc", 3),
            ("at_most.log_loss", 8),
            ("at_most.auc", 5),
            ("champion.auc", 9),
            ("release.auc", 11),
            ("release.cumulative.auc", 12),
            ("slices.champion region=N. at_least", 15),
            ("model_bytes", 17),
            ("measured.smoke-test.milliseconds.p99", 19),
            ("reports.drift-report", 20),
            ("looks", 16),
        ] {
            assert_eq!(place.line_of(rule), line, "{rule}");
        }
        let empty = ConfigPlace { text: "", ..place };
        assert_eq!(empty.line_of("at_least.auc"), 1);
    }
}
