//! The commands that make the same model again.

use yard_contract::{Header, Input};

use crate::evidence::Evidence;
use crate::plan::Plan;

/// Commands for a shell, with the digests that they must meet.
pub(crate) fn commands(evidence: &Evidence, plan: &Plan) -> String {
    let run = &evidence.model.run.value;
    let commit = run.body.commit.as_deref().or(plan.commit.as_deref());
    let sums = [input(&run.header, "table"), input(&run.header, "config")];
    let path = |place: usize| sums[place].map_or("FILE", |input| input.path.as_str());
    let mut lines = Vec::new();
    if let Some(commit) = commit {
        lines.push(format!("git checkout {}", word(commit)));
    }
    for input in sums.into_iter().flatten() {
        lines.push(sum(&input.sha256.to_string(), &input.path));
    }
    lines.push(format!(
        "train --data {} --config {} --model again/model --holdout again/holdout.csv --split again/split.json",
        word(path(0)),
        word(path(1)),
    ));
    lines.push(sum(
        &evidence.model.sha256().to_string(),
        "again/model/model.onnx",
    ));
    lines.join("\n")
}

fn input<'a>(header: &'a Header, kind: &str) -> Option<&'a Input> {
    header.input(kind)
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
