//! Killed at any moment and gone on: the same bytes.

use std::fs;
use std::process::{Child, Command, Stdio};

use super::{CONFIG, Project, stderr, table};

/// A signal that can be caught saves at any round, the others lose up to ten.
const KEPT: [&str; 4] = ["--checkpoint", "kept", "--checkpoint-rounds", "10"];

fn config() -> String {
    CONFIG.replace("rounds: 20, max_leaves: 4", "rounds: 150, max_leaves: 15")
}

/// How many moments are tried: all of them take minutes.
#[expect(
    clippy::disallowed_methods,
    reason = "how long tests take is no option of the tool"
)]
fn moments() -> u64 {
    match std::env::var_os("TRAINYARD_SOAK") {
        Some(_) => 100,
        None => 6,
    }
}

/// Every file that a run leaves but the measurement.
fn files(project: &Project) -> Vec<(String, Vec<u8>)> {
    let model = yard_model::file::ALL.map(|name| format!("out/model/{name}"));
    let others = ["out/holdout.csv", "out/split.json"].map(str::to_owned);
    let names = model.into_iter().chain(others);
    names
        .map(|name| (name.clone(), project.file(&name)))
        .collect()
}

/// The bytes that are kept so far.
fn kept(project: &Project) -> u64 {
    let entries = fs::read_dir(project.0.path().join("kept"));
    let sizes = entries.into_iter().flatten().flatten().filter_map(|entry| {
        let whole = entry.path().extension()? == "checkpoint";
        Some(entry.metadata().ok().filter(|_| whole)?.len())
    });
    sizes.sum()
}

fn started(project: &Project) -> Child {
    let mut command = project.command();
    command.args(["--data", "data.csv"]).args(KEPT);
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Sends a signal as soon as so much is kept; answers the exit code, if it came to one.
fn killed_at(project: &Project, bytes: u64, signal: &str) -> Option<i32> {
    let mut child = started(project);
    while kept(project) < bytes && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    // It may have ended by itself meanwhile.
    let mut kill = Command::new("kill");
    let _ = kill
        .args([signal, &child.id().to_string()])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    child.wait().unwrap().code()
}

#[test]
fn a_fit_that_is_killed_and_gone_on_with_ends_in_the_same_bytes() {
    let project = Project::new(&table(800), &config());
    assert_eq!(project.train(&[]).status.code(), Some(0));
    let expected = files(&project);
    assert!(expected.iter().all(|(_, bytes)| !bytes.is_empty()));
    let whole = project.train(&KEPT);
    assert_eq!(whole.status.code(), Some(0), "{}", stderr(&whole));
    assert!(files(&project) == expected, "checkpoints change nothing");
    assert_eq!(kept(&project), 0, "nothing is left to go on with");

    let count = moments();
    let (mut saved, mut resumed) = (0, 0);
    for moment in 0..count {
        fs::remove_dir_all(project.0.path().join("out")).unwrap();
        // The four fits keep some 500,000 bytes.
        let bytes = moment * 500_000 / count;
        let signal = if moment % 2 == 0 { "-TERM" } else { "-KILL" };
        if killed_at(&project, bytes, signal) == Some(75) {
            assert!(project.file("out/model/run.json").is_empty());
            saved += 1;
        }
        if moment % 3 == 2 {
            killed_at(&project, bytes + 50_000, "-TERM");
        }
        let begun = kept(&project) > 0;
        let end = project.train(&KEPT);
        assert_eq!(end.status.code(), Some(0), "{}", stderr(&end));
        assert_eq!(
            stderr(&end).contains("went on from"),
            begun,
            "{}",
            stderr(&end)
        );
        resumed += u32::from(begun);
        assert!(files(&project) == expected, "{signal} at {bytes} bytes");
        assert_eq!(kept(&project), 0);
    }
    assert!(saved > 0 && resumed > 1, "{saved} {resumed}");
}

#[test]
fn a_damaged_checkpoint_and_one_of_other_rows_are_not_gone_on_with() {
    let project = Project::new(&table(800), &config());
    project.train(&[]);
    let expected = files(&project);
    while killed_at(&project, 20_000, "-KILL").is_some() {}
    let folder = project.0.path().join("kept");
    let place = fs::read_dir(&folder).unwrap().flatten();
    let place = place
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().ends_with("model.checkpoint"));
    let place = place.unwrap();
    let mut bytes = fs::read(&place).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    yard_cli::files::write(&place, &bytes).unwrap();
    let end = project.train(&KEPT);
    assert_eq!(end.status.code(), Some(0), "{}", stderr(&end));
    assert!(stderr(&end).contains("is of no use"), "{}", stderr(&end));
    assert!(files(&project) == expected);

    while killed_at(&project, 20_000, "-KILL").is_some() {}
    let config = config().replace("seed: 7", "seed: 8");
    let place = project.0.path().join("configs/train.yaml");
    yard_cli::files::write(&place, config.as_bytes()).unwrap();
    let other = project.train(&KEPT);
    assert_eq!(other.status.code(), Some(0), "{}", stderr(&other));
    assert!(
        !stderr(&other).contains("went on from"),
        "{}",
        stderr(&other)
    );
    assert!(
        kept(&project) > 0,
        "the other fit can still be gone on with"
    );
}

#[test]
fn a_checkpoint_that_cannot_be_written_is_an_error_that_names_it() {
    let project = Project::new(&table(800), &config());
    yard_cli::files::write(&project.0.path().join("kept"), b"a file").unwrap();
    let output = project.train(&KEPT);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("failed to write `kept/"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn without_resume_a_fit_begins_anew_and_ends_in_the_same_bytes() {
    let project = Project::new(&table(800), &config());
    project.train(&[]);
    let expected = files(&project);
    while killed_at(&project, 20_000, "-KILL").is_some() {}
    assert!(kept(&project) > 0);
    let anew = project.train(&[&KEPT[..], &["--no-resume"]].concat());
    assert_eq!(anew.status.code(), Some(0), "{}", stderr(&anew));
    assert!(!stderr(&anew).contains("went on from"), "{}", stderr(&anew));
    assert!(files(&project) == expected);
    assert_eq!(kept(&project), 0, "what was kept is of no more use");

    // There is nothing to begin anew where nothing is kept.
    let alone = project.train(&["--no-resume"]);
    assert_eq!(alone.status.code(), Some(2), "{}", stderr(&alone));
    assert!(
        stderr(&alone).contains("--checkpoint"),
        "{}",
        stderr(&alone)
    );
}
