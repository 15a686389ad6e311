//! A small line on the committed sample, tool by tool: every test has a copy of its own to spoil.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::{Ran, command, files_below, repository, tools};

/// The package that the small line publishes.
const PACKAGE: &str = "out/registry/small/1.0.0/small-1.0.0.tar.gz";

const TRAIN: &str = "\
target: {column: defaulted, positive: \"1\"}
features:
  numbers: [amount_requested, income_monthly, days_employed, external_score, bureau_overdue_days_max]
  categories: [product, region]
split: {method: stratified, holdout_share: 0.3}
algorithm: gradient-boosting
seed: 7
threshold: 0.15
gradient_boosting: {rounds: 20, max_leaves: 7}
";

const GATE: &str = "\
at_least: {auc: 0.55}
champion: {auc_margin: 0.2}
";

const CARD: &str = "\
name: small
intended_use: {uses: [Tests], users: [Testers], out_of_scope: [Everything else]}
limitations: [It has seen 1400 rows]
risks: [{risk: Somebody uses it, mitigation: Do not}]
";

/// Generous, for machines that do other things too.
const SMOKE: &str = "latency: {requests: 20, p50_ms: 500, p99_ms: 5000}\n";

/// Relative paths and what the files hold.
type Files = Vec<(PathBuf, Vec<u8>)>;

/// A working folder with data, configurations, and what the tools made of them.
#[derive(Debug)]
pub struct Yard {
    folder: TempDir,
}

impl Yard {
    /// A folder in which every tool of the line but `serve` and `smoke-test` has run.
    ///
    /// # Errors
    /// When a tool fails.
    pub fn prepared() -> Result<Self> {
        static MADE: OnceLock<Result<Files, String>> = OnceLock::new();
        let made = MADE.get_or_init(|| make().map_err(|error| format!("{error:?}")));
        let files = made.as_ref().map_err(|message| anyhow!(message.clone()))?;
        let yard = Self {
            folder: tempfile::Builder::new().prefix("trainyard-").tempdir()?,
        };
        for (name, bytes) in files {
            yard.write(name, bytes)?;
        }
        Ok(yard)
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    ///
    /// # Errors
    /// When it cannot be written.
    #[expect(clippy::disallowed_methods, reason = "a file of a throw-away folder")]
    pub fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Result<()> {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        fs::write(&path, bytes).with_context(|| path.display().to_string())
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(&self, name: impl AsRef<Path>) -> Result<Vec<u8>> {
        let path = self.path().join(name);
        fs::read(&path).with_context(|| path.display().to_string())
    }

    /// Reads a JSON file.
    ///
    /// # Errors
    /// When there is none, or it holds something else.
    pub fn json(&self, name: &str) -> Result<Value> {
        Ok(serde_json::from_slice(&self.read(name)?)?)
    }

    /// Rewrites a text.
    ///
    /// # Errors
    /// When there is none, or `edit` changes nothing.
    pub fn edit(&self, name: &str, edit: impl FnOnce(&str) -> String) -> Result<()> {
        let before = String::from_utf8(self.read(name)?)?;
        let after = edit(&before);
        ensure!(before != after, "nothing in `{name}` was edited");
        self.write(name, after)
    }

    /// A tool in this folder, without arguments.
    ///
    /// # Errors
    /// When there is no such tool.
    pub fn command(&self, tool: &str) -> Result<Command> {
        let mut command = command(tools()?.join(tool));
        command.current_dir(self.path());
        Ok(command)
    }

    /// Runs a tool.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(&self, tool: &str, arguments: &[&str]) -> Result<Ran> {
        Ran::of(self.command(tool)?.args(arguments))
    }

    /// Runs a tool as the line calls it, with more arguments; a later one replaces an earlier one
    /// of the same name.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn stage(&self, tool: &str, more: &[&str]) -> Result<Ran> {
        self.run(tool, &Self::arguments(tool, more)?)
    }

    /// The arguments with which the line calls a tool, and more.
    ///
    /// # Errors
    /// When the line does not call it.
    pub fn arguments<'a>(tool: &str, more: &[&'a str]) -> Result<Vec<&'a str>> {
        let usual = match tool {
            "data-check" => "--data data.csv --config configs/data.yaml --out out/data-report.json",
            "train" => {
                "--data data.csv --config configs/train.yaml --model out/model --holdout out/holdout.csv --split out/split.json"
            }
            "eval-gate" => {
                "--model out/model --holdout out/holdout.csv --config configs/gate.yaml --first-model none-yet --out out"
            }
            "model-card" => {
                "--model out/model --data-report out/data-report.json --split out/split.json --evaluation out/evaluation.json --gate out/gate.json --config configs/card.yaml --out out/model_card.md"
            }
            "publish-package" => {
                "--name small --package-version 1.0.0 --model out/model --gate out/gate.json --include out/model_card.md --target dir:out/registry --archive out/small.tar.gz --out out/publish-receipt.json"
            }
            "promote-model" => {
                "--target dir:out/registry --smoke-report out/smoke-report.json --out out/alias-move.json small@1.0.0"
            }
            "fetch-package" => "--target dir:out/registry --out out/fetched small@1.0.0",
            "publish-image" => {
                "--package out/registry/small/1.0.0/small-1.0.0.tar.gz --binary serve --target oci-layout:out/layout --out out/image-receipt.json"
            }
            "batch-predict" => {
                "--package out/model --data new.csv --out out/scored.csv --report out/batch-report.json"
            }
            "smoke-test" => {
                "--url http://127.0.0.1:9 --package out/model --config configs/smoke.yaml --out out/smoke-report.json --measurement out/smoke-measurement.json --wait 0"
            }
            "drift-check" => {
                "--package out/model --data new.csv --config configs/drift.yaml --out out/drift-report.json"
            }
            "forge-report" => "--id small --out out/forge-report.md out/gate.json",
            "serve" => "--package out/model --listen 127.0.0.1:0 --port-file out/port",
            "example-world" => "--out world --applications 100",
            other => bail!("the line does not call `{other}`"),
        };
        let mut arguments: Vec<&str> = Vec::new();
        let mut usual = usual.split(' ');
        while let Some(name) = usual.next() {
            // What is no option stands alone, and last.
            let Some(value) = usual.next() else {
                arguments.push(name);
                break;
            };
            let replaced =
                more.contains(&name) || (name == "--first-model" && more.contains(&"--champion"));
            if !replaced {
                arguments.extend([name, value]);
            }
        }
        arguments.extend(more);
        Ok(arguments)
    }

    /// What a tool writes when the line calls it.
    pub fn outputs(tool: &str) -> &'static [&'static str] {
        match tool {
            "data-check" => &["out/data-report.json"],
            "train" => &[
                "out/model/model.onnx",
                "out/model/signature.json",
                "out/model/profile.json",
                "out/model/golden.json",
                "out/model/run.json",
                "out/holdout.csv",
                "out/split.json",
            ],
            "eval-gate" => &["out/evaluation.json", "out/gate.json", "out/metrics.json"],
            "model-card" => &["out/model_card.md"],
            "drift-check" => &["out/drift-report.json"],
            "forge-report" => &["out/forge-report.md"],
            "promote-model" => &["out/alias-move.json"],
            "fetch-package" => &["out/fetched/manifest.json"],
            "publish-image" => &["out/image-receipt.json"],
            "publish-package" => &["out/publish-receipt.json"],
            "batch-predict" => &["out/scored.csv", "out/batch-report.json"],
            "smoke-test" => &["out/smoke-report.json", "out/smoke-measurement.json"],
            "serve" => &["out/port"],
            "example-world" => &["world/training.csv"],
            _ => &[],
        }
    }

    /// Takes away what a tool wrote, so that whatever is there afterwards is new.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn clear(&self, tool: &str) -> Result<()> {
        for name in Self::outputs(tool) {
            let path = self.path().join(name);
            if path.exists() {
                fs::remove_file(path)?;
            }
        }
        if tool == "fetch-package" && self.path().join("out/fetched").exists() {
            fs::remove_dir_all(self.path().join("out/fetched"))?;
        }
        if tool == "publish-package" && self.path().join("out/registry").exists() {
            fs::remove_dir_all(self.path().join("out/registry"))?;
        }
        Ok(())
    }

    /// Panics unless all of a tool's outputs are there, or none; and nothing is half-written.
    ///
    /// # Errors
    /// When the folder cannot be read.
    #[track_caller]
    pub fn assert_written(&self, tool: &str, written: bool, ran: &Ran) -> Result<()> {
        for name in Self::outputs(tool) {
            assert_eq!(
                self.path().join(name).exists(),
                written,
                "`{name}` after {ran:?}"
            );
        }
        self.assert_nothing_half_written()
    }

    /// Panics if a temporary file was left.
    ///
    /// # Errors
    /// When the folder cannot be read.
    #[track_caller]
    pub fn assert_nothing_half_written(&self) -> Result<()> {
        for file in files_below(self.path())? {
            assert!(
                file.extension().is_none_or(|extension| extension != "tmp"),
                "`{}` was left",
                file.display()
            );
        }
        Ok(())
    }

    /// The package that it published.
    pub fn package(&self) -> PathBuf {
        self.path().join(PACKAGE)
    }
}

fn make() -> Result<Files> {
    let yard = Yard {
        folder: tempfile::tempdir()?,
    };
    let sample = repository()?.join("data/sample");
    yard.write("data.csv", fs::read(sample.join("training.csv"))?)?;
    yard.write("new.csv", fs::read(sample.join("scoring.csv"))?)?;
    for name in ["configs/data.yaml", "configs/drift.yaml"] {
        yard.write(name, fs::read(repository()?.join(name))?)?;
    }
    for (name, text) in [
        ("train", TRAIN),
        ("gate", GATE),
        ("card", CARD),
        ("smoke", SMOKE),
    ] {
        yard.write(format!("configs/{name}.yaml"), text)?;
    }
    for tool in [
        "data-check",
        "train",
        "eval-gate",
        "model-card",
        "publish-package",
        "batch-predict",
    ] {
        let ran = yard.stage(tool, &[])?;
        ensure!(ran.code == Some(0), "{ran:?}");
        yard.assert_written(tool, true, &ran)?;
    }
    let files = files_below(yard.path())?;
    files
        .into_iter()
        .map(|name| Ok((name.clone(), yard.read(&name)?)))
        .collect()
}
