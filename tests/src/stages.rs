//! One file a stage, cut out of the whole GitLab template: an included file cannot include another
//! one where it is fetched by URL, so each has to carry everything that its jobs need.

use anyhow::{Context as _, Result, ensure};

/// The files, and the jobs of each.
const STAGES: [(&str, &[&str]); 8] = [
    ("lint", &["lint"]),
    ("unit", &["unit"]),
    ("train", &["candidate", "search", "train"]),
    ("evaluate", &["evaluate", "report"]),
    ("package", &["package"]),
    ("deploy", &["deploy", "stop"]),
    ("smoke", &["smoke", "promote"]),
    ("drift", &["drift"]),
];

const PREFIX: &str = "$[[ inputs.prefix ]]";

/// The text of each stage's file, by the file's name.
///
/// # Errors
/// When the template is laid out otherwise than this expects.
pub fn stages(template: &str) -> Result<Vec<(String, String)>> {
    let (header, jobs) = template
        .split_once("\n---\n")
        .context("a header with inputs, then jobs")?;
    let (_, inputs) = header
        .split_once("\n  inputs:\n")
        .context("the header has inputs")?;
    let inputs = blocks(inputs, "    ");
    let jobs = blocks(jobs, "");
    STAGES
        .iter()
        .map(|(stage, names)| {
            let text = stage_file(&inputs, &jobs, stage, names)?;
            Ok((format!("{stage}.yml"), text))
        })
        .collect()
}

fn stage_file(
    inputs: &[(String, String)],
    jobs: &[(String, String)],
    stage: &str,
    names: &[&str],
) -> Result<String> {
    let wanted: Vec<String> = names
        .iter()
        .map(|name| format!("\"{PREFIX}{name}\""))
        .collect();
    let ours: Vec<&str> = jobs
        .iter()
        .filter(|(key, _)| wanted.contains(key))
        .map(|(_, text)| text.as_str())
        .collect();
    ensure!(ours.len() == names.len(), "a job of `{stage}` is missing");
    let ours = ours.join("\n");
    // A hidden job is needed where a job extends it, by its whole name or by one that ends in an
    // input; and what that one extends is needed too.
    let mut text = ours.clone();
    loop {
        let before = text.len();
        for (key, hidden) in jobs {
            let chosen = key
                .rsplit_once('-')
                .is_some_and(|(stem, _)| text.contains(&format!("{stem}-$[[")));
            let needed = key.starts_with("\".") && (text.contains(key.as_str()) || chosen);
            if needed && !text.contains(hidden.as_str()) {
                text.push_str(hidden);
            }
        }
        if text.len() == before {
            break;
        }
    }
    let mut body: Vec<&str> = jobs
        .iter()
        .filter(|(key, hidden)| key.starts_with("\".") && text.contains(hidden.as_str()))
        .map(|(_, hidden)| hidden.as_str())
        .collect();
    body.push(&ours);
    let body = body.join("\n");
    let used = |key: &str| body.contains(&format!("$[[ inputs.{} ]]", key.trim()));
    let inputs: String = inputs
        .iter()
        .filter(|(key, _)| used(key))
        .map(|(_, text)| text.as_str())
        .collect();
    Ok(format!(
        "# The stage `{stage}` alone, cut out of ../ml-pipeline.yml by `make bless`: change that file.\n\
         spec:\n  inputs:\n{inputs}---\n{body}"
    ))
}

/// The entries of a mapping whose keys are indented so, each with its key and with the comment above
/// it.
fn blocks(text: &str, indent: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut comment = String::new();
    for line in text.lines() {
        let top = line
            .strip_prefix(indent)
            .filter(|rest| !rest.is_empty() && !rest.starts_with(' '));
        match top {
            Some(rest) if rest.starts_with('#') => {
                comment.push_str(line);
                comment.push('\n');
            }
            Some(rest) => {
                let key = rest.split(": ").next().unwrap_or(rest);
                let key = key.trim_end_matches(':').to_owned();
                let text = format!("{}{line}\n", std::mem::take(&mut comment));
                blocks.push((key, text));
            }
            None => {
                if let (Some((_, text)), false) = (blocks.last_mut(), line.is_empty()) {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    blocks
}
