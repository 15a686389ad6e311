//! Commands of others under our contract: what they see, what they may end with, what they must make.

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use yard_contract::Sha256;

use super::{CONFIG, Project, stderr, table};

/// A project whose `train.sh` is this script, and a graph that it can say it has fitted.
fn project(script: &str) -> Project {
    let project = Project::new(&table(400), CONFIG);
    assert_eq!(project.train(&[]).status.code(), Some(0));
    let at = |name: &str| project.0.path().join(name);
    yard_cli::files::write(&at("fitted.onnx"), &project.file("out/model/model.onnx")).unwrap();
    fs::remove_dir_all(at("out")).unwrap();
    let config = CONFIG.replace("gradient-boosting\n", "command\n");
    yard_cli::files::write(&at("configs/train.yaml"), config.as_bytes()).unwrap();
    yard_cli::files::write(&at("train.sh"), script.as_bytes()).unwrap();
    project
}

impl Project {
    fn bring(&self, words: &str) -> Command {
        let mut command = self.command();
        // Our own graphs do not name their classes.
        command.args(["run", "--data", "data.csv", "--classes", "no,yes"]);
        command.args(words.split_whitespace());
        command.env("PATH", "/usr/bin:/bin");
        command
    }

    fn brought(&self, words: &str) -> Output {
        self.bring(words).output().unwrap()
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.file(name)).unwrap()
    }
}

#[track_caller]
fn ended(output: &Output, code: i32, said: &str) {
    assert_eq!(output.status.code(), Some(code), "{}", stderr(output));
    assert!(stderr(output).contains(said), "{}", stderr(output));
}

const FITS: &str = "\
env > seen
cp fitted.onnx \"$TRAINYARD_OUT/$TRAINYARD_EXPECTED\"
echo a word for people
";

#[test]
fn a_command_sees_training_rows_and_its_graph_becomes_a_model_folder() {
    let project = project(FITS);
    let words = "--input vocabulary=fitted.onnx --pass HF_TOKEN --max-seconds 60 --checkpoint kept \
                 -- sh train.sh --token=hf_12345678";
    let mut command = project.bring(words);
    command
        .env("HF_TOKEN", "hf_12345678")
        .env("CI_JOB_TOKEN", "glcbt-9");
    let output = command.output().unwrap();
    ended(&output, 0, "a word for people");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("out/model: 3 features"));

    // What it saw: the training rows alone, and no secret that was not passed on.
    let seen = project.text("seen");
    let told = |name: &str| {
        let line = seen
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("{name} is not among\n{seen}"))
            .to_owned()
    };
    assert!(!seen.contains("glcbt"), "{seen}");
    assert_eq!(told("HF_TOKEN"), "hf_12345678");
    assert_eq!(
        (told("TRAINYARD_SEED"), told("PYTHONHASHSEED")),
        ("7".into(), "7".into())
    );
    assert_eq!(told("TRAINYARD_TARGET"), "late");
    assert_eq!(told("TRAINYARD_POSITIVE"), "yes");
    assert_eq!(told("TRAINYARD_TASK"), "binary");
    assert_eq!(told("TRAINYARD_NUMBERS"), "income,age");
    assert_eq!(told("TRAINYARD_BUDGET_SECONDS"), "60");
    assert!(told("TRAINYARD_INPUT_VOCABULARY").ends_with("fitted.onnx"));
    let rows = fs::read(told("TRAINYARD_DATA")).unwrap();
    assert_eq!(told("TRAINYARD_DATA_SHA256"), Sha256::of(&rows).to_string());
    let body = rows.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let split: Value = serde_json::from_slice(&project.file("out/split.json")).unwrap();
    let digest = Sha256::of(&rows[body..]).to_string();
    assert_eq!(split["train"]["rows_sha256"], digest.as_str());
    assert!(
        !fs::exists(told("TRAINYARD_CHECKPOINT")).unwrap(),
        "of no more use"
    );

    // What is recorded, and what is not.
    let run = project.text("out/model/run.json");
    assert!(!run.contains("hf_1234"), "{run}");
    let run: Value = serde_json::from_str(&run).unwrap();
    assert_eq!(run["algorithm"], "command");
    assert_eq!(
        run["parameters"]["command"],
        "sh train.sh --token=\"${HF_TOKEN}\""
    );
    for (name, said) in [("classes", "no,yes"), ("pass", "HF_TOKEN")] {
        assert_eq!(run["parameters"][name], said);
    }
    assert_eq!(run["parameters"]["max_seconds"], 60);
    for digest in ["environment_sha256", "program_sha256", "source_sha256"] {
        assert_eq!(
            run["parameters"][digest].as_str().unwrap().len(),
            64,
            "{digest}"
        );
    }
    let inputs = run["inputs"].as_array().unwrap().iter();
    let kinds: Vec<&str> = inputs
        .map(|input| input["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["table", "config", "code", "vocabulary"]);

    // The same again is the same bytes, and it is a model like any other.
    let files = yard_model::file::ALL.map(|name| project.file(&format!("out/model/{name}")));
    let mut command = project.bring(words);
    command
        .env("HF_TOKEN", "hf_12345678")
        .env("CI_JOB_TOKEN", "glcbt-10");
    assert_eq!(command.output().unwrap().status.code(), Some(0));
    let again = yard_model::file::ALL.map(|name| project.file(&format!("out/model/{name}")));
    assert!(files == again);
    let folder = project.0.path().join("out/model");
    let package = yard_package::Package::open(&folder, &yard_package::Limits::default()).unwrap();
    assert_eq!(
        yard_model::Model::load(&package, "out/model")
            .unwrap()
            .run
            .seed,
        7
    );
}

#[test]
fn a_commands_exit_code_keeps_its_meaning() {
    for (script, code, said) in [
        ("exit 75", 75, "stopped and saved what it had"),
        ("exit 3", 3, "asks to be tried again later"),
        ("exit 1", 2, "`sh` exited with 1"),
        ("kill -9 $$", 2, "`sh` was ended by signal 9"),
        ("exit 0", 2, "wrote no `model.onnx`"),
        (
            "echo no graph > \"$TRAINYARD_OUT/model.onnx\"",
            2,
            "not an ONNX model",
        ),
    ] {
        let project = project(script);
        ended(&project.brought("-- sh train.sh"), code, said);
        assert!(project.file("out/model/run.json").is_empty(), "{script}");
    }
    // What an earlier run has made is not this one's.
    let project = project(FITS);
    ended(&project.brought("-- sh train.sh"), 0, "");
    ended(
        &project.brought("-- sh -c true"),
        2,
        "wrote no `model.onnx`",
    );
    ended(
        &project.brought("-- no-such-program"),
        2,
        "there is no `no-such-program`",
    );
    ended(&project.brought(""), 2, "required arguments");
    ended(&project.train(&[]), 2, "is fitted by a command of yours");
    let config = project.0.path().join("configs/train.yaml");
    yard_cli::files::write(&config, CONFIG.as_bytes()).unwrap();
    ended(
        &project.brought("-- sh train.sh"),
        2,
        "`train run` fits by a command",
    );
}

const STOPS: &str = "\
state=$TRAINYARD_CHECKPOINT/state
if [ -e \"$state\" ]; then cp fitted.onnx \"$TRAINYARD_OUT/model.onnx\"; exit 0; fi
trap 'echo half > \"$state\"; exit 75' TERM
touch begun
while :; do sleep 0.05; done
";

#[test]
fn a_signal_reaches_the_command_which_goes_on_from_what_it_saved() {
    let project = project(STOPS);
    let words = "--checkpoint kept -- sh train.sh";
    let mut command = project.bring(words);
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !project.0.path().join("begun").exists() {
        std::thread::yield_now();
    }
    let mut kill = Command::new("kill");
    kill.args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    ended(&child.wait_with_output().unwrap(), 75, "stopped and saved");
    // By other code there is nothing to go on from.
    let script = project.0.path().join("other.sh");
    yard_cli::files::write(&script, b"ls -A \"$TRAINYARD_CHECKPOINT\"; exit 1").unwrap();
    let other = project.brought("--checkpoint kept -- sh other.sh");
    ended(&other, 2, "exited with 1");
    assert!(!stderr(&other).contains("state"), "{}", stderr(&other));
    ended(&project.brought(words), 0, "");
    assert!(!project.file("out/model/run.json").is_empty());
}

#[test]
fn without_resume_a_command_finds_an_empty_folder() {
    let project = project(
        "if [ -e \"$TRAINYARD_CHECKPOINT/state\" ]; then echo went on >&2; fi\n\
         touch \"$TRAINYARD_CHECKPOINT/state\"; exit 75\n",
    );
    let words = "--checkpoint kept -- sh train.sh";
    ended(&project.brought(words), 75, "stopped and saved");
    ended(&project.brought(words), 75, "went on");
    let anew = project.brought("--checkpoint kept --no-resume -- sh train.sh");
    ended(&anew, 75, "stopped and saved");
    assert!(!stderr(&anew).contains("went on"), "{}", stderr(&anew));
}

#[test]
fn a_command_whose_time_is_up_may_write_what_it_has_and_is_killed_if_it_does_not_end() {
    let stubborn = project("trap '' TERM\nwhile :; do sleep 0.05; done\n");
    let output = stubborn.brought("--max-seconds 1 --grace-seconds 1 -- sh train.sh");
    ended(&output, 2, "`sh` did not end in 1 seconds");
    let writes = "trap 'cp fitted.onnx \"$TRAINYARD_OUT/model.onnx\"; exit 0' TERM\n\
                  while :; do sleep 0.05; done\n";
    let output = project(writes).brought("--max-seconds 1 -- sh train.sh");
    ended(&output, 0, "time was up");
}

const SCORES: &str = "\
head -1 \"$TRAINYARD_SCORE\" > header
awk -F, 'NR == 1 { print \"score\" } NR > 1 { print 1 - $2 / 5000 }' \"$TRAINYARD_SCORE\" \\
  > \"$TRAINYARD_OUT/scores.csv\"
";

#[test]
fn scores_of_rows_whose_outcome_the_command_does_not_see_stand_beside_it() {
    let first = project(SCORES);
    ended(
        &first.brought("--expect scores --id id -- sh train.sh"),
        0,
        "",
    );
    assert_eq!(first.text("header"), "id,income,age,region,month\n");
    let (holdout, scored) = (
        first.text("out/holdout.csv"),
        first.text("out/scored/predictions.csv"),
    );
    assert_eq!(scored.lines().count(), holdout.lines().count());
    let (row, answer) = (
        holdout.lines().nth(5).unwrap(),
        scored.lines().nth(5).unwrap(),
    );
    let (cells, answers): (Vec<&str>, Vec<&str>) =
        (row.split(',').collect(), answer.split(',').collect());
    assert_eq!((answers[0], answers[1]), (cells[0], cells[5]));
    let run: Value = serde_json::from_slice(&first.file("out/scored/run.json")).unwrap();
    let digest = Sha256::of(scored.as_bytes()).to_string();
    assert_eq!(run["files"][0]["sha256"], digest.as_str());

    for (from, to, said) in [
        ("NR > 1", "NR > 2", "have fewer rows"),
        ("NR > 1", "NR > 0", "have more rows"),
        (
            "print 1 - $2 / 5000",
            "print (NR == 9 ? sprintf(\"%c%c\", 34, 34) : 0.5)",
            "lack `score` in line 9",
        ),
        (
            "\\\"score\\\"",
            "\\\"label\\\"",
            "name a column `id` or `label`",
        ),
    ] {
        let (from, to) = (from.replace('\\', ""), to.replace('\\', ""));
        let script = SCORES.replace(&from, &to);
        assert_ne!(script, SCORES, "{from}");
        let output = project(&script).brought("--expect scores -- sh train.sh");
        ended(&output, 2, said);
    }
}
