//! What a judgement finds and decides.

use std::fmt::Write as _;

use yard_contract::Verdict;

use crate::project::{CONFIG, FIRST, Project, holdout, model, stderr};

#[test]
fn a_good_first_model_passes_and_says_why_there_was_no_champion() {
    let project = Project::new(
        6000,
        1.0,
        &CONFIG.replace("auc_at_least: 0.6", "auc_at_least: 0.3"),
    );
    let output = project.gate(&FIRST);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let gate = project.verdict();
    assert_eq!(gate.verdict, Verdict::Pass);
    assert_eq!(gate.champion.first_model.as_deref(), Some("no release yet"));
    for name in [
        "metrics.json",
        "report.md",
        "report.html",
        "gate.junit.xml",
        "charts/roc.svg",
    ] {
        assert!(!project.file(&format!("out/{name}")).is_empty(), "{name}");
    }
    let flat: serde_json::Value =
        serde_json::from_slice(&project.file("out/metrics.json")).unwrap();
    assert_eq!(
        flat["auc"].as_f64(),
        Some(project.evaluation().metrics["auc"].value.get())
    );
}

#[test]
fn a_weak_slice_is_named_and_fails() {
    let project = Project::new(6000, 1.0, CONFIG);
    let output = project.gate(&FIRST);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let gate = project.verdict();
    let broken: Vec<&str> = gate
        .rules
        .iter()
        .filter(|rule| rule.verdict == Verdict::Fail)
        .map(|rule| rule.id.as_str())
        .collect();
    assert_eq!(broken, ["slices.auc_at_least group=c"]);
    let warned = Project::new(
        6000,
        1.0,
        &CONFIG.replace("0.6}", "0.6, severity: warning}"),
    );
    assert_eq!(warned.gate(&FIRST).status.code(), Some(4));
}

#[test]
fn a_threshold_above_reach_fails_with_the_evidence_written() {
    let project = Project::new(6000, 1.0, "at_least: {auc: 0.99}");
    assert_eq!(project.gate(&FIRST).status.code(), Some(1));
    assert_eq!(project.verdict().verdict, Verdict::Fail);
    assert!(!project.file("out/report.md").is_empty());
}

#[test]
fn few_rows_are_inconclusive_and_a_strict_policy_takes_that_for_a_failure() {
    let project = Project::new(120, 1.0, "at_least: {auc: 0.75}");
    assert_eq!(project.gate(&FIRST).status.code(), Some(4));
    assert_eq!(project.verdict().verdict, Verdict::Inconclusive);
    let strict = Project::new(120, 1.0, "at_least: {auc: 0.75}\ninconclusive_is: fail\n");
    assert_eq!(strict.gate(&FIRST).status.code(), Some(1));
}

#[test]
fn a_champion_is_compared_on_the_same_rows() {
    let config = "champion: {auc_margin: 0.02}";
    for (rows, weight, code) in [(6000, 1.0, 0), (6000, 0.2, 1), (80, 0.6, 4)] {
        let project = Project::new(rows, weight, config);
        model(&project.0.path().join("champion"), 0.9);
        let output = project.gate(&["--champion", "champion"]);
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        let comparison = project.evaluation().comparison.unwrap();
        let difference = comparison.challenger.get() - comparison.champion.get();
        assert!((comparison.difference.value.get() - difference).abs() < 1e-12);
    }
}

#[test]
fn any_metric_can_have_a_margin_and_a_loss_counts_downwards() {
    let config = "champion: {margins: {auc: 0.02, log_loss: 0.02, f1: 0.05}}";
    let project = Project::new(6000, 1.0, config);
    model(&project.0.path().join("champion"), 0.9);
    let output = project.gate(&["--champion", "champion"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let rules = project.verdict().rules;
    let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["champion.auc", "champion.log_loss", "champion.f1"]);
    let loss = &rules[1];
    assert!(loss.bound.unwrap() <= loss.limit.unwrap() && loss.limit.unwrap().get() > 0.0);
    assert!(rules.iter().all(|rule| rule.p_value.unwrap().get() < 0.025));
    let comparison = project.evaluation().comparison.unwrap();
    assert_eq!(comparison.differences.len(), 16);
    assert!(comparison.decisions.unwrap().challenger_only > 0);

    // The other way round the same loss is a failure.
    let project = Project::new(6000, 0.2, config);
    model(&project.0.path().join("champion"), 1.0);
    assert_eq!(
        project.gate(&["--champion", "champion"]).status.code(),
        Some(1)
    );
    let verdicts: Vec<Verdict> = project
        .verdict()
        .rules
        .iter()
        .map(|rule| rule.verdict)
        .collect();
    assert_eq!(verdicts, [Verdict::Fail; 3]);

    for (wrong, reason) in [
        ("champion: {auc_margin: 0.1, margins: {auc: 0.1}}", "twice"),
        (
            "champion: {margins: {f1: -0.1}}",
            "the margin of `f1` is -0.1",
        ),
        ("champion: {margins: {}}", "no `champion` rule"),
    ] {
        project.put("configs/gate.yaml", wrong);
        let output = project.gate(&["--champion", "champion"]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
    }
}

/// In group c the labels are noise, so only elsewhere can a model be worse than another.
#[test]
fn a_slice_that_loses_against_the_champion_is_named_and_no_harm_must_be_shown_where_asked() {
    let policy = |prove: &str| {
        format!(
            "champion: {{auc_margin: 0.5}}\nslices: {{by: [[group]], min_rows: 50, min_positives: 10, \
             champion: {{auc_margin: 0.03, prove: {prove}}}}}\n"
        )
    };
    for (rows, weight, prove, code) in [
        (6000, 0.3, "harm", 1),
        (6000, 0.9, "harm", 0),
        (6000, 0.9, "no_harm", 0),
        (700, 0.7, "no_harm", 4),
    ] {
        let project = Project::new(rows, weight, &policy(prove));
        model(&project.0.path().join("champion"), 0.9);
        let output = project.gate(&["--champion", "champion"]);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{rows} {weight} {prove}: {}",
            stderr(&output)
        );
        let rules = project.verdict().rules;
        let broken = rules.iter().filter(|rule| rule.verdict == Verdict::Fail);
        let broken: Vec<&str> = broken.map(|rule| rule.id.as_str()).collect();
        let expected: &[&str] = if code == 1 {
            &["slices.champion group=a", "slices.champion group=b"]
        } else {
            &[]
        };
        assert_eq!(broken, expected);
    }
}

#[test]
fn the_slice_that_errs_most_is_found() {
    let project = Project::new(6000, 1.0, CONFIG);
    project.gate(&FIRST);
    let weakest = &project.evaluation().weakest[0];
    assert_eq!(weakest.columns["group"], "c");
    assert!(weakest.p_value.get() < 0.01 && weakest.loss > weakest.rest);
}

#[test]
fn an_inconclusive_rule_says_how_many_rows_would_settle_it() {
    let config = "at_least: {auc: 0.75}\nchampion: {auc_margin: 0.02}\n";
    let project = Project::new(150, 0.6, config);
    model(&project.0.path().join("champion"), 0.9);
    assert_eq!(
        project.gate(&["--champion", "champion"]).status.code(),
        Some(4)
    );
    let rules = project.verdict().rules;
    let unsettled = rules
        .iter()
        .filter(|rule| rule.verdict == Verdict::Inconclusive);
    for rule in unsettled {
        let needed = rule.needed.unwrap();
        assert!(
            needed.rows > 0 && needed.positives < needed.rows,
            "{rule:?}"
        );
        assert!(rule.message.contains("would settle it"), "{}", rule.message);
    }
}

#[test]
fn every_metric_has_an_interval_that_holds_its_value() {
    let project = Project::new(
        2000,
        0.8,
        "at_least: {auc: 0.6}\nchampion: {auc_margin: 0.1}\n",
    );
    model(&project.0.path().join("champion"), 0.9);
    project.gate(&["--champion", "champion"]);
    let evaluation = project.evaluation();
    let of_champion = &evaluation.comparison.as_ref().unwrap().champion_metrics;
    for metrics in [&evaluation.metrics, of_champion] {
        assert_eq!(metrics.len(), 18);
        for (name, estimate) in metrics {
            let (low, high) = (estimate.low.unwrap(), estimate.high.unwrap());
            assert!(low < estimate.value && estimate.value < high, "{name}");
        }
    }
    let method = |name: &str| evaluation.metrics[name].interval.clone().unwrap();
    assert_eq!(method("auc"), "delong 95%");
    assert_eq!(method("pr_auc"), "bootstrap 95%");
}

/// Every row four times: four times the rows, and no more evidence.
#[test]
fn rows_of_one_entity_are_no_evidence_of_their_own() {
    let text = holdout(500);
    let (header, rows) = text.split_once('\n').unwrap();
    let mut repeated = format!("{header},customer\n");
    for (number, row) in rows.lines().enumerate() {
        for _ in 0..4 {
            writeln!(repeated, "{row},{number}").unwrap();
        }
    }
    let config = "champion: {auc_margin: 0.1}\n";
    let project = Project::new(500, 0.8, config);
    model(&project.0.path().join("champion"), 0.5);
    let mut widths = Vec::new();
    for (config, holdout) in [
        (config.to_owned(), &text),
        (config.to_owned(), &repeated),
        (format!("{config}cluster: customer\n"), &repeated),
    ] {
        project.put("configs/gate.yaml", &config);
        project.put("holdout.csv", holdout);
        project.gate(&["--champion", "champion"]);
        let evaluation = project.evaluation();
        let width = |of: &yard_contract::Estimate| of.high.unwrap().get() - of.low.unwrap().get();
        widths.push([
            width(&evaluation.metrics["auc"]),
            width(&evaluation.metrics["accuracy"]),
            width(&evaluation.comparison.unwrap().difference),
        ]);
    }
    for metric in 0..3 {
        let (once, naive, clustered) = (widths[0][metric], widths[1][metric], widths[2][metric]);
        assert!((naive / once - 0.5).abs() < 0.05, "{widths:?}");
        assert!((clustered / once - 1.0).abs() < 0.15, "{widths:?}");
    }
}

#[test]
fn a_model_equal_to_the_champion_passes_without_margin() {
    let project = Project::new(6000, 0.9, "champion: {auc_margin: 0}");
    model(&project.0.path().join("champion"), 0.9);
    assert_eq!(
        project.gate(&["--champion", "champion"]).status.code(),
        Some(0)
    );
}

/// A slice that has the rows and still leaves the figure undefined is no slice that holds.
#[test]
fn a_supported_slice_without_a_figure_is_inconclusive_and_named() {
    let config = "at_least: {auc: 0.5}\nchampion: {auc_margin: 0.5}\nslices: {by: [[group]], \
                  min_rows: 50, min_positives: 0, auc_at_least: 0.4, champion: {margin: 0.9, prove: no_harm}}\n";
    let project = Project::new(6000, 1.0, config);
    model(&project.0.path().join("champion"), 0.95);
    let text = holdout(6000);
    let one_class = |line: &str| match line.rsplit_once(",c,") {
        Some((rest, _)) => format!("{rest},c,0\n"),
        None => format!("{line}\n"),
    };
    project.put(
        "holdout.csv",
        &text.lines().map(one_class).collect::<String>(),
    );
    let output = project.gate(&["--champion", "champion"]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let rules = project.verdict().rules;
    for id in [
        "slices.auc_at_least (undefined)",
        "slices.champion (undefined)",
    ] {
        let rule = rules.iter().find(|rule| rule.id == id).unwrap();
        assert_eq!(rule.verdict, Verdict::Inconclusive);
        assert!(rule.message.contains("group=c"), "{}", rule.message);
    }
    let rule = |id: &str| rules.iter().find(|rule| rule.id == id).unwrap();
    let found = rule("slices.champion");
    assert_eq!(found.verdict, Verdict::Pass);
    assert!(
        found.message.starts_with("all 2 slices") && found.message.contains("intersection-union"),
        "{}",
        found.message
    );
    assert!(rule("slices.auc_at_least").message.contains("Holm, over 2"));
}

/// `McNemar`'s test as a rule: rows of one entity are no evidence of their own.
#[test]
fn mcnemar_is_a_rule_that_knows_entities() {
    let config = "champion: {auc_margin: 0.9, mcnemar: fail}\n";
    let text = holdout(400);
    let (header, rows) = text.split_once('\n').unwrap();
    let mut repeated = format!("{header},customer\n");
    for (number, row) in rows.lines().enumerate() {
        for _ in 0..8 {
            writeln!(repeated, "{row},{number}").unwrap();
        }
    }
    let project = Project::new(400, 0.85, config);
    model(&project.0.path().join("champion"), 1.0);
    let mut found = Vec::new();
    for (config, holdout) in [
        (config.to_owned(), &text),
        (config.to_owned(), &repeated),
        (format!("{config}cluster: customer\n"), &repeated),
    ] {
        project.put("configs/gate.yaml", &config);
        project.put("holdout.csv", holdout);
        project.gate(&["--champion", "champion"]);
        let decisions = project.evaluation().comparison.unwrap().decisions.unwrap();
        let rules = project.verdict().rules;
        let rule = rules.iter().find(|rule| rule.id == "champion.mcnemar");
        found.push((decisions, rule.unwrap().verdict));
    }
    let [once, naive, clustered] = [found[0], found[1], found[2]];
    assert_eq!(naive.0.champion_only, 8 * once.0.champion_only);
    assert_eq!(clustered.0.champion_only, naive.0.champion_only);
    let p = |of: (yard_contract::Decisions, Verdict)| of.0.p_value.get();
    assert!(p(naive) < 0.05 * p(once), "{found:?}");
    assert!((p(clustered) / p(once)).ln().abs() < 0.7, "{found:?}");
    for (decisions, verdict) in found {
        let worse = decisions.champion_only > decisions.challenger_only;
        let broken = worse && decisions.p_value.get() <= 0.05;
        assert_eq!(verdict == Verdict::Fail, broken);
    }
}
