//! Every input, spoilt in every way that applies to it: never a pass, and always a reason that names it.

use std::fs;

use yard_contract::{
    Artifact, DataReport, Document, DriftReport, Evaluation, Finite, Input, Measurement, Producer,
    Run, Sha256, SmokeReport, Split, SplitMethod, SplitPart, Verdict,
};

use crate::project::{FIRST, Project, holdout, model, stderr};

/// A policy that asks for everything that can be given.
const CONFIG: &str = "\
at_least: {auc: 0.5}
champion: {margins: {auc: 0.5}}
release: {margins: {auc: 0.5}, cumulative: {auc: 0.5}}
looks: {planned: 20}
rules:
  model_bytes: {at_most: 5000}
  measured: {smoke-test.milliseconds.p99: {at_most: 5}}
  reports: {smoke-report: pass, drift-report: pass, data-report: pass}
slices: {by: [[group]], min_rows: 50, min_positives: 10, auc_at_least: 0.2}
";

const GIVEN: [&str; 24] = [
    "--champion",
    "champion",
    "--release-champion",
    "release",
    "--split",
    "split.json",
    "--ledger",
    "ledger.json",
    "--evidence",
    "smoke.json",
    "drift.json",
    "data.json",
    "times.json",
    "--retrains",
    "a.json",
    "b.json",
    "--overrides-file",
    "overrides.yaml",
    "--override",
    "at_least.auc=a test",
    "--override-author",
    "ada",
    "--today",
    "2026-03-01",
];

/// One damage: its name, and what becomes of the bytes; `None` where it does not apply.
type Damage = (&'static str, fn(&[u8]) -> Option<Vec<u8>>);

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// The first digest in a text becomes another's; in an evaluation, that of the rows.
fn other_digest(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = text(bytes)?;
    let mut from = text.find("\"holdout_sha256\"").unwrap_or(0);
    for part in text[from..].split('"') {
        if part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            break;
        }
        from += part.len() + 1;
    }
    let digest = text.get(from..from + 64)?;
    Some(
        text.replace(digest, &Sha256::of(b"another").to_string())
            .into_bytes(),
    )
}

/// The numbers of a table, or of an artifact, are none any more.
fn not_a_number(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = text(bytes)?;
    if text.starts_with('{') {
        let end = text.rfind(|sign: char| sign.is_ascii_digit())?;
        let start = text[..end].rfind(|sign: char| !(sign.is_ascii_digit() || sign == '.'))?;
        return Some(format!("{}NaN{}", &text[..=start], &text[end + 1..]).into_bytes());
    }
    let (header, rows) = text.split_once('\n')?;
    let rows = rows.lines().map(|row| match row.split_once(',') {
        Some((_, rest)) => format!("nan,{rest}\n"),
        None => row.to_owned(),
    });
    Some(format!("{header}\n{}", rows.collect::<String>()).into_bytes())
}

/// Every row is the first.
fn constant(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = text(bytes)?;
    if text.starts_with('{') {
        return None;
    }
    let (header, rows) = text.split_once('\n')?;
    let first = rows.lines().next()?;
    let count = rows.lines().count();
    Some(format!("{header}\n{}", format!("{first}\n").repeat(count)).into_bytes())
}

const DAMAGES: [Damage; 6] = [
    ("empty", |_| Some(Vec::new())),
    ("truncated", |bytes| Some(bytes[..bytes.len() / 2].to_vec())),
    ("corrupted", |bytes| {
        let mut bytes = bytes.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x80;
        Some(bytes)
    }),
    ("not a number", not_a_number),
    ("constant", constant),
    ("of another digest", other_digest),
];

fn put<T: Artifact>(project: &Project, name: &str, inputs: Vec<Input>, body: T) {
    let bytes = Document::new(Producer::new("test", "0"), inputs, body).to_bytes();
    project.put(name, text(&bytes).unwrap());
}

/// A project in which every input is given and sound, and the ledger has the merges.
fn sound() -> Project {
    let project = Project::new(3000, 1.0, "at_least: {auc: 0.5}\n");
    let place = |name: &str| project.0.path().join(name);
    // What two retrains reach on the same rows.
    for (name, weight) in [("a.json", 0.9), ("b.json", 0.92)] {
        model(&place("model"), weight);
        let output = project.gate(&FIRST);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        fs::rename(place("out/evaluation.json"), place(name)).unwrap();
    }
    model(&place("model"), 1.0);
    model(&place("champion"), 0.95);
    model(&place("release"), 0.95);
    let table = || vec![Input::new("table", "data.csv", Sha256::of(b"table"))];
    let run = Document::<Run>::parse(&project.file("model/run.json")).unwrap();
    put(&project, "model/run.json", table(), run.body);
    let onnx = Sha256::of(&project.file("model/model.onnx"));
    let rows = holdout(3000);
    let rows = rows.split_once('\n').unwrap().1;
    let part = |sha256| SplitPart {
        rows: 3000,
        positives: None,
        rows_sha256: sha256,
        ids: None,
        ids_sha256: None,
    };
    let split = Split {
        method: SplitMethod::Random,
        column: None,
        from: None,
        held_out: Vec::new(),
        train: part(Sha256::of(b"others")),
        holdout: part(Sha256::of(rows.as_bytes())),
    };
    put(&project, "split.json", table(), split);
    let smoke = SmokeReport {
        verdict: Verdict::Pass,
        model_sha256: Some(onnx),
        golden_rows: 1,
        checks: Vec::new(),
    };
    put(&project, "smoke.json", Vec::new(), smoke);
    let drift = DriftReport {
        verdict: Verdict::Pass,
        summary: "a test".to_owned(),
        model_sha256: onnx,
        rows: 1,
        labelled_rows: 0,
        reference_rows: 1,
        level: Finite::new(0.01).unwrap(),
        checks: Vec::new(),
        distributions: Vec::new(),
    };
    put(&project, "drift.json", Vec::new(), drift);
    let data = DataReport {
        verdict: Verdict::Pass,
        rows: 3000,
        unreadable_rows: 0,
        columns: Vec::new(),
        broken: Vec::new(),
        findings: Vec::new(),
    };
    put(&project, "data.json", table(), data);
    let times = Measurement {
        of: "smoke-test".to_owned(),
        seconds: [].into(),
        milliseconds: [("p99".to_owned(), Finite::new(4.0).unwrap())].into(),
        bytes: [].into(),
    };
    let of_model = vec![Input::new("model", "model.onnx", onnx)];
    put(&project, "times.json", of_model, times);
    let overrides =
        "overrides:\n- {rule: champion.auc, reason: r, author: ada, expires: 2026-12-31}\n";
    project.put("overrides.yaml", overrides);
    // The release was merged once: the ledger begins with it.
    project.put("configs/gate.yaml", CONFIG);
    let mut first = GIVEN.to_vec();
    first[6] = "--new-ledger";
    first[7] = "a test";
    first.extend(["--ledger-out", "ledger.json"]);
    let output = project.gate(&first);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    project
}

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
