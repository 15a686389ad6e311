//! What people read of a release: the gate's verdict, and where to find the evidence.
//!
//! Everything that came from data, as the names of slices in a rule's sentence, is escaped by the
//! report's own renderer: no text of a model's can mention somebody or start a forge's command.

use yard_contract::{Gate, Sha256, Verdict};
use yard_package::PackageId;
use yard_registry::Notes;
use yard_report::document::{Block, Document, Status, Table, Text};
use yard_report::markdown;

/// Rules that are listed; the artifact has them all.
const RULES: usize = 50;

/// The notes of a release with these files beside its archive.
pub(crate) fn of(
    id: &PackageId,
    gate: &Gate,
    archive: Sha256,
    signed_by: Option<Sha256>,
    files: &[&str],
) -> Notes {
    let mut blocks = vec![Block::Paragraph(against(gate))];
    let loud = gate
        .rules
        .iter()
        .filter(|rule| rule.verdict != Verdict::Pass);
    let passed = gate.rules.len() - loud.clone().count();
    blocks.push(Block::paragraph(format!(
        "{passed} of {} rules passed.",
        gate.rules.len()
    )));
    if loud.clone().next().is_some() {
        let mut table = Table::new(
            "What did not simply pass",
            &["Verdict", "Rule", "What was met"],
        );
        table = table.with_sentences("What was met");
        for rule in loud.take(RULES) {
            table.row([
                Text::status(status(rule.verdict)),
                Text::value(&rule.id),
                Text::plain(&rule.message),
            ]);
        }
        blocks.push(Block::Table(table));
    }
    for made in &gate.overrides {
        let text = Text::plain("A person decided that ").code(&made.rule);
        let text = text.then(" does not block: ").then(&made.reason);
        blocks.push(Block::Paragraph(
            text.then(" (").then(&made.author).then(")"),
        ));
    }
    blocks.push(Block::Paragraph(
        Text::plain("Archive: sha256 ").code(archive.to_string()),
    ));
    blocks.push(Block::Paragraph(match signed_by {
        Some(key) => Text::plain("Signed with the key ").code(key.to_string()),
        None => Text::plain("Not signed."),
    }));
    let document = Document {
        title: id.to_string(),
        status: status(gate.verdict),
        summary: Text::plain(&gate.summary),
        blocks,
    };
    let links = files.iter().filter_map(|file| {
        let label = label(id, file)?;
        Some((label.to_owned(), (*file).to_owned()))
    });
    Notes {
        title: id.to_string(),
        text: markdown::render(&document, markdown::LIMIT),
        links: links.collect(),
    }
}

/// What the model was compared with.
fn against(gate: &Gate) -> Text {
    match (&gate.champion.sha256, &gate.champion.first_model) {
        (Some(champion), _) => Text::plain("Compared with the champion ").code(champion.short()),
        (None, Some(reason)) => {
            Text::plain("The first model, compared with nothing: ").then(reason)
        }
        (None, None) => Text::plain("Compared with nothing."),
    }
}

/// What people call a file; nothing for those that only programs read.
fn label<'f>(id: &PackageId, file: &'f str) -> Option<&'f str> {
    if *file == id.archive_name() {
        return Some("package");
    }
    match file {
        "model_card.md" => Some("model card"),
        "evaluation.json" => Some("evaluation"),
        "gate.json" => Some("gate's verdict"),
        "bom.cdx.json" => Some("bill of materials"),
        "provenance.json" => Some("provenance"),
        _ => {
            let page = [".html", ".md", ".pdf"];
            page.iter().any(|end| file.ends_with(end)).then_some(file)
        }
    }
}

const fn status(verdict: Verdict) -> Status {
    match verdict {
        Verdict::Pass => Status::Pass,
        Verdict::Warning => Status::Warn,
        Verdict::Fail => Status::Fail,
        Verdict::Inconclusive => Status::Inconclusive,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn gate(rule: &str, message: &str) -> Gate {
        serde_json::from_value(json!({
            "verdict": "warning", "summary": "it is no worse /merge @all",
            "model_sha256": Sha256::of(b"m"), "champion": {"sha256": Sha256::of(b"c")},
            "rules": [
                {"id": "floor.auc", "verdict": "pass", "message": "fine"},
                {"id": rule, "verdict": "warning", "message": message},
            ],
        }))
        .unwrap()
    }

    #[test]
    fn the_verdict_and_what_did_not_pass_are_told_and_the_evidence_is_linked() {
        let id = PackageId::new("credit", "1.2.0").unwrap();
        let gate = gate("slice.auc region=N", "the interval is wide");
        let files = [
            "bom.cdx.json",
            "credit-1.2.0.tar.gz",
            "manifest.json",
            "model_card.md",
            "report.html",
        ];
        let notes = of(&id, &gate, Sha256::of(b"a"), None, &files);
        assert_eq!(notes.title, "credit 1.2.0");
        for said in [
            "Warning",
            "1 of 2 rules passed",
            "the interval is wide",
            "Not signed",
        ] {
            assert!(notes.text.contains(said), "{said}: {}", notes.text);
        }
        let linked: Vec<&str> = notes
            .links
            .iter()
            .map(|(label, _)| label.as_str())
            .collect();
        assert_eq!(
            linked,
            ["bill of materials", "package", "model card", "report.html"]
        );
    }

    #[test]
    fn no_text_of_a_model_acts_on_the_forge() {
        let id = PackageId::new("credit", "1.2.0").unwrap();
        let gate = gate(
            "slice.auc name=\n/merge\n@all <img src=x>",
            "\n/close\n[x](javascript:y) @all",
        );
        let text = of(&id, &gate, Sha256::of(b"a"), None, &[]).text;
        assert!(text.lines().all(|line| !line.starts_with('/')), "{text}");
        // Between backticks nothing acts; what stands outside is prose.
        let prose: String = text.split('`').step_by(2).collect();
        assert!(
            !prose.contains("<img") && !text.contains("](javascript"),
            "{text}"
        );
        assert!(!prose.contains(" @all"), "{text}");
    }
}
