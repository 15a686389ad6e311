//! What a card says.

use pulldown_cmark::{Event, Options, Parser, Tag};
use serde::Deserialize;
use yard_contract::{
    Answer, ByTask, ClassesEvaluation, Comparison, CurvePoint, DataReport, Evaluation, Gate,
    Multiclass, NumbersEvaluation, Regression, ResidualBin, Rule, RuleCount, Run, Sha256,
    SliceResult, Split, Verdict,
};

use crate::line::{Line, estimate, finite, signature};

/// Digests put out of sight: they change with every field that an artifact gains.
fn without_digests(card: &str) -> String {
    let is_digest =
        |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut text = card.to_owned();
    for digest in card.split(|c: char| !c.is_alphanumeric()).filter(is_digest) {
        text = text.replace(digest, "SHA256");
    }
    let size = text
        .find(" bytes)")
        .map(|end| (text[..end].rfind('(').unwrap(), end));
    if let Some((start, end)) = size {
        text.replace_range(start + 1..end, "SOME");
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

/// The line of a model of another task: nothing of it is positive.
fn of_task(answer: Answer, primary: &str, by_task: ByTask) -> Line {
    let mut signature = signature();
    signature.answer = answer;
    let line = Line::of(signature);
    line.edit::<Split>("out/split.json", |split| {
        split.body.train.positives = None;
        split.body.holdout.positives = None;
    });
    line.evaluate(|evaluation| {
        evaluation.by_task = by_task;
        evaluation.primary = primary.to_owned();
        evaluation.metrics = [
            (primary.to_owned(), estimate(0.5)),
            ("accuracy".to_owned(), estimate(0.25)),
        ]
        .into();
        evaluation.baselines.truncate(1);
        for slice in &mut evaluation.slices {
            slice.positives = None;
            let value = slice.metrics.remove("auc").unwrap();
            slice.metrics.insert(primary.to_owned(), value);
        }
    });
    line
}

#[test]
fn a_model_of_several_classes() {
    let classes = ["high", "low", "mid"].map(str::to_owned).to_vec();
    let answer = Answer::Multiclass(Multiclass {
        classes: classes.clone(),
        probabilities: "probabilities".to_owned(),
    });
    let confusion = vec![vec![1_200, 30, 4], vec![25, 3_000, 7], vec![0, 9, 3_300]];
    let by_task = ByTask::Multiclass(ClassesEvaluation { classes, confusion });
    let line = of_task(answer, "log_loss", by_task);
    // One of this task, and one that another model left.
    line.write("out/charts/confusion.svg", b"<svg/>");
    line.write("out/charts/residuals.svg", b"<svg/>");
    let (code, _, stderr) = line.run(&[]);
    assert_eq!(code, 0, "{stderr}");
    let card = line.card();
    for said in [
        "name: Multi-class classification",
        "| Answer | a probability of each of 3 classes; a row counts as the most probable one |",
        "| Log-loss | 0.5000 (0.4800 to 0.5200) |",
        "| Held out | 7,575 rows |",
        "On 7,575 rows that the model has not seen. All digits",
        "| | taken for `high` | taken for `low` | taken for `mid` |\n|---|---:|---:|---:|\n| is `high` | 1,200 | 30 | 4 |",
        "| Slice | Rows | Log-loss | Against all | |",
        "![Decisions against outcomes](charts/confusion.svg)",
        // The weakest is the one of the largest loss.
        "is `region` = `capital`: Log-loss 0.7980",
    ] {
        assert!(card.contains(said), "{said}: {card}");
    }
    for silent in [
        "positive",
        "threshold",
        "### Calibration",
        "### Residuals",
        "charts/residuals.svg",
    ] {
        assert!(!card.contains(silent), "{silent}: {card}");
    }
}

#[test]
fn a_model_of_a_number() {
    let value = "value".to_owned();
    let bin = |from, to, rows| ResidualBin {
        from: finite(from),
        to: finite(to),
        rows,
    };
    let by_task = ByTask::Regression(NumbersEvaluation {
        mean: finite(3_104.25),
        sd: finite(870.5),
        points: vec![CurvePoint {
            x: finite(1.0),
            y: finite(2.0),
        }],
        residuals: vec![bin(-50.0, 0.0, 4_000), bin(0.0, 50.0, 3_575)],
    });
    let line = of_task(Answer::Regression(Regression { value }), "rmse", by_task);
    let (code, _, stderr) = line.run(&[]);
    assert_eq!(code, 0, "{stderr}");
    let card = line.card();
    for said in [
        "pipeline_tag: tabular-regression",
        "| Question | `defaulted`: a number |",
        "| Answer | a number in the unit of `defaulted` |",
        "On 7,575 rows that the model has not seen, whose `defaulted` has the mean 3104 and the standard deviation 870.5. All digits",
        "| RMSE (lower is better) | 0.5000 | 0.4800 to 0.5200 | delong 95% |",
        "### Residuals\n\nActual minus predicted:\n\n| From | To | Rows | Share |\n|---:|---:|---:|---:|\n| -50 | 0 | 4,000 | 52.8% |",
    ] {
        assert!(card.contains(said), "{said}: {card}");
    }
    for silent in ["positive", "threshold", "### Calibration", "taken for"] {
        assert!(!card.contains(silent), "{silent}: {card}");
    }
}

#[test]
fn of_an_adopted_model_the_card_says_what_is_not_known() {
    let line = Line::new();
    line.adopt();
    std::fs::remove_file(line.path().join("out/data-report.json")).unwrap();
    let (code, _, stderr) = line.run(&[]);
    assert_eq!(code, 0, "{stderr}");
    let card = line.card();
    for said in [
        "| Algorithm | fitted by another program, written by `skl2onnx 1.20.0`, and adopted as one ONNX graph (",
        "| Rows | how many it was fitted on is not known, 7,575 evaluated on |",
        "| Data check | ⚠️ none known |",
        "| Table | `data/training.csv`, as whoever adopted the model says |",
        "| Data check | ⚠️ none known: this card was written without a data report |",
        "| Fitted on, held out | not known: another program divided the rows |",
        "That the program which fitted the model had not seen them is its owner's word; no digest proves it.",
        "How much each feature contributes is not known.",
        "Another program fitted it. With which parameters",
        "The fit cannot be repeated from here.",
        "train adopt fitted/churn.onnx --data data/training.csv --target defaulted --positive 1 --threshold 0.2 --features income_monthly,external_score --seed 7 --model again/model\n",
    ] {
        assert!(card.contains(said), "{said}: {card}");
    }
    for silent in ["standardised", "has not seen", " fitted on,"] {
        assert!(!card.contains(silent), "{silent}: {card}");
    }
}

#[test]
fn of_a_model_that_a_command_fitted_the_card_says_how_to_run_it_again() {
    let line = Line::new();
    line.bring();
    let (code, _, stderr) = line.run(&[]);
    assert_eq!(code, 0, "{stderr}");
    let card = line.card();
    for said in [
        "| Algorithm | fitted by a command, written by `skl2onnx 1.20.0`, and adopted as one ONNX graph (",
        "| To fit on | 22,425 rows",
        "that were not given to the command",
        "A command fitted it, with the seed 7 and the",
        "give the same bytes where the command is one that does.",
        "fit.py' | sha256sum --check\n",
        "train run --data data/training.csv --config configs/train.yaml --classes 0,1 --input vocabulary=data/words.txt --pass HF_TOKEN --max-seconds 60 --model again/model --holdout again/holdout.csv --split again/split.json --work again/run -- python fit.py --token=\"${HF_TOKEN}\"\n",
    ] {
        assert!(card.contains(said), "{said}: {card}");
    }
    // `train run` has divided the rows, and says so in a file.
    std::fs::remove_file(line.path().join("out/split.json")).unwrap();
    assert_eq!(line.run(&[]).0, 2);
}

#[test]
fn a_split_of_the_same_table_tells_what_an_adopted_model_could_see() {
    let line = Line::new();
    let split = line.read("out/split.json");
    line.adopt();
    line.write("out/split.json", split.as_bytes());
    let (code, _, stderr) = line.run(&[]);
    assert_eq!(code, 0, "{stderr}");
    let card = line.card();
    assert!(
        card.contains("| To fit on | 22,425 rows, 2,063 positive (9.2%) |"),
        "{card}"
    );
}

#[test]
fn what_the_run_holds_is_drawn_beside_the_card() {
    let line = Line::new();
    let round = |round, loss| yard_contract::Round {
        round,
        train_loss: finite(loss),
        validation_loss: None,
    };
    let run = line.edit::<Run>("out/model/run.json", |run| {
        run.body.history = vec![round(1, 0.4), round(2, 0.3), round(3, 0.25)];
        run.body.suspicious = vec![yard_contract::Suspicion {
            feature: "external_score".to_owned(),
            measure: "auc".to_owned(),
            value: finite(0.999),
        }];
    });
    let evaluation = line.edit::<Evaluation>("out/evaluation.json", |document| {
        let inputs = document.header.inputs.iter_mut();
        for input in inputs.filter(|input| input.kind == "run") {
            input.sha256 = run;
        }
    });
    line.gate(evaluation, line.onnx());
    line.run(&[]);
    let card = line.card();
    assert!(
        card.contains("> ⚠️ `external_score` alone reaches `auc` 0.9990"),
        "{card}"
    );
    for (name, said) in [("importance", "external_score"), ("history", "round")] {
        assert!(card.contains(&format!("](charts/{name}.svg)")), "{card}");
        let svg = line.read(&format!("out/charts/{name}.svg"));
        assert!(svg.starts_with("<svg") && svg.contains(said), "{svg}");
    }
}

#[test]
fn a_model_may_have_no_data_report() {
    let line = Line::new();
    std::fs::remove_file(line.path().join("out/data-report.json")).unwrap();
    let (code, _, stderr) = line.run(&[]);
    assert_eq!(code, 0, "{stderr}");
    assert!(line.card().contains("| Data check | ⚠️ none known |"));
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
        let mut signature = signature();
        signature.target = text.to_owned();
        let Answer::Binary(binary) = &mut signature.answer else {
            unreachable!("the line's model tells two classes apart");
        };
        binary.classes.positive = text.to_owned();
        signature.features[0].name = text.to_owned();
        let line = Line::of(signature);
        let quoted = serde_json::to_string(text).unwrap();
        let config = format!(
            "name: {quoted}\nversion: {quoted}\nsummary: {quoted}\nowners: [{quoted}]\ncontact: {quoted}\n\
             licence: {quoted}\nintended_use: {{uses: [{quoted}], users: [{quoted}], out_of_scope: [{quoted}]}}\n\
             limitations: [{quoted}]\nrisks: [{{risk: {quoted}, mitigation: {quoted}}}]\n\
             data: {{name: {quoted}, description: {quoted}, source: {quoted}, licence: {quoted}, personal_data: {quoted}}}\n\
             human_oversight: {quoted}\n"
        );
        line.write("configs/card.yaml", config.as_bytes());
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
        line.gate(evaluation, line.onnx());
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
            // Those that we draw have names that we give them.
            Event::Start(Tag::Image { ref dest_url, .. }) if dest_url.starts_with("charts/") => {}
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
    assert_eq!(headings, 17, "{text:?}");
}
