//! What a card says.

use pulldown_cmark::{Event, Options, Parser, Tag};
use serde::Deserialize;
use yard_contract::{
    Answer, Comparison, DataReport, Evaluation, Gate, Rule, RuleCount, Run, Sha256, Signature,
    SliceResult, Verdict,
};

use crate::line::{Line, estimate, finite};

/// Digests put out of sight: they change with every field that an artifact gains.
fn without_digests(card: &str) -> String {
    let is_digest =
        |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut text = card.to_owned();
    for digest in card.split(|c: char| !c.is_alphanumeric()).filter(is_digest) {
        text = text.replace(digest, "SHA256");
    }
    text
}

fn events(card: &str) -> Vec<Event<'_>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    Parser::new_ext(card, options).collect()
}

/// What a reader reads, all markup gone.
fn words(card: &str) -> String {
    let word = |event| match event {
        Event::Text(text) | Event::Code(text) => text.to_string(),
        Event::End(_) | Event::SoftBreak => "\n".to_owned(),
        _ => String::new(),
    };
    events(card).into_iter().map(word).collect()
}

#[test]
fn a_first_model() {
    let line = Line::new();
    line.write("out/charts/roc.svg", b"<svg/>");
    line.write("out/charts/scores.svg", b"<svg/>");
    let (code, stdout, stderr) = line.run(&[]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(
        stdout.starts_with("pass: out/model_card.md\nsha256 "),
        "{stdout}"
    );
    insta::assert_snapshot!(without_digests(&line.card()));
}

#[test]
fn the_same_artifacts_give_the_same_bytes() {
    let line = Line::new();
    line.run(&[]);
    let first = line.card();
    line.run(&["--out", "elsewhere/card.md"]);
    assert_eq!(first, line.read("elsewhere/card.md"));
}

#[derive(Deserialize)]
struct FrontMatter {
    license: String,
    #[serde(rename = "model-index")]
    models: Vec<ModelIndex>,
}

#[derive(Deserialize)]
struct ModelIndex {
    results: Vec<IndexResult>,
}

#[derive(Deserialize)]
struct IndexResult {
    metrics: Vec<IndexMetric>,
}

#[derive(Deserialize)]
struct IndexMetric {
    r#type: String,
    value: f64,
    args: Option<IndexInterval>,
}

#[derive(Deserialize)]
struct IndexInterval {
    low: f64,
    high: f64,
}

#[test]
fn the_front_matter_has_every_digit_of_the_evaluation() {
    let line = Line::new();
    line.evaluate(|evaluation| {
        evaluation
            .metrics
            .insert("ks".to_owned(), estimate(1.0 / 3e7));
        evaluation.metrics.insert("1e5".to_owned(), estimate(1.0));
    });
    line.run(&[]);
    let card = line.card();
    let front = card
        .strip_prefix("---\n")
        .unwrap()
        .split_once("\n---\n")
        .unwrap()
        .0;
    let front: FrontMatter = serde_saphyr::from_str(front).unwrap();
    assert_eq!(front.license, "mit");
    let metrics = &front.models[0].results[0].metrics;
    let types: Vec<&str> = metrics
        .iter()
        .map(|metric| metric.r#type.as_str())
        .collect();
    assert_eq!(types, ["roc_auc", "ks", "log_loss", "brier_score", "1e5"]);
    let auc = 0.781_926_535_897_932_4;
    assert_eq!(metrics[0].value.to_bits(), f64::to_bits(auc));
    let interval = metrics[0].args.as_ref().unwrap();
    assert_eq!(interval.low.to_bits(), (auc - 0.02).to_bits());
    assert_eq!(interval.high.to_bits(), (auc + 0.02).to_bits());
    assert_eq!(metrics[1].value.to_bits(), (1.0_f64 / 3e7).to_bits());
    assert!(metrics[3].args.is_none());
}

#[test]
fn a_champion_is_compared_with() {
    let line = Line::new();
    line.evaluate(|evaluation| {
        evaluation.comparison = Some(Comparison {
            champion_sha256: Sha256::of(b"the champion"),
            metric: "auc".to_owned(),
            champion: finite(0.79),
            challenger: finite(0.7819),
            difference: estimate(-0.0081),
            p_value: finite(0.2213),
            champion_metrics: [("auc".to_owned(), estimate(0.79))].into(),
            threshold: None,
            differences: [].into(),
            decisions: None,
        });
    });
    line.run(&[]);
    let text = words(&line.card());
    assert!(
        text.contains("is 0.7900 for the champion and 0.7819 for this model: a difference of -0.0081 (-0.0281 to +0.0119, delong 95%), p = 0.2213."),
        "{text}"
    );
}

#[test]
fn the_weakest_slices_come_first_and_none_is_hidden_without_a_word() {
    let line = Line::new();
    line.evaluate(|evaluation| {
        evaluation.slices = (0..30)
            .map(|place| SliceResult {
                columns: [("place".to_owned(), format!("p{place:02}"))].into(),
                rows: 100,
                positives: Some(20),
                supported: true,
                metrics: [("log_loss".to_owned(), estimate(f64::from(place) / 100.0))].into(),
                difference: None,
            })
            .collect();
    });
    line.run(&[]);
    let card = line.card();
    assert!(
        words(&card).contains(
            "The weakest slice with enough rows to judge is place = p29: Log-loss 0.2900"
        )
    );
    assert!(card.contains("`p10`") && !card.contains("`p09`"));
    assert!(card.contains("10 stronger slices and 0 with too few rows are left out here."));
}

#[test]
fn a_zero_is_a_number() {
    let line = Line::new();
    line.evaluate(|evaluation| {
        let ks = yard_contract::Estimate {
            value: finite(0.01),
            low: Some(finite(0.0)),
            ..estimate(0.01)
        };
        evaluation.metrics.insert("ks".to_owned(), ks);
    });
    line.run(&[]);
    assert!(
        line.card()
            .contains("| Kolmogorov-Smirnov | 0.0100 | 0.0000 to 0.0300 |"),
        "{}",
        line.card()
    );
}

#[test]
fn findings_and_foreign_rows_are_said() {
    let line = Line::new();
    line.edit::<DataReport>("out/data-report.json", |report| {
        report.body.verdict = Verdict::Warning;
        report.body.broken = vec![RuleCount {
            rule: Rule::MissingShare,
            column: Some("external_score".to_owned()),
            count: 4_860,
            severity: Verdict::Warning,
        }];
    });
    line.evaluate(|evaluation| evaluation.rows = 7_000);
    let (code, ..) = line.run(&[]);
    let card = line.card();
    assert_eq!(code, 0);
    assert!(
        card.contains("| missing-share | `external_score` | 4,860 | ⚠️ warning |"),
        "{card}"
    );
    assert!(
        card.contains("which are not the rows that this split held out"),
        "{card}"
    );
}

#[test]
fn a_gap_is_a_verdict_and_a_mark() {
    let line = Line::new();
    line.write(
        "configs/card.yaml",
        b"name: m\nintended_use: {uses: [Ranking], users: [Staff]}\nlimitations: [TODO]\n\
          risks: [{risk: Refusing the wrong people}]\n",
    );
    let (code, stdout, _) = line.run(&[]);
    assert_eq!(code, 1);
    assert!(
        stdout.starts_with(
            "fail: out/model_card.md says nothing under intended_use.out_of_scope, limitations, risks[0].mitigation\n"
        ),
        "{stdout}"
    );
    let card = line.card();
    assert!(card.contains("This card is incomplete."), "{card}");
    assert_eq!(card.matches("> ⚠️ **Missing.**").count(), 2, "{card}");
    assert!(
        card.contains("| Refusing the wrong people | ⚠️ **Missing** |"),
        "{card}"
    );
    assert!(!card.contains("TODO"), "{card}");
}

const HOSTILE: [&str; 14] = [
    "<script>alert(1)</script>",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "https://evil.example",
    "@all please",
    "/close\n/merge",
    "a\n\n/close\n\n# Heading\n",
    "| a | b |\n|---|---|",
    "``` \n---\nlicense: mit\n---\n",
    "{{ gate.verdict }}{% raw %}",
    "\u{202e}reversed\u{1b}[31m",
    "`code` and \\`more\\` | \\| pipe",
    "<img src=x onerror=alert(1)> &lt;",
    "[ref]: https://evil.example\n[ref]",
];

#[test]
fn whatever_comes_in_as_data_comes_out_as_data() {
    for text in HOSTILE {
        let line = Line::new();
        let quoted = serde_json::to_string(text).unwrap();
        let config = format!(
            "name: {quoted}\nversion: {quoted}\nsummary: {quoted}\nowners: [{quoted}]\ncontact: {quoted}\n\
             licence: {quoted}\nintended_use: {{uses: [{quoted}], users: [{quoted}], out_of_scope: [{quoted}]}}\n\
             limitations: [{quoted}]\nrisks: [{{risk: {quoted}, mitigation: {quoted}}}]\n\
             data: {{name: {quoted}, description: {quoted}, source: {quoted}, licence: {quoted}, personal_data: {quoted}}}\n\
             human_oversight: {quoted}\n"
        );
        line.write("configs/card.yaml", config.as_bytes());
        line.refit::<Signature>("signature.json", |signature| {
            signature.target = text.to_owned();
            let Answer::Binary(binary) = &mut signature.answer else {
                unreachable!("the line's model tells two classes apart");
            };
            binary.classes.positive = text.to_owned();
            signature.features[0].name = text.to_owned();
        });
        let run = line.edit::<Run>("out/model/run.json", |run| {
            run.body.commit = Some(text.to_owned());
            run.body.parameters.insert(text.to_owned(), text.into());
            run.header.inputs[0].path = text.to_owned();
        });
        line.edit::<DataReport>("out/data-report.json", |report| {
            report.body.broken = vec![RuleCount {
                rule: Rule::Type,
                column: Some(text.to_owned()),
                count: 1,
                severity: Verdict::Warning,
            }];
        });
        let evaluation = line.edit::<Evaluation>("out/evaluation.json", |document| {
            let evaluation = &mut document.body;
            evaluation.metrics.insert(text.to_owned(), estimate(0.5));
            evaluation
                .undefined
                .insert(text.to_owned(), text.to_owned());
            evaluation.baselines[0].name = text.to_owned();
            evaluation.slices[0].columns = [(text.to_owned(), text.to_owned())].into();
            let inputs = document.header.inputs.iter_mut();
            for input in inputs.filter(|input| input.kind == "run") {
                input.sha256 = run;
            }
        });
        line.gate(evaluation, Sha256::of(b"a graph"));
        line.edit::<Gate>("out/gate.json", |gate| {
            gate.body.summary = text.to_owned();
            gate.body.champion.first_model = Some(text.to_owned());
            gate.body.rules[0].id = text.to_owned();
            gate.body.rules[0].message = text.to_owned();
        });
        let (code, _, stderr) = line.run(&["--commit", text]);
        assert_eq!(code, 0, "{text:?}: {stderr}");
        harmless(&line.card(), text);
    }
}

fn harmless(card: &str, text: &str) {
    assert!(!card.lines().any(|line| line.starts_with('/')), "{text:?}");
    assert!(!card.contains(['\u{1b}', '\u{202e}', '\r']), "{text:?}");
    let mut in_code_block = false;
    let mut headings = 0;
    for event in events(card) {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. })
            | Event::Html(_)
            | Event::InlineHtml(_) => panic!("{text:?}: {event:?}"),
            Event::Start(Tag::Heading { .. }) => headings += 1,
            Event::Start(Tag::CodeBlock(_) | Tag::MetadataBlock(_)) => in_code_block = true,
            Event::End(_) => in_code_block = false,
            // Forges look for mentions and addresses in what the parser leaves as text.
            Event::Text(words) if !in_code_block => {
                assert!(
                    !words.contains("@all") && !words.contains("https://"),
                    "{text:?}: {words}"
                );
            }
            _ => {}
        }
    }
    assert_eq!(headings, 16, "{text:?}");
}
