//! The commands that make the same model again.

use yard_contract::{Run, Scalar, Signature};

use crate::evidence::Evidence;
use crate::plan::Plan;

/// Commands for a shell, with the digests that they must meet. Of an adopted model they make the
/// folder again, not the fit, which another program did.
pub(crate) fn commands(evidence: &Evidence, plan: &Plan) -> String {
    let header = &evidence.model.run_header;
    let run = &evidence.model.run;
    let commit = run.commit.as_deref().or(plan.commit.as_deref());
    let origin = if evidence.adopted() { "onnx" } else { "config" };
    let sums = [header.input("table"), header.input(origin)];
    let path = |place: usize| sums[place].map_or("FILE", |input| input.path.as_str());
    let mut lines = Vec::new();
    if let Some(commit) = commit {
        lines.push(format!("git checkout {}", word(commit)));
    }
    for input in sums.into_iter().flatten() {
        lines.push(sum(&input.sha256.to_string(), &input.path));
    }
    lines.push(if evidence.adopted() {
        let signature = evidence.model.predictor.signature();
        adoption(path(1), path(0), signature, run)
    } else {
        format!(
            "train --data {} --config {} --model again/model --holdout again/holdout.csv --split again/split.json",
            word(path(0)),
            word(path(1)),
        )
    });
    lines.push(sum(
        &evidence.model.sha256.to_string(),
        "again/model/model.onnx",
    ));
    lines.join("\n")
}

/// The command that adopts the file again: what the folder does not say by itself is among the run's
/// parameters.
fn adoption(onnx: &str, table: &str, signature: &Signature, run: &Run) -> String {
    let mut words = vec!["train adopt".to_owned(), word(onnx)];
    let mut option = |name: &str, value: &str| words.push(format!("--{name} {}", word(value)));
    option("data", table);
    option("target", &signature.target);
    if let Some(binary) = signature.binary() {
        option("positive", &binary.classes.positive);
        option("threshold", &binary.threshold.get().to_string());
    }
    for name in ["classes", "features", "exclude"] {
        if let Some(Scalar::Text(given)) = run.parameters.get(name) {
            option(name, given);
        }
    }
    if !signature.missing.is_empty() {
        option("missing", &signature.missing.join(","));
    }
    option("seed", &run.seed.to_string());
    option("model", "again/model");
    words.join(" ")
}

fn sum(sha256: &str, path: &str) -> String {
    format!(
        "echo {} | sha256sum --check",
        word(&format!("{sha256}  {path}"))
    )
}

/// A text as one word of a POSIX shell's command line.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,".contains(c);
    let is_option = text.starts_with('-');
    if !text.is_empty() && !is_option && text.chars().all(plain) {
        return text.to_owned();
    }
    let prefix = if is_option { "./" } else { "" };
    format!("{prefix}'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_runs_nothing_and_is_no_option() {
        assert_eq!(word("data/training.csv"), "data/training.csv");
        assert_eq!(word("a b$(touch x)"), "'a b$(touch x)'");
        assert_eq!(word("it's"), r"'it'\''s'");
        assert_eq!(word("--model=/"), "./'--model=/'");
    }
}
