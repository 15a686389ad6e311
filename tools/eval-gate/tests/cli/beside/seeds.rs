//! How much of a difference is the training seed.

use std::fs;

use yard_contract::RuleResult;

use super::{CHAMPION, MARGIN, rule};
use crate::project::Project;

#[test]
fn what_seeds_do_to_a_metric_widens_the_difference() {
    let project = Project::with_champion(6000, 1.0, 0.9, MARGIN);
    let alone = project.judged(&[&CHAMPION], 0);
    let named = ["a.json", "b.json", "c.json"];
    let retrains = ["--retrains", "a.json", "b.json", "c.json"];
    let put = |values: [f64; 3]| {
        for (place, (name, value)) in named.iter().zip(values).enumerate() {
            project.put(name, &format!("{{\"auc\": {value}, \"f1\": 0.5{place}}}\n"));
        }
    };
    put([0.8, 0.8, 0.8]);
    let calm = project.judged(&[&CHAMPION, &retrains], 0);
    let bound = |rules: &[RuleResult]| rule(rules, "champion.auc").bound.unwrap().get();
    assert!((bound(&calm) - bound(&alone)).abs() < 1e-12);
    put([0.79, 0.80, 0.81]);
    let wild = project.judged(&[&CHAMPION, &retrains], 4);
    assert!(bound(&wild) < bound(&alone) - 0.01);
    let noise = project.verdict().seed_noise.unwrap();
    assert_eq!(noise.retrains, 3);
    assert!((noise.deviations["auc"].value.get() - 0.01).abs() < 1e-12);

    project.refused(
        &[&CHAMPION, &["--retrains", "a.json"]],
        "one retrain says nothing",
    );
    project.refused(
        &[&CHAMPION, &["--retrains", "a.json", "a.json"]],
        "is given twice",
    );
    // A copy is no other seed, whatever it is called.
    let copy = String::from_utf8(project.file("a.json")).unwrap();
    project.put("b.json", &copy);
    project.refused(&[&CHAMPION, &retrains], "`b.json` is given twice");
    project.put("b.json", "{\"f1\": 0.5}");
    project.refused(&[&CHAMPION, &retrains], "the retrain `b.json` has no `auc`");
    project.put("b.json", "{\"auc\": null}");
    project.refused(&[&CHAMPION, &retrains], "cannot use `b.json`");
    // An evaluation says which rows it is about.
    project.put("holdout.csv", &crate::project::holdout(5000));
    project.judged(&[&CHAMPION], 0);
    fs::rename(
        project.0.path().join("out/evaluation.json"),
        project.0.path().join("b.json"),
    )
    .unwrap();
    project.judged(&[&CHAMPION, &retrains], 4);
    project.put("holdout.csv", &crate::project::holdout(6000));
    project.refused(&[&CHAMPION, &retrains], "`b.json` is about another holdout");
}

/// What the seed does is in the sum since the last release too.
#[test]
fn seeds_widen_the_sum_since_the_last_release() {
    let config = "champion: {auc_margin: 0.2}\nrelease: {cumulative: {auc: 0.05}}\n";
    let project = Project::with_champion(6000, 0.95, 1.0, config);
    let book = ["--new-ledger", "a test", "--first-release", "not yet"];
    for (name, value) in [("a.json", 0.78), ("b.json", 0.80), ("c.json", 0.82)] {
        project.put(name, &format!("{{\"auc\": {value}}}\n"));
    }
    let alone = project.judged(&[&CHAMPION, &book], 0);
    let retrains = ["--retrains", "a.json", "b.json", "c.json"];
    let wide = project.judged(&[&CHAMPION, &book, &retrains], 4);
    let of = |rules: &[RuleResult]| rule(rules, "release.cumulative.auc").clone();
    let (alone, wide) = (of(&alone), of(&wide));
    assert_eq!(alone.observed, wide.observed);
    // Twice the variance of 0.02 beside a standard error that is small.
    let reach = wide.observed.unwrap().get() - wide.bound.unwrap().get();
    assert!((reach / (1.96 * 0.0283) - 1.0).abs() < 0.05, "{wide:?}");
    assert_eq!(wide.verdict, yard_contract::Verdict::Inconclusive);
}
