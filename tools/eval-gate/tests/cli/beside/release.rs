//! The last release, and what was lost since.

use yard_contract::Verdict;

use super::{BOOK, CHAMPION, MARGIN, NEW_BOOK, rule};
use crate::project::{FIRST, Project, model};

/// Each merge may lose a little; the ledger adds up how much all of them did.
#[test]
fn small_losses_since_the_last_release_add_up() {
    let config = "champion: {auc_margin: 0.02}\nrelease: {cumulative: {auc: 0.02}}\n";
    let project = Project::with_champion(20_000, 1.0, 1.0, config);
    let place = |name: &str| project.0.path().join(name);
    model(&place("release"), 1.0);
    let release = ["--release-champion", "release"];
    let mut codes = Vec::new();
    let mut ledger = NEW_BOOK;
    for weight in [0.85, 0.75, 0.68, 0.62, 0.57, 0.53] {
        model(&place("model"), weight);
        let output = project.gate(&[&CHAMPION[..], &release, &ledger].concat());
        codes.push(output.status.code().unwrap());
        let rules = project.verdict().rules;
        assert_eq!(
            rule(&rules, "champion.auc").verdict,
            Verdict::Pass,
            "{weight}"
        );
        // It is merged: the next is held against it.
        model(&place("champion"), weight);
        ledger = BOOK;
    }
    assert_eq!(codes[0], 0, "{codes:?}");
    assert_eq!(*codes.last().unwrap(), 1, "{codes:?}");
    let gate = project.verdict();
    let chain = &gate.chains[0];
    assert_eq!((chain.metric.as_str(), chain.links.len()), ("auc", 6));
    for pair in chain.links.windows(2) {
        assert_eq!(pair[0].candidate_sha256, pair[1].champion_sha256);
    }
    // On the same rows the steps add up to the difference from the release itself.
    let apart = project.evaluation().release.unwrap().difference.value.get();
    assert!((chain.total.value.get() - apart).abs() < 1e-12);
    assert_eq!(
        gate.release.unwrap().sha256,
        Some(chain.links[0].champion_sha256)
    );

    // Release what is merged, and the sum starts anew.
    model(&place("release"), 0.53);
    model(&place("model"), 0.52);
    project.judged(&[&CHAMPION, &release, &BOOK], 0);
    assert_eq!(project.verdict().chains[0].links.len(), 1);

    // A path that misses the release is no evidence that little was lost.
    model(&place("release"), 0.123);
    project.refused(
        &[&CHAMPION, &release, &BOOK],
        "the merges since the release",
    );
    project.judged(&[&CHAMPION, &["--first-release", "not yet"], &BOOK], 1);
    assert_eq!(project.verdict().chains[0].links.len(), 7);
}

#[test]
fn the_last_release_is_a_champion_of_its_own() {
    let config = "champion: {auc_margin: 0.5}\nrelease: {margins: {auc: 0.01}}\n";
    let project = Project::with_champion(6000, 0.9, 0.9, config);
    let release = ["--release-champion", "release"];
    for (weight, rows, code) in [(0.95, 6000, 0), (0.5, 6000, 0), (0.9, 80, 0), (1.0, 80, 4)] {
        project.put("holdout.csv", &crate::project::holdout(rows));
        model(&project.0.path().join("release"), weight);
        let rules = project.judged(&[&CHAMPION, &release], code);
        assert!(
            rule(&rules, "release.auc")
                .message
                .contains("the last release's")
        );
    }
    project.put("holdout.csv", &crate::project::holdout(6000));
    model(&project.0.path().join("model"), 0.4);
    model(&project.0.path().join("release"), 1.0);
    let rules = project.judged(&[&CHAMPION, &release], 1);
    assert_eq!(rule(&rules, "champion.auc").verdict, Verdict::Pass);
    assert_eq!(rule(&rules, "release.auc").verdict, Verdict::Fail);

    project.refused(&[&CHAMPION], "no release is given");
    project.refused(
        &[&CHAMPION, &["--first-release", ""]],
        "`--first-release` needs a reason",
    );
    project.put("configs/gate.yaml", MARGIN);
    project.refused(&[&CHAMPION, &release], "no `release` rule");
    let flag = ["--first-release", "not yet"];
    project.refused(&[&CHAMPION, &flag], "leave the flag out");
    project.put(
        "configs/gate.yaml",
        "at_least: {auc: 0.5}\nrelease: {margins: {auc: 1}}\n",
    );
    project.refused(&[&FIRST], "`release.margins.auc` is 1");
    project.put(
        "configs/gate.yaml",
        "at_least: {auc: 0.5}\nrelease: {margins: {auc: 0.1}}\n",
    );
    project.refused(
        &[&FIRST, &release],
        "a first model cannot have a release before it",
    );
    project.judged(&[&FIRST], 0);
    let release = project.verdict().release.unwrap();
    assert_eq!(release.first_release.as_deref(), Some("no release yet"));
}
