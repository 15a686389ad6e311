//! Archives that somebody made to hurt, through every tool that opens one.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use e2e::{Ran, Yard, command, files_below, tools};
use serde_json::json;
use yard_contract::Sha256;

use crate::archives::{Case, archive, entry, frames, manifests, members};

/// A tool, what it is called with, its exit code, and whether its answer is on stdout. `A` is the
/// archive, `R` a registry with it, `Y` a folder with everything else.
type Door = (&'static str, &'static str, i32);

const DOORS: [Door; 10] = [
    ("serve", "--package A --listen 127.0.0.1:0", 2),
    (
        "smoke-test",
        "--url http://127.0.0.1:9 --package A --config Y/configs/smoke.yaml --out o.json --measurement m.json --wait 0",
        2,
    ),
    (
        "batch-predict",
        "--package A --data Y/new.csv --out o.csv --report o.json",
        2,
    ),
    (
        "drift-check",
        "--package A --data Y/new.csv --config Y/configs/drift.yaml --out o.json",
        2,
    ),
    (
        "eval-gate",
        "--model Y/out/model --holdout Y/out/holdout.csv --config Y/configs/gate.yaml --champion A --out o",
        2,
    ),
    (
        "publish-image",
        "--package A --binary Y/data.csv --target oci-layout:o --out o.json",
        2,
    ),
    ("publish-package", "verify A --unsigned --out o.json", 1),
    (
        "publish-package",
        "--name small --package-version 1.0.1 --model Y/out/model --gate Y/out/gate.json --previous A --target dir:o --out o.json",
        2,
    ),
    (
        "promote-model",
        "credit@1.0.0 --target dir:R --smoke-report Y/smoke.json --out o.json",
        2,
    ),
    ("fetch-package", "credit@1.0.0 --target dir:R --out o/u", 2),
];

/// A folder in which a tool runs, in the middle of others that it has no business with.
struct Cell {
    folder: tempfile::TempDir,
}

impl Cell {
    fn new() -> Result<Self> {
        let cell = Self {
            folder: tempfile::tempdir()?,
        };
        for name in ["canary", "inner/canary", "tmp/canary"] {
            cell.write(name, b"untouched")?;
        }
        Ok(cell)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().context("a folder")?)?;
        fs::File::create(path)?.write_all(bytes)?;
        Ok(())
    }

    /// Puts the archive down, alone and in a registry that is honest about it.
    fn hold(&self, bytes: &[u8]) -> Result<()> {
        self.write("a.tar.gz", bytes)?;
        let release = "r/credit/1.0.0";
        self.write(&format!("{release}/credit-1.0.0.tar.gz"), bytes)?;
        let manifest = json!({
            "kind": "manifest", "version": "1.0", "produced_by": {"tool": "test", "version": "0"},
            "inputs": [], "name": "credit", "package_version": "1.0.0",
            "files": [{"path": "credit-1.0.0.tar.gz", "size": bytes.len(), "sha256": Sha256::of(bytes)}],
        });
        self.write(
            &format!("{release}/manifest.json"),
            manifest.to_string().as_bytes(),
        )
    }

    /// Every file, its content and its mode.
    fn seen(&self) -> Result<Vec<(PathBuf, Vec<u8>, fs::Permissions)>> {
        let files = files_below(self.folder.path())?.into_iter();
        files
            .map(|name| {
                let path = self.folder.path().join(&name);
                let mode = fs::symlink_metadata(&path)?.permissions();
                Ok((name, fs::read(&path)?, mode))
            })
            .collect()
    }

    fn call(&self, tool: &str, arguments: &str, yard: &Path) -> Result<Command> {
        let place = |word: &str| match word {
            "A" => self.path("a.tar.gz").display().to_string(),
            "dir:R" => format!("dir:{}", self.path("r").display()),
            word => match word.strip_prefix("Y/") {
                Some(name) => yard.join(name).display().to_string(),
                None => word.to_owned(),
            },
        };
        let mut command = command(tools()?.join(tool));
        command
            .args(arguments.split(' ').map(place))
            .current_dir(self.path("inner"))
            .env("TMPDIR", self.path("tmp"));
        Ok(command)
    }
}

/// A member that is a thousand times as long as what carries it.
fn bomb() -> Case {
    let zeros = vec![0; 24 << 20];
    let bytes = archive(&[("zeros", &zeros)], vec![entry("zeros", &zeros)]);
    ("a bomb", bytes, "grows more than 100 times")
}

#[test]
fn every_tool_that_opens_an_archive_refuses_each_hostile_one_and_names_the_member() -> Result<()> {
    let yard = Yard::prepared()?;
    yard.write("smoke.json", smoke_report())?;
    let cases: Vec<Case> = [members(), manifests(), frames(), vec![bomb()]].concat();
    assert!(cases.len() >= 80, "{}", cases.len());
    let cell = Cell::new()?;
    let mut refusals = 0;
    for (name, bytes, expected) in &cases {
        cell.hold(bytes)?;
        let before = cell.seen()?;
        for (tool, arguments, code) in DOORS {
            let ran = Ran::of(&mut cell.call(tool, arguments, yard.path())?)?;
            let said = if code == 1 { &ran.stdout } else { &ran.stderr };
            assert_eq!(ran.code, Some(code), "{name}: {ran:?}");
            for part in expected.split(": ") {
                assert!(said.contains(part), "{name}: no `{part}` in {ran:?}");
            }
            let control = |c: char| c.is_control() && c != '\n';
            assert!(!said.contains(control), "{name}: {ran:?}");
            // What verification found out is its result, and may be written.
            let result = cell.path("inner/o.json");
            if code == 1 && result.exists() {
                fs::remove_file(result)?;
            }
            assert_eq!(cell.seen()?, before, "{name}: {ran:?}");
            refusals += 1;
        }
    }
    assert_eq!(refusals, cases.len() * DOORS.len());
    Ok(())
}

/// A report that would allow the promotion, were the package what it says.
fn smoke_report() -> String {
    json!({
        "kind": "smoke-report", "version": "1.0", "produced_by": {"tool": "test", "version": "0"},
        "inputs": [],
    })
    .to_string()
}
