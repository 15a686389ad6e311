//! What is told: to people, and to forges.

use std::fs;

use yard_contract::{RuleResult, Verdict};

use super::{CHAMPION, MARGIN};
use crate::project::{FIRST, Project};

#[test]
fn the_rows_that_flipped_most_are_listed_and_a_private_column_is_masked() {
    let project = Project::with_champion(600, 1.0, 0.5, &MARGIN.replace("0.02", "0.5"));
    project.judged(&[&CHAMPION], 0);
    let flips = project.evaluation().flips.unwrap();
    assert_eq!(flips.listed.len(), 10);
    assert!(flips.to_positive + flips.to_negative > 10);
    let mut last = f64::INFINITY;
    for flip in &flips.listed {
        assert!((flip.challenger.get() >= 0.5) != (flip.champion.get() >= 0.5));
        let change = (flip.challenger.get() - flip.champion.get()).abs();
        assert!(change <= last && flip.columns.is_empty() && flip.row.starts_with("line "));
        last = change;
    }
    let config = MARGIN.replace("0.02", "0.5");
    project.put(
        "configs/gate.yaml",
        &format!("{config}flips: {{rows: 3, show: [group, y]}}\n"),
    );
    project.judged(&[&CHAMPION], 0);
    let listed = project.evaluation().flips.unwrap().listed;
    assert_eq!(listed.len(), 3);
    let names: Vec<&String> = listed[0].columns.keys().collect();
    assert_eq!(names, ["group", "y"]);

    let private = format!("{config}flips: {{show: [group, y]}}\nprivate: [group]\n");
    project.put("configs/gate.yaml", &private);
    project.judged(&[&CHAMPION], 0);
    for flip in project.evaluation().flips.unwrap().listed {
        assert_eq!(flip.columns["group"], "(private)");
        assert!(["0", "1"].contains(&flip.columns["y"].as_str()));
    }
    let report = String::from_utf8(project.file("out/report.md")).unwrap();
    assert!(report.contains("(private)"), "{report}");

    project.put(
        "configs/gate.yaml",
        &format!("{config}flips: {{show: [colour]}}\n"),
    );
    project.refused(&[&CHAMPION], "there is no column `colour`");
    project.put(
        "configs/gate.yaml",
        &format!("{config}flips: {{rows: 101}}\n"),
    );
    project.refused(&[&CHAMPION], "`flips.rows` is 101");
}

/// What a forge reads says the same as `gate.json`, names the line that asks, and cannot be forged.
#[test]
fn forges_get_findings_figures_and_annotations() {
    let config = "# policy\nat_least:\n  auc: 0.7\n  f1: 0.99\nchampion: {auc_margin: 0.5}\n\
                  slices: {by: [[group]], min_rows: 5, min_positives: 2, auc_at_least: 0.75}\n";
    let project = Project::with_champion(6000, 1.0, 0.9, config);
    let holdout = String::from_utf8(project.file("holdout.csv")).unwrap();
    project.put("holdout.csv", &holdout.replace(",c,", ",::error::%0A c,"));
    let rules = project.judged(&[&CHAMPION], 1);
    let broken: Vec<&RuleResult> = rules
        .iter()
        .filter(|rule| rule.verdict != Verdict::Pass)
        .collect();
    assert_eq!(broken.len(), 2);

    let findings: serde_json::Value =
        serde_json::from_slice(&project.file("out/gate.codequality.json")).unwrap();
    let findings = findings.as_array().unwrap();
    assert_eq!(findings.len(), 2);
    let f1 = &findings[0];
    assert_eq!(f1["location"]["path"], "configs/gate.yaml");
    assert_eq!(f1["location"]["lines"]["begin"], 4);
    assert_eq!(f1["severity"], "blocker");
    assert!(
        f1["description"]
            .as_str()
            .unwrap()
            .starts_with("at_least.f1: ")
    );
    assert_eq!(findings[1]["location"]["lines"]["begin"], 6);

    let annotations = String::from_utf8(project.file("out/gate.annotations.txt")).unwrap();
    let lines: Vec<&str> = annotations.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("::error file=configs/gate.yaml,line=4,title=Model gate%2C"));
    assert!(
        lines[1].contains("%3A%3Aerror%3A%3A%250A c"),
        "{}",
        lines[1]
    );

    let figures = String::from_utf8(project.file("out/gate.openmetrics.txt")).unwrap();
    let auc = project.evaluation().metrics["auc"].value.get();
    for line in [
        "gate_rules{verdict=\"fail\"} 2",
        "gate_rows 6000",
        &format!("gate_metric{{metric=\"auc\"}} {auc:.6}"),
    ] {
        assert!(
            figures.lines().any(|found| found == line),
            "{line}: {figures}"
        );
    }
    assert!(figures.contains("gate_difference{metric=\"auc\",against=\"champion\"} "));
    assert!(figures.ends_with("# EOF\n"));

    for (format, file) in [
        ("code-quality", "gate.codequality.json"),
        ("github", "gate.annotations.txt"),
        ("openmetrics", "gate.openmetrics.txt"),
        ("markdown", "report.md"),
        ("junit", "gate.junit.xml"),
    ] {
        let output = project.gate(&[&CHAMPION[..], &["--format", format]].concat());
        let file = project.file(&format!("out/{file}"));
        if format == "markdown" {
            // The file's lineage lists the model's and the champion's files too.
            assert!(output.stdout.starts_with(&file[..200]), "{format}");
        } else {
            assert!(output.stdout == file, "{format}");
        }
    }

    // What a person has decided is for information, whatever holds is no finding.
    let wish = [
        "--override",
        "at_least.f1=the audit is on Monday",
        "--override-author",
        "ada",
    ];
    project.judged(&[&CHAMPION, &wish], 1);
    let findings = String::from_utf8(project.file("out/gate.codequality.json")).unwrap();
    assert!(findings.contains("\"info\"") && findings.contains("\"blocker\""));
    let annotations = String::from_utf8(project.file("out/gate.annotations.txt")).unwrap();
    assert!(annotations.contains("::notice file=configs/gate.yaml,line=4,"));
    project.put("configs/gate.yaml", "at_least: {auc: 0.5}\n");
    project.judged(&[&FIRST], 0);
    assert_eq!(project.file("out/gate.codequality.json"), b"[]\n");
    assert!(project.file("out/gate.annotations.txt").is_empty());
}

/// The tool writes two dozen files; a crash leaves all of them or none.
#[test]
fn the_evidence_appears_together() {
    let project = Project::new(600, 1.0, "at_least: {auc: 0.5}\n");
    fs::create_dir_all(project.0.path().join("out/report.html")).unwrap();
    project.refused(&[&FIRST], "failed to write `out/report.html`");
    let left: Vec<_> = fs::read_dir(project.0.path().join("out"))
        .unwrap()
        .collect();
    // The folder in the way, and the empty one for the charts.
    assert_eq!(left.len(), 2, "{left:?}");
}

/// One page of less than a megabyte with every chart, each told in words and in numbers too; the champion's
/// curve lies beside the model's.
#[test]
fn the_page_has_every_chart_and_says_each_in_words() {
    let config = "at_least: {auc: 0.5}\nchampion: {auc_margin: 0.5}\n\
                  slices: {by: [[group]], min_rows: 50, min_positives: 10, auc_at_least: 0.2}\n";
    let project = Project::with_champion(50_000, 1.0, 0.9, config);
    project.judged(&[&CHAMPION], 0);
    let page = String::from_utf8(project.file("out/report.html")).unwrap();
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("@import"));
    let figures: Vec<&str> = page.split("<figure").skip(1).collect();
    for title in [
        "ROC curve",
        "Precision and recall",
        "Reliability",
        "Scores of the two classes",
        "Decisions at the threshold",
        "Cumulative gain",
        "Lift",
        "AUC by slice",
        "Challenger against champion",
    ] {
        let figure = figures.iter().find(|figure| figure.contains(title));
        let figure = figure.unwrap_or_else(|| panic!("no chart of `{title}`"));
        let (picture, told) = figure.split_once("</svg>").unwrap();
        assert!(picture.contains("role=\"img\""), "{title}");
        assert!(
            picture.contains("<title") && picture.contains("<desc"),
            "{title}"
        );
        assert!(
            told.contains("<figcaption") && told.contains("<table"),
            "{title}"
        );
        let compared = [
            "ROC curve",
            "Precision and recall",
            "Reliability",
            "Cumulative gain",
            "Lift",
        ];
        if compared.contains(&title) {
            assert!(picture.contains("champion"), "{title}");
        }
    }
    for name in [
        "roc",
        "lift",
        "gain",
        "reliability",
        "precision_recall",
        "champion",
        "slices",
    ] {
        assert!(
            !project.file(&format!("out/charts/{name}.svg")).is_empty(),
            "{name}"
        );
    }
}
