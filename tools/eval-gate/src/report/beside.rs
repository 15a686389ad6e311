//! What stands beside the comparison, for people.

use std::collections::BTreeMap;

use yard_contract::{Chain, Evaluation, Flips, Gate, SeedNoise};
use yard_report::document::{Block, Table, Text};
use yard_report::number::{decimals, grouped, signed};

use super::charts::status;
use super::tables;
use crate::measure::Metric;

/// Who decided that an outcome does not block; nothing where nobody did.
pub(super) fn overrides(gate: &Gate) -> Vec<Block> {
    if gate.overrides.is_empty() {
        return Vec::new();
    }
    let words = "Rules of which a person decided that they do not block";
    let mut table = Table::new(words, &["Rule", "Outcome", "Reason", "Who", "Until"]);
    for decided in &gate.overrides {
        let until = decided.expires.clone();
        table.row([
            Text::value(decided.rule.clone()),
            Text::status(status(decided.verdict)),
            Text::plain(decided.reason.clone()),
            Text::value(decided.author.clone()),
            Text::plain(until.unwrap_or_else(|| "for this model only".to_owned())),
        ]);
    }
    titled(words, table)
}

/// A table under its title: a caption is for those who hear the page.
fn titled(title: &str, table: Table) -> Vec<Block> {
    vec![Block::paragraph(format!("{title}:")), Block::Table(table)]
}

/// What was measured, beside the rules that say only whether it keeps to its limit.
pub(super) fn measured(figures: &BTreeMap<String, f64>) -> Vec<Block> {
    if figures.is_empty() {
        return Vec::new();
    }
    let caption = "Measured by other tools; these figures differ from run to run";
    let mut table = Table::new(caption, &["Rule", "#Figure"]);
    for (rule, figure) in figures {
        table.row([Text::value(rule.clone()), Text::plain(figure.to_string())]);
    }
    titled(caption, table)
}

/// Whether the training seed is in the intervals of the differences.
pub(super) fn seeds(noise: Option<&SeedNoise>) -> Block {
    let Some(noise) = noise else {
        return Block::paragraph(
            "No retrains were given, so the differences are those of these two models as they are: how \
             far another training seed would have moved them is not in the intervals.",
        );
    };
    let mut text = Text::plain(format!(
        "The rules' intervals include the training seed, by {} retrains. Standard deviation over seeds:",
        noise.retrains
    ));
    for (place, (metric, deviation)) in noise.deviations.iter().enumerate() {
        let found = format!(" {}", tables::figure(deviation.value));
        text = text
            .then(if place == 0 { " " } else { ", " })
            .code(metric.clone())
            .then(found);
    }
    Block::Paragraph(text.then("."))
}

/// The last release: the comparison with it, and what was lost from merge to merge since.
pub(super) fn release(gate: &Gate, evaluation: &Evaluation) -> Vec<Block> {
    let Some(release) = &gate.release else {
        return Vec::new();
    };
    let mut blocks = vec![Block::section("Last release")];
    if let Some(reason) = &release.first_release {
        blocks.push(Block::Paragraph(
            Text::plain("There is no release to compare with: ").code(reason.clone()),
        ));
    }
    if let Some(comparison) = &evaluation.release {
        let caption = "Challenger minus last release on the same rows; p is that of \"worse by the margin or \
                       more\"";
        blocks.push(Block::Table(tables::differences(comparison, caption)));
    }
    blocks.extend(gate.chains.iter().flat_map(chain));
    blocks
}

fn chain(chain: &Chain) -> Vec<Block> {
    let title = format!(
        "{} from merge to merge since the last release, the oldest first",
        chain.metric
    );
    let mut table = Table::new(
        title.clone(),
        &["Model", "In place of", "#Step", "#Standard error", "#Sum"],
    );
    let mut sum = 0.0;
    for link in &chain.links {
        sum += link.difference.get();
        table.row([
            Text::value(link.candidate_sha256.short()),
            Text::value(link.champion_sha256.short()),
            Text::plain(tables::difference(link.difference)),
            Text::plain(tables::figure(link.standard_error)),
            Text::plain(signed(sum, decimals(sum, 4))),
        ]);
    }
    titled(&title, table)
}

/// The rows that the champion decides differently.
pub(super) fn flips(flips: &Flips) -> Vec<Block> {
    let mut blocks = vec![Block::paragraph(format!(
        "Decided differently: {} rows are positive for the challenger alone, {} for the champion alone.",
        grouped(flips.to_positive),
        grouped(flips.to_negative),
    ))];
    let Some(first) = flips.listed.first() else {
        return blocks;
    };
    let names: Vec<&String> = first.columns.keys().collect();
    let mut columns = vec!["Row", "#Champion", "#Challenger", "#Change"];
    columns.extend(names.iter().map(|name| name.as_str()));
    let mut table = Table::new("Of these, the rows whose score changed most", &columns);
    for flip in &flips.listed {
        let (ours, theirs) = (flip.challenger.get(), flip.champion.get());
        let mut row = vec![
            Text::value(flip.row.clone()),
            Text::plain(format!("{theirs:.4}")),
            Text::plain(format!("{ours:.4}")),
            Text::plain(format!("{:+.4}", ours - theirs)),
        ];
        let value = |name: &&String| flip.columns.get(*name).cloned().unwrap_or_default();
        row.extend(names.iter().map(|name| Text::value(value(name))));
        table.row(row);
    }
    blocks.push(Block::Table(table));
    blocks
}

/// What needs no model: the column that tells most of these rows by itself.
pub(super) fn baseline(evaluation: &Evaluation) -> Option<Block> {
    let single = evaluation.baselines.iter().find_map(|baseline| {
        let name = baseline.name.strip_prefix("single feature: ")?;
        Some((name, &baseline.metrics))
    });
    let (name, reached) = single?;
    let reached = Metric::ALL.into_iter().filter_map(|metric| {
        let value = reached.get(metric.as_str())?;
        Some(format!("{} {}", metric.title(), tables::figure(*value)))
    });
    let reached: Vec<String> = reached.collect();
    let text = Text::plain("The best single feature, ")
        .code(name)
        .then(format!(", reaches by itself: {}.", reached.join(", ")));
    Some(Block::Paragraph(text))
}
