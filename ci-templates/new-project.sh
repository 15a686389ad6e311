#!/bin/sh
# Drafts a project: `sh new-project.sh DATA TARGET [POSITIVE]`, in the folder of the project, with the tools
# on PATH. DATA is a CSV file in it, TARGET the column to predict, POSITIVE of its two values the one that
# counts as positive (without, the target is a number or one of several classes).
#
# It writes the configurations that are not there yet, under configs/, and .gitlab-ci.yml. What follows from
# the table is filled in; what only people know is asked for where it stands.
set -eu
if [ $# -lt 2 ]; then
  echo "usage: new-project.sh DATA TARGET [POSITIVE]" >&2
  exit 2
fi
data=$1 target=$2 positive=${3:-}
name=$(basename "$PWD" | sed 's/[^A-Za-z0-9_-]/-/g; s/^[^A-Za-z0-9]*//')
mkdir -p configs

# draft FILE: takes what is on stdin for the file, unless it is there.
draft() {
  if [ -e "$1" ]; then
    cat > /dev/null
    echo "kept     $1"
  else
    cat > "$1"
    echo "drafted  $1"
  fi
}

if [ -e configs/data.yaml ]; then
  echo "kept     configs/data.yaml"
else
  data-check infer --data "$data" --target "$target" --out configs/data.yaml
fi
if [ -e configs/train.yaml ]; then
  echo "kept     configs/train.yaml"
else
  set -- --data "$data" --target "$target" --out configs/train.yaml
  if [ -n "$positive" ]; then set -- "$@" --positive "$positive"; fi
  train init "$@"
fi

task=$(sed -n 's/^task: *\([a-z]*\).*/\1/p' configs/train.yaml)
case "${task:-binary}" in
  binary) floor="auc: 0.55" margin="auc: 0.02" ;;
  multiclass) floor="auc_macro: 0.55" margin="log_loss: 0.02" ;;
  *) floor="r2: 0.01" margin="r2: 0.02" ;;
esac
draft configs/gate.yaml << YAML
# What a model must reach. This is next to nothing: after the first pipeline, set it a little below what
# out/report.html shows, the whole interval counts.
at_least: {$floor}
# How much may be lost against the champion, on the same rows.
champion:
  margins: {$margin}
YAML
draft configs/card.yaml << YAML
# What no artifact knows. The pipeline stays red until somebody who knows has written it.
name: $name
intended_use:
  uses: [TODO]          # what the scores are for
  users: [TODO]         # who looks at them
  out_of_scope: [TODO]  # what nobody should use them for
limitations: [TODO]     # for whom or when is it wrong?
risks:
  - risk: TODO          # what can go wrong
    mitigation: TODO    # and what is done about it
YAML
draft configs/smoke.yaml << 'YAML'
# How fast a deployed model has to answer, as seen from the job.
latency: {requests: 100, p50_ms: 50, p99_ms: 250}
YAML
draft configs/drift.yaml << 'YAML'
# Which change of fresh rows against those that the model was trained on matters.
min_rows: 500
features:
  psi: {warning: 0.1, fail: 0.25}
score:
  psi: {warning: 0.1, fail: 0.25}
YAML
draft .gitlab-ci.yml << YAML
include:
  - project: group/trainyard   # where your GitLab has Trainyard
    ref: v$(train --version | sed 's/^train //')
    file: ci-templates/gitlab/ml-pipeline.yml
    inputs: { name: $name, data: $data, tools_project: group/trainyard, first_model: Nothing is released yet }
YAML
# Jobs write into these.
if ! grep -qx '/out/' .gitignore 2> /dev/null; then printf '/out/\n/.trainyard/\n' >> .gitignore; fi
echo "next: read configs/train.yaml (which columns are known only afterwards?), and write configs/card.yaml"
