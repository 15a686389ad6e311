//! The committed world, its digests, its dirty file and the command that makes them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use example_world::dirty::{PLANTED, Planted, ROWS, Spoil};
use example_world::sheet::File;
use example_world::{APPLICATIONS, SAMPLE, SEED, World, delivery};

static WORLD: LazyLock<World> = LazyLock::new(|| World::draw(SEED, APPLICATIONS));

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

fn readme() -> String {
    std::fs::read_to_string(data("README.md")).unwrap()
}

fn training() -> Vec<BTreeMap<String, String>> {
    let files = example_world::files(&WORLD, SEED).unwrap();
    let file = files
        .iter()
        .find(|file| file.name == "training.csv")
        .unwrap();
    let mut reader = csv::Reader::from_reader(&file.bytes[..]);
    let owned = |row: &csv::StringRecord| row.iter().map(str::to_owned).collect::<Vec<_>>();
    let header = owned(reader.headers().unwrap());
    let named = |row: csv::StringRecord| header.iter().cloned().zip(owned(&row)).collect();
    reader.records().map(|row| named(row.unwrap())).collect()
}

#[test]
fn world_and_sample_have_the_committed_digests() {
    let expected = delivery::read(&data("SHA256SUMS")).unwrap();
    let mut made = delivery::Sums::new();
    for (place, world) in [
        ("world", WORLD.clone()),
        ("sample", World::draw(SEED, SAMPLE)),
    ] {
        for File { name, bytes } in example_world::files(&world, SEED).unwrap() {
            made.insert(format!("{place}/{name}"), delivery::sha256(&bytes));
        }
    }
    assert_eq!(made, expected);
}

#[test]
fn the_committed_sample_is_the_one_named_and_small() {
    let mut size = 0;
    for (name, digest) in delivery::read(&data("SHA256SUMS")).unwrap() {
        if name.starts_with("sample/") {
            let bytes = std::fs::read(data(&name)).unwrap();
            assert_eq!(delivery::sha256(&bytes), digest, "{name}");
            size += bytes.len();
        }
    }
    assert!(
        (1..5_000_000).contains(&size),
        "the sample takes {size} bytes"
    );
}

#[test]
fn a_smaller_world_is_a_prefix_and_another_seed_another_world() {
    let of = |world: &World, seed| example_world::files(world, seed).unwrap();
    assert_eq!(
        of(&World::draw(SEED, 300), SEED),
        of(&WORLD.sample(300), SEED)
    );
    for (one, other) in of(&World::draw(1, 300), 1)
        .iter()
        .zip(of(&World::draw(2, 300), 2))
    {
        assert_ne!(one.bytes, other.bytes, "{}", one.name);
    }
}

#[test]
fn what_is_planted_is_there() {
    let rows = training();
    let rate = |keep: &dyn Fn(&BTreeMap<String, String>) -> bool| {
        let kept: Vec<_> = rows.iter().filter(|row| keep(row)).collect();
        let bad = kept.iter().filter(|row| row["defaulted"] == "1").count();
        (kept.len(), bad as f64 / kept.len() as f64)
    };
    let (all, base) = rate(&|_| true);
    assert_eq!(all, 30_000);
    assert!((0.08..0.10).contains(&base), "base rate {base}");

    let calls =
        |row: &BTreeMap<String, String>| row["collections_calls_after"].parse::<u32>().unwrap();
    let (called, bad_called) = rate(&|row| calls(row) > 2);
    assert!(
        called > 2_000 && bad_called > 0.9,
        "the leak: {called} rows at {bad_called}"
    );

    let months: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row["channel"] == "partner_app")
        .map(|row| row["application_month"].as_str())
        .collect();
    assert_eq!(
        months.into_iter().collect::<Vec<_>>(),
        ["2025-09"],
        "the drift month"
    );

    let (weak, _) = rate(&|row| row["region"] == "coast" && row["product"] == "point_of_sale");
    assert!(
        (1_050..1_350).contains(&weak),
        "the weak slice has {weak} rows"
    );

    let (_, thin) = rate(&|row| row["bureau_credit_count"].is_empty());
    let (_, known) = rate(&|row| !row["bureau_credit_count"].is_empty());
    assert!(
        thin > 1.3 * known,
        "no bureau record: {thin} against {known}"
    );
    let (_, silent) = rate(&|row| row["external_score"].is_empty());
    let (_, scored) = rate(&|row| !row["external_score"].is_empty());
    assert!(
        silent > 1.15 * scored,
        "no external score: {silent} against {scored}"
    );
}

#[test]
fn late_records_lie_before_the_application_and_stay_out_of_the_wide_table() {
    let mut late = [0; 2];
    for dossier in &WORLD.judged {
        for credit in dossier.credits() {
            assert!(credit.opened < 0 && credit.opened < credit.reported);
            late[usize::from(dossier.outcome.defaulted)] += usize::from(credit.reported > 0);
        }
    }
    let bad = WORLD
        .judged
        .iter()
        .filter(|dossier| dossier.outcome.defaulted)
        .count();
    let per = |n: usize, of: usize| n as f64 / of as f64;
    assert!(
        per(late[1], bad) > 3.0 * per(late[0], WORLD.judged.len() - bad),
        "{late:?}"
    );
    for (row, dossier) in training().iter().zip(&WORLD.judged) {
        let known = dossier
            .credits()
            .filter(|credit| credit.reported <= 0)
            .count();
        let shown = if known == 0 {
            String::new()
        } else {
            known.to_string()
        };
        assert_eq!(
            row["bureau_credit_count"], shown,
            "application {}",
            row["application_id"]
        );
    }
}

#[test]
fn ids_are_unique_and_a_few_applicants_return() {
    let rows = training();
    let unique = |column: &str| {
        rows.iter()
            .map(|row| &row[column])
            .collect::<BTreeSet<_>>()
            .len()
    };
    assert_eq!(unique("application_id"), rows.len());
    let again = rows.len() - unique("applicant_id");
    assert!((600..1_200).contains(&again), "{again} come again");
}

#[test]
fn the_dirty_file_has_each_planted_error_and_no_other() {
    let file = example_world::dirty::file(SEED).unwrap();
    let text = String::from_utf8(file.bytes).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), ROWS as usize + 1);
    let clean = World::draw_to_spoil(SEED, ROWS);
    let clean =
        String::from_utf8(example_world::tables::applications(&clean).unwrap().bytes).unwrap();
    let width = lines[0].split(',').count();
    let column = |name: &str| {
        lines[0]
            .split(',')
            .position(|column| column == name)
            .unwrap()
    };
    for (number, (line, clean)) in (1..).zip(lines.iter().zip(clean.lines())) {
        let Some(planted) = PLANTED.iter().find(|planted| planted.line == number) else {
            assert_eq!(*line, clean, "line {number} should be clean");
            continue;
        };
        assert_ne!(*line, clean, "line {number} should be dirty");
        let fields: Vec<&str> = line.split(',').collect();
        match planted.spoil {
            Spoil::Field(name, value) => {
                let head: Vec<&str> = clean.split(',').take(column(name)).chain([value]).collect();
                assert!(line.starts_with(&head.join(",")), "line {number}: {line}");
            }
            Spoil::Repeat(name, of) => {
                assert_eq!(
                    fields[column(name)],
                    lines[of - 1].split(',').nth(column(name)).unwrap()
                );
            }
            Spoil::Shorter => assert_eq!(fields.len(), width - 1),
            Spoil::Longer => assert_eq!(fields.len(), width + 1),
            Spoil::Blank => {
                assert!(fields.len() == width && fields.iter().all(|field| field.is_empty()));
            }
        }
    }
}

#[test]
fn the_readme_lists_the_planted_errors_and_every_column() {
    let readme = readme();
    for planted in &PLANTED {
        let line = readme_line(planted);
        assert!(readme.contains(&line), "data/README.md lacks: {line}");
    }
    for file in example_world::files(&World::draw(SEED, 1), SEED).unwrap() {
        assert!(
            readme.contains(&format!("`{}`", file.name)),
            "{} is not described",
            file.name
        );
        let header = file.bytes.split(|byte| *byte == b'\n').next().unwrap();
        for column in std::str::from_utf8(header).unwrap().split(',') {
            assert!(
                readme.contains(&format!("| `{column}` |")),
                "{column} is not described"
            );
        }
    }
}

fn readme_line(planted: &Planted) -> String {
    let (column, now) = match planted.spoil {
        Spoil::Field(column, "") => (format!("`{column}`"), "empty".to_owned()),
        Spoil::Field(column, text) => (format!("`{column}`"), format!("`{text}`")),
        Spoil::Repeat(column, line) => (format!("`{column}`"), format!("as in line {line}")),
        Spoil::Shorter => ("last".to_owned(), "cut off".to_owned()),
        Spoil::Longer => ("one more".to_owned(), "`0`".to_owned()),
        Spoil::Blank => ("all".to_owned(), "empty".to_owned()),
    };
    format!(
        "| {} | {column} | {now} | {} |",
        planted.line, planted.wrong
    )
}

fn run(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_example-world"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn the_command_writes_checks_and_names_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let small = ["--out", "w", "--sample", "s", "--applications", "40"];
    let with = |more: &[&'static str]| run(&[&small[..], more].concat(), folder.path());

    let written = with(&["--sums", "sums"]);
    assert_eq!(written.status.code(), Some(0), "{written:?}");
    assert_eq!(
        String::from_utf8(written.stdout).unwrap().lines().count(),
        16
    );
    assert!(
        std::fs::read_dir(folder.path().join("w"))
            .unwrap()
            .all(|entry| {
                entry
                    .unwrap()
                    .path()
                    .extension()
                    .is_some_and(|extension| extension == "csv")
            })
    );

    let same = with(&["--check", "sums", "--format", "json"]);
    assert_eq!(same.status.code(), Some(0), "{same:?}");
    assert_eq!(
        String::from_utf8(same.stdout)
            .unwrap()
            .matches("\"same\": true")
            .count(),
        16
    );

    let other = with(&["--check", "sums", "--seed", "9"]);
    assert_eq!(other.status.code(), Some(1));
    assert!(
        String::from_utf8(other.stderr)
            .unwrap()
            .contains("`world/training.csv`")
    );
}

#[test]
fn nothing_to_compare_with_is_never_a_match() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::File::create(folder.path().join("sums")).unwrap();
    let none = run(
        &["--out", "w", "--applications", "5", "--check", "sums"],
        folder.path(),
    );
    assert_eq!(none.status.code(), Some(1));
}

#[test]
fn bad_usage_and_bad_files_exit_with_2() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(data("README.md"), folder.path().join("not-sums")).unwrap();
    for (arguments, says) in [
        (&["--applications", "5"][..], "--out"),
        (&["--out", "w", "--applications", "0"], "0"),
        (
            &["--out", "w", "--applications", "5", "--check", "absent"],
            "failed to read `absent`",
        ),
        (
            &["--out", "w", "--applications", "5", "--check", "not-sums"],
            "`not-sums` line 1",
        ),
        (
            &["--out", "not-sums", "--applications", "5"],
            "failed to create folder `not-sums`",
        ),
    ] {
        let output = run(arguments, folder.path());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
    }
}
