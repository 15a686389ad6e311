//! What is judged beside the comparison with the champion: looks, releases, seeds, other tools' reports,
//! people's decisions; and what is told of it.

mod forges;
mod looks;
mod overrides;
mod release;
mod reports;
mod seeds;

use std::fs;
use std::process::{Command, Output};

use yard_contract::{Artifact, Document, Input, Ledger, Producer, RuleResult};

use crate::project::{Project, model, stderr};

const MARGIN: &str = "champion: {auc_margin: 0.02}\n";
const CHAMPION: [&str; 2] = ["--champion", "champion"];

impl Project {
    fn with_champion(rows: u64, weight: f32, champion: f32, config: &str) -> Self {
        let project = Self::new(rows, weight, config);
        model(&project.0.path().join("champion"), champion);
        project
    }

    /// Runs, expects an exit code, answers the rules' outcomes.
    fn judged(&self, more: &[&[&str]], code: i32) -> Vec<RuleResult> {
        let output = self.gate(&more.concat());
        let found = output.status.code();
        assert_eq!(found, Some(code), "{}", stderr(&output));
        self.verdict().rules
    }

    /// Runs, expects that nothing could be judged, and for a reason.
    fn refused(&self, more: &[&[&str]], reason: &str) {
        fs::remove_file(self.0.path().join("out/gate.json")).unwrap_or_default();
        let output = self.gate(&more.concat());
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{reason}: {said}");
        assert!(said.contains(reason), "{reason}: {said}");
        assert!(self.file("out/gate.json").is_empty(), "{reason}");
    }

    fn plan(&self, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eval-gate"));
        let folder = self.0.path();
        command.current_dir(folder).env_clear().arg("plan");
        command.args(more).output().unwrap()
    }

    fn ledger(&self) -> Ledger {
        let bytes = self.file("ledger.json");
        Document::<Ledger>::parse(&bytes).unwrap().body
    }

    fn artifact<T: Artifact>(&self, name: &str, inputs: Vec<Input>, body: T) {
        let bytes = Document::new(Producer::new("test", "0"), inputs, body).to_bytes();
        self.put(name, std::str::from_utf8(&bytes).unwrap());
    }
}

fn rule<'a>(rules: &'a [RuleResult], id: &str) -> &'a RuleResult {
    let found = rules.iter().find(|rule| rule.id == id);
    found.unwrap_or_else(|| panic!("no rule {id}"))
}

const BOOK: [&str; 4] = ["--ledger", "ledger.json", "--ledger-out", "ledger.json"];
const NEW_BOOK: [&str; 4] = [
    "--new-ledger",
    "the first one",
    "--ledger-out",
    "ledger.json",
];
