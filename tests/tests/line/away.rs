//! A machine that goes away with its disk: checkpoints in an object store.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use e2e::{command, python, repository, tools};
use serde_json::Value;

/// Long enough to be met in the middle of it.
const CONFIG: &str = "\
target: {column: defaulted, positive: \"1\"}
features:
  numbers: [amount_requested, income_monthly, days_employed, external_score]
  categories: [product, region]
split: {method: stratified, holdout_share: 0.3}
algorithm: gradient-boosting
seed: 7
gradient_boosting: {rounds: 6000, max_leaves: 7}
";

/// moto's server, which checks every signature.
struct ObjectStore {
    child: Child,
    asked: ChildStdin,
    told: BufReader<ChildStdout>,
    url: String,
    id: String,
    secret: String,
}

impl ObjectStore {
    fn start() -> Result<Option<Self>> {
        let Some(python) = python()? else {
            return Ok(None);
        };
        let mut child = command(python)
            .arg(repository()?.join("tests/peers/object_store.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let asked = child.stdin.take().context("a pipe")?;
        let mut told = BufReader::new(child.stdout.take().context("a pipe")?);
        let mut line = String::new();
        told.read_line(&mut line)?;
        let at: Value = serde_json::from_str(&line)?;
        let text = |name: &str| at[name].as_str().unwrap_or_default().to_owned();
        Ok(Some(Self {
            url: text("url"),
            id: text("id"),
            secret: text("secret"),
            child,
            asked,
            told,
        }))
    }

    /// The names of what is in the bucket.
    fn objects(&mut self) -> Result<Vec<String>> {
        self.asked.write_all(b"\n")?;
        let mut line = String::new();
        self.told.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for ObjectStore {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `train` in a folder of its own, as on a machine that was never there before.
fn train(folder: &Path, store: &ObjectStore, secret: &str) -> Result<Command> {
    let configs = folder.join("configs");
    fs::create_dir_all(&configs)?;
    let mut file = fs::File::create(configs.join("train.yaml"))?;
    file.write_all(CONFIG.as_bytes())?;
    let mut command = command(tools()?.join("train"));
    command
        .current_dir(folder)
        .arg("--data")
        .arg(repository()?.join("data/sample/training.csv"))
        .args([
            "--checkpoint",
            "s3://kept/jobs/a",
            "--checkpoint-rounds",
            "200",
        ])
        .env("AWS_ENDPOINT_URL_S3", &store.url)
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", &store.id)
        .env("AWS_SECRET_ACCESS_KEY", secret);
    Ok(command)
}

#[test]
fn a_fit_goes_on_elsewhere_from_an_object_store() -> Result<()> {
    let Some(mut store) = ObjectStore::start()? else {
        return Ok(());
    };
    let secret = store.secret.clone();
    let model = |folder: &Path| fs::read(folder.join("out/model/model.onnx"));

    let refused = tempfile::tempdir()?;
    let output = train(refused.path(), &store, "another's")?.output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("cannot keep checkpoints in `s3://kept/jobs/a`"),
        "{said}"
    );
    assert!(
        said.contains("hint: `AWS_ACCESS_KEY_ID` has to be known"),
        "{said}"
    );
    assert!(!said.contains("another's"), "{said}");

    let whole = tempfile::tempdir()?;
    let output = train(whole.path(), &store, &secret)?.output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(store.objects()?, Vec::<String>::new(), "nothing is left");

    let mut resumed = 0;
    for signal in ["-KILL", "-TERM"] {
        let gone = tempfile::tempdir()?;
        let mut child = train(gone.path(), &store, &secret)?
            .stderr(Stdio::null())
            .spawn()?;
        while store.objects()?.is_empty() && child.try_wait()?.is_none() {
            std::thread::yield_now();
        }
        command("kill")
            .args([signal, &child.id().to_string()])
            .status()?;
        let code = child.wait()?.code();
        ensure!(code == Some(75) || signal == "-KILL", "{code:?}");
        drop(gone);

        let elsewhere = tempfile::tempdir()?;
        let output = train(elsewhere.path(), &store, &secret)?.output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{said}");
        resumed += usize::from(said.contains("went on from"));
        assert_eq!(model(elsewhere.path())?, model(whole.path())?, "{signal}");
        assert_eq!(store.objects()?, Vec::<String>::new(), "nothing is left");
    }
    assert_eq!(resumed, 2);
    Ok(())
}
