//! The README's example, run as it is written.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use yard_contract::{Document, Gate, Verdict};

const README: &str = include_str!("../../README.md");

/// The first block of a language under a heading.
fn block(heading: &str, language: &str) -> &'static str {
    let (_, section) = README.split_once(heading).unwrap();
    let fence = format!("```{language}\n");
    let (_, block) = section.split_once(&fence).unwrap();
    block.split_once("```").unwrap().0
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a shell needs its tools")]
fn three_scored_files_meet_the_three_verdicts() {
    let heading = "## Three verdicts\n";
    let folder = tempfile::tempdir().unwrap();
    let own = Path::new(env!("CARGO_BIN_EXE_eval-gate")).parent().unwrap();
    let path = env::var_os("PATH").unwrap_or_default();
    let places = std::iter::once(own.to_owned()).chain(env::split_paths(&path));
    let output = Command::new("sh")
        .args(["-c", block(heading, "sh")])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", env::join_paths(places).unwrap())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        block(heading, "text")
    );
    // Each run leaves its report, and all of them say what stdout does.
    for (name, verdict) in [
        ("equal", Verdict::Pass),
        ("worse", Verdict::Fail),
        ("few", Verdict::Inconclusive),
    ] {
        let read = |file: &str| {
            let path = folder.path().join("out").join(name).join(file);
            fs::read_to_string(&path).unwrap_or_else(|_| panic!("no {}", path.display()))
        };
        let gate = Document::<Gate>::parse(read("gate.json").as_bytes()).unwrap();
        assert_eq!(gate.body.verdict, verdict, "{name}");
        let summary = &gate.body.summary;
        assert!(block(heading, "text").contains(summary), "{summary}");
        for file in ["report.md", "report.html"] {
            let plain = read(file).replace('\\', "");
            assert!(plain.contains("champion.auc"), "{name}: {file}");
            assert!(
                plain.contains(summary.split_once(':').unwrap().0),
                "{name}: {file}"
            );
        }
        for file in ["evaluation.json", "gate.junit.xml", "charts/roc.svg"] {
            assert!(!read(file).is_empty(), "{name}: {file}");
        }
    }
}
