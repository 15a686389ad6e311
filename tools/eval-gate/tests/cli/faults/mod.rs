//! Every input, spoilt in every way that applies to it: never a pass, and always a reason that names it.

mod damage;
mod sound;

use std::fs;

use yard_contract::{Document, Evaluation};

use self::damage::DAMAGES;
use self::sound::{CONFIG, GIVEN, sound};
use crate::project::{Project, model, stderr};

impl Project {
    /// Not a pass, and a reason with these words in it.
    fn not_passed(&self, more: &[&str], what: &str, words: &str) {
        let output = self.gate(more);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{what}: {said}");
        assert!(
            said.starts_with("error: ") && said.contains(words),
            "{what}: {said}"
        );
        assert!(self.file("out/gate.json").is_empty(), "{what}");
    }
}

#[test]
fn whatever_is_spoilt_is_no_pass_and_named() {
    let project = sound();
    let output = project.gate(&GIVEN);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let mut tried = 0;
    for name in [
        "model/model.onnx",
        "model/signature.json",
        "model/profile.json",
        "model/golden.json",
        "model/run.json",
        "champion/model.onnx",
        "champion/run.json",
        "release/model.onnx",
        "release/signature.json",
        "holdout.csv",
        "split.json",
        "configs/gate.yaml",
        "ledger.json",
        "smoke.json",
        "drift.json",
        "data.json",
        "times.json",
        "a.json",
        "overrides.yaml",
    ] {
        let bytes = project.file(name);
        let place = project.0.path().join(name);
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        // A model is named by its folder, too.
        let words = if folder.is_empty() { file } else { folder };
        fs::remove_file(&place).unwrap();
        project.not_passed(&GIVEN, &format!("{name} removed"), words);
        for (what, damage) in DAMAGES {
            let yaml = Some("yaml") == place.extension().and_then(|name| name.to_str());
            let Some(spoilt) = damage(&bytes).filter(|_| !yaml || what == "corrupted") else {
                continue;
            };
            // An artifact without digests, a ledger of candidates that were never merged.
            let digest = what == "of another digest";
            if spoilt == bytes || (digest && name == "ledger.json") {
                continue;
            }
            yard_cli::files::write(&place, &spoilt).unwrap();
            let words = match (what, name) {
                // A spoilt value of an artifact that others vouch for, or that vouches for them.
                ("of another digest", "model/run.json") => "split.json",
                _ => words,
            };
            project.not_passed(&GIVEN, &format!("{name} {what}"), words);
            tried += 1;
        }
        yard_cli::files::write(&place, &bytes).unwrap();
    }
    assert!(tried > 60, "{tried}");
    // Nothing of this was left behind.
    assert_eq!(project.gate(&GIVEN).status.code(), Some(0));
}

/// A configuration that is cut in half, or says nothing, has other rules or none, and unknown words are none.
#[test]
fn a_spoilt_configuration_is_no_policy() {
    let project = sound();
    for (text, words) in [
        ("", "the file is empty"),
        ("{}", "no `champion` rule"),
        ("at_least: {auc: 0.", "configs/gate.yaml:"),
        ("at_least: {auc: .nan}", "configs/gate.yaml:1"),
        (
            "at_least: {auc: 0.5}\nchampion: {margins: {auc: 0.5}}\nrelaese: {}",
            "unknown field",
        ),
        ("at_least: [auc]", "configs/gate.yaml:1"),
    ] {
        project.put("configs/gate.yaml", text);
        project.not_passed(&GIVEN, text, words);
    }
    project.put("configs/gate.yaml", CONFIG);
    for (text, words) in [
        ("", "overrides.yaml"),
        (
            "overrides:\n- {rule: champion.auc, reason: r",
            "overrides.yaml",
        ),
        (
            "overrides:\n- {rule: champion.auc, reason: r, author: a}\n",
            "champion.auc",
        ),
    ] {
        project.put("overrides.yaml", text);
        project.not_passed(&GIVEN, text, words);
    }
}

/// A model whose numbers are none, or that answers every row alike, in each of the three places.
#[test]
fn a_model_that_answers_nothing_or_always_the_same_is_no_pass() {
    for (place, who) in [
        ("model", "model"),
        ("champion", "champion"),
        ("release", "release"),
    ] {
        let project = sound();
        let folder = project.0.path().join(place);
        model(&folder, f32::NAN);
        let mut given = GIVEN.to_vec();
        // Evidence is about the model; here its answers are.
        given.drain(8..13);
        project.put(
            "configs/gate.yaml",
            "at_least: {auc: 0.5}\nchampion: {margins: {auc: 0.5}}\nrelease: {margins: {auc: 0.5}}\n",
        );
        given.retain(|word| !word.contains("split"));
        project.not_passed(&given, &format!("{place} of NaN"), place);
        crate::project::constant_model(&folder);
        project.not_passed(
            &given,
            &format!("{place} constant"),
            &format!("the {who} answers every row alike"),
        );
    }
}

/// What other tools scored, as CSV: removed, empty, cut, spoilt, constant, other rows.
#[test]
fn spoilt_scores_of_any_side_are_no_pass() {
    let project = Project::new(
        2,
        1.0,
        "champion: {auc_margin: 0.5}\nrelease: {margins: {auc: 0.5}}\n",
    );
    let scores = |noise| crate::scored::binary(600, noise);
    let files = [
        ("new.csv", scores(0.3), "model"),
        ("old.csv", scores(0.35), "champion"),
        ("release.csv", scores(0.4), "release"),
    ];
    for (name, text, _) in &files {
        project.put(name, text);
    }
    let gate = |more: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_eval-gate"));
        command.current_dir(project.0.path()).env_clear();
        command.args([
            "--predictions",
            "new.csv",
            "--champion-predictions",
            "old.csv",
            "--release-champion-predictions",
            "release.csv",
        ]);
        command.args(more).output().unwrap()
    };
    let output = gate(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let evaluation = Document::<Evaluation>::parse(&project.file("out/evaluation.json")).unwrap();
    let digest = evaluation.body.holdout_sha256.to_string();
    let known = ["--holdout-sha256", digest.as_str()];
    assert_eq!(gate(&known).status.code(), Some(0));
    let column = |text: &str, place: usize, cell: &str| -> String {
        let rows = text.lines().enumerate().map(|(row, line)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if row > 0 {
                cells[place] = cell;
            }
            cells.join(",") + "\n"
        });
        rows.collect()
    };
    for (name, text, who) in &files {
        let place = project.0.path().join(name);
        let half = &text.as_bytes()[..text.len() / 2];
        let whole_rows = half.iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        let spoilt: [(&str, Vec<u8>, String); 9] = [
            ("empty", Vec::new(), (*name).to_owned()),
            (
                "a header",
                text.as_bytes()[..40].to_vec(),
                (*name).to_owned(),
            ),
            ("cut", half.to_vec(), (*name).to_owned()),
            (
                "cut at a row",
                half[..whole_rows].to_vec(),
                "not scored on the same rows".to_owned(),
            ),
            ("no text", vec![0xff; 200], (*name).to_owned()),
            (
                "NaN",
                column(text, 2, "nan").into_bytes(),
                (*name).to_owned(),
            ),
            (
                "missing",
                column(text, 2, "").into_bytes(),
                (*name).to_owned(),
            ),
            (
                "constant",
                column(text, 2, "0.25").into_bytes(),
                format!("the {who} answers every row alike"),
            ),
            (
                "one outcome",
                column(text, 1, "1").into_bytes(),
                (*name).to_owned(),
            ),
        ];
        for (what, bytes, words) in spoilt {
            yard_cli::files::write(&place, &bytes).unwrap();
            let output = gate(&[]);
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{name} {what}: {said}");
            assert!(said.contains(&words), "{name} {what}: {said}");
            assert!(project.file("out/gate.json").is_empty(), "{name} {what}");
        }
        fs::remove_file(&place).unwrap();
        let said = stderr(&gate(&[]));
        assert!(said.contains(&format!("failed to read `{name}`")), "{said}");
        project.put(name, text);
    }
    // All sides on other rows than those that were frozen.
    for (name, text, _) in &files {
        let (fewer, _) = text.trim_end().rsplit_once('\n').unwrap();
        project.put(name, &format!("{fewer}\n"));
    }
    assert_eq!(gate(&[]).status.code(), Some(0));
    let output = gate(&known);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains(&digest) && said.contains("`new.csv`"),
        "{said}"
    );
}
