//! What a policy can tell on a holdout of some size, before anyone trains.

mod areas;
mod means;
mod words;

use serde::Serialize;
use yard_cli::Io;
use yard_stats::interval::Confidence;
use yard_stats::planning::{AucHoldout, NonInferiority};

use self::areas::{champion, floor};
use self::means::Mean;
use self::words::human;
use crate::args::PowerArgs;
use crate::config::{GateConfig, Prove};
use crate::error::GateError;
use crate::ledger;
use crate::measure::Metric;

/// The chance of a pass that the rows asked for give a model which deserves it.
const POWER: f64 = 0.8;

/// What a policy can tell.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Outlook {
    rows: u64,
    positives: u64,
    auc: f64,
    correlation: f64,
    confidence: f64,
    rules: Vec<RuleOutlook>,
    /// Every other rule of the policy.
    not_planned: Vec<Unplanned>,
}

/// A rule of which nothing can be told beforehand, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Unplanned {
    rule: String,
    reason: String,
}

/// What one rule can tell.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct RuleOutlook {
    rule: String,
    limit: f64,
    /// The standard error to expect of what the rule judges.
    standard_error: f64,
    cases: Vec<Case>,
    /// Rows for a pass with a power of 80 % in the first case; absent where none suffice.
    rows_needed: Option<u64>,
    positives_needed: Option<u64>,
}

/// The verdicts to expect if something is true.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Case {
    truth: String,
    pass: f64,
    fail: f64,
    inconclusive: f64,
}

/// Tells what the policy can tell.
pub(crate) fn run(args: &PowerArgs, io: &mut Io) -> Result<(), GateError> {
    let config = io.read_config::<GateConfig>(&args.config)?.value;
    let outlook = outlook(args, &config)?;
    io.print(|out| match args.format {
        yard_cli::Format::Human => human(&outlook, out),
        yard_cli::Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &outlook)?;
            out.write_all(b"\n")
        }
    })?;
    Ok(())
}

fn outlook(args: &PowerArgs, config: &GateConfig) -> Result<Outlook, GateError> {
    if args.positives == 0 || args.positives >= args.rows {
        return Err(GateError::OutOfRange {
            key: "--positives",
            found: args.positives.to_string(),
            expected: "at least 1 and below `--rows`",
        });
    }
    let asked = Confidence::new(config.confidence.get())?;
    let confidence = match &config.looks {
        // What shares its level with later looks must be surer already the first time.
        Some(looks) => {
            looks.check(asked.level())?;
            ledger::first(looks, asked)?
        }
        None => asked,
    };
    let holdout = AucHoldout {
        rows: args.rows as f64,
        prevalence: args.positives as f64 / args.rows as f64,
        auc: args.auc,
        correlation: args.correlation,
    };
    let mut planned = Planned {
        args,
        confidence,
        holdout,
        rules: Vec::new(),
        skipped: Vec::new(),
    };
    for (metric, limit) in &config.at_least {
        planned.limit(
            format!("at_least.{}", metric.as_str()),
            *metric,
            limit.get(),
        )?;
    }
    for (metric, limit) in &config.at_most {
        planned.limit(format!("at_most.{}", metric.as_str()), *metric, limit.get())?;
    }
    for (metric, margin) in config.margins() {
        planned.margin(
            format!("champion.{}", metric.as_str()),
            metric,
            margin.get(),
        )?;
    }
    for (metric, margin) in config.release_margins() {
        planned.margin(format!("release.{}", metric.as_str()), metric, margin.get())?;
    }
    planned.slices(config)?;
    planned.rest(config);
    let Planned {
        rules,
        skipped: not_planned,
        ..
    } = planned;
    if rules.is_empty() {
        return Err(GateError::NothingToPlan);
    }
    Ok(Outlook {
        rows: args.rows,
        positives: args.positives,
        auc: args.auc,
        correlation: args.correlation,
        confidence: confidence.level(),
        rules,
        not_planned,
    })
}

/// A policy on its way to be planned.
struct Planned<'a> {
    args: &'a PowerArgs,
    confidence: Confidence,
    holdout: AucHoldout,
    rules: Vec<RuleOutlook>,
    skipped: Vec<Unplanned>,
}

impl Planned<'_> {
    fn limit(&mut self, rule: String, metric: Metric, limit: f64) -> Result<(), GateError> {
        if metric == Metric::Auc && rule.starts_with("at_least") {
            self.rules
                .push(floor(rule, self.holdout, limit, self.confidence)?);
            return Ok(());
        }
        match Mean::expected(metric, self.args)? {
            Ok(mean) => self
                .rules
                .push(mean.limit(rule, limit, self.args, self.confidence)?),
            Err(reason) => self.skip(rule, reason),
        }
        Ok(())
    }

    fn margin(&mut self, rule: String, metric: Metric, margin: f64) -> Result<(), GateError> {
        if metric == Metric::Auc {
            self.rules
                .push(champion(rule, self.holdout, margin, self.confidence)?);
            return Ok(());
        }
        match Mean::expected(metric, self.args)? {
            Ok(mean) => self
                .rules
                .push(mean.margin(rule, margin, self.args, self.confidence)?),
            Err(reason) => self.skip(rule, reason),
        }
        Ok(())
    }

    fn slices(&mut self, config: &GateConfig) -> Result<(), GateError> {
        let Some(slices) = &config.slices else {
            return Ok(());
        };
        for (rule, limit) in [
            ("slices.auc_at_least", slices.auc_at_least),
            ("slices.at_most", slices.at_most),
        ] {
            if limit.is_some() {
                self.skip(rule.to_owned(), NO_PASS_TO_EARN.to_owned());
            }
        }
        let Some(policy) = slices.champion else {
            return Ok(());
        };
        if policy.prove == Prove::NoHarm {
            let rows = slices.min_rows.max(2 * slices.min_positives) as f64;
            let smallest = AucHoldout {
                rows,
                prevalence: slices.min_positives as f64 / rows,
                ..self.holdout
            };
            let rule = "slices.champion, the smallest slice".to_owned();
            let margin = policy.margin.get();
            self.rules
                .push(champion(rule, smallest, margin, self.confidence)?);
        } else {
            self.skip("slices.champion".to_owned(), NO_PASS_TO_EARN.to_owned());
        }
        Ok(())
    }

    /// Every other rule, so that no plan looks as if it were all of the policy.
    fn rest(&mut self, config: &GateConfig) {
        for metric in config.cumulative().into_keys() {
            let reason = format!(
                "it hangs on the merges since the release; each adds an error like that of `champion.{}`",
                metric.as_str()
            );
            self.skip(format!("release.cumulative.{}", metric.as_str()), reason);
        }
        let mcnemar = config
            .champion
            .as_ref()
            .and_then(|champion| champion.mcnemar);
        let looks = config.looks.is_some();
        let fairness = config.fairness.iter().flat_map(|rule| {
            let difference = rule.max_difference.map(|_| "fairness.max_difference");
            difference
                .into_iter()
                .chain(rule.min_ratio.map(|_| "fairness.min_ratio"))
        });
        let of_groups = "it hangs on how many rows each group has, and on their rates";
        let found = config
            .rules
            .model_bytes
            .map(|_| "rules.model_bytes".to_owned());
        let measured = config.rules.measured.keys();
        let reports = config.rules.reports.keys();
        let found: Vec<String> = found
            .into_iter()
            .chain(measured.map(|name| format!("rules.measured.{name}")))
            .chain(reports.map(|kind| format!("rules.reports.{kind}")))
            .collect();
        for rule in fairness.collect::<Vec<_>>() {
            self.skip(rule.to_owned(), of_groups.to_owned());
        }
        if mcnemar.is_some() {
            self.skip("champion.mcnemar".to_owned(), NO_PASS_TO_EARN.to_owned());
        }
        if looks {
            let reason = "it counts, and is in every interval above: the confidence is that of the first look";
            self.skip("looks".to_owned(), reason.to_owned());
        }
        for rule in found {
            self.skip(
                rule,
                "what another tool finds hangs on no holdout".to_owned(),
            );
        }
    }

    fn skip(&mut self, rule: String, reason: String) {
        self.skipped.push(Unplanned { rule, reason });
    }
}

/// Why a rule that asks for proof of harm has no power to be planned.
const NO_PASS_TO_EARN: &str =
    "it passes whatever is not shown to be worse, so there is no pass to earn";

/// The level of each end of an interval.
fn level(confidence: Confidence) -> f64 {
    0.5 * (1.0 - confidence.level())
}

impl Case {
    fn new(truth: String, test: NonInferiority, difference: f64, standard_error: f64) -> Self {
        let verdicts = test.verdicts(difference, standard_error);
        Self {
            truth,
            pass: verdicts.pass,
            fail: verdicts.fail,
            inconclusive: verdicts.inconclusive,
        }
    }
}

fn whole(count: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of rows; the largest number where it is larger"
    )]
    let count = count as u64;
    count
}
