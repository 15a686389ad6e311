"""Holds a model folder and what our tools made of it against onnx, ONNX Runtime and scikit-learn.

usage: model.py MODEL_DIR HOLDOUT_CSV SCORED_CSV EVALUATION_JSON URL

The graph must pass onnx's full check. On every row of the holdout, ONNX Runtime, the server at URL
and the scored table must agree within 1e-6, and every metric of the evaluation must be
scikit-learn's on ONNX Runtime's scores within 1e-9.
"""

import csv
import http.client
import json
import math
import os
import sys
import urllib.parse

import numpy as np
import onnx
import onnxruntime
from sklearn import metrics

SAME_SCORE = 1e-6
SAME_METRIC = 1e-9
SAME_METRIC_ALONE = 1e-8
BATCH = 1000


def load(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return json.load(file)


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def typed(rows, signature):
    """The rows as the signature types them: numbers, texts, and None for what is missing."""
    missing = {"", *signature.get("missing", [])}
    kinds = {feature["name"]: feature["type"] for feature in signature["features"]}

    def cell(name, text):
        if text in missing:
            return None
        return float(text) if kinds[name] == "number" else text

    return [{name: cell(name, row[name]) for name in kinds} for row in rows]


def by_runtime(path, rows, signature):
    session = onnxruntime.InferenceSession(path)
    feeds = {}
    for port in session.get_inputs():
        values = [row[port.name] for row in rows]
        if port.type == "tensor(string)":
            column = np.array(["" if value is None else value for value in values], dtype=object)
        else:
            column = np.array([math.nan if value is None else value for value in values], dtype=np.float32)
        feeds[port.name] = column.reshape(-1, 1)
    return session.run([signature["answer"]["probabilities"]], feeds)[0][:, 1].astype(float)


def by_server(url, rows):
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    scores = []
    for start in range(0, len(rows), BATCH):
        body = json.dumps({"rows": rows[start : start + BATCH]})
        connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        scores += [prediction["probability"] for prediction in answer["predictions"]]
    return np.array(scores)


def expected_error(label, score, bins=10):
    place = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], score)
    parts = [(place == at) for at in range(bins)]
    return sum(part.sum() * abs(score[part].mean() - label[part].mean()) for part in parts if part.any()) / len(score)


def calibration_line(label, score):
    """Logistic regression of the outcome on the log-odds of the score, by Newton's method."""
    x = np.column_stack([np.ones(len(score)), np.log(score / (1 - score))])
    line = np.array([0.0, 1.0])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ line))
        line += np.linalg.solve((x.T * (p * (1 - p))) @ x, x.T @ (label - p))
    return line


def found_in(share, label, score):
    """Positives among that share of the rows, highest score first; ties pro rata."""
    fpr, tpr, _ = metrics.roc_curve(label, score, drop_intermediate=False)
    positives = label.sum()
    rows = tpr * positives + fpr * (len(label) - positives)
    return float(np.interp(share * len(label), rows, tpr))


def by_sklearn(label, score, threshold):
    said = (score >= threshold).astype(int)
    intercept, slope = calibration_line(label, score)
    found = found_in(0.1, label, score)
    fpr, tpr, _ = metrics.roc_curve(label, score, drop_intermediate=False)
    auc = metrics.roc_auc_score(label, score)
    return {
        "auc": auc,
        "gini": 2 * auc - 1,
        "pr_auc": metrics.average_precision_score(label, score),
        "ks": float(np.abs(tpr - fpr).max()),
        "log_loss": metrics.log_loss(label, score),
        "brier": metrics.brier_score_loss(label, score),
        "ece": expected_error(label, score),
        "accuracy": metrics.accuracy_score(label, said),
        "balanced_accuracy": metrics.balanced_accuracy_score(label, said),
        "precision": metrics.precision_score(label, said),
        "recall": metrics.recall_score(label, said),
        "f1": metrics.f1_score(label, said),
        "mcc": metrics.matthews_corrcoef(label, said),
        "kappa": metrics.cohen_kappa_score(label, said),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
        "recall_at_k": found,
        "lift_at_k": found / 0.1,
    }


def main():
    folder, holdout, scored, evaluation, url = sys.argv[1:]
    evaluation = load(evaluation)
    signature = load(folder, "signature.json")
    path = os.path.join(folder, "model.onnx")
    onnx.checker.check_model(onnx.load(path), full_check=True)

    rows = table(holdout)
    assert len(rows) == evaluation["rows"] > 0, f"{len(rows)} rows"
    features = typed(rows, signature)
    score = by_runtime(path, features, signature)
    wrong = []
    for name, other in [
        ("serve", by_server(url, features)),
        ("batch-predict", np.array([float(row["probability"]) for row in table(scored)])),
    ]:
        assert len(other) == len(score), f"{name}: {len(other)} scores"
        worst = float(np.abs(other - score).max())
        print(f"{name}: {len(other)} rows, largest difference {worst:.1e}")
        if not worst <= SAME_SCORE:
            wrong.append(name)

    # The scores that the gate saw are the batch's, to the bit: one engine.
    seen = np.array([np.float32(row["probability"]) for row in table(scored)]).astype(float)
    positive = signature["answer"]["classes"]["positive"]
    label = np.array([row[signature["target"]] == positive for row in rows]).astype(int)
    decided = evaluation["by_task"]
    assert label.sum() == decided["positives"], f"{label.sum()} positives"
    theirs = by_sklearn(label, seen, decided["threshold"])
    ours = {name: estimate["value"] for name, estimate in evaluation["metrics"].items()}
    assert set(theirs) == set(ours), f"{set(theirs) ^ set(ours)} are on one side only"
    for name, value in theirs.items():
        if not abs(ours[name] - value) <= SAME_METRIC:
            wrong.append(name)
            print(f"{name}: {ours[name]!r} is not scikit-learn's {value!r}")
    print(f"{len(theirs)} metrics are scikit-learn's")

    # And by ONNX Runtime alone, without a number of ours: what differs is the last bit of a score.
    alone = by_sklearn(label, score, decided["threshold"])
    for name in ["auc", "log_loss", "brier"]:
        if not abs(ours[name] - alone[name]) <= SAME_METRIC_ALONE:
            wrong.append(f"{name} by ONNX Runtime")
    gap = max(abs(ours[name] - alone[name]) for name in ours)
    print(f"by ONNX Runtime's own scores the metrics differ by {gap:.1e}")
    if wrong:
        sys.exit(f"these differ: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
