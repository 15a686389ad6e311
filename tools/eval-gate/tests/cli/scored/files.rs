//! Tables of scores, and a folder that two of them are judged in.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;
use yard_contract::{Document, Evaluation, Gate};

use crate::project::stderr;

/// A number between 0 and 1 that a row and a salt decide.
pub(super) fn uniform(row: u64, salt: u64) -> f64 {
    let mut z = (row * 31 + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Near enough normal: the sum of twelve.
pub(super) fn normal(row: u64, salt: u64) -> f64 {
    (0..12)
        .map(|part| uniform(row, 100 * salt + part))
        .sum::<f64>()
        - 6.0
}

/// Two classes; the more noise, the worse the model.
pub(crate) fn binary(rows: u64, noise: f64) -> String {
    let mut text = "id,label,score,region,w,customer\n".to_owned();
    for row in 0..rows {
        let x = 1.5 * normal(row, 1) - 1.5;
        let label = u8::from(uniform(row, 2) < 1.0 / (1.0 + (-x).exp()));
        let score = 1.0 / (1.0 + (-(x + noise * normal(row, 3))).exp());
        let region = ["north", "south"][usize::try_from(row % 2).unwrap()];
        writeln!(
            text,
            "{row},{label},{score:.6},{region},{},{}",
            1 + row % 3,
            row / 2
        )
        .unwrap();
    }
    text
}

/// Three classes.
pub(super) fn classes(rows: u64, signal: f64) -> String {
    let mut text = "id,label,probability_a,probability_b,probability_c,region\n".to_owned();
    for row in 0..rows {
        let label = row % 3;
        let of = |class: u64| {
            let own = if class == label { signal } else { 0.0 };
            (own + normal(row, class + 1)).exp()
        };
        let total = of(0) + of(1) + of(2);
        let shares = [0, 1, 2].map(|class| format!("{:.9}", of(class) / total));
        let label = ["a", "b", "c"][usize::try_from(label).unwrap()];
        let region = ["north", "south"][usize::try_from(row % 2).unwrap()];
        writeln!(text, "{row},{label},{},{region}", shares.join(",")).unwrap();
    }
    text
}

/// A number.
pub(super) fn numbers(rows: u64, noise: f64) -> String {
    let mut text = "id,label,prediction,region\n".to_owned();
    for row in 0..rows {
        let target = 10.0 + 5.0 * normal(row, 1);
        let prediction = target + noise * normal(row, 2);
        let region = ["north", "south"][usize::try_from(row % 2).unwrap()];
        writeln!(text, "{row},{target:.6},{prediction:.6},{region}").unwrap();
    }
    text
}

/// The same rows from the last to the first.
pub(super) fn reversed(text: &str) -> String {
    let (header, rows) = text.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.lines().rev().collect();
    format!("{header}\n{}\n", rows.join("\n"))
}

pub(super) struct Folder(pub(super) TempDir);

impl Folder {
    pub(super) fn new(config: &str, model: &str, champion: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.put("gate.yaml", config);
        folder.put("new.csv", model);
        folder.put("old.csv", champion);
        folder
    }

    pub(super) fn put(&self, name: &str, text: &str) {
        yard_cli::files::write(&self.0.path().join(name), text.as_bytes()).unwrap();
    }

    pub(super) fn gate(&self, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eval-gate"));
        command.current_dir(self.0.path()).env_clear();
        command
            .args(["--config", "gate.yaml"])
            .args(more)
            .output()
            .unwrap()
    }

    pub(super) fn compare(&self) -> Output {
        self.gate(&[
            "--predictions",
            "new.csv",
            "--champion-predictions",
            "old.csv",
        ])
    }

    pub(super) fn evaluation(&self) -> Evaluation {
        let bytes = fs::read(self.0.path().join("out/evaluation.json")).unwrap();
        Document::<Evaluation>::parse(&bytes).unwrap().body
    }

    pub(super) fn verdict(&self) -> Gate {
        let bytes = fs::read(self.0.path().join("out/gate.json")).unwrap();
        Document::<Gate>::parse(&bytes).unwrap().body
    }

    /// Exit 2 with these words and without a verdict.
    pub(super) fn refuses(&self, words: &str) {
        let output = self.compare();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{words}: {said}");
        assert!(said.contains(words), "{words}: {said}");
        assert!(!self.0.path().join("out/gate.json").exists(), "{words}");
    }
}
