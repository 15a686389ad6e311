"""Models of several classes and of numbers by ONNX Runtime, and linear ones by scikit-learn.

    tasks.py TABLE HOLDOUT MODEL SCORED URL

Ends with 1 where the server, the scored table and ONNX Runtime differ on a row, or where
scikit-learn, fitted on the same rows, predicts something else.
"""

import csv
import http.client
import json
import math
import os
import sys
import urllib.parse
import warnings

import numpy as np
import onnx
import onnxruntime
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge

SAME_SCORE = 1e-6
# Two solvers stop at different places, and ours answers in single precision.
SAME_FIT = 1e-4


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def typed(rows, signature):
    """The rows as the signature types them: numbers, texts, and None for what is missing."""
    missing = {"", *signature.get("missing", [])}

    def cell(feature, text):
        if text in missing:
            return None
        return float(text) if feature["type"] == "number" else text

    return [{f["name"]: cell(f, row[f["name"]]) for f in signature["features"]} for row in rows]


def by_runtime(path, rows, output):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path)
    feeds = {}
    for port in session.get_inputs():
        values = [row[port.name] for row in rows]
        if port.type == "tensor(string)":
            column = np.array(["" if value is None else value for value in values], dtype=object)
        else:
            column = np.array([math.nan if value is None else value for value in values], dtype=np.float32)
        feeds[port.name] = column.reshape(-1, 1)
    return session.run([output], feeds)[0].astype(float)


def by_server(url, rows, classes):
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    connection.request("POST", "/predict", json.dumps({"rows": rows}), {"Content-Type": "application/json"})
    predictions = json.loads(connection.getresponse().read())["predictions"]
    if not classes:
        return np.array([[p["value"]] for p in predictions]), None
    numbers = [[p["probabilities"][name] for name in classes] for p in predictions]
    return np.array(numbers), [p["class"] for p in predictions]


def by_batch(path, classes):
    rows = table(path)
    if not classes:
        return np.array([[float(row["prediction"])] for row in rows]), None
    numbers = [[float(row[f"probability_{name}"]) for name in classes] for row in rows]
    return np.array(numbers), [row["prediction"] for row in rows]


def worst(found, expected):
    return float((np.abs(found - expected) / np.maximum(1, np.abs(expected))).max())


def by_sklearn(training, holdout, signature, run, classes):
    """The same model by scikit-learn, where every feature is a number that is always there."""
    names = [f["name"] for f in signature["features"]]
    plain = all(f["type"] == "number" and not f["nullable"] for f in signature["features"])
    if not plain or run["algorithm"] == "gradient-boosting":
        return None
    def columns(rows):
        return np.array([[float(row[name]) for name in names] for row in rows])

    x, target = columns(training), [row[signature["target"]] for row in training]
    mean, sd = x.mean(axis=0), x.std(axis=0)
    x, of_holdout = (x - mean) / sd, (columns(holdout) - mean) / sd
    l2, l1 = run["parameters"]["l2"], run["parameters"].get("l1", 0)
    if classes:
        fitted = LogisticRegression(C=1 / l2, solver="newton-cholesky", tol=1e-10).fit(x, target)
        assert list(fitted.classes_) == classes
        return fitted.predict_proba(of_holdout)
    y = np.array(target, dtype=float)
    if l1 == 0:
        fitted = Ridge(alpha=l2, solver="cholesky")
    else:
        both = (l1 + l2) / len(y)
        fitted = ElasticNet(alpha=both, l1_ratio=l1 / (l1 + l2), tol=1e-14, max_iter=100000)
    return fitted.fit(x, y).predict(of_holdout).reshape(-1, 1)


def main():
    data, holdout, folder, scored, url = sys.argv[1:]
    with open(os.path.join(folder, "signature.json"), encoding="utf-8") as file:
        signature = json.load(file)
    with open(os.path.join(folder, "run.json"), encoding="utf-8") as file:
        run = json.load(file)
    answer = signature["answer"]
    classes = answer.get("classes")
    output = answer["probabilities"] if classes else answer["value"]
    out = table(holdout)
    features = typed(out, signature)
    score = by_runtime(os.path.join(folder, "model.onnx"), features, output)
    wrong = []
    for name, (numbers, said) in [
        ("serve", by_server(url, features, classes)),
        ("batch-predict", by_batch(scored, classes)),
    ]:
        assert numbers.shape == score.shape, f"{name}: {numbers.shape} where {score.shape} is expected"
        far = worst(numbers, score)
        print(f"{name}: {len(numbers)} rows, largest difference {far:.1e}")
        if not far <= SAME_SCORE:
            wrong.append(name)
        if classes:
            expected = [classes[at] for at in numbers.argmax(axis=1)]
            assert said == expected, f"{name}: another class than that of the largest probability"

    held_out = {tuple(row.values()) for row in out}
    training = [row for row in table(data) if tuple(row.values()) not in held_out]
    assert len(training) == run["rows"], f"{len(training)} rows to fit on where {run['rows']} were"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theirs = by_sklearn(training, out, signature, run, classes)
    if theirs is not None:
        spread = max(1.0, float(theirs.std()))
        far = float(np.abs(score - theirs).max()) / spread
        print(f"scikit-learn: largest difference {far:.1e}")
        if not far <= SAME_FIT:
            wrong.append("scikit-learn")
    sys.exit(f"different: {', '.join(wrong)}" if wrong else 0)


main()
