//! A disk that is full, at once or half-way: exit code 2, what is wrong, and no half of a file.
//!
//! Two kinds of full disk: a file system of a few pages, where this may be mounted (a new mount
//! namespace, so that nobody else sees it), and everywhere the process's own limit for the size of
//! files, which the same writer meets in the same place.

use std::fs;
use std::path::Path;

use anyhow::Result;
use e2e::{Ran, Yard, command, files_below, tools};

/// Who writes, and how everything that it writes is sent to the folder `full`.
const WRITERS: [(&str, &str); 8] = [
    ("data-check", "--data data.csv --out full/data-report.json"),
    (
        "data-check",
        "infer --data data.csv --target defaulted --out full/data.yaml",
    ),
    (
        "train",
        "--data data.csv --model full/model --holdout full/holdout.csv --split full/split.json --measurement full/measurement.json",
    ),
    (
        "train",
        "init --data data.csv --target defaulted --positive 1 --out full/train.yaml",
    ),
    (
        "eval-gate",
        "--model out/model --holdout out/holdout.csv --first-model none --out full",
    ),
    ("model-card", "--model out/model --out full/model_card.md"),
    (
        "publish-package",
        "--name small --package-version 1.0.0 --include out/model_card.md --target dir:full/registry --archive full/small.tar.gz --out full/receipt.json",
    ),
    (
        "batch-predict",
        "--package out/model --data new.csv --out full/scored.csv --report full/batch-report.json",
    ),
];

/// A file system of so many kilobytes at `full`, of which so many are taken; what is left there
/// afterwards is copied to `seen`.
const SMALL_DISK: &str = r#"
mount -t tmpfs -o size="$1"k tmpfs full || exit 77
[ "$2" = 0 ] || head -c "$2"k /dev/zero >full/ballast
shift 2
code=0
"$@" || code=$?
rm -f full/ballast
cp -a full/. seen/
exit "$code"
"#;

/// No file may be longer than so many blocks; the signal that says so is ignored, as `serve` and
/// friends would be told by an error on a full disk.
const SHORT_FILES: &str = r#"
trap '' XFSZ
ulimit -f "$1"
shift
exec "$@"
"#;

fn run(yard: &Yard, wrapper: &[&str], tool: &str, arguments: &str) -> Result<Ran> {
    let mut command = command(wrapper[0]);
    command
        .args(&wrapper[1..])
        .arg(tools()?.join(tool))
        .args(arguments.split(' '))
        .current_dir(yard.path());
    Ran::of(&mut command)
}

/// Every file below is whole: JSON ends where it should, and nothing is temporary.
fn assert_whole(folder: &Path, ran: &Ran) -> Result<()> {
    for name in files_below(folder)? {
        let bytes = fs::read(folder.join(&name))?;
        let shown = name.display();
        match name.extension().and_then(|extension| extension.to_str()) {
            Some("tmp") => panic!("`{shown}` was left by {ran:?}"),
            Some("json") => assert!(
                serde_json::from_slice::<serde_json::Value>(&bytes).is_ok(),
                "half of `{shown}` after {ran:?}"
            ),
            Some("csv") => assert!(bytes.ends_with(b"\n"), "half of `{shown}` after {ran:?}"),
            _ => {}
        }
    }
    Ok(())
}

fn writer() -> Result<Yard> {
    let yard = Yard::prepared()?;
    fs::create_dir(yard.path().join("full"))?;
    fs::create_dir(yard.path().join("seen"))?;
    Ok(yard)
}

/// The last things that a tool writes, whose absence says that it did not end well.
fn assert_no_end(folder: &Path, tool: &str, ran: &Ran) {
    let last: &[&str] = match tool {
        "data-check" => &["data-report.json"],
        "train" => &["model/run.json"],
        "eval-gate" => &["gate.json"],
        "publish-package" => &["receipt.json", "registry/small/1.0.0/manifest.json"],
        "batch-predict" => &["batch-report.json"],
        _ => &["model_card.md"],
    };
    for name in last {
        assert!(!folder.join(name).exists(), "`{name}` after {ran:?}");
    }
}

#[test]
fn a_full_file_system_is_said_and_leaves_no_half_of_a_file() -> Result<()> {
    for (size, taken) in [("4", "4"), ("16", "8"), ("32", "0")] {
        for (tool, arguments) in WRITERS {
            let yard = writer()?;
            let wrapper = [
                "unshare",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                SMALL_DISK,
                "sh",
                size,
                taken,
            ];
            let ran = run(&yard, &wrapper, tool, arguments)?;
            if ran.code == Some(77) || ran.stderr.starts_with("unshare: ") {
                eprintln!(
                    "SKIPPED: no file system can be mounted here, so none was filled; the limit for files stands in: {}",
                    ran.stderr.trim()
                );
                return Ok(());
            }
            let seen = yard.path().join("seen");
            assert_whole(&seen, &ran)?;
            // What is short may fit where something is free.
            if taken == "4" || ran.code != Some(0) {
                ran.assert_refused(2, &["full", "No space left", "free some space"]);
                assert_no_end(&seen, tool, &ran);
            }
        }
    }
    Ok(())
}

#[test]
fn a_file_that_cannot_grow_is_said_and_not_left_half() -> Result<()> {
    for blocks in ["0", "4", "16"] {
        for (tool, arguments) in WRITERS {
            let yard = writer()?;
            let ran = run(
                &yard,
                &["sh", "-c", SHORT_FILES, "sh", blocks],
                tool,
                arguments,
            )?;
            let full = yard.path().join("full");
            assert_whole(&full, &ran)?;
            if blocks == "0" || ran.code != Some(0) {
                ran.assert_refused(2, &["full", "too large"]);
                assert_no_end(&full, tool, &ran);
            }
        }
    }
    Ok(())
}
