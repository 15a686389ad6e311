//! One composite action a tool, all from one pattern.

/// The tools that a step can call, with the question that each answers.
const TOOLS: [(&str, &str); 12] = [
    ("data-check", "Is the table fit to train on?"),
    ("train", "Fit the model of this commit, repeatably"),
    (
        "fetch-package",
        "Fetch a released model by version or alias, verified",
    ),
    ("eval-gate", "May the model replace the champion?"),
    (
        "model-card",
        "What the model is, for whom, how good, and what can go wrong",
    ),
    (
        "publish-package",
        "Publish the model once, complete or not at all",
    ),
    (
        "publish-image",
        "Put server and model into a container image",
    ),
    (
        "promote-model",
        "Move the champion's name to a version, or back",
    ),
    (
        "smoke-test",
        "Does what is deployed answer as what was judged?",
    ),
    ("batch-predict", "Score a table"),
    (
        "drift-check",
        "Did the world change since the model was trained?",
    ),
    (
        "forge-report",
        "Tell the reviewer, in one comment and the job's summary",
    ),
];

/// The text of each tool's `action.yml`, by the tool's name.
pub fn actions() -> Vec<(&'static str, String)> {
    TOOLS
        .iter()
        .map(|(tool, purpose)| (*tool, action(tool, purpose)))
        .collect()
}

fn action(tool: &str, purpose: &str) -> String {
    let token = if [
        "publish-package",
        "fetch-package",
        "promote-model",
        "forge-report",
        "publish-image",
    ]
    .contains(&tool)
    {
        (
            "  token:\n    description: What the tool may use at the forge, such as github.token. Empty uses none.\n    default: \"\"\n",
            "        GITHUB_TOKEN: ${{ inputs.token }}\n",
        )
    } else {
        ("", "")
    };
    format!(
        "# One of a kind, made by `make bless`.
name: Trainyard {tool}
description: {purpose}
inputs:
  arguments:
    description: The tool's arguments, one a line. No shell reads them.
    required: true
  on-warning:
    description: What exit code 4 does, block or warn.
    default: block
  tools:
    description: The folder with the tools. PATH comes after it.
    default: .trainyard/bin
{}outputs:
  exit-code:
    description: The tool's exit code.
    value: ${{{{ steps.run.outputs.exit-code }}}}
runs:
  using: composite
  steps:
    - name: {tool}
      id: run
      shell: bash
      env:
        ARGUMENTS: ${{{{ inputs.arguments }}}}
        ON_WARNING: ${{{{ inputs.on-warning }}}}
        TOOLS: ${{{{ inputs.tools }}}}
{}      run: bash \"$GITHUB_ACTION_PATH/../run.sh\" {tool}
",
        token.0, token.1
    )
}
