//! Tables, configurations and artifacts that are not what they should be, for every tool that reads
//! them.

use anyhow::{Context as _, Result};
use e2e::{Ran, Yard};

/// Who reads a table: the tool, its words in front of the line's, the option that takes the table,
/// and the file there.
struct Reader {
    tool: &'static str,
    words: &'static [&'static str],
    table: &'static str,
    writes: &'static str,
}

const READERS: [Reader; 6] = [
    Reader {
        tool: "data-check",
        words: &["--config", "configs/data.yaml", "--out", "made", "--data"],
        table: "data.csv",
        writes: "made",
    },
    Reader {
        tool: "data-check",
        words: &["infer", "--target", "defaulted", "--out", "made", "--data"],
        table: "data.csv",
        writes: "made",
    },
    Reader {
        tool: "train",
        words: &[
            "--model",
            "made",
            "--holdout",
            "made.csv",
            "--split",
            "made.json",
            "--data",
        ],
        table: "data.csv",
        writes: "made",
    },
    Reader {
        tool: "train",
        words: &[
            "init",
            "--target",
            "defaulted",
            "--positive",
            "1",
            "--out",
            "made",
            "--data",
        ],
        table: "data.csv",
        writes: "made",
    },
    Reader {
        tool: "batch-predict",
        words: &[
            "--package",
            "out/model",
            "--out",
            "made",
            "--report",
            "made.json",
            "--data",
        ],
        table: "new.csv",
        writes: "made",
    },
    Reader {
        tool: "eval-gate",
        words: &[
            "--model",
            "out/model",
            "--first-model",
            "none",
            "--out",
            "made",
            "--holdout",
        ],
        table: "out/holdout.csv",
        writes: "made",
    },
];

/// Runs every reader of tables on what `spoil` makes of its table.
fn each_reader(
    spoil: impl Fn(&str) -> Option<String>,
    judge: impl Fn(&Reader, &Ran),
) -> Result<()> {
    for reader in &READERS {
        let yard = Yard::prepared()?;
        let text = String::from_utf8(yard.read(reader.table)?)?;
        if let Some(spoilt) = spoil(&text) {
            yard.write("spoilt.csv", spoilt)?;
        }
        let ran = yard.run(reader.tool, &[reader.words, &["spoilt.csv"]].concat())?;
        judge(reader, &ran);
        if ran.code == Some(2) {
            assert!(
                !yard.path().join(reader.writes).exists(),
                "`{}` after {ran:?}",
                reader.writes
            );
        }
        yard.assert_nothing_half_written()?;
    }
    Ok(())
}

#[test]
fn a_missing_table_is_named() -> Result<()> {
    each_reader(
        |_| None,
        |_, ran| ran.assert_refused(2, &["spoilt.csv", "No such file"]),
    )
}

#[test]
fn an_empty_table_is_no_table() -> Result<()> {
    each_reader(
        |_| Some(String::new()),
        |_, ran| ran.assert_refused(2, &["spoilt.csv", "empty"]),
    )
}

#[test]
fn a_header_without_rows_is_no_table() -> Result<()> {
    let header = |text: &str| Some(text.lines().take(1).flat_map(|line| [line, "\n"]).collect());
    each_reader(header, |_, ran| {
        ran.assert_refused(2, &["spoilt.csv", "row"]);
    })
}

/// The line number of the row that is spoilt.
const SPOILT: usize = 7;

fn with_line(text: &str, edit: impl Fn(&str) -> String) -> String {
    let lines = text.lines().enumerate();
    let lines = lines.map(|(at, line)| {
        if at + 1 == SPOILT {
            edit(line)
        } else {
            line.to_owned()
        }
    });
    lines.flat_map(|line| [line, "\n".to_owned()]).collect()
}

/// A check names the row and goes on to a verdict, a draft warns; nobody else goes on.
#[test]
fn a_ragged_row_is_named_by_its_line() -> Result<()> {
    each_reader(
        |text| Some(with_line(text, |line| format!("{line},surplus"))),
        |reader, ran| match (reader.tool, reader.words[0]) {
            ("data-check", "infer") => {
                ran.assert_code(0);
                assert!(ran.stderr.contains("1 row left out"), "{ran:?}");
            }
            ("data-check", _) => {
                ran.assert_code(1);
                assert!(ran.stdout.contains("spoilt.csv:7"), "{ran:?}");
            }
            _ => ran.assert_refused(2, &["spoilt.csv", "line 7"]),
        },
    )
}

/// A word where numbers stand. What drafts a configuration takes the column for another type.
#[test]
fn a_word_among_numbers_is_named_by_line_and_column() -> Result<()> {
    let spoil = |text: &str| {
        let place = text
            .lines()
            .next()?
            .split(',')
            .position(|name| name == "amount_requested")?;
        Some(with_line(text, |line| {
            let cells = line.split(',').enumerate();
            let cells: Vec<&str> = cells
                .map(|(at, cell)| if at == place { "much" } else { cell })
                .collect();
            cells.join(",")
        }))
    };
    each_reader(spoil, |reader, ran| match (reader.tool, reader.words[0]) {
        (_, "infer" | "init") => ran.assert_code(0),
        ("data-check", _) => {
            ran.assert_code(1);
            assert!(
                ran.stdout
                    .contains("spoilt.csv:7: amount_requested: `much`"),
                "{ran:?}"
            );
        }
        _ => ran.assert_refused(2, &["spoilt.csv", "line 7", "amount_requested", "much"]),
    })
}

/// A table without a column that the model or the configuration needs.
#[test]
fn a_missing_column_is_named() -> Result<()> {
    let spoil = |text: &str| Some(text.replacen("external_score", "internal_score", 1));
    each_reader(spoil, |reader, ran| match (reader.tool, reader.words[0]) {
        (_, "infer" | "init") => ran.assert_code(0),
        ("data-check", _) => {
            ran.assert_code(1);
            assert!(ran.stdout.contains("external_score"), "{ran:?}");
        }
        _ => ran.assert_refused(2, &["external_score"]),
    })
}

/// Tools with a configuration, and the file.
const CONFIGURED: [(&str, &str); 5] = [
    ("data-check", "configs/data.yaml"),
    ("train", "configs/train.yaml"),
    ("eval-gate", "configs/gate.yaml"),
    ("model-card", "configs/card.yaml"),
    ("smoke-test", "configs/smoke.yaml"),
];

fn each_configuration(spoil: impl Fn(&str) -> Option<String>, words: &[&str]) -> Result<()> {
    for (tool, config) in CONFIGURED {
        let yard = Yard::prepared()?;
        yard.clear(tool)?;
        let text = String::from_utf8(yard.read(config)?)?;
        match spoil(&text) {
            Some(spoilt) => yard.write(config, spoilt)?,
            None => std::fs::remove_file(yard.path().join(config))?,
        }
        let ran = yard.stage(tool, &[])?;
        ran.assert_refused(2, &[&[config], words].concat());
        yard.assert_written(tool, false, &ran)?;
    }
    Ok(())
}

#[test]
fn a_missing_configuration_is_named() -> Result<()> {
    each_configuration(|_| None, &["No such file"])
}

#[test]
fn an_empty_configuration_is_none() -> Result<()> {
    each_configuration(|_| Some(String::new()), &[])
}

#[test]
fn an_unknown_key_of_a_configuration_is_named() -> Result<()> {
    each_configuration(
        |text| Some(format!("{text}\nno_such_key: 1\n")),
        &["no_such_key"],
    )
}

#[test]
fn a_configuration_that_is_no_yaml_is_refused_with_its_place() -> Result<()> {
    each_configuration(|text| Some(format!("{text}\n  : [\n")), &[":"])
}

/// Tools that read artifacts of other tools, with the option and the artifact.
const ARTIFACTS: [(&str, &str, &str); 5] = [
    ("model-card", "--data-report", "out/data-report.json"),
    ("model-card", "--split", "out/split.json"),
    ("model-card", "--evaluation", "out/evaluation.json"),
    ("model-card", "--gate", "out/gate.json"),
    ("publish-package", "--gate", "out/gate.json"),
];

#[test]
fn an_artifact_that_is_none_is_refused() -> Result<()> {
    for (tool, option, artifact) in ARTIFACTS {
        let yard = Yard::prepared()?;
        let whole = String::from_utf8(yard.read(artifact)?)?;
        let kind = yard.json(artifact)?["kind"]
            .as_str()
            .context("a kind")?
            .to_owned();
        let other = whole.replacen(&format!("\"{kind}\""), "\"measurement\"", 1);
        let later = whole.replacen("\"version\": \"1.", "\"version\": \"9.", 1);
        for (spoilt, said) in [
            (None, "No such file"),
            (Some(""), "not a JSON artifact"),
            (Some(&whole[..whole.len() / 2]), "not a JSON artifact"),
            (Some("<html>Sign in</html>"), "not a JSON artifact"),
            (Some(&other), "measurement"),
            (Some(&later), "9."),
        ] {
            yard.clear(tool)?;
            let path = yard.path().join("spoilt.json");
            match spoilt {
                Some(text) => yard.write("spoilt.json", text)?,
                None => assert!(!path.exists()),
            }
            let ran = yard.stage(tool, &[option, "spoilt.json"])?;
            ran.assert_refused(2, &["spoilt.json", said]);
            yard.assert_written(tool, false, &ran)?;
        }
    }
    Ok(())
}
