#!/usr/bin/env python3
"""Compares what eval-gate measures with scikit-learn 1.9, from a file of scores to `evaluation.json`.

usage: stats_gate.py EVAL_GATE [CASES]

Exit code 1 names each number that differs by more than 1e-12 (absolute or relative).
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from sklearn import metrics

from stats_binary import Differences

AVERAGES = ["micro", "macro", "weighted"]
# The differences hang on no draw, so there are as few of them as a plan may ask for.
CONFIG = "at_least: {%s: 0}\nbootstrap: {replicates: 200}\nmeasures: {top_share: 0.1, top_k: 2}\n"


def measured(binary, columns, rule, weighted):
    """The metrics by name, from the tool's own file."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        names = list(columns)
        rows = zip(*(columns[name] for name in names))
        lines = [",".join(names)] + [",".join(str(cell) for cell in row) for row in rows]
        (folder / "scores.csv").write_text("\n".join(lines) + "\n")
        (folder / "gate.yaml").write_text(CONFIG % rule + ("weight: w\n" if weighted else ""))
        command = [binary, "--config", "gate.yaml", "--predictions", "scores.csv"]
        ran = subprocess.run(
            command + ["--first-model", "a test", "--quiet"], cwd=folder, capture_output=True, text=True, env={}
        )
        if ran.returncode not in (0, 1, 4):
            raise SystemExit(f"eval-gate: {ran.returncode}: {ran.stderr}")
        evaluation = json.loads((folder / "out" / "evaluation.json").read_text())
    return {name: found["value"] for name, found in evaluation["metrics"].items()}


def table(random, case):
    """Rows with names, and weights in every second case."""
    rows = int(random.choice([40, 200, 1000]))
    weight = random.exponential(size=rows) if case % 2 else None
    columns = {"id": range(rows)}
    if weight is not None:
        columns["w"] = weight
    return rows, weight, columns


def two(say, case, binary):
    random = np.random.default_rng(case)
    rows, weight, columns = table(random, case)
    label = random.integers(0, 2, rows)
    label[:2] = [0, 1]
    score = 1 / (1 + np.exp(-(2 * label - 1 + 1.5 * random.normal(size=rows))))
    if case % 4 < 2:
        score = np.round(score, 1)
    columns |= {"label": label, "score": score}
    ours = measured(binary, columns, "auc", weight is not None)
    args = {"sample_weight": weight}
    said = (score >= 0.5).astype(int)
    brier = metrics.brier_score_loss(label, score, **args)
    for name, theirs in [
        ("auc", metrics.roc_auc_score(label, score, **args)),
        ("gini", 2 * metrics.roc_auc_score(label, score, **args) - 1),
        ("pr_auc", metrics.average_precision_score(label, score, **args)),
        ("log_loss", metrics.log_loss(label, score, **args)),
        ("brier", brier),
        ("accuracy", metrics.accuracy_score(label, said, **args)),
        ("balanced_accuracy", metrics.balanced_accuracy_score(label, said, **args)),
        ("recall", metrics.recall_score(label, said, **args)),
        ("kappa", metrics.cohen_kappa_score(label, said, **args)),
    ]:
        say.near(case, f"two: {name}", ours[name], theirs)
    if len(set(said)) == 2:
        for name, theirs in [
            ("precision", metrics.precision_score(label, said, **args)),
            ("f1", metrics.f1_score(label, said, **args)),
            ("mcc", metrics.matthews_corrcoef(label, said, **args)),
        ]:
            say.near(case, f"two: {name}", ours[name], theirs)
    if weight is None and len(set(score)) == rows:
        top = np.argsort(-score)[: rows // 10]
        recall = label[top].sum() / label.sum()
        say.near(case, "two: recall_at_k", ours["recall_at_k"], recall)
        say.near(case, "two: lift_at_k", ours["lift_at_k"], recall * 10)


def several(say, case, binary):
    random = np.random.default_rng(case)
    rows, weight, columns = table(random, case)
    count = int(random.integers(3, 6))
    label = random.integers(0, count, rows)
    label[:count] = range(count)
    latent = random.normal(size=(rows, count))
    latent[np.arange(rows), label] += random.uniform(0, 2)
    p = np.exp(latent) / np.exp(latent).sum(axis=1, keepdims=True)
    # As they are written: sixteen digits do not always add up to 1 by the last bit.
    columns |= {"label": label, **{f"probability_{k}": p[:, k] for k in range(count)}}
    ours = measured(binary, columns, "accuracy", weight is not None)
    args = {"sample_weight": weight}
    every = list(range(count))
    said = p.argmax(axis=1)
    for name, theirs in [
        ("log_loss", metrics.log_loss(label, p, labels=every, **args)),
        ("brier", metrics.brier_score_loss(label, p, labels=every, **args)),
        ("accuracy", metrics.accuracy_score(label, said, **args)),
        ("balanced_accuracy", metrics.balanced_accuracy_score(label, said, **args)),
        ("top_k_accuracy", metrics.top_k_accuracy_score(label, p, k=2, labels=every, **args)),
        ("mcc", metrics.matthews_corrcoef(label, said, **args)),
        ("kappa", metrics.cohen_kappa_score(label, said, labels=every, **args)),
        ("auc_macro", metrics.roc_auc_score(label, p, multi_class="ovr", average="macro", labels=every, **args)),
        ("auc_weighted", metrics.roc_auc_score(label, p, multi_class="ovr", average="weighted", labels=every, **args)),
    ]:
        say.near(case, f"several: {name}", ours[name], theirs)
    each = [metrics.average_precision_score(label == k, p[:, k], **args) for k in every]
    say.near(case, "several: pr_auc_macro", ours["pr_auc_macro"], float(np.mean(each)))
    w = np.ones(rows) if weight is None else weight
    top = p.max(axis=1)
    bins = np.minimum((top * 10).astype(int), 9)
    gap = w * (top - (said == label))
    error = sum(abs(gap[bins == at].sum()) for at in range(10)) / w.sum()
    say.near(case, "several: ece", ours["ece"], error)
    for average in AVERAGES:
        kind = {"average": average, "zero_division": 0.0, "labels": every, **args}
        for name, score in [("precision", metrics.precision_score), ("recall", metrics.recall_score), ("f1", metrics.f1_score)]:
            say.near(case, f"several: {name} {average}", ours[f"{name}_{average}"], score(label, said, **kind))


def number(say, case, binary):
    random = np.random.default_rng(case)
    rows, weight, columns = table(random, case)
    target = random.normal(size=rows) * 10 + 50
    guess = target + random.normal(size=rows) * 3
    columns |= {"label": target, "prediction": guess}
    ours = measured(binary, columns, "r2", weight is not None)
    args = {"sample_weight": weight}
    for name, theirs in [
        ("rmse", metrics.root_mean_squared_error(target, guess, **args)),
        ("mae", metrics.mean_absolute_error(target, guess, **args)),
        ("mape", metrics.mean_absolute_percentage_error(target, guess, **args)),
        ("r2", metrics.r2_score(target, guess, **args)),
        ("pinball", metrics.mean_pinball_loss(target, guess, alpha=0.5, **args)),
    ]:
        say.near(case, f"number: {name}", ours[name], theirs)


def main():
    binary, cases = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
    say = Differences()
    warnings.simplefilter("ignore")
    for case in range(cases):
        two(say, case, binary)
        several(say, case, binary)
        number(say, case, binary)
    for difference in say.found[:50]:
        print(difference)
    print(f"{cases} tables of each kind, {say.checked} numbers, {len(say.found)} differences")
    return 1 if say.found else 0


if __name__ == "__main__":
    sys.exit(main())
