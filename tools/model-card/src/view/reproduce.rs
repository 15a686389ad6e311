//! The commands that make the same model again.

use yard_contract::{Header, Run, Scalar, Signature};

use crate::evidence::Evidence;
use crate::plan::Plan;

/// Commands for a shell, with the digests that they must meet. Of an adopted model they make the
/// folder again, not the fit, which another program did; of a command's they run the command again.
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
    let others = header.inputs.iter().filter(|input| {
        let is_named = sums.iter().flatten().any(|sum| sum.kind == input.kind);
        evidence.commanded() && !is_named
    });
    for input in sums.into_iter().flatten().chain(others) {
        lines.push(sum(&input.sha256.to_string(), &input.path));
    }
    lines.push(if evidence.adopted() {
        let signature = evidence.model.predictor.signature();
        adoption(path(1), path(0), signature, run)
    } else if evidence.commanded() {
        command(path(0), path(1), header, run)
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

/// The command that fits again as `train run` did. What it was passed on is not known here, but for
/// the names.
fn command(table: &str, config: &str, header: &Header, run: &Run) -> String {
    let mut words = vec![
        "train run".to_owned(),
        format!("--data {} --config {}", word(table), word(config)),
    ];
    let text = |name: &str| match run.parameters.get(name) {
        Some(Scalar::Text(given)) => Some(given.as_str()),
        _ => None,
    };
    if let Some(classes) = text("classes") {
        words.push(format!("--classes {}", word(classes)));
    }
    // Whatever else is among the inputs was given by a name of its own.
    let known = ["table", "config", "ids", "code"];
    let named = header.inputs.iter();
    let named = named.filter(|input| !known.contains(&input.kind.as_str()));
    words.extend(named.map(|input| {
        format!(
            "--input {}",
            word(&format!("{}={}", input.kind, input.path))
        )
    }));
    let passed = text("pass").into_iter().flat_map(|names| names.split(','));
    words.extend(passed.map(|name| format!("--pass {}", word(name))));
    if let Some(Scalar::Number(seconds)) = run.parameters.get("max_seconds") {
        words.push(format!("--max-seconds {}", seconds.get()));
    }
    words.push(
        "--model again/model --holdout again/holdout.csv --split again/split.json --work again/run"
            .to_owned(),
    );
    // `train` recorded it as a line for a shell.
    words.push(format!("-- {}", text("command").unwrap_or("COMMAND")));
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
