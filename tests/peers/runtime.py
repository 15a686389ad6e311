"""Thirty models, of every task, objective and coding, by ONNX Runtime.

runtime.py plan DIR TABLE   writes NAME.yaml (how to fit it) of each, NAME.rows (the name of the table
                            to score) and those tables
runtime.py check DIR        compares NAME.scored.csv, which batch-predict wrote, with ONNX Runtime on
                            NAME/model.onnx: each number, and each label; of eight bits too (NAME-int8)

Ends with an error where a number of a row lies further away than 1e-6 * max(1, |number|), or a label
differs although the score is not within that of the threshold or of another class.
"""

import csv
import json
import math
import sys
from pathlib import Path

import numpy as np
import onnxruntime

BAND = 1e-6
NUMBERS = ["amount_requested", "income_monthly", "days_employed", "external_score", "bureau_overdue_days_max"]
TEXTS = ["product", "region", "employment"]

MIXED = f"features: {{numbers: [{', '.join(NUMBERS)}], categories: [{', '.join(TEXTS)}]}}\n"
PLAIN = f"features: {{numbers: [{', '.join(NUMBERS)}]}}\n"
ONLY_TEXTS = f"features: {{categories: [{', '.join(TEXTS)}]}}\n"
BINARY = 'target: {column: defaulted, positive: "1"}\nthreshold: 0.15\n'
SEVERAL = "task: multiclass\ntarget: {column: housing}\n"
NUMBER = "task: regression\ntarget: {column: annuity}\n"
COUNT = "task: regression\ntarget: {column: dependants}\n"


def boosted(settings):
    return f"algorithm: gradient-boosting\ngradient_boosting: {{rounds: 40, {settings}}}\n"


def logistic(settings=""):
    return f"algorithm: logistic-regression\nlogistic_regression: {{{settings}}}\n"


def linear(settings=""):
    return f"algorithm: linear-regression\nlinear_regression: {{{settings}}}\n"


MODELS = {
    "binary-ranked": BINARY + MIXED + boosted("categories: ranked"),
    "binary-native": BINARY + MIXED + boosted("categories: native, min_rows_in_leaf: 3"),
    "binary-native-only": BINARY + ONLY_TEXTS + boosted("categories: native, min_rows_in_leaf: 2, lambda_l2: 0.1"),
    "binary-deep": BINARY + PLAIN + boosted("max_leaves: 63, min_rows_in_leaf: 2, learning_rate: 0.3"),
    "binary-shallow": BINARY + MIXED + boosted("max_depth: 2, max_bins: 16"),
    "binary-monotone": BINARY + MIXED + boosted("monotone: {income_monthly: decreasing, bureau_overdue_days_max: increasing}"),
    "binary-interactions": BINARY + MIXED + boosted("interactions: [[income_monthly, region], [external_score]]"),
    "binary-sampled": BINARY + MIXED + boosted("row_sample: 0.6, column_sample: 0.5"),
    "binary-balanced": BINARY + MIXED + "class_weight: balanced\n" + boosted("categories: native"),
    "binary-stump": BINARY + PLAIN + boosted("max_leaves: 2"),
    "binary-logistic": BINARY + MIXED + logistic(),
    "binary-logistic-plain": BINARY + PLAIN + logistic("l2: 0.01"),
    "binary-logistic-texts": BINARY + ONLY_TEXTS + "class_weight: balanced\n" + logistic("l2: 5.0"),
    "several-native": SEVERAL + MIXED + boosted("categories: native"),
    "several-native-only": SEVERAL + ONLY_TEXTS + boosted("min_rows_in_leaf: 2"),
    "several-plain": SEVERAL + PLAIN + boosted("max_leaves: 31, min_rows_in_leaf: 5"),
    "several-balanced": SEVERAL + MIXED + "class_weight: balanced\n" + boosted("row_sample: 0.7"),
    "several-logistic": SEVERAL + MIXED + logistic(),
    "several-logistic-plain": SEVERAL + PLAIN + logistic("l2: 0.1"),
    "number-squared": NUMBER + MIXED + boosted("categories: native"),
    "number-ranked": NUMBER + MIXED + boosted("categories: ranked, objective: squared"),
    "number-absolute": NUMBER + MIXED + boosted("objective: absolute"),
    "number-quantile": NUMBER + MIXED + boosted("objective: {quantile: {level: 0.9}}"),
    "number-huber": NUMBER + MIXED + boosted("objective: {huber: {delta: 50.0}}"),
    "number-monotone": NUMBER + MIXED + boosted("monotone: {amount_requested: increasing}"),
    "number-deep": NUMBER + PLAIN + boosted("max_leaves: 127, min_rows_in_leaf: 1, learning_rate: 0.5"),
    "count-poisson": COUNT + MIXED + boosted("objective: poisson, categories: native"),
    "number-ridge": NUMBER + MIXED + linear("l2: 10.0"),
    "number-lasso": NUMBER + PLAIN + linear("l1: 500.0, l2: 0.0"),
    "number-elastic": NUMBER + MIXED + linear("l1: 100.0, l2: 20.0"),
}

LINEAR_NUMBERS = {"number-ridge", "number-lasso", "number-elastic"}


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def plan(folder, data):
    assert len(MODELS) == 30
    for name, text in MODELS.items():
        # Eight bits may cost what they cost here: it is the runtimes that are compared.
        ending = "split: {method: random, holdout_share: 0.25}\nseed: 11\nparity: {metric_loss: 1.0}\n"
        (folder / f"{name}.yaml").write_text(text + ending)
        (folder / f"{name}.rows").write_text("far.csv" if "boosting" in text else "near.csv")
    # The table as it is, and again with cells that the fit has not seen: gone, far away, of another kind.
    # Trees take any number. Weighted sums are given those of the table's size: of terms a thousand times
    # larger than their sum, single precision keeps three digits fewer, in whichever order they are added.
    rows = table(data)
    texts = {name: ["", "nowhere", "zoë", "Branch"] for name in TEXTS}
    near, far = ["", "0", "1e-30", "0.1"], ["", "0", "1e-30", "0.1", "-1e30", "3e38"]
    for file, numbers in [("near.csv", near), ("far.csv", far)]:
        write(folder / file, rows + hard(rows, {name: numbers for name in NUMBERS} | texts))


def hard(rows, odd):
    rng = np.random.default_rng(5)
    spoilt = [dict(row) for row in rows]
    for row in spoilt:
        for name, cells in odd.items():
            if rng.random() < 0.4:
                row[name] = str(rng.choice(cells))
    return spoilt


def write(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def by_runtime(path, rows, signature):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    numbers = {f["name"] for f in signature["features"] if f["type"] == "number"}
    feed = {}
    for port in session.get_inputs():
        cells = [row[port.name] for row in rows]
        if port.name in numbers:
            column = np.array([float(cell) if cell else math.nan for cell in cells]).astype(np.float32)
        else:
            column = np.array(cells, dtype=object)
        feed[port.name] = column.reshape(-1, 1)
    answer = signature["answer"]
    return session.run([answer.get("probabilities") or answer["value"]], feed)[0].astype(float)


def compare(folder, name, rows):
    signature = json.loads((folder / name / "signature.json").read_text())
    theirs = by_runtime(folder / name / "model.onnx", rows, signature)
    scored = table(folder / f"{name}.scored.csv")
    assert len(scored) == len(rows) == len(theirs), name
    answer = signature["answer"]
    labels = [row.get("class", row.get("prediction")) for row in scored]
    if answer["task"] == "binary":
        theirs = theirs[:, 1:]
        ours = np.array([[float(row["probability"])] for row in scored])
        classes, threshold = answer["classes"], answer["threshold"]
        expected = [classes["positive"] if p >= threshold else classes["negative"] for p in theirs[:, 0]]
        sure = np.abs(theirs[:, 0] - threshold) > BAND
    elif answer["task"] == "multiclass":
        classes = answer["classes"]
        ours = np.array([[float(row[f"probability_{c}"]) for c in classes] for row in scored])
        expected = [classes[at] for at in theirs.argmax(axis=1)]
        best = np.sort(theirs, axis=1)
        sure = best[:, -1] - best[:, -2] > 2 * BAND
    else:
        ours = np.array([[float(row["prediction"])] for row in scored])
        expected, sure = labels, np.zeros(len(rows), dtype=bool)
    unit = np.maximum(1, np.abs(theirs))
    if name.removesuffix("-int8") in LINEAR_NUMBERS:
        # The last digit is that of the largest term: where terms cancel, two orders of adding them
        # differ in it, however small the sum is.
        unit = np.maximum(unit, np.std(theirs))
    far = np.abs(ours - theirs) / unit
    assert np.isfinite(far).all(), name
    wrong = [at for at in np.flatnonzero(sure) if labels[at] != expected[at]]
    spread = len(np.unique(ours[:, 0]))
    print(f"{name}: {len(rows)} rows, {spread} answers, largest difference {far.max():.1e}, {len(wrong)} labels differ")
    return far.max() <= BAND and not wrong and spread > 1


def check(folder):
    tables = {name: table(folder / name) for name in ("near.csv", "far.csv")}
    rows = {name: tables[(folder / f"{name}.rows").read_text()] for name in MODELS}
    both = [(name, name + bits) for name in MODELS for bits in ("", "-int8")]
    different = [folder_name for name, folder_name in both if not compare(folder, folder_name, rows[name])]
    sys.exit(f"different: {', '.join(different)}" if different else 0)


if sys.argv[1] == "plan":
    plan(Path(sys.argv[2]), sys.argv[3])
else:
    check(Path(sys.argv[2]))
