//! How often the rows were looked at.

use yard_contract::{Finite, Verdict};

use super::{BOOK, CHAMPION, MARGIN, NEW_BOOK, rule};
use crate::project::{FIRST, Project, model};

#[test]
fn looks_share_the_level_a_rerun_is_none_and_the_last_one_says_so() {
    let config = format!("{MARGIN}looks: {{planned: 2}}\n");
    let project = Project::with_champion(6000, 1.0, 0.9, &config);
    let rules = project.judged(&[&CHAMPION, &NEW_BOOK], 0);
    let first = (project.file("out/gate.json"), project.file("ledger.json"));
    assert_eq!(project.ledger().begun, "the first one");
    let look = project.verdict().look.unwrap();
    assert_eq!((look.number, look.planned), (1, Some(2)));
    assert_eq!((look.level.get(), look.left.get()), (0.025, 0.025));
    assert_eq!(Some(look.confidence), Finite::new(0.975));
    assert!(rule(&rules, "looks").message.starts_with("look 1 of 2"));
    let interval = project.evaluation().metrics["auc"].interval.clone();
    assert_eq!(interval.as_deref(), Some("delong 97.5%"));

    // The same candidate again: the same bytes, and no new look.
    project.judged(&[&CHAMPION, &BOOK], 0);
    assert!((project.file("out/gate.json"), project.file("ledger.json")) == first);

    model(&project.0.path().join("model"), 1.1);
    let rules = project.judged(&[&CHAMPION, &BOOK], 0);
    assert!(
        rule(&rules, "looks")
            .message
            .contains("rotate the holdout before the next")
    );
    assert_eq!(project.ledger().looks.len(), 2);

    // A third has nothing left, whatever it shows; a fork that only reads leaves the ledger alone.
    model(&project.0.path().join("model"), 1.2);
    let ledger = project.file("ledger.json");
    let rules = project.judged(&[&CHAMPION, &["--ledger", "ledger.json"]], 1);
    assert_eq!(rule(&rules, "looks").verdict, Verdict::Fail);
    assert_eq!(rule(&rules, "champion.auc").verdict, Verdict::Pass);
    assert!(project.file("ledger.json") == ledger);
    project.put(
        "configs/gate.yaml",
        &config.replace("planned: 2", "planned: 2, exhausted: warning"),
    );
    project.judged(&[&CHAMPION, &BOOK], 4);
    assert_eq!(project.ledger().looks[2].level, Finite::ZERO);

    // Other rows are another budget.
    project.put("holdout.csv", &crate::project::holdout(6001));
    project.judged(&[&CHAMPION, &BOOK], 0);
    assert_eq!(project.verdict().look.unwrap().number, 1);
}

#[test]
fn what_is_sure_enough_for_one_look_is_not_for_five_hundred() {
    let config = "at_least: {auc: 0.74, f1: 0.6}\n";
    let project = Project::new(700, 1.0, config);
    let alone = project.judged(&[&FIRST], 0);
    project.put(
        "configs/gate.yaml",
        &format!("{config}looks: {{planned: 500}}\n"),
    );
    let shared = project.judged(&[&FIRST, &NEW_BOOK], 4);
    let output = project
        .plan(&["--rows", "700", "--positives", "350", "--format", "json"])
        .stdout;
    let plan: serde_json::Value = serde_json::from_slice(&output).unwrap();
    assert_eq!(plan["confidence"].to_string(), "0.9999");
    for id in ["at_least.auc", "at_least.f1"] {
        assert!(rule(&shared, id).bound < rule(&alone, id).bound, "{id}");
    }
    assert_eq!(rule(&shared, "at_least.auc").verdict, Verdict::Inconclusive);
}

#[test]
fn a_ledger_that_is_missing_foreign_or_contradicts_itself_is_refused() {
    let config = format!("{MARGIN}looks: {{planned: 2}}\n");
    let project = Project::with_champion(600, 1.0, 0.9, &config);
    project.refused(&[&CHAMPION], "no ledger is given");
    project.refused(
        &[&CHAMPION, &["--new-ledger", " "]],
        "`--new-ledger` needs a reason",
    );
    project.refused(&[&CHAMPION, &BOOK], "failed to read `ledger.json`");
    let output = project.gate(&[&CHAMPION[..], &NEW_BOOK].concat());
    assert!(output.status.code().is_some_and(|code| code != 2));
    let text = String::from_utf8(project.file("ledger.json")).unwrap();
    for (spoilt, reason) in [
        (String::new(), "not a JSON artifact"),
        (text[..text.len() / 2].to_owned(), "not a JSON artifact"),
        (
            text.replace("\"ledger\"", "\"gate\""),
            "expected an artifact of kind `ledger`",
        ),
        (
            text.replace("\"1.0\"", "\"2.0\""),
            "cannot be read by this version",
        ),
        (
            text.replace("\"looks\"", "\"lokks\""),
            "malformed `ledger` artifact",
        ),
        (
            text.replace("\"number\": 1", "\"number\": 2"),
            "numbers its looks with gaps",
        ),
        (
            text.replace("\"level\": 0.025", "\"level\": -1"),
            "spends a level that is none",
        ),
    ] {
        assert_ne!(spoilt, text, "{reason}");
        project.put("ledger.json", &spoilt);
        project.refused(&[&CHAMPION, &BOOK], reason);
    }
    // A later minor version may say more than this one reads.
    project.put(
        "ledger.json",
        &text.replace("\"1.0\"", "\"1.7\", \"added_later\": 1"),
    );
    assert_ne!(
        project.gate(&[&CHAMPION[..], &BOOK].concat()).status.code(),
        Some(2)
    );
    for looks in [
        "{planned: 0}",
        "{planned: 501}",
        "{}",
        "{planned: 3, spend: endless}",
    ] {
        project.put("configs/gate.yaml", &format!("{MARGIN}looks: {looks}\n"));
        project.refused(&[&CHAMPION, &NEW_BOOK], "`looks.planned` is");
    }
}
