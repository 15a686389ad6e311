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
        for (name, value) in named.iter().zip(values) {
            project.put(name, &format!("{{\"auc\": {value}, \"f1\": 0.5}}\n"));
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
